"""A pool whose workers are jobs of a real SLURM, with PostgreSQL."""

import pytest

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
def pool(slurm, pooled, server, postgresql_template, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # SLURM writes the output of the workers there
    made = pooled(server.new(postgresql_template), ENGINES)
    yield made
    made.plugin.close_session()
    slurm.end_all_jobs()


def test_the_workers_are_jobs_of_slurm_and_end_with_the_process(slurm, pool):
    jobs = [pool.submit("pool") for _ in range(3)]
    assert [one.ended() for one in jobs] == [JobStatus.FINISHED] * 3
    running = pool.submit("pool", MODE="live")
    running.begun()
    assert slurm.ask("squeue", "--noheader", "--format=%m|%l|%k").split() == ["500M|5:00|pool"]
    assert running.fate() is Fate.RUNNING
    pool.plugin.close_session()
    assert running.ended() is JobStatus.INTERRUPTED
