"""Make the outcome files of a project name the directory in which it is now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model.numbers import TRASH_FOLDER
from ccp4hooks.outcomes import checks, outcome_file, trash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks.model import JobNumber, Project


def relocate(project: Project, directory: Path, root: Path | None) -> Iterator[tuple[JobNumber, OSError]]:
    """Write the outcome files that name another directory or name of a project, and yield those that cannot be written.

    The outcome files of jobs in the trash are among them. Files that are invalid, or of another project, stay.

    Args:
        project: The project, with its final directory.
        directory: The directory in which the files are at present.
        root: A directory below which no link is followed; None if links may be followed.

    Yields:
        The number of a job, and why its file cannot be written.
    """
    for path in _outcome_files(replace(project, directory=directory).jobs_directory):
        found = attempt(checks.read_from_elsewhere, path, root)
        if isinstance(found, Failure) or found.job.project.uuid != project.uuid:
            continue
        moved = outcome_file.in_project_named(outcome_file.in_directory(found, project.directory), project.name)
        written = attempt(outcome_file.write, moved, path.parent) if moved != found else None
        if isinstance(written, Failure) and isinstance(written.error, OSError):
            yield moved.job.number, written.error


def _outcome_files(jobs_directory: Path) -> Iterator[Path]:
    yield from outcome_file.below(jobs_directory)
    for folder in sorted((jobs_directory / TRASH_FOLDER).glob(f"*/{trash.JOB}")):
        if (folder / outcome_file.FILE_NAME).is_file():
            yield folder / outcome_file.FILE_NAME
        yield from outcome_file.below(folder)
