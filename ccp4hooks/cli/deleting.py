"""What the commands that delete something share: the question whether to do so, and the numbers of jobs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.listing import aligned
from ccp4hooks.cli.output import note
from ccp4hooks.texts import counted, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from ccp4hooks.model import Deletion, Project, TrashedJob

CONTEXTS = ("script_finish", "onfinish", "temporary", "intermediate", "extended_intermediate", "project_complete")
"""The occasions for which CCP4i2 names files to remove."""

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")

dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")


def is_asked() -> bool:
    """Return whether there is a user who can answer a question."""
    return sys.stdin.isatty()


def require_consent(question: str, *, yes: bool, as_json: bool) -> None:
    """Ask whether to go on, unless the user has agreed by an option.

    Args:
        question: The question, without a question mark.
        yes: Whether the user has agreed.
        as_json: Whether the command writes JSON, and asks nothing.

    Raises:
        UsageError: Nobody can be asked.
        SystemExit: The user has refused. Nothing has failed: the exit code is 0.
    """
    if yes:
        return
    if as_json or not is_asked():
        raise click.UsageError("Nobody can be asked whether to go on. Give --yes, or --dry-run to see what is done.")
    if not click.confirm(f"{question}?", err=True):
        note("Nothing was done.")
        raise SystemExit(0)


def plan_lines(deletions: Sequence[Deletion]) -> list[Text | str]:
    """Return the lines that describe deletions, with their sum."""
    rows = [
        (
            one.job.number,
            one.job.task,
            one.status.name,
            str(one.files),
            size_text(one.size_bytes),
            " ".join(job.number for job in one.sub_jobs),
            " ".join(one.read_by),
            "" if one.job.title == one.job.task else one.job.title,
        )
        for one in deletions
    ]
    headings = ("Job", "Task", "Status", "Files", "Size", "Sub-jobs", "Read by", "Title")
    lines: list[Text | str] = [*aligned(headings, rows, texts=("Title",), below=("Sub-jobs", "Read by"))]
    for one in deletions:
        lines += [f"Import of job {one.job.number}, which no other job reads: {path.name}" for path in one.imports]
        lines += [
            f"Import of job {one.job.number}, which stays because job {shared.job} reads it: {shared.path.name}"
            for shared in one.shared
        ]
        if not one.directory_exists:
            lines.append(f"Job {one.job.number} has no directory: only its record is deleted.")
    return [*lines, sum_line([(one.files, one.size_bytes) for one in deletions])]


def sum_line(parts: Sequence[tuple[int, int]]) -> str:
    """Return how many jobs with how many files of what size there are in all."""
    files, size_bytes = (sum(part[index] for part in parts) for index in (0, 1))
    return f"{counted(len(parts), 'job')}, {counted(files, 'file')}, {size_text(size_bytes)}"


def trash_lines(jobs: Sequence[tuple[Project, TrashedJob]]) -> list[Text]:
    """Return the lines that describe jobs in the trash."""
    from ccp4hooks.texts import time_text

    rows = [
        (
            project.name,
            one.number,
            one.task,
            one.status.name,
            time_text(one.deleted_at),
            one.deleted_by,
            str(one.files),
            size_text(one.size_bytes),
            "" if one.title == one.task else one.title,
        )
        for project, one in jobs
    ]
    headings = ("Project", "Job", "Task", "Status", "Deleted", "By", "Files", "Size", "Title")
    return aligned(headings, rows, texts=("Title",), below=("By", "Title"))
