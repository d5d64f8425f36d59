"""Jobs before they end: the row, the number, the owner, the status."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow
from django.db.models import F, Q
from django.utils import timezone

from ccp4hooks import BadInputError, Job, JobStatus, Project, StoreError
from ccp4hooks_database.connection import file_lock
from ccp4hooks_database.models import JobOwner
from ccp4hooks_database.repository import columns
from ccp4hooks_database.repository.jobs import find_job
from ccp4hooks_database.repository.numbers import number_for, numbered
from ccp4hooks_database.repository.read import project_value
from ccp4hooks_database.sql.bulk_insert import insert, upsert
from ccp4hooks_database.sql.prepared import Prepared, slot

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.store import JobRequest

TITLE_LIMIT = 255
TASK_LIMIT = 100
PROJECT_LIMIT = 100
NUMBER_LIMIT = 50


class Locked(NamedTuple):
    """A project whose row this transaction has locked.

    Attributes:
        pk: Key of the row.
        uuid: Identity.
        name: Name.
        directory: Where it lies.
        last_job_number: The counter, as it stands now.
    """

    pk: int
    uuid: UUID
    name: str
    directory: str
    last_job_number: int


def open_job(request: JobRequest) -> Job:
    """Give a job its number, and record it as PENDING, with the calling process as its owner if the request says so.

    Must be called in a transaction. The lock on the project's row is taken by its first statement, a write, so that
    two jobs never see the same counter.

    Raises:
        BadInputError: The project's name and directory belong to different projects, a name is too long, or the number
            asked for is taken.
        StoreError: The parent of a sub-job is not recorded.
    """
    _check_length("name of the task", request.task, TASK_LIMIT)
    row = _locked_project(request)
    project = project_value(row)
    number = number_for(request, row, project)
    _check_length("job number", number, NUMBER_LIMIT)
    job_pk = _pending_row(request, row.pk, number)
    if request.owned:
        own(job_pk, started_at=request.started_at)
    if request.parent is None and int(number) > row.last_job_number:
        ProjectRow.objects.filter(pk=row.pk).update(last_job_number=int(number))
    return Job(
        uuid=request.uuid,
        number=number,
        task=request.task,
        title=_title(request),
        project=project,
        directory=project.job_directory(number),
        parent_uuid=request.parent.uuid if request.parent else None,
        opened_by="database",
    )


def _title(request: JobRequest) -> str:
    """Return a job's title as the table holds it."""
    return columns.printable(request.title or request.task, TITLE_LIMIT)


def _check_length(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise BadInputError(
            f"The {what} has {len(text)} characters, the database holds {limit}: {text[:60]}... Shorten it."
        )


TOUCH = Prepared(
    lambda: ProjectRow.objects.filter(_at()), lambda: {"last_access": slot("now", ProjectRow, "last_access")}
)
COUNT = Prepared(
    lambda: ProjectRow.objects.filter(_at()),
    lambda: {"last_access": slot("now", ProjectRow, "last_access"), "last_job_number": F("last_job_number") + 1},
)
PROJECT = Prepared(lambda: ProjectRow.objects.filter(_at()).values_list(*Locked._fields))


def _at() -> Q:
    """Return the condition that a project has the name and one of the spellings of the directory that are given."""
    spellings = [slot(name, ProjectRow, "directory") for name in ("directory", "resolved")]
    return Q(name=slot("name", ProjectRow, "name"), directory__in=spellings)


def _locked_project(request: JobRequest) -> Locked:
    """Return the project's row, locked, made if it is not there; where a number is to be given it is counted up."""
    project = request.project
    counts = request.parent is None and request.number is None
    at = {
        "name": project.name,
        "directory": str(project.directory),
        "resolved": str(project.directory.resolve()),
    }
    if (COUNT if counts else TOUCH).update(now=timezone.now(), **at):
        return Locked(*PROJECT.first(**at))
    _refuse_half_known(project)
    _check_length("name of the project", project.name, PROJECT_LIMIT)
    row = ProjectRow(
        uuid=project.uuid, name=project.name, directory=str(project.directory), last_job_number=int(counts)
    )
    ProjectRow.objects.bulk_create([row])
    return Locked(*PROJECT.first(**at))


def _spellings(directory: Path) -> list[str]:
    return list({str(directory), str(directory.resolve())})


def _same(project: Project) -> Q:
    return Q(name=project.name, directory__in=_spellings(project.directory))


def _refuse_half_known(project: Project) -> None:
    either = Q(name=project.name) | Q(directory__in=_spellings(project.directory)) | Q(uuid=project.uuid)
    # One that another process made this moment is the same project: inserting it again clashes, and is tried again.
    half = ProjectRow.objects.filter(either).exclude(_same(project))
    known = half.values_list("name", "directory").first()
    if known is not None:
        raise BadInputError(
            f"The database knows the project {known[0]!r} in {known[1]}, not {project.name!r} in {project.directory}. "
            "Give the name and the directory of the same project, or another name and another directory."
        )


def _pending_row(request: JobRequest, project_pk: int, number: str) -> int:
    """Make the job's row, or take over that of an earlier run of the same parent, and return its key."""
    values = {
        "uuid": request.uuid,
        "parent_id": _parent_pk(request),
        "title": _title(request),
        "task_name": request.task,
        "status": int(JobStatus.PENDING),
        "creation_time": request.created_at or timezone.now(),
        "finish_time": None,
        "process_id": None,
    }
    earlier = numbered(project_pk, number) if request.parent else None
    # Neither update nor insert sends a signal; ccp4i2's handler of them prints.
    if earlier is not None:
        JobRow.objects.filter(pk=earlier.pk).update(**values)
        return earlier.pk
    insert(JobRow, {"project_id": project_pk, "number": number, **values})
    return int(KEY.first(uuid=request.uuid)[0])


def _parent_pk(request: JobRequest) -> int | None:
    if request.parent is None:
        return None
    found = KEY.first(uuid=request.parent.uuid)
    if found is None:
        raise StoreError(
            f"Job {request.parent.number} ({request.parent.uuid}), the parent of a sub-job {request.task}, "
            "is not in the database. Run it again from the start."
        )
    return int(found[0])


CLAIMED = Prepared(
    lambda: JobRow.objects.filter(pk=slot("pk", JobRow, "id"), status=slot("status", JobRow, "status")),
    lambda: {"status": int(JobStatus.RUNNING), "finish_time": None, "process_id": slot("pid", JobRow, "process_id")},
)


def is_recorded(uuid: UUID) -> bool:
    """Return whether a job is recorded."""
    return KEY.first(uuid=uuid) is not None


def claim_job(uuid: UUID, *, again: bool) -> Job | None:
    """Take over a job that has not begun, None if it is not recorded; of two that try at once, one succeeds.

    Args:
        uuid: The job.
        again: Whether one that has ended may run again.

    Raises:
        BadInputError: It is running, has ended, or its project's directory is gone.
    """
    found = find_job(uuid)
    if found is None:
        return None
    job, status = found.job, JobStatus(found.status)
    if not job.project.directory.is_dir():
        raise BadInputError(f"The directory {job.project.directory} of the project {job.project.name!r} is gone.")
    free = status.is_waiting or (again and status.is_over)
    if not free or not CLAIMED.update(pk=found.pk, status=int(status), pid=os.getpid()):
        raise BadInputError(_why_not(job, status))
    own(found.pk, started_at=None)
    return job


def _why_not(job: Job, status: JobStatus) -> str:
    which = f"Job {job.number} of the project {job.project.name!r}"
    if status.is_over:
        return f"{which} has already ended ({status.name}). Run it anew as another job, or say that it may run again."
    if status.is_waiting:
        return f"{which} has just been taken over by another process."
    return f"{which} is {status.name}: another process has it in hand. `ccp4hooks show` tells how it stands."


def own(job_pk: int, *, started_at: datetime | None) -> None:
    """Record the calling process as the owner of a job, and when that began to run."""
    me, now = file_lock.this_process(), timezone.now()
    owner = {
        "job_id": job_pk,
        "host": me.host,
        "boot_id": me.boot_id,
        "pid": me.pid,
        "pid_started_at": me.started_at,
        "heartbeat_at": now,
        "started_at": started_at,
    }
    upsert(JobOwner, ["job_id"], [owner])


KEY = Prepared(lambda: JobRow.objects.filter(uuid=slot("uuid", JobRow, "uuid")).values_list("pk"))
STATUS = Prepared(
    lambda: JobRow.objects.filter(uuid=slot("uuid", JobRow, "uuid")),
    lambda: {"status": slot("status", JobRow, "status")},
)
RUNNING = Prepared(
    lambda: JobRow.objects.filter(uuid=slot("uuid", JobRow, "uuid")),
    lambda: {"status": int(JobStatus.RUNNING), "process_id": slot("pid", JobRow, "process_id")},
)


def set_status(job: Job, new: JobStatus) -> None:
    """Record a job's status and its owner's sign of life; a job that begins to run belongs to the calling process.

    Raises:
        StoreError: The job is not recorded.
    """
    running = new is JobStatus.RUNNING
    change = (
        RUNNING.update(uuid=job.uuid, pid=os.getpid()) if running else STATUS.update(uuid=job.uuid, status=int(new))
    )
    if not change:
        raise StoreError(unknown_job(job))
    if running:
        own(KEY.first(uuid=job.uuid)[0], started_at=timezone.now())
    else:
        JobOwner.objects.filter(job__uuid=job.uuid).update(heartbeat_at=timezone.now())


def unknown_job(job: Job) -> str:
    """Return what to tell people about a job that this database does not know."""
    return (
        f"Job {job.number} ({job.task}, {job.uuid}) of the project {job.project.name} is not in this database. "
        "Record it in the database it was opened in."
    )


def withdraw(job: Job, *, new_project: bool) -> None:
    """Delete a job that has not begun to run, and give its number back if it is the last.

    Args:
        job: The job.
        new_project: Whether to delete the project, too, if it has no other job.
    """
    rows = JobRow.objects.filter(uuid=job.uuid, status=JobRow.Status.PENDING)
    project_pk = rows.values_list("project_id", flat=True).first()
    if project_pk is None:
        return
    rows.delete()
    own = ProjectRow.objects.filter(pk=project_pk)
    own.filter(last_job_number=int(job.number)).update(last_job_number=int(job.number) - 1)
    if new_project and not JobRow.objects.filter(project_id=project_pk).exists():
        own.delete()
