"""The heartbeat: a process records regularly that the jobs it runs are alive."""

from __future__ import annotations

from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from ccp4hooks import Ccp4HooksError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

PERIOD_S = 60.0
"""Time between two heartbeats [s]."""


class Heartbeat:
    """Record heartbeats for as long as jobs run, in a daemon thread.

    Args:
        beat: Records that the given jobs are alive.
    """

    def __init__(self, beat: Callable[[Sequence[UUID]], None]) -> None:
        self._beat = beat
        self._jobs: set[UUID] = set()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stop = Event()

    def add(self, job: UUID) -> None:
        """Record heartbeats for one more job."""
        with self._lock:
            self._jobs.add(job)
            if self._thread is None:
                self._stop = Event()
                self._thread = Thread(target=self._run, args=(self._stop,), name="ccp4hooks-heartbeat", daemon=True)
                self._thread.start()

    def remove(self, job: UUID) -> bool:
        """Record no more heartbeats for a job, and return whether this process has run the job."""
        with self._lock:
            was_run_here = job in self._jobs
            self._jobs.discard(job)
            if not self._jobs:
                self._stop.set()
                self._thread = None
            return was_run_here

    def _run(self, stop: Event) -> None:
        while not stop.wait(PERIOD_S):
            with self._lock:
                jobs = tuple(self._jobs)
            try:
                self._beat(jobs)
            except Ccp4HooksError:
                # The database is unreachable; the next heartbeat may succeed.
                continue
