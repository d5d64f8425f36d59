"""Pools of workers on this machine, with SQLite."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from uuid import uuid4

import pytest
from plugins.dask.pools import MODEL, runners, until, words_of

from ccp4hooks import BadInputError, Fate, Handle, JobStatus, RunTarget, run_nested_async, sweep

ENGINES = """
[engines.three]
plugin = "dask"
workers = 3

[engines.one]
plugin = "dask"
workers = 1

[engines.by-file]
plugin = "dask"
workers = 1
database = "by-file"
"""


@pytest.fixture(scope="module")
def pools(pooled, sqlite_template, tmp_path_factory):
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("database") / "db.sqlite3")
    made = pooled(f"sqlite:///{path}", ENGINES)
    yield made
    made.plugin.close_session()
    assert runners() == []


def test_each_row_of_a_sweep_runs_once_and_several_processes_run_them(pools):
    fractions = [f"0.{number:02}" for number in range(5, 17)]
    data = MODEL.parents[2] / "freerflag/test_data/rnase25_fsigf.mtz"
    values = {"F_SIGF": [str(data)], "FRAC": fractions}
    answers = list(
        sweep(pools.session, "freerflag", values, project="sweep", limit=12, target=RunTarget(engine="three"))
    )
    assert [one.error for one in answers] == [None] * 12
    assert {dict(one.request.values)["FRAC"] for one in answers} == set(fractions)
    assert len(pools.session.outcomes("sweep")) == 12
    jobs = [one.result.outcome.job for one in answers]
    assert {one.result.outcome.status for one in answers} == {JobStatus.FINISHED}
    assert {len(pools.session.attempts("sweep", str(job.number))) for job in jobs} == {1}
    assert len(runners()) == 3


def test_a_probe_of_a_pool_says_what_its_workers_find(pools):
    found = pools.session.probe_engine("one", 120)
    assert (found.answer.executable, found.answer.database_fault) == (sys.executable, "")
    assert list(pools.session.settings.projects_dir.glob(".*")) == []


def test_a_job_whose_process_is_killed_is_not_begun_again_but_by_a_retry(pools):
    live = pools.submit("one", MODE="live")
    live.begun()
    (mine,) = [
        one for one in runners() if any(file.path.startswith(str(live.job.directory)) for file in one.open_files())
    ]
    mine.kill()
    assert live.ended() is JobStatus.INTERRUPTED
    until(lambda: live.fate() is Fate.GONE, "dask has the job still")
    assert len(live.attempts()) == 1
    again = pools.job(pools.session.retry("toxd", live.number, waits=True))
    again.begun()
    again.let_end()
    assert again.ended() is JobStatus.FINISHED
    assert [one.end for one in again.attempts()] == [JobStatus.INTERRUPTED, JobStatus.FINISHED]


def test_a_process_that_has_ended_between_two_jobs_takes_no_further_one(pools):
    assert pools.submit("one", MODE="plain", COUNT=1).ended() is JobStatus.FINISHED
    for one in runners():
        one.kill()
        until(lambda one=one: not words_of(one), "it has not ended")
    assert pools.submit("one", MODE="plain", COUNT=1).ended() is JobStatus.FINISHED


def test_sub_jobs_run_on_the_pool_below_their_parent(pools):
    parent = pools.session.open_job("it_pipeline", project="nested")
    jobs = [{"task_name": "coordinate_selector", "input_data": {"XYZIN": str(MODEL)}}] * 3
    target = RunTarget(engine="three")
    outcomes = asyncio.run(run_nested_async(pools.session, parent.uuid, jobs, target=target, limit=2))
    assert [(one.job.number, one.status) for one in outcomes] == [(f"1.{n}", JobStatus.FINISHED) for n in (1, 2, 3)]
    assert pools.session.outcomes("nested", "1")[0].status is JobStatus.FINISHED


def test_a_running_and_a_waiting_job_can_be_cancelled(pools):
    running = pools.submit("one", MODE="live")
    running.begun()
    waiting, next_one = pools.submit("one", MODE="live"), pools.submit("one")
    assert {running.fate(), waiting.fate(), next_one.fate()} <= {Fate.RUNNING, Fate.QUEUED}
    assert waiting.cancel() is JobStatus.INTERRUPTED
    assert running.cancel() is JobStatus.INTERRUPTED
    assert next_one.ended() is JobStatus.FINISHED
    assert [waiting.status(), running.status()] == [JobStatus.INTERRUPTED] * 2


def test_the_plugin_stops_a_job_too(pools):
    running = pools.submit("one", MODE="live")
    running.begun()
    waiting = pools.submit("one", MODE="live")
    engine = pools.session.settings.engine("one")
    assert pools.plugin.stop_job(engine, waiting.handle) is True
    assert waiting.fate() is Fate.GONE
    assert pools.plugin.stop_job(engine, running.handle) is True
    assert running.ended() is JobStatus.INTERRUPTED
    assert waiting.ended() is JobStatus.INTERRUPTED


def test_a_task_that_changes_its_process_affects_no_other_job(pools):
    jobs = [pools.submit("one", "changing") for _ in range(3)]
    assert [one.ended() for one in jobs] == [JobStatus.FINISHED] * 3


def test_a_pool_may_do_without_the_database(pools):
    assert pools.submit("by-file").ended() is JobStatus.FINISHED


def test_a_process_that_does_not_wait_is_refused_before_anything_is_done(pools):
    before = len(pools.session.outcomes("toxd"))
    with pytest.raises(BadInputError, match=r"'local' end with the process .*`ccp4hooks run TASK --on local`"):
        pools.submit("local", waits=False)
    assert len(pools.session.outcomes("toxd")) == before


def test_a_job_of_the_pool_of_a_process_that_has_ended_is_gone(pools):
    done = pools.submit("one")
    done.ended()
    key, place = done.handle.key.split("@")
    host, pid, created = place.rsplit(":", 2)
    ended, other, elsewhere = (
        replace(done.handle, key=f"{key}@{text}")
        for text in (f"{host}:{pid}:1.00", f"{host}:{os.getppid()}:1.00", f"elsewhere:{pid}:{created}")
    )
    assert [pools.fate(one) for one in (ended, other, elsewhere)] == [Fate.GONE, Fate.GONE, Fate.UNKNOWN]
    engine = pools.session.settings.engine("one")
    assert pools.plugin.stop_job(engine, ended) is True
    assert pools.plugin.stop_job(engine, elsewhere) is False
    assert pools.fate(Handle(engine="one", key=f"{uuid4()}-1@{place}")) is Fate.GONE


@pytest.fixture
def command(tmp_path, sqlite_template, pooled):
    """Runs a command with a database of its own and without settings."""
    path = shutil.copy(sqlite_template, tmp_path / "db.sqlite3")
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{path}",
        "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects"),
        "CCP4HOOKS_PLUGINS": "it_tasks",
    }

    def start(*words):
        code = "from ccp4hooks.cli import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", code, *words],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_run_on_local_needs_no_settings_writes_nothing_of_dask_and_runs_no_code_of_the_directory(command, tmp_path):
    (tmp_path / "ccp4hooks.toml").write_text('use = ["evil"]')
    (tmp_path / "evil.py").write_text("open('executed', 'w').close()")
    output, errors = command(
        "run", "coordinate_selector", f"XYZIN={MODEL}", "--project", "a", "--on", "local"
    ).communicate()
    assert "1 coordinate_selector FINISHED" in output
    warning, *progress = errors.splitlines()
    assert "the plugin evil is not used (untrusted)" in warning
    assert progress == [f"1 coordinate_selector: {word}" for word in ("submitted", "running", "FINISHED")]
    assert not (tmp_path / "executed").exists()


def test_ctrl_c_ends_the_job_with_the_command(command, tmp_path):
    process = command("run", "it_pipeline", f"XYZIN={MODEL}", "MODE=live", "--project", "a", "--on", "local")
    output = tmp_path / "projects/a/CCP4_JOBS/job_1/ccp4hooks_output.txt"
    until(lambda: output.exists() and "before" in output.read_text(), "the job has not begun")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert errors.splitlines()[-1].endswith("Interrupted. Job 1 ends; see `ccp4hooks show 1 --project a`.")
    shown, _ = command("show", "1", "--project", "a").communicate()
    assert "1 it_pipeline INTERRUPTED" in shown
