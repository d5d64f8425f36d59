"""Which job a script belongs to: its own, a new one below its parent's, one opened earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import containers, file_objects, scripts
from ccp4hooks.jobs.active_job import Life
from ccp4hooks.jobs.db_handler import JobHandler
from ccp4hooks.model import Job, JobNumber, Project
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.jobs.run_context import Run


def required_task(script: Any) -> str:
    """Return a script's TASKNAME.

    Raises:
        BadInputError: It is no script, or has none.
    """
    if not scripts.is_script(script):
        raise BadInputError(f"A CPluginScript is needed to track a job, not a {type(script).__name__}.")
    task = scripts.task_name(script)
    if not task:
        raise BadInputError(
            f"The script {scripts.title_of(script) or type(script).__name__!r} has no TASKNAME, so its job would have "
            "no task. Make it from the task's own class, or set TASKNAME in your subclass."
        )
    return task


def proposed_job(task: str, title: str, project: Project, *, dry_run: bool = False) -> Job:
    """Return what a job is going to be, before it has a number and a directory."""
    return Job(
        uuid=uuid4(),
        number=JobNumber(),
        task=task,
        title=title or task,
        project=project,
        directory=project.jobs_directory,
        dry_run=dry_run,
    )


def _run_of(script: Any) -> Run | None:
    handler = scripts.handler_of(script)
    return handler.run if isinstance(handler, JobHandler) else None


def own_life(script: Any) -> Life | None:
    """Return the life that a script already has: its parent's script has made it, or it was tracked before."""
    run, uuid = _run_of(script), scripts.job_uuid(script)
    return run.lives.get(uuid) if run is not None and uuid is not None else None


def child_life(script: Any, task: str, title: str) -> Life | None:
    """Return the life of a new sub-job, for a script with a parent whose job is under way."""
    parent = scripts.parent_script(script)
    above = own_life(parent) if parent is not None else None
    if above is None or above.outcome is not None or scripts.job_uuid(script) is not None:
        return None
    return opened_below(above, script, task, title)


def opened_below(above: Life, script: Any, task: str, title: str) -> Life:
    """Return the life of a new sub-job."""
    # The next one that the parent makes itself must not get the same number.
    index = scripts.next_child_index(above.script)
    job = above.run.open_child(above.job.uuid, task, index, title or scripts.title_of(script))
    scripts.place(script, uuid=str(job.uuid), directory=job.directory)
    above.run.adopt(script, scripts.handler_of(above.script))
    return above.run.lives[job.uuid]


def claimed_life(script: Any, claim: Callable[[UUID], Job], new_run: Callable[[], Run]) -> Life | None:
    """Return the life of the job whose identity a script carries, None if it carries none."""
    uuid = scripts.job_uuid(script)
    if uuid is None:
        return None
    run = new_run()
    job = claim(uuid)
    life = Life(run, script, job)
    life.claimed = True
    scripts.place(script, uuid=str(job.uuid), directory=job.directory)
    run.enter(life, JobHandler(run, job.project, life.journal))
    return life


def require_own_files(script: Any, project: Project) -> None:
    """Refuse a script whose inputs lie among another project's jobs.

    Raises:
        BadInputError: One does.
    """
    for file in file_objects.input_files(script):
        paths.require_not_foreign(file.path, project, file.parameter)


def keep_outputs_inside(life: Life) -> None:
    """Refuse a script whose parameters would have it write outside its project; a bare name is one in its job.

    Raises:
        BadInputError: They name such an output file.
    """
    project = life.job.project
    for parameter, obj in file_objects.file_objects(life.script, "outputData"):
        path = containers.file_path(obj)
        if path is not None and not path.is_absolute():
            # It would mean the directory in which this process happens to run.
            path = life.job.directory / path
            life.point(obj, path, None)
        if path is not None and not paths.inside(path, project):
            raise BadInputError(
                f"{parameter}: {path} lies outside the project {project.name!r} in {project.directory}, where no job "
                "may write. Take the output's path out of the parameters: it gets one in the job directory."
            )
