"""``ccp4hooks tag``: tag a job or a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.subjects import project_flag, subject_of, write_labels

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("tag", short_help="Tag a job or a project.")
@click.argument("subject", metavar="JOB|PROJECT")
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@project_option
@project_flag
@click.option("--remove", is_flag=True, help="Remove the tags instead.")
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    subject: str,
    tags: tuple[str, ...],
    project: str | None,
    is_project: bool,
    remove: bool,
    as_json: bool,
) -> None:
    """Add tags to a job or a project, or remove them. A number is the number of a job.

    A tag has at most 50 characters. Tags of projects are those of CCP4i2: a tag that is below others there is written
    with slashes. CCP4i2 has no tags of jobs, and does not show them. `ccp4hooks jobs --tag` and
    `ccp4hooks projects --tag` find what has a tag.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = subject_of(session, subject, project, is_project=is_project)
    add, take_away = ((), tags) if remove else (tags, ())
    write_labels(found, session.label(found, add_tags=add, remove_tags=take_away), as_json=as_json)
