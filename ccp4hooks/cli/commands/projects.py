"""``ccp4hooks projects``: list the projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, start_session, takes_choices

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("projects", short_help="List the projects.")
@json_option
@takes_choices
def command(choices: Choices, *, as_json: bool) -> None:
    """List all projects with their directories, oldest first."""
    found = start_session(choices.settings()).projects()
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(found)
        return
    if not found:
        click.echo("No projects yet. `ccp4hooks run` creates one.", err=True)
        return
    from ccp4hooks.cli.render import show, table

    show(table("", ("Project", "Directory"), [(project.name, str(project.directory)) for project in found]))
