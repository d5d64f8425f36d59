"""Cancel a job: stop the process that runs it, or mark a job that waits or runs remotely as interrupted."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure
from ccp4hooks.failures import attempt as attempted
from ccp4hooks.maintenance.engine_jobs import cancel_sub_job, cancel_waiting, stop_all, unfinished_handles
from ccp4hooks.maintenance.recovery import recover
from ccp4hooks.maintenance.unowned import UNSTARTED, cancel_unowned
from ccp4hooks.model import Handle, JobNumber, JobStatus
from ccp4hooks.runtime import sharing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Attempt, Job, Outcome, OwnedJob, Project

PATIENCE_S = 30.0
"""Time that a process may take to stop its program and to record its job [s]."""

ENGINE_PATIENCE_S = 120.0
"""Time that an engine may take to end a job [s]; schedulers wait before they kill."""

SUB_JOBS_PATIENCE_S = 20.0
"""Time that engines may take to end the sub-jobs of a job, whose process must end within `PATIENCE_S` [s]."""

ENGINE_POLL_S = 1.0
"""Interval at which the job is read in the meantime [s]."""

WATCHDOG_S = 10.0
"""Time that the watchdog of a process may take to clean up after its end [s]."""

POLL_S = 0.1
"""Interval at which the state of the process is read in the meantime [s]."""


def cancel(session: SessionContext, project: Project, number: str, *, kill: bool) -> Outcome:
    """Cancel a job and return its outcome; see `Session.cancel`."""
    if JobNumber(number).is_sub_job:
        raise BadInputError(f"{number} is a sub-job. Cancel job {JobNumber(number).top}, which started it.")
    known = session.queries.outcomes(project, number)
    submitted = _submitted(session, known[0].job)
    if submitted is not None:
        return _stopped_by_engine(session, project, known, submitted)
    ended = [] if known[0].status is JobStatus.RUNNING else cancel_unowned(session, known)
    # Only now the owners, so that a job that a process has claimed in the meantime is found with its owner.
    owned = session.queries.owned_jobs(project)
    found = next((one for one in owned if one.job.number == number), None)
    if found is not None:
        _require_stoppable(found, owned)
        if found.alive:
            _stop(found, kill=kill)
        # The process may have had no time to record its job, and to end those that it has submitted.
        recover(session, project, thorough=False)
        cancel_sub_jobs(session, project, number)
        cancel_unowned(session, session.queries.outcomes(project, number))
    elif not ended:
        _refuse(session.queries.outcomes(project, number)[0])
    return session.queries.outcomes(project, number)[0]


def cancel_sub_jobs(session: SessionContext, project: Project, number: str) -> None:
    """End the sub-jobs of a job that engines have, or that wait; see `Session.cancel_sub_jobs`."""
    if not session.engines.names:
        return
    below = _unfinished_below(session, project, number)
    handles = unfinished_handles(session, [one.job for one in below])
    # First the record: a job that an engine would start at this moment does not run.
    for one in reversed(below):
        if one.status.is_waiting:
            cancel_sub_job(session, one)
    stop_all(session, handles)
    deadline = time.monotonic() + SUB_JOBS_PATIENCE_S
    while _unfinished_below(session, project, number) and time.monotonic() < deadline:
        time.sleep(POLL_S)
        recover(session, project, thorough=False)


def _unfinished_below(session: SessionContext, project: Project, number: str) -> list[Outcome]:
    """Return the sub-jobs of a job that wait, or that an engine runs."""
    known = session.queries.outcomes(project, number)
    below = [one for one in known if one.job.number.is_below(JobNumber(number)) and not one.status.is_over]
    submitted = {one.job.uuid for one in session.queries.attempts([one.job.uuid for one in below])}
    return [one for one in below if one.job.uuid in submitted or one.status.is_waiting]


def _submitted(session: SessionContext, job: Job) -> Attempt | None:
    """Return the attempt of a job that an engine has accepted and that has not ended, or None.

    An engine of this machine is not asked: its jobs wait in the database, or run in a process that can be stopped.
    """
    if not session.engines.names:
        return None
    last = next(reversed(session.queries.attempts([job.uuid])), None)
    if last is None or session.engines.is_local(last.engine):
        return None
    return last if last.end is None and last.handle is not None else None


def _stopped_by_engine(
    session: SessionContext, project: Project, known: Sequence[Outcome], attempt: Attempt
) -> Outcome:
    """Let an engine end a job, and return its outcome.

    Raises:
        BadInputError: The engine does not end the job.
    """
    number = str(known[0].job.number)
    # The engine, or a sweep that waits for the job, must not submit it again.
    session.dispatcher.call(hookspecs.save_attempt, session.queries.journal, attempt=replace(attempt, retries=0))
    # First the record: a job that the engine would start at this moment does not run.
    cancel_waiting(session, known, attempt, UNSTARTED)
    handle = Handle(engine=attempt.engine, key=attempt.key)
    accepted = attempted(session.engines.stop, handle)
    if isinstance(accepted, Failure) and session.queries.outcomes(project, number)[0].status.is_over:
        raise BadInputError(
            f"Job {number} is INTERRUPTED and does not run, but the engine {handle.engine!r} has it still (number "
            f"{handle.key} there) and could not be asked to remove it: {accepted.reason}"
        ) from accepted.error
    if isinstance(accepted, Failure):
        raise accepted.error
    deadline = time.monotonic() + ENGINE_PATIENCE_S
    while not _has_ended(session, attempt):
        if time.monotonic() > deadline or not accepted:
            raise BadInputError(
                f"The engine {handle.engine!r} did not end job {number} (number {handle.key} there)"
                f"{f' within {ENGINE_PATIENCE_S:g} s' if accepted else ''}. End it there, and then run "
                "`ccp4hooks recover`, which marks the job as interrupted."
            )
        time.sleep(ENGINE_POLL_S)
        recover(session, project, thorough=False)
    cancel_sub_jobs(session, project, number)
    return session.queries.outcomes(project, number)[0]


def _has_ended(session: SessionContext, attempt: Attempt) -> bool:
    """Return whether an attempt has ended. Somebody may have submitted the job again since."""
    *_, now = (one for one in session.queries.attempts([attempt.job.uuid]) if one.number <= attempt.number)
    return now.end is not None


def _refuse(known: Outcome) -> None:
    """Refuse a job that no process owns and that is not waiting.

    Raises:
        BadInputError: The job has ended, or a program other than ccp4hooks runs it.
    """
    job = f"Job {known.job.number}"
    if known.status.is_running:
        raise BadInputError(f"{job} is {known.status.name} in a program other than ccp4hooks. Cancel it there.")
    raise BadInputError(f"{job} is {known.status.name} and not running, so it cannot be cancelled.")


def _require_stoppable(found: OwnedJob, owned: Sequence[OwnedJob]) -> None:
    """Refuse a job whose process must not be stopped from here.

    Args:
        found: The job.
        owned: All jobs of its project that a process owns.

    Raises:
        BadInputError: The job runs on another machine or in this process, or shares its process with other jobs.
    """
    if found.host != socket.gethostname():
        raise BadInputError(f"Job {found.job.number} runs on {found.host}. Cancel it there.")
    if found.alive and not found.reachable:
        raise BadInputError(
            f"Job {found.job.number} runs as process {found.pid} in another container (namespace of processes), or on "
            f"another machine that is named {found.host} as well. Cancel it there."
        )
    if found.alive and found.pid == os.getpid():
        raise BadInputError(f"Job {found.job.number} runs in this process. Stop it with the tracker that runs it.")
    process = (found.process, found.pid)
    others = [one for one in owned if (one.process, one.pid) == process and one.alive]
    same = [one.job.number for one in others if not one.job.number.is_sub_job]
    if len(same) > 1:
        raise BadInputError(
            f"Process {found.pid} runs the jobs {' and '.join(same)}, and cancelling one would stop all of them. "
            "Cancel the job in the program that started it."
        )


def _stop(owned: OwnedJob, *, kill: bool) -> None:
    """Ask the process of a job to end, wait until it has ended, and end the programs that it has left behind.

    Args:
        owned: The job.
        kill: Whether to kill a process that does not end.

    Raises:
        BadInputError: The process does not end, or belongs to another user.
    """
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(owned.pid)
        below = process.children(recursive=True)
        _signal(owned, signal.SIGTERM)
        if not _ends(process):
            if not kill:
                raise BadInputError(
                    f"Process {owned.pid} of job {owned.job.number} did not end within {PATIENCE_S:g} s. "
                    f"Run `kill -9 {owned.pid}`, and then `ccp4hooks recover` to mark the job as interrupted."
                )
            process.kill()
            _ends(process)
        # The watchdog of a process that was killed stops its programs and removes its scratch directories.
        _, alive = psutil.wait_procs(below, timeout=WATCHDOG_S)
        for child in alive:
            with suppress(psutil.NoSuchProcess):
                child.kill()


def _signal(owned: OwnedJob, number: signal.Signals) -> None:
    try:
        os.kill(owned.pid, number)
    except PermissionError as error:
        raise BadInputError(
            f"Process {owned.pid} of job {owned.job.number} belongs to {sharing.owner_of_process(owned.pid)}. "
            "Ask that user to cancel the job."
        ) from error


def _ends(process: Any) -> bool:
    import psutil  # noqa: PLC0415 - start-up time

    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(POLL_S)
    return False
