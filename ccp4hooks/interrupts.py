"""Hold Ctrl-C back while something must not be left half done."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    """Hold the first Ctrl-C back until the end of the block; a second one passes at once.

    Only the main thread gets signals, so in any other nothing is done.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed meanwhile.
    """
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
