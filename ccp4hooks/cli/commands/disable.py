"""``ccp4hooks disable``: undo ``ccp4hooks enable``."""

from __future__ import annotations

import click

from ccp4hooks.cli.environments import environment_options, environments
from ccp4hooks.cli.options import takes_verbosity
from ccp4hooks.cli.output import echo


@click.command("disable", short_help="Undo `ccp4hooks enable`.")
@environment_options
@takes_verbosity
def command(*, python: str, user: bool) -> None:
    """Undo `ccp4hooks enable`: remove its file from the Python environment of CCP4i2.

    CCP4i2 then runs its jobs as if ccp4hooks were not installed, unless DJANGO_SETTINGS_MODULE names settings with the
    app of ccp4hooks. Restart CCP4i2 afterwards.
    """
    module = environments()
    environment = module.Environment.of(python)
    path, was_there = module.disable(environment, user=user)
    echo(f"Removed {path}. Restart CCP4i2." if was_there else f"Nothing to do: there is no {path}.")
    for other in environment.files:
        echo(f"CCP4i2's own jobs in {python} still run through ccp4hooks, because of {other}.")
