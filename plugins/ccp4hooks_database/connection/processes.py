"""The identity of processes: which process owns a job, and whether that process is alive."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

CLOCK_S = 2.0
"""Largest difference between two readings of the start time of one process [s]; system clocks are adjusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process, distinguished from a later process with the same number.

    Attributes:
        host: Name of the machine.
        boot_id: Identifier of the machine's current boot.
        pid: Number of the process.
        started_at: When the process started.
    """

    host: str
    boot_id: str
    pid: int
    started_at: datetime


def this_process() -> ProcessIdentity:
    """Return the identity of the calling process."""
    return _process(os.getpid())


def is_alive(process: ProcessIdentity) -> bool | None:
    """Return whether a process is alive; None if it is on another machine.

    A process with the same number that started at another time, or after a reboot, is a different process.
    """
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    if process.host != socket.gethostname():
        return None
    if process.boot_id != _boot_id():
        return False
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


@cache
def _process(pid: int) -> ProcessIdentity:
    import psutil  # noqa: PLC0415 - start-up time

    started_at = datetime.fromtimestamp(psutil.Process(pid).create_time(), tz=timezone.utc)
    return ProcessIdentity(host=socket.gethostname(), boot_id=_boot_id(), pid=pid, started_at=started_at)


def _boot_id() -> str:
    import psutil  # noqa: PLC0415 - start-up time

    linux = Path("/proc/sys/kernel/random/boot_id")
    return linux.read_text().strip() if linux.exists() else str(int(psutil.boot_time()))
