"""The files of a project that leave it, in an archive. No link leads out of the project."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOBS_FOLDER, TRASH_FOLDER, folder_index
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import copies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccp4hooks.model import Project

FOLDERS = ("CCP4_COOT", "CCP4_DOWNLOADED_FILES", "CCP4_PROJECT_FILES", "CCP4_TMP", IMPORTS_FOLDER, JOBS_FOLDER)
"""The directories of a project that CCP4i2 exports and imports."""

SURROGATE = re.compile("[\ud800-\udfff]")
"""A byte of a name that is not valid text, as Python represents it."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file to export.

    Attributes:
        name: Its name in the archive.
        root: A directory above it, with all links resolved.
        place: Its path below `root`.
    """

    name: str
    root: Path
    place: PurePosixPath

    @property
    def path(self) -> Path:
        """Its path."""
        return self.root / self.place

    def open(self) -> IO[bytes]:
        """Open it for reading, and follow no link.

        Raises:
            OSError: It cannot be read.
        """
        return copies.open_file(self.root, self.place)


def roots_of(project: Project) -> dict[str, Path]:
    """Return the directories of a project by their names in `FOLDERS`, with all links resolved."""
    return {name: Path(os.path.realpath(project.directory / name)) for name in FOLDERS}


def members_below(name: str, directory: Path, roots: Mapping[str, Path], left_out: list[str]) -> Iterator[Member]:
    """Yield the files in a directory of a project and below it, by name; not what was deleted.

    Args:
        name: Its name in the archive.
        directory: The directory, with all links resolved.
        roots: See `roots_of`.
        left_out: Gets a line for each file that is not exported.
    """
    for folder, below, names in os.walk(directory):
        inside = Path(folder).relative_to(directory).as_posix()
        prefix = name if inside == "." else f"{name}/{inside}"
        if prefix == JOBS_FOLDER:
            # Copies that a killed process has left, and deleted jobs, are no jobs.
            below[:] = [one for one in below if folder_index(one) is not None]
        below[:] = sorted(one for one in below if one != TRASH_FOLDER)
        links = [one for one in below if Path(folder, one).is_symlink()]
        for one in sorted([*links, *names]):
            if one != outcome_file.RESERVE_NAME:
                yield from members_at(f"{prefix}/{one}", Path(folder, one), roots, left_out)


def members_at(name: str, path: Path, roots: Mapping[str, Path], left_out: list[str]) -> Iterator[Member]:
    """Yield one file of a project, unless it cannot leave the project; see `members_below`."""
    real = Path(os.path.realpath(path))
    root = next((root for root in roots.values() if real.is_relative_to(root)), None)
    if not _is_text(name):
        left_out.append(f"{name!a} has a name that is not valid text")
    elif root is None or not real.is_file():
        left_out.append(f"{name} is a link out of the project, to a directory or to nothing, or a special file")
    else:
        yield Member(name, root, PurePosixPath(real.relative_to(root).as_posix()))


def _is_text(name: str) -> bool:
    return "\\" not in name and not SURROGATE.search(name)
