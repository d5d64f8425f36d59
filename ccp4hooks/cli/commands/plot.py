"""``ccp4hooks plot``: plot KPIs over jobs, or one against another."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import PATH, force_option, json_option, not_empty, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import is_project
from ccp4hooks.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import KpiPlot, Project
    from ccp4hooks.session import Session

MOST_KEYS = 2
"""Number of KPIs of a plot of one against another."""


@click.command("plot", short_help="Plot KPIs over jobs, or one against another.")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@click.option(
    "--over",
    "--project",
    "project",
    metavar="PROJECT",
    callback=not_empty,
    help="The jobs of this project. Default: ccp4hooks. [$CCP4HOOKS_PROJECT]",
)
@click.option("--along", metavar="JOB", callback=not_empty, help="Only JOB and the jobs that led to it.")
@click.option("--together", is_flag=True, help="Plot all KEYs, at most six, over the jobs.")
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Write FILE.html, .svg, .png, .csv or .json instead.")
@force_option
@click.option("--csv", "as_csv", is_flag=True, help="Write the values as comma-separated values.")
@json_option
@takes_choices
def command(  # noqa: PLR0913 - one per option
    choices: Choices,
    *,
    keys: tuple[str, ...],
    project: str | None,
    along: str | None,
    together: bool,
    output: Path | None,
    force: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Plot the KPI KEY over the jobs of a project, in their order; or the first KEY (up) against the second (across).

    With --together, all KEYs are plotted over the jobs. A KEY may also be the title of a KPI. Jobs that did not succeed
    are left out; sub-jobs are plotted if no other job has the KPI. Plots in the terminal, .svg and .png need
    `pip install 'ccp4hooks[plot]'`.
    """
    if len(keys) > MOST_KEYS and not together:
        raise click.UsageError("Give one KEY, two for a plot of the first against the second, or --together.")
    if as_csv and as_json:
        raise click.UsageError("Give only one of --csv and --json.")
    if output is not None:
        from ccp4hooks.reports.pages.files import PLOTS, ending

        ending(output, PLOTS)
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    job = None if along is None else session.number_of(found, along)
    plot = _plot(session, found, keys, along=job, together=together)
    if output is not None:
        session.write_plot(plot, output.absolute(), replace=force)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(plot)
    elif as_csv:
        from ccp4hooks.reports.pages.kpi_values import csv_table

        click.echo(csv_table(plot), nl=False)
    elif output is not None:
        echo(output.absolute())
    else:
        from ccp4hooks.cli.render import show
        from ccp4hooks.cli.terminal_plot import terminal_plot

        show(*terminal_plot(plot))
    for line in plot.left_out:
        note(line)
    exit_if_unreadable(session)


def _plot(session: Session, project: Project, keys: Sequence[str], *, along: str | None, together: bool) -> KpiPlot:
    """Return the plot.

    Raises:
        UnknownNameError: No job has one of the KPIs. It says so if the word is the name of a project.
    """
    try:
        return session.kpi_plot(project, *keys, along=along, together=together)
    except UnknownNameError as error:
        if error.kind != "KPI" or not is_project(session, error.name):
            raise
        option = shlex.join(("--over", error.name))
        hint = f"{error.name} is the name of a project, which is given by `{option}`."
        raise UnknownNameError("KPI", error.name, (), hint) from error
