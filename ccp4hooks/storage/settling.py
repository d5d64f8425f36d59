"""Complete or undo the deletions and restorations of processes that have died."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.maintenance.recording import unless_unavailable
from ccp4hooks.maintenance.replay import replay
from ccp4hooks.model import Job, MaintenanceResult, Problem, Severity
from ccp4hooks.model.numbers import TRASH_FOLDER
from ccp4hooks.outcomes import trash
from ccp4hooks.outcomes.trash import State
from ccp4hooks.runtime.directory_locks import locked
from ccp4hooks.storage import kept_imports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Project
    from ccp4hooks.outcomes.trash import Entry


def settle(session: SessionContext, project: Project) -> MaintenanceResult:
    """Complete or undo what processes have begun that have died. What a living process does is left to it.

    `unreadable` of the result says what is wrong with damaged entries of the trash.

    Raises:
        StoreUnavailableError: The database is unavailable.
    """
    folders = (project.jobs_directory, project.imports_directory)
    if not any((folder / TRASH_FOLDER).is_dir() for folder in folders):
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
    faults = attempt(trash.entries, project)
    unreadable = () if isinstance(faults, Failure) else tuple(faults[1].values())
    return MaintenanceResult(settled=tuple(settled), problems=tuple(problems), unreadable=unreadable)


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
        for problem in finish_restoration(session, entry):
            session.queries.journal.add(Problem(severity=Severity.WARNING, message=problem))
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
        problems = (*_lost(entry), *_record_again(session, entry))
    except BadInputError:
        trash.move_out(entry)
        trash.with_state(entry, State.DELETED)
        raise
    kept_imports.write_owners(session, entry, entry.job_directory)
    missing = tuple(_missing(session, entry))
    trash.remove(entry)
    return (*problems, *missing)


def _lost(entry: Entry) -> list[str]:
    """Return what somebody has removed from an entry, one line each."""
    moves = entry.moves() if entry.trashed.had_directory else entry.moves()[1:]
    return [
        f"job {entry.trashed.number}: {home} was missing in the trash, and is lost"
        for home, _ in moves
        if not os.path.lexists(home)
    ]


def _missing(session: SessionContext, entry: Entry) -> Iterator[str]:
    """Yield which imports of a restored job do not exist that another job had kept, or has imported, one line each."""
    project = entry.project
    folder = project.imports_directory
    read, _ = session.queries.read_on_disk(project, entry.trashed.number)
    used = {file.path for one in read for file in one.imported} | {use.path for one in read for use in one.uses}
    used = {path for path in used if path.is_relative_to(folder)} | {folder / name for name in entry.trashed.shared}
    for path in sorted(used - {home for home, _ in entry.moves()}):
        if not os.path.lexists(path):
            found = sorted((folder / TRASH_FOLDER).glob(f"*/{glob.escape(str(path.relative_to(folder)))}"))
            where = f"It is now {found[0]}: move it back." if found else "It is lost: restore it from a backup."
            yield f"job {entry.trashed.number}: {path}, which it reads, does not exist. {where}"


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
