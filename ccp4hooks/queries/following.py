"""Follow a job of this or another process: its state, and what its task or its program prints. Reads only."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ccp4hooks.errors import BadInputError, WaitTimeoutError
from ccp4hooks.i2.program_xml import ProgramXml
from ccp4hooks.model import JobState
from ccp4hooks.outcomes import checks
from ccp4hooks.outcomes.job_traces import removed_at
from ccp4hooks.outcomes.output_reader import PROGRAM_LOG, OutputReader, output_path
from ccp4hooks.runtime import paths
from ccp4hooks.texts import job_command

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from ccp4hooks.model import JobNumber, Outcome, Project
    from ccp4hooks.queries.recorded import Queries

OUTPUT_POLL_S = 0.2
"""Interval at which a file with output is read [s]."""

STATE_POLL_S = 1.0
"""Interval at which the state of a job is read [s]."""

ASK_S = 15.0
"""Interval at which engines are asked for jobs that they have ended [s]."""


def job_state(queries: Queries, project: Project, number: str) -> JobState:
    """Return the present state of a job; see `Session.job_state`."""
    # First the owners: a process that is dead by then records nothing more.
    owners = queries.owned_jobs(project)
    outcome = queries.summaries(project, number)[0]
    owner = next((one for one in owners if one.job.uuid == outcome.job.uuid), None)
    progress = None if outcome.status.is_waiting else ProgramXml(outcome.job.directory).progress(outcome.started_at)
    state = JobState(outcome=outcome, owner=owner, progress=progress)
    # A process that died after it had written the outcome file has left the end of the job there.
    left = checks.valid_outcome(outcome.job) if state.has_died else None
    return state if left is None else replace(state, outcome=left)


class FollowsEngines(Protocol):
    """The methods of a session that keep the record of jobs on engines true."""

    def follow_engines(self, project: Project) -> None:
        """Record what machines without the database have written."""

    def recover_quietly(self, name: str, *, waits: bool) -> object:
        """Recover a project, for which the engines are asked."""


class EngineFollower:
    """Keeps the record of a project true while somebody waits for its jobs on engines. Call it before each reading.

    Args:
        session: Records what machines without the database have written at each call, and asks the engines every
            `ASK_S`.
        project: The project.
    """

    def __init__(self, session: FollowsEngines, project: Project) -> None:
        self._session = session
        self._project = project
        self._asked_s = time.monotonic()

    def __call__(self) -> None:
        """Record what has happened since the last call."""
        self._session.follow_engines(self._project)
        if time.monotonic() - self._asked_s > ASK_S:
            self._session.recover_quietly(self._project.name, waits=True)
            self._asked_s = time.monotonic()


def wait(
    queries: Queries, project: Project, number: str, timeout_s: float | None, before: Callable[[], None] = lambda: None
) -> JobState:
    """Wait until a job has ended, and return its state; see `Session.wait`.

    Args:
        queries: Reads the state of the job.
        project: The project.
        number: Number of the job.
        timeout_s: The longest time to wait [s]; None for no limit.
        before: Called before each reading, if something must be recorded first.
    """
    deadline = math.inf if timeout_s is None else time.monotonic() + timeout_s
    while True:
        before()
        state = job_state(queries, project, number)
        if not state.is_active:
            return state
        left_s = deadline - time.monotonic()
        if timeout_s is not None and left_s <= 0:
            raise WaitTimeoutError(state, timeout_s)
        time.sleep(min(left_s, STATE_POLL_S))


class JobOutput:
    """The output of the task of a job, or of its program. Iterate over it for pieces of text.

    Args:
        queries: Reads the state of the job.
        state: The state of the job.
        program: Whether the output of the program is wanted, not that of the task.
        follow: Whether to go on until the job has ended.
        lines: Number of lines at the end with which to begin; None for all, up to 10 MiB.
        before: Called before each reading of the state, if something must be recorded first.

    Raises:
        BadInputError: There is nothing to read, and `follow` is false; or the project has no directory.

    Attributes:
        reader: Reads the file.
        state: The state of the job when it was read last.
    """

    def __init__(
        self,
        queries: Queries,
        state: JobState,
        *,
        program: bool,
        follow: bool,
        lines: int | None,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.state = state
        self._before = before
        self._queries = queries
        self._program = program
        self._follow = follow
        self._lines = lines
        self.reader = self._new_reader()
        paths.require_directory(state.outcome.job.project)
        if not follow and not self.reader.path.exists():
            raise BadInputError(self.why_none)

    def __iter__(self) -> Generator[str, None, None]:
        """Yield the output in pieces. With `follow`, yield an empty text whenever there is nothing new."""
        try:
            yield from self.reader.read()
            while self._follow and self.state.is_active:
                yield from self._grown()
                job = self.state.outcome.job
                self._before()
                self.state = job_state(self._queries, job.project, job.number)
                # What was written before the end is read once more after it.
                yield from self._new_pieces()
            yield self.reader.end()
        finally:
            self.reader.close()

    @property
    def sub_jobs_with_log(self) -> list[JobNumber]:
        """Numbers of the sub-jobs that have a log of a program, if that of a program is wanted; none otherwise."""
        return _with_log(_below(self._queries, self.state.outcome)) if self._program else []

    @property
    def why_none(self) -> str:
        """The reason why there is nothing to read, in sentences; empty if a file was read."""
        return "" if self.reader.has_begun else _why_none(self._queries, self.state, program=self._program)

    def _grown(self) -> Iterator[str]:
        """Yield what is added to the file until it is time to read the state of the job again."""
        until = time.monotonic() + STATE_POLL_S
        while time.monotonic() < until:
            time.sleep(OUTPUT_POLL_S)
            yield from self._new_pieces()
            yield ""

    def _new_pieces(self) -> Iterator[str]:
        if not self.reader.has_begun:
            # Which file has the output is known only once one of them exists.
            self.reader = self._new_reader()
        yield from self.reader.read()

    def _new_reader(self) -> OutputReader:
        path = output_path(self.state.outcome.job.directory, program=self._program)
        return OutputReader(path, lines=self._lines)


def _why_none(queries: Queries, state: JobState, *, program: bool) -> str:
    """Return the reason why a job has no output, in sentences."""
    outcome = state.outcome
    job, status = outcome.job, outcome.status
    if status.is_waiting and not state.has_died:
        return f"Job {job.number} is {status.name}: it has not begun to run, so it has no log. `-f` waits for it."
    if not job.directory.is_dir():
        where = f" It runs on {state.owner.host}." if state.owner and state.is_active else ""
        return f"The directory {job.directory} of job {job.number} ({status.name}) does not exist here.{where}"
    removed = _removed(outcome, program=program)
    if removed:
        return f"Job {job.number} ({status.name}) has no log{' of a program' if program else ''} any more: {removed}."
    if not program:
        return f"Job {job.number} ({status.name}) has no log: its task has not printed anything."
    return _why_no_program(queries, outcome)


def _why_no_program(queries: Queries, outcome: Outcome) -> str:
    """Return the reason why a job that has begun to run has no log of a program, in sentences."""
    job, below = outcome.job, _below(queries, outcome)
    alone = f"The task of job {job.number} has run no program itself."
    have = _with_log(below)
    if have:
        example = job_command("log", have[0], "--program", project=job.project.name)
        return f"{alone} These sub-jobs have: {', '.join(have)}. For instance: {example}."
    had = [one.job.number for one in below if _removed(one, program=True)]
    if had:
        return f"{alone} These sub-jobs have, and `ccp4hooks clean` removed their logs: {', '.join(had)}."
    return f"Job {job.number} ({outcome.status.name}) has no log of a program: CCP4i2 has started none for it."


def _removed(outcome: Outcome, *, program: bool) -> str:
    """Return when and by what the log of a job or of its program was removed, in words; empty if nothing says so."""
    path = output_path(outcome.job.directory, program=program)
    at = removed_at(outcome.job, path)
    return "" if at is None else f"`ccp4hooks clean` removed {path.name} on {at.astimezone():%Y-%m-%d %H:%M}"


def _with_log(below: Iterable[Outcome]) -> list[JobNumber]:
    return [one.job.number for one in below if (one.job.directory / PROGRAM_LOG).is_file()]


def _below(queries: Queries, outcome: Outcome) -> Sequence[Outcome]:
    return queries.summaries(outcome.job.project, outcome.job.number)[1:]
