"""What a worker of dask does: it passes jobs on to processes of its own, which run one job at a time.

A worker runs a task in one of its threads. A job needs the main thread of a process, so that signals reach it, and it
may take long to give up Python's lock, which would keep the worker from answering its scheduler. So each thread passes
its jobs on to another process, which keeps CCP4i2 imported between jobs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ccp4hooks import without_secrets

CODE = "import sys; sys.path[:] = [one for one in sys.path if one]; from ccp4hooks_dask.runner import main; main()"
"""The code of a process that runs jobs. It runs no code of the working directory."""

# Python 3.13 and later import modules before they run the code.
SAFE_FLAGS = ("-P",) if sys.version_info >= (3, 11) else ()

OWN_VARIABLES = "CCP4HOOKS_"
"""Beginning of the names of the variables that a job has from its request only, not from the worker."""

OUTPUT_FILE = "output.txt"
"""File in the directory of an attempt that says why it was not run."""

PATIENCE_S = 30.0
"""Time that a job may take to end that is interrupted because its worker ends [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCall:
    """What a worker needs to know to run an attempt of a job.

    Attributes:
        key: The key of the task of dask.
        job: UUID of the job.
        attempt: Number of the attempt.
        directory: The job directory, if the worker does without the database; empty if it does not.
        files: Directory for the files of the attempt.
        environment: Environment variables. A value may be secret.
        config: The settings file; empty for none.
        folder: The working directory; empty for the root directory.
        probe: The file of a probe, which runs no job; empty for a job.
    """

    key: str
    job: str
    attempt: int
    directory: str
    files: str
    environment: Mapping[str, str]
    config: str
    folder: str
    probe: str

    def as_text(self) -> str:
        """Return it as a text that travels to a worker."""
        return json.dumps(asdict(self))

    @property
    def setup(self) -> tuple[object, ...]:
        """What must be the same for jobs that one process runs."""
        return (self.config, self.folder, tuple(sorted(self.environment.items())))


class Runner:
    """A process that runs jobs, one at a time.

    Args:
        call: The first job.
    """

    def __init__(self, call: JobCall) -> None:
        self.setup = call.setup
        own = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
        self._process = subprocess.Popen(  # noqa: S603 - this Python
            (sys.executable, *SAFE_FLAGS, "-c", CODE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=call.folder or os.sep,
            env={**own, **call.environment},
            start_new_session=True,
            encoding="utf-8",
        )

    def run(self, call: JobCall) -> dict[str, Any]:
        """Run a job, wait until it has ended, and return the answer; an empty one if the process has died."""
        request = {"job": call.job, "attempt": call.attempt, "directory": call.directory, "config": call.config}
        request["probe"] = call.probe
        line = ""
        if self._process.stdin is not None and self._process.stdout is not None:
            with suppress(OSError):
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            return {}
        return answer

    def interrupt(self) -> None:
        """Ask the job that runs to end, and the process with it."""
        self._process.terminate()

    @property
    def is_ending(self) -> bool:
        """Whether the process takes no further jobs, because it was told so or has ended."""
        return self._process.stdin is None or self._process.stdin.closed or self._process.poll() is not None

    def begin_to_end(self) -> None:
        """Let the process end: at once if it is idle, and after it has interrupted its job otherwise."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def close(self) -> None:
        """End the process, wait for it, and give back what it used. No other thread may wait for its answer."""
        self.begin_to_end()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Runners:
    """The processes of this worker that run jobs. May be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._idle: list[Runner] = []
        self._busy: dict[str, Runner] = {}
        self._stopped: set[str] = set()

    def run(self, call: JobCall) -> str:
        """Run a job, and return why it was not run; empty if it was."""
        runner = self._taken(call)
        answer = runner.run(call)
        with self._lock:
            was_stopped = call.key in self._stopped
            stays = answer.get("again") and not was_stopped and not runner.is_ending
            if stays:
                self._idle.append(runner)
                self._forget(call.key)
        if not stays:
            runner.close()
            with self._lock:
                self._forget(call.key)
        return "" if was_stopped else str(answer.get("error", "The process that ran the job has ended."))

    def _forget(self, key: str) -> None:
        """Note that a job has ended."""
        self._stopped.discard(key)
        del self._busy[key]
        self._lock.notify_all()

    def _taken(self, call: JobCall) -> Runner:
        """Return an idle process with the settings of a job, or a new one in the place of another."""
        with self._lock:
            fitting = next((one for one in self._idle if one.setup == call.setup and not one.is_ending), None)
            other = fitting or next(iter(self._idle), None)
            if other is not None:
                self._idle.remove(other)
            if fitting is not None:
                self._busy[call.key] = fitting
                return fitting
        if other is not None:
            other.close()
        runner = Runner(call)
        with self._lock:
            self._busy[call.key] = runner
        return runner

    def stop(self, key: str) -> bool:
        """Ask a job to end, and return whether it runs here."""
        with self._lock:
            runner = self._busy.get(key)
            if runner is not None and key not in self._stopped:
                self._stopped.add(key)
                runner.interrupt()
            return runner is not None

    def close(self) -> None:
        """End the processes. A job that runs is interrupted, and the thread that waits for it closes its process."""
        with self._lock:
            idle, busy = self._idle, [*self._busy.values()]
            self._idle = []
        for one in (*idle, *busy):
            one.begin_to_end()
        for one in idle:
            one.close()
        with self._lock:
            self._lock.wait_for(lambda: not self._busy, 2 * PATIENCE_S)


_runners = Runners()


def run(text: str) -> None:
    """Run an attempt of a job. It raises nothing: dask would write the arguments, which may be secret, into its log.

    Args:
        text: See `JobCall.as_text`.
    """
    call = JobCall(**json.loads(text))
    try:
        error = _runners.run(call)
    except OSError as failure:
        error = f"The process that runs jobs cannot be started: {failure}"
    if error:
        with suppress(OSError):
            folder = Path(call.files)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / OUTPUT_FILE).write_text(f"{without_secrets(error)}\n", encoding="utf-8")


def stop(key: str) -> bool:
    """Ask a job to end, and return whether it runs in this worker.

    Args:
        key: The key of its task.
    """
    return _runners.stop(key)


def close() -> None:
    """End the processes that run jobs."""
    _runners.close()
