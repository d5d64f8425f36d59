"""A user upgrades CCP4i2 from 3.0.1 to 3.1, and goes back: two real environments, one database.

The other version of CCP4i2 is installed with pip into an environment on top of the one that runs the tests.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import ccp4i2
import pytest
from acceptance.author import Author, done
from acceptance.conftest import OURS

HERE = Path(__file__).with_name("upgrade")
RUNS_3_0 = ccp4i2.__version__.startswith("3.0")
LONG = "A_MODEL_WITH_A_NAME_LONGER_THAN_THE_OLD_COLUMN"
COMMANDS = (
    ("jobs", "--project", "p"),
    ("show", "1", "--project", "p"),
    ("recover",),
    ("replay", "p"),
    ("reglean", "1", "--project", "p"),
    ("cancel", "4", "--project", "p"),
    ("run", "coordinate_selector", "XYZIN=model.pdb", "--project", "p"),
    ("doctor",),
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info < (3, 11), reason="CCP4i2 3.1 needs Python 3.11"),
]


@pytest.fixture(scope="module")
def pythons(tmp_path_factory):
    """The Python with CCP4i2 3.0 and the one with 3.1."""
    author = Author(tmp_path_factory.mktemp("other"))
    wanted = "ccp4i2>=3.1.0a1,<3.2" if RUNS_3_0 else "ccp4i2<3.1"
    done(author("pip", "install", "-q", "--disable-pip-version-check", wanted))
    other = str(author.python)
    return (sys.executable, other) if RUNS_3_0 else (other, sys.executable)


class User:
    """A user with a directory, a database, and two versions of CCP4i2.

    Attributes:
        directory: The directory, with a model and a project directory.
        url: The database.
        begun: The processes of jobs that wait, by the number of the job.
    """

    def __init__(self, pythons, directory, url):
        self.old, self.new = pythons
        self.directory, self.url = directory, url
        self.begun = {}
        model = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
        shutil.copy(model, directory / "model.pdb")
        for name in ("other", "late", "lost"):
            (directory / f"{name}.pdb").write_text(model.read_text() + f"REMARK   {name}\n")

    def environment(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith((*OURS, "PYTHONPATH"))}
        own = {
            "HOME": str(self.directory),
            "CCP4I2_HOME": str(self.directory / "home"),
            "CCP4I2_PROJECTS_DIR": str(self.directory / "projects"),
            "CCP4HOOKS_PLUGINS": "upgrade_tasks",
            "DATABASE_URL": self.url,
            "PYTHONPATH": str(HERE),
        }
        return {**clean, **own}

    def start(self, python, *words):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([python, *map(str, words)], cwd=self.directory, env=self.environment(), **pipes)

    def ended(self, python, *words):
        """Run a program to its end, and return exit code, standard output and standard error."""
        process = self.start(python, *words)
        printed, errors = process.communicate(timeout=120)
        return process.returncode, printed, errors

    def program(self, python, *words):
        """Run a program, which must succeed, and return its standard output."""
        code, printed, errors = self.ended(python, *words)
        assert code == 0, printed + errors
        return printed

    def must(self, python, *words):
        """Run ``ccp4hooks``, which must succeed, and return its standard output."""
        return self.program(python, "-m", "ccp4hooks.cli", *words)

    def waits(self, number, model):
        """Start a job that waits until it may end, with the older version."""
        words = ("run", "upgrade_wait", f"XYZIN={model}.pdb", "--project", "p")
        process = self.begun[number] = self.start(self.old, "-m", "ccp4hooks.cli", *words)
        while not (self.job(number) / "begun").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)

    def kill(self):
        """Kill the processes of jobs that still wait."""
        for process in self.begun.values():
            process.kill()
            process.communicate()

    def job(self, number):
        return self.directory / "projects" / "p" / "CCP4_JOBS" / f"job_{number}"

    def view(self, python, *numbers):
        """Return all that is recorded of the jobs, and the plugins."""
        shown = {number: self.must(python, "show", number, "--json", "--project", "p") for number in numbers}
        listed = self.must(python, "jobs", "--json", "--project", "p") if "4" in numbers else ""
        return {**shown, "jobs": listed, "plugins": self.must(python, "plugins")}

    def attempts(self, python, *commands):
        return {words[0]: self.ended(python, "-m", "ccp4hooks.cli", *words) for words in commands}

    def rows(self, python):
        """Return all rows of all tables except heartbeats."""
        return self.program(python, HERE / "rows.py")


class Databases:
    """Databases of one kind, and their backups."""

    def __init__(self, kind, request, directory):
        self.kind, self.directory = kind, directory
        self.server = request.getfixturevalue("server") if kind == "postgresql" else None
        self.url = self.server.new() if self.server else f"sqlite:///{directory / 'db.sqlite3'}"

    def backup(self):
        """Return the URL of a copy of the database."""
        if self.server:
            return self.server.new(self.server.name_of(self.url))
        copy = self.directory / "backup.sqlite3"
        shutil.copy(self.directory / "db.sqlite3", copy)
        return f"sqlite:///{copy}"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def story(request, pythons, tmp_path_factory):
    """Do all that the user does, and return what the user saw."""
    directory = tmp_path_factory.mktemp(f"upgrade-{request.param}")
    databases = Databases(request.param, request, directory)
    user = User(pythons, directory, databases.url)
    try:
        yield told(user, databases)
    finally:
        user.kill()


def told(user, databases):
    """Return what the user saw, by the names of the steps."""
    said = {}
    waiting, backup = before_the_upgrade(user, databases, said)
    upgrade_and_go_back(user, said)
    end_jobs(user, said)
    record_again(user, waiting, said)
    restore(user, backup, said)
    return said


def before_the_upgrade(user, databases, said):
    """Run, open and start jobs with the older version; return the identity of the waiting job, and a backup."""
    old = user.old
    for _ in range(2):
        user.must(old, "run", "upgrade_pipeline", "XYZIN=model.pdb", f"{LONG}=other.pdb", "--project", "p")
    user.must(old, "run", "upgrade_pipeline", f"XYZIN={user.job('1') / f'{LONG}_OUT.pdb'}", "--project", "p")
    waiting = user.program(old, HERE / "waiting.py", "open", user.directory / "model.pdb").splitlines()[-1]
    user.program(old, HERE / "waiting.py", "register")
    backup = databases.backup()
    for number, model in (("5", "model"), ("6", "late"), ("7", "lost")):
        user.waits(number, model)
    user.begun["7"].kill()
    user.begun["7"].wait()
    said["old"] = user.view(old, *"1234567")
    return waiting, backup


def upgrade_and_go_back(user, said):
    """Use the newer version before and after ``init``, and then the older one."""
    before = user.rows(user.old)
    said["before init"] = user.attempts(user.new, *COMMANDS)
    said["rows kept before init"] = user.rows(user.old) == before
    said["init"] = user.must(user.new, "init")
    said["init again"] = user.must(user.new, "init")
    said["new"] = user.view(user.new, *"1234567")
    before = user.rows(user.new)
    said["gone back"] = user.attempts(user.old, *COMMANDS, ("init",))
    said["rows kept going back"] = user.rows(user.new) == before


def end_jobs(user, said):
    """Let the two jobs of the older version end, and recover before and after."""
    said["recover, two live"] = user.must(user.new, "recover")
    for number in "56":
        (user.job(number) / "go").touch()
        _, errors = user.begun[number].communicate(timeout=60)
        said[f"end of {number}"] = (user.begun[number].returncode, errors)
    said["recover"] = user.must(user.new, "recover")
    said["recover again"] = user.must(user.new, "recover")
    said["ended"] = user.must(user.new, "jobs", "--project", "p")


def record_again(user, waiting, said):
    """Record old jobs again with the newer version, run the waiting job, and a new one."""
    new = user.new
    user.program(new, HERE / "waiting.py", "register")
    user.must(new, "replay", "p")
    for number in "123":
        user.must(new, "reglean", number, "--project", "p")
    said["recorded again"] = user.view(new, *"123")
    said["waiting job"] = user.program(new, HERE / "waiting.py", "run", waiting)
    user.must(new, "run", "upgrade_pipeline", "XYZIN=model.pdb", f"{LONG}=other.pdb", "--project", "p")
    said["new job"] = user.must(new, "show", "8", "--json", "--project", "p")


def restore(user, backup, said):
    """Use the backup with the older version."""
    user.url = backup
    said["restored"] = user.must(user.old, "replay", "--all")
    said["restored job"] = user.must(user.old, "show", "8", "--json", "--project", "p")


def without_times_of_rows(shown):
    """Return outcomes without the times that the database takes when it writes a row."""
    return [{**outcome, "created_at": None, "started_at": None} for outcome in json.loads(shown)["outcomes"]]


@pytest.mark.parametrize("command", [words[0] for words in COMMANDS])
def test_before_init_each_command_names_init(story, command):
    code, printed, errors = story["before init"][command]
    text = printed if command == "doctor" else errors
    assert code == 7
    assert "lacks tables or columns that CCP4i2 3.1" in text
    assert "Run `ccp4hooks init` once" in text
    assert "Back it up first" in text
    assert "Traceback" not in printed + errors
    assert story["rows kept before init"]


def test_init_upgrades_once_and_names_the_jobs_of_running_processes(story):
    first = story["init"].splitlines()
    assert first[0].endswith("migrations applied. An older CCP4i2 cannot use it any more.")
    assert first[1:] == [
        "Restored 10 names of parameters that older tables had no room for.",
        "These jobs are still running: p 5, p 6. When they have ended, run `ccp4hooks recover`.",
    ]
    assert story["init again"].endswith("is up to date.\n")


def test_the_upgrade_changes_nothing_that_is_recorded(story):
    assert story["new"] == story["old"]
    for expected in (f"inputData.{LONG}", f"outputData.{LONG}_OUT", '"truth"', "P 21 21 21", "RUNNING", "PENDING"):
        assert any(expected in text for text in story["new"].values()), expected


@pytest.mark.parametrize("command", [*(words[0] for words in COMMANDS), "init"])
def test_the_older_version_says_what_to_do_and_changes_nothing(story, command):
    code, printed, errors = story["gone back"][command]
    text = printed if command == "doctor" else errors
    assert code == 7
    assert "was upgraded by a newer version than CCP4i2 3.0" in text
    assert "Nothing was changed." in text
    assert "restore the backup from before the upgrade and run `ccp4hooks replay --all`" in text
    assert "Traceback" not in printed + errors
    assert story["rows kept going back"]


def test_recovery_ends_the_jobs_of_dead_processes_and_leaves_those_of_living_ones(story):
    assert story["recover, two live"] == "p 7 upgrade_wait INTERRUPTED\n"


def test_a_process_of_the_older_version_ends_its_job_or_says_that_the_database_was_upgraded(story):
    assert story["end of 5"][0] == 0
    code, errors = story["end of 6"]
    assert code == 5
    assert "was upgraded while this process ran, which has loaded CCP4i2 3.0" in errors
    assert "Run `ccp4hooks replay 6 --project p` to record it." in errors


def test_recovery_records_the_job_that_the_older_version_could_not_record(story):
    assert story["recover"] == "p 6 upgrade_wait FINISHED\n"
    assert story["recover again"] == "Nothing to recover.\n"
    statuses = [line.split()[:3] for line in reversed(story["ended"].splitlines()) if line[0].isdigit()]
    assert [(number, status) for number, _, status in statuses] == [
        *((number, "FINISHED") for number in "123"),
        ("4", "PENDING"),
        ("5", "FINISHED"),
        ("6", "FINISHED"),
        ("7", "INTERRUPTED"),
    ]


def test_recording_again_after_the_upgrade_changes_nothing(story):
    for number in "123":
        assert story["recorded again"][number] == story["old"][number]


def test_a_waiting_job_runs_after_the_upgrade(story):
    assert story["waiting job"].splitlines()[-1] == "FINISHED"


def test_with_the_backup_the_older_version_records_the_jobs_of_the_newer_one(story):
    lines = [line.removesuffix(" (recorded before)") for line in story["restored"].splitlines()]
    assert "p 8 upgrade_pipeline FINISHED" in lines
    assert "p 4 coordinate_selector FINISHED" in lines
    assert without_times_of_rows(story["restored job"]) == without_times_of_rows(story["new job"])
