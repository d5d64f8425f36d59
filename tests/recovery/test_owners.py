"""Recovery ends the jobs of processes that have died, and of no others, and never replaces an outcome."""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import ccp4i2
import pytest
from click.testing import CliRunner
from plugins.database.helpers import opened, outcome_of, request_for, use
from recovery.acting import Actor

from ccp4hooks import BadInputError, JobStatus, Settings, StoreError, hookimpl, open_session
from ccp4hooks.cli import cli
from ccp4hooks.maintenance import cancel
from ccp4hooks_database.connection import processes

HERE = Path(__file__).parent
MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
NO_PROCESS = 2**22 + 1
HOUR = timedelta(hours=1)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has namespaces and ticks since the boot")


@pytest.fixture
def session(url, tmp_path):
    return open_session(Settings(projects_dir=tmp_path / "projects", database=url))


@pytest.fixture
def found_lost(session):
    """Return whether recovery ends a job whose owner has these values in its row."""
    done = session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p").outcomes[0]
    (done.job.directory / "ccp4hooks_outcome.json").unlink()

    def is_found(**values):
        from ccp4i2.db.models import Job

        from ccp4hooks_database.models import JobOwner

        Job.objects.filter(uuid=done.job.uuid).update(status=int(JobStatus.RUNNING), finish_time=None)
        JobOwner.objects.filter(job__uuid=done.job.uuid).update(**values)
        outcomes = session.recover(done.job.project).outcomes
        assert [one.status for one in outcomes] in ([], [JobStatus.INTERRUPTED])
        expected = JobStatus.INTERRUPTED if outcomes else JobStatus.RUNNING
        assert session.outcomes(done.job.project)[0].status is expected
        return bool(outcomes)

    return is_found


def now():
    return datetime.now(timezone.utc)


def unknown_namespace(silent_s):
    """The values of an owner on this machine that cannot be seen, and that was heard some seconds ago."""
    heard_s = processes.uptime_s() - silent_s
    return {"pid": NO_PROCESS, "pid_namespace": "pid:[1]", "heartbeat_uptime_s": heard_s}


@linux_only
@pytest.mark.parametrize("step", [-HOUR, timedelta(seconds=3), HOUR])
def test_a_step_of_the_system_clock_does_not_end_a_living_job(found_lost, step):
    me = processes.this_process()
    assert not found_lost(pid_started_at=me.started_at + step, heartbeat_at=now() + step)


@linux_only
def test_a_reused_process_id_is_a_different_process(found_lost):
    assert found_lost(pid_started_ticks=processes.this_process().started_ticks - 100)


@linux_only
@pytest.mark.parametrize(("silent_s", "lost"), [(1, False), (599, False), (601, True)])
@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_of_a_process_in_a_container_only_its_signs_of_life_count(found_lost, silent_s, lost, step):
    assert found_lost(**unknown_namespace(silent_s), heartbeat_at=now() + step) is lost


@linux_only
@pytest.mark.parametrize(("minutes", "lost"), [(1, False), (9, False), (11, True), (60 * 24, True)])
def test_of_a_process_on_another_machine_only_its_signs_of_life_count(found_lost, minutes, lost):
    heard_at = now() - timedelta(minutes=minutes)
    assert found_lost(host="elsewhere", boot_id="another", pid=NO_PROCESS, heartbeat_at=heard_at) is lost


@linux_only
@pytest.mark.parametrize("minutes", [1, 9])
def test_another_machine_of_the_same_name_is_not_taken_for_this_one(found_lost, minutes, monkeypatch):
    heard_at = now() - timedelta(minutes=minutes)
    assert not found_lost(boot_id="another", pid=os.getpid(), heartbeat_at=heard_at)
    # This machine was booted since.
    monkeypatch.setattr(processes, "uptime_s", lambda: minutes * 60 - 10.0)
    assert found_lost(boot_id="another", pid=os.getpid(), heartbeat_at=heard_at)


@linux_only
def test_the_owner_that_an_earlier_version_recorded_is_understood(found_lost):
    old = {"process": None, "pid_started_ticks": None, "pid_namespace": "", "heartbeat_uptime_s": None}
    assert not found_lost(**old, heartbeat_at=now() - 24 * HOUR)
    assert not found_lost(**old, pid=NO_PROCESS, heartbeat_at=now())
    assert found_lost(**old, pid=NO_PROCESS, heartbeat_at=now() - HOUR)


@linux_only
def test_a_process_whose_files_in_proc_are_hidden_is_not_taken_for_dead(found_lost, monkeypatch, tmp_path):
    # As for another user where /proc is mounted with hidepid.
    me = processes.this_process()
    hidden = tmp_path / "proc"
    (hidden / "self/ns").mkdir(parents=True)
    monkeypatch.setattr(processes, "_stat", lambda pid: None)
    assert not found_lost(pid=me.pid)
    assert not found_lost(pid=1)


@linux_only
def test_the_start_of_a_process_is_the_same_from_another_time_namespace(tmp_path):
    show = "from ccp4hooks_database.connection import processes as p; print(p._stat({pid})[1], p.uptime_s())"
    words = [sys.executable, "-c", show.format(pid=os.getpid())]
    entered = ["unshare", "--user", "--map-root-user", "--time", "--boottime=100000", "--monotonic=500", "--fork"]
    if subprocess.run([*entered, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system makes no time namespaces for users")
    before_s = processes.uptime_s()
    ticks, uptime_s = subprocess.run([*entered, *words], capture_output=True, text=True, check=True).stdout.split()
    assert abs(int(ticks) - processes.this_process().started_ticks) <= processes.TICKS
    assert before_s < float(uptime_s) < processes.uptime_s()


# --- taking over --------------------------------------------------------------------------------------------------


@pytest.fixture
def plugin(url, tmp_path):
    return use(url, tmp_path)


@pytest.fixture
def project(session):
    return session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p").outcomes[0].job.project


def change(job, **values):
    from ccp4hooks_database.models import JobOwner

    JobOwner.objects.filter(job__uuid=job.uuid).update(**values)


def owner_of(job):
    from ccp4hooks_database.models import JobOwner

    return JobOwner.objects.get(job__uuid=job.uuid)


def change_status(job, status):
    from ccp4i2.db.models import Job

    Job.objects.filter(uuid=job.uuid).update(status=int(status))


def status_of(job):
    from ccp4i2.db.models import Job

    return JobStatus(Job.objects.get(uuid=job.uuid).status)


def test_of_two_recoveries_one_takes_a_job_over(plugin, project):
    job = opened(plugin, project)
    change(job, pid=NO_PROCESS, process=uuid4())
    (owned,) = plugin.find_held(project)
    assert (owned.alive, owned.attempt) == (False, 1)
    assert [plugin.take_over_job(owned), plugin.take_over_job(owned)] == [True, False]
    owner = owner_of(job)
    assert (owner.pid, owner.process, owner.recovers) == (os.getpid(), processes.this_process().token, True)


@pytest.mark.parametrize(
    "sign", [{"heartbeat_at": now()}, {"process": uuid4()}, {"attempt": 2}], ids=["heartbeat", "owner", "attempt"]
)
def test_a_job_whose_owner_has_changed_or_was_heard_is_not_taken_over(plugin, project, sign):
    job = opened(plugin, project)
    change(job, pid=NO_PROCESS)
    (owned,) = plugin.find_held(project)
    change(job, **sign)
    assert plugin.take_over_job(owned) is False
    assert owner_of(job).recovers is False


def test_doctor_names_a_job_whose_process_has_died_and_a_project_without_a_directory(session, project):
    from ccp4hooks.cli.commands.doctor import session_findings

    def wrong():
        found = session_findings(session)
        return [(one.about, one.text, one.exit_code) for one in found if one.about in {"job", "project"}]

    (done,) = session.outcomes(project)
    change_status(done.job, JobStatus.RUNNING)
    assert wrong() == []
    change(done.job, pid=NO_PROCESS)
    host = owner_of(done.job).host
    died = f"job 1 of the project 'p' is RUNNING, but its process ({NO_PROCESS} on {host}) has died. "
    assert wrong() == [("job", f"{died}Run `ccp4hooks recover p`.", 5)]
    session.recover(project)
    assert wrong() == []
    project.directory.rename(project.directory.with_name("renamed"))
    ((about, text, code),) = wrong()
    assert (about, code) == ("project", 4)
    assert text.startswith(
        f"The directory {project.directory} of the project 'p' does not exist. If it was moved or renamed, run "
        "`ccp4hooks projects move p DIR` with its present place."
    )


def test_a_job_that_has_ended_is_not_taken_over(plugin, project):
    job = opened(plugin, project)
    change(job, pid=NO_PROCESS)
    (owned,) = plugin.find_held(project)
    plugin.job_finished(job, outcome_of(job))
    assert plugin.take_over_job(owned) is False
    assert status_of(job) is JobStatus.FINISHED


def test_a_recovery_does_not_record_a_job_that_its_process_has_recorded(plugin, project, url, tmp_path):
    job = opened(plugin, project)
    change(job, pid=NO_PROCESS)
    (owned,) = plugin.find_held(project)
    assert plugin.take_over_job(owned)
    use(url, tmp_path).job_finished(job, outcome_of(job))
    plugin.job_finished(job, outcome_of(job, status=JobStatus.INTERRUPTED))
    assert status_of(job) is JobStatus.FINISHED


def test_a_recovery_that_failed_is_repeated_by_the_same_process(plugin, project):
    job = opened(plugin, project)
    change(job, pid=NO_PROCESS)
    assert plugin.take_over_job(plugin.find_held(project)[0])
    (owned,) = plugin.find_held(project)
    assert owned.alive is False
    assert plugin.take_over_job(owned)


def test_a_job_that_runs_again_after_a_recovery_that_failed_is_recorded(plugin, project):
    job = opened(plugin, project)
    change(job, pid=NO_PROCESS)
    assert plugin.take_over_job(plugin.find_held(project)[0])
    change_status(job, JobStatus.INTERRUPTED)
    assert plugin.claim_job(job.uuid, again=True, attempt=None)
    plugin.job_finished(job, outcome_of(job))
    assert status_of(job) is JobStatus.FINISHED


def test_each_run_of_a_job_has_its_number_and_a_former_one_records_nothing(plugin, project):
    job = opened(plugin, project, owned=False)
    assert plugin.claim_job(job.uuid, again=False, attempt=None)
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    assert owner_of(job).attempt == 1
    former = outcome_of(job)
    change(job, process=uuid4())
    with pytest.raises(StoreError, match="was started again by another process while this one ran it"):
        plugin.job_finished(job, former)
    assert status_of(job) is JobStatus.RUNNING
    plugin.job_finished(job, former)
    assert plugin.claim_job(job.uuid, again=True, attempt=None)
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    assert owner_of(job).attempt == 2
    plugin.job_finished(job, former)
    assert status_of(job) is JobStatus.FINISHED


# --- a recovery at the end of a job -------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def acting(request, tmp_path_factory):
    """The process that starts runners, the URL of its database, and its directory."""
    folder = tmp_path_factory.mktemp("acting")
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("server").new() if on_server else f"sqlite:///{folder / 'db.sqlite3'}"
    patch = pytest.MonkeyPatch()
    patch.setenv("CCP4I2_HOME", str(folder / "home"))
    patch.syspath_prepend(HERE)
    actor = Actor(url, folder)
    yield actor, url, folder / "projects"
    actor.close()
    patch.undo()


class Meanwhile:
    """Lets the runner end its jobs while another process recovers them."""

    def __init__(self, act):
        self.act = act

    @hookimpl
    def glean_kpi(self, job):
        if job.parent_uuid is None:
            self.act()
        return ()


@pytest.mark.parametrize("order", ["the runner ends first", "the runner ends last"])
def test_a_recovery_that_overlaps_the_end_of_a_job_replaces_no_outcome(acting, order):
    actor, url, folder = acting
    runner = actor.ask(do="run", url=url, folder=str(folder), step="before glean_kpi of kpi", times=2, opened="")
    assert runner["said"] == "paused"
    go = lambda: actor.ask(do="go", pid=runner["pid"])  # noqa: E731 - short
    settings = Settings(projects_dir=folder, database=url, plugins=("tasks_of_walk",))
    session = open_session(settings, extra={"meanwhile": Meanwhile(go if order.endswith("first") else lambda: None)})
    top = [one.job for one in session.owned_jobs() if not one.job.number.is_sub_job][-1]
    change(top, pid=NO_PROCESS)
    outcomes = session.recover().outcomes
    if order.endswith("first"):
        assert [(one.job.uuid, one.status) for one in outcomes] == [(top.uuid, JobStatus.FINISHED)]
    else:
        assert [(one.job.uuid, one.status) for one in outcomes] == [(top.uuid, JobStatus.INTERRUPTED)]
        assert go()["said"] == "done"
    written = json.loads((top.directory / "ccp4hooks_outcome.json").read_text())
    known = session.outcomes(top.project, top.number)
    assert [written["status"], *(one.status.name for one in known)] == ["FINISHED"] * 3
    assert [len(one.files) for one in known] == [1, 1]
    assert session.recover().outcomes == ()


# --- signs of life ------------------------------------------------------------------------------------------------

HOLDER = """
import ctypes, sys
from pathlib import Path
from ccp4hooks import Settings, hookimpl, open_session

class Holder:
    @hookimpl
    def glean_kpi(self, job):
        # PyDLL keeps Python's lock during the call.
        Path(sys.argv[3]).touch()
        ctypes.PyDLL(None).sleep(int(sys.argv[4]))
        return ()

session = open_session(
    Settings(projects_dir=Path(sys.argv[2]), database=sys.argv[1], tables={"database": {"silence_s": 2.0}}),
    extra={"holder": Holder()},
)
done = session.run("coordinate_selector", [("XYZIN", sys.argv[5])], project="p")
print(done.outcome.status.name)
"""


@linux_only
def test_a_job_that_holds_pythons_lock_shows_that_it_is_alive(url, tmp_path):
    started = tmp_path / "started"
    words = [sys.executable, "-c", HOLDER, url, str(tmp_path / "projects"), str(started), "15", str(MODEL)]
    runner = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    while not started.exists():
        assert runner.poll() is None
        time.sleep(0.05)
    # Longer than that of the process, because a busy machine may delay a heartbeat; shorter than the call.
    own = {"database": {"silence_s": 6.0}}
    session = open_session(Settings(projects_dir=tmp_path / "projects", database=url, tables=own))
    (owned,) = session.owned_jobs()
    # As seen from another container.
    change(owned.job, pid_namespace="pid:[1]")
    heard = set()
    while len(heard) < 5 and runner.poll() is None:
        assert session.recover().outcomes == ()
        heard.add(owner_of(owned.job).heartbeat_at)
        time.sleep(0.2)
    assert len(heard) == 5
    assert runner.communicate()[0] == "FINISHED\n"
    assert status_of(owned.job) is JobStatus.FINISHED


@linux_only
def test_cancelling_a_job_that_holds_pythons_lock_kills_its_process(url, tmp_path, monkeypatch):
    started = tmp_path / "started"
    words = [sys.executable, "-c", HOLDER, url, str(tmp_path / "projects"), str(started), "600", str(MODEL)]
    runner = subprocess.Popen(words)
    while not started.exists():
        assert runner.poll() is None
        time.sleep(0.05)
    monkeypatch.setattr(cancel, "PATIENCE_S", 0.5)
    words = ["--database", url, "--projects-dir", str(tmp_path / "projects"), "--project", "p"]
    done = CliRunner().invoke(cli, ["cancel", "1", *words])
    assert (done.output, done.exit_code) == ("p 1 coordinate_selector INTERRUPTED\n", 0)
    assert runner.wait() != 0


@linux_only
def test_a_job_in_a_container_is_not_cancelled_from_outside(session, found_lost):
    assert not found_lost(**unknown_namespace(1) | {"pid": os.getppid()})
    with pytest.raises(
        BadInputError, match=rf"Job 1 runs as process {os.getppid()} in another container \(namespace of"
    ):
        session.cancel("p", "1")


def test_the_process_that_records_heartbeats_ends_with_the_runner(url, tmp_path):
    import psutil

    started = tmp_path / "started"
    words = [sys.executable, "-c", HOLDER, url, str(tmp_path / "projects"), str(started), "60", str(MODEL)]
    runner = subprocess.Popen(words)
    while not started.exists():
        assert runner.poll() is None
        time.sleep(0.05)
    below = psutil.Process(runner.pid).children(recursive=True)
    assert any("heartbeat_process.py" in " ".join(one.cmdline()) for one in below)
    runner.kill()
    runner.wait()
    _, alive = psutil.wait_procs(below, timeout=30)
    assert alive == []


def test_a_job_that_is_only_opened_gives_signs_of_life(url, tmp_path, project):
    plugin = use(url, tmp_path, silence_s=1.0)
    job = plugin.open_job(request_for(project))
    before = owner_of(job).heartbeat_at
    while owner_of(job).heartbeat_at == before:
        time.sleep(0.05)
    plugin.job_withdrawn(job, new_project=False)


def test_a_session_that_is_dropped_with_an_open_job_leaves_no_process(url, tmp_path, project):
    import gc

    import psutil

    def helpers():
        found = set()
        for one in psutil.Process().children():
            # Another one may have ended, and nobody may have waited for it yet.
            with suppress(psutil.NoSuchProcess):
                found |= {one.pid} if "heartbeat_process.py" in " ".join(one.cmdline()) else set()
        return found

    gc.collect()
    before = helpers()
    plugin = use(url, tmp_path)
    plugin.job_status(plugin.open_job(request_for(project)), JobStatus.RUNNING, (), ())
    (started,) = helpers() - before
    del plugin
    gc.collect()
    assert not psutil.pid_exists(started)
