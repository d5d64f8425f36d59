"""``ccp4hooks show``: show the files, KPIs and problems of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("show", short_help="Show the files, KPIs and problems of a job.")
@click.argument("job")
@project_option
@click.option("--timing", is_flag=True, help="Show the time that each plugin took per hook.")
@json_option
@takes_choices
def command(choices: Choices, *, job: str, project: str | None, timing: bool, as_json: bool) -> None:
    """Show job number JOB, for example 3 or 3.1, with its sub-jobs, tags, note, files, KPIs and problems."""
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    outcomes = session.outcomes(found, job)
    (labels,) = session.labels(outcomes[0].job)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": found, "outcomes": outcomes, "note": labels.note, "tags": labels.tags})
    else:
        from ccp4hooks.cli.listing import labels_line
        from ccp4hooks.cli.render import render_outcomes, show, timing_table

        head = [f"Project {found.name} in {found.directory}", *filter(None, [labels_line(labels)])]
        show(*head, *render_outcomes(outcomes))
        if timing:
            show("", timing_table(outcomes))
    exit_if_unreadable(session)
