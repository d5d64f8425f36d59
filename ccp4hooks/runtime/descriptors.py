"""The standard streams of a process that belongs to ccp4hooks: the command, and the worker of `ccp4hooks.aio`.

Programs that a task starts, and libraries that are not written in Python, write to the descriptors 1 and 2. These are
pointed at the output file of the running job, while ccp4hooks itself writes to copies of the original ones.
"""

from __future__ import annotations

import io
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from pathlib import Path

OUT, ERR = 1, 2

_original: dict[int, int] = {}
"""Copies of the descriptors 1 and 2, by number; empty if this process does not belong to ccp4hooks."""


class LossyFile(io.FileIO):
    """A file to which a write never fails: what cannot be written is dropped.

    Attributes:
        error: The first error, or None if everything was written.
    """

    error: OSError | None = None

    @classmethod
    def appending(cls, path: Path) -> LossyFile:
        """Open a file to append to it. If that fails, everything is dropped."""
        try:
            return cls(path, "a")
        except OSError as error:
            file = cls(os.devnull, "w")
            file.error = error
            return file

    def write(self, data: Any) -> int:
        """Write bytes, or drop them, and return their number."""
        try:
            return super().write(data) or 0
        except OSError as error:
            self.error = self.error or error
            return memoryview(data).nbytes

    def close(self) -> None:
        """Close the file. Network file systems report here that an earlier write has failed."""
        try:
            super().close()
        except OSError as error:
            self.error = self.error or error


def lossy_text(file: LossyFile, encoding: str = "utf-8") -> io.TextIOWrapper:
    """Return a stream of lines to a file, which writes the code of a character that the encoding lacks."""
    return io.TextIOWrapper(io.BufferedWriter(file), encoding, errors="backslashreplace", line_buffering=True)


class StandardStreams:
    """The streams ``sys.stdout`` and ``sys.stderr`` of this process, to which a write never fails.

    A full disk, a closed stream, a reader that has gone or a character that the locale lacks does not stop a job.
    Create it only once, before anything else is opened.
    """

    def __init__(self) -> None:
        self._out: LossyFile | None = None
        if os.name != "posix":
            # The streams of a Windows console are no files.
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, io.TextIOWrapper):
                    stream.reconfigure(errors="backslashreplace")
            return
        closed = _open_closed()
        _original.update({number: _copied(number) for number in (OUT, ERR)})
        self._out = LossyFile(_copied(OUT), "w")
        sys.stdout = lossy_text(self._out, _encoding(sys.stdout))
        sys.stderr = lossy_text(LossyFile(_copied(ERR), "w"), _encoding(sys.stderr))
        # What plugins and tasks write must not fail because the user has closed a stream.
        sys.__stdout__ = sys.__stdout__ or lossy_text(LossyFile(OUT, "w", closefd=False))  # type: ignore[misc]
        sys.__stderr__ = sys.__stderr__ or lossy_text(LossyFile(ERR, "w", closefd=False))  # type: ignore[misc]
        null = os.open(os.devnull, os.O_WRONLY)
        for number in closed:
            os.dup2(null, number)
            os.dup2(null, _original[number], inheritable=False)
        os.close(null)

    @staticmethod
    def reserve_output() -> None:
        """Keep the standard output for ``sys.stdout``: what writes to the descriptor 1 writes to standard error."""
        if _original:
            os.dup2(_original[ERR], _original[OUT], inheritable=False)
            os.dup2(_original[ERR], OUT)

    def lost_output(self) -> OSError | None:
        """Return the error because of which standard output is incomplete, or None if it is complete."""
        with suppress(OSError):
            sys.stdout.flush()
        return self._out.error if self._out is not None else None


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def reader_has_gone() -> bool:
    """Return whether standard output is a pipe whose reader has gone, so that nobody reads what follows.

    On Windows, only a write shows that the reader has gone.
    """
    if not isinstance(sys.stdout, io.TextIOWrapper) or not isinstance(sys.stdout.buffer, io.BufferedWriter):
        return False
    file = sys.stdout.buffer.raw
    if isinstance(file, LossyFile) and file.error is not None:
        return isinstance(file.error, BrokenPipeError)
    if sys.platform == "win32":
        return False
    poll = select.poll()
    poll.register(file.fileno(), 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))


def own() -> None:
    """Declare that this process belongs to ccp4hooks. `StandardStreams` does so as well."""
    if os.name == "posix":
        _original.update({number: _copied(number) for number in (OUT, ERR)})


def point_at(file: TextIO | None) -> None:
    """Point the descriptors 1 and 2 at a file, or None for where they pointed originally.

    Nothing is changed in a process that does not belong to ccp4hooks.
    """
    if not _original:
        return
    _flush()
    for number, original in _original.items():
        os.dup2(original if file is None else file.fileno(), number)


def _flush() -> None:
    """Write what Python and the C library still hold for the descriptors 1 and 2."""
    import ctypes  # noqa: PLC0415 - start-up time

    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and not stream.closed:
            with suppress(OSError):
                stream.flush()
    ctypes.CDLL(None).fflush(None)


def _copied(number: int) -> int:
    return os.dup(number)


def _encoding(stream: TextIO | None) -> str:
    return "utf-8" if stream is None else stream.encoding


def _open_closed() -> list[int]:
    """Open the null device as each standard stream that the caller has closed, and return those for output.

    The next file that is opened, such as a database, would otherwise become standard output. The device is opened for
    reading, so that a write fails as it does on a closed stream.
    """
    closed = []
    opened = os.open(os.devnull, os.O_RDONLY)
    while opened <= ERR:
        os.set_inheritable(opened, True)
        closed.append(opened)
        opened = os.open(os.devnull, os.O_RDONLY)
    os.close(opened)
    return [number for number in closed if number in (OUT, ERR)]
