"""The signs of life that a process gives of the jobs it has in hand."""

from __future__ import annotations

from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from ccp4hooks import Ccp4HooksError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

PERIOD_S = 60.0
"""How often a sign of life is given [s]."""


class Heart:
    """Beats as long as there are jobs; in a thread of its own, which ends with the process.

    Args:
        beat: Records that jobs are alive.
    """

    def __init__(self, beat: Callable[[Sequence[UUID]], None]) -> None:
        self._beat = beat
        self._jobs: set[UUID] = set()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stop = Event()

    def take(self, job: UUID) -> None:
        """Beat for a job, too."""
        with self._lock:
            self._jobs.add(job)
            if self._thread is None:
                self._stop = Event()
                self._thread = Thread(target=self._run, args=(self._stop,), name="ccp4hooks-heart", daemon=True)
                self._thread.start()

    def drop(self, job: UUID) -> bool:
        """Beat for a job no longer; return whether it did, which is whether this process has run the job."""
        with self._lock:
            beat = job in self._jobs
            self._jobs.discard(job)
            if not self._jobs:
                self._stop.set()
                self._thread = None
            return beat

    def _run(self, stop: Event) -> None:
        while not stop.wait(PERIOD_S):
            with self._lock:
                jobs = tuple(self._jobs)
            try:
                self._beat(jobs)
            except Ccp4HooksError:
                # The database is away; the next beat may reach it.
                continue
