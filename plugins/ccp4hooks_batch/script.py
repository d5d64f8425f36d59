"""The script of a job, and the directory in which it is."""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks_batch.schedulers import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks import Job, Needs, NodeCommand
    from ccp4hooks_batch.options import BatchOptions
    from ccp4hooks_batch.schedulers import Scheduler

MINUTE_S = 60

OUTPUT_NAME = "output.txt"
"""The file for what a job prints, in the directory of its attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The script of a job, in parts, and how it is submitted.

    Attributes:
        scheduler: Name of the scheduler, see `SCHEDULERS`.
        request: What it asks for.
        directives: The lines for the scheduler.
        setup: Lines of bash that run first.
        command: The line of bash that runs the job.
        directory: The directory for the script.
        working_directory: The working directory of the scheduler's command.
        environment: Environment variables of the scheduler's command.
        stays: Whether the script is not removed when it has been submitted.
        timeout_s: Longest time to wait for the scheduler [s].
    """

    scheduler: str
    request: Request
    directives: str
    setup: str
    command: str
    directory: Path
    working_directory: Path
    environment: Mapping[str, str]
    stays: bool
    timeout_s: float


def make_script(job: Job, command: NodeCommand, needs: Needs, options: BatchOptions, scheduler: Scheduler) -> Script:
    """Return the script of a job.

    Raises:
        BadInputError: The scheduler cannot take what the job needs, or its directory.
    """
    has_time = (needs.time_s or 0) > 2 * options.grace_s + MINUTE_S
    request = Request(
        name=job_name(job, scheduler.longest_name),
        output=command.directory / OUTPUT_NAME,
        needs=needs,
        account=options.account,
        parallel_environment=options.parallel_environment,
        grace_s=options.grace_s if has_time else None,
    )
    directives = [f"{scheduler.prefix} {line}".strip() for line in scheduler.directives(request)]
    # A scheduler that shows the script to others gives the job the environment of its own command.
    shown, hidden = ({}, command.environment) if scheduler.shows_script else (command.environment, {})
    exports = [f"export {name}={shlex.quote(value)}" for name, value in shown.items()]
    return Script(
        scheduler=options.scheduler,
        request=request,
        directives="\n".join([*directives, *options.directives]),
        setup="\n".join([*options.setup, *exports, f"cd -- {shlex.quote(str(job.directory))} || exit"]),
        command=_command_line(command, scheduler, request),
        directory=command.directory,
        working_directory=job.directory,
        environment=hidden,
        stays=scheduler.keeps_script,
        timeout_s=options.command_timeout_s,
    )


def job_name(job: Job, longest: int) -> str:
    """Return the name of a job for a scheduler: project, number and task.

    Args:
        job: The job.
        longest: Number of characters that it may have.
    """
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", f"{job.project.name}-{job.number}-{job.task}")
    return (name if name[0].isalpha() else f"job_{name}")[:longest]


def _command_line(command: NodeCommand, scheduler: Scheduler, request: Request) -> str:
    """Return the line of bash that runs the job. Its process takes the place of the shell, and gets all signals."""
    words = [*command.arguments]
    if request.grace_s and request.needs.time_s and not scheduler.signals:
        words = ["timeout", "--signal=TERM", str(request.needs.time_s - request.grace_s), *words]
    return f"exec {shlex.join(words)}"


@contextmanager
def private_directory(directory: Path, *, stays: bool) -> Iterator[None]:
    """Make a directory that others cannot read until the end of the context.

    Args:
        directory: The directory.
        stays: Whether others cannot read it afterwards either.
    """
    directory.mkdir(parents=True, exist_ok=True)
    usual = stat.S_IMODE(directory.stat().st_mode)  # as the umask and the directory above want it
    directory.chmod(stat.S_IRWXU)
    try:
        yield
    finally:
        if not stays:
            # The job may have been submitted: that the directory stays private must not hide it.
            with suppress(OSError):
                directory.chmod(usual)
