"""Remove what a killed process has left in project directories and nobody will use: never the file of a user.

Only three things are removed: the temporary file of an outcome file that was not finished; a directory of a sub-job
that is empty and not recorded; and a project directory that is empty but for its directories of jobs and imports, and
not recorded. The directories are removed by a call that fails if they are not empty. What a process that is alive may
be writing stays: the jobs of a project with a living owner below a job, and everything that is younger than
`SETTLED_S`, unless its job has just been recovered.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ccp4hooks.model import JobNumber
from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOBS_FOLDER
from ccp4hooks.outcomes import outcome_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Job, OwnedJob, Project

SETTLED_S = 60.0
"""Age from which something counts as left behind, although no owner of it is known [s]. Writing takes milliseconds."""

TEMPORARY = re.compile(rf"\.{re.escape(outcome_file.FILE_NAME)}\.[0-9a-f]{{32}}")
"""Name of the temporary file as which an outcome file is written."""


def sweep(
    session: SessionContext,
    recovered: Sequence[OwnedJob],
    alive: Collection[Job],
    project: Project | None,
    *,
    thorough: bool,
) -> None:
    """Remove what killed processes have left.

    Args:
        session: The session.
        recovered: Jobs that have been recovered.
        alive: Jobs whose process is alive.
        project: The project; None for all projects, those in the projects directory included.
        thorough: Whether to look into the directories of all jobs, and not only of the recovered ones.
    """
    _sweep_jobs(session, [one for one in recovered if not one.alive], alive)
    if thorough:
        _sweep_projects(session, project, alive)


def _sweep_jobs(session: SessionContext, dead: Sequence[OwnedJob], alive: Collection[Job]) -> None:
    tops = {(one.job.project.uuid, one.job.number.top): one.job.project for one in dead}
    for (_, top), project in tops.items():
        _sweep_job(session, project, JobNumber(top), alive, settled_s=0.0)


def _sweep_projects(session: SessionContext, project: Project | None, alive: Collection[Job]) -> None:
    queries = session.queries
    projects = (project,) if project is not None else (*queries.projects(), *queries.projects_on_disk())
    for one in {known.directory: known for known in reversed(projects)}.values():
        for folder in outcome_file.job_directories(one.jobs_directory):
            number = JobNumber.of_directory(folder.relative_to(one.directory))
            if number is not None:
                _sweep_job(session, one, number, alive, settled_s=SETTLED_S)
    if project is None:
        for one in queries.projects_on_disk():
            if queries.recorded_project(one.name) is None:
                _remove_empty_project(one)


def _sweep_job(
    session: SessionContext, project: Project, top: JobNumber, alive: Collection[Job], *, settled_s: float
) -> None:
    """Sweep the directory of a top-level job, unless the process of the job or of a sub-job is alive."""
    if any(one.project.uuid == project.uuid and one.number.top == top for one in alive):
        return
    empty: list[Path] = []
    for folder in _folders(project.job_directory(top)):
        for path in _entries(folder):
            if TEMPORARY.fullmatch(path.name) and not path.is_symlink() and _is_settled(path, settled_s):
                path.unlink(missing_ok=True)
        if folder.parent != project.jobs_directory and not _entries(folder) and _is_settled(folder, settled_s):
            empty.append(folder)
    if empty:
        _remove_unrecorded(session, project, top, empty)


def _remove_unrecorded(session: SessionContext, project: Project, top: JobNumber, folders: Sequence[Path]) -> None:
    """Remove those of some empty directories of sub-jobs that are not recorded, below a job that has ended."""
    recorded = {one.job.number: one for one in session.queries.recorded_outcomes(project, top) or ()}
    if top not in recorded or not recorded[top].status.is_over:
        return
    for folder in folders:
        number = JobNumber.of_directory(folder.relative_to(project.directory))
        if number is not None and number not in recorded:
            with suppress(OSError):
                folder.rmdir()


def _folders(folder: Path) -> Iterator[Path]:
    """Yield a job directory and those of its sub-jobs, the innermost first. No link is followed."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for below in outcome_file.job_directories(folder):
        yield from _folders(below)
    yield folder


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_settled(path: Path, settled_s: float) -> bool:
    try:
        return settled_s == 0 or time.time() - path.lstat().st_mtime > settled_s
    except OSError:
        return False


def _remove_empty_project(project: Project) -> None:
    """Remove the directory of a project whose first job was never opened, if it contains nothing."""
    folders = (project.jobs_directory, project.imports_directory)
    plain = not project.directory.is_symlink() and not any(folder.is_symlink() for folder in folders)
    known = {path.name for path in _entries(project.directory)} <= {JOBS_FOLDER, IMPORTS_FOLDER}
    if plain and known and not any(_entries(one) for one in folders) and _is_settled(project.jobs_directory, SETTLED_S):
        for folder in (*folders, project.directory):
            with suppress(OSError):
                folder.rmdir()
