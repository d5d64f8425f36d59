"""Write an archive as a whole or not at all: a zip file, or a directory with the same content."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from ccp4hooks.errors import BadInputError
from ccp4hooks.runtime import os_errors, paths, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 2**20

FIRST_TIME, LAST_TIME = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)
"""The first and the last time that a zip file can note: year, month, day, hour, minute, second."""


class Target(Protocol):
    """An archive that is being written."""

    def add(self, name: str, stream: IO[bytes], modified_s: float | None = None) -> None:
        """Add a file.

        Args:
            name: Its path in the archive, with slashes.
            stream: Its content.
            modified_s: Time of its modification, in seconds since 1970; None for now.
        """
        ...


@contextmanager
def zip_file(path: Path, compression: int = zipfile.ZIP_DEFLATED) -> Iterator[Target]:
    """Write a zip file. It gets its name when it is complete, and nothing is left if the block raises.

    Args:
        path: The file.
        compression: How its members are compressed, as `zipfile` counts.

    Raises:
        BadInputError: The file exists or cannot be written.
    """
    with _named_at_the_end(path, Path.touch) as temporary, temporary.open("wb") as stream:
        with zipfile.ZipFile(stream, "w", compression) as archive:
            yield _Zip(archive, compression)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def directory(path: Path) -> Iterator[Target]:
    """Write a directory. It gets its name when it is complete, and nothing is left if the block raises.

    Raises:
        BadInputError: The directory exists or cannot be written.
    """
    with _named_at_the_end(path, Path.mkdir) as temporary:
        yield _Directory(temporary)


def require_new(path: Path) -> None:
    """Refuse a path that exists, or whose directory does not.

    Raises:
        BadInputError: The path cannot be that of a new file.
    """
    if os.path.lexists(path):
        raise BadInputError(f"{path} exists already. Give another name, or remove it.")
    if not path.parent.is_dir():
        raise BadInputError(f"{path.parent} is not an existing directory. Make it first, or give another path.")


@contextmanager
def _named_at_the_end(path: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    require_new(path)
    try:
        with unfinished.beside(path, make) as temporary:
            yield temporary
            require_new(path)
            temporary.rename(path)
            paths.sync_directory(path.parent)
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {os_errors.explained(error)} Nothing is left of it.") from error


class _Zip:
    def __init__(self, archive: zipfile.ZipFile, compression: int) -> None:
        self._archive = archive
        self._compression = compression
        self._directories: set[str] = set()

    def add(self, name: str, stream: IO[bytes], modified_s: float | None = None) -> None:
        """Add a file; see `Target`."""
        modified = time.localtime(modified_s)
        when = max(FIRST_TIME, min(LAST_TIME, modified[:6]))
        info = zipfile.ZipInfo(name, when)
        info.compress_type = self._compression
        info.external_attr = 0o644 << 16
        self._add_directories(name)
        with self._archive.open(info, "w", force_zip64=True) as member:
            shutil.copyfileobj(stream, member, CHUNK)

    def _add_directories(self, name: str) -> None:
        """Add the directories above a file: CCP4i2 3.0 makes only those that an archive names."""
        for at in [at for at, character in enumerate(name) if character == "/"]:
            folder = name[: at + 1]
            if folder not in self._directories:
                self._directories.add(folder)
                self._archive.writestr(zipfile.ZipInfo(folder, FIRST_TIME), "")


class _Directory:
    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, name: str, stream: IO[bytes], modified_s: float | None = None) -> None:
        """Add a file; see `Target`."""
        target = self._path.joinpath(*name.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as copy:
            shutil.copyfileobj(stream, copy, CHUNK)
            copy.flush()
            os.fsync(copy.fileno())
        if modified_s is not None:
            os.utime(target, (modified_s, modified_s))
