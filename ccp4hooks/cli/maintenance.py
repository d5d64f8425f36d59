"""What commands about recorded jobs share: results of maintenance, and outcome files that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.cli.output import WARNING, echo
from ccp4hooks.errors import BadInputError, StoreError

if TYPE_CHECKING:
    from ccp4hooks.model import MaintenanceResult
    from ccp4hooks.session import Session


def show_result(done: MaintenanceResult, nothing: str, *, as_json: bool) -> None:
    """Write the recorded outcomes to standard output and the problems to standard error.

    Args:
        done: The result.
        nothing: The message if nothing was recorded and no problem occurred.
        as_json: Whether to write JSON.

    Raises:
        SystemExit: The result contains a problem, or an outcome file that cannot be read.
    """
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(done)
    else:
        for one in done.outcomes:
            again = " (recorded before)" if one.job.uuid in done.unchanged else ""
            echo(f"{one.job.project.name} {one.job.number} {one.job.task} {one.status.name}{again}")
        for line in done.settled:
            echo(line)
        if not (done.outcomes or done.problems or done.unreadable or done.settled):
            echo(nothing)
    for line in done.silent:
        echo(line, err=True, mark=WARNING)
    for line in "\n".join((*done.problems, *done.unreadable)).splitlines():
        echo(line, err=True)
    if done.problems:
        raise SystemExit(StoreError.exit_code)
    if done.unreadable:
        raise SystemExit(BadInputError.exit_code)


def exit_if_unreadable(session: Session) -> None:
    """End a command with an error if an outcome file that it needed cannot be read. A warning names the file.

    Raises:
        SystemExit: An outcome file cannot be read.
    """
    if session.unreadable:
        raise SystemExit(BadInputError.exit_code)
