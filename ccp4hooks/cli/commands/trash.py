"""``ccp4hooks trash``: list the jobs in the trash of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, project_argument, start_session, takes_choices
from ccp4hooks.cli.output import note
from ccp4hooks.cli.subjects import ProjectCommand

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("trash", cls=ProjectCommand, short_help="List the jobs in the trash of a project.")
@project_argument
@json_option
@takes_choices
def command(choices: Choices, *, project: str | None, as_json: bool) -> None:
    """List the jobs in the trash of PROJECT, or of all projects."""
    session = start_session(choices.settings())
    session.require_store()
    projects = (session.project(project),) if project else session.projects()
    found = [(one, job) for one in projects for job in session.trash(one)]
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json([{"project": one, "job": job} for one, job in found])
    elif found:
        from ccp4hooks.cli.deleting import sum_line, trash_lines
        from ccp4hooks.cli.render import show

        show(*trash_lines(found), sum_line([(job.files, job.size_bytes) for _, job in found]))
    elif not session.unreadable:
        note("The trash is empty.")
    exit_if_unreadable(session)
