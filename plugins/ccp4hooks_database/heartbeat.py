"""The heartbeat: while a process runs jobs, another process records regularly that it is alive.

A thread would not do: while a task is in a C call that holds Python's lock, no other thread of its process runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO, TYPE_CHECKING
from weakref import ReferenceType, WeakSet, finalize, ref

from ccp4hooks import Ccp4HooksError
from ccp4hooks_database import heartbeat_process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

PERIOD_S = 20.0
"""Longest time between two heartbeats [s]."""

SHORTEST_S = 0.1
"""Shortest time between two heartbeats [s]."""

PERIODS = 5
"""Smallest number of heartbeats in the time of silence after which a process counts as dead."""

PATIENCE_S = 2.0
"""How long the runner waits at its end for a heartbeat that is being recorded [s]."""


def period_s(silence_s: float) -> float:
    """Return the time between two heartbeats [s].

    Args:
        silence_s: Time without a heartbeat after which a process counts as dead [s].
    """
    return min(PERIOD_S, max(SHORTEST_S, silence_s / PERIODS))


class Heartbeat:
    """Record heartbeats of this process for as long as it runs jobs.

    A process that this one starts records them. A thread starts another one if that process has ended, and records the
    heartbeats itself where there can be none, for instance on Windows.

    Args:
        settings: Returns the settings of the other process, see `heartbeat_process`; None if only this process can
            reach the database.
        beat: Records that this process is alive.
        period: Returns the time between two heartbeats [s].
    """

    def __init__(
        self,
        settings: Callable[[], Mapping[str, object] | None],
        beat: Callable[[], None],
        period: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._beat = beat
        self._period = period
        self._helpers: list[_Helper] = []
        self._forget()
        _HEARTBEATS.add(self)
        finalize(self, _end_all, self._helpers)

    def _forget(self) -> None:
        self._lock = Lock()
        self._jobs: set[UUID] = set()
        self._thread: Thread | None = None
        self._stop = Event()

    def add(self, job: UUID, *, runs: bool) -> None:
        """Record heartbeats for as long as this process owns a job.

        Args:
            job: The job.
            runs: Whether it begins to run, so that from now on no thread may get a chance to run. Before, the other
                process is started when the first heartbeat is due.
        """
        with self._lock:
            self._jobs.add(job)
            if runs:
                self._start_helper()
            if self._thread is None:
                self._stop = Event()
                # The thread must not keep a session alive that nobody uses any more.
                mine = ref(self), self._stop
                self._thread = Thread(target=_supervise, args=mine, name="ccp4hooks-heartbeat", daemon=True)
                self._thread.start()

    def remove(self, job: UUID) -> None:
        """Note that this process owns a job no more."""
        with self._lock:
            self._jobs.discard(job)
            if not self._jobs:
                self._stop.set()
                self._thread = None

    def close(self) -> None:
        """End the other process, unless this process runs a job."""
        with self._lock:
            if not self._jobs:
                _end_all(self._helpers)

    def reset_after_fork(self) -> None:
        """Forget the jobs and the helper of the parent in a forked process, and close its end of the pipe."""
        for helper in self._helpers:
            helper.pipe.close()
            # It is the child of the parent, which waits for it.
            helper.process.returncode = 0
        self._helpers.clear()
        self._forget()

    def _start_helper(self) -> bool:
        """Start the other process unless it runs; return whether it runs.

        It ends by itself soon after the last job, so that the jobs of a session need not start one each.
        """
        if self._helpers and self._helpers[0].process.poll() is None:
            return True
        _end_all(self._helpers)
        settings = self._settings() if os.name == "posix" and sys.executable else None
        if settings is not None:
            with suppress(OSError):
                # An empty context, so that it is not tracked as a program of the current job.
                self._helpers.append(Context().run(_started, settings, self.period))
        return bool(self._helpers)

    @property
    def period(self) -> float:
        """The time between two heartbeats [s]."""
        return self._period()

    def check(self, stop: Event) -> None:
        """Start the other process if it has ended, or record a heartbeat if there can be no other process."""
        with self._lock:
            helped = stop.is_set() or self._start_helper()
        if not helped:
            # If the database is unreachable, the next heartbeat may succeed.
            with suppress(Ccp4HooksError):
                self._beat()


def _supervise(heartbeat: ReferenceType[Heartbeat], stop: Event) -> None:
    while (one := heartbeat()) is not None:
        period = one.period
        # Without it while it waits.
        del one
        if stop.wait(period) or (one := heartbeat()) is None:
            return
        one.check(stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Helper:
    """A process that records heartbeats.

    Attributes:
        process: The process.
        pipe: Its input; it ends with it.
        idle_until_s: Time before which it records nothing, on the monotonic clock [s].
    """

    process: subprocess.Popen[bytes]
    pipe: IO[bytes]
    idle_until_s: float

    def end(self) -> None:
        """End the process, without interrupting a heartbeat unless that takes long."""
        self.pipe.close()
        if time.monotonic() < self.idle_until_s:
            self.process.kill()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _started(settings: Mapping[str, object], period: float) -> _Helper:
    """Start a process that records heartbeats.

    Raises:
        OSError: It cannot be started.
    """
    began_s = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - a file of this package
        [sys.executable, "-I", "-S", str(Path(heartbeat_process.__file__))],
        bufsize=0,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if process.stdin is None:
        raise AssertionError(process)
    # BrokenPipeError: it has ended already. The thread starts another one.
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps({**settings, "period_s": period}, default=str).encode() + b"\n")
    return _Helper(process=process, pipe=process.stdin, idle_until_s=began_s + period)


def _end_all(helpers: list[_Helper]) -> None:
    while helpers:
        helpers.pop().end()


_HEARTBEATS: WeakSet[Heartbeat] = WeakSet()


def _reset_all() -> None:
    for one in tuple(_HEARTBEATS):
        one.reset_after_fork()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_all)
