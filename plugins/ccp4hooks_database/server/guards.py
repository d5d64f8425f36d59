"""Guards for functions of CCP4i2 that would damage the record of a running or cancelled job.

CCP4i2's server overwrites the status of a running job with QUEUED and starts the job a second time. It cancels a job by
killing its process, which then cannot record the job and its sub-jobs. The script in which it starts jobs marks every
job whose process failed as FAILED, even if the job was cancelled or another process runs it.

Source: ``ccp4i2.lib.utils.jobs.context_run``, ``ccp4i2.api.JobViewSet``, ``scripts/run_job_safe.sh``, ccp4i2 3.0.1.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import Job as JobRow
from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import CommandError
from django.db import connections

from ccp4hooks import Ccp4HooksError, JobStatus, StoreError
from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.connection.migrate import create_missing_file
from ccp4hooks_database.models import JobOwner
from ccp4hooks_database.repository import owners
from ccp4hooks_database.server.deletion import CONFLICT
from ccp4hooks_database.settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import Callable


def guarded_start(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``run_job_local`` of CCP4i2 with a guard.

    For a job that is running, or for which a process is starting, it returns an error and starts nothing.
    """

    def run_job_local(job: Any, synchronous: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - as CCP4i2's
        error, before = "", job.status
        if _is_running(JobRow.objects.get(pk=job.pk)):
            error = f"Job {job.number} is running (process {job.process_id}). Cancel it first to run it again."
        # CCP4i2 sets the same status next. In one statement, only one of several requests succeeds.
        elif not JobRow.objects.filter(pk=job.pk).exclude(status=JobStatus.QUEUED).update(status=JobStatus.QUEUED):
            error = f"Job {job.number} is queued: a process for it is starting. Cancel it first to run it again."
        if error:
            return {"success": False, "error": error, "status": CONFLICT}
        started: dict[str, Any] = original(job, synchronous=synchronous)
        if not started["success"]:
            # No process starts, so that the job can be started again.
            JobRow.objects.filter(pk=job.pk, status=JobStatus.QUEUED).update(status=before)
        return started

    return run_job_local


def guarded_status(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``handle`` of CCP4i2's command ``set_job_status`` with a guard.

    FAILED does not replace the status of a job that has ended, nor that of a running job. CCP4i2 calls the command when
    a process has failed. A job that has ended was recorded, by that process or by another one that has run the job.
    """

    def handle(self: Any, *arguments: Any, **options: Any) -> Any:
        job = _job(self, options) if options["status"] == JobStatus.FAILED.name else None
        if job is None or not (JobStatus(job.status).is_over or _is_running(job)):
            return original(self, *arguments, **options)
        self.stdout.write(f"Job {job.number} stays {JobStatus(job.status).name}.")
        return None

    return handle


def guarded_cancel(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the view ``cancel`` of CCP4i2's REST API with a guard: a job of ccp4hooks is cancelled by ccp4hooks.

    Its process stops its programs, and records the job and its sub-jobs. Only a process that does not end is killed.
    """

    @wraps(original)
    def cancel(self: Any, request: Any, pk: Any = None) -> Any:
        from ccp4i2.lib.response import api_error  # noqa: PLC0415 - start-up time
        from rest_framework.response import (  # type: ignore[import-untyped]  # noqa: PLC0415 - the same
            Response,
        )

        job = JobRow.objects.select_related("project").filter(pk=pk).first()
        if job is None or not _is_ours(job):
            return original(self, request, pk)
        try:
            shared_session().cancel(job.project.uuid, job.number, kill=True)
        except Ccp4HooksError as error:
            return api_error(str(error), status=CONFLICT)
        return Response(self.get_serializer(JobRow.objects.get(pk=pk)).data)

    return cancel


def _is_ours(job: Any) -> bool:
    """Return whether a job waits for a process of ccp4hooks, is run by one, or runs remotely."""
    if job.status in (JobStatus.QUEUED, JobStatus.RUNNING_REMOTELY):
        return True
    return job.status == JobStatus.RUNNING and bool(JobOwner.objects.filter(job_id=job.pk).exists())


def guarded_migrate(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``execute`` of Django's command ``migrate`` with a guard: a missing SQLite file is created first.

    No other command may create it: an empty database would take the place of one that was moved.
    """

    def execute(self: Any, *arguments: Any, **options: Any) -> Any:
        try:
            create_missing_file(connections[options["database"]].settings_dict)
        except StoreError as error:
            raise CommandError(str(error)) from error
        return original(self, *arguments, **options)

    return execute


def _job(command: Any, options: dict[str, Any]) -> Any:
    """Return the row of the job that a command's options denote; None without one, which the command itself reports."""
    try:
        return command.get_job(options)
    except ObjectDoesNotExist:
        return None


def _is_running(job: Any) -> bool:
    """Return whether a process runs a job: its owner, or the process that CCP4i2 has recorded.

    CCP4i2 3.1 also records a process that was refused, because another one runs the job.
    """
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    if job.status != JobStatus.RUNNING:
        return False
    silence_s = shared_session().settings.plugin("database", DatabaseSettings).silence_s
    return owners.has_living_owner(job.pk, silence_s) or (bool(job.process_id) and psutil.pid_exists(job.process_id))
