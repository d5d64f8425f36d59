"""An engine that runs each job as a process of this machine. Files order it to hold jobs back, to refuse or to die.

The key of a job is the number of its process, or ``held-UUID`` of a job that is held back.
"""

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import psutil

from ccp4hooks import BadInputError, EngineUnavailableError, Fate, Handle, hookimpl

ORDERS = "CCP4HOOKS_TEST_ORDERS"
"""The environment variable with the directory of the orders: each is a file of the name of the order."""

NODE = "CCP4HOOKS_TEST_NODE"
"""The environment variable with words that precede those of each command, to run it in another surrounding."""

PATIENCE_S = 60
"""How long the engine waits for a job [s]."""

STARTED = []
"""The processes, for those who wait for them."""


def is_ordered(name):
    return (Path(os.environ[ORDERS]) / name).exists()


def start(command):
    command.directory.mkdir(parents=True, exist_ok=True)
    with (command.directory / "output.txt").open("ab") as output:
        return subprocess.Popen(
            [*shlex.split(os.environ.get(NODE, "")), *command.arguments],
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


@hookimpl
def submit_job(engine, job, command):
    if engine.plugin != __name__:
        return None
    if is_ordered("refuse"):
        raise BadInputError("The engine is full. Ask for less.")
    if is_ordered("away"):
        raise EngineUnavailableError("The engine does not answer. Try again later.")
    if is_ordered("nonsense"):
        raise OSError("the engine has answered nonsense")
    if is_ordered("die-before"):
        os.kill(os.getpid(), signal.SIGKILL)
    if is_ordered("hold"):
        return Handle(engine=engine.name, key=f"held-{job.uuid}")
    process = start(command)
    STARTED.append(process)
    if is_ordered("lie"):
        end = time.monotonic() + PATIENCE_S
        while not (job.directory / "program.xml").exists() and time.monotonic() < end:
            time.sleep(0.1)
        raise OSError("the engine has answered nonsense")
    if is_ordered("die-after"):
        os.kill(os.getpid(), signal.SIGKILL)
    return Handle(engine=engine.name, key=str(process.pid))


def fate_of(key):
    if key.startswith("held-"):
        return Fate.GONE if is_ordered("drop") else Fate.QUEUED
    try:
        ended = psutil.Process(int(key)).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        ended = True
    return Fate.GONE if ended else Fate.RUNNING


@hookimpl
def ask_engine(engine, handles, limit_s):
    if engine.plugin != __name__ or is_ordered("silent"):
        return None
    return {one: fate_of(one.key) for one in handles}


@hookimpl
def stop_job(engine, handle):
    if engine.plugin != __name__:
        return None
    if not handle.key.startswith("held-") and fate_of(handle.key) is Fate.RUNNING:
        os.killpg(int(handle.key), signal.SIGTERM)
    return True
