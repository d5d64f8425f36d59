"""The owners of jobs: which jobs have one, whether its process is alive, and how a recovery takes its place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from ccp4i2.db.models import Job as JobModel
from ccp4i2.db.models import Project as ProjectModel
from django.db import connections
from django.db.models import Q
from django.db.models.functions import Now

from ccp4hooks import JobStatus, Project
from ccp4hooks.store import OwnedJob
from ccp4hooks_database import versions
from ccp4hooks_database.connection import processes
from ccp4hooks_database.connection.url import POSTGRESQL
from ccp4hooks_database.heartbeat import period_s
from ccp4hooks_database.models import JobOwner
from ccp4hooks_database.repository import jobs, opening
from ccp4hooks_database.repository.rows import JobRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from ccp4hooks_database.connection.url import Target

RUNNING = (int(JobStatus.PENDING), int(JobStatus.RUNNING))
KILLED = (int(JobStatus.FAILED), int(JobStatus.INTERRUPTED))

NOT_FOR_DRIVERS = ("pool", "isolation_level", "assume_role", "server_side_binding")
"""The ``OPTIONS`` that Django itself uses and does not pass to the driver (Django 5.2, ``postgresql/base.py``)."""


class OwnerRow(Protocol):
    """A row of `JobOwner`."""

    host: str
    boot_id: str
    pid: int
    pid_started_at: datetime
    pid_started_ticks: int | None
    pid_namespace: str
    process: UUID | None
    heartbeat_at: datetime
    heartbeat_uptime_s: float | None
    attempt: int
    recovers: bool


class OwnedRow(JobRow, Protocol):
    """A row of ``Job`` with its owner.

    Attributes:
        ccp4hooks_owner: The owner.
        read_at: When the row was read, by the clock of the database.
    """

    ccp4hooks_owner: OwnerRow
    read_at: datetime


def _unfinished() -> Q:
    """Return the condition for a job that has not ended.

    CCP4i2 marks a killed job without a finish time: its server as INTERRUPTED, its script for runs as FAILED.
    """
    # The first condition is for an index.
    return Q(status__in=(*RUNNING, *KILLED)) & (Q(status__in=RUNNING) | Q(finish_time__isnull=True))


def find_owned(project: Project | None, silence_s: float) -> list[OwnedJob]:
    """Return the jobs that have an owner and have not ended, in the order in which they were opened.

    A job whose window is open in CCP4i2's app, and for which no process waits, has no process. The owner of an earlier
    run does not count.

    Args:
        project: The project; None for all.
        silence_s: See `DatabaseSettings.silence_s`.
    """
    # The index of jobs by status begins with the project.
    projects = ProjectModel.objects.all() if project is None else ProjectModel.objects.filter(uuid=project.uuid)
    rows = JobModel.objects.filter(_unfinished(), project__in=projects, ccp4hooks_owner__isnull=False)
    if versions.has_interactive_sessions():
        rows = rows.exclude(interactive_session__finished=False, interactive_session__dispatched=False)
    found = rows.select_related("project", "parent", "ccp4hooks_owner").annotate(read_at=Now()).order_by("pk")
    return [_owned(row, silence_s) for row in found]


def _owned(row: OwnedRow, silence_s: float) -> OwnedJob:
    owner = row.ccp4hooks_owner
    seen = processes.is_alive(_identity(owner))
    # A recovery of this process that failed: only one runs at a time, so this one is another one.
    failed = owner.recovers and owner.process == processes.this_process().token
    return OwnedJob(
        job=jobs.job_of(row),
        status=JobStatus(row.status),
        alive=not failed and _is_alive(owner, seen=seen, now=row.read_at, silence_s=silence_s),
        host=owner.host,
        pid=owner.pid,
        reachable=seen is True,
        process=owner.process,
        attempt=owner.attempt,
        heartbeat_at=owner.heartbeat_at,
        missed=int((row.read_at - owner.heartbeat_at).total_seconds() / period_s(silence_s)),
    )


def has_living_owner(job_pk: int, silence_s: float) -> bool:
    """Return whether a living process owns a job.

    Args:
        job_pk: Key of the job.
        silence_s: See `DatabaseSettings.silence_s`.
    """
    owner = JobOwner.objects.filter(job_id=job_pk).annotate(read_at=Now()).first()
    if owner is None:
        return False
    return _is_alive(owner, seen=processes.is_alive(_identity(owner)), now=owner.read_at, silence_s=silence_s)


def _identity(owner: OwnerRow) -> processes.ProcessIdentity:
    return processes.ProcessIdentity(
        host=owner.host,
        boot_id=owner.boot_id,
        pid=owner.pid,
        started_at=owner.pid_started_at,
        started_ticks=owner.pid_started_ticks,
        pid_namespace=owner.pid_namespace,
        token=owner.process,
    )


def _is_alive(owner: OwnerRow, *, seen: bool | None, now: datetime, silence_s: float) -> bool:
    """Return whether an owner is alive.

    Args:
        owner: The owner.
        seen: Whether its process was seen to be alive; None if it cannot be seen from here.
        now: The present time, by the clock of the database.
        silence_s: Time without a sign of life after which it counts as dead [s].
    """
    if seen is not None:
        return seen
    uptime_s = processes.uptime_s()
    if uptime_s is not None and owner.heartbeat_uptime_s is not None and processes.is_same_boot(owner.boot_id):
        # The clock of both since the boot, which no step of the system clock changes.
        return uptime_s - owner.heartbeat_uptime_s < silence_s
    if uptime_s is not None and owner.host == processes.this_process().host:
        # This machine before its last boot, or another machine of the same name, which has been heard since.
        silence_s = min(silence_s, uptime_s)
    return (now - owner.heartbeat_at).total_seconds() < silence_s


def record_heartbeat() -> None:
    """Record a heartbeat for the jobs of the calling process."""
    mine = JobOwner.objects.filter(process=processes.this_process().token, job__status__in=RUNNING)
    mine.update(**opening.heartbeat_values())


def take_over(owned: OwnedJob) -> bool:
    """Make the calling process the owner of a job whose process has died, to recover it; return whether it succeeded.

    It does not if the job has ended, or if its owner has changed or given a sign of life since it was read. Of several
    processes that try, one succeeds.
    """
    same = JobOwner.objects.filter(
        job__in=JobModel.objects.filter(_unfinished(), uuid=owned.job.uuid),
        process=owned.process,
        host=owned.host,
        pid=owned.pid,
        attempt=owned.attempt,
        heartbeat_at=owned.heartbeat_at,
    )
    return bool(same.update(**opening.owner_values(recovers=True)))


def is_recovered_here(job_pk: int) -> bool:
    """Return whether the calling process has taken over a job that has not ended since."""
    mine = JobOwner.objects.filter(job_id=job_pk, process=processes.this_process().token, recovers=True)
    return bool(mine.filter(job__in=JobModel.objects.filter(_unfinished(), pk=job_pk)).exists())


def heartbeat_settings(target: Target) -> Mapping[str, object] | None:
    """Return what another process needs to record heartbeats of this one; None for a database in memory.

    Args:
        target: The database in use.
    """
    me, on_server = processes.this_process(), target.entry["ENGINE"] == POSTGRESQL
    connection = connections["default"]
    if (target.path is None and not on_server) or me.token is None:
        return None
    settings = {
        "sql": _heartbeat_sql(connection, on_server=on_server),
        "token": me.token.hex,
        "offset_s": processes.offset_s("monotonic"),
        "path": [one for one in sys.path if one],
    }
    if on_server:
        return {**settings, "driver": connection.Database.__name__, "connect": _connection_options(target)}
    name = str(target.entry["NAME"])
    return {**settings, "name": name if name.startswith("file:") else f"{target.path.absolute().as_uri()}?mode=rw"}  # type: ignore[union-attr]


def _heartbeat_sql(connection: Any, *, on_server: bool) -> str:
    owner, job = (connection.ops.quote_name(model._meta.db_table) for model in (JobOwner, JobModel))  # noqa: SLF001 - Django's documented way to names
    now, value, token = ("clock_timestamp()", "%s", "%s::uuid") if on_server else ("?", "?", "?")
    running = ", ".join(str(status) for status in RUNNING)
    return (
        f"UPDATE {owner} SET heartbeat_at = {now}, heartbeat_uptime_s = {value} WHERE process = {token} "  # noqa: S608 - no value of a user
        f"AND job_id IN (SELECT id FROM {job} WHERE status IN ({running}))"
    )


def _connection_options(target: Target) -> dict[str, object]:
    """Return the arguments with which the driver connects to a server."""
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    given = {names[key]: target.entry[key] for key in names if target.entry.get(key)}
    options = {key: value for key, value in target.entry.get("OPTIONS", {}).items() if key not in NOT_FOR_DRIVERS}
    return {**given, **options}
