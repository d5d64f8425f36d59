"""What the commands that follow a job share: how the job ended, in words and as an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.cli.output import echo

if TYPE_CHECKING:
    from ccp4hooks.model import JobState, Outcome
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions

FAILED = 1
"""Exit code if the job has failed, was interrupted, or has died."""


def end_with(state: JobState) -> None:
    """End a command with the exit code that says how a job has ended; do nothing if it has succeeded.

    Raises:
        SystemExit: The job has failed, was interrupted, or its process has died.
    """
    if state.has_died:
        echo(describe_death(state), err=True)
    if state.has_died or state.outcome.status.is_failure:
        raise SystemExit(FAILED)


def describe_death(state: JobState) -> str:
    """Return what is wrong with a job whose process has died, and what to do."""
    job, owner = state.outcome.job, state.owner
    process = f"process {owner.pid} on {owner.host}" if owner else "a process"
    return (
        f"Job {job.number} is {state.outcome.status.name}, but {process}, which ran it, has died. "
        f"`ccp4hooks recover {job.project.name}` marks the job as interrupted and records its output."
    )


def summary(outcome: Outcome) -> dict[str, Any]:
    """Return the facts about a job that is followed, for JSON; its sub-jobs are not among them."""
    from ccp4hooks.cli.json_output import job_facts

    return {**job_facts(outcome), "jobs": []}


def line_of(state: JobState, names: KpiDescriptions) -> str:
    """Return a line with the project, number, task, status and progress of a job."""
    job = state.outcome.job
    died = " (its process has died)" if state.has_died else ""
    progress = f": {names.progress_text(state.progress)}" if state.progress else ""
    return f"{job.project.name} {job.number} {job.task} {state.outcome.status.name}{died}{progress}"
