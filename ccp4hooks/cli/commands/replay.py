"""``ccp4hooks replay``: record what outcome files say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.upkeep import shown
from ccp4hooks.model import JobNumber

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("replay", short_help="Record what the outcome files of jobs say.")
@click.argument("which", metavar="[JOB|PROJECT]", required=False)
@project_option
@click.option("--all", "all_projects", is_flag=True, help="Of all projects, those that are not recorded yet, too.")
@click.option(
    "--from",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Adopt this job directory, from elsewhere, or that of a kept dry run, as the next job of the project.",
)
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    which: str | None,
    project: str | None,
    all_projects: bool,
    directory: Path | None,
    as_json: bool,
) -> None:
    """Record what the outcome file of the job of number JOB says, and those of its sub-jobs; without JOB, of all jobs.

    What is no number of a job, as 3 or 3.1, is the name of the project.

    For a job that ran while the database was away, or without one: it is added under its number. With --from, for one
    that ran on another machine, in another project, or in a dry run with --keep: it is copied, with the files that it
    imported, and becomes the project's next job. Done again, it changes nothing.
    """
    if sum(map(bool, (which, all_projects, directory))) > 1 or (all_projects and project):
        raise click.UsageError("Give one of JOB, PROJECT, --all and --from; --all is for all projects.")
    job = which if which and JobNumber(which).is_valid else None
    if which and not job and project:
        raise click.UsageError(f"{which!r} is no number of a job, as 3 or 3.1.")
    session = start_session(choices.settings())
    wanted = project or (None if job else which) or session.settings.project
    if all_projects:
        done = session.replay_all()
    elif directory is not None:
        done = session.adopt(directory, wanted)
    else:
        done = session.replay(session.known_project(wanted), job)
    shown(done, "Nothing to record.", as_json=as_json)
