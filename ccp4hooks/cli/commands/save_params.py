"""``ccp4hooks save-params``: write the parameters of a job to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import PATH, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import JobCommand
from ccp4hooks.texts import counted

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.cli.options import Choices


@click.command("save-params", cls=JobCommand, short_help="Save the parameters of a job in a file.")
@click.argument("job")
@project_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=PATH,
    help="File to write; its extension .toml, .json or .xml tells the format. Default: TOML on standard output.",
)
@json_option
@takes_choices
def command(choices: Choices, *, job: str, project: str | None, output: Path | None, as_json: bool) -> None:
    """Save the parameters with which JOB has begun, for `ccp4hooks run TASK --params FILE`.

    Parameters that have their default are not saved, nor are secrets, only their names. Input files are saved as
    absolute paths: the copies in the project of those that JOB imported. An existing FILE is replaced.
    """
    session = start_session(choices.settings())
    session.require_store()
    saved = session.saved_parameters(project or session.settings.project, job)
    if output is not None:
        session.write_parameters(saved, output)
    from ccp4hooks.tasks import saved_parameters

    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(saved_parameters.to_json(saved))
    elif output is None:
        click.echo(saved_parameters.to_toml(saved), nl=False)
    else:
        number = saved.job.number if saved.job is not None else job
        names = len({name for name, _ in saved.values})
        echo(f"Saved {counted(names, 'parameter')} of job {number} {saved.task} to")
        echo(output.absolute())
    if saved.secrets:
        note(f"Not saved, because they are secret: {', '.join(saved.secrets)}. `run --params` asks for them.")
