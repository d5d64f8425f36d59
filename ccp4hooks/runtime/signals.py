"""Defer Ctrl-C during critical sections, and interrupt one thread from another."""

from __future__ import annotations

import math
import signal
import threading
import time
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


TERMINATION = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")
"""Signals that end a process by default: of a user, a terminal, or a scheduler, which announces a limit by the last."""


REPEAT_S = 2.0
"""Time after a signal in which further ones change nothing: schedulers, terminals and users send several [s]."""


class _Received:
    """What the process of a command knows of the signals that it has received.

    Attributes:
        counted_at_s: When a signal had an effect for the last time, on the monotonic clock [s].
        too_late: Whether the next signal has nothing to interrupt.
    """

    def __init__(self) -> None:
        self.counted_at_s = -math.inf
        self.too_late = False

    def is_ignored(self) -> bool:
        """Count a signal, and return whether it changes nothing."""
        now_s = time.monotonic()
        if now_s - self.counted_at_s < REPEAT_S:
            return True
        self.counted_at_s = now_s
        ignored, self.too_late = self.too_late, False
        return ignored


_received = _Received()


def treat_termination_as_interrupt() -> None:
    """Handle the signals in `TERMINATION` like Ctrl-C, which itself raises `UserInterrupt` from now on.

    Programs are stopped, the job is INTERRUPTED, and scratch directories are removed. Further signals change nothing
    for `REPEAT_S`. A signal that is ignored stays ignored: ``nohup`` ignores SIGHUP.
    """
    global _received  # noqa: PLW0603 - the handlers of signals are global, so what they know is, too
    _received = _Received()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, InterruptHandler(_interrupt))
    for number in _present():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)
    with deferred():
        # A signal while it is imported would abort the process, because its C++ code expects no exception.
        import gemmi  # noqa: F401, PLC0415 - start-up time


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Handle the signals in `TERMINATION` like Ctrl-C inside the block; must be called in the main thread.

    A signal that is ignored stays ignored.
    """
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, *_present())}
    treat_termination_as_interrupt()
    try:
        yield
    finally:
        for number, handler in previous.items():
            # None: a handler that was not installed by Python, and cannot be installed by it.
            if handler is not None:
                signal.signal(number, handler)


def let_finish() -> None:
    """Ignore the next signal, because what it would interrupt has ended; a later one may stop the output.

    Has no effect unless `treat_termination_as_interrupt` was called.
    """
    _received.too_late = True


def ignore_all() -> None:
    """Ignore Ctrl-C and the signals in `TERMINATION` that are handled; to be called right before the process ends.

    Otherwise a signal ends a process with an exit code of its own while Python removes its modules.
    """
    for number in (signal.SIGINT, *_present()):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_IGN)


def _present() -> list[signal.Signals]:
    return [signal.Signals[name] for name in TERMINATION if name in signal.Signals.__members__]


def _terminate(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does. In the background of a shell Ctrl-C does nothing, and yet is deferred here."""
    handler = _deferring[-1] if _deferring else signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise UserInterrupt
    handler(number, frame)


def _is_command() -> bool:
    """Return whether this process handles signals as `treat_termination_as_interrupt` says."""
    return signal.getsignal(signal.SIGTERM) is _terminate


_deferring: list[InterruptHandler] = []
"""The handlers of the blocks of the main thread that defer Ctrl-C at present."""


def _interrupt(_: int) -> None:
    if not _received.is_ignored():
        raise UserInterrupt


@contextmanager
def deferred() -> Iterator[None]:
    """Defer the first Ctrl-C until the end of the block. A second one interrupts the block at once.

    After `treat_termination_as_interrupt`, signals within `REPEAT_S` after one that had an effect are ignored.

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
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.getsignal(signal.SIGINT)
    pressed: list[int] = []

    def note(number: int) -> None:
        if _is_command() and _received.is_ignored():
            return
        if pressed:
            raise UserInterrupt
        pressed.append(number)

    handler = InterruptHandler(note)
    _deferring.append(handler)
    if callable(previous):
        signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        _deferring.remove(handler)
        if callable(previous):
            signal.signal(signal.SIGINT, previous)
    if pressed:
        raise UserInterrupt
