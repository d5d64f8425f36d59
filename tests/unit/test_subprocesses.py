import os
import subprocess
import sys
from uuid import uuid4

import psutil
import pytest

from ccp4hooks.runtime import subprocesses
from ccp4hooks.runtime.subprocesses import Programs

DAEMON = """
import os, sys
if os.fork():
    os._exit(0)
os.setsid()
if pid := os.fork():
    print(pid, flush=True)
    os._exit(0)
# The reader of the pipe waits until nobody can write to it.
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
os.execvp("sleep", ["sleep", "3600"])
"""
"""Starts a program that has left its session and its parent, and prints its process ID."""


@pytest.fixture
def daemon():
    """Start a daemon inside a block that tracks programs, and return its process."""
    started = []

    def start(programs):
        with programs.tracked():
            said = subprocess.run([sys.executable, "-c", DAEMON], stdout=subprocess.PIPE, text=True, check=True).stdout
        started.append(psutil.Process(int(said)))
        return started[-1]

    yield start
    for one in started:
        if one.is_running():
            one.kill()


def ended(process):
    return psutil.wait_procs([process], timeout=30)[1] == []


def test_a_program_that_became_a_daemon_is_stopped_with_its_job(daemon):
    mine, other = Programs(uuid4()), Programs(uuid4())
    left, spared = daemon(mine), daemon(other)
    mine.stop()
    assert ended(left)
    assert spared.is_running()


def test_a_program_that_became_a_daemon_is_stopped_after_the_death_of_its_runner(daemon):
    top, below, other = uuid4(), uuid4(), uuid4()
    with Programs(top).tracked():
        first = daemon(Programs(below))
        second = daemon(Programs(below))
    spared = daemon(Programs(other))
    assert subprocesses.stop_marked({str(uuid4())}) == []
    stopped = subprocesses.stop_marked({str(top)})
    assert sorted(stopped) == sorted([("sleep", first.pid), ("sleep", second.pid)])
    assert ended(first)
    assert ended(second)
    assert spared.is_running()
    assert subprocesses.stop_marked({str(below), str(other)}) == [("sleep", spared.pid)]


@pytest.mark.parametrize("given", [{}, {"env": {"PATH": os.environ["PATH"]}}], ids=["inherited", "given"])
def test_the_environment_of_a_program_names_its_job_and_is_otherwise_unchanged(given, monkeypatch):
    monkeypatch.setenv("CCP4HOOKS_JOBS", "outer")
    top, below, show = uuid4(), uuid4(), "import os; print(dict(os.environ))"
    with Programs(top).tracked(), Programs(below).tracked():
        words = [sys.executable, "-c", show]
        seen = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, **given).stdout
    expected = dict(given.get("env", os.environ))
    above = "outer:" if not given else ""
    found = eval(seen)  # noqa: S307 - of a dictionary
    found.pop("LC_CTYPE", None)
    expected.pop("LC_CTYPE", None)
    assert found == {**expected, "CCP4HOOKS_JOBS": f"{above}{top}:{below}"}
    assert os.environ["CCP4HOOKS_JOBS"] == "outer"


def test_each_program_is_noted_with_its_group_and_name():
    noted = []
    programs = Programs(uuid4(), lambda *what: noted.append(what))
    with programs.tracked():
        done = subprocess.Popen([sys.executable, "-c", ""])
        done.wait()
    assert noted == [(done.pid, done.pid, os.path.basename(sys.executable))]  # noqa: PTH119 - as a text


def test_stopping_does_not_wait_for_a_program_that_has_ended_and_is_not_reaped_yet():
    programs = Programs()
    with programs.tracked(), subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]) as program:
        programs.stop(grace_s=3600)
        assert program.returncode is None
    assert program.returncode == -15
