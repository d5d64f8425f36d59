"""Stop a job from outside of the process that runs it."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.model import JobNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import Outcome, OwnedJob

PATIENCE_S = 30.0
"""How long a process may take to stop its program and to record its job [s]."""

POLL_S = 0.1
"""How often it is looked at meanwhile [s]."""


def require_top_level(number: str) -> None:
    """Refuse the number of a sub-job.

    Raises:
        BadInputError: It is one.
    """
    if JobNumber(number).is_sub_job:
        raise BadInputError(f"{number} is a sub-job; cancel job {JobNumber(number).top}, which has started it.")


def require_waiting(known: Outcome) -> None:
    """Refuse a job that no process owns, unless it waits to be run.

    Raises:
        BadInputError: It does not wait.
    """
    if not known.status.is_waiting:
        raise BadInputError(
            f"Job {known.job.number} is {known.status.name} and not running; there is nothing to cancel."
        )


def require_stoppable(found: OwnedJob, held: Sequence[OwnedJob]) -> None:
    """Refuse a job whose process must not be stopped from here.

    Args:
        found: The job.
        held: All jobs of its project that some process owns.

    Raises:
        BadInputError: It runs on another machine, or shares its process with other jobs.
    """
    if found.host != socket.gethostname():
        raise BadInputError(f"Job {found.job.number} runs on {found.host}; cancel it there.")
    same = [one.job.number for one in held if one.pid == found.pid and one.alive and not one.job.number.is_sub_job]
    if len(same) > 1:
        raise BadInputError(
            f"Process {found.pid} runs the jobs {', '.join(same)} at once, and would end them all. "
            "Cancel the job in the program that has started it."
        )


def stop(held: OwnedJob) -> None:
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


def _signal(held: OwnedJob, number: signal.Signals) -> None:
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
