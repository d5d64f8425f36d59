"""Read a zip file that may come from anybody.

A name that leads out of the archive or is too long, a link, a special file, a name that occurs twice, and an archive
that would fill the disk are refused before anything is written.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
import time
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.runtime import os_errors

try:
    from lzma import LZMAError
except ImportError:  # a Python that was built without it
    from zipfile import BadZipFile as LZMAError  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

MOST_FILES = 500_000
"""Largest number of files in an archive."""

LARGEST_RATIO = 100
"""How many times larger than a zip file its files may be, if they have more than `SMALL`. Usual are 2 to 20."""

SMALL = 100 * 2**20
"""Size of files that are unpacked whatever their ratio [bytes]."""

CHUNK = 2**20

LONGEST_PART = 255
"""Length of the longest name of a file or directory that usual file systems take [bytes]."""

LONGEST_PATH = 1000
"""Length of the longest path in an archive [bytes]."""

READ_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, LZMAError, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError),
)
"""What `zipfile` raises if an archive is damaged, encrypted, or compressed in an unknown way."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive.

    Attributes:
        name: Its path in the archive, with slashes.
        size_bytes: Its size [bytes].
        modified_s: Time of its modification [s since 1970]; None if it is not known.
    """

    name: str
    size_bytes: int
    modified_s: float | None = None


class Source(Protocol):
    """An archive that is open for reading."""

    @property
    def path(self) -> Path:
        """The zip file or the directory."""
        ...

    def entries(self) -> list[Entry]:
        """Return all files, and refuse those that must not be unpacked.

        Raises:
            BadInputError: A name leads out of the archive or occurs twice, or there are links or special files.
        """
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading."""
        ...


@contextmanager
def opened_zip(path: Path, prefix: Callable[[list[str]], str], cure: str) -> Iterator[Source]:
    """Open a zip file.

    Args:
        path: The file.
        prefix: Returns the directory in the zip file that has its files, with a slash, or an empty text for the top;
            called with the names in it.
        cure: What to do if it is damaged, as a sentence.

    Raises:
        BadInputError: It is not a zip file, or it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Zip(path, archive, prefix(archive.namelist()))
    except READ_ERRORS as error:
        raise _damaged(path, error, cure) from error
    except OSError as error:
        if error.errno is None:
            raise _damaged(path, error, cure) from error  # from the decompressor of bzip2
        if error.filename in (None, str(path)):
            raise BadInputError(f"{path} cannot be read: {os_errors.explained(error)}") from error
        raise


def _damaged(path: Path, error: Exception, cure: str) -> BadInputError:
    return BadInputError(f"{path} is not a whole zip file: {str(error).rstrip('.')}. {cure}")


def unpack(source: Source, wanted: list[Entry], directory: Path, folders: Iterable[str] = ()) -> None:
    """Write files of an archive to a new directory, and flush them to disk.

    Args:
        source: The archive.
        wanted: Some of what `Source.entries` has returned.
        directory: The directory. It exists.
        folders: Names of directories to make in any case.

    Raises:
        BadInputError: The archive is damaged; or, caused by an `OSError`, the files cannot be written, for instance
            because there is not enough space.
    """
    size = sum(entry.size_bytes for entry in wanted)
    free = shutil.disk_usage(directory).free
    if size > free:
        raise BadInputError(
            f"{source.path} has {size:,} bytes of files, but the disk of {directory.parent} has only {free:,} bytes "
            "left."
        ) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    try:
        _unpack(source, wanted, directory, folders)
    except OSError as error:
        if error.errno is None:
            raise  # It comes from the archive, not from the disk.
        raise BadInputError(f"{source.path} cannot be unpacked: {os_errors.explained(error)}") from error


def _unpack(source: Source, wanted: list[Entry], directory: Path, folders: Iterable[str]) -> None:
    for folder in sorted({*folders, *(entry.name.rpartition("/")[0] for entry in wanted)}):
        directory.joinpath(*folder.split("/")).mkdir(parents=True, exist_ok=True)
    for entry in wanted:
        with source.open(entry.name) as stream:
            _write(stream, directory.joinpath(*entry.name.split("/")), entry.modified_s)


def _write(stream: IO[bytes], target: Path, modified_s: float | None) -> None:
    with target.open("xb") as copy:
        shutil.copyfileobj(stream, copy, CHUNK)
        copy.flush()
        os.fsync(copy.fileno())
    if modified_s is not None:
        # The times tell which files have changed since their job has ended.
        attempt(os.utime, target, (modified_s, modified_s))


def read_bytes(source: Source, name: str, limit: int) -> bytes:
    """Return the content of a file.

    Raises:
        BadInputError: It is larger than the limit [bytes].
    """
    with source.open(name) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise BadInputError(f"{name} in {source.path} is larger than {limit:,} bytes, the limit.")
    return content


def refused(path: Path, name: str, why: str) -> BadInputError:
    """Return the error for a file in an archive that must not be unpacked."""
    return BadInputError(f"{path} is refused: it contains {name[:200]!r}, {why}. Nothing was unpacked.")


def checked(path: Path, entries: list[Entry]) -> list[Entry]:
    """Return files unless their names lead elsewhere or occur twice, or there are too many.

    Raises:
        BadInputError: They must not be unpacked.
    """
    if len(entries) > MOST_FILES:
        raise BadInputError(f"{path} has {len(entries):,} files; the limit is {MOST_FILES:,}.")
    seen: set[str] = set()
    for entry in entries:
        parts = entry.name.split("/")
        if entry.name.startswith("/") or {"", ".", ".."} & set(parts) or not _is_plain(entry.name):
            raise refused(path, entry.name, "a name that is not a plain path below the project")
        if entry.name in seen:
            raise refused(path, entry.name, "a name that occurs twice")
        if len(_bytes(entry.name)) > LONGEST_PATH or any(len(_bytes(part)) > LONGEST_PART for part in parts):
            raise refused(path, entry.name, "a name that is too long")
        seen.add(entry.name)
    both = seen & _folders_of(seen)
    if both:
        raise refused(path, min(both), "a name of both a file and a directory")
    return entries


def _bytes(name: str) -> bytes:
    return name.encode(errors="replace")


def _folders_of(names: Iterable[str]) -> set[str]:
    """Return all directories that have the files with these names in an archive, also indirectly."""
    found: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _is_plain(name: str) -> bool:
    return not set(name) & set("\\\0:" if os.name == "nt" else "\\\0")


class _Zip:
    """A zip file; its files may be in a directory in it."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, prefix: str) -> None:
        self.path = path
        self._archive = archive
        self._prefix = prefix

    def entries(self) -> list[Entry]:
        """Return all files below that directory; see `Source`."""
        found = []
        for info in self._archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise refused(self.path, info.filename, "a link or a special file")
            if info.flag_bits & 1:
                raise refused(self.path, info.filename, "an encrypted file")
            # The names of directories are checked, too.
            checked(self.path, [Entry(info.filename.removesuffix("/"), 0)])
            if info.filename.startswith(self._prefix) and not info.is_dir():
                modified = attempt(time.mktime, (*info.date_time, 0, 0, -1))
                modified_s = None if isinstance(modified, Failure) else modified
                found.append(Entry(info.filename[len(self._prefix) :], info.file_size, modified_s))
        size, packed = sum(entry.size_bytes for entry in found), self.path.stat().st_size
        if size > max(SMALL, packed * LARGEST_RATIO):
            raise BadInputError(
                f"{self.path} is refused: it has {packed:,} bytes, and would have {size:,} bytes when it is unpacked. "
                "If you trust it, unpack it yourself."
            )
        return checked(self.path, found)

    def open(self, name: str) -> IO[bytes]:
        """Open a file; see `Source`."""
        return self._archive.open(self._prefix + name)
