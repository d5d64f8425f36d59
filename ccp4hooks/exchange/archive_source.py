"""Read an archive that may come from anybody: a zip file, or a directory in which one was unpacked.

A name that leads out of the archive, a link, a special file, a name that occurs twice, and an archive that would fill
the disk are refused before anything is written.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Protocol

from ccp4hooks.errors import BadInputError
from ccp4hooks.exchange.archive_names import DATABASE, FOLDERS, RECORD, is_of_project
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.runtime import copies, os_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FILES = 500_000
"""Largest number of files in an archive."""

LARGEST_RATIO = 100
"""How many times larger than a zip file its files may be, if they have more than `SMALL`. Usual are 2 to 20."""

SMALL = 100 * 2**20
"""Size of files that are unpacked whatever their ratio [bytes]."""

CHUNK = 2**20

READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What `zipfile` raises if an archive is damaged, encrypted, or compressed in an unknown way."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive.

    Attributes:
        name: Its path in the project, with slashes.
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
def opened(path: Path) -> Iterator[Source]:
    """Open an archive.

    Raises:
        BadInputError: It is neither a zip file nor a directory, or it is damaged.
    """
    if path.is_dir():
        yield _Directory(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Zip(path, archive)
    except READ_ERRORS as error:
        raise BadInputError(
            f"{path} is not a whole zip file: {str(error).rstrip('.')}. If it was copied or downloaded, do so again; a "
            "directory with the unpacked files can be imported, too."
        ) from error
    except OSError as error:
        if error.filename in (None, str(path)):
            raise BadInputError(f"{path} cannot be read: {os_errors.explained(error)}") from error
        raise


def unpack(source: Source, entries: list[Entry], directory: Path) -> int:
    """Write the files of a project to a new directory, flush them to disk, and return their number.

    Args:
        source: The archive.
        entries: What `Source.entries` has returned.
        directory: The directory. It exists.

    Raises:
        BadInputError: The archive is damaged, or there is not enough space.
    """
    wanted = [entry for entry in entries if is_of_project(entry.name)]
    size = sum(entry.size_bytes for entry in wanted)
    free = shutil.disk_usage(directory).free
    if size > free:
        raise BadInputError(
            f"{source.path} has {size:,} bytes of files, but the disk of {directory.parent} has only {free:,} bytes "
            "left."
        )
    try:
        _unpack(source, wanted, directory)
    except OSError as error:
        raise BadInputError(f"{source.path} cannot be unpacked: {os_errors.explained(error)}") from error
    return len(wanted)


def _unpack(source: Source, wanted: list[Entry], directory: Path) -> None:
    for folder in sorted({*FOLDERS, *(entry.name.rpartition("/")[0] for entry in wanted)}):
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


def _refused(path: Path, name: str, why: str) -> BadInputError:
    return BadInputError(f"{path} is refused: it contains {name[:200]!r}, {why}. Nothing was imported.")


def _checked(path: Path, entries: list[Entry]) -> list[Entry]:
    """Refuse names that lead elsewhere or occur twice, and too many files."""
    if len(entries) > MOST_FILES:
        raise BadInputError(f"{path} has {len(entries):,} files; the limit is {MOST_FILES:,}.")
    seen: set[str] = set()
    for entry in entries:
        parts = entry.name.split("/")
        if entry.name.startswith("/") or {"", ".", ".."} & set(parts) or not _is_plain(entry.name):
            raise _refused(path, entry.name, "a name that is not a plain path below the project")
        if entry.name in seen:
            raise _refused(path, entry.name, "a name that occurs twice")
        seen.add(entry.name)
    return entries


def _is_plain(name: str) -> bool:
    return not set(name) & set("\\\0:" if os.name == "nt" else "\\\0")


class _Zip:
    """A zip file; the project may be in a directory in it."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._prefix = _prefix(archive.namelist())

    def entries(self) -> list[Entry]:
        """Return all files below the directory of the project; see `Source`."""
        found = []
        for info in self._archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refused(self.path, info.filename, "a link or a special file")
            if info.flag_bits & 1:
                raise _refused(self.path, info.filename, "an encrypted file")
            # The names of directories are checked, too.
            _checked(self.path, [Entry(info.filename.removesuffix("/"), 0)])
            if info.filename.startswith(self._prefix) and not info.is_dir():
                modified = attempt(time.mktime, (*info.date_time, 0, 0, -1))
                modified_s = None if isinstance(modified, Failure) else modified
                found.append(Entry(info.filename[len(self._prefix) :], info.file_size, modified_s))
        size, packed = sum(entry.size_bytes for entry in found), self.path.stat().st_size
        if size > max(SMALL, packed * LARGEST_RATIO):
            raise BadInputError(
                f"{self.path} is refused: it has {packed:,} bytes, and would have {size:,} bytes when it is unpacked. "
                "If you trust it, unpack it yourself and import the directory."
            )
        return _checked(self.path, found)

    def open(self, name: str) -> IO[bytes]:
        """Open a file; see `Source`."""
        return self._archive.open(self._prefix + name)


def _prefix(names: list[str]) -> str:
    """Return the directory in a zip file that has the project, with a slash; empty if it is at the top."""
    found = [name for name in names if PurePosixPath(name).name == DATABASE]
    first = min(found, key=lambda name: (name.count("/"), len(name)), default=DATABASE)
    return first.removesuffix(DATABASE)


class _Directory:
    """A directory in which an archive was unpacked, or that of a project with a snapshot of CCP4i2 3.1."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))

    def entries(self) -> list[Entry]:
        """Return all files; see `Source`."""
        found = []
        for top in (*FOLDERS, DATABASE, RECORD):
            start = self.path / top
            if os.path.lexists(start) and not start.is_dir():
                found.append(self._entry(start))
            for folder, below, names in os.walk(start):
                links = [name for name in below if Path(folder, name).is_symlink()]
                found += [self._entry(Path(folder, name)) for name in (*links, *names)]
        return _checked(self.path, found)

    def _entry(self, path: Path) -> Entry:
        info = path.lstat()
        name = path.relative_to(self.path).as_posix()
        if not stat.S_ISREG(info.st_mode):
            raise _refused(self.path, name, "a link or a special file")
        return Entry(name, info.st_size, info.st_mtime)

    def open(self, name: str) -> IO[bytes]:
        """Open a file; see `Source`."""
        return copies.open_file(self.path, PurePosixPath(name))
