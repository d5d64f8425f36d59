"""Read a file with output piece by piece: the end of a large one, and what is added while a job runs."""

from __future__ import annotations

import codecs
import io
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.outcomes.job_log import OUTPUT_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM_LOG = "log.txt"
"""Name of the file in which CCP4i2 keeps what the program of a task writes to its standard output."""

TASK_OUTPUT = (OUTPUT_FILE, "cplusplus_stdout.txt")
"""Names of the files with the output of a script: as ccp4hooks runs it, and as CCP4i2 runs it without ccp4hooks."""

SHOWN_BYTES = 10 * 2**20
"""Size of the end of a file that is read at most [byte]."""

PIECE_BYTES = 2**16
"""Size of the largest piece that is read at once [byte]."""


def output_path(directory: Path, *, program: bool) -> Path:
    """Return the file with the output of a script or of its program, which may not exist yet.

    Args:
        directory: The job directory.
        program: Whether the output of the program is wanted.
    """
    paths = [directory / name for name in ((PROGRAM_LOG,) if program else TASK_OUTPUT)]
    return next((path for path in paths if path.exists()), paths[0])


class OutputReader:
    """Reads a file that may be missing, grow, be cut, or be replaced by another file.

    Bytes that are not UTF-8 become escape sequences, and every kind of line break becomes one line feed.

    Args:
        path: The file.
        lines: Number of lines at the end of the file with which to begin; None for as many as `SHOWN_BYTES` has.

    Attributes:
        path: The file.
        skipped_bytes: Size of the beginning that is not read, because the file is too large [byte].
        has_begun: Whether the file was found.
    """

    def __init__(self, path: Path, *, lines: int | None = None) -> None:
        self.path = path
        self.skipped_bytes = 0
        self.has_begun = False
        self._lines = lines
        self._file: io.FileIO | None = None
        self._decoder = _new_decoder()

    def read(self) -> Iterator[str]:
        """Yield what was added to the file since the last call, in pieces. A file that is missing has nothing.

        Raises:
            BadInputError: The file is no regular file.
            OSError: The file cannot be read.
        """
        if self._file is None and not self._open():
            return
        yield from self._pieces()
        while self._is_replaced():
            yield self._decoder.decode(b"", final=True)
            self.close()
            if not self._open():
                return
            yield from self._pieces()

    def end(self) -> str:
        """Close the file, and return what is left: a character of which only a part was written."""
        left: str = self._decoder.decode(b"", final=True)
        self.close()
        return left

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        """Open the file, and return whether it exists. A file that has replaced another one is read from its start."""
        with suppress(FileNotFoundError):
            # A named pipe would wait for a writer.
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise BadInputError(f"{self.path} is no regular file, so it cannot be shown.")
            self._file = io.FileIO(self.path)
            self._decoder = _new_decoder()
            if not self.has_begun:
                self._seek_last_lines(self._file)
            self.has_begun = True
            return True
        return False

    def _pieces(self) -> Iterator[str]:
        while self._file is not None and (piece := self._file.read(PIECE_BYTES)):
            yield self._decoder.decode(piece)

    def _is_replaced(self) -> bool:
        """Return whether the path has another file by now, or the file is shorter than what was read of it."""
        if self._file is None:
            return False
        with suppress(FileNotFoundError):
            present, mine = self.path.stat(), os.fstat(self._file.fileno())
            return not os.path.samestat(present, mine) or present.st_size < self._file.tell()
        return False

    def _seek_last_lines(self, file: io.FileIO) -> None:
        """Go to the first line to show."""
        size = os.fstat(file.fileno()).st_size
        first = max(0, size - SHOWN_BYTES)
        start = first if self._lines is None else _start_of_lines(file, first, size, self._lines)
        file.seek(start)
        if start == first > 0:
            # The rest of a line that began before is left out, but no more than a piece.
            start += len(file.readline(PIECE_BYTES))
            self.skipped_bytes = start
        file.seek(start)


def _start_of_lines(file: io.FileIO, first: int, size: int, lines: int) -> int:
    """Return the position of the last lines of a file, or `first` if they begin before.

    Args:
        file: The file.
        first: The first position that is looked at.
        size: The size of the file.
        lines: The number of lines.
    """
    if not lines or not size:
        return size
    file.seek(size - 1)
    # The line break at the end of the file begins no further line.
    left = lines + (file.read(1) == b"\n")
    at = size
    while at > first:
        begin = max(first, at - PIECE_BYTES)
        file.seek(begin)
        piece = file.read(at - begin)
        position = len(piece)
        while left and (position := piece.rfind(b"\n", 0, position)) >= 0:
            left -= 1
            if not left:
                return begin + position + 1
        at = begin
    return first


def _new_decoder() -> io.IncrementalNewlineDecoder:
    utf_8 = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    return io.IncrementalNewlineDecoder(utf_8, translate=True)
