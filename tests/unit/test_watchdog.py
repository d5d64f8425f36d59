"""The watchdog of a process that has forked another one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

FORK = """
import os, sys, time
from ccp4hooks.runtime.watchdog import scratch_directory

with scratch_directory() as scratch:
    child = os.fork()
    if child == 0:
        os.close(1)
        time.sleep(600)
        os._exit(0)
    print(child, scratch, flush=True)
    if sys.argv[1] == "wait":
        time.sleep(600)
"""

KILLED = """
import os, signal
from pathlib import Path
from ccp4hooks.runtime.watchdog import scratch_directory

make = Path.mkdir

def make_and_die(*args, **options):
    make(*args, **options)
    os.kill(os.getpid(), signal.SIGKILL)

Path.mkdir = make_and_die
with scratch_directory():
    pass
"""

with_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def fork():
    """Start a process with a watchdog that forks a child, and return it, the child and its scratch directory."""
    started = []

    def start(then):
        parent = subprocess.Popen([sys.executable, "-c", FORK, then], stdout=subprocess.PIPE, text=True)
        child, scratch = parent.stdout.readline().split()
        started.append((parent, psutil.Process(int(child))))
        return *started[-1], scratch

    yield start
    for parent, child in started:
        parent.kill()
        parent.communicate()
        child.kill()


@with_fork
def test_a_process_ends_before_the_one_that_it_forked(fork):
    parent, child, _ = fork("end")
    assert parent.wait(timeout=60) == 0
    assert child.is_running()


@with_fork
def test_the_watchdog_of_a_killed_process_works_while_a_forked_one_lives(fork):
    parent, child, scratch = fork("wait")
    parent.kill()
    deadline = time.monotonic() + 60
    while Path(scratch).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert child.is_running()


@pytest.mark.skipif(os.name == "nt", reason="there is no watchdog")
def test_a_directory_goes_even_if_the_process_is_killed_as_soon_as_it_exists(tmp_path):
    words = [sys.executable, "-c", KILLED]
    assert subprocess.run(words, env=os.environ | {"TMPDIR": str(tmp_path)}, check=False).returncode == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while list(tmp_path.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
