"""Guards for functions of CCP4i2 that would damage the record of a running or cancelled job.

CCP4i2's server overwrites the status of a running job with QUEUED and starts the job a second time. The script in which
it starts jobs marks every job whose process failed as FAILED, even if the job was cancelled or another process runs it.

Source: ``ccp4i2.lib.utils.jobs.context_run``, ``scripts/run_job_safe.sh``, ccp4i2 3.0.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import Job as JobRow
from django.core.exceptions import ObjectDoesNotExist

from ccp4hooks import JobStatus

if TYPE_CHECKING:
    from collections.abc import Callable

CONFLICT = 409
"""HTTP status for a request that the current state of the resource does not allow."""


def guarded_start(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``run_job_local`` of CCP4i2 with a guard: for a running job it returns an error and starts nothing."""

    def run_job_local(job: Any, synchronous: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - as CCP4i2's
        if _is_running(JobRow.objects.get(pk=job.pk)):
            error = f"Job {job.number} is running (process {job.process_id}). Cancel it first to run it again."
            return {"success": False, "error": error, "status": CONFLICT}
        started: dict[str, Any] = original(job, synchronous=synchronous)
        return started

    return run_job_local


def guarded_status(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``handle`` of CCP4i2's command ``set_job_status`` with a guard.

    FAILED does not replace INTERRUPTED, nor the status of a running job.
    """

    def handle(self: Any, *arguments: Any, **options: Any) -> Any:
        job = _job(self, options) if options["status"] == JobStatus.FAILED.name else None
        if job is None or not (job.status == JobStatus.INTERRUPTED or _is_running(job)):
            return original(self, *arguments, **options)
        self.stdout.write(f"Job {job.number} stays {JobStatus(job.status).name}.")
        return None

    return handle


def _job(command: Any, options: dict[str, Any]) -> Any:
    """Return the row of the job that a command's options denote; None without one, which the command itself reports."""
    try:
        return command.get_job(options)
    except ObjectDoesNotExist:
        return None


def _is_running(job: Any) -> bool:
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    return job.status == JobStatus.RUNNING and bool(job.process_id) and psutil.pid_exists(job.process_id)
