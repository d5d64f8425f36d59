"""``ccp4hooks restore``: restore jobs from the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import show_result
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("restore", short_help="Restore jobs from the trash.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@project_option
@json_option
@takes_choices
def command(choices: Choices, *, jobs: tuple[str, ...], project: str | None, as_json: bool) -> None:
    """Restore the jobs with these numbers from the trash of their project, with their files and sub-jobs.

    Everything that was recorded comes back: status, files, KPIs, parameters, times, title, note and tags. A job that
    reads a file of another job in the trash is restored together with that job. `ccp4hooks trash` lists what is there.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    keep_accessible_to_group(found.directory)
    numbers = (session.number_of(found, job) for job in jobs)
    show_result(session.restore(found, *numbers), "Nothing to restore.", as_json=as_json)
