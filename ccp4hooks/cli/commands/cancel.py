"""``ccp4hooks cancel``: stop a running job, or cancel a waiting one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.subjects import JobCommand
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("cancel", cls=JobCommand, short_help="Stop a running job, or cancel a waiting one.")
@click.argument("job")
@project_option
@takes_choices
def command(choices: Choices, *, job: str, project: str | None) -> None:
    """Stop a running job and its programs, or cancel a waiting job.

    A running job can be cancelled only on the machine on which it runs; one that was submitted to an engine, anywhere.
    A job that is RUNNING_REMOTELY can be cancelled anywhere; its program on the other machine continues. JOB is the
    number of the job.

    The job becomes INTERRUPTED and keeps the files that it has written so far. A process that does not end within 30 s
    is killed.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    keep_accessible_to_group(found.directory)
    outcome = session.cancel(found, session.number_of(found, job), kill=True)
    echo(f"{found.name} {outcome.job.number} {outcome.job.task} {outcome.status.name}")
