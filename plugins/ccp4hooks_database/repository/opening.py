"""Jobs until they end: open, claim, change the status, withdraw."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow
from django.db.models import F, Q
from django.utils import timezone

from ccp4hooks import BadInputError, Job, JobStatus, Project, StoreError
from ccp4hooks_database.connection import processes
from ccp4hooks_database.models import JobOwner
from ccp4hooks_database.repository import columns
from ccp4hooks_database.repository.jobs import find_job
from ccp4hooks_database.repository.numbers import LockedProject, number_for, numbered
from ccp4hooks_database.repository.read import project_value
from ccp4hooks_database.sql.bulk_insert import insert, upsert
from ccp4hooks_database.sql.prepared import Prepared, slot

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.store import JobRequest

TITLE_LIMIT = 255
TASK_LIMIT = 100
PROJECT_LIMIT = 100
NUMBER_LIMIT = 50


def open_job(request: JobRequest) -> Job:
    """Give a job its number and record it as PENDING; if the request is owned, the calling process becomes its owner.

    Must be called in a transaction. The first statement is a write that locks the project's row, so that two jobs never
    read the same counter.

    Raises:
        BadInputError: The project's name and directory belong to different projects, a name is too long, or the
            requested number is taken.
        StoreError: The parent of a sub-job is not recorded.
    """
    _check_length("task name", request.task, TASK_LIMIT)
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
    """Return a job's title as it is recorded."""
    return columns.printable(request.title or request.task, TITLE_LIMIT)


def _check_length(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise BadInputError(
            f"The {what} has {len(text)} characters, but the database stores at most {limit}. "
            f"Use a shorter {what}: {text[:60]}..."
        )


TOUCH = Prepared(
    lambda: ProjectRow.objects.filter(_at()), lambda: {"last_access": slot("now", ProjectRow, "last_access")}
)
COUNT = Prepared(
    lambda: ProjectRow.objects.filter(_at()),
    lambda: {"last_access": slot("now", ProjectRow, "last_access"), "last_job_number": F("last_job_number") + 1},
)
PROJECT = Prepared(lambda: ProjectRow.objects.filter(_at()).values_list(*LockedProject._fields))


def _at() -> Q:
    """Return the condition that a project has the given name and one of the two given paths of its directory."""
    paths = [slot(name, ProjectRow, "directory") for name in ("directory", "resolved")]
    return Q(name=slot("name", ProjectRow, "name"), directory__in=paths)


def _locked_project(request: JobRequest) -> LockedProject:
    """Lock the project's row, created if missing, and return it; increment its counter if the job needs a number."""
    project = request.project
    counts = request.parent is None and request.number is None
    at = {
        "name": project.name,
        "directory": str(project.directory),
        "resolved": str(project.directory.resolve()),
    }
    if (COUNT if counts else TOUCH).update(now=timezone.now(), **at):
        return LockedProject(*PROJECT.first(**at))
    _refuse_mismatch(project)
    _check_length("project name", project.name, PROJECT_LIMIT)
    row = ProjectRow(
        uuid=project.uuid,
        name=project.name,
        directory=str(project.directory),
        last_job_number=int(counts),
        creation_user=processes.user_name(),
    )
    ProjectRow.objects.bulk_create([row])
    return LockedProject(*PROJECT.first(**at))


def lock_project_of(uuid: UUID) -> None:
    """Lock the row of a job's project until the end of the transaction; without such a job, do nothing."""
    project = JobRow.objects.filter(uuid=uuid).values("project_id")[:1]
    ProjectRow.objects.filter(pk=project).update(last_access=timezone.now())


def _paths(directory: Path) -> list[str]:
    return list({str(directory), str(directory.resolve())})


def _same(project: Project) -> Q:
    return Q(name=project.name, directory__in=_paths(project.directory))


def _refuse_mismatch(project: Project) -> None:
    either = Q(name=project.name) | Q(directory__in=_paths(project.directory)) | Q(uuid=project.uuid)
    # If another process has just created the same project, the insertion fails and the transaction is tried again.
    mismatch = ProjectRow.objects.filter(either).exclude(_same(project))
    known = mismatch.values_list("name", "directory").first()
    if known is not None:
        raise BadInputError(
            f"The database has the project {known[0]!r} in {known[1]}, not {project.name!r} in {project.directory}. "
            "Give the name and the directory of the same project, or another name and another directory."
        )


def _pending_row(request: JobRequest, project_pk: int, number: str) -> int:
    """Insert the job's row, or reuse the row of an earlier run of the same parent, and return its key."""
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
    # Neither statement sends a Django signal; ccp4i2's signal handler prints.
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
            "is not in the database. Run the parent again."
        )
    return int(found[0])


CLAIMED = Prepared(
    lambda: JobRow.objects.filter(pk=slot("pk", JobRow, "id"), status=slot("status", JobRow, "status")),
    lambda: {"status": int(JobStatus.RUNNING), "finish_time": None, "process_id": slot("pid", JobRow, "process_id")},
)


def is_recorded(uuid: UUID) -> bool:
    """Return whether a job is recorded."""
    return KEY.first(uuid=uuid) is not None


def claim_job(uuid: UUID, *, again: bool, begins: Callable[[int], bool] | None = None) -> Job | None:
    """Claim a waiting job, None if it is not recorded; of two processes that claim it at the same time, one succeeds.

    Args:
        uuid: The job.
        again: Whether a job that has ended may run again.
        begins: Records that the attempt of an engine begins, and returns whether it may; None if no engine runs the
            job.

    Raises:
        BadInputError: The job is running or has ended, its project's directory does not exist, or the attempt may not
            begin.
    """
    found = find_job(uuid)
    if found is None:
        return None
    job, status = found.job, JobStatus(found.status)
    if not job.project.directory.is_dir():
        raise BadInputError(
            f"The directory {job.project.directory} of the project {job.project.name!r} does not exist. Restore it, "
            f"or, if it was moved, run `ccp4hooks projects move {job.project.name} DIR`."
        )
    if status.is_over:
        refuse_running_below(job)
    free = status.is_waiting or (again and status.is_over)
    # An engine may begin a job so early that the side which submits it makes it QUEUED at this moment.
    expected = [status, JobStatus.QUEUED] if begins is not None else [status]
    if not free or not any(CLAIMED.update(pk=found.pk, status=int(one), pid=os.getpid()) for one in expected):
        raise BadInputError(_refusal(job, status))
    if begins is not None and not begins(found.pk):
        raise BadInputError(
            f"Job {job.number} of the project {job.project.name!r} waits for another attempt to run it."
        )
    JobOwner.objects.filter(job_id=found.pk).update(attempt=F("attempt") + 1)
    own(found.pk, started_at=None)
    return job


def refuse_running_below(job: Job) -> None:
    """Refuse to run a job again whose sub-jobs an engine still runs: they would share the directories of new ones.

    Raises:
        BadInputError: An engine has a sub-job that has not ended.
    """
    unfinished = (JobStatus.PENDING, JobStatus.QUEUED, JobStatus.RUNNING)
    below = JobRow.objects.filter(
        project__uuid=job.project.uuid,
        number__startswith=f"{job.number}.",
        status__in=[int(one) for one in unfinished],
        ccp4hooks_attempts__isnull=False,
    )
    number = below.values_list("number", flat=True).first()
    if number is not None:
        raise BadInputError(
            f"Sub-job {number} of an earlier run of job {job.number} has not ended on its engine. Wait for it, or run "
            "`ccp4hooks recover`."
        )


def cancel_job(uuid: UUID) -> Job | None:
    """Mark a job that waits, or that runs remotely, as INTERRUPTED. Must be called in a transaction.

    The job of a process that is preparing its run is PENDING, too, but has an owner. A job that is QUEUED to run again
    loses the owner of its earlier run.

    Returns:
        None if the job is in another state, or not recorded.
    """
    found = find_job(uuid)
    if found is None:
        return None
    waiting = Q(status__in=[int(JobStatus.UNKNOWN), int(JobStatus.QUEUED), int(JobStatus.RUNNING_REMOTELY)])
    waiting |= Q(status=int(JobStatus.PENDING), ccp4hooks_owner__isnull=True)
    now = timezone.now()
    if not JobRow.objects.filter(waiting, pk=found.pk).update(status=int(JobStatus.INTERRUPTED), finish_time=now):
        return None
    JobOwner.objects.filter(job_id=found.pk).delete()
    return found.job


def was_cancelled(uuid: UUID, since: datetime) -> bool:
    """Return whether a job was cancelled at or after a time, and before a process ran it."""
    cancelled = JobRow.objects.filter(uuid=uuid, status=int(JobStatus.INTERRUPTED), finish_time__gte=since)
    return bool(cancelled.filter(ccp4hooks_owner__isnull=True).exists())


def _refusal(job: Job, status: JobStatus) -> str:
    which = f"Job {job.number} of the project {job.project.name!r}"
    project = shlex.quote(job.project.name)
    if status.is_over:
        return f"{which} has already ended ({status.name}). Run it again explicitly, or run a new job."
    if status.is_waiting:
        return f"{which} has just been claimed by another process."
    if status is JobStatus.RUNNING_REMOTELY:
        harvest = f"python -m django reconcile_dispatch --job {job.uuid}"
        cancel = f"ccp4hooks cancel {job.number.top} --project {project}"
        return (
            f"{which} is RUNNING_REMOTELY: its program runs on another machine. When the program has ended, "
            f"`{harvest}` of CCP4i2 3.1 continues the job. "
            f"To end the job, run `{cancel}`; it does not stop the program."
        )
    show = f"ccp4hooks show {job.number.top} --project {project}"
    return f"{which} is {status.name} in another process. Run `{show}` for its progress."


def own(job_pk: int, *, started_at: datetime | None) -> None:
    """Record the calling process as the owner of a job, and when the job started."""
    upsert(JobOwner, ["job_id"], [{"job_id": job_pk, "started_at": started_at, **owner_values(recovers=False)}])


def owner_values(*, recovers: bool) -> dict[str, Any]:
    """Return the values by which an owner's row denotes the calling process, which is alive now.

    Args:
        recovers: Whether the process only recovers the job.
    """
    me = processes.this_process()
    return {
        "host": me.host,
        "boot_id": me.boot_id,
        "pid": me.pid,
        "pid_started_at": me.started_at,
        "pid_started_ticks": me.started_ticks,
        "pid_namespace": me.pid_namespace,
        "process": me.token,
        "recovers": recovers,
        **heartbeat_values(),
    }


def heartbeat_values() -> dict[str, Any]:
    """Return the values of an owner's row that are its last sign of life."""
    return {"heartbeat_at": timezone.now(), "heartbeat_uptime_s": processes.uptime_s()}


KEY = Prepared(lambda: JobRow.objects.filter(uuid=slot("uuid", JobRow, "uuid")).values_list("pk"))
STATUS = Prepared(
    lambda: JobRow.objects.filter(uuid=slot("uuid", JobRow, "uuid")),
    lambda: {"status": slot("status", JobRow, "status")},
)
RUNNING = Prepared(
    lambda: JobRow.objects.filter(uuid=slot("uuid", JobRow, "uuid")),
    lambda: {"status": int(JobStatus.RUNNING), "process_id": slot("pid", JobRow, "process_id")},
)


def set_status(job: Job, new: JobStatus) -> int:
    """Record a job's status and its owner's heartbeat, and return the key of the job's row.

    The calling process becomes the owner of a job that starts. A job that runs remotely has no owner.

    Raises:
        StoreError: The job is not recorded.
    """
    running = new is JobStatus.RUNNING
    change = (
        RUNNING.update(uuid=job.uuid, pid=os.getpid()) if running else STATUS.update(uuid=job.uuid, status=int(new))
    )
    if not change:
        raise StoreError(unknown_job(job))
    job_pk = int(KEY.first(uuid=job.uuid)[0])
    if running:
        own(job_pk, started_at=timezone.now())
    elif new is JobStatus.RUNNING_REMOTELY:
        JobRow.objects.filter(pk=job_pk).update(process_id=None)
        JobOwner.objects.filter(job_id=job_pk).delete()
    else:
        JobOwner.objects.filter(job_id=job_pk).update(**heartbeat_values())
    return job_pk


def key_of(job: Job) -> int:
    """Return the key of a job's row.

    Raises:
        StoreError: The job is not recorded.
    """
    found = KEY.first(uuid=job.uuid)
    if found is None:
        raise StoreError(unknown_job(job))
    return int(found[0])


def unknown_job(job: Job) -> str:
    """Return the error message for a job that is not in this database."""
    return (
        f"Job {job.number} ({job.task}, {job.uuid}) of the project {job.project.name} is not in this database. "
        "Record it in the database in which it was opened."
    )


def withdraw(job: Job, *, new_project: bool) -> None:
    """Delete a job that has not started, and release its number if it is the last one.

    Args:
        job: The job.
        new_project: Whether to delete the project too if it has no other job.
    """
    # A recovery that took the process that withdraws the job for dead may have ended the job.
    unstarted = Q(status=JobRow.Status.PENDING) | Q(ccp4hooks_owner__recovers=True)
    rows = JobRow.objects.filter(unstarted, uuid=job.uuid)
    project_pk = rows.values_list("project_id", flat=True).first()
    if project_pk is None:
        return
    rows.delete()
    project = ProjectRow.objects.filter(pk=project_pk)
    project.filter(last_job_number=int(job.number)).update(last_job_number=int(job.number) - 1)
    if new_project and not JobRow.objects.filter(project_id=project_pk).exists():
        project.delete()
