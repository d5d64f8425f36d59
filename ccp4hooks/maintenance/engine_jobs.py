"""What engines and their machines say of jobs that have not ended, for recovery."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from uuid import UUID

from ccp4hooks import hookspecs
from ccp4hooks.failures import Failure
from ccp4hooks.failures import attempt as attempted
from ccp4hooks.maintenance.recording import unless_unavailable
from ccp4hooks.maintenance.replay import replay
from ccp4hooks.maintenance.unowned import UNSTARTED, cancel_unowned
from ccp4hooks.model import Attempt, Fate, JobStatus
from ccp4hooks.outcomes import attempt_files
from ccp4hooks.outcomes.checks import valid_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Handle, Job, Outcome, OwnedJob, Project
    from ccp4hooks.outcomes.attempt_files import Began


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineJobs:
    """The jobs of engines that have not ended.

    Attributes:
        attempts: Their latest attempts.
        gone: The jobs that their engine has ended, or does not know.
        problems: What of them could not be recorded, one line each.
        silent: See `EngineAnswer`.
    """

    attempts: tuple[Attempt, ...] = ()
    gone: frozenset[UUID] = frozenset()
    problems: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    @classmethod
    def of(cls, session: SessionContext, project: Project | None, limit_s: float | None) -> EngineJobs:
        """Return the jobs of the engines, which are asked once each; none if the settings describe no engine.

        What machines without the database have written is recorded.

        Args:
            session: The session.
            project: The project; None for all.
            limit_s: Longest time to wait for the answer of an engine [s]; None for what its settings say.
        """
        if not session.engines.names:
            return cls()
        # First the engines: what a machine has written by the time at which its job was gone, is complete.
        attempts = session.queries.unfinished_attempts(project)
        handles = {one.handle: one.job.uuid for one in attempts if one.handle is not None}
        answer = session.engines.ask(handles, limit_s)
        gone = frozenset(handles[handle] for handle, fate in answer.fates.items() if fate is Fate.GONE)
        carried = [one for one in attempts if _is_carried(session, one)]
        if carried:
            from ccp4hooks.maintenance import carried_jobs  # noqa: PLC0415 - start-up time

            carried_jobs.note_gone(carried, answer.fates)
        problems = _record_files(session, attempts)
        return cls(attempts=attempts, gone=gone, problems=tuple(problems), silent=answer.silent)

    def is_alive(self, owned: OwnedJob) -> bool:
        """Return whether the owner of a job is alive, as far as its engine and its heartbeats say.

        What is seen of the process itself counts first. What an engine says counts only together with heartbeats.
        """
        if not owned.alive or owned.reachable or owned.job.uuid not in self.gone:
            return owned.alive
        return owned.missed is None or owned.missed < attempt_files.MISSED

    def may_end(self, session: SessionContext, owned: OwnedJob) -> bool:
        """Return whether a job whose owner has died may be ended: no machine without the database begins it any more.

        The owner may have died after it had submitted the job.
        """
        mine = next((one for one in self.attempts if one.job.uuid == owned.job.uuid), None)
        if mine is None or mine.began_at is not None or not _is_by_file(session, mine):
            return True
        # What a machine has said was recorded after the attempts had been read.
        began = attempt_files.read(mine.job, mine.number)
        return (began is not None and bool(began.host)) or attempt_files.withdraw(mine.job, mine.number)

    def end_waiting(self, session: SessionContext) -> list[Outcome]:
        """Mark the jobs as INTERRUPTED that wait for an engine which does not have them any more."""
        lost = [one for one in self.attempts if one.job.uuid in self.gone and one.began_at is None]
        lost = [one for one in lost if not _is_carried(session, one) or _has_had_time(one)]
        return [outcome for one in lost for outcome in _ended(session, one)]


def follow(session: SessionContext, project: Project) -> None:
    """Record what machines without the database have written of the jobs of a project."""
    if session.engines.by_file:
        _record_files(session, session.queries.unfinished_attempts(project))


def cancel_waiting(session: SessionContext, known: Iterable[Outcome], attempt: Attempt, why: str) -> list[Outcome]:
    """Mark a job that waits for an engine as INTERRUPTED, unless it begins at this moment.

    Args:
        session: The session.
        known: The job and its sub-jobs, as they are recorded.
        attempt: Its latest attempt.
        why: Why it does not run.
    """
    if _is_by_file(session, attempt) and not attempt_files.withdraw(attempt.job, attempt.number):
        return []
    if _is_carried(session, attempt):
        from ccp4hooks.maintenance import carried_jobs  # noqa: PLC0415 - start-up time

        carried_jobs.remove_input(attempt)
    return cancel_unowned(session, [one for one in known if one.status is JobStatus.QUEUED], why=why)


def cancel_sub_job(session: SessionContext, known: Outcome) -> list[Outcome]:
    """Mark a waiting sub-job as INTERRUPTED, unless it begins at this moment.

    Args:
        session: The session.
        known: The sub-job, as it is recorded.
    """
    submitted = session.queries.attempts([known.job.uuid]) if session.engines.by_file else ()
    if submitted and known.status is JobStatus.QUEUED:
        return cancel_waiting(session, [known], submitted[-1], UNSTARTED)
    return cancel_unowned(session, [known])


def unfinished_handles(session: SessionContext, jobs: Iterable[Job]) -> list[Handle]:
    """Return by what engines know those of some jobs that they have accepted and that have not ended."""
    uuids = [one.uuid for one in jobs] if session.engines.names else []
    last = {one.job.uuid: one for one in session.queries.attempts(uuids)} if uuids else {}
    return [one.handle for one in last.values() if one.end is None and one.handle is not None]


def stop_all(session: SessionContext, handles: Iterable[Handle]) -> None:
    """Ask engines to end jobs, or to remove them from their queues. An engine that does not answer is left out."""
    for one in handles:
        attempted(session.engines.stop, one)


def _ended(session: SessionContext, attempt: Attempt) -> Sequence[Outcome]:
    known = session.queries.outcomes(attempt.job.project, str(attempt.job.number))
    why = f"The engine {attempt.engine!r} has ended it before it began (number {attempt.key} there)."
    return cancel_waiting(session, known, attempt, why)


def _is_by_file(session: SessionContext, attempt: Attempt) -> bool:
    return attempt.engine in session.engines.by_file


def _is_carried(session: SessionContext, attempt: Attempt) -> bool:
    return attempt.engine in session.engines.carried


def _has_had_time(attempt: Attempt) -> bool:
    """Return whether the files of a job that is gone have arrived by now, if they were sent."""
    from ccp4hooks.maintenance import carried_jobs  # noqa: PLC0415 - start-up time

    return carried_jobs.is_gone_for(attempt, attempt_files.MISSED * attempt_files.PERIOD_S)


def _record_files(session: SessionContext, attempts: Iterable[Attempt]) -> list[str]:
    """Record what machines without the database have written, and return what could not be recorded."""
    problems = []
    for one in attempts:
        done = unless_unavailable(attempted(_record_file, session, one)) if _is_by_file(session, one) else None
        if isinstance(done, Failure):
            problems.append(f"job {one.job.number} of {one.job.project.name}: {done.reason}")
    return problems


def _record_file(session: SessionContext, attempt: Attempt) -> None:
    if _is_carried(session, attempt):
        _record_carried(session, attempt)
        return
    began = attempt_files.read(attempt.job, attempt.number)
    if began is not None:
        _note_running(session, attempt, began, began.silent_s)
    _record_outcome(session, attempt)


def _record_carried(session: SessionContext, attempt: Attempt) -> None:
    """Record what a machine that shares no files has sent."""
    from ccp4hooks.maintenance import carried_jobs  # noqa: PLC0415 - start-up time

    began = attempt_files.read(attempt.job, attempt.number)
    taken = carried_jobs.take_result(attempt)
    if began is not None:
        _note_running(session, attempt, began, carried_jobs.silence_s(attempt, began, taken))
    if taken is not None:
        raise taken.error
    is_recorded = _record_outcome(session, attempt)
    if not is_recorded and began is None and (why := carried_jobs.missing_result(attempt)):
        known = session.queries.outcomes(attempt.job.project, str(attempt.job.number))
        cancel_waiting(session, known, attempt, why)


def _note_running(session: SessionContext, attempt: Attempt, began: Began, silent_s: float) -> None:
    """Record that an attempt runs; not one that was cancelled before it began."""
    if began.host:
        # The clock of that machine may be wrong.
        began_at = min(max(began.began_at, attempt.submitted_at), datetime.now(timezone.utc))
        new = replace(attempt, host=began.host, began_at=began_at)
        call = session.dispatcher.call
        call(hookspecs.note_running, session.queries.journal, attempt=new, pid=began.pid, silent_s=silent_s)


def _record_outcome(session: SessionContext, attempt: Attempt) -> bool:
    """Record the outcome file of an attempt, and return whether there is one."""
    if valid_outcome(attempt.job) is None:
        return False
    replay(session, attempt.job.project, str(attempt.job.number))
    return True
