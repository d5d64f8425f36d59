"""Measure the CPU time and the memory of the jobs that run in this process, with the programs that they start."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from uuid import UUID

UNIT = 1 if sys.platform == "darwin" else 1024
"""Unit of ``ru_maxrss`` [byte]."""

_RESET = Path("/proc/self/clear_refs")
_RESET_PEAK = b"5"
"""What Linux is told to begin anew with the largest resident memory of a process (``proc_pid_clear_refs(5)``)."""

_lock = threading.Lock()
_running: WeakValueDictionary[UUID, Usage] = WeakValueDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a job and its programs have used. A value is None if it is not known.

    Attributes:
        cpu_s: CPU time in all threads [s].
        peak_memory_bytes: Largest resident memory of this process, or of a program if that is larger [byte].
    """

    cpu_s: float | None = None
    peak_memory_bytes: int | None = None


class Usage:
    """Measures what a job uses, from now until `stop`.

    The system counts for the whole process, and the largest memory so far is forgotten where the system allows it. If
    two jobs of which neither is part of the other run at the same time, nothing is known of either.

    Args:
        job: UUID of the job.
        parent: UUID of the job that it is part of, or None.

    Attributes:
        job: See the argument.
        parent: See the argument.
        is_alone: Whether only jobs that it is part of, and parts of it, have run at the same time.
    """

    def __init__(self, job: UUID, parent: UUID | None) -> None:
        self.job, self.parent = job, parent
        self.is_alone = True
        self._used: Used | None = None
        with _lock:
            others = list(_running.values())
            above = _jobs_above(parent)
            for other in others:
                other.begin_anew()
                if other.job not in above:
                    self.is_alone = other.is_alone = False
            _running[job] = self
            self._peak = 0
            self._can_reset = _reset_peak()
            self._begun_s = _cpu_s()
            self._begun_peaks = _peaks()

    def begin_anew(self) -> None:
        """Note the largest memory so far, because it will be reset."""
        self._peak = max(self._peak, _peaks()[0])

    def stop(self) -> Used:
        """Return what the job has used. A second call returns the same."""
        if self._used is not None:
            return self._used
        with _lock:
            _running.pop(self.job, None)
            self._used = self._measured() if self.is_alone else Used()
            return self._used

    def _measured(self) -> Used:
        own_s, programs_s = (now - begun for now, begun in zip(_cpu_s(), self._begun_s, strict=True))
        own, programs = _peaks()
        peak = max(self._peak, own if self._can_reset or own > self._begun_peaks[0] else 0)
        # The system keeps the largest of all programs that this process has ever started.
        if programs > self._begun_peaks[1]:
            peak = max(peak, programs)
        elif programs > peak and programs_s > 0:
            peak = 0
        return Used(cpu_s=round(own_s + programs_s, 3), peak_memory_bytes=peak or None)


def _jobs_above(parent: UUID | None) -> set[UUID]:
    above = set()
    while parent is not None and parent not in above:
        above.add(parent)
        other = _running.get(parent)
        parent = other.parent if other is not None else None
    return above


def _reset_peak() -> bool:
    try:
        _RESET.write_bytes(_RESET_PEAK)
    except OSError:
        return False
    return True


def _cpu_s() -> tuple[float, float]:
    """Return the CPU time of this process, and of its programs that have ended [s]."""
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system


def _peaks() -> tuple[int, int]:
    """Return the largest resident memory of this process and of a program of it that has ended [byte]."""
    if sys.platform == "win32":
        return 0, 0
    import resource  # noqa: PLC0415 - not on Windows

    own, programs = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own * UNIT, programs * UNIT
