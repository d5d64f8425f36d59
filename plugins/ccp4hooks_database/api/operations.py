"""Steps of a job as asynchronous functions: import, extract, run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

from ccp4hooks import run_nested_async, run_opened_async, run_task_async
from ccp4hooks_database.api.handler import in_thread
from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.api.sync import DatabaseOperations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks import GivenValues, NestedJob, Outcome, RunResult, RunTarget, Session
    from ccp4hooks_database.api.handler import AsyncDatabaseHandler
    from ccp4hooks_database.repository.rows import FileRow


class AllGleaned(TypedDict):
    """The records that `glean_all_async` has made.

    Attributes:
        files: Rows of the output files.
        uses: Number of recorded files that the job reads.
        kpis: Number of KPIs.
    """

    files: list[FileRow]
    uses: int
    kpis: int


async def import_input_files_async(job: Any, plugin: Any, db_handler: AsyncDatabaseHandler) -> int:
    """Import a script's input files through the hooks, record them, and return their number.

    Outside files are imported, recorded files become file uses, and the script then refers to the files in the project.
    `AsyncDatabaseHandler.track_job` does this itself.

    Args:
        job: The job's row, or its UUID.
        plugin: The ``CPluginScript``.
        db_handler: The project's handler.

    Raises:
        BadInputError: The job does not exist, or a file is missing, cannot be read, or is refused.
    """
    return await in_thread(db_handler.operations.import_files, _uuid(job), plugin)


async def glean_input_file_uses_async(job_uuid: UUID, plugin: Any, db_handler: AsyncDatabaseHandler) -> int:
    """Record the recorded files that a script reads, and return their number; outside files are not imported.

    Args:
        job_uuid: The job.
        plugin: The ``CPluginScript``, or its ``inputData``.
        db_handler: The project's handler.
    """
    return await in_thread(db_handler.operations.glean_input_file_uses, job_uuid, plugin)


async def glean_output_files_async(
    job_uuid: UUID, output_container: Any, db_handler: AsyncDatabaseHandler
) -> list[FileRow]:
    """Extract a job's output files through the hooks, record them, and return their rows; see `glean_job_files`."""
    return await db_handler.glean_job_files(job_uuid, output_container)


async def glean_performance_indicators_async(
    job_uuid: UUID, output_container: Any, db_handler: AsyncDatabaseHandler
) -> int:
    """Extract a job's KPIs through the hooks, record them, and return their number."""
    return await db_handler.glean_performance_indicators(job_uuid, output_container)


async def glean_all_async(job_uuid: UUID, plugin: Any, db_handler: AsyncDatabaseHandler) -> AllGleaned:
    """Extract and record a job's output files, uses of input files, and KPIs.

    Args:
        job_uuid: The job.
        plugin: The ``CPluginScript`` that ran.
        db_handler: The project's handler.
    """
    return AllGleaned(
        files=await db_handler.glean_job_files(job_uuid, plugin),
        uses=await glean_input_file_uses_async(job_uuid, plugin, db_handler),
        kpis=await db_handler.glean_performance_indicators(job_uuid, plugin),
    )


async def run_job_async(
    job_uuid: UUID, project_uuid: UUID | None = None, *, session: Session | None = None, again: bool = False
) -> RunResult:
    """Run a job that was opened earlier, with the parameters in its directory, and return the result.

    The job runs in a thread of its own, or in a process of its own if its task changes the working directory or the
    environment; several jobs run at the same time. Cancelling the awaiting task stops the job's programs, and the job
    becomes INTERRUPTED. A task that fails raises no error; the status of the outcome is FAILED.

    Args:
        job_uuid: The job.
        project_uuid: Not used; ccp4i2's function of this name takes it.
        session: The session to use; None for the one that the environment and the settings file configure.
        again: Whether a job that has ended may run again.

    Raises:
        BadInputError: The job does not exist, is running, or has ended; or it cannot be run, and is FAILED.
        RefusedError: A plugin refused the job, which is FAILED.
        NotRecordedError: The job ran, but a part of its outcome could not be recorded.
    """
    used = session or shared_session()
    task = await in_thread(_task_of, used, job_uuid, project_uuid)
    return await run_opened_async(used, task, _uuid(job_uuid), again=again)


async def run_pipeline_async(
    project_uuid: UUID,
    task_name: str,
    title: str = "",
    input_data: GivenValues | None = None,
    *,
    session: Session | None = None,
) -> RunResult:
    """Open a job, set its parameters, run it with its sub-jobs, and return the result.

    Args:
        project_uuid: The project.
        task_name: TASKNAME.
        title: Title for users; empty for the name of the task.
        input_data: Values by parameter, or (parameter, value) pairs, as on the command line: ``{"XYZIN": path}``.
        session: See `run_job_async`.

    Raises:
        BadInputError: The request is invalid; no job is left.
        RefusedError: A plugin refused the job.
        NotRecordedError: The job ran, but a part of its outcome could not be recorded.
    """
    used = session or shared_session()
    return await run_task_async(used, task_name, input_data or {}, project=_uuid(project_uuid), title=title)


async def run_nested_jobs_async(
    parent_job_uuid: UUID,
    sub_tasks: Sequence[NestedJob],
    *,
    session: Session | None = None,
    target: RunTarget | None = None,
    limit: int | None = None,
) -> list[Outcome]:
    """Run tasks as sub-jobs of one job at the same time, and return their outcomes in the given order.

    Args:
        parent_job_uuid: A job that this process tracks; or a waiting job, which then runs for as long as its sub-jobs,
            and fails if one of them fails.
        sub_tasks: The tasks: ``task_name``, and optionally ``title`` and ``input_data``.
        session: See `run_job_async`.
        target: The engine that runs the sub-jobs; None for this process. See `ccp4hooks.run_nested_async`.
        limit: The largest number of sub-jobs that wait or run on the engine at once; None for that of the engine.

    Raises:
        BadInputError: The job does not exist or has ended, a sub-task is invalid, or there is no such engine.
    """
    used = session or shared_session()
    return await run_nested_async(used, _uuid(parent_job_uuid), sub_tasks, target=target, limit=limit)


def _task_of(session: Session, job_uuid: UUID, project_uuid: UUID | None) -> str:
    return DatabaseOperations(project_uuid or job_uuid, session=session).job(job_uuid).task


def _uuid(job: Any) -> UUID:
    """Return the UUID of a job, given as its row, as a UUID, or as text."""
    return UUID(str(job if isinstance(job, (UUID, str)) else job.uuid))
