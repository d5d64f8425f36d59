"""Jobs on an engine, whatever happens to them: each runs once, and ends with one true status.

With SQLite, the processes of the engine do without the database; with PostgreSQL, they write into it.
"""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Timer

import ccp4i2
import psutil
import pytest

from ccp4hooks import BadInputError, JobStatus, Needs, RunRequest, RunTarget, Settings, open_session, sweep
from ccp4hooks.aio import engine_runs
from ccp4hooks.engines.node_command import node_command

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
HERE = Path(__file__).parent
TASKS = HERE.parent / "integration/tasks"
PATIENCE_S = 120
PLUGINS = ("engine_of_processes", "it_tasks")


class Here:
    """A session with the engine, and what happens there."""

    def __init__(self, url, tmp_path):
        self.by_file = url.startswith("sqlite")
        table = {"plugin": PLUGINS[0], "database": "by-file" if self.by_file else "direct"}
        self.settings = Settings(
            projects_dir=tmp_path / "projects", database=url, plugins=PLUGINS, engine_tables={"here": table}
        )
        self.session = open_session(self.settings)
        self.projects = tmp_path / "projects"

    def submit(self, task="coordinate_selector", *, model=MODEL, retries=0, if_changed=False, **values):
        target = RunTarget(engine="here", needs=Needs(), retries=retries)
        given = [("XYZIN", str(model)), *values.items()]
        return self.session.submit(task, given, project="p", target=target, if_changed=if_changed)

    def state(self, number="1"):
        self.session.follow_engines("p")
        outcome = self.session.outcomes("p", number)[0]
        attempts = self.session.attempts("p", number)
        return outcome.status, [one.end for one in attempts]

    def until(self, condition):
        end = time.monotonic() + PATIENCE_S
        while not (found := condition()):
            assert time.monotonic() < end, self.state()
            time.sleep(0.1)
        return found

    def until_running(self, number="1"):
        self.until(lambda: self.state(number)[0] is JobStatus.RUNNING)
        (job,) = {one.job for one in self.session.outcomes("p", number) if one.job.number == number}
        self.until((job.directory / "program.xml").exists)
        return job

    def ended(self, number="1"):
        return self.session.wait("p", number, PATIENCE_S).outcome

    def run_command(self, made, number=1):
        """Run the command of an attempt once more, as a scheduler may do, and return what it prints."""
        command = node_command(self.settings, self.settings.engine("here"), made.job, number)
        environment = {**os.environ, **command.environment}
        done = subprocess.run(command.arguments, env=environment, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def kill(self, made, number=1):
        """Kill the process of an attempt, and let its last sign of life be long ago."""
        attempt = self.session.attempts("p", str(made.job.number))[number - 1]
        with suppress(ProcessLookupError):
            os.killpg(int(attempt.key), signal.SIGKILL)
        self.until(lambda: not is_running(int(attempt.key)))
        began = made.job.directory / "ccp4hooks_attempts" / str(number) / "began.json"
        if began.exists():
            long_ago = time.time() - 100
            os.utime(began, (long_ago, long_ago))


def is_running(pid):
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


@pytest.fixture
def here(url, orders, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{HERE}{os.pathsep}{TASKS}")
    monkeypatch.syspath_prepend(str(TASKS))
    monkeypatch.syspath_prepend(str(HERE))
    made = Here(url, tmp_path)
    yield made
    for one in sys.modules[PLUGINS[0]].STARTED:
        with suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)
        one.wait()
    for name in (*PLUGINS, "it_scripts"):
        sys.modules.pop(name, None)


def test_a_submitted_job_runs_with_the_files_of_its_submission(here, tmp_path):
    model = tmp_path / "model.pdb"
    model.write_bytes(MODEL.read_bytes())
    made = here.submit(model=model, **{"XYZIN.selection.text": "A/10-20"})
    model.write_text("changed")
    outcome = here.ended()
    assert outcome.status is JobStatus.FINISHED
    assert 0 < outcome.files[0].size_bytes < MODEL.stat().st_size / 10
    (imported,) = outcome.imported
    assert (imported.source, imported.path.read_bytes() == MODEL.read_bytes()) == (model, True)
    assert [(one.name, one.source.value) for one in outcome.parameters] == [
        ("XYZIN", "user"),
        ("XYZIN.selection.text", "user"),
    ]
    assert outcome.provenance.command.startswith("Session.submit('coordinate_selector', ")
    (attempt,) = here.session.attempts("p", "1")
    assert (attempt.key, attempt.end, attempt.fingerprint) == (
        made.attempt.key,
        JobStatus.FINISHED,
        outcome.provenance.fingerprint,
    )
    assert made.attempt.submitted_at < attempt.began_at <= attempt.ended_at


def test_a_pipeline_is_recorded_with_its_sub_jobs(here):
    here.submit("it_pipeline", MODE="plain", COUNT=2)
    assert here.ended().status is JobStatus.FINISHED
    found = {one.job.number: one for one in here.session.outcomes("p", "1")}
    assert [*found] == ["1", "1.1", "1.2"]
    assert {one.status for one in found.values()} == {JobStatus.FINISHED}
    assert found["1.2"].files


def test_a_cancelled_job_does_not_run_when_its_turn_comes(here, orders):
    (orders / "hold").touch()
    made = here.submit(retries=3)
    assert here.state() == (JobStatus.QUEUED, [None])
    assert here.session.cancel("p", "1").status is JobStatus.INTERRUPTED
    assert "Nothing was run" in here.run_command(made)
    assert here.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])
    assert here.session.outcomes("p", "1")[0].imported


def test_a_job_that_its_engine_has_dropped_is_interrupted(here, orders):
    (orders / "hold").touch()
    here.submit()
    assert here.session.recover("p").outcomes == ()
    (orders / "drop").touch()
    (orders / "silent").touch()
    assert here.session.recover("p").outcomes == ()
    (orders / "silent").unlink()
    (outcome,) = here.session.recover("p").outcomes
    assert (outcome.status, outcome.started_at) == (JobStatus.INTERRUPTED, None)
    assert "The engine 'here' has ended it before it began" in str(outcome.problems[-1])


def test_a_running_job_is_ended_through_its_engine(here):
    made = here.submit("it_pipeline", MODE="live", retries=3)
    here.until_running()
    assert here.session.cancel("p", "1").status is JobStatus.INTERRUPTED
    assert here.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])
    # It was the user who ended it.
    assert re.search("Nothing was run|no retries left", here.run_command(made))
    assert here.session.attempts("p", "1")[0].retries == 0


def test_a_further_attempt_keeps_the_job_and_the_files_of_the_first(here, orders):
    (orders / "refuse").touch()
    with pytest.raises(BadInputError, match=r"The engine is full\. Ask for less\."):
        here.submit()
    (orders / "refuse").unlink()
    made = here.submit("it_pipeline", MODE="live")
    job = here.until_running()
    assert job.number == "1"
    here.kill(made)
    here.session.recover("p")
    assert here.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])
    first = (job.directory / "ccp4hooks_outcome.json").read_bytes()
    again = here.session.retry("p", "1")
    assert (again.job.uuid, again.attempt.number) == (made.job.uuid, 2)
    here.until_running()
    for name in ("go", "end"):
        (job.directory / name).touch()
    outcome = here.ended()
    assert outcome.status is JobStatus.FINISHED
    assert here.state()[1] == [JobStatus.INTERRUPTED, JobStatus.FINISHED]
    assert (job.directory / "ccp4hooks_attempts/1/ccp4hooks_outcome.json").read_bytes() == first
    assert {one.name for one in outcome.parameters if one.source.value == "user"} == {"XYZIN", "MODE"}
    assert outcome.started_at > here.session.attempts("p", "1")[0].ended_at
    assert "Nothing was run" in here.run_command(made)
    with pytest.raises(BadInputError, match="Only a job that is FAILED or INTERRUPTED can be submitted again"):
        here.session.retry("p", "1")


@pytest.mark.parametrize("how", ["cancelled", "killed"])
def test_the_sub_jobs_of_a_further_attempt_are_recorded_in_place_of_the_first_ones(here, how):
    made = here.submit("it_pipeline", MODE="live")
    job = here.until_running()
    (job.directory / "go").touch()
    here.until((job.directory / "job_1/ccp4hooks_outcome.json").exists)
    if how == "cancelled":
        here.session.cancel("p", "1")
    else:
        here.kill(made)
        here.session.recover("p")
    first = {one.job.number: one for one in here.session.outcomes("p", "1")}
    assert {number: one.status for number, one in first.items()} == {
        "1": JobStatus.INTERRUPTED,
        "1.1": JobStatus.FINISHED,
    }
    here.session.retry("p", "1")
    (job.directory / "end").touch()
    assert here.ended().status is JobStatus.FINISHED
    second = {one.job.number: one for one in here.session.outcomes("p", "1")}
    assert {one.status for one in second.values()} == {JobStatus.FINISHED}
    assert [*second] == ["1", "1.1"]
    assert second["1.1"].job.uuid != first["1.1"].job.uuid
    assert second["1.1"].files
    assert sorted(row.job.number for row in here.session.query("p").rows) == ["1", "1.1"]


@pytest.mark.parametrize("retries", [0, 1])
def test_a_command_that_the_engine_runs_again_is_the_next_attempt_or_nothing(here, retries):
    made = here.submit("it_pipeline", MODE="live", retries=retries)
    job = here.until_running()
    here.kill(made)
    for name in ("go", "end"):
        (job.directory / name).touch()
    said = here.run_command(made)
    here.session.recover("p")
    if retries and not here.by_file:
        assert here.state() == (JobStatus.FINISHED, [JobStatus.INTERRUPTED, JobStatus.FINISHED])
    else:
        assert "Nothing was run" in said or "no retries left" in said
        assert here.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])


def test_a_submission_that_is_refused_leaves_nothing(here, orders):
    (orders / "refuse").touch()
    with pytest.raises(BadInputError, match="The engine is full"):
        here.submit()
    assert here.session.projects() == ()
    assert not (here.projects / "p").exists()


def test_a_submission_of_unknown_fate_ends_as_interrupted_and_does_not_run(here, orders):
    (orders / "nonsense").touch()
    with pytest.raises(Exception, match="the engine has answered nonsense"):
        here.submit()
    assert here.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])
    made = here.session.outcomes("p", "1")[0]
    assert "could not be submitted" in str(made.problems[-1])


def test_a_job_that_runs_although_its_engine_gave_no_sensible_answer_is_left_running(here, orders):
    (orders / "lie").touch()
    made = here.submit("it_pipeline", MODE="live")
    assert (made.attempt.key, made.attempt.began_at is not None) == ("", True)
    job = here.until_running()
    for name in ("go", "end"):
        (job.directory / name).touch()
    assert here.ended().status is JobStatus.FINISHED
    assert here.state()[1] == [JobStatus.FINISHED]


@pytest.mark.parametrize("when", ["die-before", "die-after"])
def test_a_process_that_is_killed_while_it_submits_leaves_one_true_status(here, orders, when):
    (orders / when).touch()
    code = (
        "import sys; from pathlib import Path; from test_engine_jobs import Here; "
        "Here(sys.argv[1], Path(sys.argv[2])).submit()"
    )
    path = os.pathsep.join([str(HERE), str(TASKS), str(HERE.parent)])
    words = [sys.executable, "-c", code, here.settings.database, str(here.projects.parent)]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": path}, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    (orders / when).unlink()
    end = time.monotonic() + PATIENCE_S
    while not here.state()[0].is_over and time.monotonic() < end:
        here.session.recover("p")
        time.sleep(0.2)
    status, ends = here.state()
    assert ends == [status]
    assert status is JobStatus.INTERRUPTED or when == "die-after"
    # The same request finds this job again, and runs it again if it was interrupted.
    again = here.submit(if_changed=True)
    assert again.job.number == "1"
    assert here.ended().status is JobStatus.FINISHED
    assert len([*here.session.query("p")]) == 1


def test_a_sweep_waits_for_an_engine_that_is_away_and_finds_its_jobs_again(here, orders, monkeypatch):
    monkeypatch.setattr(engine_runs, "AGAIN_S", 0.1)
    monkeypatch.setattr(engine_runs, "POLL_S", 0.1)
    (orders / "hold").touch()
    first = here.submit(if_changed=True, **{"XYZIN.selection.text": "A/10-12"})
    assert here.session.cancel("p", "1").status is JobStatus.INTERRUPTED
    (orders / "hold").unlink()
    (orders / "away").touch()
    Timer(0.5, (orders / "away").unlink).start()
    values = {"XYZIN": [str(MODEL)], "XYZIN.selection.text": ["A/10-12", "A/20-25", "A/30-39"]}
    target = RunTarget(engine="here")
    answers = [*sweep(here.session, "coordinate_selector", values, project="p", target=target, limit=2)]
    assert {one.result.outcome.status for one in answers} == {JobStatus.FINISHED}
    assert sorted(one.result.outcome.job.number for one in answers) == ["1", "2", "3"]
    assert [one.end for one in here.session.attempts("p", "1")] == [JobStatus.INTERRUPTED, JobStatus.FINISHED]
    assert first.job.number == "1"
    again = [*sweep(here.session, "coordinate_selector", values, project="p", target=target)]
    assert [one.result.unchanged for one in again] == [True] * 3


def test_a_request_is_taken_when_it_can_be_submitted(here, monkeypatch):
    monkeypatch.setattr(engine_runs, "POLL_S", 0.1)
    taken = []

    def requests():
        for atoms in ("A/10-12", "A/20-25"):
            taken.append(atoms)
            values = [("XYZIN", str(MODEL)), ("XYZIN.selection.text", atoms)]
            yield RunRequest(task="coordinate_selector", values=values, project="p")

    runs = engine_runs.EngineRuns(session=here.session, target=RunTarget(engine="here"), limit=1).run(requests())
    assert next(runs).result.outcome.job.number == "1"
    assert len(taken) == 1
    assert [one.result.outcome.job.number for one in runs] == ["2"]
