"""Run tasks as sub-jobs of one job on an engine.

A sub-job on an engine is a job like any other: it is opened here, its files are imported here, and only its identity
travels. The script of its parent shares nothing with it, and waits for its record.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from ccp4hooks.errors import BadInputError, StoreError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.model import Job, Outcome, RunTarget
from ccp4hooks.runtime import stdio
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.session import Session
from ccp4hooks.tasks import parameters
from ccp4hooks.tasks.given_values import value_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ccp4hooks.aio.requests import NestedJob
    from ccp4hooks.jobs.tracking import Tracked

T = TypeVar("T")

POLL_S = 1.0
"""Interval at which the sub-jobs are read [s]. One query reads all of them."""

LOCAL_POLL_S = 0.1
"""The same for sub-jobs on this machine [s]."""

ASK_S = 15.0
"""Interval at which the engine is asked for sub-jobs that it has ended [s]."""


async def run_on_engine(
    session: Session, parent: Tracked, jobs: Sequence[NestedJob], target: RunTarget, limit: int | None
) -> list[Outcome]:
    """Run sub-jobs of a job that this process tracks, and return their outcomes in the order of `jobs`.

    If the awaiting task is cancelled, the sub-jobs that have not ended are cancelled, too.

    Args:
        session: The plugins.
        parent: The job.
        jobs: The sub-jobs.
        target: The engine, and what each sub-job needs. None of them is submitted again.
        limit: The largest number of sub-jobs that wait or run there at once; None for that of the engine.

    Raises:
        BadInputError: The request for a sub-job is invalid, or there is no such engine. No sub-job runs.
        StoreError: The database cannot be used. The sub-jobs that were submitted go on.
    """
    import asyncio  # noqa: PLC0415 - start-up time

    engine = session.settings.engine(target.engine)
    allowed = engine.at_most if limit is None else limit
    if allowed < 1:
        raise BadInputError(f"{allowed} jobs cannot run at once. Give 1 or more.")
    try:
        # Opened one after another, so that their numbers follow the order of `jobs`.
        opened = [await _completed(partial(_opened, session, parent, job)) for job in jobs]
        runs = _SubJobs(session=session, target=replace(target, retries=0), limit=allowed, left=deque(opened))
        while not await _completed(runs.advance):  # noqa: ASYNC110 - the sub-jobs end in other processes
            await asyncio.sleep(LOCAL_POLL_S if engine.is_local else POLL_S)
    except StoreError:
        raise
    except BaseException:
        await _completed(partial(session.cancel_sub_jobs, parent.job.project, str(parent.job.number)))
        raise
    return [runs.ended[one.uuid] for one in opened]


async def _completed(function: Callable[[], T]) -> T:
    """Call a function in another thread; if the awaiting task is cancelled, wait for the function nevertheless.

    The thread has a context of its own, so that the commands of an engine are no programs of the parent.
    """
    import asyncio  # noqa: PLC0415 - start-up time

    running = asyncio.get_running_loop().run_in_executor(None, function)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _opened(session: Session, parent: Tracked, job: NestedJob) -> Job:
    """Open a sub-job that waits, with its parameters in its directory.

    Raises:
        BadInputError: The task or a parameter is invalid.
    """
    task, title = job["task_name"], job.get("title", "")
    above = parent.job
    scripts.require_batch_task(task)
    with scratch_directory() as scratch, stdio.output_dropped():
        script = scripts.build_script(task, title, scratch)
        context = parameters.Context(
            project=above.project, lookups=session.lookups, scratch=above.directory, extracts={}
        )
        pairs = [(name, str(value)) for name, value in value_pairs(job.get("input_data", ()))]
        parameters.set_parameters(script, pairs, context)
        missing = parameters.missing_inputs(script)
        if missing:
            raise BadInputError(f"The task {task!r} cannot run with these inputs:", missing)
        index = scripts.next_child_index(parent.script)
        opened = session.open_job(task, project=above.project.uuid, title=title, parent=above, child_index=index)
        scripts.set_directory(script, opened.directory)
        scripts.save_parameters(script, opened.directory / "input_params.xml")
    return opened


@dataclass(slots=True, kw_only=True)
class _SubJobs:
    """Sub-jobs on an engine.

    Attributes:
        session: The plugins.
        target: The engine, and what each sub-job needs.
        limit: The largest number of sub-jobs that wait or run there at once.
        left: Those that were not submitted yet.
        ended: The outcomes of those that have ended.
    """

    session: Session
    target: RunTarget
    limit: int
    left: deque[Job]
    ended: dict[UUID, Outcome] = field(default_factory=dict)
    _waiting: dict[UUID, Job] = field(default_factory=dict)
    _asked_s: float = field(default_factory=time.monotonic)

    def advance(self) -> bool:
        """Submit as many sub-jobs as the limit allows, note which have ended, and return whether all have."""
        while self.left and len(self._waiting) < self.limit:
            self._submit(self.left.popleft())
        for project in {one.project for one in self._waiting.values()}:
            if time.monotonic() - self._asked_s > ASK_S:
                self.session.recover_quietly(project.name)
                self._asked_s = time.monotonic()
            self.session.follow_engines(project)
            active = {one.job.uuid for one in self.session.submitted(project)}
            for job in [one for one in self._waiting.values() if one.uuid not in active]:
                self._note_end(job)
        return not self.left and not self._waiting

    def _submit(self, job: Job) -> None:
        """Submit a sub-job. One that cannot be submitted has ended.

        Raises:
            StoreError: The database cannot be used.
        """
        number = str(job.number)
        submitted = attempt(partial(self.session.retry, job.project, number, target=self.target, waits=True))
        self._waiting[job.uuid] = job
        if not isinstance(submitted, Failure):
            return
        if isinstance(submitted.error, StoreError) or not self._note_end(job):
            raise submitted.error

    def _note_end(self, job: Job) -> bool:
        """Note the outcome of a sub-job, and return whether it has ended."""
        outcome = self.session.outcomes(job.project, str(job.number))[0]
        if outcome.status.is_over:
            self.ended[job.uuid] = outcome
            del self._waiting[job.uuid]
        return outcome.status.is_over
