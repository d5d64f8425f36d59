"""``ccp4hooks sweep``: run a task for several values of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.commands.run import prepare_project
from ccp4hooks.cli.options import EXIT_CODES, PATH, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import ERROR, WARNING, echo
from ccp4hooks.cli.progress import progress_below_notes
from ccp4hooks.cli.requests import Request, request_options
from ccp4hooks.cli.slow_plugins import slow_in_jobs
from ccp4hooks.cli.targets import SubmittedJobs, target_options
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import UserInterrupt
from ccp4hooks.runtime import signals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccp4hooks.aio.requests import RunAnswer, RunRequest
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import RunResult, RunTarget
    from ccp4hooks.session import Session


@click.command("sweep", short_help="Run a task for several values of its parameters.", epilog=EXIT_CODES)
@request_options("[NAME=VALUE,VALUE...]...")
@click.option(
    "--table",
    metavar="FILE",
    type=PATH,
    help="Run a job for each row of this file of comma-separated values, whose first line names the parameters.",
)
@click.option(
    "-j", "--jobs", "limit", metavar="N", type=click.IntRange(min=1), help="Run N jobs at once here. Default: 1."
)
@target_options(alone="Default: run them here.")
@click.option(
    "--at-most",
    metavar="N",
    type=click.IntRange(min=1),
    help="With --on: the largest number of jobs that wait or run there at once. Default: what the settings say.",
)
@project_option
@click.option("--title", default="", help="Title of the jobs. Default: the values that differ between them.")
@click.option("--csv", "as_csv", is_flag=True, help="Write the table as comma-separated values.")
@json_option
@takes_choices
def command(  # noqa: PLR0913 - one per option
    choices: Choices,
    *,
    request: Request,
    table: Path | None,
    limit: int | None,
    target: RunTarget | None,
    at_most: int | None,
    project: str | None,
    title: str,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Run TASK for each combination of values, or for each row of a table, and show the KPIs of all jobs.

    \b
    NAME=VALUE,VALUE can be
      WEIGHT=0.1,0.2,0.5                     a job for each value
      WEIGHT=0.1,0.2 NCYC=10,20              a job for each combination: four
      XYZIN=model.pdb                        the same value for all jobs
      'F_SIGF=a.mtz[F,SIGF],b.mtz[F,SIGF]'   commas in brackets do not separate
      'SEQUENCE="GASV, MAM",GASV'            nor do commas in quotation marks

    A row for which the project has a FINISHED job with the same input is not run again, as with `ccp4hooks run
    --if-changed`: run the same command again to continue a sweep that was interrupted, or to add values. A value that
    its parameter can never have is refused before the first job. A row that cannot run for another reason, such as
    its file, does not stop the others. Ctrl-C ends the running jobs, and no other begins. Jobs that were submitted to
    an engine go on, and the same command waits for them again.
    """  # noqa: D301 - click needs the character, not its escape sequence
    from ccp4hooks.aio.many import sweep_requests

    if as_csv and as_json:
        raise click.UsageError("Give only one of --csv and --json.")
    _require_one_limit(limit, target, at_most)
    pairs = request.pairs
    if not pairs and table is None:
        raise click.UsageError("There are no values. Give NAME=VALUE,VALUE for a parameter, or --table FILE.")
    double = next((name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at])), None)
    if double is not None:
        raise click.UsageError(f"{double} was given twice. Separate its values by commas.")
    several = {name: _named(name, text) for name, text in pairs}
    signals.treat_termination_as_interrupt()
    session = start_session(choices.settings(target=target))
    project = project or session.settings.project
    prepare_project(session, project, recovers=True)
    saved = request.saved(session, project)
    task = request.task_name(saved)
    requests = sweep_requests(session, task, several, project=project, table=table or (), saved=saved, title=title)
    most = (limit or 1) if target is None else at_most or session.settings.engine(target.engine).at_most
    answers = _run(session, requests, most, target)
    _write(session, requests, answers, as_csv=as_csv, as_json=as_json)
    _warn(session, answers)
    _exit(answers)


def _require_one_limit(limit: int | None, target: RunTarget | None, at_most: int | None) -> None:
    """Refuse a limit for jobs here together with an engine, and the other way round."""
    if target is not None and limit is not None:
        raise click.UsageError("--jobs is for jobs on this machine. With --on, give --at-most N.")
    if target is None and at_most is not None:
        raise click.UsageError("--at-most requires --on ENGINE. On this machine, give --jobs N.")


def _named(name: str, text: str) -> list[str]:
    """Return the values of a parameter.

    Raises:
        BadInputError: A value is empty, or a quotation mark is not closed.
    """
    from ccp4hooks.tasks.sweeps import split_values

    try:
        return split_values(text)
    except BadInputError as error:
        raise BadInputError(f"{name}={error}") from error


def _run(session: Session, requests: Sequence[RunRequest], limit: int, target: RunTarget | None) -> list[RunAnswer]:
    """Run the requests, show how far they are, and return the answers in the order of the requests.

    Raises:
        UserInterrupt: Ctrl-C was pressed. The message says how many jobs are done.
    """
    from ccp4hooks.aio.many import in_turn, run_many

    answers: list[RunAnswer] = []
    submitted = SubmittedJobs()
    try:
        with progress_below_notes(session.kpi_descriptions) as (show, write):
            submitted.show = show
            progress = show if target is None else submitted
            for answer in in_turn(run_many(session, requests, limit=limit, target=target, progress=progress)):
                answers.append(answer)
                write(f"{len(answers)}/{len(requests)} {_state(answer)}: {answer.request.title}")
    except KeyboardInterrupt as error:
        done = sum(1 for one in answers if one.result is not None)
        left = "" if target is None else submitted.going_on(session.settings.engine(target.engine))
        parts = ", ".join(filter(None, (f"{done} of {len(requests)} jobs are done", left)))
        raise UserInterrupt(f"Interrupted. {parts}; run the same command again to continue.") from error
    signals.let_finish()
    order = {id(request): at for at, request in enumerate(requests)}
    return sorted(answers, key=lambda one: order[id(one.request)])


def _state(answer: RunAnswer) -> str:
    if answer.result is None:
        return "not run"
    outcome = answer.result.outcome
    return f"job {outcome.job.number} {outcome.status.name}{' (unchanged)' if answer.result.unchanged else ''}"


def _rows(answers: Sequence[RunAnswer]) -> list[dict[str, Any]]:
    return [
        {
            "values": {name: str(value) for name, value in one.request.values},
            "job": None if one.result is None else str(one.result.outcome.job.number),
            "status": None if one.result is None else one.result.outcome.status.name,
            "unchanged": one.result is not None and one.result.unchanged,
            "kpis": {} if one.result is None else {kpi.key: kpi.value for kpi in one.result.outcome.kpis},
            "error": None if one.error is None else str(one.error),
            "reason": None if one.result is None else _reason(one.result),
        }
        for one in answers
    ]


def _reason(result: RunResult) -> str | None:
    """Return why a job failed, or one of its sub-jobs if that tells more; None if it did not fail."""
    from ccp4hooks.outcomes.failure_reason import failure_reason

    if not result.outcome.status.is_failure:
        return None
    return failure_reason(result.outcomes) or "it reported no reason"


def _reasons(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each reason for which jobs failed, with their numbers."""
    jobs: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"] is not None:
            jobs.setdefault(f"{row['status']}: {row['reason']}", []).append(row["job"])
    return [f"Job{'s' if len(some) > 1 else ''} {', '.join(some)} {why}" for why, some in jobs.items()]


def _write(
    session: Session, requests: Sequence[RunRequest], answers: Sequence[RunAnswer], *, as_csv: bool, as_json: bool
) -> None:
    rows = _rows(answers)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": str(requests[0].project), "task": requests[0].task, "rows": rows})
        return
    names = list(dict.fromkeys(name for row in rows for name in row["values"]))
    keys = list(dict.fromkeys(key for row in rows for key in row["kpis"]))
    if as_csv:
        _write_csv(rows, names, keys)
        return
    from ccp4hooks.aio.many import shortened_path
    from ccp4hooks.cli.kpi_columns import kpi_columns
    from ccp4hooks.cli.listing import aligned, prose
    from ccp4hooks.cli.render import show

    # What is the same in all rows is not shown.
    names = [name for name in names if len({row["values"].get(name) for row in rows}) > 1] or names
    kpis = [() if one.result is None else one.result.outcome.kpis for one in answers]
    columns = kpi_columns(kpis, keys, session.kpi_descriptions)
    lines = [
        (
            row["job"] or "-",
            row["status"] or "not run",
            *(shortened_path(row["values"].get(name, "")) for name in names),
            *(texts[at] or "-" for texts in columns.values()),
        )
        for at, row in enumerate(rows)
    ]
    show(*aligned(("Job", "Status", *names, *columns), lines), *(line for why in _reasons(rows) for line in prose(why)))


def _write_csv(rows: Sequence[dict[str, Any]], names: Sequence[str], keys: Sequence[str]) -> None:
    import csv
    import io

    from ccp4hooks.texts import printable

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["job", "status", *map(printable, names), *map(printable, keys)])
    for row in rows:
        cells = [row["job"], row["status"], *(row["values"].get(name) for name in names)]
        cells += [row["kpis"].get(key) for key in keys]
        writer.writerow(["" if cell is None else printable(cell) for cell in cells])
    click.echo(text.getvalue(), nl=False)


def _warn(session: Session, answers: Sequence[RunAnswer]) -> None:
    """Write the warnings of the jobs to standard error; of jobs that have the same warning, the first one is named."""
    from ccp4hooks.errors import SHOWN_PROBLEMS
    from ccp4hooks.model import Severity

    found: dict[str, str] = {}
    results = [one.result for one in answers if one.result is not None]
    for result in results:
        for problem in (*result.problems, *result.outcome.problems):
            if problem.severity is Severity.WARNING:
                found.setdefault(str(problem), result.outcome.job.number)
    for text in list(found)[:SHOWN_PROBLEMS]:
        echo(f"job {found[text]}: {text}", err=True, mark=WARNING)
    for line in slow_in_jobs(session, results):
        echo(line, err=True, mark=WARNING)


def _exit(answers: Sequence[RunAnswer]) -> None:
    """End the command with an error if a row was not run, or its job failed."""
    from ccp4hooks.errors import SHOWN_PROBLEMS

    faults = dict.fromkeys(str(one.error) for one in answers if one.error is not None)
    for fault in list(faults)[:SHOWN_PROBLEMS]:
        echo(fault, err=True, mark=ERROR)
    codes = [one.error.exit_code for one in answers if one.error is not None]
    failed = any(one.result is not None and one.result.outcome.status.is_failure for one in answers)
    if codes or failed:
        raise SystemExit(codes[0] if codes else 1)
