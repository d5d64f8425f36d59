"""Separate the output of CCP4i2 from our own standard output and standard error.

The output of a running script goes to a file in its job directory. All other output of CCP4i2 is dropped. The target is
a context variable, so that jobs in different threads do not mix their output. A thread that starts later, without a
target of its own, writes to the target that was set last.
"""

from __future__ import annotations

import io
import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_target: ContextVar[TextIO | _Unset | None] = ContextVar("ccp4hooks_output")
_lock = threading.Lock()
_installed: list[tuple[_Router, _Router]] = []
_targets: list[TextIO] = []
_threads: set[threading.Thread] = set()
_users = 0


class _Unset:
    """Marks a context without a target, such as the context of a new thread."""


_UNSET = _Unset()


class _Router(io.TextIOBase):
    """A standard stream that writes to the target of the current context."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        return self._chosen().write(text)

    def flush(self) -> None:
        self._chosen().flush()

    def isatty(self) -> bool:
        return self._chosen() is self.stream and self.stream.isatty()

    def _chosen(self) -> TextIO:
        target = _target.get(_UNSET)
        if isinstance(target, _Unset):
            started_later = threading.current_thread() not in _threads
            return _targets[-1] if started_later and _targets else self.stream
        return target or self.stream

    def fileno(self) -> int:
        return self.stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding


@contextmanager
def output_to(path: Path) -> Iterator[None]:
    """Append the standard output and standard error of this context to a file, which is created if missing."""
    with path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1) as stream, _routed(stream):
        yield


@contextmanager
def output_dropped() -> Iterator[None]:
    """Drop the standard output and standard error of this context."""
    with _routed(io.StringIO()):
        yield


@contextmanager
def output_shown() -> Iterator[None]:
    """Write to the real standard streams again, inside `output_to` or `output_dropped`."""
    token = _target.set(None)
    try:
        yield
    finally:
        _target.reset(token)


@contextmanager
def _routed(stream: TextIO) -> Iterator[None]:
    _install()
    token = _target.set(stream)
    _targets.append(stream)
    try:
        yield
    finally:
        _targets.remove(stream)
        _target.reset(token)
        _uninstall()


def _install() -> None:
    global _users  # noqa: PLW0603 - the standard streams are global, so the count of their users is, too
    with _lock:
        _users += 1
        if _users == 1:
            routers = (_Router(sys.stdout), _Router(sys.stderr))
            _installed.append(routers)
            _threads.update(threading.enumerate())
            sys.stdout, sys.stderr = cast("tuple[TextIO, TextIO]", routers)


def _uninstall() -> None:
    global _users  # noqa: PLW0603
    with _lock:
        _users -= 1
        if _users == 0:
            out, err = _installed.pop()
            _threads.clear()
            # Do not undo the replacement of a stream by other code.
            if sys.stdout is cast("TextIO", out):
                sys.stdout = out.stream
            if sys.stderr is cast("TextIO", err):
                sys.stderr = err.stream
