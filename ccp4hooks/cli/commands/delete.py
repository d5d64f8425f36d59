"""``ccp4hooks delete``: move jobs into the trash of their project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.deleting import dry_run_option, plan_lines, require_consent, yes_option
from ccp4hooks.cli.options import json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import note
from ccp4hooks.runtime.sharing import keep_accessible_to_group
from ccp4hooks.storage.deletion_plan import require_unneeded
from ccp4hooks.texts import counted, job_command

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices


@click.command("delete", short_help="Move jobs into the trash of their project.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@project_option
@click.option("--dependants", is_flag=True, help="Delete the jobs that read their outputs, too, and so on.")
@dry_run_option
@yes_option
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    jobs: tuple[str, ...],
    project: str | None,
    dependants: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Move the jobs with these numbers into the trash of their project, with their sub-jobs.

    The command shows what is deleted, and asks. A job is not deleted if a job that stays reads its output; with
    --dependants that job is deleted, too. The files that a job has imported are deleted with it unless another job
    reads them. A job that is queued or running, here or on another machine, is never deleted: cancel it first.

    `ccp4hooks restore` brings a job back with everything that was recorded; `ccp4hooks purge` removes it for good. No
    other job gets its number.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    keep_accessible_to_group(found.directory)
    wanted = (session.number_of(found, job) for job in jobs)
    plan = session.plan_deletion(found, *wanted, dependants=dependants)
    if not as_json:
        from ccp4hooks.cli.render import show

        shown = sorted(plan, key=lambda one: one.job.number.parts)
        show(f"{'Would delete' if dry_run else 'Delete'} from the project {found.name}:", *plan_lines(shown))
    require_unneeded(plan)
    if not dry_run:
        require_consent(f"Move {counted(len(plan), 'job')} into the trash", yes=yes, as_json=as_json)
        plan = session.delete(found, *(one.job.number for one in plan))
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": found, "dry_run": dry_run, "jobs": plan})
    elif not dry_run:
        done = sorted(plan, key=lambda one: one.job.number.parts)
        restore = job_command("restore", *(one.job.number for one in done), project=found.name)
        them = "it" if len(done) == 1 else "them"
        note(f"Deleted. {restore} brings {them} back.")
