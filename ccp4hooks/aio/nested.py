"""Run several tasks concurrently as sub-jobs of one job."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ccp4hooks.aio.tasks import execute, in_own_thread
from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs.tracking import Tracked, tracked_job
from ccp4hooks.tasks import parameters
from ccp4hooks.tasks.given_values import value_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from ccp4hooks.aio.requests import NestedJob
    from ccp4hooks.model import Outcome, RunTarget
    from ccp4hooks.session import Session


async def run_nested_async(
    session: Session,
    parent_uuid: UUID,
    jobs: Sequence[NestedJob],
    *,
    target: RunTarget | None = None,
    limit: int | None = None,
) -> list[Outcome]:
    """Run tasks concurrently as sub-jobs of one job, and return their outcomes in the order of `jobs`.

    Args:
        session: The plugins.
        parent_uuid: A job that is tracked in this process, or a waiting job. A waiting job runs as long as its
            sub-jobs, and fails if one of them fails.
        jobs: The sub-jobs to run.
        target: The engine that runs the sub-jobs, and what each needs there; None to run them in this process. None
            of them is submitted again if it is interrupted.
        limit: The largest number of sub-jobs that wait or run on the engine at once; None for that of the engine.

    Raises:
        BadInputError: The parent job is not recorded or has ended, the request for a sub-job is invalid, or there is
            no such engine.
    """
    run = partial(_all, session) if target is None else partial(_on_engine, session, target, limit)
    under_way = tracked_job(parent_uuid)
    if under_way is not None and under_way.outcome is None:
        return await run(under_way, jobs)
    parent = await in_own_thread(partial(session.take, parent_uuid))
    await in_own_thread(parent.begin)
    try:
        outcomes = await run(parent, jobs)
    except BaseException as error:
        await in_own_thread(partial(parent.end, error))
        raise
    bad = [one.job.number for one in outcomes if one.status.is_failure]
    failure = BadInputError(f"These sub-jobs failed: {', '.join(bad)}.") if bad else None
    await in_own_thread(partial(parent.end, failure))
    return outcomes


async def _on_engine(
    session: Session, target: RunTarget, limit: int | None, parent: Tracked, jobs: Sequence[NestedJob]
) -> list[Outcome]:
    from ccp4hooks.aio.nested_on_engine import run_on_engine  # noqa: PLC0415 - start-up time

    return await run_on_engine(session, parent, jobs, target, limit)


async def _all(session: Session, parent: Tracked, jobs: Sequence[NestedJob]) -> list[Outcome]:
    import asyncio  # noqa: PLC0415 - start-up time

    # Created one after another, so that their numbers follow the order of `jobs`.
    children = [await in_own_thread(partial(_made, session, parent, job)) for job in jobs]
    return list(await asyncio.gather(*(_one(child) for child in children)))


def _made(session: Session, parent: Tracked, job: NestedJob) -> Tracked:
    """Return a sub-job whose script has its parameters set.

    Raises:
        BadInputError: The task or a parameter is invalid.
    """
    scripts.require_batch_task(job["task_name"])
    script = scripts.make_child(parent.script, job["task_name"], job.get("title", ""))
    if script is None:
        raise BadInputError(
            f"The task {job['task_name']!r} cannot be set up. The diagnostic.xml of the parent job gives the reason."
        )
    context = parameters.Context(
        project=parent.job.project, lookups=session.lookups, scratch=parent.job.directory, extracts={}
    )
    given = [(name, str(value)) for name, value in value_pairs(job.get("input_data", ()))]
    parameters.set_parameters(script, given, context)
    return parent.sub_job(script, job.get("title", ""))


async def _one(child: Tracked) -> Outcome:
    await in_own_thread(child.begin)
    failure: BaseException | None = None
    try:
        await execute(child.script)
    except BaseException as error:
        failure = error
        raise
    finally:
        outcome = await in_own_thread(partial(child.end, failure))
    return outcome
