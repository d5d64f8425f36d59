"""``ccp4hooks init``: create or upgrade the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import start_session, takes_choices
from ccp4hooks.cli.output import echo

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("init", short_help="Create or upgrade the database.")
@takes_choices
def command(choices: Choices) -> None:
    """Create the database, or upgrade it to the version that the plugins need.

    The first job creates a missing database, so a new one does not need this command. Only this command upgrades an
    existing database.
    """
    lines = start_session(choices.settings()).init_store()
    for line in lines or ("Nothing to do.",):
        echo(line)
