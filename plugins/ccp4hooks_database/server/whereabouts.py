"""Where a job is that does not run on the machine of CCP4i2's server, as its app shows it.

In the record, a job that a process of another machine runs is RUNNING: CCP4i2 3.1 takes RUNNING_REMOTELY for a job
without a process, which it may end or start again. People see the status *Running remotely* in its app.

Source: ``ccp4i2.api.serializers``, ``ccp4i2.lib.utils.reporting.i2_report``, ccp4i2 3.1.0a105.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from ccp4hooks import JobStatus
from ccp4hooks_database.connection import processes
from ccp4hooks_database.models import JobAttempt, JobOwner

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree import ElementTree as ET


def shown_job(original: Callable[[Any, Any], dict[str, Any]]) -> Callable[[Any, Any], dict[str, Any]]:
    """Return ``to_representation`` of CCP4i2's serializer of jobs, which shows a job of another machine as such.

    The number of its process would denote a process of this machine.
    """

    @wraps(original)
    def to_representation(self: Any, row: Any) -> dict[str, Any]:
        shown = original(self, row)
        if row.status == JobStatus.RUNNING and _is_elsewhere(row.pk):
            shown.update(status=int(JobStatus.RUNNING_REMOTELY), process_id=None)
        return shown

    return to_representation


def _is_elsewhere(job_pk: int) -> bool:
    here = processes.this_process().host
    return bool(JobOwner.objects.filter(job_id=job_pk).exclude(host=here).exists())


def located_report(original: Callable[[str, Any], ET.Element]) -> Callable[[str, Any], ET.Element]:
    """Return ``pending_report`` of CCP4i2, the page of a job without results, which says where the job is."""

    @wraps(original)
    def pending_report(task_name: str, job: Any) -> ET.Element:
        report = original(task_name, job)
        where = place_of(job.pk)
        text = report.find("CCP4i2ReportText")
        if where and text is not None:
            text.text = f"{where} {text.text or ''}"
        return report

    return pending_report


def place_of(job_pk: int) -> str:
    """Return a sentence on the engine that has a job, and on the machine that runs it; empty if no engine has it."""
    last = JobAttempt.objects.filter(job_id=job_pk).order_by("-number").first()
    if last is None or last.ended_at is not None or not last.key:
        return ""
    engine = f"the engine {last.engine}, as number {last.key} there"
    return f"It runs on {last.host}, by {engine}." if last.began_at else f"It waits for {engine}."
