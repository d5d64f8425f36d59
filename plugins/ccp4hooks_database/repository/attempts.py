"""Attempts to run jobs on engines: record them, read them, and open a job again for a further one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from ccp4i2.db.models import Job as JobRow
from django.db.models import F, Max, OuterRef, Q, Subquery
from django.utils import timezone

from ccp4hooks import Attempt, BadInputError, Job, JobStatus, Project
from ccp4hooks_database.connection import processes
from ccp4hooks_database.models import JobAttempt, JobOwner
from ccp4hooks_database.repository import opening, server_jobs
from ccp4hooks_database.repository.jobs import find_job, job_of
from ccp4hooks_database.repository.rows import JobRow as JobColumns
from ccp4hooks_database.sql.bulk_insert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from ccp4hooks.store import JobRequest

BATCH = 500
"""Number of jobs in one query; SQLite limits the number of values."""

AGAIN = (JobStatus.FAILED, JobStatus.INTERRUPTED)
"""The statuses of a job that can be submitted again."""

UNSTARTED = (JobStatus.UNKNOWN, JobStatus.PENDING)
"""The statuses of a job that CCP4i2 or `open_job` has opened for a process that will run it later."""

OVER = [int(status) for status in JobStatus if status.is_over]


class _EndedJob(JobColumns, Protocol):
    """The columns of a job that are read with its attempt."""

    finish_time: datetime | None


class _Row(Protocol):
    """A row of `JobAttempt` with its job."""

    job: _EndedJob
    number: int
    engine: str
    key: str
    retries: int
    fingerprint: str
    host: str
    submitted_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    end: int | None


def open_job(request: JobRequest) -> Job:
    """Open a job that an engine is to run, and record its first attempt; see `opening.open_job`."""
    job = opening.open_job(request)
    JobAttempt.objects.create(
        job_id=JobRow.objects.values_list("pk", flat=True).get(uuid=job.uuid),
        number=1,
        engine=request.engine,
        retries=request.retries,
        fingerprint=request.fingerprint,
        submitted_at=timezone.now(),
    )
    return job


def save(attempt: Attempt) -> bool:
    """Record an attempt, or what of it may change until it begins, and return whether the job is recorded.

    With its key, a job that waits becomes QUEUED, and the calling process is not its owner any more. An attempt that
    has ended without a key is deleted.
    """
    found = find_job(attempt.job.uuid)
    if found is None:
        return False
    known = JobAttempt.objects.filter(job_id=found.pk, number=attempt.number)
    if attempt.ended_at is not None and not attempt.key:
        known.filter(began_at__isnull=True).delete()
        return True
    columns = {
        "key": attempt.key,
        "retries": attempt.retries,
        "fingerprint": attempt.fingerprint,
        "submitted_at": attempt.submitted_at,
    }
    if not known.update(**columns):
        JobAttempt.objects.create(job_id=found.pk, number=attempt.number, engine=attempt.engine, **columns)
    if attempt.key:
        set_queued(found.pk)
        server_jobs.note_submission(found.pk, attempt, known.values_list("host", flat=True).first() or "")
    return True


def set_queued(job_pk: int) -> None:
    """Make a job that is PENDING and that the calling process owns QUEUED, without an owner."""
    me = processes.this_process().token
    mine = JobRow.objects.filter(pk=job_pk, status=int(JobStatus.PENDING), ccp4hooks_owner__process=me)
    if mine.update(status=int(JobStatus.QUEUED)):
        JobOwner.objects.filter(job_id=job_pk, process=me).delete()


def begin(job_pk: int, number: int) -> bool:
    """Record that an attempt begins on this machine; return False if it is not the latest one, or has begun.

    Must be called in a transaction that has locked the row of the job.
    """
    latest = JobAttempt.objects.filter(job_id=job_pk).aggregate(latest=Max("number"))["latest"]
    waiting = JobAttempt.objects.filter(job_id=job_pk, number=number, began_at__isnull=True)
    host = processes.this_process().host
    begins = latest == number and bool(waiting.update(began_at=timezone.now(), host=host))
    if begins:
        server_jobs.note_machine(job_pk, host)
    return begins


def note_running(attempt: Attempt, pid: int, silent_s: float) -> bool:
    """Record that a machine without the database runs an attempt; return False if the job is not recorded."""
    found = find_job(attempt.job.uuid)
    if found is None or attempt.began_at is None:
        return False
    now = timezone.now()
    waits = JobRow.objects.filter(pk=found.pk, status__in=[int(JobStatus.QUEUED), int(JobStatus.PENDING)])
    runs = JobRow.objects.filter(pk=found.pk, status=int(JobStatus.RUNNING))
    is_new = JobAttempt.objects.filter(job_id=found.pk, number=attempt.number, began_at__isnull=True)
    if is_new.exists() and waits.update(status=int(JobStatus.RUNNING), finish_time=None, process_id=None):
        is_new.update(began_at=attempt.began_at, host=attempt.host)
        server_jobs.note_machine(found.pk, attempt.host)
    elif not runs.exists() or JobOwner.objects.filter(job_id=found.pk, recovers=True).exists():
        return True
    owner = {
        "host": attempt.host,
        "boot_id": "",
        "pid": pid,
        "pid_started_at": attempt.began_at,
        "pid_started_ticks": None,
        "pid_namespace": "",
        "process": None,
        "recovers": False,
        "started_at": attempt.began_at,
        "heartbeat_at": now - timedelta(seconds=silent_s),
        "heartbeat_uptime_s": None,
    }
    upsert(JobOwner, ["job_id"], [{"job_id": found.pk, **owner}])
    return True


def reopen(uuid: UUID) -> Job | None:
    """Make a job that has FAILED or was INTERRUPTED PENDING again, owned by the calling process.

    A job that was opened to run later, and that no process owns, is also taken. Must be called in a transaction.

    Returns:
        None if the job is not recorded.

    Raises:
        BadInputError: It has another status, a process owns it, it is a sub-job that has run, or an engine still
            runs one of its sub-jobs.
    """
    found = find_job(uuid)
    if found is None:
        return None
    job, status = found.job, JobStatus(found.status)
    if job.parent_uuid is not None and status not in UNSTARTED:
        raise BadInputError(f"Job {job.number} is a sub-job. Run job {job.number.top} again, which started it.")
    opening.refuse_running_below(job)
    row = JobRow.objects.filter(pk=found.pk, status=int(status))
    ended_at = row.values_list("finish_time", flat=True).first()
    changed = {"status": int(JobStatus.PENDING), "finish_time": None, "process_id": None}
    if status not in (*AGAIN, *UNSTARTED) or not row.update(**changed):
        raise BadInputError(
            f"Job {job.number} is {status.name}. Only a job that is FAILED or INTERRUPTED can be submitted again."
        )
    # The row of the job is locked now, so that of two processes the second one sees the owner.
    if status in UNSTARTED and JobOwner.objects.filter(job_id=found.pk).exists():
        raise BadInputError(f"Job {job.number} is PENDING: another process is about to run or to submit it.")
    last = JobAttempt.objects.filter(job_id=found.pk, ended_at__isnull=True)
    # CCP4i2 makes a job PENDING again whose program has ended on another machine.
    end = status if status in AGAIN else JobStatus.RUNNING_REMOTELY
    last.update(ended_at=ended_at or timezone.now(), end=int(end))
    JobOwner.objects.filter(job_id=found.pk).update(attempt=F("attempt") + 1)
    opening.own(found.pk, started_at=None)
    return job


def read(uuids: Sequence[UUID]) -> list[Attempt]:
    """Return all attempts of jobs, those of a job by their number."""
    if len(uuids) > BATCH and not JobAttempt.objects.exists():
        # One statement for thousands of jobs that no engine has run.
        return []
    batches = (uuids[start : start + BATCH] for start in range(0, len(uuids), BATCH))
    return [one for batch in batches for one in _attempts(Q(job__uuid__in=batch))]


def find(project: Project | None, fingerprint: str) -> list[Attempt]:
    """Return the latest attempts of jobs, the latest job first.

    Args:
        project: The project; None for all.
        fingerprint: Fingerprint of the jobs, ended or not; empty for all jobs that have not ended.
    """
    latest = JobAttempt.objects.filter(job_id=OuterRef("job_id")).order_by("-number").values("number")[:1]
    wanted = Q(number=Subquery(latest))
    wanted &= Q(fingerprint=fingerprint) if fingerprint else ~Q(job__status__in=OVER)
    if project is not None:
        wanted &= Q(job__project__uuid=project.uuid)
    return sorted(_attempts(wanted), key=lambda one: one.submitted_at, reverse=True)


def _attempts(wanted: Q) -> Iterable[Attempt]:
    rows = JobAttempt.objects.filter(wanted).select_related("job__project", "job__parent").order_by("job_id", "number")
    return [_attempt(row) for row in rows]


def _attempt(row: _Row) -> Attempt:
    """Return the attempt of a row. The end of the latest attempt is that of its job."""
    status = JobStatus(row.job.status)
    end, ended_at = row.end, row.ended_at
    if ended_at is None and status.is_over:
        end, ended_at = int(status), row.job.finish_time
    return Attempt(
        job=job_of(row.job),
        number=row.number,
        engine=row.engine,
        key=row.key,
        retries=row.retries,
        fingerprint=row.fingerprint,
        host=row.host,
        submitted_at=row.submitted_at,
        began_at=row.began_at,
        ended_at=ended_at,
        end=None if end is None else JobStatus(end),
    )
