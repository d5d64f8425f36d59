"""Look at the progress of running programs, and report what has changed.

CCP4i2's own ``watchFile`` is not used for this: each of its threads watches one file, ends up to two seconds after the
script has ended, and overlooks a file that does not grow.
"""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ccp4hooks.i2.program_xml import ProgramXml
from ccp4hooks.model import ProgramProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

PERIOD_S = 1.0
"""Interval at which the files with the progress of programs are looked at [s]."""

KEY_LENGTH = 50
"""Length of the longest name of a value that a script reports [characters], as of a KPI."""


class JobProgress:
    """The progress of one job. It is reported whenever it has changed, until the job ends.

    Args:
        directory: Returns the job directory. It is called when the script runs.
        running_since: Returns the time at which the script began to run, or None if it does not run.
        report: Called with the progress when it has changed.
    """

    def __init__(
        self,
        directory: Callable[[], Path],
        running_since: Callable[[], datetime | None],
        report: Callable[[ProgramProgress], None],
    ) -> None:
        self._directory = directory
        self._running_since = running_since
        self._report = report
        self._program: ProgramXml | None = None
        self._told = ProgramProgress()
        self._reported = ProgramProgress()
        self._lock = threading.RLock()
        self._is_closed = False

    def look(self) -> None:
        """Report what the program and the script have reported, if it has changed."""
        with self._lock:
            since = self._running_since()
            if self._is_closed or since is None:
                return
            self._program = self._program or ProgramXml(self._directory())
            read = self._program.progress(since) or ProgramProgress()
            cycle = read.cycle if self._told.cycle is None else self._told.cycle
            present = ProgramProgress(cycle=cycle, values={**read.values, **self._told.values})
            if present != self._reported:
                self._reported = present
                self._report(present)

    def tell(self, signal: object) -> None:
        """Note what a script reports by its signal ``progressUpdated``, and report it if it has changed.

        Args:
            signal: A dictionary. A whole number under ``"cycle"`` and the other finite numbers are used.
        """
        told = _told(signal) if isinstance(signal, dict) else ProgramProgress()
        with self._lock:
            cycle = self._told.cycle if told.cycle is None else told.cycle
            self._told = replace(self._told, cycle=cycle, values={**self._told.values, **told.values})
            self.look()

    def close(self) -> None:
        """Report the last progress. Nothing is reported afterwards; a report in another thread is waited for."""
        with self._lock:
            self.look()
            self._is_closed = True


class HasProgress(Protocol):
    """A job, as `ProgressWatch` needs it."""

    @property
    def progress(self) -> JobProgress:
        """Its progress."""
        ...


class ProgressWatch:
    """Looks at the progress of the jobs of one run, in a thread of its own, while scripts run.

    Args:
        jobs: Returns the present jobs of the run.
        is_needed: Returns whether anybody wants to know. Without, no thread is started.
    """

    def __init__(self, jobs: Callable[[], Iterable[HasProgress]], is_needed: Callable[[], bool]) -> None:
        self._jobs = jobs
        self._is_needed = is_needed
        self._lock = threading.Lock()
        self._scripts = 0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at the jobs of the run inside the block; blocks inside each other share the thread."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    def _begin(self) -> None:
        with self._lock:
            self._scripts += 1
            if self._scripts == 1 and self._is_needed():
                self._ended = threading.Event()
                target = copy_context().run
                self._thread = threading.Thread(
                    target=target, args=(self._look, self._ended), name="ccp4hooks-progress", daemon=True
                )
                self._thread.start()

    def _end(self) -> None:
        with self._lock:
            self._scripts -= 1
            thread = self._thread if self._scripts == 0 else None
            if thread is not None:
                self._thread = None
                self._ended.set()
        if thread is not None:
            thread.join()

    def _look(self, ended: threading.Event) -> None:
        while not ended.wait(PERIOD_S):
            for job in self._jobs():
                job.progress.look()


def _told(signal: Mapping[Any, Any]) -> ProgramProgress:
    """Return the numbers in the dictionary of a signal. ``xmlLength``, the size of ``program.xml``, is none of them."""
    cycle = signal.get("cycle")
    values = {
        key: float(value)
        for key, value in signal.items()
        if isinstance(key, str) and key not in ("cycle", "xmlLength") and 0 < len(key) <= KEY_LENGTH
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    }
    return ProgramProgress(
        cycle=cycle if isinstance(cycle, int) and not isinstance(cycle, bool) else None, values=values
    )
