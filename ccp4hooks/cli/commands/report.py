"""``ccp4hooks report``: write a report on a project, or on some of its jobs, as one HTML page."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import PATH, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.subjects import project_and_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.cli.options import Choices

DEFAULT = Path("report.html")


@contextmanager
def _without_collector() -> Iterator[None]:
    """Do not search for garbage: a report of many jobs is a million objects, all of which are needed to its end."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@click.command("report", short_help="Write a report on a project as one HTML page.")
@click.argument("which", metavar="[PROJECT] [JOB]...", nargs=-1)
@project_option
@click.option("-o", "--output", metavar="FILE", type=PATH, help="The page. Default: report.html.")
@click.option("--no-js", is_flag=True, help="Leave out all scripts: no plots, and nothing can be sorted or filtered.")
@click.option("--open", "is_opened", is_flag=True, help="Show the page in the browser.")
@json_option
@takes_choices
@_without_collector()
def command(
    choices: Choices,
    *,
    which: tuple[str, ...],
    project: str | None,
    output: Path | None,
    no_js: bool,
    is_opened: bool,
    as_json: bool,
) -> None:
    """Write a report on PROJECT, or on its jobs with these numbers: which job is the best, what led to it, what failed.

    The page needs no other file and no network, so that it can be sent by mail. An earlier report is replaced, but no
    other file. With --json, the content of the report is written as JSON, and a page only if -o or --open is given.
    """
    session = start_session(choices.settings())
    session.require_store()
    found, numbers = project_and_jobs(session, which, project)
    path = (output or DEFAULT).absolute()
    is_page = output is not None or is_opened or not as_json
    if is_page:
        from ccp4hooks.reports.pages import writing

        writing.require_page(path)
    report = session.report(found, *numbers)
    if is_page:
        session.write_report(report, path, scripts=not no_js)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"path": path if is_page else None, "best": report.best, "report": report})
    else:
        echo(path)
    if is_opened:
        from ccp4hooks.cli.browser import show

        show(path.as_uri())
    exit_if_unreadable(session)
