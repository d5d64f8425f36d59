"""Record that the directory of a project was moved, and write the new one into its outcome files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import attempt
from ccp4hooks.model import Problem, Project, Severity
from ccp4hooks.outcomes import outcome_file, relocation
from ccp4hooks.queries.directories import outcomes_in
from ccp4hooks.runtime import os_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Outcome

PARAMETER_FILES = ("params.xml", "input_params.xml")
"""Files in a job directory that contain the UUID of the job, in the order in which they are searched."""


def move_project(session: SessionContext, wanted: Project, directory: Path) -> Project:
    """Record the new directory of a project; see `Session.move_project`."""
    queries = session.queries
    project = queries.recorded_project(wanted.uuid)
    if project is None:
        raise BadInputError(
            f"No database knows the project {wanted.name!r} in {wanted.directory}, so there is no record to change. "
            "Its directory can be moved as it is."
        )
    new = _existing(directory)
    if project.directory.is_dir() and new.samefile(project.directory) and new == project.directory:
        _relocate(session, project)
        return project
    known = queries.recorded_outcomes(project) or ()
    _require_same(project, new, known)
    _refuse_copy(project, new)
    _refuse_running(session, project, known)
    moved = session.dispatcher.call(hookspecs.move_project, queries.journal, project=project, directory=new).value
    if moved is None:
        raise BadInputError(
            f"No plugin in use can record that the project {project.name!r} was moved. `ccp4hooks plugins --hook "
            "move_project` lists the plugins that can."
        )
    _relocate(session, moved)
    return moved


def _relocate(session: SessionContext, project: Project) -> None:
    """Make the outcome files name the new directory; one that cannot be written becomes a problem.

    If this process dies meanwhile, the same move completes it. Until then only the database knows the new directory.
    """
    for number, error in relocation.relocate(project, project.directory, None):
        message = (
            f"Job {number}: its outcome file cannot be written, and names the old directory of the project: "
            f"{os_errors.explained(error)}"
        )
        session.queries.journal.add(Problem(severity=Severity.WARNING, message=message))


def _existing(directory: Path) -> Path:
    new = directory.expanduser().absolute()
    if not new.is_dir():
        raise BadInputError(
            f"{new} is not an existing directory. Move the project directory there first; this command moves no file."
        )
    return type(new)(os.path.normpath(new))


def _refuse_copy(project: Project, new: Path) -> None:
    """Refuse a directory while the recorded directory still has jobs: it is a copy, and the jobs have the same UUIDs.

    A link from the old place to the new one is no copy.

    Raises:
        BadInputError: The jobs are at both places.
    """
    old = project.directory
    if old.is_dir() and not new.samefile(old) and outcome_file.job_directories(project.jobs_directory):
        raise BadInputError(
            f"{new} is a copy: the project {project.name!r} still has its jobs in {old}. To use the copy as a project "
            f"of its own, run `ccp4hooks replay --from {new} --project NAME` with a new name. To let the copy replace "
            f"the original, move {old} away first."
        )


def _require_same(project: Project, new: Path, known: Sequence[Outcome]) -> None:
    """Refuse a directory that is not that of the project.

    It is if it has an outcome file with the UUID of the project or of one of its jobs. Jobs that CCP4i2 has run have no
    outcome file, but parameters with the UUID of the job.

    Raises:
        BadInputError: The directory has no job of the project.
    """
    there = Project(name=project.name, directory=new, uuid=project.uuid)
    jobs = {one.job.uuid for one in known}
    found = list(outcomes_in(there))
    mine = [one for one in found if one.job.project.uuid == project.uuid or one.job.uuid in jobs]
    if mine or (not known and not found):
        return
    if any(_has_parameters(there, one) for one in known):
        return
    others = sorted({f"{one.job.project.name} ({one.job.project.uuid})" for one in found})
    what = f"has the jobs of the project {others[0]}" if others else "has no job of this project"
    raise BadInputError(
        f"{new} is not the directory of the project {project.name!r} ({project.uuid}): it {what}. Give the directory "
        f"that was {project.directory} before it was moved."
    )


def _has_parameters(project: Project, known: Outcome) -> bool:
    """Return whether the directory of a job has parameters with the UUID of the job."""
    folder = project.job_directory(known.job.number)
    texts = [attempt((folder / name).read_bytes) for name in PARAMETER_FILES]
    ours = (str(known.job.uuid).encode(), known.job.uuid.hex.encode())
    return any(isinstance(text, bytes) and uuid in text for text in texts for uuid in ours)


def _refuse_running(session: SessionContext, project: Project, known: Iterable[Outcome]) -> None:
    """Refuse a project with a job that has begun and has not ended, unless its process has died.

    Raises:
        BadInputError: A job is running.
    """
    owned = {one.job.uuid: one for one in session.queries.owned_jobs(project)}
    for one in owned.values():
        if one.alive:
            raise BadInputError(
                f"Job {one.job.number} of the project {project.name!r} is {one.status.name} (process {one.pid} on "
                f"{one.host}) and writes to {project.directory}. Wait until it has ended, or cancel it."
            )
    for outcome in known:
        if outcome.status.is_running and outcome.job.uuid not in owned:
            raise BadInputError(
                f"Job {outcome.job.number} of the project {project.name!r} is {outcome.status.name} in a program other "
                f"than ccp4hooks, or on another machine, and writes to {project.directory}. Wait until it has ended, "
                "or cancel it there."
            )
