"""``ccp4hooks projects``: list the projects, and record that the directory of one was moved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, start_session, takes_choices
from ccp4hooks.cli.output import echo

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.group("projects", short_help="List or move projects.", invoke_without_command=True)
@json_option
@takes_choices
def command(choices: Choices, *, as_json: bool) -> None:
    """List all projects with their directories, oldest first.

    Without a subcommand, this command changes nothing.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    session = start_session(choices.settings())
    session.require_store()
    found = session.projects()
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(found)
        return
    if not found:
        echo("No projects yet. `ccp4hooks run` creates one.", err=True)
        return
    from ccp4hooks.cli.render import show, table

    show(table("", ("Project", "Directory"), [(project.name, str(project.directory)) for project in found]))


@command.command("move", short_help="Record that a project directory was moved.")
@click.argument("name")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@json_option
@takes_choices
def move(choices: Choices, *, name: str, directory: Path, as_json: bool) -> None:
    """Record that the directory of the project NAME is now DIR.

    Move or rename the directory first. This command changes only the database. It refuses a directory that has no job
    of the project, a copy of a directory that still exists, and a project with a job that is running.
    """
    session = start_session(choices.settings())
    session.require_store()
    moved = session.move_project(session.project(name), directory)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(moved)
        return
    echo(f"The directory of the project {moved.name} is {moved.directory}.")
