"""``ccp4hooks log``: show what the task of a job has printed, or what its program has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.following import end_with
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.subjects import JobCommand
from ccp4hooks.runtime import descriptors
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.queries.following import JobOutput

INTERRUPTED = 130
"""Exit code after Ctrl-C."""


@click.command("log", cls=JobCommand, short_help="Show what a job has printed, also while it runs.")
@click.argument("job")
@project_option
@click.option("-f", "--follow", is_flag=True, help="Show what is added until the job has ended.")
@click.option("--program", is_flag=True, help="Show the log of the program that the task has run.")
@click.option("-n", "--lines", metavar="N", type=click.IntRange(min=0), help="Begin with the last N lines.")
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    job: str,
    project: str | None,
    follow: bool,
    program: bool,
    lines: int | None,
    as_json: bool,
) -> None:
    """Show what the task of job number JOB has printed, for example 3 or 3.1.

    The task is the Python code of CCP4i2; with --program, the log of the program that it has run is shown. Control
    characters are escaped. Of a file of more than 10 MiB, only the end is shown.

    With --follow, the command waits for a job that has not begun, and ends when the job has ended: with exit code 1 if
    the job has failed, was interrupted or has died, else with 0. Ctrl-C stops this command and does not affect the job.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    output = session.job_output(found, session.number_of(found, job), program=program, follow=follow, lines=lines)
    try:
        if as_json:
            _write_json(output, follow=follow)
        else:
            _write(output)
    except KeyboardInterrupt:
        if not follow:
            raise
        raise SystemExit(INTERRUPTED) from None
    if follow:
        if output.why_none:
            echo(output.why_none, err=True)
        elif (outcome := output.state.outcome).status.is_failure:
            echo(f"Job {outcome.job.number} is {outcome.status.name}.", err=True)
        end_with(output.state)


def _write(output: JobOutput) -> None:
    job, status = output.state.outcome.job, output.state.outcome.status
    if status.is_waiting:
        echo(f"Job {job.number} is {status.name}. Waiting until it begins to run.", err=True)
    elif not output.reader.path.exists() and output.sub_jobs_with_log:
        echo(output.why_none, err=True)
    last = ""
    for piece in output:
        if last == "" and output.reader.skipped_bytes:
            echo(_skipped(output), err=True)
        click.echo(printable(piece.expandtabs(), lines=True), nl=False)
        last = piece[-1:] or last
        if descriptors.reader_has_gone():
            return
    if last not in ("", "\n"):
        click.echo()
    if not last and not output.why_none:
        echo(f"Nothing to show in {output.reader.path}.", err=True)


def _write_json(output: JobOutput, *, follow: bool) -> None:
    from ccp4hooks.cli.following import summary
    from ccp4hooks.cli.json_output import write_json, write_json_line

    if not follow:
        text = "".join(output)
        facts = {"path": output.reader.path, "skipped_bytes": output.reader.skipped_bytes, "text": text}
        write_json({"job": summary(output.state.outcome), **facts})
        return
    for piece in output:
        if piece:
            write_json_line({"path": output.reader.path, "text": piece})
        if descriptors.reader_has_gone():
            return
    write_json_line({"job": summary(output.state.outcome), "has_died": output.state.has_died})


def _skipped(output: JobOutput) -> str:
    return f"The first {output.reader.skipped_bytes} bytes are not shown. The whole log is {output.reader.path}."
