"""Read a file once: its checksums and its size, while somebody else takes its content."""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ccp4hooks_file_import import system
from ccp4hooks_file_import.trouble import reading, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

BUFFER_BYTES = 2 * 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EARLIEST = datetime.min.replace(tzinfo=timezone.utc)
_LATEST = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one reading of a file gives.

    Attributes:
        md5: Hexadecimal.
        sha256: Hexadecimal.
        size_bytes: Size.
        modified_ns: Modification time [ns since 1970].
    """

    md5: str
    sha256: str
    size_bytes: int
    modified_ns: int

    @property
    def modified_at(self) -> datetime:
        """Modification time, the nearest that a `datetime` can hold."""
        try:
            return _EPOCH + timedelta(microseconds=self.modified_ns // 1000)
        except OverflowError:
            return _LATEST if self.modified_ns > 0 else _EARLIEST


class Reader:
    """Reads one file from start to end, once; afterwards `content` says what was read."""

    content: Content

    def __init__(self, path: Path, parameter: str) -> None:
        """Prepare to read.

        Args:
            path: The file.
            parameter: What it is for, in messages.
        """
        self._path = path
        self._parameter = parameter

    def chunks(self) -> Generator[memoryview, None, None]:
        """Yield the file's content piece by piece; each piece holds until the next is asked for.

        Raises:
            BadInputError: It cannot be read, is no regular file, or changed meanwhile.
        """
        with reading(self._path, self._parameter):
            descriptor = system.open_source(self._path)
        try:
            yield from self._read(descriptor)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> Generator[memoryview, None, None]:
        before = self._stat(descriptor)
        # Checksums, no secrets: said so that they also work where MD5 is barred from security (FIPS).
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256(usedforsecurity=False)
        size_bytes = 0
        with _aside(sha256.update, large=before.st_size > BUFFER_BYTES) as update:
            for chunk in self._pieces(descriptor, min(BUFFER_BYTES, before.st_size + 1)):
                update(chunk)
                md5.update(chunk)
                size_bytes += len(chunk)
                yield chunk
        after = self._stat(descriptor)
        if (before.st_mtime_ns, before.st_size, size_bytes) != (after.st_mtime_ns, after.st_size, after.st_size):
            raise refusal(self._path, self._parameter, "changed while it was read. Import it once it is complete")
        self.content = Content(
            md5=md5.hexdigest(), sha256=sha256.hexdigest(), size_bytes=size_bytes, modified_ns=after.st_mtime_ns
        )

    def _pieces(self, descriptor: int, size: int) -> Iterator[memoryview]:
        """Yield piece by piece; each stays as it is until the next but one is asked for."""
        for buffer in itertools.cycle([memoryview(bytearray(size)), memoryview(bytearray(size))]):
            count = self._fill(descriptor, buffer)
            if not count:
                return
            yield buffer[:count]

    def _fill(self, descriptor: int, buffer: memoryview) -> int:
        with reading(self._path, self._parameter):
            return system.read_into(descriptor, buffer)

    def _stat(self, descriptor: int) -> os.stat_result:
        with reading(self._path, self._parameter):
            found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            what = "is a directory" if stat.S_ISDIR(found.st_mode) else "is a pipe or a device, not a file"
            raise refusal(self._path, self._parameter, f"{what}. Give the path of a file")
        return found


@contextmanager
def _aside(update: Callable[[memoryview], None], *, large: bool) -> Iterator[Callable[[memoryview], None]]:
    """Lend `update`, for a large file in a thread of its own, so that two processors sum at once.

    It takes a piece once it is done with the one before.
    """
    if not large:
        yield update
        return
    from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415 - start-up time

    with ThreadPoolExecutor(1) as thread:
        last: list[Future[None]] = []

        def hand_over(piece: memoryview) -> None:
            if last:
                last.pop().result()
            last.append(thread.submit(update, piece))

        yield hand_over
