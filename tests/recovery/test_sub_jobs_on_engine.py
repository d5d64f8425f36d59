"""Sub-jobs on an engine: each is recorded below its parent, and none is left when the parent ends."""

import asyncio
import os
import subprocess
import sys
import time

import pytest
from recovery.test_engine_jobs import HERE, MODEL, PATIENCE_S, TASKS, here

from ccp4hooks import BadInputError, JobStatus, RunTarget, run_nested_async
from ccp4hooks.aio import nested_on_engine

__all__ = ["here"]

TARGET = RunTarget(engine="here")
SELECT = {"task_name": "coordinate_selector", "title": "sel", "input_data": {"XYZIN": str(MODEL)}}
LIVE = {"task_name": "it_pipeline", "input_data": {"XYZIN": str(MODEL), "MODE": "live"}}


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(nested_on_engine, "POLL_S", 0.1)


def statuses(here):
    here.session.follow_engines("p")
    return {str(one.job.number): one.status for one in here.session.outcomes("p", "1")}


def test_sub_jobs_run_on_an_engine_and_are_recorded_below_their_parent(here):
    parent = here.session.open_job("it_pipeline", project="p")
    outcomes = asyncio.run(run_nested_async(here.session, parent.uuid, [SELECT] * 3, target=TARGET, limit=2))
    assert [(one.job.number, one.status, one.job.parent_uuid) for one in outcomes] == [
        (f"1.{n}", JobStatus.FINISHED, parent.uuid) for n in (1, 2, 3)
    ]
    assert {one.job.title for one in outcomes} == {"sel"}
    assert all(one.files for one in outcomes)
    assert outcomes[0].job.directory == parent.directory / "job_1"
    assert [len(here.session.attempts("p", f"1.{n}")) for n in (1, 2, 3)] == [1, 1, 1]
    assert set(statuses(here).values()) == {JobStatus.FINISHED}
    assert len(here.session.outcomes("p", "1")) == 4
    assert here.session.recover("p").outcomes == ()


def test_a_sub_job_that_the_engine_refuses_has_not_run_and_its_parent_fails(here, orders):
    (orders / "refuse").touch()
    parent = here.session.open_job("it_pipeline", project="p")
    (outcome,) = asyncio.run(run_nested_async(here.session, parent.uuid, [SELECT], target=TARGET))
    assert (outcome.status, outcome.started_at) == (JobStatus.INTERRUPTED, None)
    assert "The engine is full" in str(outcome.problems[-1])
    assert statuses(here) == {"1": JobStatus.FAILED, "1.1": JobStatus.INTERRUPTED}


def test_no_sub_job_runs_if_the_request_for_one_is_invalid(here):
    parent = here.session.open_job("it_pipeline", project="p")
    wrong = {"task_name": "coordinate_selector"}
    with pytest.raises(BadInputError, match="cannot run with these inputs"):
        asyncio.run(run_nested_async(here.session, parent.uuid, [SELECT, wrong], target=TARGET))
    assert statuses(here) == {"1": JobStatus.FAILED, "1.1": JobStatus.INTERRUPTED}
    assert here.session.attempts("p", "1.1") == ()


def test_the_sub_jobs_end_with_their_parent_if_it_is_cancelled(here):
    parent = here.session.open_job("it_pipeline", project="p")

    def begun():
        statuses(here)
        return all((parent.directory / f"job_{n}" / "program.xml").exists() for n in (1, 2))

    async def main():
        nested = run_nested_async(here.session, parent.uuid, [LIVE] * 3, target=TARGET, limit=2)
        running = asyncio.ensure_future(nested)
        await asyncio.to_thread(here.until, begun)
        running.cancel()
        await running

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert statuses(here) == dict.fromkeys(("1", "1.1", "1.2", "1.3"), JobStatus.INTERRUPTED)
    assert here.session.attempts("p", "1.3") == ()


SUBMITS = """
import asyncio, sys
from pathlib import Path
from recovery.test_engine_jobs import Here
from recovery.test_sub_jobs_on_engine import SELECT, TARGET
from ccp4hooks import run_nested_async

session = Here(sys.argv[1], Path(sys.argv[2])).session
parent = session.open_job("it_pipeline", project="p")
asyncio.run(run_nested_async(session, parent.uuid, [SELECT] * 2, target=TARGET, limit=1))
"""


def test_sub_jobs_that_wait_do_not_run_after_their_parent_has_died(here, orders):
    (orders / "hold").touch()
    path = os.pathsep.join([str(HERE), str(TASKS), str(HERE.parent)])
    words = [sys.executable, "-c", SUBMITS, here.settings.database, str(here.projects.parent)]
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": path}) as process:
        end = time.monotonic() + PATIENCE_S
        while not here.session.projects() or statuses(here).get("1.1") is not JobStatus.QUEUED:
            assert time.monotonic() < end
            time.sleep(0.1)
        process.kill()
    here.session.recover("p")
    assert statuses(here) == dict.fromkeys(("1", "1.1", "1.2"), JobStatus.INTERRUPTED)
    (attempt,) = here.session.attempts("p", "1.1")
    assert attempt.end is JobStatus.INTERRUPTED
    assert "Nothing was run" in here.run_command(attempt)
