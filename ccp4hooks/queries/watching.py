"""Watch the jobs of a project: those that wait or run, and those that end meanwhile. Reads only."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ccp4hooks.i2.program_xml import ProgramXml
from ccp4hooks.model import JobNumber, JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from uuid import UUID

    from ccp4hooks.model import Outcome, OwnedJob, Project
    from ccp4hooks.queries.recorded import Queries


class ProjectWatch:
    """The jobs of a project that wait or run, and those that have ended since the watch began.

    Args:
        queries: Reads what is recorded.
        project: The project.
        before: Called before each reading, if something must be recorded first.

    Attributes:
        project: The project.
    """

    def __init__(self, queries: Queries, project: Project, before: Callable[[], None] = lambda: None) -> None:
        queries.require_database()
        self._before = before
        self.project = project
        self._queries = queries
        self._since = datetime.now(timezone.utc)
        self._known: dict[UUID, JobState] = {}
        self._programs: dict[UUID, ProgramXml] = {}
        self._tops: set[JobNumber] = set()

    def read(self) -> tuple[JobState, ...]:
        """Return the present states of the jobs, in the order of their numbers.

        A job that has ended is returned with its end each time. Of a top-level job that runs, all sub-jobs are
        returned, also those that had ended before.
        """
        self._before()
        owners = {one.job.uuid: one for one in self._queries.owned_jobs(self.project)}
        active = self._queries.active_outcomes(self.project, self._since)
        found = {one.job.uuid: one for one in active if self._is_wanted(one)}
        for top in dict.fromkeys(one.job.number.top for one in found.values() if one.status.is_running):
            if top not in self._tops:
                self._tops.add(top)
                found = {one.job.uuid: one for one in self._queries.summaries(self.project, top)} | found
        # A job that had not ended and is not recorded any more was withdrawn.
        for uuid in [uuid for uuid, state in self._known.items() if state.is_active and uuid not in found]:
            del self._known[uuid]
        self._known |= {uuid: self._state(one, owners) for uuid, one in found.items()}
        return tuple(sorted(self._known.values(), key=lambda state: state.outcome.job.number.parts))

    def _is_wanted(self, outcome: Outcome) -> bool:
        if outcome.job.uuid in self._known or outcome.status.is_waiting or outcome.status.is_running:
            return True
        return outcome.finished_at is not None and outcome.finished_at > self._since

    def _state(self, outcome: Outcome, owners: Mapping[UUID, OwnedJob]) -> JobState:
        job = outcome.job
        program = self._programs.setdefault(job.uuid, ProgramXml(job.directory))
        progress = None if outcome.status.is_waiting else program.progress(outcome.started_at)
        return JobState(outcome=outcome, owner=owners.get(job.uuid), progress=progress)


def changed(before: Iterable[JobState], now: Iterable[JobState]) -> Sequence[JobState]:
    """Return the states that differ from those before in what a user is shown: status, death or progress."""
    shown = {state.outcome.job.uuid: _facts(state) for state in before}
    return [state for state in now if shown.get(state.outcome.job.uuid) != _facts(state)]


def _facts(state: JobState) -> tuple[object, ...]:
    return state.outcome.status, state.has_died, state.progress
