"""Show the result of `recover`, `replay` and `reglean`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.errors import StoreError

if TYPE_CHECKING:
    from ccp4hooks.model import MaintenanceResult


def show_result(done: MaintenanceResult, nothing: str, *, as_json: bool) -> None:
    """Write the recorded outcomes to standard output and the problems to standard error.

    Args:
        done: The result.
        nothing: The message if nothing was recorded and no problem occurred.
        as_json: Whether to write JSON.

    Raises:
        SystemExit: The result contains a problem.
    """
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(done)
    else:
        for one in done.outcomes:
            click.echo(f"{one.job.project.name} {one.job.number} {one.job.task} {one.status.name}")
        if not done.outcomes and not done.problems:
            click.echo(nothing)
    for problem in done.problems:
        click.echo(problem, err=True)
    if done.problems:
        raise SystemExit(StoreError.exit_code)
