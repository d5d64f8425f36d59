"""``ccp4hooks show``: show one job with its results and parameters, or several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from ccp4hooks.cli.job_report import View
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Outcome, Project
    from ccp4hooks.session import Session


LOG_LINES = 20
"""Number of lines of the log of a job that are shown."""


@click.command("show", short_help="Show the results, parameters and files of a job.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@project_option
@click.option("--files", is_flag=True, help="Show the files only, with their sizes, sources and descriptions.")
@click.option("--params", is_flag=True, help="Show the parameters only, with their types, defaults and origins.")
@click.option("--log", is_flag=True, help=f"Show the last {LOG_LINES} lines of the log only, see `ccp4hooks log`.")
@click.option("--all", "everything", is_flag=True, help="Show everything, for the sub-jobs, too.")
@click.option("--timing", is_flag=True, help="Show the time that each plugin took per hook.")
@json_option
@takes_choices
def command(  # noqa: PLR0913 - one per option
    choices: Choices,
    *,
    jobs: tuple[str, ...],
    project: str | None,
    files: bool,
    params: bool,
    log: bool,
    everything: bool,
    timing: bool,
    as_json: bool,
) -> None:
    """Show job number JOB, for example 3 or 3.1: its results, its parameters that are not the default, and its files.

    JOB can be @last or @TASK:last, the job that was opened last, as in all commands that take a job. Several jobs are
    shown side by side, as `ccp4hooks compare` does. The JSON output contains everything, also of the sub-jobs.
    """
    from ccp4hooks.cli.job_report import View

    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    numbers = list(dict.fromkeys(session.number_of(found, job) for job in jobs))
    view = View(files=files, params=params, log=log, everything=everything)
    if as_json:
        _write_json(session, found, numbers, log=log)
    elif len(numbers) > 1 and not (view.is_part or log):
        _write_comparison(session, found, numbers, everything=everything, timing=timing)
    else:
        _write(session, [session.outcomes(found, number) for number in numbers], view, timing=timing)
    exit_if_unreadable(session)


def _write_json(session: Session, project: Project, numbers: Sequence[str], *, log: bool) -> None:
    from ccp4hooks.cli.json_output import write_json
    from ccp4hooks.reports.data.citing import cited_works

    outcomes = [session.outcomes(project, number) for number in numbers]
    content: dict[str, object] = {"project": project, "outcomes": [one for group in outcomes for one in group]}
    if log:
        content["logs"] = {group[0].job.number: _log(session, group[0]) for group in outcomes}
    content["citations"] = cited_works(one for group in outcomes for one in group)
    attempts = session.attempts_of(one.job for group in outcomes for one in group)
    content["attempts"] = [one for group in outcomes for made in group for one in attempts.get(made.job.uuid, ())]
    if len(outcomes) == 1:
        job = outcomes[0][0].job
        (labels,) = session.labels(job)
        content |= {"note": labels.note, "tags": labels.tags}
    write_json(content)


def _write_comparison(
    session: Session, project: Project, numbers: Sequence[str], *, everything: bool, timing: bool
) -> None:
    from ccp4hooks.cli.comparison import comparison_lines
    from ccp4hooks.cli.render import show, timing_table

    lines = comparison_lines(session.compare(project, *numbers), everything=everything)
    show(f"Project {project.name} in {project.directory}", *lines)
    if timing:
        show("", timing_table([one for number in numbers for one in session.outcomes(project, number)]))


def _log(session: Session, outcome: Outcome) -> list[str]:
    """Return the last lines of the log of a job, or why there is none."""
    try:
        output = session.job_output(outcome.job.project, outcome.job.number, lines=LOG_LINES)
        return "".join(output).expandtabs().splitlines()
    except BadInputError as error:
        return [str(error)]


def _section(session: Session, outcome: Outcome) -> list[str | Text]:
    from rich.text import Text

    return ["", Text("Log", "bold"), *(f"  {line}".rstrip() for line in _log(session, outcome))]


def _attempts(session: Session, outcome: Outcome) -> list[str | Text]:
    """Return the attempts to run a job on engines, with a heading; nothing if no engine has run it."""
    from rich.text import Text

    from ccp4hooks.cli.attempts import attempt_lines

    lines = attempt_lines(session.attempts_of([outcome.job]).get(outcome.job.uuid, ()))
    return ["", Text("Attempts", "bold"), *lines] if lines else []


def _references(group: Sequence[Outcome]) -> list[str | Text]:
    """Return what is to be cited for a job and its sub-jobs, with a heading; nothing if nobody knows."""
    from rich.text import Text

    from ccp4hooks.cli.citations import citation_lines
    from ccp4hooks.reports.data.citing import cited_works

    works = cited_works(group)
    return ["", Text("What to cite", "bold"), *citation_lines(works, "  ")] if works else []


def _write(session: Session, outcomes: Sequence[Sequence[Outcome]], view: View, *, timing: bool) -> None:
    from ccp4hooks.cli.job_report import job_report
    from ccp4hooks.cli.listing import labels_line, prose
    from ccp4hooks.cli.render import show, timing_table

    names = session.kpi_descriptions
    reports = [
        [
            *job_report(group, view, names),
            *(_attempts(session, group[0]) if not view.is_part else ()),
            *(_references(group) if view.everything else ()),
            *(_section(session, group[0]) if view.log else ()),
        ]
        for group in outcomes
    ]
    lines = [line for report in reports for line in (*report, "")][:-1]
    project = outcomes[0][0].job.project
    if len(outcomes) == 1:
        # Below the lines that name the job.
        at = next((at for at, line in enumerate(lines) if line == ""), len(lines))
        (labels,) = session.labels(outcomes[0][0].job)
        lines[at:at] = prose(labels_line(labels))
    show(f"Project {project.name} in {project.directory}", *lines)
    if timing:
        show("", timing_table([one for group in outcomes for one in group]))
