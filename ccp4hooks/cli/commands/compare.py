"""``ccp4hooks compare``: compare jobs in the terminal, as a page, or as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import PATH, json_option, not_empty, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Comparison


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
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Write the comparison as an HTML page.")
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
    as_csv: bool,
    as_json: bool,
) -> None:
    """Compare the JOBs, for example 3 5 7 or 3.1 5.1: their KPIs, and the parameters and inputs that differ.

    Differences are those to the first job that is shown. With --task, the top-level jobs of the task are compared, or
    its sub-jobs if it has no others. JOB can be @last or @TASK:last, as in `ccp4hooks show`.
    """
    if as_csv and as_json:
        raise click.UsageError("Give only one of --csv and --json.")
    if jobs and task:
        raise click.UsageError("Give either JOB or --task, not both.")
    if not jobs and not task:
        raise click.UsageError("Give at least two jobs, or --task TASK.")
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    numbers = [session.number_of(found, job) for job in jobs]
    comparison = session.compare(found, *numbers, task=task or "", kpis=kpis, sort=sort or "")
    path = output.absolute() if output else None
    if path:
        session.write_comparison(comparison, path)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"path": path, "reference": comparison.reference, "comparison": comparison})
    elif as_csv:
        _write_csv(comparison)
    elif path:
        echo(path)
    else:
        from ccp4hooks.cli.comparison import comparison_lines
        from ccp4hooks.cli.render import show

        show(f"Project {found.name} in {found.directory}", *comparison_lines(comparison))
    exit_if_unreadable(session)


def _write_csv(comparison: Comparison) -> None:
    from ccp4hooks.texts import csv_text

    columns = dict(_columns(comparison))
    click.echo(csv_text(columns, zip(*columns.values(), strict=True)), nl=False)


def _columns(comparison: Comparison) -> Iterator[tuple[str, list[object]]]:
    """Yield the columns of the table, with the value of each job."""
    from ccp4hooks.model.queries import FACTS

    for name, fact in FACTS.items():
        yield name, [fact(job) for job in comparison.jobs]
    for kpi in comparison.kpis:
        yield f"kpi.{kpi.key}", [*kpi.values]
        if any(one is not None for one in kpi.differences):
            yield f"difference.{kpi.key}", [*kpi.differences]
    for row in comparison.differing_parameters:
        yield f"parameter.{row.name}", [one.value for one in row.values]
    for one in comparison.differing_inputs:
        yield f"input.{one.parameter}", [str(file.path) if file else None for file in one.files]
        yield f"md5.{one.parameter}", [file.md5 if file else None for file in one.files]
