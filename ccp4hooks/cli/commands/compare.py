"""``ccp4hooks compare``: compare jobs in the terminal, as a page, or as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import (
    PATH,
    force_option,
    json_option,
    not_empty,
    project_option,
    start_session,
    takes_choices,
)
from ccp4hooks.cli.output import echo

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.cli.options import Choices


@click.command("compare", short_help="Compare KPIs, parameters and inputs of jobs.")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@project_option
@click.option("--task", metavar="TASK", callback=not_empty, help="Compare the jobs of this task, in the place of JOB.")
@click.option("--kpi", "kpis", multiple=True, metavar="KEY", help="Only this KPI, by key or title. Can be repeated.")
@click.option(
    "--sort",
    metavar="KEY",
    callback=not_empty,
    help="Sort the jobs by a KPI: the best first, or if nobody knows which values are better, the smallest. -KEY "
    "reverses the order.",
)
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Write FILE.html, .csv or .json instead.")
@force_option
@click.option("--csv", "as_csv", is_flag=True, help="Write comma-separated values: one line per job.")
@json_option
@takes_choices
def command(  # noqa: PLR0913 - one per option
    choices: Choices,
    *,
    jobs: tuple[str, ...],
    project: str | None,
    task: str | None,
    kpis: tuple[str, ...],
    sort: str | None,
    output: Path | None,
    force: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Compare the JOBs, for example 3 5 7 or 3.1 5.1: their KPIs, and the parameters and inputs that differ.

    Differences are those to the first job that is shown. With --task, the top-level jobs of the task are compared, or
    its sub-jobs if it has no others. JOB can be @last or @TASK:last, as in `ccp4hooks show`.

    FILE.html is a page without scripts, FILE.csv has one line per job, as --csv, and FILE.json all data, as --json.
    """
    if as_csv and as_json:
        raise click.UsageError("Give only one of --csv and --json.")
    _check_what(jobs, task)
    if output is not None:
        from ccp4hooks.reports.pages.files import COMPARISONS, ending

        ending(output, COMPARISONS)
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    numbers = [session.number_of(found, job) for job in jobs]
    comparison = session.compare(found, *numbers, task=task or "", kpis=kpis, sort=sort or "")
    path = output.absolute() if output else None
    if path:
        session.write_comparison(comparison, path, replace=force)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"path": path, "reference": comparison.reference, "comparison": comparison})
    elif as_csv:
        from ccp4hooks.reports.pages.comparison_texts import csv_table

        click.echo(csv_table(comparison), nl=False)
    elif path:
        echo(path)
    else:
        from ccp4hooks.cli.comparison import comparison_lines
        from ccp4hooks.cli.render import show

        show(f"Project {found.name} in {found.directory}", *comparison_lines(comparison))
    exit_if_unreadable(session)


def _check_what(jobs: tuple[str, ...], task: str | None) -> None:
    """Check that either jobs or a task are given.

    Raises:
        click.UsageError: Both or neither are.
    """
    if jobs and task:
        raise click.UsageError("Give either JOB or --task, not both.")
    if not jobs and not task:
        raise click.UsageError("Give at least two jobs, or --task TASK.")
