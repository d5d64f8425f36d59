"""Run an attempt of a job on the machine of an engine.

An engine may run the command of an attempt twice: after pre-emption or the end of a machine, a scheduler starts the
same script again. The command then is a further attempt if the attempt has retries left; otherwise the job ends as
INTERRUPTED, if it has not ended, and nothing runs.
"""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.jobs.runner import run_claimed, track_claimed
from ccp4hooks.maintenance import recovery
from ccp4hooks.model import JobStatus
from ccp4hooks.outcomes import attempt_files, outcome_file
from ccp4hooks.outcomes.attempt_files import MISSED, keep_files
from ccp4hooks.outcomes.job_traces import read_submitted
from ccp4hooks.runtime.touching import touched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Attempt, OwnedJob, RunResult

POLL_S = 1.0
"""Interval at which the owner of a job is looked at [s]."""


def execute(session: SessionContext, uuid: UUID, number: int) -> RunResult:
    """Run an attempt of a job; see `Session.execute`."""
    attempts = session.queries.attempts([uuid])
    mine = next((one for one in attempts if one.number == number), None)
    if mine is None:
        raise BadInputError(f"No attempt {number} of a job with the UUID {uuid} is recorded.")
    latest = attempts[-1]
    if latest.number != number and (not latest.key or latest.handle != mine.handle):
        raise BadInputError(f"Job {mine.job.number} was submitted again, as attempt {latest.number}. Nothing was run.")
    if latest.began_at is None and latest.end is not None:
        raise BadInputError(f"Job {mine.job.number} was cancelled before it began. Nothing was run.")
    if latest.began_at is None:
        return _run(session, latest)
    return _run(session, _further(session, latest))


def execute_by_file(session: SessionContext, directory: Path, uuid: UUID, number: int) -> RunResult:
    """Run an attempt of a job on a machine without the database; see `Session.execute`.

    The job is known from its directory. The side that has submitted it records it from its outcome file.

    Args:
        session: The session, in which no plugin records jobs.
        directory: The job directory.
        uuid: The job.
        number: Number of the attempt.
    """
    found = read_submitted(directory)
    if found is None or found.job.uuid != uuid:
        raise BadInputError(
            f"{directory} is not the directory of a submitted job with the UUID {uuid}, as this machine sees it."
        )
    job, latest = found.job, found.request.attempt
    if latest != number:
        raise BadInputError(f"Job {job.number} was submitted again, as attempt {latest}. Nothing was run.")
    if (job.directory / outcome_file.FILE_NAME).exists() or not attempt_files.begin(job, number, socket.gethostname()):
        raise BadInputError(
            f"Attempt {number} of job {job.number} has begun before, or was cancelled. Nothing was run."
        )
    with touched(attempt_files.directory_of(job, number) / attempt_files.BEGAN, attempt_files.PERIOD_S):
        return run_claimed(session.new_tree(job.project), job)


def _run(session: SessionContext, attempt: Attempt) -> RunResult:
    job = session.claim(attempt.job.uuid, number=attempt.number)
    return run_claimed(session.new_tree(job.project), job)


def _further(session: SessionContext, attempt: Attempt) -> Attempt:
    """Return the attempt that follows one which has begun, and whose command runs again.

    Raises:
        BadInputError: Nothing is to run: the job has ended otherwise than INTERRUPTED, it has no retries left, or
            another process runs it.
    """
    if attempt.end is None:
        _end_lost(session, attempt)
        attempt = session.queries.attempts([attempt.job.uuid])[-1]
    job = attempt.job
    if attempt.end is not JobStatus.INTERRUPTED:
        state = "has not ended" if attempt.end is None else f"has ended ({attempt.end.name})"
        raise BadInputError(f"Job {job.number} of the project {job.project.name!r} {state}. Nothing was run.")
    if not attempt.retries:
        raise BadInputError(
            f"Job {job.number} of the project {job.project.name!r} was interrupted, and has no retries left. "
            f"`ccp4hooks retry {job.number} --project {job.project.name}` submits it again."
        )
    reopened = session.reopen(job.uuid)
    keep_files(reopened, attempt.number)
    tracked = track_claimed(session.new_tree(reopened.project), reopened, resubmits=True)
    new = replace(
        attempt,
        number=attempt.number + 1,
        retries=attempt.retries - 1,
        host="",
        submitted_at=datetime.now(timezone.utc),
        began_at=None,
        ended_at=None,
        end=None,
    )

    def record(*_: object) -> None:
        session.dispatcher.call(hookspecs.save_attempt, session.queries.journal, attempt=new)

    tracked.submit(new.number, record)
    return new


def _end_lost(session: SessionContext, attempt: Attempt) -> None:
    """End a job whose process was ended by the engine that now runs its command again.

    Raises:
        BadInputError: The process of the job is alive.
    """
    job = attempt.job
    while (owned := _owner(session.queries.owned_jobs(job.project), job.uuid)) is not None:
        if owned.reachable:
            raise BadInputError(f"Job {job.number} runs as process {owned.pid} on {owned.host}. Nothing was run.")
        if not owned.alive or (owned.missed or 0) >= MISSED:
            recovery.recover(session, job.project, thorough=False, gone=[job.uuid])
            return
        time.sleep(POLL_S)


def _owner(owned: Sequence[OwnedJob], uuid: UUID) -> OwnedJob | None:
    return next((one for one in owned if one.job.uuid == uuid), None)
