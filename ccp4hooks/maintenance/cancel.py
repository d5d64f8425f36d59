"""Stop a job from outside of the process that runs it."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.model.jobs import JobStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import HeldJob, Outcome

PATIENCE_S = 30.0
"""How long a process may take to stop its program and to record its job [s]."""

POLL_S = 0.1
"""How often it is looked at meanwhile [s]."""


WAITING = frozenset({JobStatus.UNKNOWN, JobStatus.PENDING, JobStatus.QUEUED})
"""Where a job stands that has not begun."""


def require_top_level(number: str) -> None:
    """Refuse the number of a sub-job.

    Raises:
        BadInputError: It is one.
    """
    if "." in number:
        raise BadInputError(
            f"{number} is a sub-job; cancel job {number.split('.', maxsplit=1)[0]}, which has started it."
        )


def require_waiting(known: Outcome) -> None:
    """Refuse a job that no process owns, unless it waits to be run.

    Raises:
        BadInputError: It does not wait.
    """
    if known.status not in WAITING:
        raise BadInputError(
            f"Job {known.job.number} is {known.status.name} and not running; there is nothing to cancel."
        )


def require_stoppable(found: HeldJob, held: Sequence[HeldJob]) -> None:
    """Refuse a job whose process must not be stopped from here.

    Args:
        found: The job.
        held: All jobs of its project that some process owns.

    Raises:
        BadInputError: It runs on another machine, or shares its process with other jobs.
    """
    if found.host != socket.gethostname():
        raise BadInputError(f"Job {found.job.number} runs on {found.host}; cancel it there.")
    same = [one.job.number for one in held if one.pid == found.pid and one.alive and "." not in one.job.number]
    if len(same) > 1:
        raise BadInputError(
            f"Process {found.pid} runs the jobs {', '.join(same)} at once, and would end them all. "
            "Cancel the job in the program that has started it."
        )


def stop(held: HeldJob) -> None:
    """Ask the process of a job to end, wait until it has, and end what it has left behind.

    Raises:
        BadInputError: It does not end, or belongs to somebody else.
    """
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(held.pid)
        below = process.children(recursive=True)
        _signal(held, signal.SIGTERM)
        if not _ends(process):
            raise BadInputError(
                f"Process {held.pid} of job {held.job.number} did not end within {PATIENCE_S:g} s. "
                f"`kill -9 {held.pid}` ends it, then `ccp4hooks recover` its job."
            )
        _, alive = psutil.wait_procs(below, timeout=0)
        for child in alive:
            with suppress(psutil.NoSuchProcess):
                child.kill()


def _signal(held: HeldJob, number: signal.Signals) -> None:
    try:
        os.kill(held.pid, number)
    except PermissionError as error:
        raise BadInputError(f"Process {held.pid} of job {held.job.number} belongs to somebody else.") from error


def _ends(process: Any) -> bool:
    import psutil  # noqa: PLC0415 - start-up time

    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(POLL_S)
    return False
