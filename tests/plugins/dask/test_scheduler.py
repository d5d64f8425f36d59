"""A scheduler of dask that runs already, with PostgreSQL."""

import json
import subprocess
import sys

import pytest
from plugins.dask.pools import MODEL, until

from ccp4hooks import EngineUnavailableError, Fate, JobStatus, RunTarget, sweep

pytestmark = pytest.mark.postgresql


class Dask:
    """A scheduler and a worker with one thread, as a site starts them."""

    def __init__(self, folder):
        self.folder = folder
        self.scheduler_file = folder / "scheduler.json"
        self.log = folder / "log.txt"
        self.scheduler = self.start("scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard")
        until(self.scheduler_file.exists, "the scheduler has not begun")
        self.worker = self.start("worker", "--nthreads=1", "--no-nanny", "--no-dashboard")

    def start(self, kind, *options):
        words = [sys.executable, "-m", "dask", kind, *options, f"--scheduler-file={self.scheduler_file}"]
        with self.log.open("a") as log:
            return subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log)

    def end(self):
        for one in (self.worker, self.scheduler):
            one.kill()
            one.wait()

    @property
    def address(self):
        return json.loads(self.scheduler_file.read_text())["address"]


@pytest.fixture(scope="module")
def dask(pooled, tmp_path_factory):
    made = Dask(tmp_path_factory.mktemp("dask"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def pool(pooled, dask, server, postgresql_template):
    engines = f'[engines.pool]\nplugin = "dask"\naddress = "{dask.address}"\ntimeout_s = 2.0\n'
    made = pooled(server.new(postgresql_template), engines)
    yield made
    made.plugin.close_session()


def test_a_job_goes_on_when_the_process_that_has_submitted_it_has_ended(pool):
    job = pool.submit("pool", waits=False, MODE="live")
    pool.plugin.close_session()
    job.begun()
    assert job.fate() is Fate.RUNNING
    job.let_end()
    assert job.ended() is JobStatus.FINISHED
    until(lambda: job.fate() is Fate.GONE, "dask has the job still")


def test_a_waiting_and_a_running_job_are_cancelled_through_the_scheduler(pool):
    running = pool.submit("pool", MODE="live")
    running.begun()
    waiting, next_one = pool.submit("pool", MODE="live"), pool.submit("pool")
    assert waiting.cancel() is JobStatus.INTERRUPTED
    assert waiting.fate() is Fate.GONE
    assert running.cancel() is JobStatus.INTERRUPTED
    assert next_one.ended() is JobStatus.FINISHED
    assert running.fate() is Fate.GONE


def test_a_job_whose_worker_is_killed_is_not_run_again_by_dask(pool, dask):
    lost = pool.submit("pool", MODE="live")
    lost.begun()
    dask.worker.kill()
    dask.worker.wait()
    assert lost.ended() is JobStatus.INTERRUPTED
    dask.worker = dask.start("worker", "--nthreads=1", "--no-nanny", "--no-dashboard")
    assert pool.submit("pool").ended() is JobStatus.FINISHED
    until(lambda: lost.fate() is Fate.GONE, "dask has the job still")
    assert [one.end for one in lost.attempts()] == [JobStatus.INTERRUPTED]
    again = pool.job(pool.session.retry("toxd", lost.number))
    again.begun()
    again.let_end()
    assert again.ended() is JobStatus.FINISHED


def test_secrets_and_output_of_jobs_are_not_in_the_log_of_the_worker(pool, dask):
    pool.submit("pool").ended()
    log = dask.log.read_text()
    assert "coordinate_selector" not in log
    assert "postgresql" not in log


@pytest.mark.slow
def test_a_sweep_of_200_rows_whose_worker_is_killed_is_complete_and_runs_no_row_twice(pool, dask):
    rows = 200
    workers = [dask.start("worker", "--nthreads=1", "--no-nanny", "--no-dashboard") for _ in range(2)]
    atoms = [f"A/{number}-{number + 1}" for number in range(10, 10 + rows)]
    values = {"XYZIN": [str(MODEL)], "XYZIN.selection.text": atoms}
    target = RunTarget(engine="pool", retries=1)
    answers = []
    for one in sweep(pool.session, "coordinate_selector", values, project="many", limit=20, target=target):
        answers.append(one)
        if len(answers) == rows // 2:
            workers[0].kill()
    for one in workers:
        one.kill()
        one.wait()
    assert [one.error for one in answers] == [None] * rows
    assert {dict(one.request.values)["XYZIN.selection.text"] for one in answers} == set(atoms)
    assert {one.result.outcome.status for one in answers} == {JobStatus.FINISHED}
    jobs = {one.result.outcome.job.number for one in answers}
    assert len(jobs) == len(pool.session.outcomes("many")) == rows
    ends = [tuple(attempt.end for attempt in pool.session.attempts("many", number)) for number in jobs]
    assert {one[-1] for one in ends} == {JobStatus.FINISHED}
    assert {status for one in ends for status in one[:-1]} <= {JobStatus.INTERRUPTED}
    # The jobs that the killed worker had.
    assert sum(len(one) > 1 for one in ends) <= 2


def test_without_the_scheduler_nothing_is_concluded(pool, dask):
    job = pool.submit("pool", MODE="live")
    job.begun()
    dask.scheduler.kill()
    dask.scheduler.wait()
    with pytest.raises(EngineUnavailableError, match=r"cannot be reached|has not answered"):
        until(lambda: job.fate() is None, "the lost scheduler has answered")
    with pytest.raises(EngineUnavailableError, match=r"cannot be reached"):
        pool.submit("pool")
    job.let_end()
    assert job.ended() is JobStatus.FINISHED
