"""``ccp4hooks purge``: remove jobs from the trash for good."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.deleting import dry_run_option, require_consent, sum_line, trash_lines, yes_option
from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, not_empty, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import project_and_jobs
from ccp4hooks.texts import counted

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("purge", short_help="Remove jobs from the trash for good.")
@click.argument("words", nargs=-1, metavar="[PROJECT] [JOB]...")
@project_option
@click.option(
    "--older-than",
    metavar="TIME",
    callback=not_empty,
    help="Only jobs that were deleted before this time, such as 30d for 30 days ago, or 2026-11-28.",
)
@click.option("--all", "every", is_flag=True, help="The trash of all projects.")
@dry_run_option
@yes_option
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    words: tuple[str, ...],
    project: str | None,
    older_than: str | None,
    every: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove the jobs in the trash of PROJECT for good, or only JOB. The command shows them, and asks.

    Without PROJECT, it is the project in the settings.
    """
    if every and (project is not None or words):
        raise click.UsageError("With --all, give neither PROJECT nor JOB.")
    session = start_session(choices.settings())
    session.require_store()
    age = _age(older_than)
    named, jobs = (None, ()) if every else project_and_jobs(session, words, project)
    projects = session.projects() if named is None else (named,)
    found = [(one, job) for one in projects for job in session.purge(one, *jobs, older_than=age, dry_run=True)]
    if found and not as_json:
        from ccp4hooks.cli.render import show

        head = "Would remove from the trash for good:" if dry_run else "Remove from the trash for good:"
        show(head, *trash_lines(found), sum_line([(job.files, job.size_bytes) for _, job in found]))
    elif not (found or as_json or session.unreadable):
        note("The trash is empty." if older_than is None else "Nothing in the trash is that old.")
    if found and not dry_run:
        require_consent(f"Remove {counted(len(found), 'job')} for good", yes=yes, as_json=as_json)
        found = [(one, job) for one in projects for job in session.purge(one, *jobs, older_than=age)]
        if not as_json:
            echo(f"Removed {counted(len(found), 'job')}.")
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"dry_run": dry_run, "jobs": [{"project": one, "job": job} for one, job in found]})
    exit_if_unreadable(session)


def _age(text: str | None) -> timedelta | None:
    """Return how long ago a time is, or None without a time.

    Raises:
        BadInputError: The text cannot be read.
    """
    if text is None:
        return None
    from ccp4hooks.queries import query_text

    return datetime.now(timezone.utc) - query_text.since(text)
