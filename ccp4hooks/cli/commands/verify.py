"""``ccp4hooks verify``: compare the files of a project with the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.subjects import project_and_jobs
from ccp4hooks.errors import BadInputError
from ccp4hooks.texts import counted

if TYPE_CHECKING:
    from rich.text import Text

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Project, Verification


@click.command("verify", short_help="Compare the files of a project with the record.")
@click.argument("words", nargs=-1, metavar="[PROJECT] [JOB]...")
@project_option
@json_option
@takes_choices
def command(choices: Choices, *, words: tuple[str, ...], project: str | None, as_json: bool) -> None:
    """Compare the files of PROJECT, or of its jobs JOB and their sub-jobs, with the record.

    Imported files are compared by their checksums, output files by their sizes. Files that are missing or changed are
    listed, and the exit code is 4. For a whole project, job directories and files beside the imported ones that are not
    recorded are listed, too; they do not change the exit code.
    """
    session = start_session(choices.settings())
    session.require_store()
    found, jobs = project_and_jobs(session, words, project)
    result = session.verify(found, *jobs)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": found, "is_well": result.is_well, **_fields(result)})
    else:
        from ccp4hooks.cli.render import show

        show(*_lines(found, result))
    exit_if_unreadable(session)
    if not result.is_well:
        raise SystemExit(BadInputError.exit_code)


def _fields(result: Verification) -> dict[str, object]:
    return {
        "checked": result.checked,
        "by_checksum": result.by_checksum,
        "faults": result.faults,
        "foreign": result.foreign,
    }


def _lines(project: Project, result: Verification) -> list[Text | str]:
    from ccp4hooks.cli.listing import aligned

    rows = [
        (one.job, one.fault, one.parameter, str(one.path.relative_to(project.directory)), one.reason)
        for one in result.faults
    ]
    headings, below = ("Job", "Fault", "Parameter", "File", "Reason"), ("Reason", "File")
    lines: list[Text | str] = [*aligned(headings, rows, below=below)] if rows else []
    lines += [f"Not recorded: {path.relative_to(project.directory)}" for path in result.foreign]
    number = len(result.faults)
    fault = "all are as recorded" if result.is_well else f"{number} {'is' if number == 1 else 'are'} not as recorded"
    return [*lines, f"{counted(result.checked, 'file')} checked, {result.by_checksum} by checksum: {fault}."]
