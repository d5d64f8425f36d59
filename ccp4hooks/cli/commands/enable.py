"""``ccp4hooks enable``: run the jobs of CCP4i2's desktop application through the hooks."""

from __future__ import annotations

import click

from ccp4hooks.cli.environments import environment_options, environments
from ccp4hooks.cli.options import takes_verbosity
from ccp4hooks.cli.output import echo


@click.command("enable", short_help="Run the jobs of CCP4i2's desktop application through the hooks.")
@environment_options
@takes_verbosity
def command(*, python: str, user: bool) -> None:
    """Run the jobs of CCP4i2's desktop application, and of its other programs, through the hooks.

    The desktop application starts its server with CCP4i2's own settings, whatever DJANGO_SETTINGS_MODULE says. This
    command writes one file into the Python environment of CCP4i2. The file adds ccp4hooks to CCP4i2's settings, and to
    no others. Restart CCP4i2 afterwards. `ccp4hooks disable` removes the file.
    """
    module = environments()
    environment = module.Environment.of(python)
    path, is_new = module.enable(environment, user=user)
    if is_new:
        echo(f"CCP4i2's own jobs in {python} run through ccp4hooks. The file {path} does it.")
        echo("Restart CCP4i2. If it does not upgrade its database itself, run `ccp4hooks init` once.")
    else:
        echo(f"Nothing to do: {path} exists already.")
