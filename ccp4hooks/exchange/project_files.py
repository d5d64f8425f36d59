"""The files of a project that are exported. No link leads out of the project."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from ccp4hooks.exchange.archive_names import FOLDERS
from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOB_PREFIX, JOBS_FOLDER, TRASH_FOLDER, folder_index
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import copies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.exchange.selection import Selection


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


def members(selection: Selection, left_out: list[str]) -> Iterator[Member]:
    """Yield the files of a project, or of the chosen jobs, by name.

    Args:
        selection: What is exported.
        left_out: Gets a line for each file that is not exported.
    """
    project = selection.project
    roots = {name: Path(os.path.realpath(project.directory / name)) for name in FOLDERS}
    if selection.is_whole:
        for folder in sorted(roots):
            yield from _below(folder, roots[folder], roots, left_out)
        return
    for number in selection.tops:
        folder = f"{JOB_PREFIX}{number}"
        yield from _below(f"{JOBS_FOLDER}/{folder}", roots[JOBS_FOLDER] / folder, roots, left_out)
    for path in sorted(selection.shared_files):
        if path.is_relative_to(project.imports_directory) and path.is_file():
            place = path.relative_to(project.imports_directory)
            yield from _member(f"{IMPORTS_FOLDER}/{place.as_posix()}", roots[IMPORTS_FOLDER] / place, roots, left_out)


def other_entries(selection: Selection) -> list[str]:
    """Return what the directory of a project has beside the directories that are exported, one line each."""
    if not selection.is_whole or not selection.project.directory.is_dir():
        return []
    own = {*FOLDERS, "CCP4_EXPORT_FILES", "DATABASE.db.xml"}
    found = sorted(entry.name for entry in os.scandir(selection.project.directory) if not entry.name.startswith("."))
    return [f"{name} is no part of a project of CCP4i2" for name in found if name not in own]


def _below(name: str, directory: Path, roots: dict[str, Path], left_out: list[str]) -> Iterator[Member]:
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
                yield from _member(f"{prefix}/{one}", Path(folder, one), roots, left_out)


def _member(name: str, path: Path, roots: dict[str, Path], left_out: list[str]) -> Iterator[Member]:
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
