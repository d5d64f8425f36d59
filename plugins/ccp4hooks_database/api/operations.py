"""Whole steps of a job, awaited: import, glean, run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

from ccp4hooks import run_nested_async, run_opened_async, run_task_async
from ccp4hooks_database.api.handler import off_loop
from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.api.sync import SyncMethods

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccp4hooks import NestedJob, Outcome, RunResult, Session
    from ccp4hooks_database.api.handler import AsyncDatabaseHandler


class AllGleaned(TypedDict):
    """What `glean_all_async` has recorded.

    Attributes:
        files: Rows of the output files.
        uses: Number of input files that were recorded before.
        kpis: Number of performance values.
    """

    files: list[Any]
    uses: int
    kpis: int


async def import_input_files_async(job: Any, plugin: Any, db_handler: AsyncDatabaseHandler) -> int:
    """Bring a script's input files in through the hooks, record them, and return how many there are.

    Outside files are imported, those recorded before become uses; the script then points at the files in the project.
    `AsyncDatabaseHandler.track_job` does this by itself.

    Args:
        job: The job's row, or its identity.
        plugin: The ``CPluginScript``.
        db_handler: The project's handler.

    Raises:
        BadInputError: No such job; a file is missing, cannot be read, or is refused.
    """
    return await off_loop(db_handler.bring_in_sync, _uuid(job), plugin)  # type: ignore[no-any-return]


async def glean_input_file_uses_async(job_uuid: UUID, plugin: Any, db_handler: AsyncDatabaseHandler) -> int:
    """Record which recorded files a script reads, and return how many; outside files are left alone.

    Args:
        job_uuid: The job.
        plugin: The ``CPluginScript``, or its ``inputData``.
        db_handler: The project's handler.
    """
    return await off_loop(db_handler.glean_input_file_uses_sync, job_uuid, plugin)  # type: ignore[no-any-return]


async def glean_output_files_async(
    job_uuid: UUID, output_container: Any, db_handler: AsyncDatabaseHandler
) -> list[Any]:
    """Read a job's output files through the hooks, record them, and return their rows; see `glean_job_files`."""
    return await db_handler.glean_job_files(job_uuid, output_container)


async def glean_performance_indicators_async(
    job_uuid: UUID, output_container: Any, db_handler: AsyncDatabaseHandler
) -> int:
    """Read a job's performance values through the hooks, record them, and return how many."""
    return await db_handler.glean_performance_indicators(job_uuid, output_container)


async def glean_all_async(job_uuid: UUID, plugin: Any, db_handler: AsyncDatabaseHandler) -> AllGleaned:
    """Record a job's output files, uses of input files and performance values.

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
    """Run a job that was opened earlier, with the parameters in its directory, and return what came of it.

    It runs in a thread of its own, or in a process of its own where its task changes directory or environment; several
    run at once. Cancelling the awaiting task stops its programs, and the job is INTERRUPTED. A task that failed is no
    error: the outcome's status says so.

    Args:
        job_uuid: The job.
        project_uuid: Not needed; ccp4i2's function of this name takes it.
        session: The plugins; None for those that environment and settings file switch on.
        again: Whether a job that has ended may run again.

    Raises:
        BadInputError: No such job, it is running or has ended, or it cannot be run; then it has failed.
        RefusedError: A plugin refused it; it has failed.
        NotRecordedError: It ran, but something could not be recorded.
    """
    used = session or shared_session()
    task = await off_loop(_task_of, used, job_uuid, project_uuid)
    return await run_opened_async(used, task, _uuid(job_uuid), again=again)


async def run_pipeline_async(
    project_uuid: UUID,
    task_name: str,
    title: str = "",
    input_data: Mapping[str, object] | None = None,
    *,
    session: Session | None = None,
) -> RunResult:
    """Open a job, set its parameters, run it with its sub-jobs, and return what came of it.

    Args:
        project_uuid: The project.
        task_name: TASKNAME.
        title: For people; empty for the task's name.
        input_data: Values by parameter, as on the command line: ``{"XYZIN": path, "SELECTION": "A/"}``.
        session: See `run_job_async`.

    Raises:
        BadInputError: The request cannot be run as it stands; nothing is left behind.
        RefusedError: A plugin refused it.
        NotRecordedError: It ran, but something could not be recorded.
    """
    used = session or shared_session()
    return await run_task_async(used, task_name, input_data or {}, project=_uuid(project_uuid), title=title)


async def run_nested_jobs_async(
    parent_job_uuid: UUID, sub_tasks: Sequence[NestedJob], *, session: Session | None = None
) -> list[Outcome]:
    """Run tasks as sub-jobs of one job, at once, and return their outcomes in the order asked for.

    Args:
        parent_job_uuid: A job that is tracked in this process; or one opened and not begun, which then lasts as long
            as its sub-jobs, and fails if one of them does.
        sub_tasks: Each a ``task_name``, and if need be ``title`` and ``input_data``.
        session: See `run_job_async`.

    Raises:
        BadInputError: No such job, it has ended, or a sub-task cannot be run as it stands.
    """
    return await run_nested_async(session or shared_session(), _uuid(parent_job_uuid), sub_tasks)


def _task_of(session: Session, job_uuid: UUID, project_uuid: UUID | None) -> str:
    handler = SyncMethods(project_uuid or job_uuid, session=session)
    return handler.job(job_uuid).task


def _uuid(job: Any) -> UUID:
    """Return the identity of a job that is given by its row, its identity or that as a text."""
    return UUID(str(job if isinstance(job, (UUID, str)) else job.uuid))
