"""A pool whose workers are jobs of a real SLURM, with PostgreSQL."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import psutil
import pytest
from plugins.dask.pools import MODEL, until

from ccp4hooks import Fate, JobStatus

ENGINES = """
[engines.pool]
plugin = "dask"
cluster = "slurm"
workers = 1
memory = "500M"
time = "5min"
directives = ["--comment=pool"]
"""

pytestmark = [pytest.mark.slurm, pytest.mark.postgresql, pytest.mark.slow]


@pytest.fixture
def url(server, postgresql_template):
    return server.new(postgresql_template)


@pytest.fixture
def pool(slurm, pooled, url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the workers have this directory, by which they are found
    made = pooled(url, ENGINES)
    yield made
    made.plugin.close_session()
    slurm.end_all_jobs()


def workers(folder):
    """Return the processes of workers that were submitted from a directory."""
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if "distributed.cli.dask_worker" in one.cmdline() and one.cwd() == str(folder):
                found.append(one)
    return found


def require_nothing_left(folder):
    until(lambda: not workers(folder), "a worker still runs")
    assert list(folder.glob("*.out")) == []


def test_the_workers_are_jobs_of_slurm_and_end_with_the_process(slurm, pool, tmp_path):
    jobs = [pool.submit("pool") for _ in range(3)]
    assert [one.ended() for one in jobs] == [JobStatus.FINISHED] * 3
    running = pool.submit("pool", MODE="live")
    running.begun()
    assert slurm.ask("squeue", "--noheader", "--format=%m|%l|%k").split() == ["500M|5:00|pool"]
    assert running.fate() is Fate.RUNNING
    assert len(workers(tmp_path)) >= 1
    pool.plugin.close_session()
    assert running.status() is JobStatus.INTERRUPTED
    require_nothing_left(tmp_path)
    (logs,) = pool.session.settings.projects_dir.glob(".ccp4hooks-pool-*")
    assert "distributed.worker" in "".join(one.read_text() for one in logs.iterdir())


def test_the_commands_use_a_pool_of_workers_on_slurm(slurm, pool, url, tmp_path):
    folder = pool.session.settings.projects_dir

    def start(*words):
        return subprocess.Popen(
            (sys.executable, "-c", "from ccp4hooks.cli import main; main()", *words, f"XYZIN={MODEL}", "--on", "pool"),
            env={
                **os.environ,
                "DATABASE_URL": url,
                "CCP4I2_PROJECTS_DIR": str(folder),
                "CCP4HOOKS_CONFIG": str(pool.session.settings.source),
                "CCP4HOOKS_PLUGINS": "it_tasks",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    swept = start("sweep", "it_pipeline", "MODE=plain,steps", "--project", "swept")
    _, errors = swept.communicate()
    assert swept.returncode == 0, errors
    process = start("run", "it_pipeline", "MODE=live", "--project", "live")
    output = folder / "live/CCP4_JOBS/job_1/ccp4hooks_output.txt"
    until(lambda: output.exists() and "before" in output.read_text(), "the job has not begun")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert errors.splitlines()[-1].endswith("Interrupted. Job 1 ends; see `ccp4hooks show 1 --project live`.")
    assert pool.session.outcomes("live", "1")[0].status is JobStatus.INTERRUPTED
    require_nothing_left(tmp_path)
