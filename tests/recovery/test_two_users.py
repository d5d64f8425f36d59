"""Two users share a project by a group (setgid): each runs, recovers and cancels jobs, and both see all.

The tests run commands as two users, which needs root and a Python that other users can run. Where that is impossible,
the same commands run as this user, and the permissions show whether the group could use what they leave.
"""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ccp4i2
import pytest

import ccp4hooks

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
GROUP = 4242
ADA, BEN = 5001, 5002
TASKS = """
from ccp4hooks import TaskDescription, hookimpl

@hookimpl
def register_tasks():
    yield TaskDescription(name="slow", title="t", script="slow_script:slow", def_file={def_file!r}, needs_ccp4=False)
"""
SCRIPT = """
import time
from pathlib import Path
from ccp4i2.core.CCP4PluginScript import CPluginScript

class slow(CPluginScript):
    TASKNAME = "slow"

    def process(self):
        self.checkOutputData()
        (Path(self.workDirectory) / "started").touch()
        time.sleep(600)
"""
DEF_FILE = """<?xml version="1.0"?><ccp4i2><ccp4i2_header><function>DEF</function><pluginName>slow</pluginName>
</ccp4i2_header><ccp4i2_body id="slow"><container id="inputData"/><container id="outputData"/>
<container id="controlParameters"/></ccp4i2_body></ccp4i2>"""


def python_for_all():
    """A Python of this version that other users can run, or None."""
    if os.geteuid() != 0:
        return None
    other = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for one in (sys.executable, *(shutil.which(other, path=folder) for folder in os.defpath.split(":") if folder)):
        if one and runs(one):
            return one
    return None


def runs(python):
    try:
        done = subprocess.run([python, "-c", ""], user=ADA, group=ADA, cwd="/", check=False, capture_output=True)
    except PermissionError:
        return False
    return done.returncode == 0


OTHER_PYTHON = python_for_all()


class Place:
    """A directory that a group shares, with a database and projects, and commands that a user runs there."""

    def __init__(self, folder, umask):
        self.folder, self.umask = folder, umask
        self.shared, self.tasks = folder / "shared", folder / "tasks"
        for made in (self.shared, self.shared / "projects", self.tasks):
            made.mkdir()
        for made in (self.shared, self.shared / "projects"):
            if OTHER_PYTHON:
                os.chown(made, -1, GROUP)
            made.chmod(0o2775)
        (self.tasks / "slow_tasks.py").write_text(TASKS.format(def_file=str(self.tasks / "slow.def.xml")))
        (self.tasks / "slow_script.py").write_text(SCRIPT)
        (self.tasks / "slow.def.xml").write_text(DEF_FILE)
        for path in (folder, *self.tasks.iterdir(), self.tasks):
            path.chmod(0o755)
        self.model = folder / "m.pdb"
        shutil.copy(MODEL, self.model)
        self.model.chmod(0o644)

    @property
    def project(self):
        return self.shared / "projects" / "x"

    def start(self, user, *words, umask=None):
        home = self.folder / f"home{user}"
        if not home.exists():
            home.mkdir()
            if OTHER_PYTHON:
                os.chown(home, user, user)
        # Another Python has its own standard library.
        packages = [one for one in sys.path if one and not Path(one).resolve().is_relative_to(sys.base_prefix)]
        paths = [str(self.tasks), *packages, str(Path(ccp4hooks.__file__).parents[1])]
        environment = {
            "PATH": os.defpath,
            "HOME": str(home),
            "CCP4I2_HOME": str(home / "i2"),
            "CCP4I2_PROJECTS_DIR": str(self.shared / "projects"),
            "CCP4HOOKS_PROJECT": "x",
            "DATABASE_URL": f"sqlite:///{self.shared / 'db.sqlite3'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(paths),
        }
        who = {"user": user, "group": user, "extra_groups": [GROUP]} if OTHER_PYTHON else {}
        return subprocess.Popen(
            [OTHER_PYTHON or sys.executable, "-m", "ccp4hooks.cli", *map(str, words)],
            cwd=home,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=self.umask if umask is None else umask,
            **who,
        )

    def run(self, user, *words, umask=None):
        done = self.start(user, *words, umask=umask)
        out, err = done.communicate(timeout=300)
        return subprocess.CompletedProcess(words, done.returncode, out, err)

    def statuses(self, user):
        done = self.run(user, "jobs", "--json")
        assert done.returncode == 0, done.stderr
        return {one["number"]: one["status"] for one in json.loads(done.stdout)["jobs"]}

    def hidden(self):
        """Files and directories that the group cannot read, and directories that it cannot write."""
        bad = []
        for path in [self.shared, *self.shared.rglob("*")]:
            status = path.lstat()
            needed = stat.S_IRGRP | (stat.S_IWGRP | stat.S_IXGRP if path.is_dir() else 0)
            if status.st_mode & needed != needed or status.st_gid != self.shared.stat().st_gid:
                bad.append((str(path.relative_to(self.shared)), oct(status.st_mode)))
        return bad

    def begun(self, user):
        """Start a job that takes long, and return its process once the task runs."""
        process = self.start(user, "-p", "slow_tasks", "run", "slow")
        deadline = time.monotonic() + 240
        while not list(self.project.glob("CCP4_JOBS/job_*/started")):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return process


@pytest.fixture(params=[0o002, 0o077], ids=["umask 002", "umask 077"])
def place(request):
    # pytest's own temporary directories are private.
    with tempfile.TemporaryDirectory() as folder:
        yield Place(Path(folder).resolve(), request.param)


def test_both_run_jobs_and_see_all_and_nothing_becomes_hidden(place):
    place.model.chmod(0o644)
    for user in (ADA, BEN):
        done = place.run(user, "run", "coordinate_selector", f"XYZIN={place.model}")
        assert done.returncode == 0, done.stderr
    done = place.run(ADA, "run", "coordinate_selector", "XYZIN=@2.XYZOUT")
    assert done.returncode == 0, done.stderr
    for user in (ADA, BEN):
        assert place.statuses(user) == {"1": "FINISHED", "2": "FINISHED", "3": "FINISHED"}
        for words in (["show", "1"], ["show", "2"], ["reglean", "1"], ["replay", "2"], ["recover"]):
            done = place.run(user, *words)
            assert (done.returncode, done.stderr) == (0, ""), words
    assert place.hidden() == []


def test_a_job_that_was_killed_is_recovered_by_its_user_and_the_other_sees_it(place):
    process = place.begun(ADA)
    done = place.run(BEN, "cancel", "1")
    if OTHER_PYTHON:
        assert done.returncode == 4
        assert done.stderr == (
            f"Error: Process {process.pid} of job 1 belongs to user {ADA}. Ask that user to cancel the job.\n"
        )
        assert place.statuses(BEN) == {"1": "RUNNING"}
        assert place.run(BEN, "recover").stdout == "Nothing to recover.\n"
        assert process.poll() is None
    process.kill()
    process.communicate()
    done = place.run(ADA, "recover", "x")
    assert done.returncode == 0, done.stderr
    assert place.statuses(BEN) == {"1": "INTERRUPTED"}
    assert place.hidden() == []


def test_a_user_cancels_a_job_and_the_other_sees_it(place):
    process = place.begun(ADA)
    done = place.run(ADA, "cancel", "1")
    assert done.returncode == 0, done.stderr
    process.communicate()
    assert place.statuses(BEN) == {"1": "INTERRUPTED"}
    assert place.hidden() == []


@pytest.mark.skipif(not OTHER_PYTHON, reason="root can always write; the other tests run as one user")
def test_a_dead_job_in_a_directory_that_the_other_cannot_write_is_left_to_its_user(place):
    process = place.begun(ADA)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    directory = place.project / "CCP4_JOBS" / "job_1"
    directory.chmod(0o2755)
    done = place.run(BEN, "recover", "x")
    assert done.returncode == 7
    assert done.stderr == (
        f"job 1 of x: its directory {directory} belongs to user {ADA}, and you cannot write to it. "
        "Ask that user to run `ccp4hooks recover`.\n"
    )
    assert place.run(ADA, "recover", "x").returncode == 0
    assert place.statuses(BEN) == {"1": "INTERRUPTED"}


def test_the_copy_of_a_private_file_is_readable_by_the_group_and_run_says_so(place):
    if OTHER_PYTHON:
        os.chown(place.model, ADA, ADA)
    place.model.chmod(0o600)
    done = place.run(ADA, "run", "coordinate_selector", f"XYZIN={place.model}")
    assert done.returncode == 0, done.stderr
    said = "The group of the project can read the copy of m.pdb, which it could not read before."
    assert said in done.stdout
    (copy,) = place.project.glob("CCP4_IMPORTED_FILES/m.pdb")
    assert oct(stat.S_IMODE(copy.stat().st_mode)) == "0o640"
    assert place.run(BEN, "run", "coordinate_selector", "XYZIN=@1.XYZOUT").returncode == 0
    assert place.hidden() == []


def test_a_user_deletes_a_job_of_the_other_who_restores_it_and_purges_it_later(place):
    assert place.run(ADA, "run", "coordinate_selector", f"XYZIN={place.model}").returncode == 0
    assert place.run(BEN, "run", "coordinate_selector", f"XYZIN={place.model}").returncode == 0
    before = json.loads(place.run(ADA, "show", "1", "--json").stdout)
    for user, words in ((BEN, ["delete", "1", "-y"]), (ADA, ["trash"]), (ADA, ["restore", "1"]), (BEN, ["verify"])):
        done = place.run(user, *words)
        assert done.returncode == 0, (words, done.stderr)
        assert place.hidden() == [], words
    assert place.statuses(BEN) == {"1": "FINISHED", "2": "FINISHED"}
    assert json.loads(place.run(BEN, "show", "1", "--json").stdout) == before
    for user, words in ((ADA, ["delete", "2", "-y"]), (BEN, ["purge", "-y"])):
        done = place.run(user, *words)
        assert done.returncode == 0, (words, done.stderr)
    assert place.statuses(ADA) == {"1": "FINISHED"}
    assert json.loads(place.run(ADA, "trash", "--json").stdout) == []
    assert place.hidden() == []
