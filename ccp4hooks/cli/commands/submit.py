"""``ccp4hooks submit``: submit a task to an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli import garbage
from ccp4hooks.cli.commands.run import Request, note_unchanged, prepare_project, split_value
from ccp4hooks.cli.options import EXIT_CODES, PATH, json_option, not_empty, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.targets import target_options
from ccp4hooks.runtime import signals

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import RunTarget, Submission


@click.command("submit", short_help="Submit a task to an engine, and return at once.", epilog=EXIT_CODES)
@click.argument("task", required=False, metavar="TASK", callback=not_empty)
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@target_options(required=True)
@click.option("--from", "source", metavar="JOB", callback=not_empty, help="See `ccp4hooks run --from`.")
@click.option("--params", metavar="FILE", type=PATH, help="See `ccp4hooks run --params`.")
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
def command(  # noqa: PLR0913 - one per option
    choices: Choices,
    *,
    task: str | None,
    values: tuple[str, ...],
    target: RunTarget,
    source: str | None,
    params: Path | None,
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
    request = Request.of(task, values, source, params)
    signals.treat_termination_as_interrupt()
    pairs = [split_value(text) for text in request.values]
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
