"""``ccp4hooks cite``: show what to cite for the jobs of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import project_and_jobs

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("cite", short_help="Show what to cite for the jobs of a project.")
@click.argument("which", metavar="[PROJECT] [JOB]...", nargs=-1)
@project_option
@click.option("--bibtex", "form", flag_value="bibtex", help="Write the references as BibTeX.")
@click.option("--ris", "form", flag_value="ris", help="Write the references as RIS, which most other programs read.")
@json_option
@takes_choices
def command(choices: Choices, *, which: tuple[str, ...], project: str | None, form: str | None, as_json: bool) -> None:
    """Show what to cite for the FINISHED jobs of PROJECT, or for its jobs with these numbers, sub-jobs included.

    Each publication is shown once, with the jobs that need it. The references of a task are those that CCP4i2 or the
    plugin of the task names; a program for which nobody names one is missing.
    """
    if form and as_json:
        raise click.UsageError(f"Give only one of --{form} and --json.")
    session = start_session(choices.settings())
    session.require_store()
    found, numbers = project_and_jobs(session, which, project)
    works = session.citations(found, *numbers)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": found, "citations": works})
    elif form:
        from ccp4hooks.exchange import bibliography

        write = bibliography.bibtex if form == "bibtex" else bibliography.ris
        for line in write(one.citation for one in works).splitlines():
            echo(line)
    else:
        from ccp4hooks.cli.citations import citation_lines

        for line in citation_lines(works):
            echo(line)
    if not works:
        note("No task of a FINISHED job names a reference.")
    exit_if_unreadable(session)
