"""``ccp4hooks cancel``: stop a job that is running."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import project_option, start_session, takes_choices

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("cancel", short_help="Stop a job that is running or waits to be run.")
@click.argument("job")
@project_option
@takes_choices
def command(choices: Choices, *, job: str, project: str | None) -> None:
    """Stop the job of number JOB, which another process of this machine runs, with its programs.

    It becomes INTERRUPTED, with what it has written so far. A job that waits to be run becomes INTERRUPTED, too, and no
    process is signalled.
    """
    session = start_session(choices.settings())
    found = session.project(project or session.settings.project)
    outcome = session.cancel(found, job)
    click.echo(f"{found.name} {outcome.job.number} {outcome.job.task} {outcome.status.name}")
