"""Marks and commands as texts for people: the best value, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.texts import job_command

if TYPE_CHECKING:
    from ccp4hooks.model import Job

BEST = "*"
"""Mark of the best of several values."""


def more_text(job: Job, number: int) -> str:
    """Return how much of a job is not shown, and the command that shows it. After a dry run only JSON has it."""
    return f"{number} more with --json" if job.dry_run else f"{number} more: {command_for(job, 'show', '--all')}"


def command_for(job: Job, command: str, *options: str) -> str:
    """Return a command of ccp4hooks about a job, as it can be typed in any directory, in backquotes."""
    return job_command(command, job.number, *options, project=job.project.name)
