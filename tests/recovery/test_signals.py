"""When the runner ends for any reason, its programs and their children are stopped, even if they ignore signals."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import ccp4i2
import psutil
import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, open_session
from ccp4hooks.maintenance import cancel

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
TASKS = Path(__file__).parents[1] / "integration" / "tasks"


@pytest.fixture
def scratch(tmp_path):
    """The directory for temporary files, with a name that a shell could misinterpret."""
    folder = tmp_path / " it's $HOME *"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(tmp_path, scratch):
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))},
        "PYTHONPATH": str(TASKS),
        "CCP4I2_HOME": str(tmp_path / "home"),
        "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "CCP4HOOKS_PROJECT": "p",
        "TMPDIR": str(scratch),
    }


def line(*words):
    return [sys.executable, "-m", "ccp4hooks.cli", "-p", "it_tasks", *words]


def sleepers(runner):
    below = psutil.Process(runner.pid).children(recursive=True)
    return [process for process in below if process.name() == "sleep"]


def wait_until_empty(folder):
    """Wait until the watchdog has removed the files, with a generous timeout."""
    for _ in range(600):
        if not any(folder.iterdir()):
            return
        time.sleep(0.05)
    pytest.fail(f"left behind: {list(folder.iterdir())}")


@pytest.fixture
def under_way(environment):
    """A runner with a program and a child of that program, which both ignore signals."""
    runner = subprocess.Popen(line("run", "it_stubborn", f"XYZIN={MODEL}"), env=environment)
    while len(sleepers(runner)) < 2:
        assert runner.poll() is None
        time.sleep(0.05)
    return runner, psutil.Process(runner.pid).children(recursive=True)


def statuses(environment):
    said = subprocess.run(line("jobs", "--json"), env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [job["status"] for job in json.loads(said)["jobs"]]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGKILL])
def test_a_signal_stops_a_program_that_ignores_signals_and_its_children(number, environment, scratch, under_way):
    runner, programs = under_way
    assert [path.name.partition("-")[0] for path in scratch.iterdir()] == ["ccp4hooks"]
    runner.send_signal(number)
    assert runner.wait() == (-number if number == signal.SIGKILL else 130)
    _, alive = psutil.wait_procs(programs, timeout=30)
    assert alive == []
    wait_until_empty(scratch)
    if number == signal.SIGKILL:
        subprocess.run(line("recover"), env=environment, check=True)
    assert statuses(environment) == ["INTERRUPTED"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("numbers", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGUSR2, signal.SIGTERM, signal.SIGINT)])
def test_signals_that_follow_the_first_one_change_nothing(numbers, environment):
    runner = subprocess.Popen(
        line("run", "it_stubborn", f"XYZIN={MODEL}", "--json"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(sleepers(runner)) < 2:
        assert runner.poll() is None
        time.sleep(0.05)
    for number in numbers:
        runner.send_signal(number)
        time.sleep(0.05)
    out, err = runner.communicate()
    assert (runner.returncode, json.loads(out)["error"]["exit_code"]) == (130, 130)
    assert err.splitlines()[-1].startswith("Interrupted.")
    assert "Traceback" not in err
    assert statuses(environment) == ["INTERRUPTED"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_after_the_end_of_the_job_changes_nothing(number, environment):
    """Also while Python removes its modules, when its own handlers are gone."""
    words = line("run", "it_quick", f"XYZIN={MODEL}", "--json")
    runner = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE)
    text = b""
    while not text.endswith(b"}\n"):
        text += os.read(runner.stdout.fileno(), 65536)
    while runner.poll() is None:
        runner.send_signal(number)
        time.sleep(0.002)
    runner.stdout.close()
    assert runner.returncode == 0
    assert statuses(environment) == ["FINISHED"]


def test_cancel_stops_a_program_that_ignores_signals_and_its_children(environment, under_way):
    runner, programs = under_way
    done = subprocess.run(line("cancel", "1"), env=environment, check=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout == "p 1 it_stubborn INTERRUPTED\n"
    assert runner.wait() == 130
    _, alive = psutil.wait_procs(programs, timeout=30)
    assert alive == []
    assert statuses(environment) == ["INTERRUPTED"]


def test_a_process_that_does_not_react_is_killed_if_the_caller_asks_for_it(
    environment, under_way, tmp_path, monkeypatch
):
    runner, programs = under_way
    monkeypatch.setattr(cancel, "PATIENCE_S", 0.2)
    session = open_session(Settings(projects_dir=tmp_path / "projects", database=environment["DATABASE_URL"]))
    runner.send_signal(signal.SIGSTOP)
    with pytest.raises(BadInputError, match=f"Run `kill -9 {runner.pid}`"):
        session.cancel("p", "1")
    assert session.cancel("p", "1", kill=True).status is JobStatus.INTERRUPTED
    assert runner.wait() == -signal.SIGKILL
    _, alive = psutil.wait_procs(programs, timeout=30)
    assert alive == []


@pytest.fixture
def daemon(environment):
    """A runner, and a program of its job that has left its session and its parent."""
    runner = subprocess.Popen(line("run", "it_daemon", f"XYZIN={MODEL}"), env=environment)
    log = Path(environment["CCP4I2_PROJECTS_DIR"], "p/CCP4_JOBS/job_1/ccp4hooks_log.jsonl")
    noted, found = [], []
    # The programs start one after the other, and the log has them a moment later.
    while len(noted) < 2 or not found:
        assert runner.poll() is None
        time.sleep(0.05)
        entries = [json.loads(text) for text in log.read_text().splitlines()] if log.exists() else []
        noted = [entry for entry in entries if entry["event"] == "ccp4hooks.program_started"]
        found = [one for one in psutil.process_iter() if is_daemon_of(one, environment)]
    assert [(one["program"], one["pid"] == one["process_group"]) for one in noted] == [
        (Path(sys.executable).name, True),
        ("sleep", True),
    ]
    (left,) = found
    yield runner, left
    runner.kill()
    runner.wait()
    if left.is_running():
        left.kill()


def is_daemon_of(process, environment):
    try:
        mine = process.environ().get("CCP4I2_HOME") == environment["CCP4I2_HOME"]
        return mine and process.cmdline() == ["sleep", "120"]
    except (psutil.Error, OSError):
        return False


@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
def test_a_signal_stops_a_program_that_became_a_daemon(number, environment, daemon):
    runner, left = daemon
    runner.send_signal(number)
    assert runner.wait() == 130
    assert psutil.wait_procs([left], timeout=30)[1] == []
    assert statuses(environment) == ["INTERRUPTED"]


def test_recovery_stops_what_a_killed_runner_and_its_killed_watchdog_have_left(environment, daemon):
    runner, left = daemon
    below = psutil.Process(runner.pid).children()
    for one in below:
        if one.name() == "sh":
            one.kill()
    runner.kill()
    runner.wait()
    assert left.is_running()
    assert [one.is_running() for one in below if one.name() == "sleep"] == [True]
    done = subprocess.run(line("recover", "p"), env=environment, check=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout == "p 1 it_daemon INTERRUPTED\n"
    assert psutil.wait_procs([left, *below], timeout=30)[1] == []
    outcome = json.loads(
        Path(environment["CCP4I2_PROJECTS_DIR"], "p/CCP4_JOBS/job_1/ccp4hooks_outcome.json").read_text()
    )
    assert f"The program sleep ({left.pid}) was still running and was stopped." in [
        problem["message"] for problem in outcome["problems"]
    ]


REPLACED = """
import os, signal, subprocess, sys
from ccp4hooks.runtime.watchdog import WATCHDOG, scratch_directory

def program():
    started = subprocess.Popen(["sleep", "600"], start_new_session=True)
    WATCHDOG.watch(started)
    return started

with scratch_directory():
    first = program()
    WATCHDOG._shell.kill()
    WATCHDOG._shell.wait()
    second = program()
    print(first.pid, second.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_watchdog_that_somebody_killed_is_replaced_by_one_that_knows_the_same(environment, scratch):
    words = [sys.executable, "-c", REPLACED]
    done = subprocess.run(words, env=environment, check=False, stdout=subprocess.PIPE, text=True)
    assert done.returncode == -signal.SIGKILL
    programs = [psutil.Process(int(pid)) for pid in done.stdout.split() if psutil.pid_exists(int(pid))]
    assert psutil.wait_procs(programs, timeout=30)[1] == []
    wait_until_empty(scratch)


KILLED_AS_IT_LOOKS = """
import os, signal
from ccp4hooks.i2 import scripts
from ccp4hooks.tasks import catalog

scripts.build_script = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
catalog.describe("freerflag", {})
"""


def test_a_killed_describe_command_leaves_no_temporary_files(environment, scratch):
    done = subprocess.run([sys.executable, "-c", KILLED_AS_IT_LOOKS], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    wait_until_empty(scratch)
