"""What `recover` and `replay` have done, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.errors import StoreError

if TYPE_CHECKING:
    from ccp4hooks.model import MaintenanceResult


def shown(done: MaintenanceResult, nothing: str, *, as_json: bool) -> None:
    """Show what was done.

    Raises:
        SystemExit: Something could not be done.
    """
    if as_json:
        from ccp4hooks.cli.json_text import write_json

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
