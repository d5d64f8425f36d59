"""Mark jobs that no process owns as interrupted, without a process that owns them in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.jobs import lifecycle
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.runner import gather
from ccp4hooks.maintenance.resumption import resumed
from ccp4hooks.model import JobStatus, Severity
from ccp4hooks.outcomes.job_traces import JobTraces, read_traces
from ccp4hooks.runtime import paths, stdio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.jobs.job_tree import JobTree
    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Job, Outcome

UNSTARTED = "The job was cancelled before it ran."

REMOTE = "The job was cancelled while its program ran on another machine."


def cancel_unowned(session: SessionContext, known: Sequence[Outcome], *, why: str = UNSTARTED) -> list[Outcome]:
    """Mark those of some jobs that wait or run remotely as INTERRUPTED, and return their outcomes.

    A job that another process claims at the same moment is left to that process.

    Args:
        session: The session.
        known: A job and its sub-jobs, as they are recorded.
        why: Why a job that waits does not run.

    Raises:
        BadInputError: The directory of a job cannot be created, or that of the project does not exist.
        NotRecordedError: A job was marked, but a sink failed.
    """
    # Sub-jobs first, so that no waiting job is left below one that has ended.
    unowned = [one for one in reversed(known) if one.status.is_waiting or one.status is JobStatus.RUNNING_REMOTELY]
    ended = [_cancelled(session, one, why) for one in unowned]
    return [one for one in ended if one is not None]


def _cancelled(session: SessionContext, known: Outcome, why: str) -> Outcome | None:
    """Mark a job as INTERRUPTED and return its outcome; None if it is in another state by now."""
    paths.require_directory(known.job.project)
    paths.make_job_directory(known.job)
    job = session.dispatcher.call(hookspecs.cancel_job, session.queries.journal, uuid=known.job.uuid).value
    if job is None:
        return None
    tree = session.new_tree(job.project)
    active = _unstarted(tree, job, known, why) if known.status.is_waiting else _remote(tree, job)
    return gather(tree, lifecycle.end(active, None, JobStatus.INTERRUPTED)).outcome


def _unstarted(tree: JobTree, job: Job, known: Outcome, why: str) -> ActiveJob:
    active = ActiveJob(tree.context, job)
    logged = read_traces(job)
    # The log of a job that was submitted has its imports; that of a job that is to run again, those of its last run.
    new = JobTraces(created_at=known.created_at, project=job.project.directory)
    active.resume(logged if logged.waits else new)
    active.note(why, severity=Severity.INFO)
    return active


def _remote(tree: JobTree, job: Job) -> ActiveJob:
    with stdio.output_dropped():
        active = resumed(tree, job)
    active.note(REMOTE, cure="ccp4hooks does not stop that program: stop it there.")
    return active
