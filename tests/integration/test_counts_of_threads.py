"""The number of thread hops per job is constant. Each hop takes time and needs a database connection."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from integration.bench_job import bench_session, fill

from ccp4hooks import execute, hookimpl, make_script
from ccp4hooks_database import AsyncDatabaseHandler, run_job_async, versions

OF_A_RUN = 2
"""Thread hops of a run: finding the task, which may need its own process, and the complete job.

With CCP4i2 3.1, one more thread writes the snapshot of the project; nobody waits for it.
"""

OF_A_TRACKED_SCRIPT = 4
"""Thread hops of a tracked script: finding the job, its start, its `process()`, and its end."""


class Everywhere:
    """A plugin with work in every phase of a job."""

    def __init__(self):
        self.threads = []

    def _seen(self):
        self.threads.append(threading.current_thread())

    @hookimpl
    def pre_import(self):
        self._seen()

    @hookimpl
    def job_status(self):
        self._seen()

    @hookimpl
    def glean_file(self):
        self._seen()

    @hookimpl
    def job_finished(self):
        self._seen()


@pytest.fixture
def plugins():
    return [Everywhere() for _ in range(5)]


@pytest.fixture
def handler(tmp_path, plugins, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    session = bench_session(tmp_path, extra={f"everywhere{n}": plugin for n, plugin in enumerate(plugins)})
    return AsyncDatabaseHandler(session.project("p").uuid, session=session)


@pytest.fixture
def hops(monkeypatch):
    """The calls that were passed to other threads."""
    given, original = [], ThreadPoolExecutor.submit

    def submit(self, function, /, *arguments, **options):
        given.append(function)
        return original(self, function, *arguments, **options)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
    return given


def filled(tmp_path, count):
    script = make_script("bench_task")
    fill(script.container.inputData.XYZ_LIST, tmp_path / "sources", count)
    script.container.controlParameters.KPIS.set(count)
    return script


@pytest.mark.parametrize("count", [1, 12])
def test_a_tracked_script_takes_a_constant_number_of_thread_hops(handler, tmp_path, hops, plugins, count):
    script = filled(tmp_path, count)

    async def tracked():
        async with handler.track_job(script):
            fill(script.container.outputData.OUT_LIST, script.workDirectory, count)
            await execute(script)

    asyncio.run(tracked())
    assert len(hops) == OF_A_TRACKED_SCRIPT + versions.writes_snapshots()
    # pre_import, RUNNING, each file, finished.
    assert [len(plugin.threads) for plugin in plugins] == [count + 3] * 5


def test_a_run_takes_two_thread_hops_and_one_thread_for_all_plugins(handler, hops, plugins):
    job = handler.create_job_sync("bench_task")
    del hops[:]
    asyncio.run(run_job_async(job.uuid, session=handler.session))
    assert len(hops) == OF_A_RUN + versions.writes_snapshots()
    assert len({thread for plugin in plugins for thread in plugin.threads}) == 1
