"""A waiting job stays PENDING until it is run or cancelled, even if the process that opened it ends."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import ccp4i2
import pytest
from django.utils import timezone

from ccp4hooks import BadInputError, JobStatus, Settings, hookimpl, open_session

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
MAKER = Path(__file__).with_name("waiting_maker.py")


@pytest.fixture
def session(url, tmp_path):
    return open_session(Settings(projects_dir=tmp_path / "projects", database=url))


@pytest.fixture
def project(session):
    """A project with one finished job, number 1."""
    return session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p").outcome.job.project


@pytest.fixture
def environment(url, tmp_path):
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))},
        "CCP4I2_HOME": str(tmp_path / "home"),
        "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects"),
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "ccp4hooks_database.django_settings",
    }


class Maker:
    """A process that has opened job 2.

    Attributes:
        job: Identity of that job.
    """

    def __init__(self, how, project, environment):
        words = [sys.executable, str(MAKER), how, project.name, str(MODEL)]
        self._process = subprocess.Popen(
            words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        # Skip the output of CCP4i2.
        self.job = next(UUID(json.loads(line)) for line in self._process.stdout if line.startswith('"'))

    def is_running(self):
        return self._process.poll() is None

    def end(self):
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0


@pytest.fixture(params=["session", "handler", "ccp4i2"])
def maker(request, project, environment):
    started = Maker(request.param, project, environment)
    yield started
    if started.is_running():
        started.end()


@pytest.fixture(params=["the maker runs", "the maker has ended"])
def waiting(request, maker):
    """The process that opened the waiting job, either running or ended."""
    if request.param == "the maker has ended":
        maker.end()
    yield maker
    assert maker.is_running() == (request.param == "the maker runs")


def status(session, project, number="2"):
    return session.outcomes(project, number)[0].status


@pytest.mark.sampled(3)
def test_recovery_leaves_a_waiting_job_pending(session, project, waiting):
    assert session.recover(project).outcomes == ()
    assert session.recover().outcomes == ()
    assert status(session, project) is JobStatus.PENDING


@pytest.mark.sampled(4)
def test_a_run_in_the_project_leaves_a_waiting_job_pending(session, project, waiting, environment):
    words = ["-m", "ccp4hooks.cli", "run", "coordinate_selector", f"XYZIN={MODEL}", "--project", "p"]
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert status(session, project) is JobStatus.PENDING
    assert status(session, project, "3") is JobStatus.FINISHED


@pytest.mark.sampled(3)
def test_a_waiting_job_can_be_run_from_another_process(session, project, waiting):
    assert session.run_opened(waiting.job).outcome.status is JobStatus.FINISHED
    assert status(session, project) is JobStatus.FINISHED


@pytest.mark.sampled(3)
def test_cancelling_a_waiting_job_marks_it_interrupted_and_sends_no_signal(session, project, waiting, environment):
    words = ["-m", "ccp4hooks.cli", "cancel", "2", "--project", "p"]
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "p 2 coordinate_selector INTERRUPTED\n"), done.stderr
    (known,) = session.outcomes(project, "2")
    assert (known.status, known.started_at, known.finished_at is None) == (JobStatus.INTERRUPTED, None, False)
    with pytest.raises(BadInputError, match="already ended"):
        session.run_opened(waiting.job)
    with pytest.raises(BadInputError, match=r"Job 2 is INTERRUPTED and not running, so it cannot be cancelled"):
        session.cancel(project, "2")


@pytest.mark.sampled(3)
def test_a_claimed_job_is_interrupted_when_its_owner_dies(session, project, maker, environment):
    claim = "import sys, uuid, ccp4hooks as c; c.open_session(c.load_settings()).claim(uuid.UUID(sys.argv[1]))"
    words = [sys.executable, "-c", claim, str(maker.job)]
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert [one.status for one in session.recover(project).outcomes] == [JobStatus.INTERRUPTED]


def test_a_job_set_back_to_pending_waits_again(session, project, environment):
    """The earlier owner of the job does not matter any more."""
    set_back = (
        "import sys, uuid; from ccp4hooks_database import AsyncDatabaseHandler as H; "
        "project, job = map(uuid.UUID, sys.argv[1:]); H(project).update_job_status_sync(job, 1)"
    )
    (done,) = session.outcomes(project, "1")
    run_again = (
        "import sys, uuid, ccp4hooks as c; "
        "c.open_session(c.load_settings()).run_opened(uuid.UUID(sys.argv[1]), again=True)"
    )
    for program, words in ((run_again, [done.job.uuid]), (set_back, [project.uuid, done.job.uuid])):
        line = [sys.executable, "-c", program, *map(str, words)]
        subprocess.run(line, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert session.recover(project).outcomes == ()
    assert status(session, project, "1") is JobStatus.PENDING


def test_a_waiting_job_without_a_directory_can_be_cancelled(session, project):
    job = session.open_job("coordinate_selector", project="p")
    job.directory.rmdir()
    assert session.cancel(project, job.number).status is JobStatus.INTERRUPTED


def test_the_waiting_sub_jobs_of_a_waiting_job_are_cancelled_with_it(session, project):
    parent = session.open_job("coordinate_selector", project="p")
    session.open_job("coordinate_selector", project="p", parent=parent)
    session.cancel(project, parent.number)
    found = {one.job.number: one.status for one in session.outcomes(project, parent.number)}
    assert found == {"2": JobStatus.INTERRUPTED, "2.1": JobStatus.INTERRUPTED}


def test_a_process_never_signals_itself(session, project):
    job = session.open_job("coordinate_selector", project="p")
    session.claim(job.uuid)
    with pytest.raises(BadInputError, match="Job 2 runs in this process"):
        session.cancel(project, "2")


def test_a_running_job_without_an_owner_is_left_to_its_program(session, project):
    from ccp4i2.db.models import Job

    job = session.open_job("coordinate_selector", project="p")
    Job.objects.filter(uuid=job.uuid).update(status=int(JobStatus.RUNNING))
    with pytest.raises(BadInputError, match="Job 2 is RUNNING in a program other than ccp4hooks"):
        session.cancel(project, "2")


def test_a_sub_job_that_ccp4i2_opens_for_a_running_pipeline_has_this_process_as_owner(session, project):
    from ccp4hooks_database import AsyncDatabaseHandler

    handler = AsyncDatabaseHandler(project.uuid, session=session)
    parent = session.open_job("coordinate_selector", project="p")
    made = UUID(handler.createSubJob("coordinate_selector", str(parent.uuid), "3"))
    assert [(one.job.uuid, one.job.number, one.pid) for one in session.owned_jobs()] == [(made, "2.3", os.getpid())]


def test_a_queued_job_that_is_cancelled_does_not_run_when_its_process_comes_up(session, project, environment):
    from ccp4i2.db.models import Job

    job = session.open_job("coordinate_selector", project="p")
    Job.objects.filter(uuid=job.uuid).update(status=int(JobStatus.QUEUED))
    assert session.cancel(project, "2").status is JobStatus.INTERRUPTED
    with pytest.raises(BadInputError, match="already ended"):
        session.run_opened(job.uuid)


@pytest.fixture
def start(environment):
    """Start a program in a process of its own, and return the process once the program has printed ``ready``."""
    started = []

    def begin(program, *words):
        line = [sys.executable, "-c", program, *map(str, words)]
        process = subprocess.Popen(
            line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert any("ready" in text for text in process.stdout), process.stderr.read()
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


RUN_JOB = """
import sys
print("ready", flush=True)
sys.stdin.readline()
from django.core.management import execute_from_command_line
execute_from_command_line(["django", "run_job", "-ju", sys.argv[1], "-y"])
"""


@pytest.mark.parametrize("cancelled", ["an hour before", "while the process comes up"])
def test_a_process_of_the_server_runs_a_cancelled_job_only_if_it_was_started_later(session, project, start, cancelled):
    """CCP4i2's server marks a job as QUEUED and starts a process; an ended job may be run again."""
    from ccp4i2.db.models import Job

    job = session.open_job("coordinate_selector", project="p")
    script = job.directory / "input_params.xml"
    script.write_bytes((session.outcomes(project, "1")[0].job.directory / "input_params.xml").read_bytes())
    Job.objects.filter(uuid=job.uuid).update(status=int(JobStatus.QUEUED))
    if cancelled == "an hour before":
        session.cancel(project, "2")
        Job.objects.filter(uuid=job.uuid).update(finish_time=timezone.now() - timedelta(hours=1))
        process = start(RUN_JOB, job.uuid)
    else:
        process = start(RUN_JOB, job.uuid)
        session.cancel(project, "2")
    process.communicate("\n", timeout=120)
    said = (job.directory / "cplusplus_stdout.txt").read_text()
    if cancelled == "an hour before":
        assert (process.returncode, status(session, project)) == (0, JobStatus.FINISHED), said
    else:
        assert "has already ended (INTERRUPTED)" in said
        assert (process.returncode != 0, status(session, project)) == (True, JobStatus.INTERRUPTED)


SLOW_CANCEL = """
import sys, ccp4hooks as c

class Slow:
    @c.hookimpl(tryfirst=True)
    def job_finished(self):
        print("ready", flush=True)
        sys.stdin.readline()

session = c.open_session(c.load_settings(), extra={"slow": Slow()})
session.cancel(session.project("p"), "2")
"""


def test_a_second_cancel_does_not_signal_the_process_that_is_cancelling_the_job(session, project, start, environment):
    session.open_job("coordinate_selector", project="p")
    first = start(SLOW_CANCEL)
    assert session.owned_jobs(project) == ()
    words = [sys.executable, "-m", "ccp4hooks.cli", "cancel", "2", "--project", "p"]
    second = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (second.returncode, first.poll()) == (4, None)
    assert "Job 2 is INTERRUPTED and not running" in second.stderr
    _, errors = first.communicate("\n", timeout=60)
    assert (first.returncode, status(session, project)) == (0, JobStatus.INTERRUPTED), errors


CLAIM = """
import sys, time, uuid, ccp4hooks as c
session = c.open_session(c.load_settings())
session.claim(uuid.UUID(sys.argv[1]))
print("ready", flush=True)
time.sleep(300)
"""


def test_cancel_finds_the_owner_of_a_job_that_is_claimed_in_the_meantime(url, tmp_path, session, project, start):
    job = session.open_job("coordinate_selector", project="p")
    claimed = []

    class Faster:
        @hookimpl(tryfirst=True)
        def cancel_job(self, uuid):
            claimed.append(start(CLAIM, uuid))

    settings = Settings(projects_dir=tmp_path / "projects", database=url)
    slower = open_session(settings, extra={"faster": Faster()})
    assert slower.cancel(project, "2").status is JobStatus.INTERRUPTED
    assert claimed[0].wait(timeout=60) != 0
    assert job.uuid not in {one.job.uuid for one in session.owned_jobs()}


OPEN_BELOW = """
import os, sys, uuid, ccp4hooks as c
session = c.open_session(c.load_settings())
parent = session.claim(uuid.UUID(sys.argv[1]))
session.open_job("coordinate_selector", project="p", parent=parent)
print("ready", flush=True)
if sys.argv[2] == "dies":
    os.kill(os.getpid(), 9)
sys.stdin.readline()
"""


@pytest.mark.parametrize(("process", "how"), [("dies", "recover"), ("dies", "cancel"), ("lives", "cancel")])
def test_the_waiting_sub_jobs_of_a_job_end_with_it(session, project, start, process, how):
    parent = session.open_job("coordinate_selector", project="p")
    runner = start(OPEN_BELOW, parent.uuid, process)
    if process == "dies":
        runner.wait(timeout=60)
    if how == "recover":
        assert {one.job.number for one in session.recover(project).outcomes} == {"2", "2.1"}
    else:
        session.cancel(project, "2")
    found = {one.job.number: one.status for one in session.outcomes(project, "2")}
    assert found == {"2": JobStatus.INTERRUPTED, "2.1": JobStatus.INTERRUPTED}


def test_a_sub_job_that_waits_below_an_ended_job_is_cancelled_with_it(session, project):
    (done,) = session.outcomes(project, "1")
    session.open_job("coordinate_selector", project="p", parent=done.job)
    assert session.cancel(project, "1").status is JobStatus.FINISHED
    found = {one.job.number: one.status for one in session.outcomes(project, "1")}
    assert found == {"1": JobStatus.FINISHED, "1.1": JobStatus.INTERRUPTED}


@pytest.mark.parametrize("call", ["run_opened", "take"])
def test_an_opened_job_without_its_directory_fails_and_says_so(session, project, call):
    job = session.open_job("coordinate_selector", project="p")
    job.directory.rmdir()
    with pytest.raises(BadInputError, match=r"did not exist, so the parameters of job 2 are lost\. Open a new job"):
        getattr(session, call)(job.uuid)
    (known,) = session.outcomes(project, "2")
    assert (known.status, session.owned_jobs()) == (JobStatus.FAILED, ())


def test_an_opened_job_whose_parameters_cannot_be_read_at_all_fails(session, project):
    job = session.open_job("coordinate_selector", project="p")
    (job.directory / "input_params.xml").mkdir()
    with pytest.raises(BadInputError, match=r"input_params.xml"):
        session.run_opened(job.uuid)
    assert status(session, project) is JobStatus.FAILED
