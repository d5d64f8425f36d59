"""What engines say of jobs that have not ended, for recovery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ccp4hooks.maintenance.unowned import cancel_unowned
from ccp4hooks.model import Attempt, Fate, JobStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Outcome, OwnedJob, Project

MISSED = 2
"""Number of heartbeats that a process has missed which is dead if its engine has ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineJobs:
    """The jobs of engines that have not ended.

    Attributes:
        attempts: Their latest attempts.
        gone: The jobs that their engine has ended, or does not know.
    """

    attempts: tuple[Attempt, ...] = ()
    gone: frozenset[UUID] = frozenset()

    @classmethod
    def of(cls, session: SessionContext, project: Project | None) -> EngineJobs:
        """Return the jobs of the engines, which are asked once each; none if the settings describe no engine."""
        if not session.engines.names:
            return cls()
        attempts = session.queries.unfinished_attempts(project)
        handles = {one.handle: one.job.uuid for one in attempts if one.handle is not None}
        fates = session.engines.ask(handles)
        gone = frozenset(handles[handle] for handle, fate in fates.items() if fate is Fate.GONE)
        return cls(attempts=attempts, gone=gone)

    def is_alive(self, owned: OwnedJob) -> bool:
        """Return whether the owner of a job is alive, as far as its engine and its heartbeats say.

        What is seen of the process itself counts first. What an engine says counts only together with heartbeats.
        """
        if not owned.alive or owned.reachable or owned.job.uuid not in self.gone:
            return owned.alive
        return owned.missed is None or owned.missed < MISSED

    def end_waiting(self, session: SessionContext) -> list[Outcome]:
        """Mark the jobs as INTERRUPTED that wait for an engine which does not have them any more."""
        lost = [one for one in self.attempts if one.job.uuid in self.gone and one.began_at is None]
        return [outcome for one in lost for outcome in self._ended(session, one)]

    @staticmethod
    def _ended(session: SessionContext, attempt: Attempt) -> Sequence[Outcome]:
        known = session.queries.outcomes(attempt.job.project, str(attempt.job.number))
        why = f"The engine {attempt.engine!r} has ended it before it began (number {attempt.key} there)."
        waiting = [one for one in known if one.status is JobStatus.QUEUED]
        return cancel_unowned(session, waiting, why=why)
