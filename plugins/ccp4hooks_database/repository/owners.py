"""Jobs that some process has in hand, and whether it is still there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import Job as JobRow
from django.db.models import Q
from django.utils import timezone

from ccp4hooks import JobStatus, Project
from ccp4hooks.store import OwnedJob
from ccp4hooks_database.connection import file_lock
from ccp4hooks_database.models import JobOwner
from ccp4hooks_database.repository import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

SILENCE = timedelta(minutes=10)
"""After how long a process on another machine that is not heard of counts as gone."""


def find_held(project: Project | None) -> list[OwnedJob]:
    """Return the jobs that have an owner and have not ended, in the order of their making."""
    # CCP4i2's script around its own runner calls a killed one failed, and leaves it without an end.
    begun = Q(status__in=[int(JobStatus.PENDING), int(JobStatus.RUNNING)]) | Q(
        status=int(JobStatus.FAILED), finish_time__isnull=True
    )
    rows = JobRow.objects.filter(begun, ccp4hooks_owner__isnull=False)
    if project is not None:
        rows = rows.filter(project__uuid=project.uuid)
    found = rows.select_related("project", "parent", "ccp4hooks_owner").order_by("pk")
    return [_held(row) for row in found]


def _held(row: Any) -> OwnedJob:
    owner = row.ccp4hooks_owner
    return OwnedJob(
        job=jobs.job_of(row),
        status=JobStatus(row.status),
        alive=_is_alive(owner),
        host=owner.host,
        pid=owner.pid,
    )


def _is_alive(owner: Any) -> bool:
    process = file_lock.ProcessIdentity(
        host=owner.host, boot_id=owner.boot_id, pid=owner.pid, started_at=owner.pid_started_at
    )
    here = file_lock.is_alive(process)
    return timezone.now() - owner.heartbeat_at < SILENCE if here is None else here


def beat(uuids: Iterable[UUID]) -> None:
    """Record that jobs of the calling process are alive."""
    JobOwner.objects.filter(job__uuid__in=list(uuids)).update(heartbeat_at=timezone.now())
