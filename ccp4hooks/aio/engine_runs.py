"""Submit many tasks to an engine, wait for them, and pass their results on as they come."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from ccp4hooks.aio.requests import RunAnswer, RunRequest
from ccp4hooks.errors import (
    BadInputError,
    Ccp4HooksError,
    EngineUnavailableError,
    StoreError,
    StoreUnavailableError,
    UnknownNameError,
)
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import JobStatus, Progress, Project, RunResult, RunTarget, Submission
from ccp4hooks.queries.following import EngineFollower
from ccp4hooks.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccp4hooks.model import Job, Outcome

T = TypeVar("T")

POLL_S = 1.0
"""Interval at which the jobs are read [s]. One query reads all of them."""

LOCAL_POLL_S = 0.1
"""The same for jobs of this machine, which may take less than a second [s]."""

UNAVAILABLE_S = 600.0
"""How long the database or the engine may be away [s]; the jobs that were submitted go on meanwhile."""

AGAIN_S = 5.0
"""Time after which an engine that could not be reached is tried again [s]."""


@dataclass(slots=True)
class _Waiting:
    """A request whose job was submitted.

    Attributes:
        request: The request.
        submission: What was submitted for it last.
        began: Whether its job was seen to run.
    """

    request: RunRequest
    submission: Submission
    began: bool = False


@dataclass(slots=True, kw_only=True)
class EngineRuns:
    """Runs tasks on an engine.

    Attributes:
        session: The plugins.
        target: The engine, and what each job needs.
        limit: The largest number of jobs that wait or run there at once.
        progress: Called when a job was submitted, begins to run and has ended.
    """

    session: Session
    target: RunTarget
    limit: int
    progress: Callable[[Progress], None] | None = None
    _waiting: dict[UUID, list[_Waiting]] = field(default_factory=dict)
    _left: deque[RunRequest] = field(default_factory=deque)
    _followers: dict[Project, EngineFollower] = field(default_factory=dict)
    _away_since_s: float = 0.0
    _again_s: float = 0.0

    def run(self, requests: Iterable[RunRequest]) -> Iterator[RunAnswer]:
        """Submit tasks, and yield what became of each as soon as it has ended.

        A job that was interrupted and has retries left is submitted again. If the caller ends early, the jobs that were
        submitted go on: the same requests find them again if they are to run only if their input has changed.

        Args:
            requests: The tasks; each is taken from the iterable when it can be submitted.

        Raises:
            BadInputError: The limit is less than 1, or there is no such engine.
            StoreError: The database cannot be used. The submitted jobs go on.
        """
        if self.limit < 1:
            raise BadInputError(f"{self.limit} jobs cannot run at once. Give 1 or more.")
        is_local = self.session.settings.engine(self.target.engine).is_local
        source, more = iter(requests), True
        while more or self._waiting:
            while more and self._has_room():
                request = self._left.popleft() if self._left else next(source, None)
                more = request is not None
                answer = None if request is None else self._submitted(request)
                if answer is not None:
                    yield answer
            yield from self._ended()
            more = more or bool(self._left)
            if (more or self._waiting) and not (more and self._has_room()):
                time.sleep(LOCAL_POLL_S if is_local else POLL_S)

    def _has_room(self) -> bool:
        """Return whether another job can be submitted now."""
        return len(self._waiting) < self.limit and time.monotonic() >= self._again_s

    def _submitted(self, request: RunRequest) -> RunAnswer | None:
        """Submit a task; return what became of it if nothing needs to run."""
        submit = self.session.submit
        try:
            made = submit(
                request.task,
                request.values,
                project=request.project,
                target=self.target,
                title=request.title,
                saved=request.saved,
                if_changed=request.if_changed,
                waits=True,
            )
        except StoreError:
            raise
        except EngineUnavailableError as error:
            return self._later(request, error)
        except Ccp4HooksError as error:
            return RunAnswer(request=request, error=error)
        if made.result is not None:
            return RunAnswer(request=request, result=made.result)
        self._away_since_s = 0.0
        # Two requests may be the same.
        self._waiting.setdefault(made.job.uuid, []).append(_Waiting(request, made))
        self._report(made, "submitted", JobStatus.QUEUED)
        return None

    def _later(self, request: RunRequest, error: EngineUnavailableError) -> RunAnswer | None:
        """Put a request back whose engine cannot be reached; return the error if that has lasted too long."""
        now_s = time.monotonic()
        self._away_since_s = self._away_since_s or now_s
        if now_s - self._away_since_s > UNAVAILABLE_S:
            return RunAnswer(request=request, error=error)
        self._left.appendleft(request)
        self._again_s = now_s + AGAIN_S
        return None

    def _report(self, submission: Submission, phase: str, status: JobStatus) -> None:
        if self.progress is not None:
            self.progress(Progress(job=submission.job, phase=phase, status=status))

    def _ended(self) -> Iterator[RunAnswer]:
        """Yield what became of the jobs that have ended, and submit those again that have retries left."""
        for project in self._projects():
            _patiently(self._follower(project))
        found = [_patiently(partial(self.session.submitted, project)) for project in self._projects()]
        active = {one.job.uuid: one for some in found for one in some}
        for uuid, some in list(self._waiting.items()):
            now = active.get(uuid)
            if now is None:
                yield from self._answers(uuid, some)
            elif now.began_at is not None and not some[0].began:
                some[0].began = True
                self._report(some[0].submission, "running", JobStatus.RUNNING)

    def _again(self, job: Job) -> Submission | None:
        """Submit a job again that was interrupted, and return the submission; None if it has no retries left."""
        (*_, last) = _patiently(partial(self.session.attempts, job.project, str(job.number)))
        if not last.retries:
            return None
        target = replace(self.target, retries=last.retries - 1)
        again = attempt(partial(self.session.retry, job.project, str(job.number), target=target, waits=True))
        return None if isinstance(again, Failure) else again

    def _projects(self) -> set[Project]:
        return {some[0].submission.job.project for some in self._waiting.values()}

    def _follower(self, project: Project) -> EngineFollower:
        return self._followers.setdefault(project, EngineFollower(self.session, project))

    def _outcomes_of(self, job: Job) -> tuple[Outcome, ...]:
        """Return the outcomes of a job and its sub-jobs; none if it is not recorded any more."""
        try:
            return self.session.outcomes(job.project, str(job.number))
        except UnknownNameError:
            return ()

    def _answers(self, uuid: UUID, some: list[_Waiting]) -> Iterator[RunAnswer]:
        job, first = some[0].submission.job, some[0]
        outcomes = _patiently(partial(self._outcomes_of, job))
        if not outcomes:
            # Another process had opened it for the same request, and has withdrawn it.
            del self._waiting[uuid]
            self._left.extend(one.request for one in some)
            return
        status = outcomes[0].status
        again = self._again(job) if status is JobStatus.INTERRUPTED else None
        if again is not None:
            first.submission, first.began = again, False
            self._report(again, "submitted", JobStatus.QUEUED)
            return
        del self._waiting[uuid]
        self._report(first.submission, "finished", status)
        for one in some:
            yield RunAnswer(request=one.request, result=RunResult(outcomes=outcomes))


def _patiently(read: Callable[[], T]) -> T:
    """Return what a function reads, and wait for a database that is away.

    Raises:
        StoreUnavailableError: It was away for too long.
    """
    deadline = time.monotonic() + UNAVAILABLE_S
    while isinstance(found := attempt(read), Failure):
        if not isinstance(found.error, StoreUnavailableError) or time.monotonic() > deadline:
            raise found.error
        time.sleep(POLL_S)
    return found
