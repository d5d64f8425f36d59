"""Delete jobs: move them into the trash of their project.

The steps of each job: describe the deletion in the trash, with what the database has recorded; delete the record in one
transaction; move the directory and the imports. The transaction decides: if the process dies before it, `settle` undoes
the deletion, and otherwise completes it. Without a record, moving the job directory decides.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import attempt
from ccp4hooks.jobs.provenance import user_name
from ccp4hooks.model import TrashedJob
from ccp4hooks.outcomes import trash
from ccp4hooks.outcomes.trash import Entry, State
from ccp4hooks.runtime import signals
from ccp4hooks.runtime.directory_locks import locked
from ccp4hooks.storage import deletion_plan, settling
from ccp4hooks.storage.deletion_plan import OtherJobs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Deletion, JobNumber, Project

ATTEMPTS = 5
"""How often a deletion is tried if the record of the job changes at the same moment, for instance its note."""


def delete(
    session: SessionContext, project: Project, numbers: Iterable[str], *, dependants: bool
) -> tuple[Deletion, ...]:
    """Move jobs into the trash; see `Session.delete`."""
    settling.settle(session, project)
    others = OtherJobs(session, project)
    plan = deletion_plan.planned_among(others, numbers, dependants=dependants)
    deletion_plan.require_unneeded(plan)
    every = {one.job.number for one in plan}
    done = []
    for one in plan:
        with signals.deferred():
            deleted = _delete_one(others, one.job.number, every)
        # The jobs that read its files are deleted already.
        done.append(replace(deleted, read_by=one.read_by))
    return tuple(done)


def _delete_one(others: OtherJobs, number: JobNumber, every: Collection[JobNumber]) -> Deletion:
    """Move one job into the trash, and return what was deleted.

    Raises:
        BadInputError: The job must not be deleted, or another process deletes it. Nothing was deleted.
    """
    session, project = others.session, others.project
    job = session.queries.summaries(project, number)[0].job
    try:
        folder = trash.begin(job)
    except OSError as error:
        raise trash.describe_error(error, f"Job {number} cannot be moved into the trash") from error
    with locked(folder) as is_mine:
        known = attempt(trash.read, project, folder) if is_mine else None
        if not is_mine or isinstance(known, Entry):
            raise BadInputError(
                f"Job {number} is being deleted by another process, or is in the trash already: see {folder}."
            )
        try:
            deletion, entry = _recorded_in_trash(others, number, every)
        except BaseException as error:
            # A database that has become unavailable may have deleted the record.
            attempt(settling.settle_one, session, project, folder, undo=isinstance(error, BadInputError))
            raise
        try:
            settling.finish_deletion(session, entry)
        except OSError as error:
            raise trash.describe_error(
                error,
                f"Job {number} is deleted, but its files cannot be moved into the trash; `ccp4hooks recover "
                f"{project.name}` does so later",
            ) from error
    return deletion


def _recorded_in_trash(others: OtherJobs, number: JobNumber, every: Collection[JobNumber]) -> tuple[Deletion, Entry]:
    """Describe a job in the trash, and delete its record.

    Raises:
        BadInputError: The job must not be deleted, or its record changes all the time.
        UnknownNameError: The job does not exist any more.
    """
    session = others.session
    journal = session.queries.journal
    for _ in range(ATTEMPTS):
        found = deletion_plan.look_at(others, number)
        deletion = deletion_plan.deletion_of(found, every)
        deletion_plan.require_unneeded([deletion])
        job = deletion.job
        saved = session.dispatcher.call(hookspecs.save_job, journal, job=job).value
        entry = _entry(deletion, found, recorded=saved is not None)
        try:
            trash.write(entry, saved)
        except OSError as error:
            raise trash.describe_error(error, f"Job {number} cannot be moved into the trash") from error
        if saved is None:
            _require_directory(deletion)
            return deletion, entry
        done = session.dispatcher.call(hookspecs.delete_job, journal, job=job, saved=saved).value
        if done is None:
            raise trash.unknown_job(others.project, number)
        if done:
            return deletion, entry
    raise BadInputError(f"The record of job {number} changes all the time. Try again when nobody works with the job.")


def _require_directory(deletion: Deletion) -> None:
    """Refuse a job without a record and without a directory.

    Raises:
        BadInputError: There is nothing to delete.
    """
    if not os.path.lexists(deletion.job.directory):
        raise BadInputError(f"Job {deletion.job.number} is not recorded and has no directory: nothing is left of it.")


def _entry(deletion: Deletion, found: deletion_plan.Found, *, recorded: bool) -> Entry:
    job = deletion.job
    folder = job.project.imports_directory
    own = [file.path for file in found.own_imports() if file.path.is_relative_to(folder)]
    names = {path.relative_to(folder).as_posix() for path in own}
    imports = tuple(path.relative_to(folder).as_posix() for path in deletion.imports)
    given_away = {one.path for one in deletion.shared}
    kept = {file.uuid for file in found.own_imports() if file.path in given_away}
    owns = found.own_files() - kept
    needs: set[UUID] = {use.file_uuid for one in found.outcomes for use in one.uses} | kept
    needs |= {file.uuid for one in found.outcomes for file in one.imported if file.reused}
    trashed = TrashedJob(
        uuid=job.uuid,
        number=job.number,
        task=job.task,
        title=job.title,
        status=deletion.status,
        deleted_at=datetime.now(timezone.utc),
        deleted_by=user_name(),
        sub_jobs=tuple(one.number for one in deletion.sub_jobs),
        files=deletion.files,
        size_bytes=deletion.size_bytes,
        imports=imports,
        shared=tuple(sorted(names - {*imports})),
        owns=tuple(sorted(owns)),
        needs=tuple(sorted(needs - owns)),
        recorded=recorded,
        had_directory=deletion.directory_exists,
    )
    return Entry(project=job.project, state=State.DELETING, trashed=trashed)
