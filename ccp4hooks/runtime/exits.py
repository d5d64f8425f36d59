"""Turn a call of ``os._exit`` in a block into an exception, so that a script cannot end the process of its job."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_guarded: ContextVar[int] = ContextVar("ccp4hooks_guarded_process")
_lock = threading.Lock()
_originals: list[Any] = []
_users = 0


class ProcessExitError(SystemExit):
    """The code in a guarded block has called ``os._exit``."""


@contextmanager
def exits_raised() -> Iterator[None]:
    """Raise `ProcessExitError` where the block calls ``os._exit``.

    A child process that the block forks, and a thread that it starts, still end the process at once.
    """
    _install()
    token = _guarded.set(os.getpid())
    try:
        yield
    finally:
        _guarded.reset(token)
        _uninstall()


def _exit(status: int) -> None:
    if _guarded.get(None) == os.getpid():
        raise ProcessExitError(f"it called os._exit({status}), which would have ended the process of its job.")
    _originals[0](status)


def _install() -> None:
    global _users  # noqa: PLW0603 - the function is global, so the count of its users is, too
    with _lock:
        _users += 1
        if not _originals:
            _originals.append(os._exit)
        os._exit = _exit  # type: ignore[assignment]


def _uninstall() -> None:
    global _users  # noqa: PLW0603
    with _lock:
        _users -= 1
        # Do not undo the replacement by other code.
        if not _users and os._exit is _exit:
            os._exit = _originals[0]
