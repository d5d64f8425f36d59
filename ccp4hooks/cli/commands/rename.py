"""``ccp4hooks rename``: give a job another title."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.subjects import JobCommand, job_of, write_labels

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("rename", cls=JobCommand, short_help="Give a job another title.")
@click.argument("job")
@click.argument("title")
@project_option
@json_option
@takes_choices
def command(choices: Choices, *, job: str, title: str, project: str | None, as_json: bool) -> None:
    """Give the job number JOB another title, of at most 255 characters.

    The job may be running. A title changes only in the database: the outcome file keeps the one with which the job ran,
    and a replay does not bring it back. `ccp4hooks projects rename` renames a project.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = job_of(session, job, project)
    write_labels(found, session.label(found, title=title), as_json=as_json)
