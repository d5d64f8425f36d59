"""The identity of processes: which process owns a job, and whether that process is alive.

On Linux, a process is identified by what no step of the system clock changes: its number, its start in clock ticks
since the boot, the boot, and the namespace in which its number is valid. Elsewhere the kernel keeps the time of its
start.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

CLOCK_S = 2.0
"""Largest difference between two readings of the start time of one process [s]; system clocks are adjusted."""

TICKS = 1
"""Largest difference between two readings of the start in clock ticks; a time namespace shifts them by a fraction."""

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process, distinguished from a later process with the same number.

    Attributes:
        host: Name of the machine.
        boot_id: Identifier of the machine's current boot; empty where the system has none.
        pid: Number of the process.
        started_at: When the process started, by the system clock.
        started_ticks: When the process started [clock ticks since the boot]; None where the system does not say.
        pid_namespace: The namespace in which `pid` is valid; empty if it is not known.
        token: Identifies the process among all; None if it was not recorded.
    """

    host: str
    boot_id: str
    pid: int
    started_at: datetime
    started_ticks: int | None = None
    pid_namespace: str = ""
    token: UUID | None = None


def this_process() -> ProcessIdentity:
    """Return the identity of the calling process."""
    return _process(os.getpid())


def is_alive(process: ProcessIdentity) -> bool | None:
    """Return whether a process is alive; None if that cannot be seen from here.

    It cannot be seen of a process on another machine, in another namespace of process numbers, or of another user on a
    system that hides the processes of others. Then only its signs of life count.
    """
    if sys.platform != "linux":
        return _runs_since(process) if process.host == socket.gethostname() else None
    if not is_same_boot(process.boot_id):
        return None
    if process.started_ticks is None:
        # Recorded by an earlier version, which did not record the namespace.
        return True if process.host == socket.gethostname() and _runs_since(process) else None
    if not process.pid_namespace or process.pid_namespace != _pid_namespace():
        return None
    return _runs_since_ticks(process.pid, process.started_ticks)


def is_same_boot(boot_id: str) -> bool:
    """Return whether an identifier is that of the present boot of this machine."""
    return bool(boot_id) and boot_id == _boot_id()


def uptime_s() -> float | None:
    """Return the time since the boot without the time of sleep, the same in all namespaces [s]; None if unknown.

    No step of the system clock changes it.
    """
    if sys.platform != "linux":
        return None
    return time.clock_gettime(time.CLOCK_MONOTONIC) - offset_s("monotonic")


def offset_s(clock: str) -> float:
    """Return how much a clock since the boot is ahead in the time namespace of this process [s].

    Args:
        clock: ``"monotonic"`` or ``"boottime"``.
    """
    for line in _lines(PROC / "self/timens_offsets"):
        name, *offset = line.split()
        if name == clock:
            return int(offset[0]) + int(offset[1]) / 1e9
    return 0.0


@cache
def _process(pid: int) -> ProcessIdentity:
    found = _stat(pid) if sys.platform == "linux" else None
    return ProcessIdentity(
        host=socket.gethostname(),
        boot_id=_boot_id(),
        pid=pid,
        started_at=_started_at(pid) if found is None else _time_of(found[1]),
        started_ticks=None if found is None else found[1],
        pid_namespace=_pid_namespace(),
        token=uuid4(),
    )


def _time_of(ticks: int) -> datetime:
    """Return a start in clock ticks by the present system clock."""
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - offset_s("boottime") - ticks / os.sysconf("SC_CLK_TCK")
    return datetime.now(timezone.utc) - timedelta(seconds=age_s)


def _started_at(pid: int) -> datetime:
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    return datetime.fromtimestamp(psutil.Process(pid).create_time(), tz=timezone.utc)


def _runs_since(process: ProcessIdentity) -> bool:
    """Return whether a process with this number runs that started at the recorded time."""
    import psutil  # noqa: PLC0415 - start-up time

    try:
        found = psutil.Process(process.pid)
        started_s, has_ended = found.create_time(), found.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    return not has_ended and abs(started_s - process.started_at.timestamp()) < CLOCK_S


def user_name() -> str:
    """Return the name of the user who runs this process, or the number of a user without a name."""
    import getpass  # noqa: PLC0415 - start-up time

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container, or a directory service that does not answer.
        return str(os.getuid())


def _runs_since_ticks(pid: int, started_ticks: int) -> bool | None:
    found = _stat(pid)
    if found is not None:
        state, ticks = found
        return state not in "ZX" and abs(ticks - started_ticks) <= TICKS
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # The system hides the processes of other users.
        return None
    return None


def _stat(pid: int) -> tuple[str, int] | None:
    """Return the state of a process, and its start [clock ticks since the boot]; None if it is not visible.

    Source: ``proc_pid_stat(5)``: state is field 3, starttime field 22; the name before them may contain anything.
    """
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    fields = text.rpartition(")")[2].split()
    ticks = int(fields[19]) - round(offset_s("boottime") * os.sysconf("SC_CLK_TCK"))
    return fields[0], ticks


def _pid_namespace() -> str:
    """Return the namespace of the process numbers of this process; empty if ``/proc`` shows those of another one."""
    try:
        shown = (PROC / "self").readlink().name
        namespace = str((PROC / "self/ns/pid").readlink())
    except OSError:
        return ""
    return namespace if shown == str(os.getpid()) else ""


def _boot_id() -> str:
    return "".join(_lines(PROC / "sys/kernel/random/boot_id"))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().split("\n")
    except OSError:
        return []
