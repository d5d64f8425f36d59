"""Functions of CCP4i2 that open jobs without its handler: their numbers are taken while the project is locked.

CCP4i2 reads the highest number, makes the directory, writes the parameters into it, and inserts the row last. Of two
jobs that are opened at the same time, one fails, after it has written into the directory of the other.

Source: ``ccp4i2.lib.utils.jobs.create``, ``ccp4i2.lib.utils.jobs.clone``, ccp4i2 3.0.1.
"""

from __future__ import annotations

import shutil
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4i2.core.tasks import get_plugin_class, get_task_title
from ccp4i2.db.models import Job as JobRow
from ccp4i2.lib.utils.containers.remove_defaults import remove_container_default_values
from ccp4i2.lib.utils.files.patch_paths import patch_output_file_paths
from ccp4i2.lib.utils.parameters.save_params import save_params_for_job

from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.api.sync import DatabaseOperations
from ccp4hooks_database.repository import jobs, opening

if TYPE_CHECKING:
    from collections.abc import Callable


def create_job(
    projectId: str | UUID | None = None,  # noqa: N803 - CCP4i2's names
    projectName: str | None = None,  # noqa: N803
    parentJobId: str | UUID | None = None,  # noqa: N803
    taskName: str | None = None,  # noqa: N803
    jobNumber: str | None = None,  # noqa: N803
    jobId: str | UUID | None = None,  # noqa: N803
    saveParams: bool = True,  # noqa: FBT001, FBT002, N803
    title: str | None = None,
) -> str:
    """Open a job, write its default parameters, and return its UUID.

    Args:
        projectId: UUID of the project.
        projectName: Name of the project, used without `projectId` and `parentJobId`.
        parentJobId: UUID of the parent of a sub-job.
        taskName: TASKNAME.
        jobNumber: Number of the job; None for the next free one.
        jobId: UUID of the job; None for a new one.
        saveParams: Whether to write ``input_params.xml``.
        title: Title for users; None for the title of the task.

    Raises:
        BadInputError: The project or the parent does not exist, or the number is taken.
        UnknownTaskError: The task does not exist.
        UnknownNameError: No project has that name.
    """
    parent = UUID(str(parentJobId)) if parentJobId is not None and projectId is None else None
    operations = DatabaseOperations(_project(projectId, projectName, parent))
    task, uuid = taskName or "", UUID(str(jobId)) if jobId is not None else None
    row: Any = operations.create_job(task, title or get_task_title(task) or task, parent, jobNumber)
    try:
        if uuid is not None:
            operations.store.write(lambda: JobRow.objects.filter(pk=row.pk).update(uuid=uuid))
            row.uuid = uuid
        script = get_plugin_class(task)(workDirectory=str(row.directory))
        if saveParams:
            remove_container_default_values(script.container)
            patch_output_file_paths(script, row)
            save_params_for_job(script, row, exclude_unset=True)
    except BaseException:
        _withdraw(operations, row)
        raise
    return str(row.uuid)


def _project(uuid: str | UUID | None, name: str | None, parent: UUID | None) -> UUID:
    """Return the UUID of a project, given by a job in it, by its UUID, or by its name.

    Raises:
        BadInputError: The job does not exist.
        UnknownNameError: No project has that name.
    """
    if parent is not None:
        return DatabaseOperations(parent).job(parent).project.uuid
    return UUID(str(uuid)) if uuid is not None else shared_session().project(name or "").uuid


def _withdraw(operations: DatabaseOperations, row: Any) -> None:
    """Remove the record and the directory of a job whose parameters could not be written."""
    job = jobs.job_of(row)
    operations.store.write(lambda: opening.withdraw(job, new_project=False))
    shutil.rmtree(job.directory, ignore_errors=True)


def guarded_clone(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``clone_job`` of CCP4i2 with a guard: it copies a job while the project is locked."""

    @wraps(original)
    def clone_job(jobId: Any = None) -> Any:  # noqa: N803 - CCP4i2's name
        try:
            uuid = UUID(str(jobId))
        except ValueError:
            return original(jobId)

        def copy() -> Any:
            opening.lock_project_of(uuid)
            return original(jobId)

        return DatabaseOperations(uuid).store.write(copy)

    return clone_job
