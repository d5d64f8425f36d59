"""``ccp4hooks rerun``: run the task of a job again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.commands.run import How, run_request
from ccp4hooks.cli.options import EXIT_CODES, json_option, project_option, takes_choices
from ccp4hooks.cli.requests import Request
from ccp4hooks.cli.subjects import names_a_job

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("rerun", short_help="Run the task of a job again.", epilog=EXIT_CODES)
@click.argument("job")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--if-changed", is_flag=True, help="See `ccp4hooks run --if-changed`.")
@project_option
@click.option(
    "--title",
    default="",
    help="Title of the new job. Default: that of JOB, if the user gave one and no value is given.",
)
@click.option("--timing", is_flag=True, help="Show the time that each plugin took per hook.")
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    job: str,
    values: tuple[str, ...],
    if_changed: bool,
    project: str | None,
    title: str,
    timing: bool,
    as_json: bool,
) -> None:
    """Run the task of JOB again as a new job, with the parameters of JOB and those that are given.

    JOB is a number, for example 3 or 3.1, or @last or @TASK:last for the job that was opened last. Files that JOB
    imported are used as they were then; a warning names a file that has changed since. The same as `ccp4hooks run
    --from JOB`.
    """
    if values and names_a_job(values[0]) and not names_a_job(job):
        command = shlex.join(("ccp4hooks", "rerun", *values, "--project", job))
        raise click.UsageError(f"{job!r} is not a job number. A project is given by --project, as in `{command}`.")
    request = Request(task="", values=values, source=job)
    how = How(title=title, if_changed=if_changed, keep=None, timing=timing, trace=False, as_json=as_json)
    run_request(choices, request, project, how)
