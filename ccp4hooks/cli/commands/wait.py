"""``ccp4hooks wait``: wait until a job has ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.following import end_with, line_of
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.subjects import JobCommand

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import JobState
    from ccp4hooks.session import Session


@click.command("wait", cls=JobCommand, short_help="Wait until a job has ended.")
@click.argument("job")
@project_option
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    help="Wait no longer than this; then the exit code is 9. Default: no limit.",
)
@json_option
@takes_choices
def command(choices: Choices, *, job: str, project: str | None, timeout_s: float | None, as_json: bool) -> None:
    """Wait until job number JOB has ended, for example 3 or 3.1, and show its status.

    \b
    The exit code says how the job has ended:
      0  FINISHED, UNSATISFACTORY or TO_DELETE
      1  FAILED or INTERRUPTED, or the process that ran it has died
      9  it has not ended within the time of --timeout

    A job that is PENDING or RUNNING_REMOTELY has not ended. Ctrl-C stops this command and does not affect the job.
    """  # noqa: D301 - click needs the character, not its escape sequence
    if timeout_s is not None and math.isnan(timeout_s):
        raise click.BadParameter("nan is not a number of seconds.", param_hint="--timeout")
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    state = session.wait(found, session.number_of(found, job), timeout_s)
    if as_json:
        from ccp4hooks.cli.following import summary
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": found, "job": summary(state.outcome), "has_died": state.has_died})
    else:
        echo(line_of(state, session.kpi_descriptions) + _reason(session, state))
    end_with(state)


def _reason(session: Session, state: JobState) -> str:
    """Return why a job has failed, as the end of its line; empty if it did not fail, or if no reason is known."""
    from ccp4hooks.outcomes.failure_reason import failure_reason

    if not state.outcome.status.is_failure:
        return ""
    job = state.outcome.job
    reason = failure_reason(session.outcomes(job.project, job.number))
    return f": {reason}" if reason else ""
