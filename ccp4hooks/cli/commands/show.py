"""``ccp4hooks show``: show one job with its results and parameters, or several side by side."""

from __future__ import annotations

from shutil import get_terminal_size
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
    from ccp4hooks.model import Labels, Outcome
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
    shown side by side: their KPIs, and the parameters in which they differ. The JSON output contains everything, also
    of the sub-jobs.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    outcomes = [session.outcomes(found, session.number_of(found, job)) for job in dict.fromkeys(jobs)]
    labels = session.labels(*(group[0].job for group in outcomes))
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        content: dict[str, object] = {"project": found, "outcomes": [one for group in outcomes for one in group]}
        if log:
            content["logs"] = {group[0].job.number: _log(session, group[0]) for group in outcomes}
        write_json({**content, "note": labels[0].note, "tags": labels[0].tags} if len(outcomes) == 1 else content)
    else:
        from ccp4hooks.cli.job_report import View

        view = View(files=files, params=params, log=log, everything=everything)
        _write(session, outcomes, view, labels, timing=timing)
    exit_if_unreadable(session)


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


def _write(
    session: Session,
    outcomes: Sequence[Sequence[Outcome]],
    view: View,
    labels: Sequence[Labels],
    *,
    timing: bool,
) -> None:
    from ccp4hooks.cli.comparison import comparison
    from ccp4hooks.cli.job_report import job_report
    from ccp4hooks.cli.listing import labels_line, prose
    from ccp4hooks.cli.render import show, timing_table

    project, names = outcomes[0][0].job.project, session.kpi_descriptions
    if len(outcomes) == 1 or view.is_part or view.log:
        reports = [
            [*job_report(group, view, names), *(_section(session, group[0]) if view.log else ())] for group in outcomes
        ]
        lines = [line for report in reports for line in (*report, "")][:-1]
    else:
        width = get_terminal_size().columns
        lines = comparison([group[0] for group in outcomes], width, names, everything=view.everything)
    if len(outcomes) == 1:
        # Below the lines that name the job.
        at = next((at for at, line in enumerate(lines) if line == ""), len(lines))
        lines[at:at] = prose(labels_line(labels[0]))
    show(f"Project {project.name} in {project.directory}", *lines)
    if timing:
        show("", timing_table([one for group in outcomes for one in group]))
