"""`AsyncDatabaseHandler`: read and write the records of a project from asynchronous code.

The names and arguments are those of ``ccp4i2.db.async_db_handler.AsyncDatabaseHandler`` (3.0.1); additions are
keyword-only or have names of their own. Every method may be called from any event loop and any thread.

`DatabaseOperations` does the work and documents it. The handler offers each operation twice: awaited, and synchronous
under the same name with ``_sync``.
"""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from ccp4hooks import FinishStatus, JobStatus, UnknownNameError
from ccp4hooks.store import keep_paths
from ccp4hooks_database.api.sync import DatabaseOperations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from ccp4hooks import Session
    from ccp4hooks_database.repository.rows import FileRow, ProjectRow

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function in another thread: Django allows no query on an event loop.

    It is a thread of its own. In Django's tests it is the thread in which Django itself makes queries, since no other
    one sees the database.
    """
    from asgiref.sync import sync_to_async  # noqa: PLC0415 - start-up time

    from ccp4hooks_database.connection import django_setup  # noqa: PLC0415 - start-up time

    # Only then is that thread asked: it may be running a job for hours.
    bound = django_setup.is_replaced() and await sync_to_async(django_setup.is_bound_to_thread)()
    result: T = await sync_to_async(function, thread_sensitive=bound)(*arguments, **named)
    return result


def _awaited(
    operation: Callable[Concatenate[DatabaseOperations, P], T],
) -> Callable[Concatenate[AsyncDatabaseHandler, P], Coroutine[Any, Any, T]]:
    """Return the method of the handler that awaits an operation."""

    @wraps(operation)
    async def method(self: AsyncDatabaseHandler, /, *arguments: P.args, **named: P.kwargs) -> T:
        return await in_thread(operation, self.operations, *arguments, **named)

    return method


def _direct(
    operation: Callable[Concatenate[DatabaseOperations, P], T],
) -> Callable[Concatenate[AsyncDatabaseHandler, P], T]:
    """Return the method of the handler that calls an operation in the calling thread."""

    @wraps(operation)
    def method(self: AsyncDatabaseHandler, /, *arguments: P.args, **named: P.kwargs) -> T:
        return operation(self.operations, *arguments, **named)

    return method


class AsyncDatabaseHandler:
    """Read and write the records of one project.

    The returned rows are those of ``ccp4i2.db.models``; related rows (a file's job, its type) are loaded with them.

    Args:
        project_uuid: UUID of the project, as ``UUID`` or text.
        session: The session to use; None for the one that the environment and the settings file configure.

    Attributes:
        operations: The same operations, synchronous.

    Raises:
        BadInputError: `project_uuid` is not a UUID.
    """

    def __init__(self, project_uuid: UUID | str, *, session: Session | None = None) -> None:
        self.operations = DatabaseOperations(project_uuid, session=session)
        self._paths: dict[UUID, str] = {}
        # A caller may tie a script to the handler and set its files next.
        keep_paths()

    @property
    def project_uuid(self) -> UUID:
        """UUID of the project."""
        return self.operations.project_uuid

    @property
    def session(self) -> Session:
        """The session in use."""
        return self.operations.session

    get_project = _awaited(DatabaseOperations.get_project)
    get_project_sync = _direct(DatabaseOperations.get_project)

    # --- jobs -------------------------------------------------------------------------------------------------

    create_job = _awaited(DatabaseOperations.create_job)
    create_job_sync = _direct(DatabaseOperations.create_job)
    create_sub_job_sync = _direct(DatabaseOperations.create_sub_job)
    update_job_status = _awaited(DatabaseOperations.update_job_status)
    update_job_status_sync = _direct(DatabaseOperations.update_job_status)
    run_subjob = _direct(DatabaseOperations.run_subjob)
    run_subjob_sync = _direct(DatabaseOperations.run_subjob)

    @asynccontextmanager
    async def track_job(self, plugin: Any) -> AsyncIterator[Any]:
        """Run a script as a job: it is opened, its files are imported, it is RUNNING, then it is recorded.

        A script whose parent is tracked becomes its sub-job; a script with the UUID of an opened job becomes that job.
        However the context ends, also by an exception, a cancellation or Ctrl-C, status and finish time are recorded.

        Args:
            plugin: The ``CPluginScript``, its parameters set. Run it inside of the context with
                ``await execute(plugin)``.

        Yields:
            The script.

        Raises:
            BadInputError: `plugin` is not a script or has no TASKNAME, its job has ended, or an input file cannot be
                imported.
            RefusedError: A plugin refused the job.
            NotRecordedError: The job ran, but a part of its outcome could not be recorded.
        """
        tracked = await in_thread(self.operations.tracked, plugin)
        try:
            await in_thread(tracked.begin)
            yield plugin
        except BaseException as error:
            await _completed(tracked.abandon, error)
            raise
        await _completed(self.operations.end_tracked, tracked)

    track_job_sync = _direct(DatabaseOperations.track_job)

    # --- files ------------------------------------------------------------------------------------------------

    register_output_file = _awaited(DatabaseOperations.register_output_file)
    register_output_file_sync = _direct(DatabaseOperations.register_output_file)
    register_output_files = _awaited(DatabaseOperations.register_output_files)
    register_output_files_sync = _direct(DatabaseOperations.register_output_files)
    register_input_file = _awaited(DatabaseOperations.register_input_file)
    register_input_file_sync = _direct(DatabaseOperations.register_input_file)
    register_input_files = _awaited(DatabaseOperations.register_input_files)
    register_input_files_sync = _direct(DatabaseOperations.register_input_files)
    register_imported_file = _awaited(DatabaseOperations.register_imported_file)
    register_imported_file_sync = _direct(DatabaseOperations.register_imported_file)
    register_imported_files = _awaited(DatabaseOperations.register_imported_files)
    register_imported_files_sync = _direct(DatabaseOperations.register_imported_files)
    find_imported_file_by_checksum = _awaited(DatabaseOperations.find_imported_file_by_checksum)
    find_imported_file_by_checksum_sync = _direct(DatabaseOperations.find_imported_file_by_checksum)
    find_file_by_path = _awaited(DatabaseOperations.find_file_by_path)
    get_file_path = _awaited(DatabaseOperations.get_file_path)

    # --- KPIs -------------------------------------------------------------------------------------------------

    register_job_float_value = _awaited(DatabaseOperations.register_job_float_value)
    register_job_float_value_sync = _direct(DatabaseOperations.register_job_float_value)
    register_job_char_value = _awaited(DatabaseOperations.register_job_char_value)
    register_job_char_value_sync = _direct(DatabaseOperations.register_job_char_value)
    register_job_values = _awaited(DatabaseOperations.register_job_values)
    register_job_values_sync = _direct(DatabaseOperations.register_job_values)

    # --- extraction -------------------------------------------------------------------------------------------

    glean_job_files = _awaited(DatabaseOperations.glean_job_files)
    glean_job_files_sync = _direct(DatabaseOperations.glean_job_files)
    glean_performance_indicators = _awaited(DatabaseOperations.glean_performance_indicators)
    glean_performance_indicators_sync = _direct(DatabaseOperations.glean_performance_indicators)
    bring_in_sync = _direct(DatabaseOperations.import_files)
    glean_input_file_uses_sync = _direct(DatabaseOperations.glean_input_file_uses)

    # --- names that CCP4i2 calls ------------------------------------------------------------------------------
    # CCP4i2 calls them on an event loop too, where they make their queries in another thread. It asks for the same
    # directories and files many times, once for each time that a path is resolved, so they are remembered.

    @property
    def projectId(self) -> UUID:  # noqa: N802 - CCP4i2's name
        """UUID of the project."""
        return self.project_uuid

    @property
    def projectName(self) -> str:  # noqa: N802
        """Name of the project."""
        return str(_off_loop(self.operations.get_project).name)

    @property
    def jobId(self) -> None:  # noqa: N802
        """None: a handler belongs to a project, not to a job."""

    @property
    def jobNumber(self) -> None:  # noqa: N802
        """None; see `jobId`."""

    def createSubJob(  # noqa: N802
        self,
        taskName: str,  # noqa: N803
        parentJobId: str,  # noqa: N803
        jobNumber: str,  # noqa: N803
        jobTitle: str | None = None,  # noqa: N803
    ) -> str:
        """Open a sub-job and return its UUID without hyphens.

        Args:
            taskName: TASKNAME.
            parentJobId: UUID of the parent.
            jobNumber: N of the directory ``job_N``.
            jobTitle: Title for users.
        """
        row = _off_loop(self.operations.create_sub_job, taskName, jobTitle, UUID(str(parentJobId)), jobNumber)
        return str(row.uuid.hex)

    def updateJobStatus(  # noqa: N802
        self,
        jobId: str | None = None,  # noqa: N803
        status: int | None = None,
        finishStatus: int | str | None = None,  # noqa: N803
        container: Any = None,
        dbOutputData: Any = None,  # noqa: ARG002, N803 - CCP4i2 passes it
    ) -> None:
        """Record the status that a script reports, and its output files. Without a status, do nothing.

        Args:
            jobId: UUID of the job.
            status: A `JobStatus`.
            finishStatus: A `FinishStatus` by number or name, used if `status` is None.
            container: The script's container, for its output files.
            dbOutputData: Not used.
        """
        if jobId is None or (status is None and finishStatus is None):
            return
        new = JobStatus(status) if status is not None else _reported_status(finishStatus)
        _off_loop(self.operations.update_job_status, UUID(str(jobId)), int(new))
        if container is not None and new.is_over and new is not JobStatus.TO_DELETE:
            _off_loop(self.operations.glean_job_files, UUID(str(jobId)), container)

    def get_file_path_sync(self, file_uuid: UUID) -> str | None:
        """Return the path of a recorded file; None if the file is not recorded or does not exist."""
        uuid = UUID(str(file_uuid))
        path = self._remembered(uuid, lambda: self.operations.get_file_path(uuid))
        return path if path is not None and Path(path).exists() else None

    def find_file_by_path_sync(self, file_path: str, job_number: str, filename: str) -> dict[str, Any] | None:
        """Return ``uuid``, ``name``, ``path`` and ``relative_path`` of a job's file; None if the job has none."""
        row = _off_loop(self.operations.find_file_by_path, file_path, job_number, filename)
        if row is None:
            return None
        return {
            "uuid": str(row.uuid),
            "name": row.name,
            "path": str(row.path) if row.path else None,
            "relative_path": str(row.path.relative_to(row.job.project.directory)) if row.path else None,
        }

    def parse_file_path(self, file_path: str) -> dict[str, str] | None:
        """Return ``project_id``, ``rel_path`` and ``filename`` of a path; None if it is outside the project."""
        directory = Path(_off_loop(self.operations.get_project).directory).resolve()
        path = Path(file_path).resolve()
        if not path.is_relative_to(directory):
            return None
        relative = path.relative_to(directory)
        return {
            "project_id": str(self.project_uuid),
            "rel_path": relative.parent.as_posix(),
            "filename": relative.name,
        }

    def getProjectDirectory(self, project_id: str) -> str | None:  # noqa: N802
        """Return a project's directory; None if the project does not exist.

        Args:
            project_id: UUID of the project.
        """
        uuid = UUID(str(project_id))
        try:
            return self._remembered(uuid, lambda: str(self.session.project(uuid).directory))
        except UnknownNameError:
            return None

    def _remembered(self, uuid: UUID, find: Callable[[], str | None]) -> str | None:
        """Return a path: that of an earlier call if it still exists, else that from the database; None without one."""
        known = self._paths.get(uuid)
        if known is None or not Path(known).exists():
            known = _off_loop(find)
            if known is not None:
                self._paths[uuid] = known
        return known

    # --- deprecated names -------------------------------------------------------------------------------------

    def createJob(  # noqa: N802
        self,
        pluginName: str,  # noqa: N803
        jobTitle: str | None = None,  # noqa: N803
        parentJobId: str | None = None,  # noqa: N803
        jobNumber: str | None = None,  # noqa: N803
    ) -> str:
        """Open a job and return its UUID; use `create_job`."""
        _warn_deprecated("createJob", "create_job")
        parent = UUID(str(parentJobId)) if parentJobId else None
        return str(_off_loop(self.operations.create_job, pluginName, jobTitle, parent, jobNumber).uuid)

    def gleanJobFiles(self, jobId: str, container: Any) -> list[FileRow]:  # noqa: N802, N803
        """Extract and record a job's output files and return their rows; use `glean_job_files`."""
        _warn_deprecated("gleanJobFiles", "glean_job_files")
        return _off_loop(self.operations.glean_job_files, UUID(str(jobId)), container)

    def gleanPerformanceIndicators(self, jobId: str, container: Any) -> int:  # noqa: N802, N803
        """Extract and record a job's KPIs and return their number; use `glean_performance_indicators`."""
        _warn_deprecated("gleanPerformanceIndicators", "glean_performance_indicators")
        return _off_loop(self.operations.glean_performance_indicators, UUID(str(jobId)), container)

    def getFilePath(self, fileId: str) -> str | None:  # noqa: N802, N803
        """Return the path of a recorded file; use `get_file_path`."""
        _warn_deprecated("getFilePath", "get_file_path")
        return _off_loop(self.operations.get_file_path, UUID(str(fileId)))

    def getProject(self) -> ProjectRow:  # noqa: N802
        """Return the project's row; use `get_project`."""
        _warn_deprecated("getProject", "get_project")
        return _off_loop(self.operations.get_project)


def _reported_status(reported: object) -> JobStatus:
    """Return the job's status for the finish status that its script reports; a script may report that it runs."""
    finish = FinishStatus.from_report(reported)
    return JobStatus.RUNNING if finish is FinishStatus.RUNNING else JobStatus.from_finish(finish)


def _warn_deprecated(old: str, new: str) -> None:
    warnings.warn(f"{old}() is deprecated; use {new}().", DeprecationWarning, stacklevel=3)


def _off_loop(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function, in a new thread if the calling thread runs an event loop: Django allows no query there."""
    import asyncio  # noqa: PLC0415 - start-up time

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return function(*arguments, **named)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *arguments, **named).result()


async def _completed(function: Callable[P, Any], *arguments: P.args, **named: P.kwargs) -> None:
    """Call a function as `in_thread` does, and let it complete even if the task is cancelled meanwhile."""
    import asyncio  # noqa: PLC0415 - start-up time

    ending = asyncio.ensure_future(in_thread(function, *arguments, **named))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await asyncio.wait({ending})
        raise
