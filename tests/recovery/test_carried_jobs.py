"""Jobs on machines that share no files with the side that submits: each comes back whole, or ends and says why.

The processes of the engine have a mount of their own, in which the directory of the projects is empty. They reach its
files at another path, by `cp`, as `scp` would reach them with the name of a host before the path.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress

import pytest
from recovery.test_engine_jobs import HERE, PLUGINS, TASKS, Here

from ccp4hooks import BadInputError, Ccp4HooksError, JobStatus, Settings, Transfer, open_session
from ccp4hooks.engines import transport
from ccp4hooks.engines.node_command import node_command

ENTER = """
mkdir -p "$2/$1" && mount --bind "$1" "$2/$1" && mount -t tmpfs none "$1" && shift 2 && exec "$@"
"""
"""What a process does to see the directory of its first argument below that of the second one only."""

INSIDE = ["unshare", "--user", "--map-root-user", "--mount"]


class Away(Here):
    """A session with an engine whose processes do not see the projects."""

    def __init__(self, url, tmp_path):
        super().__init__(url, tmp_path)
        self.view = tmp_path / "login"
        self.scratch = tmp_path / "scratch"
        for folder in (self.scratch, self.projects):
            folder.mkdir()
        self.node = [*INSIDE, "sh", "-c", ENTER, "sh", str(self.projects), str(self.view)]
        self.node += ["env", f"TMPDIR={self.scratch}"]
        table = {
            "plugin": PLUGINS[0],
            "files": "carried",
            "fetch": f"cp {self.view}{{from}} {{to}}",
            "send": f"cp {{from}} {self.view}{{to}}",
        }
        self.settings = Settings(
            projects_dir=self.projects,
            database=self.settings.database,
            plugins=PLUGINS,
            engine_tables={"here": table},
        )
        self.session = open_session(self.settings)

    def command_again(self, made, number=1):
        """Run the command of an attempt once more, as a scheduler may do, and return what it prints."""
        command = node_command(self.settings, self.settings.engine("here"), made.job, number)
        words = [*self.node, *command.arguments]
        done = subprocess.run(
            words, env={**os.environ, **command.environment}, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def execute_here(self, made, send=("cp", "{from}", "{to}")):
        """Run an attempt in this process, which sees the projects, but has a scratch directory of its own."""
        session = open_session(Settings(projects_dir=self.scratch, plugins=(*PLUGINS, "no:database")))
        transfer = Transfer(fetch=("cp", "{from}", "{to}"), send=send)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(self.scratch))
            return session.execute(made.job.uuid, 1, made.job.directory, transfer)

    def let_time_pass(self, made, number=1):
        """Let it be long ago that the engine has said that a job is gone."""
        long_ago = time.time() - 100
        os.utime(folder_of(made, number) / "gone", (long_ago, long_ago))


def said_of(away):
    return str(away.session.outcomes("p", "1")[0].problems)


def folder_of(made, number=1):
    return made.job.directory / "ccp4hooks_attempts" / str(number)


@pytest.fixture
def away(sqlite_template, orders, tmp_path, monkeypatch):
    if sys.platform == "win32" or subprocess.run([*INSIDE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no process here can have a mount of its own")
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", f"{HERE}{os.pathsep}{TASKS}")
    monkeypatch.syspath_prepend(str(TASKS))
    monkeypatch.syspath_prepend(str(HERE))
    (tmp_path / "db.sqlite3").write_bytes(sqlite_template.read_bytes())
    made = Away(f"sqlite:///{tmp_path / 'db.sqlite3'}", tmp_path)
    monkeypatch.setenv("CCP4HOOKS_TEST_NODE", shlex.join(made.node))
    yield made
    for one in sys.modules[PLUGINS[0]].STARTED:
        with suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)
        one.wait()
    for name in (*PLUGINS, "it_scripts"):
        sys.modules.pop(name, None)


def test_jobs_come_back_with_their_files_and_sub_jobs_and_the_next_one_reads_them(away):
    made = away.submit("it_pipeline", MODE="plain", COUNT=2)
    first = away.ended()
    found = {one.job.number: one for one in away.session.outcomes("p", "1")}
    assert {number: one.status for number, one in found.items()} == dict.fromkeys(
        ["1", "1.1", "1.2"], JobStatus.FINISHED
    )
    assert found["1.2"].files[0].path == made.job.directory / "job_2/XYZOUT.pdb"
    assert first.imported[0].path.read_bytes() == first.files[0].path.read_bytes()
    assert away.state()[1] == [JobStatus.FINISHED]
    assert {one.name for one in folder_of(made).iterdir()} == {"began.json", "output.txt"}
    assert "has begun before, or was cancelled. Nothing was run." in away.command_again(made)
    away.submit(model=first.files[0].path, **{"XYZIN.selection.text": "A/10-20"})
    second = away.ended("2")
    assert (second.status, second.uses[0].path) == (JobStatus.FINISHED, first.files[0].path)
    assert 0 < second.files[0].path.stat().st_size < first.files[0].path.stat().st_size / 10
    # What the machines had of them is gone.
    assert list(away.scratch.iterdir()) == []


def test_a_job_that_is_cancelled_comes_back_with_what_it_has(away, orders):
    away.submit("it_pipeline", MODE="live")
    away.until(lambda: [*away.scratch.glob("*/project/CCP4_JOBS/job_1/program.xml")])
    assert away.state() == (JobStatus.RUNNING, [None])
    outcome = away.session.cancel("p", "1")
    assert outcome.status is JobStatus.INTERRUPTED
    assert (outcome.job.directory / "program.xml").exists()
    (orders / "hold").touch()
    waiting = away.submit()
    assert away.session.cancel("p", "2").status is JobStatus.INTERRUPTED
    assert "Nothing was run" in away.command_again(waiting)


def test_a_job_whose_machine_dies_is_interrupted_and_comes_back_as_its_next_attempt(away):
    made = away.submit("it_pipeline", MODE="live")
    away.until(lambda: away.state()[0] is JobStatus.RUNNING)
    os.killpg(int(made.attempt.key), signal.SIGKILL)
    sys.modules[PLUGINS[0]].STARTED[0].wait()
    away.session.recover("p")
    assert away.state() == (JobStatus.RUNNING, [None])
    away.let_time_pass(made)
    away.session.recover("p")
    assert away.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])
    away.session.retry("p", "1")
    (there,) = away.until(lambda: [*away.scratch.glob("*/project/CCP4_JOBS/job_1/program.xml")])
    for name in ("go", "end"):
        (there.parent / name).touch()
    assert away.ended().status is JobStatus.FINISHED
    assert away.state()[1] == [JobStatus.INTERRUPTED, JobStatus.FINISHED]


def test_a_job_that_cannot_be_sent_back_is_interrupted(away, orders, monkeypatch):
    monkeypatch.setattr(transport, "AGAIN_S", ())
    (orders / "hold").touch()
    made = away.submit(**{"XYZIN.selection.text": "A/10-20"})
    # Only small files arrive, as over a connection that breaks.
    script = "test $(wc -c < $0) -lt 400 && cp $0 $1 || { echo the line is dead; exit 3; }"
    with pytest.raises(
        Ccp4HooksError, match=r"result\.zip could not be sent: .* said the line is dead \(exit code 3\)"
    ):
        away.execute_here(made, send=("sh", "-c", script, "{from}", "{to}"))
    assert list(away.scratch.iterdir()) == []
    (orders / "drop").touch()
    away.session.recover("p")
    assert away.state() == (JobStatus.RUNNING, [None])
    away.let_time_pass(made)
    away.session.recover("p")
    assert away.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])


def test_a_machine_that_cannot_pack_the_result_says_why_and_the_job_is_interrupted(away, orders):
    (orders / "hold").touch()
    made = away.submit(**{"XYZIN.selection.text": "A/10-20"})
    # Something is in the way of the archive, as it could be a full disk.
    script = "cp $0 $1 && mkdir -p $(dirname $0)/result.zip"
    with pytest.raises(Ccp4HooksError, match=r"could not be packed: .*result\.zip exists already"):
        away.execute_here(made, send=("sh", "-c", script, "{from}", "{to}"))
    away.session.recover("p")
    assert away.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])
    assert re.search(r"could not be sent by .*: .*result\.zip exists already", said_of(away))


def test_a_machine_that_cannot_begin_says_why(away, orders):
    (orders / "hold").touch()
    made = away.submit()
    path = folder_of(made) / "input.zip"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadInputError, match="Attempt 1 could not begin on "):
        away.execute_here(made)
    assert away.state() == (JobStatus.INTERRUPTED, [JobStatus.INTERRUPTED])
    assert re.search("could not begin on .*input.zip is not a whole zip file", said_of(away))


def test_a_job_that_its_engine_drops_has_time_for_its_files_to_arrive(away, orders):
    (orders / "hold").touch()
    made = away.submit()
    (orders / "drop").touch()
    away.session.recover("p")
    assert away.state() == (JobStatus.QUEUED, [None])
    away.let_time_pass(made)
    (outcome,) = away.session.recover("p").outcomes
    assert outcome.status is JobStatus.INTERRUPTED
    assert not (folder_of(made) / "input.zip").exists()
