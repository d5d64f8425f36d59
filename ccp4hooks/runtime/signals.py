"""Ctrl-C: held back where nothing must be left half done, and sent to one thread by another."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_current: ContextVar[Interrupt] = ContextVar("ccp4hooks_interrupt")


class Interrupt:
    """A Ctrl-C for the thread that made it; without effect once that thread's work is over."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.thread: int | None = threading.get_ident()

    def fire(self) -> None:
        """Raise ``KeyboardInterrupt`` in the thread, as soon as it runs Python code again.

        Waits for a block that holds interrupts back.
        """
        import ctypes  # noqa: PLC0415 - start-up time

        with self.lock:
            if self.thread is not None:
                raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
                raise_in(ctypes.c_ulong(self.thread), ctypes.py_object(KeyboardInterrupt))

    def over(self) -> None:
        """Say that the thread's work is over."""
        with self.lock:
            self.thread = None


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Give other threads the means to interrupt the block; one inside another is the same."""
    outer = _current.get(None)
    if outer is not None and outer.thread == threading.get_ident():
        yield outer
        return
    interrupt = Interrupt()
    token = _current.set(interrupt)
    try:
        yield interrupt
    finally:
        interrupt.over()
        _current.reset(token)


def treat_termination_as_interrupt() -> None:
    """Make SIGTERM and SIGHUP end a run as Ctrl-C does: program stopped, job INTERRUPTED, scratch directory removed."""

    def stop(number: int, frame: Any) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):
            raise KeyboardInterrupt
        handler(number, frame)

    for name in ("SIGTERM", "SIGHUP"):
        if name in signal.Signals.__members__:
            signal.signal(signal.Signals[name], stop)


@contextmanager
def held() -> Iterator[None]:
    """Hold the first Ctrl-C back until the end of the block; a second one from the keyboard passes at once.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed meanwhile.
    """
    interrupt = _current.get(None)
    if interrupt is not None and interrupt.thread == threading.get_ident():
        with interrupt.lock, _signals_held():
            yield
    else:
        with _signals_held():
            yield


@contextmanager
def _signals_held() -> Iterator[None]:
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield
        return
    pressed: list[int] = []

    def note(number: int, frame: Any) -> None:  # noqa: ARG001 - as the system calls it
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if pressed:
        raise KeyboardInterrupt
