"""``ccp4hooks submit``: submit a task to an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli import garbage
from ccp4hooks.cli.commands.run import note_unchanged, prepare_project
from ccp4hooks.cli.options import EXIT_CODES, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.requests import Request, request_options
from ccp4hooks.cli.targets import target_options
from ccp4hooks.runtime import signals

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import RunTarget, Submission


@click.command("submit", short_help="Submit a task to an engine, and return at once.", epilog=EXIT_CODES)
@request_options()
@target_options(required=True)
@click.option(
    "--if-changed",
    is_flag=True,
    help="If the project has a job with the same input that is FINISHED, or that was submitted and has not ended, name "
    "it instead. A submitted one that was interrupted or has failed is submitted again.",
)
@project_option
@click.option("--title", default="", help="Title of the job.")
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    request: Request,
    target: RunTarget,
    if_changed: bool,
    project: str | None,
    title: str,
    as_json: bool,
) -> None:
    """Submit TASK with the given values to an engine, which runs it on another machine, and name the job.

    The input files are imported now, so that a later change of them does not matter. `ccp4hooks wait`, `watch`, `log`
    and `show` follow the job, `ccp4hooks cancel` ends it, and `ccp4hooks retry` submits it again. `ccp4hooks run --on`
    waits for the job.
    """
    signals.treat_termination_as_interrupt()
    pairs = request.pairs
    session = start_session(choices.settings(target=target))
    project = project or session.settings.project
    # Recovery asks the engine, which may take long. Only an earlier job that is to be the answer must be up to date.
    prepare_project(session, project, recovers=if_changed)
    saved = request.saved(session, project)
    name = request.task_name(saved)
    # Nearly all that exists was imported. No task runs in this process.
    garbage.exempt_what_exists()
    made = session.submit(
        name,
        pairs,
        project=project,
        target=target,
        title=title or ("" if saved is None else saved.title(changed=bool(pairs))),
        saved=saved,
        if_changed=if_changed,
    )
    signals.let_finish()
    write_submission(made, as_json=as_json)


def write_submission(made: Submission, *, as_json: bool) -> None:
    """Write the job of a submission, and where it waits."""
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        attempt = made.attempt
        write_json({"project": made.job.project, "job": made.job, "attempt": attempt, "unchanged": attempt is None})
        return
    job, attempt = made.job, made.attempt
    where = f"{job.project.name} {job.number} {job.task}"
    if made.result is not None:
        note_unchanged(made.result)
        echo(f"{where} {made.result.outcome.status.name}")
    elif attempt is not None:
        state = "RUNNING" if attempt.began_at else "QUEUED"
        again = f", attempt {attempt.number}" if attempt.number > 1 else ""
        echo(f"{where} {state} on {attempt.engine}, number {attempt.key}{again}")
