"""``ccp4hooks init``: create or upgrade the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import start_session, takes_choices

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("init", short_help="Create or upgrade the database.")
@takes_choices
def command(choices: Choices) -> None:
    """Create what the plugins keep their records in, or bring it to the version they need.

    A new database needs no `init`: the first job makes it. An existing one is changed by this command only.
    """
    lines = start_session(choices.settings()).init_store()
    for line in lines or ("There was nothing to do.",):
        click.echo(line)
