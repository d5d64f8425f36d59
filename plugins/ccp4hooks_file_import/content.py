"""Read a file once, and compute its checksums and its size while the caller copies its content."""

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
from ccp4hooks_file_import.messages import reading, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

BUFFER_BYTES = 2 * 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EARLIEST = datetime.min.replace(tzinfo=timezone.utc)
_LATEST = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The results of reading a file.

    Attributes:
        md5: The MD5 checksum, 32 hexadecimal digits.
        sha256: The SHA-256 checksum, 64 hexadecimal digits.
        size_bytes: The size [bytes].
        modified_ns: The modification time [ns since 1970].
    """

    md5: str
    sha256: str
    size_bytes: int
    modified_ns: int

    @property
    def modified_at(self) -> datetime:
        """The modification time, or the nearest time that a `datetime` can represent."""
        try:
            return _EPOCH + timedelta(microseconds=self.modified_ns // 1000)
        except OverflowError:
            return _LATEST if self.modified_ns > 0 else _EARLIEST


class Reader:
    """Reads one file once, from start to end. Afterwards `content` holds the results.

    Attributes:
        content: The results.
        status: The status of the file, from the first piece on.
    """

    content: Content
    status: os.stat_result

    def __init__(self, path: Path, parameter: str) -> None:
        """Prepare to read.

        Args:
            path: The file.
            parameter: The name of its parameter, for messages.
        """
        self._path = path
        self._parameter = parameter

    def chunks(self) -> Generator[memoryview, None, None]:
        """Yield the content of the file in pieces. Each piece is valid until the next one is requested.

        Raises:
            BadInputError: The file cannot be read, is not a regular file, or changed while it was read.
        """
        with reading(self._path, self._parameter):
            descriptor = system.open_source(self._path)
        try:
            yield from self._read(descriptor)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> Generator[memoryview, None, None]:
        before = self.status = self._stat(descriptor)
        # Declared as not for security, so that MD5 also works where it is forbidden for security (FIPS).
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256(usedforsecurity=False)
        size_bytes = 0
        with _concurrently(sha256.update, large=before.st_size > BUFFER_BYTES) as update:
            for chunk in self._pieces(descriptor, min(BUFFER_BYTES, before.st_size + 1)):
                update(chunk)
                md5.update(chunk)
                size_bytes += len(chunk)
                yield chunk
        after = self._stat(descriptor)
        if (before.st_mtime_ns, before.st_size, size_bytes) != (after.st_mtime_ns, after.st_size, after.st_size):
            raise refusal(self._path, self._parameter, "changed while it was read. Import it when it is complete")
        self.content = Content(
            md5=md5.hexdigest(), sha256=sha256.hexdigest(), size_bytes=size_bytes, modified_ns=after.st_mtime_ns
        )

    def _pieces(self, descriptor: int, size: int) -> Iterator[memoryview]:
        """Yield pieces from two buffers. Each piece is valid until the next but one is requested."""
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
            raise refusal(self._path, self._parameter, "is not a regular file. Give the path of a file")
        return found


@contextmanager
def _concurrently(update: Callable[[memoryview], None], *, large: bool) -> Iterator[Callable[[memoryview], None]]:
    """Provide a function that calls `update`; for a large file in a thread, so that two processors work at once.

    The function returns when the call with the previous piece has ended.
    """
    if not large:
        yield update
        return
    from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415 - start-up time

    with ThreadPoolExecutor(1) as thread:
        last: list[Future[None]] = []

        def submit(piece: memoryview) -> None:
            if last:
                last.pop().result()
            last.append(thread.submit(update, piece))

        yield submit
