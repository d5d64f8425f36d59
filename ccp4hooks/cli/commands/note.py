"""``ccp4hooks note``: write a note on a job or a project."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, project_option, require_text, start_session, takes_choices
from ccp4hooks.cli.subjects import names_a_job, project_flag, subject_of, write_labels

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("note", short_help="Write a note on a job or a project.")
@click.argument("subject", metavar="JOB|PROJECT")
@click.argument("text", required=False)
@project_option
@project_flag
@click.option("--remove", is_flag=True, help="Remove the note.")
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    subject: str,
    text: str | None,
    project: str | None,
    is_project: bool,
    remove: bool,
    as_json: bool,
) -> None:
    """Write a note on a job or a project, in place of the one that it has. A number is the number of a job.

    CCP4i2 has the same note, as the comment of the job or the description of the project. `ccp4hooks show` and
    `ccp4hooks projects show` show it.
    """
    if remove and text is not None:
        raise click.UsageError("Give either the text of the note, or --remove.")
    if not remove and text is None:
        shows = "projects show" if is_project or not (project or names_a_job(subject)) else "show"
        where = () if project is None else ("--project", project)
        shown = shlex.join(("ccp4hooks", *shows.split(), subject, *where))
        raise click.UsageError(
            f"Give the text of the note after {subject}, or --remove. `{shown}` shows the note that it has."
        )
    note = require_text("TEXT", text) or ""
    session = start_session(choices.settings())
    session.require_store()
    found = subject_of(session, subject, project, is_project=is_project)
    write_labels(found, session.label(found, note=note), as_json=as_json)
