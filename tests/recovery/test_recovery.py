"""Recovery and replay on real databases repair lost jobs and do not change running ones."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import ccp4i2
import psutil
import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, open_session

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


@pytest.fixture
def session(url, tmp_path):
    return open_session(Settings(projects_dir=tmp_path / "projects", database=url))


def run(session, *switches):
    if switches:
        settings = Settings(
            projects_dir=session.settings.projects_dir, database=session.settings.database, plugins=switches
        )
        session = open_session(settings)
    return session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p").outcomes[0]


def change_owner(job, **values):
    """Change the recorded owner of a job, and mark the job as running."""
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobOwner

    Job.objects.filter(uuid=job.uuid).update(status=int(JobStatus.RUNNING), finish_time=None)
    JobOwner.objects.filter(job__uuid=job.uuid).update(**values)


@pytest.fixture
def owned(session):
    """Change the record of a finished job to that of a running job with an owner."""

    def make(**values):
        done = run(session)
        (done.job.directory / "ccp4hooks_outcome.json").unlink()
        change_owner(done.job, **values)
        return done

    return make


def test_a_job_whose_process_has_died_becomes_interrupted_with_its_files(session, owned):
    lost = owned(pid=2**22 + 1)
    done = session.recover(lost.job.project)
    assert [(one.job.number, one.status) for one in done.outcomes] == [("1", JobStatus.INTERRUPTED)]
    (known,) = session.outcomes(lost.job.project)
    assert (known.status, known.finished_at is None) == (JobStatus.INTERRUPTED, False)
    assert [file.path for file in known.files] == [file.path for file in lost.files]
    assert [file.md5 for file in known.imported] == [file.md5 for file in lost.imported]
    assert [kpi.key for kpi in known.kpis] == [kpi.key for kpi in lost.kpis]
    assert session.recover(lost.job.project).outcomes == ()
    # What the process used is lost with it.
    (recorded,) = session.outcomes(lost.job.project, "1")
    assert recorded.provenance == replace(lost.provenance, cpu_s=None, peak_memory_bytes=None)
    assert recorded.provenance.command.startswith("Session.run('coordinate_selector', [('XYZIN', ")
    assert "" not in (recorded.provenance.user, recorded.provenance.host, recorded.provenance.fingerprint)


def test_a_job_whose_process_is_running_is_not_changed(session, owned):
    owned()
    assert session.recover().outcomes == ()


def test_a_failed_job_without_an_end_time_is_recovered(session, owned):
    from ccp4i2.db.models import Job

    lost = owned(pid=2**22 + 1)
    Job.objects.filter(uuid=lost.job.uuid).update(status=int(JobStatus.FAILED))
    assert [one.status for one in session.recover().outcomes] == [JobStatus.INTERRUPTED]


def test_a_waiting_job_is_not_changed(session):
    done = run(session)
    waiting = session.open_job("freerflag", project=done.job.project.uuid)
    assert session.recover().outcomes == ()
    assert session.outcomes(done.job.project, waiting.number)[0].status is JobStatus.PENDING


def test_an_unrecorded_outcome_file_is_recorded(session):
    done = run(session)
    change_owner(done.job, pid=2**22 + 1)
    assert [one.status for one in session.recover().outcomes] == [JobStatus.FINISHED]
    assert session.outcomes(done.job.project)[0].status is JobStatus.FINISHED


def test_a_job_without_a_directory_or_with_an_unknown_task_is_recovered(session, owned):
    from ccp4i2.db.models import Job

    lost = owned(pid=2**22 + 1)
    shutil.rmtree(lost.job.directory)
    Job.objects.filter(uuid=lost.job.uuid).update(task_name="no_such_task")
    assert [one.status for one in session.recover().outcomes] == [JobStatus.INTERRUPTED]


def test_replay_records_a_job_that_ran_without_a_database_exactly_once(session, tmp_path):
    first = run(session)
    second = run(session, "no:database")
    assert second.job.number == "2"
    done = session.replay(first.job.project)
    assert [(one.job.number, one.status) for one in done.outcomes] == [
        ("1", JobStatus.FINISHED),
        ("2", JobStatus.FINISHED),
    ]
    assert done.problems == ()
    before = session.outcomes(first.job.project)
    assert [len(one.files) for one in before] == [1, 1]
    assert (before[1].created_at, before[1].started_at, before[1].finished_at) == (
        second.created_at,
        second.started_at,
        second.finished_at,
    )
    session.replay(first.job.project)
    assert session.outcomes(first.job.project) == before
    assert run(session).job.number == "3"


def test_replay_records_an_unrecorded_project(session):
    done = run(session, "no:database")
    replayed = session.replay(session.known_project("p"))
    assert [one.job.uuid for one in replayed.outcomes] == [done.job.uuid]
    assert [one.job.uuid for one in session.outcomes(session.project("p"))] == [done.job.uuid]


def test_replay_tells_what_was_recorded_before(session):
    from ccp4i2.db.models import Job, JobFloatValue

    first = run(session)
    second = run(session, "no:database")
    done = session.replay(session.project("p"))
    assert [one.job.number for one in done.outcomes] == ["1", "2"]
    assert done.unchanged == (first.job.uuid,)
    assert session.replay(session.project("p")).unchanged == (first.job.uuid, second.job.uuid)
    assert session.replay_all().unchanged == (first.job.uuid, second.job.uuid)
    JobFloatValue.objects.filter(job__uuid=first.job.uuid).delete()
    Job.objects.filter(uuid=second.job.uuid).update(status=int(JobStatus.RUNNING))
    assert session.replay(session.project("p")).unchanged == ()
    assert session.replay(session.project("p")).unchanged == (first.job.uuid, second.job.uuid)


def test_replay_without_outcome_files_is_an_error(session):
    done = run(session)
    with pytest.raises(BadInputError, match="No outcome file of job 7 exists below"):
        session.replay(done.job.project, "7")
    nobody = open_session(Settings(projects_dir=session.settings.projects_dir, plugins=("no:database",)))
    with pytest.raises(BadInputError, match="No plugin records jobs in a database"):
        nobody.replay(done.job.project)


@pytest.fixture
def environment(url, tmp_path):
    tasks = Path(__file__).parents[1] / "integration" / "tasks"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))},
        "PYTHONPATH": str(tasks),
        "CCP4I2_HOME": str(tmp_path / "home"),
        "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects"),
        "DATABASE_URL": url,
        "CCP4HOOKS_PROJECT": "p",
    }


def line(*words):
    return [sys.executable, "-m", "ccp4hooks.cli", *words]


@pytest.fixture
def command(environment):
    def run_command(*words):
        return subprocess.run(line(*words), env=environment, capture_output=True, text=True, check=False)

    return run_command


def program_of(runner):
    return [process for process in psutil.Process(runner.pid).children() if process.name() == "sleep"]


@pytest.fixture
def slow(environment, tmp_path):
    """A command that runs a job for a minute, after its program has started."""
    started = subprocess.Popen(line("-p", "it_tasks", "run", "it_long", f"XYZIN={MODEL}"), env=environment)
    log = tmp_path / "projects/p/CCP4_JOBS/job_1/ccp4hooks_log.jsonl"
    while not log.exists() or '"new": "RUNNING"' not in log.read_text() or not program_of(started):
        assert started.poll() is None
        time.sleep(0.05)
    yield started
    started.kill()
    started.wait()


def statuses(command):
    return [job["status"] for job in json.loads(command("jobs", "--json", "--sort", "created").stdout)["jobs"]]


def test_a_killed_command_is_recovered_by_the_next_one(slow, command):
    (program,) = program_of(slow)
    slow.send_signal(signal.SIGKILL)
    slow.wait()
    # The watchdog terminates it.
    psutil.wait_procs([program], timeout=30)
    assert not program.is_running()
    done = command("run", "coordinate_selector", f"XYZIN={MODEL}")
    assert done.returncode == 0, done.stderr
    assert statuses(command) == ["INTERRUPTED", "FINISHED"]
    again = command("recover", "p")
    assert (again.stdout, again.returncode) == ("Nothing to recover.\n", 0)
    both = ["p 1 it_long INTERRUPTED (recorded before)", "p 2 coordinate_selector FINISHED (recorded before)"]
    assert [command("replay", *words).stdout.splitlines() for words in ((), ("p",), ("2",))] == [both, both, both[1:]]
    assert command("replay", "x", "--project", "p").returncode == 2


def test_cancelling_a_job_stops_its_program(slow, command):
    (program,) = program_of(slow)
    done = command("cancel", "1")
    assert (done.stdout, done.returncode) == ("p 1 it_long INTERRUPTED\n", 0), done.stderr
    assert slow.wait() == 130
    assert not program.is_running()
    again = command("cancel", "1")
    assert again.returncode == 4
    assert "Job 1 is INTERRUPTED and not running, so it cannot be cancelled" in again.stderr


def test_a_job_that_cannot_be_cancelled_is_an_error(session, owned):
    lost = owned(host="elsewhere")
    with pytest.raises(BadInputError, match=r"runs on elsewhere\. Cancel it there"):
        session.cancel(lost.job.project, "1")
    with pytest.raises(BadInputError, match=r"1\.1 is a sub-job\. Cancel job 1, which started it"):
        session.cancel(lost.job.project, "1.1")


def test_cancelling_a_job_whose_process_has_died_recovers_it(session, owned):
    lost = owned(pid=2**22 + 1)
    assert session.cancel(lost.job.project, "1").status is JobStatus.INTERRUPTED


def test_a_job_that_runs_again_is_not_recorded_by_the_outcome_file_of_its_earlier_run(session):
    done = run(session)
    session.claim(done.job.uuid, again=True)
    assert session.recover(done.job.project).outcomes == ()
    (known,) = session.outcomes(done.job.project)
    assert known.status is JobStatus.RUNNING


def test_a_job_that_is_killed_in_its_second_run_is_interrupted(session):
    done = run(session)
    session.claim(done.job.uuid, again=True)
    change_owner(done.job, pid=2**22 + 1)
    (ended,) = session.recover(done.job.project).outcomes
    assert ended.status is JobStatus.INTERRUPTED
