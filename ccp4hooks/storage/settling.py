"""Complete or undo the deletions and restorations of processes that have died."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.maintenance.recording import unless_unavailable
from ccp4hooks.maintenance.replay import replay
from ccp4hooks.model import Job, MaintenanceResult
from ccp4hooks.model.numbers import TRASH_FOLDER
from ccp4hooks.outcomes import trash
from ccp4hooks.outcomes.trash import State
from ccp4hooks.runtime.directory_locks import locked
from ccp4hooks.storage import kept_imports

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Project
    from ccp4hooks.outcomes.trash import Entry


def settle(session: SessionContext, project: Project) -> MaintenanceResult:
    """Complete or undo what processes have begun that have died. What a living process does is left to it.

    Raises:
        StoreUnavailableError: The database is unavailable.
    """
    if not (project.jobs_directory / TRASH_FOLDER).is_dir():
        return MaintenanceResult()
    settled: list[str] = []
    problems: list[str] = []
    for folder, _ in trash.unfinished(project):
        with locked(folder) as is_mine:
            done = unless_unavailable(attempt(settle_one, session, project, folder)) if is_mine else ""
        if isinstance(done, Failure):
            problems.append(f"{folder.name} in the trash of {project.name}: {done.reason}")
        elif done:
            settled.append(done)
    swept = attempt(trash.sweep, project)
    if isinstance(swept, Failure):
        problems.append(f"the trash of {project.name}: {swept.reason}")
    return MaintenanceResult(settled=tuple(settled), problems=tuple(problems))


def settle_one(session: SessionContext, project: Project, folder: Path, *, undo: bool = False) -> str:
    """Complete or undo a deletion or restoration, and return what was done in one line, empty if nothing was.

    Args:
        session: The session.
        project: The project.
        folder: The directory of the entry in the trash, which this process has locked.
        undo: Whether the record is known to be as it was, so that a deletion is undone.

    Raises:
        BadInputError: The entry cannot be read, or the database is needed and not in use.
        OSError: A file cannot be moved.
        StoreError: The database cannot be used.
    """
    entry = trash.read(project, folder)
    if entry is None:
        trash.remove_folder(project, folder)
        return ""
    which = f"job {entry.trashed.number} of {project.name}"
    if entry.state is State.RESTORING:
        finish_restoration(session, entry)
        return f"{which}: its restoration was completed"
    if entry.state is State.DELETED:
        return ""
    if undo or not _is_gone(session, entry):
        trash.move_back(entry)
        trash.remove(entry)
        return f"{which}: its deletion was undone"
    finish_deletion(session, entry)
    return f"{which}: its deletion was completed"


def finish_deletion(session: SessionContext, entry: Entry) -> None:
    """Move the files of a job whose record is deleted into the trash, and note there that it is deleted.

    Raises:
        BadInputError: The trash is a link.
        OSError: A file cannot be moved.
    """
    trash.move_out(entry)
    kept_imports.write_owners(session, entry, entry.folder / trash.JOB)
    trash.with_state(entry, State.DELETED)


def _is_gone(session: SessionContext, entry: Entry) -> bool:
    """Return whether the deletion of a job cannot be undone any more: its record, or else its directory, is gone."""
    is_moved = not os.path.lexists(entry.job_directory)
    if not entry.trashed.recorded:
        return is_moved
    _require_database(session)
    recorded = session.queries.recorded_outcomes(entry.project, entry.trashed.number)
    return is_moved if recorded is None else all(one.job.uuid != entry.trashed.uuid for one in recorded)


def _require_database(session: SessionContext) -> None:
    if not session.dispatcher.plan.get(hookspecs.restore_job.__name__):
        raise BadInputError(
            "The job was recorded in a database, and no plugin that can delete and restore jobs is used."
        )


def finish_restoration(session: SessionContext, entry: Entry) -> tuple[str, ...]:
    """Move the files of a job back, record it again, and remove its entry; return what is lost, one line each.

    Raises:
        BadInputError: A place or the number of the job is taken. The job is in the trash again.
        OSError: A file cannot be moved.
        StoreError: The database cannot be used. Recovery continues the restoration.
    """
    if entry.trashed.recorded:
        _require_database(session)
    try:
        trash.move_back(entry)
        lost = tuple(
            f"job {entry.trashed.number}: {home} was missing in the trash, and is lost"
            for home, _ in entry.moves()
            if not os.path.lexists(home)
        )
        problems = (*lost, *_record_again(session, entry))
    except BadInputError:
        trash.move_out(entry)
        trash.with_state(entry, State.DELETED)
        raise
    kept_imports.write_owners(session, entry, entry.job_directory)
    trash.remove(entry)
    return problems


def _record_again(session: SessionContext, entry: Entry) -> tuple[str, ...]:
    """Record a job as it was, or, in another database, what its outcome files contain; return what is lost."""
    saved = trash.read_record(entry)
    if saved is None:
        return ()
    trashed, project = entry.trashed, entry.project
    job = Job(
        uuid=trashed.uuid,
        number=trashed.number,
        task=trashed.task,
        title=trashed.title,
        project=project,
        directory=entry.job_directory,
    )
    done = session.dispatcher.call(hookspecs.restore_job, session.queries.journal, job=job, saved=saved).value
    if done:
        return ()
    lost = f"job {trashed.number}: this is not the database from which it was deleted; its note and its tags are lost"
    if not session.queries.has_database():
        return (lost,)
    found = replay(session, project, trashed.number)
    return (lost, *found.problems, *found.unreadable)
