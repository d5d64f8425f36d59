"""Separate the output of CCP4i2 from our own standard output and standard error.

The output of a running script goes to a file in its job directory. All other output of CCP4i2 is dropped. The target is
a context variable, so that jobs in different threads do not mix their output. A thread that starts later, without a
target of its own, writes to the target that was set last.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO, cast

from ccp4hooks.runtime import descriptors
from ccp4hooks.runtime.descriptors import LossyFile, lossy_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_target: ContextVar[TextIO | _Unset | None] = ContextVar("ccp4hooks_output")
_lock = threading.RLock()
_installed: list[tuple[_Router, _Router]] = []
_targets: list[TextIO] = []
_files: list[TextIO] = []
_threads: set[threading.Thread] = set()
_users = 0


class _Unset:
    """Marks a context without a target, such as the context of a new thread."""


_UNSET = _Unset()


class _Router(io.TextIOBase):
    """A standard stream that writes to the target of the current context.

    It behaves as the file that it writes to, but it cannot be closed.

    Args:
        stream: The stream that it replaces, None if it was closed.
        name: The name of the stream, as Python gives it.
    """

    mode = "w"

    def __init__(self, stream: TextIO | None, name: str) -> None:
        self.stream = stream
        self.name = name
        self.buffer = _BinaryRouter(self)
        self._null: TextIO | None = None
        self._is_in_use = True

    def chosen(self) -> TextIO:
        """Return the stream that it writes to at present."""
        target = _target.get(_UNSET)
        if isinstance(target, _Unset):
            started_later = threading.current_thread() not in _threads
            target = _targets[-1] if started_later and _targets else None
        return target or self.stream or self._nowhere()

    def _nowhere(self) -> TextIO:
        self._null = self._null or _null()
        return self._null

    def release(self) -> None:
        """Close what it has opened, at the end of its use."""
        self._is_in_use = False
        if self._null is not None:
            self._null.close()
            self._null = None

    def write(self, text: str) -> int:
        return self.chosen().write(text)

    def flush(self) -> None:
        self.chosen().flush()

    def close(self) -> None:
        # Python closes it when it is not used any more, too.
        if self._is_in_use:
            self.flush()

    def detach(self) -> _BinaryRouter:  # type: ignore[override]
        """Return the binary stream, to which the caller writes from now on. This stream remains usable."""
        self.flush()
        return self.buffer

    def reconfigure(self, **options: Any) -> None:
        """Change the settings of the stream that it writes to at present."""
        stream = self.chosen()
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(**options)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.chosen() is self.stream and self.stream.isatty()

    def fileno(self) -> int:
        return self.chosen().fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.chosen().encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self.chosen().errors

    @property
    def line_buffering(self) -> bool:
        return bool(self.chosen().line_buffering)


class _BinaryRouter(io.BufferedIOBase):
    """The binary side of a standard stream."""

    def __init__(self, text: _Router) -> None:
        self._text = text

    @property
    def name(self) -> str:
        return self._text.name

    @property
    def mode(self) -> str:
        return "wb"

    def write(self, data: Any) -> int:
        # What was written to the text side comes first, and what follows on it comes after.
        stream = self._text.chosen()
        stream.flush()
        count = stream.buffer.write(data)
        stream.buffer.flush()
        return count

    def flush(self) -> None:
        self._text.flush()

    def close(self) -> None:
        self._text.close()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._text.isatty()

    def fileno(self) -> int:
        return self._text.fileno()


@contextmanager
def output_to(path: Path) -> Iterator[LossyFile]:
    """Append the output of this context to a file, which is created if missing.

    This is what is written to standard output and standard error, in a process of ccp4hooks (see `descriptors`) by
    libraries, too. What cannot be written is dropped, and the file that is yielded has the error.
    """
    file = LossyFile.appending(path)
    with lossy_text(file) as stream, _routed(stream, is_file=True):
        yield file


@contextmanager
def output_dropped() -> Iterator[None]:
    """Drop the standard output and standard error of this context."""
    with _null() as stream, _routed(stream):
        yield


@contextmanager
def output_to_stderr() -> Iterator[None]:
    """Write the standard output of this context to standard error."""
    if sys.stderr is None:
        with output_dropped():
            yield
    else:
        with _routed(sys.stderr):
            yield


@contextmanager
def output_shown() -> Iterator[None]:
    """Write to the real standard streams again, inside the other blocks."""
    token = _target.set(None)
    try:
        yield
    finally:
        _target.reset(token)


def output_of_programs() -> TextIO | None:
    """Return the file that receives the output of the programs of this context, or None for this process's own."""
    target = _target.get(_UNSET)
    return None if isinstance(target, _Unset) or target not in _files else target


def _null() -> TextIO:
    return lossy_text(LossyFile(os.devnull, "w"))


@contextmanager
def _routed(stream: TextIO, *, is_file: bool = False) -> Iterator[None]:
    _install()
    token = _target.set(stream)
    with _lock:
        _targets.append(stream)
        if is_file:
            _files.append(stream)
            descriptors.point_at(stream)
    try:
        yield
    finally:
        with _lock:
            _targets.remove(stream)
            if is_file:
                _files.remove(stream)
                descriptors.point_at(_files[-1] if _files else None)
        _target.reset(token)
        _uninstall()


def _install() -> None:
    global _users  # noqa: PLW0603 - the standard streams are global, so the count of their users is, too
    with _lock:
        _users += 1
        if _users == 1:
            routers = (_Router(sys.stdout, "<stdout>"), _Router(sys.stderr, "<stderr>"))
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
            out.release()
            err.release()
            # Do not undo the replacement of a stream by other code.
            if sys.stdout is cast("TextIO", out):
                sys.stdout = cast("TextIO", out.stream)
            if sys.stderr is cast("TextIO", err):
                sys.stderr = cast("TextIO", err.stream)
