"""Find the job of a script: the job that it already has, a new sub-job of its parent, or a job opened earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.scripts.db_handler import JobHandler
from ccp4hooks.model import Job, JobNumber, Project

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.jobs.job_tree import JobTree


def required_task(script: object) -> str:
    """Return a script's TASKNAME.

    Raises:
        BadInputError: The object is not a script, or the script has no TASKNAME.
    """
    if not scripts.is_script(script):
        raise BadInputError(f"The script of a job must be a CPluginScript, not a {type(script).__name__}.")
    task = scripts.task_name(script)
    if not task:
        raise BadInputError(
            f"The script {scripts.title_of(script) or type(script).__name__!r} has no TASKNAME, so ccp4hooks "
            "cannot record which task it runs. Create the script from the class of the task, or set TASKNAME in your "
            "subclass."
        )
    return task


def proposed_job(task: str, title: str, project: Project, *, dry_run: bool = False) -> Job:
    """Return a job that has no number and no directory yet."""
    return Job(
        uuid=uuid4(),
        number=JobNumber(),
        task=task,
        title=title or task,
        project=project,
        directory=project.jobs_directory,
        dry_run=dry_run,
    )


def known_job(script: Script) -> tuple[JobTree, ActiveJob] | None:
    """Return the job that a script already has, with the jobs of its run, or None if the script has no job.

    A script has a job if the script of the parent job has made it, or if it was tracked before.
    """
    handler, uuid = scripts.handler_of(script), scripts.job_uuid(script)
    if not isinstance(handler, JobHandler) or uuid is None or uuid not in handler.tree.jobs:
        return None
    return handler.tree, handler.tree.jobs[uuid]


def child_job(script: Script, task: str, title: str) -> tuple[JobTree, ActiveJob] | None:
    """Return a new sub-job for a script whose parent job has not ended, or None for any other script."""
    parent = scripts.parent_script(script)
    above = known_job(parent) if parent is not None else None
    if above is None or above[1].outcome is not None or scripts.job_uuid(script) is not None:
        return None
    return above[0], open_below(*above, script, task, title)


def open_below(tree: JobTree, above: ActiveJob, script: Script, task: str, title: str) -> ActiveJob:
    """Open a sub-job for a script that the script of the parent job did not make, and return the sub-job."""
    # The next sub-job that the parent makes must not get the same number.
    index = scripts.next_child_index(above.script)
    job = tree.open_child(above.job.uuid, task, index, title or scripts.title_of(script))
    scripts.place(script, uuid=str(job.uuid), directory=job.directory)
    tree.add_script(scripts.handler_of(above.script), script)
    return tree.jobs[job.uuid]


def claimed_job(
    script: Script, claim: Callable[[UUID], Job], new_tree: Callable[[], JobTree]
) -> tuple[JobTree, ActiveJob] | None:
    """Claim the job whose UUID is set in a script and return it, or return None if no UUID is set."""
    uuid = scripts.job_uuid(script)
    if uuid is None:
        return None
    tree = new_tree()
    active = ActiveJob(tree.context, claim(uuid), script)
    active.claimed = True
    scripts.place(script, uuid=str(active.job.uuid), directory=active.job.directory)
    tree.enter(active, JobHandler(tree, active.job.project, active.journal))
    return tree, active
