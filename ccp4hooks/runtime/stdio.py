"""Keep what CCP4i2 prints and logs out of ours.

A running script's output goes to a file in its job directory, everything else of CCP4i2's is dropped. The choice
belongs to the thread (more precisely to the context), so that jobs running side by side do not mix; threads that were
not there before belong to the job that began last.
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
    """Says that a context has made no choice, as those of new threads have not."""


_UNSET = _Unset()


class _Router(io.TextIOBase):
    """A standard stream that writes where the current context says."""

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
            begun_later = threading.current_thread() not in _threads
            return _targets[-1] if begun_later and _targets else self.stream
        return target or self.stream

    def fileno(self) -> int:
        return self.stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding


@contextmanager
def output_to(path: Path) -> Iterator[None]:
    """Append what is written to the standard streams of this context to a file, made if need be."""
    with path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1) as stream, _routed(stream):
        yield


@contextmanager
def output_dropped() -> Iterator[None]:
    """Drop what is written to the standard streams of this context."""
    with _routed(io.StringIO()):
        yield


@contextmanager
def output_shown() -> Iterator[None]:
    """Let what is written to the standard streams of this context through, inside of the other two."""
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
    global _users  # noqa: PLW0603 - the standard streams are global, and so is the count of their users
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
            # Somebody who replaced a stream meanwhile keeps it.
            if sys.stdout is cast("TextIO", out):
                sys.stdout = out.stream
            if sys.stderr is cast("TextIO", err):
                sys.stderr = err.stream
