"""``ccp4hooks replay``: record what outcome files say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.upkeep import shown

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("replay", short_help="Record what the outcome files of jobs say.")
@click.argument("job", required=False)
@project_option
@json_option
@takes_choices
def command(choices: Choices, *, job: str | None, project: str | None, as_json: bool) -> None:
    """Record what the outcome file of the job of number JOB says, and those of its sub-jobs; without JOB, of all jobs.

    For a job that ran while the database was away, or without one: it is added under its number. Done again, it
    changes nothing.
    """
    session = start_session(choices.settings())
    found = session.known_project(project or session.settings.project)
    shown(session.replay(found, job), "Nothing to record.", as_json=as_json)
