"""``ccp4hooks reglean``: re-extract files and KPIs from a finished job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import show_result
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.subjects import JobCommand
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("reglean", cls=JobCommand, short_help="Re-extract files and KPIs from a finished job.")
@click.argument("job")
@project_option
@json_option
@takes_choices
def command(choices: Choices, *, job: str, project: str | None, as_json: bool) -> None:
    """Re-extract files and KPIs from job number JOB and its sub-jobs with the plugins in use now.

    A recorded value keeps its origin unless a plugin returns a different value. Values from plugins that are no longer
    in use are kept, and so is the record of a file that does not exist any more; a warning names it. The outcome files
    are rewritten and recorded. It is safe to run this command repeatedly.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.known_project(project or session.settings.project)
    keep_accessible_to_group(found.directory)
    show_result(session.reglean(found, session.number_of(found, job)), "Nothing to extract.", as_json=as_json)
