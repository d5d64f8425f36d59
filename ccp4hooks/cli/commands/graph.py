"""``ccp4hooks graph``: show which jobs led to which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import PATH, force_option, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import project_and_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import JobGraph


@click.command("graph", short_help="Show which jobs led to which, and by which files.")
@click.argument("which", metavar="[PROJECT] [JOB]", nargs=-1)
@project_option
@click.option("--up", is_flag=True, help="Only JOB and what led to it.")
@click.option("--down", is_flag=True, help="Only JOB and what it led to.")
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Write FILE.html, .dot, .mmd, .csv or .json instead.")
@force_option
@click.option("--csv", "as_csv", is_flag=True, help="Write comma-separated values: a line for each file read.")
@json_option
@takes_choices
def command(  # noqa: PLR0913 - one per option
    choices: Choices,
    *,
    which: tuple[str, ...],
    project: str | None,
    up: bool,
    down: bool,
    output: Path | None,
    force: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show which jobs of PROJECT led to which others; with JOB, what led to it and what it led to, with the files.

    Each job stands below a job whose file it has read: in the same column, or in a new one that branches off. Behind
    the arrow are all jobs and imported files that it has read. The line also has the status, and the KPI that decides
    which job is the best. Sub-jobs are part of their jobs.

    FILE.html is a page with a picture in which a job can be chosen, FILE.dot is for Graphviz, FILE.mmd for Mermaid,
    FILE.csv has one line per file that a job has read, as --csv, and FILE.json has all data, as --json.
    """
    if as_csv and as_json:
        raise click.UsageError("Give only one of --csv and --json.")
    if output is not None:
        from ccp4hooks.reports.pages.files import GRAPHS, ending

        ending(output, GRAPHS)
    session = start_session(choices.settings())
    session.require_store()
    found, numbers = project_and_jobs(session, which, project)
    if len(numbers) > 1:
        raise click.UsageError("Give only one JOB. `ccp4hooks report` is about several.")
    if (up or down) and not numbers:
        raise click.UsageError("--up and --down need a JOB.")
    both = up == down
    shown = session.graph(found, *numbers, up=up or both, down=down or both)
    if output is not None:
        session.write_graph(shown, output.absolute(), replace=force)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(shown)
    elif as_csv:
        from ccp4hooks.reports.pages.graph_formats import csv_table

        click.echo(csv_table(shown), nl=False)
    elif output is not None:
        echo(output.absolute())
    else:
        _show(shown, up=up or both, down=down or both)
    exit_if_unreadable(session)


def _show(shown: JobGraph, *, up: bool, down: bool) -> None:
    """Write a graph to the terminal."""
    from ccp4hooks.cli.graph_lines import graph_lines
    from ccp4hooks.cli.render import show

    show(*graph_lines(shown, up=up, down=down))
    if not shown.jobs:
        note(f"The project {shown.project.name} has no jobs.")
