"""``ccp4hooks replay``: record outcome files in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import show_result
from ccp4hooks.cli.options import PATH, json_option, not_empty, project_option, start_session, takes_choices
from ccp4hooks.model import JobNumber

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.cli.options import Choices


@click.command("replay", short_help="Record outcome files in the database.")
@click.argument("which", metavar="[JOB|PROJECT]", required=False, callback=not_empty)
@project_option
@click.option("--all", "all_projects", is_flag=True, help="Replay all projects, including unrecorded ones.")
@click.option(
    "--from",
    "directory",
    metavar="DIR",
    type=PATH,
    help="Adopt this job directory, or all jobs of this project directory, as the next jobs of the project.",
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
    """Record the outcome files of job number JOB and its sub-jobs, or of all jobs of PROJECT.

    An argument that looks like a job number (3 or 3.1) is JOB. Any other argument is PROJECT.

    Use this command for a job that ran while the database was unavailable, or without a database. The job is recorded
    under its own number. With --from, adopt a job from another machine, from another project, or from a dry run with
    --keep: the job directory and the imported files are copied, and the job becomes the next job of the project. With
    the directory of a whole project, all its jobs that have ended are adopted, in the order of their numbers. A job
    that reads the output of a job adopted before it reads the adopted output. Links are not followed. It is safe to run
    this command repeatedly.
    """
    if sum(map(bool, (which, all_projects, directory))) > 1 or (all_projects and project):
        raise click.UsageError("Give only one of JOB, PROJECT, --all and --from. --all does not take --project.")
    job = which if which and JobNumber(which).is_valid else None
    if which and not job and project:
        raise click.UsageError(f"{which!r} is not a job number such as 3 or 3.1.")
    session = start_session(choices.settings())
    wanted = project or (None if job else which) or session.settings.project
    if all_projects:
        done = session.replay_all()
    elif directory is not None:
        done = session.adopt(directory, wanted)
    else:
        done = session.replay(session.known_project(wanted), job)
    show_result(done, "Nothing to record.", as_json=as_json)
