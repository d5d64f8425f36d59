"""The files of a project that are exported. No link leads out of the project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOB_PREFIX, JOBS_FOLDER
from ccp4hooks.outcomes.project_members import FOLDERS, members_at, members_below, roots_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.exchange.selection import Selection
    from ccp4hooks.outcomes.project_members import Member


def members(selection: Selection, left_out: list[str]) -> Iterator[Member]:
    """Yield the files of a project, or of the chosen jobs, by name.

    Args:
        selection: What is exported.
        left_out: Gets a line for each file that is not exported.
    """
    project = selection.project
    roots = roots_of(project)
    if selection.is_whole:
        for folder in sorted(roots):
            yield from members_below(folder, roots[folder], roots, left_out)
        return
    for number in selection.tops:
        folder = f"{JOB_PREFIX}{number}"
        yield from members_below(f"{JOBS_FOLDER}/{folder}", roots[JOBS_FOLDER] / folder, roots, left_out)
    for path in sorted(selection.shared_files):
        if path.is_relative_to(project.imports_directory) and path.is_file():
            place = path.relative_to(project.imports_directory)
            yield from members_at(
                f"{IMPORTS_FOLDER}/{place.as_posix()}", roots[IMPORTS_FOLDER] / place, roots, left_out
            )


def other_entries(selection: Selection) -> list[str]:
    """Return what the directory of a project has beside the directories that are exported, one line each."""
    if not selection.is_whole or not selection.project.directory.is_dir():
        return []
    own = {*FOLDERS, "CCP4_EXPORT_FILES", "DATABASE.db.xml"}
    found = sorted(entry.name for entry in os.scandir(selection.project.directory) if not entry.name.startswith("."))
    return [f"{name} is no part of a project of CCP4i2" for name in found if name not in own]
