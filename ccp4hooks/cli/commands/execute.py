"""``ccp4hooks execute``: run an attempt of a submitted job, on the machine of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import EXIT_CODES, PATH, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.engine_settings import FETCH_VARIABLE, SEND_VARIABLE, take_transfer
from ccp4hooks.runtime import signals
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.cli.options import Choices


@click.command("execute", short_help="Run a submitted job, on the machine of an engine.", epilog=EXIT_CODES)
@click.argument("uuid", type=click.UUID)
@click.option("--attempt", metavar="N", type=click.IntRange(min=1), required=True, help="Number of the attempt.")
@click.option(
    "--directory",
    metavar="DIR",
    type=PATH,
    help="The job directory, on a machine without the database: the job is known from its files.",
)
@click.option(
    "--fetch",
    metavar="COMMAND",
    envvar=FETCH_VARIABLE,
    help=f"How a machine without that directory fetches a file, with {{from}} and {{to}}. [${FETCH_VARIABLE}]",
)
@click.option(
    "--send",
    metavar="COMMAND",
    envvar=SEND_VARIABLE,
    help=f"How it sends a file there, with {{from}} and {{to}}. [${SEND_VARIABLE}]",
)
@takes_choices
def command(
    choices: Choices, *, uuid: UUID, attempt: int, directory: Path | None, fetch: str | None, send: str | None
) -> None:
    """Run an attempt of the job with this UUID. Engines call this command; `ccp4hooks submit` gives it to them.

    It runs nothing if the job was submitted again in the meantime, was cancelled, has ended, or is running.
    """
    transfer = take_transfer(fetch, send)
    if transfer is not None and directory is None:
        raise click.UsageError("--fetch and --send require --directory.")
    signals.treat_termination_as_interrupt()
    session = start_session(choices.settings())
    result = session.execute(uuid, attempt, directory, transfer)
    signals.let_finish()
    job = result.outcome.job
    keep_accessible_to_group(job.project.directory)
    echo(f"{job.project.name} {job.number} {job.task} {result.outcome.status.name}")
    if result.outcome.status.is_failure:
        raise SystemExit(1)
