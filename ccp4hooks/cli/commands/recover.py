"""``ccp4hooks recover``: bring jobs to a true end whose process is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, project_argument, start_session, takes_choices
from ccp4hooks.cli.upkeep import shown

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("recover", short_help="Bring jobs to a true end whose process is gone.")
@project_argument
@json_option
@takes_choices
def command(choices: Choices, *, project: str | None, as_json: bool) -> None:
    """Bring the jobs of PROJECT to a true end whose process is gone; without PROJECT, those of all projects.

    What an outcome file tells is recorded. Any other such job becomes INTERRUPTED, with the files that it has written.
    A job whose process is alive is left alone. Done again, it changes nothing.
    """
    session = start_session(choices.settings())
    found = session.project(project) if project else None
    shown(session.recover(found), "Nothing to recover.", as_json=as_json)
