"""Find which files jobs have read, and which jobs have made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.model import FileLink, JobNumber
from ccp4hooks.model.parameters import job_of_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from ccp4hooks.model import Outcome, Project


def links_of(top: JobNumber, outcomes: Sequence[Outcome], known: Collection[str]) -> Iterator[FileLink]:
    """Yield each file that a job has read, once, unless the job itself or a sub-job of it has made it.

    Args:
        top: Number of the job.
        outcomes: The job and its sub-jobs.
        known: Numbers of the jobs that links name. A file of another job links to its top-level job.
    """
    read: dict[Path, str] = {}
    for file in (file for one in outcomes for file in one.imported):
        read.setdefault(file.path, file.parameter)
    for use in (use for one in outcomes for use in one.uses):
        read.setdefault(use.path, use.parameter)
    for path, parameter in read.items():
        made_by = _maker(path, outcomes[0].job.project, known)
        if made_by is None or not (made_by == top or made_by.is_below(top)):
            yield FileLink(job=top, path=path, made_by=made_by, parameter=parameter)


def _maker(path: Path, project: Project, known: Collection[str]) -> JobNumber | None:
    """Return the known job that has made a file, or else the top-level job; None if no job has."""
    # Texts, because reports have many files, and paths take longer.
    name, folder = path.as_posix(), f"{project.directory.as_posix()}/"
    text = job_of_path(name.removeprefix(folder)) if name.startswith(folder) else ""
    at: JobNumber | None = JobNumber(text) if text else None
    while at is not None and at not in known:
        at = at.parent
    return at or (JobNumber(text).top if text else None)
