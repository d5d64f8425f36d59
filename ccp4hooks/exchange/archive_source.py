"""Read an archive of a project that may come from anybody: a zip file, or a directory in which one was unpacked.

See `ccp4hooks.runtime.zip_source` for what is refused.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from ccp4hooks.exchange.archive_names import DATABASE, RECORD, is_of_project
from ccp4hooks.outcomes.project_members import FOLDERS
from ccp4hooks.runtime import copies, zip_source
from ccp4hooks.runtime.zip_source import Entry, checked, opened_zip, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.runtime.zip_source import Source


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open an archive.

    Raises:
        BadInputError: It is neither a zip file nor a directory, or it is damaged.
    """
    if path.is_dir():
        yield _Directory(path)
        return
    cure = "If it was copied or downloaded, do so again; a directory with the unpacked files can be imported, too."
    with opened_zip(path, _prefix, cure) as source:
        yield source


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
    zip_source.unpack(source, wanted, directory, FOLDERS)
    return len(wanted)


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
        return checked(self.path, found)

    def _entry(self, path: Path) -> Entry:
        info = path.lstat()
        name = path.relative_to(self.path).as_posix()
        if not stat.S_ISREG(info.st_mode):
            raise refused(self.path, name, "a link or a special file")
        return Entry(name, info.st_size, info.st_mtime)

    def open(self, name: str) -> IO[bytes]:
        """Open a file; see `Source`."""
        return copies.open_file(self.path, PurePosixPath(name))
