"""``ccp4hooks reglean``: glean a job that has ended once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.upkeep import shown

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("reglean", short_help="Glean a job that has ended once more.")
@click.argument("job")
@project_option
@json_option
@takes_choices
def command(choices: Choices, *, job: str, project: str | None, as_json: bool) -> None:
    """Glean the job of number JOB and its sub-jobs once more, with the plugins that are there now.

    What is known of them stays, with who gave it, unless a plugin gives another value; what a plugin gave that is not
    there any more stays, too. The outcome files are written anew and recorded. Done again, it changes nothing.
    """
    session = start_session(choices.settings())
    found = session.known_project(project or session.settings.project)
    shown(session.reglean(found, job), "Nothing to glean.", as_json=as_json)
