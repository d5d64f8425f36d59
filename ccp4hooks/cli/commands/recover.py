"""``ccp4hooks recover``: mark jobs whose process has died as interrupted and record their output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import show_result
from ccp4hooks.cli.options import json_option, project_argument, start_session, takes_choices
from ccp4hooks.cli.subjects import ProjectCommand
from ccp4hooks.model import RunTarget
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("recover", cls=ProjectCommand, short_help="Mark jobs whose process has died as interrupted.")
@project_argument
@json_option
@takes_choices
def command(choices: Choices, *, project: str | None, as_json: bool) -> None:
    """Mark jobs in PROJECT whose process has died as interrupted and record their output.

    Without PROJECT, this command recovers the jobs of all projects. If a job has an outcome file, its content is
    recorded. Otherwise the job becomes INTERRUPTED, with the files that it has written. Jobs whose process is running
    are not changed. It is safe to run this command repeatedly.
    """
    # Jobs may be left of a pool that has ended.
    session = start_session(choices.settings(target=RunTarget(engine="local")))
    session.require_store()
    found = session.project(project) if project else None
    if found is not None:
        keep_accessible_to_group(found.directory)
    show_result(session.recover(found), "Nothing to recover.", as_json=as_json)
