"""The owners of jobs: which jobs have one, and whether its process is alive."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ccp4i2.db.models import Job as JobModel
from django.db.models import Q
from django.utils import timezone

from ccp4hooks import JobStatus, Project
from ccp4hooks.store import OwnedJob
from ccp4hooks_database import versions
from ccp4hooks_database.connection import processes
from ccp4hooks_database.models import JobOwner
from ccp4hooks_database.repository import jobs
from ccp4hooks_database.repository.rows import JobRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

SILENCE = timedelta(minutes=10)
"""Time without a heartbeat after which a process on another machine counts as dead."""


class OwnerRow(Protocol):
    """A row of `JobOwner`."""

    host: str
    boot_id: str
    pid: int
    pid_started_at: datetime
    heartbeat_at: datetime


class OwnedRow(JobRow, Protocol):
    """A row of ``Job`` with its owner."""

    ccp4hooks_owner: OwnerRow


def find_owned(project: Project | None) -> list[OwnedJob]:
    """Return the jobs that have an owner and have not ended, in the order in which they were opened.

    A job whose window is open in CCP4i2's app, and for which no process waits, has no process. The owner of an earlier
    run does not count.
    """
    # CCP4i2 marks a killed job without a finish time: its server as INTERRUPTED, its script for runs as FAILED.
    killed = Q(status__in=[int(JobStatus.FAILED), int(JobStatus.INTERRUPTED)], finish_time__isnull=True)
    unfinished = Q(status__in=[int(JobStatus.PENDING), int(JobStatus.RUNNING)]) | killed
    rows = JobModel.objects.filter(unfinished, ccp4hooks_owner__isnull=False)
    if versions.has_interactive_sessions():
        rows = rows.exclude(interactive_session__finished=False, interactive_session__dispatched=False)
    if project is not None:
        rows = rows.filter(project__uuid=project.uuid)
    found = rows.select_related("project", "parent", "ccp4hooks_owner").order_by("pk")
    return [_owned(row) for row in found]


def _owned(row: OwnedRow) -> OwnedJob:
    owner = row.ccp4hooks_owner
    return OwnedJob(
        job=jobs.job_of(row),
        status=JobStatus(row.status),
        alive=_is_alive(owner),
        host=owner.host,
        pid=owner.pid,
    )


def has_living_owner(job_pk: int) -> bool:
    """Return whether a living process owns a job."""
    owner = JobOwner.objects.filter(job_id=job_pk).first()
    return owner is not None and _is_alive(owner)


def _is_alive(owner: OwnerRow) -> bool:
    process = processes.ProcessIdentity(
        host=owner.host, boot_id=owner.boot_id, pid=owner.pid, started_at=owner.pid_started_at
    )
    alive = processes.is_alive(process)
    return timezone.now() - owner.heartbeat_at < SILENCE if alive is None else alive


def record_heartbeat(uuids: Iterable[UUID]) -> None:
    """Record a heartbeat for jobs of the calling process."""
    JobOwner.objects.filter(job__uuid__in=list(uuids)).update(heartbeat_at=timezone.now())
