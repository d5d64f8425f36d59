"""Defer Ctrl-C during critical sections, and interrupt one thread from another."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ccp4hooks.failures import InterruptHandler, UserInterrupt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_current: ContextVar[Interrupt] = ContextVar("ccp4hooks_interrupt")


class Interrupt:
    """Interrupts the thread that created it, until that thread has finished its work."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.thread: int | None = threading.get_ident()

    def fire(self) -> None:
        """Raise `UserInterrupt` in the thread as soon as it runs Python code again.

        Waits for the end of a block that defers interrupts.
        """
        import ctypes  # noqa: PLC0415 - start-up time

        with self.lock:
            if self.thread is not None:
                raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
                raise_in(ctypes.c_ulong(self.thread), ctypes.py_object(UserInterrupt))

    def disarm(self) -> None:
        """Make `fire` ineffective, because the thread has finished its work."""
        with self.lock:
            self.thread = None


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Yield an `Interrupt` with which other threads can interrupt the block. Nested blocks share one."""
    outer = _current.get(None)
    if outer is not None and outer.thread == threading.get_ident():
        yield outer
        return
    interrupt = Interrupt()
    token = _current.set(interrupt)
    try:
        yield interrupt
    finally:
        interrupt.disarm()
        _current.reset(token)


def treat_termination_as_interrupt() -> None:
    """Handle SIGTERM and SIGHUP like Ctrl-C: stop programs, mark the job INTERRUPTED, remove scratch directories.

    Ctrl-C itself raises `UserInterrupt` from now on.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):
            raise UserInterrupt
        handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, InterruptHandler(_interrupt))

    for name in ("SIGTERM", "SIGHUP"):
        if name in signal.Signals.__members__:
            signal.signal(signal.Signals[name], stop)


def _interrupt(_: int) -> None:
    raise UserInterrupt


@contextmanager
def deferred() -> Iterator[None]:
    """Defer the first Ctrl-C until the end of the block. A second Ctrl-C interrupts the block at once.

    Raises:
        UserInterrupt: Ctrl-C was pressed during the block.
    """
    interrupt = _current.get(None)
    if interrupt is not None and interrupt.thread == threading.get_ident():
        with interrupt.lock, _deferred_signals():
            yield
    else:
        with _deferred_signals():
            yield


@contextmanager
def _deferred_signals() -> Iterator[None]:
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield
        return
    pressed: list[int] = []

    def note(number: int) -> None:
        if pressed:
            raise UserInterrupt
        pressed.append(number)

    signal.signal(signal.SIGINT, InterruptHandler(note))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if pressed:
        raise UserInterrupt
