"""``ccp4hooks clean``: remove files that CCP4i2 or the tasks mark as not needed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.deleting import CONTEXTS, dry_run_option, require_consent, yes_option
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import project_and_jobs
from ccp4hooks.texts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import CleanedFile, Project


@click.command("clean", short_help="Remove scratch files of jobs.")
@click.argument("words", nargs=-1, metavar="[PROJECT] [JOB]...")
@project_option
@click.option(
    "--context",
    default="script_finish",
    show_default=True,
    metavar="NAME",
    help=f"What to remove, as CCP4i2 names it: {', '.join(CONTEXTS[:-1])} or {CONTEXTS[-1]}.",
)
@dry_run_option
@yes_option
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    words: tuple[str, ...],
    project: str | None,
    context: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove files of PROJECT, or of its jobs JOB and their sub-jobs, that CCP4i2 or their tasks mark as not needed.

    The command shows them, and asks. By default they are scratch files; --context takes the occasions of CCP4i2's
    own list. A recorded file is never removed, nor what ccp4hooks needs to read a job or to run it again, nor a file of
    a job that has not ended.
    """
    session = start_session(choices.settings())
    session.require_store()
    found, jobs = project_and_jobs(session, words, project)
    files = session.clean(found, *jobs, context=context, dry_run=True)
    if not as_json:
        from ccp4hooks.cli.render import show

        show(*_lines(found, files)) if files else note("Nothing to remove.")
    if files and not dry_run:
        require_consent(f"Remove {counted(len(files), 'file')}", yes=yes, as_json=as_json)
        files = session.clean(found, *jobs, context=context)
        if not as_json:
            echo(f"Removed {_sum(files)}.")
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": found, "dry_run": dry_run, "files": files})


def _lines(project: Project, files: Sequence[CleanedFile]) -> list[Text | str]:
    from ccp4hooks.cli.listing import aligned
    from ccp4hooks.texts import size_text

    rows = [
        (one.job, size_text(one.size_bytes), one.category, str(one.path.relative_to(project.directory)))
        for one in files
    ]
    sums: defaultdict[str, int] = defaultdict(int)
    for one in files:
        sums[one.category] += one.size_bytes
    return [*aligned(("Job", "Size", "Category", "File"), rows, below=("File",)), _sum(files)]


def _sum(files: Sequence[CleanedFile]) -> str:
    from ccp4hooks.texts import size_text

    return f"{counted(len(files), 'file')}, {size_text(sum(one.size_bytes for one in files))}"
