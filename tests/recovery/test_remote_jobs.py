"""A job whose program runs on another machine has no process here, and is one job from its start to its harvest."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType

import ccp4i2
import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, hookimpl, make_script, open_session

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
TASKS = Path(__file__).parents[1] / "integration" / "tasks"
VALUES = [("XYZIN", str(MODEL)), ("MODE", "dispatch")]


class Calls:
    """Counts the calls of hooks for the top-level job."""

    def __init__(self):
        self.made = []

    def _note(self, job, name):
        if not job.number.is_sub_job:
            self.made.append(name)

    @hookimpl
    def pre_import(self, job):
        self._note(job, "pre_import")
        return []

    @hookimpl
    def post_execute(self, job):
        self._note(job, "post_execute")

    @hookimpl
    def job_status(self, job, new):
        self._note(job, new.name)

    @hookimpl
    def job_finished(self, job, outcome):
        self._note(job, f"job_finished {outcome.status.name}")


@pytest.fixture
def calls():
    return Calls()


@pytest.fixture
def session(url, tmp_path, monkeypatch, calls):
    monkeypatch.syspath_prepend(str(TASKS))
    settings = Settings(projects_dir=tmp_path / "projects", database=url, plugins=("it_tasks",))
    yield open_session(settings, extra={"calls": calls})
    for name in ("it_tasks", "it_scripts"):
        sys.modules.pop(name, None)


@pytest.fixture
def dispatched(session):
    """The outcome of a job whose program runs on another machine."""
    return session.run("it_pipeline", VALUES, project="p").outcome


def statuses(session):
    return {one.job.number: one.status for one in session.outcomes(session.project("p"))}


def row(job):
    from ccp4i2.db.models import Job

    return Job.objects.get(uuid=job.uuid)


def logged_times(job):
    """Return when a job was opened and when it began to run, as its log has them."""
    entries = [json.loads(line) for line in (job.directory / "ccp4hooks_log.jsonl").read_text().splitlines()]
    events = [(entry["event"].removeprefix("ccp4hooks."), entry.get("new")) for entry in entries]
    found = [entries[events.index(event)]["time"] for event in (("job_opened", None), ("status_changed", "RUNNING"))]
    return tuple(datetime.fromisoformat(time.replace("Z", "+00:00")) for time in found)


def test_a_dispatched_job_is_recorded_as_running_remotely_without_an_owner(session, dispatched):
    from ccp4hooks_database.models import JobOwner

    assert dispatched.status is JobStatus.RUNNING_REMOTELY
    assert statuses(session) == {"1": JobStatus.RUNNING_REMOTELY, "1.1": JobStatus.FINISHED}
    recorded = row(dispatched.job)
    assert (recorded.status, recorded.process_id, recorded.finish_time) == (7, None, None)
    assert not JobOwner.objects.filter(job=recorded).exists()


def test_recovery_leaves_a_dispatched_job_alone_also_while_it_waits_for_its_harvest(session, dispatched):
    from ccp4i2.db.models import Job

    for status in (JobStatus.RUNNING_REMOTELY, JobStatus.PENDING, JobStatus.QUEUED):
        Job.objects.filter(uuid=dispatched.job.uuid).update(status=int(status))
        assert session.recover().outcomes == ()
        assert statuses(session)["1"] is status


REFUSAL = (
    "Job 1 of the project 'p' is RUNNING_REMOTELY: its program runs on another machine. When the program has ended, "
    "`python -m django reconcile_dispatch --job {}` of CCP4i2 3.1 continues the job. To end the job, run "
    "`ccp4hooks cancel 1 --project p`; it does not stop the program."
)
CANCELLED = (
    "The job was cancelled while its program ran on another machine. "
    "ccp4hooks does not stop that program: stop it there."
)


@pytest.mark.parametrize("again", [False, True])
def test_a_dispatched_job_is_not_run_and_the_message_names_the_ways_out(session, dispatched, again):
    with pytest.raises(BadInputError) as caught:
        session.run_opened(dispatched.job.uuid, again=again)
    assert str(caught.value) == REFUSAL.format(dispatched.job.uuid)
    assert statuses(session)["1"] is JobStatus.RUNNING_REMOTELY


def test_cancelling_a_dispatched_job_records_it_as_interrupted_with_what_exists(session, dispatched, calls):
    (dispatched.job.directory / "XYZOUT.pdb").write_bytes(MODEL.read_bytes())
    begun = logged_times(dispatched.job)
    outcome = session.cancel(dispatched.job.project, "1")
    assert outcome.status is JobStatus.INTERRUPTED
    assert outcome.imported == dispatched.imported
    assert [file.path.name for file in outcome.files] == ["XYZOUT.pdb"]
    written = json.loads((dispatched.job.directory / "ccp4hooks_outcome.json").read_text())
    assert [datetime.fromisoformat(written[name].replace("Z", "+00:00")) for name in ("created_at", "started_at")] == [
        *begun
    ]
    (problem,) = written["problems"]
    assert f"{problem['message']} {problem['cure']}" == CANCELLED
    assert calls.made[-2:] == ["post_execute", "job_finished INTERRUPTED"]
    recorded = row(dispatched.job)
    assert (recorded.status, recorded.process_id, recorded.finish_time) == (4, None, outcome.finished_at)
    assert statuses(session) == {"1": JobStatus.INTERRUPTED, "1.1": JobStatus.FINISHED}
    assert (dispatched.job.directory / "diagnostic.xml").is_file()
    with pytest.raises(BadInputError, match=r"^Job 1 is INTERRUPTED and not running, so it cannot be cancelled\.$"):
        session.cancel(dispatched.job.project, "1")


@pytest.mark.parametrize(("code", "status"), [(1, JobStatus.FAILED), (9, JobStatus.FAILED), (0, JobStatus.FINISHED)])
def test_a_remote_sub_job_below_a_job_that_has_ended_is_noted_and_can_be_cancelled(session, code, status):
    values = [("XYZIN", str(MODEL)), ("MODE", "remote_child"), ("COUNT", code)]
    outcome = session.run("it_pipeline", values, project="p").outcome
    assert statuses(session) == {"1": status, "1.1": JobStatus.RUNNING_REMOTELY}
    noted = (
        "The program of sub-job 1.1 runs on another machine. "
        "`ccp4hooks cancel 1 --project p` ends the sub-job, but not that program."
    )
    assert noted in [str(problem) for problem in outcome.problems]
    assert session.cancel(outcome.job.project, "1").status is status
    assert statuses(session) == {"1": status, "1.1": JobStatus.INTERRUPTED}


def test_a_remote_sub_job_is_run_again_with_its_parameters(session, calls):
    from ccp4i2.db.models import Job

    values = [("XYZIN", str(MODEL)), ("MODE", "remote_child"), ("COUNT", 6)]
    job = session.run("it_pipeline", values, project="p").outcome.job
    child = session.outcomes(job.project, "1")[1].job
    Job.objects.filter(uuid=child.uuid).update(status=int(JobStatus.PENDING))
    # With the parameters of the sub-job, the task reports again that its program runs on another machine.
    outcome = session.run_opened(child.uuid).outcome
    assert (outcome.status, outcome.problems) == (JobStatus.RUNNING_REMOTELY, ())
    assert [use.parameter for use in outcome.uses] == ["inputData.XYZIN"]


def test_a_remote_sub_job_below_a_remote_job_is_not_noted_and_is_cancelled_with_it(session):
    values = [("XYZIN", str(MODEL)), ("MODE", "remote_child"), ("COUNT", 6)]
    outcome = session.run("it_pipeline", values, project="p").outcome
    assert outcome.problems == ()
    session.cancel(outcome.job.project, "1")
    assert statuses(session) == {"1": JobStatus.INTERRUPTED, "1.1": JobStatus.INTERRUPTED}


def test_recovery_of_a_dead_parent_leaves_its_remote_sub_job_alone(session):
    from ccp4hooks_database.models import JobOwner
    from ccp4hooks_database.repository import opening

    values = [("XYZIN", str(MODEL)), ("MODE", "remote_child"), ("COUNT", 6)]
    job = session.run("it_pipeline", values, project="p").outcome.job
    opening.set_status(job, JobStatus.RUNNING)
    JobOwner.objects.filter(job__uuid=job.uuid).update(pid=2**22 + 1)
    with (job.directory / "ccp4hooks_log.jsonl").open("a") as stream:
        stream.write(json.dumps({"event": "ccp4hooks.status_changed", "new": "RUNNING", "time": "2090-01-01"}) + "\n")
    session.recover()
    assert statuses(session) == {"1": JobStatus.INTERRUPTED, "1.1": JobStatus.RUNNING_REMOTELY}


def shift_log(job, time):
    """Let a job have begun earlier, according to its log."""
    log = job.directory / "ccp4hooks_log.jsonl"
    log.write_text(re.sub(r'(?<="time":) ?"[-0-9]+T', f'"{time}T', log.read_text()))


def test_the_harvest_continues_the_job(session, dispatched, calls):
    from ccp4i2.db.models import FileImport, FileUse, Job

    shift_log(dispatched.job, "2020-02-20")
    begun = logged_times(dispatched.job)
    (dispatched.job.directory / "harvest").touch()
    # As CCP4i2 does before it starts a job again.
    Job.objects.filter(uuid=dispatched.job.uuid).update(status=int(JobStatus.PENDING))
    outcome = session.run_opened(dispatched.job.uuid).outcome
    assert outcome.status is JobStatus.FINISHED
    assert (outcome.created_at, outcome.started_at) == begun
    (read,) = session.outcomes(outcome.job.project, "1")[:1]
    assert read.started_at == begun[1]
    assert outcome.imported == dispatched.imported
    assert [file.path.name for file in outcome.files] == ["result.pdb"]
    # The sub-job of the first part stays.
    assert statuses(session) == {"1": JobStatus.FINISHED, "1.1": JobStatus.FINISHED}
    assert calls.made == [
        "pre_import",
        "RUNNING",
        "RUNNING_REMOTELY",
        "RUNNING",
        "post_execute",
        "job_finished FINISHED",
    ]
    assert FileImport.objects.count() == 1
    uses = FileUse.objects.filter(job__uuid=dispatched.job.uuid).values_list("job_param_name", flat=True)
    assert sorted(uses) == ["XYZIN", "XYZOUT"]
    assert [path.name for path in dispatched.job.project.imports_directory.iterdir()] == [MODEL.name]


def test_a_process_that_dies_in_the_harvest_leaves_one_interrupted_job_with_all_of_its_parts(session, dispatched):
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobOwner

    begun = logged_times(dispatched.job)
    Job.objects.filter(uuid=dispatched.job.uuid).update(status=int(JobStatus.PENDING))
    session.claim(dispatched.job.uuid)
    JobOwner.objects.filter(job__uuid=dispatched.job.uuid).update(pid=2**22 + 1)
    log = dispatched.job.directory / "ccp4hooks_log.jsonl"
    with log.open("a") as stream:
        stream.write(json.dumps({"event": "ccp4hooks.status_changed", "new": "RUNNING", "time": "2090-01-01"}) + "\n")
    (outcome,) = session.recover().outcomes
    assert outcome.status is JobStatus.INTERRUPTED
    assert (outcome.created_at, outcome.started_at) == begun
    assert outcome.imported == dispatched.imported
    assert statuses(session) == {"1": JobStatus.INTERRUPTED, "1.1": JobStatus.FINISHED}


def test_a_job_whose_dispatch_could_not_be_recorded_is_recovered_as_running_remotely(session, dispatched):
    from ccp4i2.db.models import Job

    from ccp4hooks_database.repository import opening

    opening.set_status(dispatched.job, JobStatus.RUNNING)
    from ccp4hooks_database.models import JobOwner

    JobOwner.objects.filter(job__uuid=dispatched.job.uuid).update(pid=2**22 + 1)
    (outcome,) = session.recover().outcomes
    assert (outcome.status, outcome.finished_at) == (JobStatus.RUNNING_REMOTELY, None)
    assert Job.objects.get(uuid=dispatched.job.uuid).status == JobStatus.RUNNING_REMOTELY
    assert session.recover().outcomes == ()


class Target:
    """A run target whose programs are in the same state. CCP4i2 makes a new object for each question."""

    state = "running"

    def submit(self, *arguments):
        raise NotImplementedError

    def poll(self, handle):
        return self.state

    def cancel(self, handle):
        raise NotImplementedError

    def logs(self, handle):
        return None


@pytest.fixture
def target(monkeypatch):
    """The run target "it" of CCP4i2 3.1."""
    pytest.importorskip("ccp4i2.lib.dispatch", reason="CCP4i2 3.0 has no run targets")
    from django.conf import settings

    module = ModuleType("it_target")
    module.Target = type("Target", (Target,), {})
    monkeypatch.setitem(sys.modules, "it_target", module)
    monkeypatch.setattr(settings, "CCP4I2_RUN_TARGETS", {"it": "it_target.Target"}, raising=False)
    return module.Target


def test_ccp4i2_harvests_a_dispatched_job_when_its_program_has_ended(session, dispatched, target):
    from ccp4i2.lib.utils.jobs import dispatch_record

    dispatch_record.new_record(dispatched.job.directory, "it", "program 1")
    (dispatched.job.directory / "harvest").touch()

    def run(job):
        session.run_opened(job.uuid)
        return {"success": True}

    assert dispatch_record.reconcile(row(dispatched.job), run=run)["action"] == "none"
    assert statuses(session)["1"] is JobStatus.RUNNING_REMOTELY
    target.state = "succeeded"
    assert dispatch_record.reconcile(row(dispatched.job), run=run)["action"] == "harvest_started"
    assert statuses(session) == {"1": JobStatus.FINISHED, "1.1": JobStatus.FINISHED}
    assert dispatch_record.reconcile(row(dispatched.job), run=run)["action"] == "none"


@pytest.fixture
def window(session):
    """A job of an interactive task whose window is open in CCP4i2's app, and which a process ran before."""
    from ccp4i2.db import models

    if not hasattr(models, "JobInteractiveSession"):
        pytest.skip("CCP4i2 3.0 has no interactive tasks")
    from ccp4hooks_database.models import JobOwner
    from ccp4hooks_database.repository import opening

    job = session.open_job("moorhen", project="p")
    opening.set_status(job, JobStatus.RUNNING)
    JobOwner.objects.filter(job__uuid=job.uuid).update(pid=2**22 + 1)
    models.JobInteractiveSession.objects.create(job=row(job))
    return job


def test_recovery_leaves_a_job_alone_whose_window_is_open(session, window):
    assert session.recover().outcomes == ()
    assert statuses(session) == {"1": JobStatus.RUNNING}
    with pytest.raises(BadInputError, match=r"Job 1 is RUNNING in a program other than ccp4hooks\. Cancel it there\."):
        session.cancel(window.project, "1")


@pytest.mark.parametrize("state", ["finished", "dispatched"])
def test_recovery_ends_a_job_whose_process_dies_after_its_window_was_closed_or_while_it_waits(session, window, state):
    row(window).interactive_session.__class__.objects.update(**{state: True})
    assert [one.status for one in session.recover().outcomes] == [JobStatus.INTERRUPTED]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("code", "status"), [(5, JobStatus.TO_DELETE), (6, JobStatus.RUNNING_REMOTELY), (3, JobStatus.UNSATISFACTORY)]
)
def test_ccp4i2s_runner_ends_without_an_error_for_a_finish_status_that_is_no_failure(
    session, url, tmp_path, code, status
):
    job = session.open_job("it_pipeline", project="p")
    script = make_script("it_pipeline")
    script.container.inputData.XYZIN.setFullPath(str(MODEL))
    script.container.controlParameters.MODE.set("code")
    script.container.controlParameters.COUNT.set(code)
    script.saveDataToXml(str(job.directory / "input_params.xml"))
    done = start(url, tmp_path, "django", "run_job", "-ju", str(job.uuid))
    assert (done.returncode, statuses(session)) == (0, {"1": status}), done.stderr


@pytest.mark.parametrize(("code", "exit_code", "word"), [(4, 1, "INTERRUPTED"), (5, 0, "TO_DELETE")])
def test_the_exit_code_of_a_command_is_1_only_if_the_task_failed_or_was_interrupted(
    url, tmp_path, code, exit_code, word
):
    done = command(url, tmp_path, f"XYZIN={MODEL}", "MODE=code", f"COUNT={code}")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (exit_code, f"1 it_pipeline: {word}")


def test_a_command_that_dispatches_its_job_succeeds(url, tmp_path):
    done = command(url, tmp_path, f"XYZIN={MODEL}", "MODE=code", "COUNT=6")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "1 it_pipeline: RUNNING_REMOTELY")


def command(url, tmp_path, *values):
    return start(url, tmp_path, "ccp4hooks.cli", "run", "it_pipeline", *values)


def start(url, tmp_path, module, *words):
    environment = {
        **os.environ,
        "PYTHONPATH": str(TASKS),
        "CCP4I2_HOME": str(tmp_path / "home"),
        "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects"),
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "ccp4hooks_database.django_settings",
        "CCP4HOOKS_PLUGINS": "it_tasks",
        "CCP4HOOKS_PROJECT": "p",
    }
    line = [sys.executable, "-m", module, *words]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
