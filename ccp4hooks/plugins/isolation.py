"""Call hooks of a plugin in a process of its own, so that a crash costs an answer and not the job.

The process is a new Python, never a fork. It begins with the first call and serves all further ones. What it gets are
values; of a script, it gets the parameters, from which it makes a script of its own.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLongError
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.i2 import scripts
from ccp4hooks.model import Job
from ccp4hooks.plugins.dispatcher import Implementation
from ccp4hooks.runtime import interpreters
from ccp4hooks.runtime.messages import framed, received
from ccp4hooks.runtime.watchdog import WATCHDOG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.model import Project
    from ccp4hooks.plugin_settings import HookLimits
    from ccp4hooks.plugins.hook_results import Remarks
    from ccp4hooks.settings import Settings

HOOKS = frozenset({"glean_file", "glean_kpi", "check_file"})
"""The hooks that can be called in another process: they read files and return values."""

WORKER = "from ccp4hooks.aio.plugin_worker import main; main()"
"""The code of the process."""

START_LIMIT_S = 60.0
"""Longest time for the process to begin [s]."""

GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SavedScript:
    """A script as it is passed to another process.

    Attributes:
        job: Its job.
        parameters: Its parameters in CCP4i2's XML.
    """

    job: Job
    parameters: bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolatedImplementation(Implementation):
    """The implementation of a hook that is called in the process of its plugin.

    Attributes:
        process: The process.
    """

    process: PluginProcess

    def __call__(self, arguments: Mapping[str, Any], remarks: Remarks) -> Any:
        """Call the function in its process, and return its answer as it is recorded, or a `Failure`.

        Raises:
            Ccp4HooksError: The process has ended, or the call took too long.
        """
        passed = {name: arguments[name] for name in self.argnames}
        if "script" in passed:
            passed["script"] = _saved(arguments["job"], passed["script"])
        # The process has no database of its own to read them from.
        tags = {one.project: one.project.tags for one in passed.values() if isinstance(one, Job)}
        answer, problems = self.process.call(self.hook, self.function.__qualname__, passed, tags)
        remarks.problems.extend(problems)
        return answer


class PluginProcess:
    """The process of one plugin. It is started again after a crash. One call at a time.

    Args:
        name: Name of the plugin.
        settings: The settings of the session.
        limits: What a call may cost.
    """

    def __init__(self, name: str, settings: Settings, limits: HookLimits) -> None:
        self._limits = limits
        self._start = (sys.path, settings, name, int(limits.memory_limit_gb * GB))
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def call(
        self, hook: str, function: str, arguments: Mapping[str, Any], tags: Mapping[Project, tuple[str, ...]]
    ) -> tuple[Any, Any]:
        """Call a function that implements a hook, and return its answer or a `Failure`, and the remarks on it.

        Args:
            hook: Name of the hook.
            function: Qualified name of the function: a plugin may implement a hook by several.
            arguments: The arguments that it takes, by name.
            tags: The tags of the projects of these arguments.

        Raises:
            Ccp4HooksError: The process has ended, or the call took too long. The message continues "plugin X failed in
                HOOK: ".
        """
        request = pickle.dumps((hook, function, arguments, tags))
        if self._owner not in {0, os.getpid()}:
            # After a fork, the process is that of the parent, and a thread of the parent may have had the lock.
            self._process, self._owner, self._lock = None, 0, threading.Lock()
        with self._lock:
            try:
                answer = self._exchanged(request)
            except BaseException:
                # A late answer must not be taken for that of the next call.
                self._end()
                raise
        # The data comes from a process that this object has started.
        found: tuple[Any, Any] = pickle.loads(answer)  # noqa: S301
        return found

    def close(self) -> None:
        """End the process. The next call starts another one."""
        with self._lock:
            self._end()

    def _exchanged(self, request: bytes) -> bytes:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._begin()
            self._answer(pickle.dumps(self._start), START_LIMIT_S)
        return self._answer(request, self._limits.hook_limit_s)

    def _begin(self) -> None:
        # Not in the context of a job, to which its programs belong.
        self._process = Context().run(
            subprocess.Popen,
            interpreters.words_of(WORKER),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._owner = os.getpid()
        WATCHDOG.watch(self._process)

    def _answer(self, request: bytes, limit_s: float) -> bytes:
        """Send a message to the process, and return its answer.

        Raises:
            Ccp4HooksError: The process has ended, or has not answered within the limit, 0 for none [s].
        """
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise AssertionError
        with suppress(BrokenPipeError):
            process.stdin.write(framed(request))
            process.stdin.flush()
        with ThreadPoolExecutor(1, thread_name_prefix="ccp4hooks plugin") as thread:
            answer = thread.submit(received, process.stdout)
            try:
                found = answer.result(limit_s or None)
            except BaseException as error:
                # The thread ends when the process has ended.
                _kill(process)
                if isinstance(error, TookTooLongError):
                    raise Ccp4HooksError(f"it took longer than {limit_s:g} s, so its process was stopped") from None
                raise
        if found is None:
            raise Ccp4HooksError(_how_ended(process.wait()))
        return found

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if self._owner == os.getpid():
            _kill(process)
        for stream in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and the programs that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL) if sys.platform != "win32" else process.kill()
    process.wait()


def _saved(job: Job, script: Script) -> SavedScript:
    with tempfile.TemporaryDirectory(prefix="ccp4hooks-") as scratch:
        path = Path(scratch) / "params.xml"
        scripts.save_parameters(script, path)
        return SavedScript(job, path.read_bytes())


def _how_ended(code: int) -> str:
    if code >= 0:
        return f"its process ended with exit code {code} and returned no answer"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"its process was ended by {name} and returned no answer"
