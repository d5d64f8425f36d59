"""The script of a job, and how it is given to the scheduler."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks_batch.commands import run_command
from ccp4hooks_batch.schedulers import Request

if TYPE_CHECKING:
    from ccp4hooks import Job, Needs, NodeCommand
    from ccp4hooks_batch.commands import Answer
    from ccp4hooks_batch.options import BatchOptions
    from ccp4hooks_batch.schedulers import Scheduler

MINUTE_S = 60

SHELL = "#!/bin/bash"

OUTPUT_NAME = "output.txt"
"""The file for what a job prints, in the directory of its attempt."""

SCRIPT_NAME = "job.script"
"""The script of a job that its scheduler reads when the job begins, in the directory of its attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The script of a job, and what its scheduler needs besides.

    Attributes:
        given: What the scheduler's command reads: the script, or a submit description.
        kept: The script that the scheduler reads when the job begins; empty if it is `given`.
        environment: Environment variables of the scheduler's command.
    """

    given: str
    kept: str
    environment: Mapping[str, str]


def make_script(job: Job, command: NodeCommand, needs: Needs, options: BatchOptions, scheduler: Scheduler) -> Script:
    """Return the script of a job.

    Raises:
        BadInputError: The scheduler cannot take what the job needs, or its directory.
    """
    has_time = (needs.time_s or 0) > 2 * options.grace_s + MINUTE_S
    request = Request(
        name=job_name(job, scheduler.longest_name),
        output=_output(command, scheduler),
        script=command.directory / SCRIPT_NAME,
        needs=needs,
        account=options.account,
        parallel_environment=options.parallel_environment,
        grace_s=options.grace_s if has_time else None,
        is_carried=command.is_carried,
    )
    directives = [f"{scheduler.prefix} {line}".strip() for line in scheduler.directives(request)]
    directives += options.directives
    # A scheduler that shows the script to others gives the job the environment of its own command.
    shown, hidden = ({}, command.environment) if scheduler.shows_script else (command.environment, {})
    body = [
        *options.setup,
        *(f"export {name}={shlex.quote(value)}" for name, value in shown.items()),
        f"cd -- {_place(job, command)} || exit",
        _command_line(command, scheduler, request),
    ]
    if scheduler.keeps_script:
        return Script(given=_text(*directives, "queue 1"), kept=_text(SHELL, *body), environment=hidden)
    return Script(given=_text(SHELL, *directives, "", *body), kept="", environment=hidden)


def submit(script: Script, job: Job, directory: Path, scheduler: Scheduler, timeout_s: float) -> Answer:
    """Give a script to its scheduler, and return what that has answered.

    A scheduler whose command reads the script from standard input leaves no file with the environment of the job.

    Args:
        script: The script.
        job: The job, in whose directory the scheduler's command runs.
        directory: The directory of the attempt, which is made.
        scheduler: The scheduler.
        timeout_s: Longest time to wait for it [s].

    Raises:
        OSError: The directory cannot be made, or the script cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if script.kept:
        directory.chmod(stat.S_IRWXU)
        (directory / SCRIPT_NAME).write_text(script.kept, encoding="utf-8", errors="surrogateescape")
    return run_command(
        scheduler.submits, timeout_s, text=script.given, directory=job.directory, environment=script.environment
    )


def job_name(job: Job, longest: int) -> str:
    """Return the name of a job for a scheduler: project, number and task.

    Args:
        job: The job.
        longest: Number of characters that it may have.
    """
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", f"{job.project.name}-{job.number}-{job.task}")
    return (name if name[0].isalpha() else f"job_{name}")[:longest]


def _output(command: NodeCommand, scheduler: Scheduler) -> Path:
    """Return the file for what a job prints: none on a machine that has no directory for it.

    HTCondor writes it here in any case.
    """
    is_here = scheduler.keeps_script or not command.is_carried
    return command.directory / OUTPUT_NAME if is_here else Path(os.devnull)


def _place(job: Job, command: NodeCommand) -> str:
    """Return the working directory of the job, as bash reads it."""
    return '"${TMPDIR:-/tmp}"' if command.is_carried else shlex.quote(str(job.directory))


def _command_line(command: NodeCommand, scheduler: Scheduler, request: Request) -> str:
    """Return the line of bash that runs the job. Its process takes the place of the shell, and gets all signals."""
    words = [*command.arguments]
    if request.grace_s and request.needs.time_s and not scheduler.signals:
        words = ["timeout", "--signal=TERM", str(request.needs.time_s - request.grace_s), *words]
    return f"exec {shlex.join(words)}"


def _text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
