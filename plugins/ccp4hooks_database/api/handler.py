"""The asynchronous API to a project's books: jobs, files, values, and scripts tracked through their jobs.

The names and arguments are those of ``ccp4i2.db.async_db_handler.AsyncDatabaseHandler`` (3.0.1); what is there in
addition is keyword-only or has a name of its own. Every method may be called from any event loop and any thread.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ccp4hooks_database.api.compat import LegacyNames

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks_database.repository.values import ImportFile, InputUse, JobValue, OutputFile


class AsyncDatabaseHandler(LegacyNames):
    """One project's books.

    Rows that are returned are those of ``ccp4i2.db.models``; what they refer to (a file's job, its type) is loaded.

    Args:
        project_uuid: Identity of the project, as ``UUID`` or text.
        session: The plugins to use; None for those that environment and settings file switch on.

    Attributes:
        project_uuid: Identity of the project.
    """

    async def get_project(self) -> Any:
        """Return the project's row (``Project``).

        Raises:
            BadInputError: There is no such project.
        """
        return await off_loop(self.get_project_sync)

    # --- jobs -------------------------------------------------------------------------------------------------

    async def create_job(
        self,
        task_name: str,
        title: str | None = None,
        parent_job_uuid: UUID | None = None,
        job_number: str | None = None,
    ) -> Any:
        """Open a job that is to be run later and return its row (``Job``), PENDING; its directory is made.

        Args:
            task_name: TASKNAME.
            title: For people; None for the task's name.
            parent_job_uuid: The job that it is a sub-job of, None at top level.
            job_number: ``"7"`` or ``"7.2"``; None for the next free one.

        Raises:
            BadInputError: No such task, project or parent, or the number is taken.
        """
        return await off_loop(self.create_job_sync, task_name, title, parent_job_uuid, job_number)

    async def update_job_status(self, job_uuid: UUID, status: int, finish_time: datetime | None = None) -> None:
        """Record a job's status; one that ends it sets the finish time, too.

        Args:
            job_uuid: The job.
            status: A `JobStatus`, or its number.
            finish_time: When it ended; None for now.

        Raises:
            BadInputError: No such job or status.
        """
        await off_loop(self.update_job_status_sync, job_uuid, status, finish_time)

    @asynccontextmanager
    async def track_job(self, plugin: Any) -> AsyncIterator[Any]:
        """Take a script through its job: opened, files brought in, RUNNING; then gleaned by the hooks and recorded.

        A script whose parent is tracked becomes its sub-job; one that carries the identity of a job opened earlier
        becomes that job. On any exit, by an exception, a cancellation or Ctrl-C too, status and finish time are true.

        Args:
            plugin: The ``CPluginScript``, its parameters set; run it inside with ``await execute(plugin)``.

        Yields:
            The script.

        Raises:
            BadInputError: It is no script, has no TASKNAME, its job has ended, or an input file cannot be brought in.
            RefusedError: A plugin refused the job.
            NotRecordedError: The job ran, but something could not be recorded.
        """
        tracked = await off_loop(self.tracked, plugin)
        try:
            await off_loop(tracked.begin)
            yield plugin
        except BaseException as error:
            await _whatever_comes(tracked.abandon, error)
            raise
        await _whatever_comes(self.ended, tracked)

    def run_subjob(self, plugin: Any, parent_job_uuid: UUID) -> int:
        """Run a script as a sub-job and return its finish status; for pipelines, which are synchronous.

        Args:
            plugin: The ``CPluginScript``.
            parent_job_uuid: Its parent, tracked in this process.

        Raises:
            BadInputError: The parent is not under way here.
        """
        return self.run_subjob_sync(plugin, parent_job_uuid)

    # --- files ------------------------------------------------------------------------------------------------

    async def register_output_file(
        self,
        job_uuid: UUID,
        file_path: Path,
        file_type: str,
        param_name: str,
        content_flag: int | None = None,
        sub_type: int | None = None,
        annotation: str = "",
    ) -> Any:
        """Record an output file of a job and return its row (``File``); done again, it updates the row.

        Args:
            job_uuid: The job.
            file_path: Where it lies: absolute, or relative to the job's directory.
            file_type: MIME type, for instance ``"application/CCP4-mtz-observed"``.
            param_name: Parameter without its container: ``"XYZOUT"``, ``"MINIMTZOUTLIST[0]"``.
            content_flag: CCP4i2's code of which columns or format it holds, None if unknown.
            sub_type: CCP4i2's code of its role, None if unset.
            annotation: One line for people.

        Raises:
            BadInputError: No such job, no MIME type, no such file, or it lies outside the project.
        """
        return await off_loop(
            self.register_output_file_sync,
            job_uuid,
            file_path,
            file_type,
            param_name,
            content_flag,
            sub_type,
            annotation,
        )

    async def register_output_files(self, job_uuid: UUID, files: Sequence[OutputFile]) -> list[Any]:
        """Record many output files, all or none, in a number of statements that does not depend on how many."""
        return await off_loop(self.register_output_files_sync, job_uuid, files)  # type: ignore[no-any-return]

    async def register_input_file(self, job_uuid: UUID, file_uuid: UUID, param_name: str) -> None:
        """Record that a job reads a file that is recorded already.

        Raises:
            BadInputError: No such job or file.
        """
        await off_loop(self.register_input_file_sync, job_uuid, file_uuid, param_name)

    async def register_input_files(self, job_uuid: UUID, uses: Sequence[InputUse]) -> None:
        """Record many uses of files, all or none."""
        await off_loop(self.register_input_files_sync, job_uuid, uses)

    async def register_imported_file(
        self,
        job_uuid: UUID,
        file_path: Path,
        file_type: str,
        param_name: str,
        source_path: Path,
        annotation: str = "",
        checksum: str | None = None,
    ) -> Any:
        """Record a file that was copied to ``CCP4_IMPORTED_FILES`` and return its row (``File``).

        Args:
            job_uuid: The job that imported it.
            file_path: The copy.
            file_type: MIME type.
            param_name: Parameter without its container.
            source_path: Where it was copied from.
            annotation: One line for people.
            checksum: MD5, hexadecimal; None to compute it.

        Raises:
            BadInputError: No such job, no MIME type, or no such copy in the project.
        """
        return await off_loop(
            self.register_imported_file_sync,
            job_uuid,
            file_path,
            file_type,
            param_name,
            source_path,
            annotation,
            checksum,
        )

    async def register_imported_files(self, job_uuid: UUID, files: Sequence[ImportFile]) -> list[Any]:
        """Record many imported files, all or none."""
        return await off_loop(self.register_imported_files_sync, job_uuid, files)  # type: ignore[no-any-return]

    async def find_imported_file_by_checksum(self, checksum: str, file_type: str) -> Any:
        """Return the row (``File``) of this project's import of the same content and type, None if there is none.

        The checksum is an MD5, hexadecimal.
        """
        return await off_loop(self.find_imported_file_by_checksum_sync, checksum, file_type)

    async def find_file_by_path(self, file_path: str, job_number: str, filename: str) -> Any:  # noqa: ARG002
        """Return the row (``File``) of a job's file of that name, None if there is none.

        Args:
            file_path: Its path; not looked at, CCP4i2 passes it.
            job_number: ``"7"`` or ``"7.2"``.
            filename: Its name without directory.
        """
        return await off_loop(self.found_by_path, job_number, filename)

    async def get_file_path(self, file_uuid: UUID) -> str | None:
        """Return where a recorded file lies, None if it is not recorded."""
        return await off_loop(self.recorded_path, file_uuid)  # type: ignore[no-any-return]

    # --- values -----------------------------------------------------------------------------------------------

    async def register_job_float_value(
        self, job_uuid: UUID, key: str, value: float, description: str | None = None
    ) -> None:
        """Record a number as a performance value of a job; 0.0 counts.

        Args:
            job_uuid: The job.
            key: Name, of 1 to 50 characters.
            value: A finite number, in the unit that its name implies.
            description: For people, used when the name is new.

        Raises:
            BadInputError: No such job, or the value cannot be recorded.
        """
        await off_loop(self.register_job_float_value_sync, job_uuid, key, value, description)

    async def register_job_char_value(
        self, job_uuid: UUID, key: str, value: str, description: str | None = None
    ) -> None:
        """Record a text of at most 255 characters as a performance value; see `register_job_float_value`."""
        await off_loop(self.register_job_char_value_sync, job_uuid, key, value, description)

    async def register_job_values(self, job_uuid: UUID, values: Sequence[JobValue]) -> int:
        """Record many performance values, all or none, and return how many."""
        return await off_loop(self.register_job_values_sync, job_uuid, values)  # type: ignore[no-any-return]

    # --- gleaning ---------------------------------------------------------------------------------------------

    async def glean_job_files(self, job_uuid: UUID, container: Any, plugin: Any = None) -> list[Any]:
        """Read a job's output files through the hooks, record them, and return their rows (``File``).

        A tracked job does this by itself when it ends.

        Args:
            job_uuid: The job.
            container: The ``outputData`` of its script, or a container above it.
            plugin: The script; None for the one that the container belongs to.

        Raises:
            BadInputError: No such job, the container belongs to no script, or the script has no ``outputData``.
        """
        return await off_loop(self.glean_job_files_sync, job_uuid, container, plugin)  # type: ignore[no-any-return]

    async def glean_performance_indicators(self, job_uuid: UUID, container: Any) -> int:
        """Read a job's performance values through the hooks, record them, and return how many.

        See `glean_job_files`.
        """
        return await off_loop(self.glean_performance_indicators_sync, job_uuid, container)  # type: ignore[no-any-return]


async def off_loop(function: Any, *arguments: Any) -> Any:
    """Call a function in some thread: Django allows no query on an event loop."""
    from asgiref.sync import sync_to_async  # noqa: PLC0415 - start-up time

    return await sync_to_async(function, thread_sensitive=False)(*arguments)


async def _whatever_comes(function: Any, *arguments: Any) -> None:
    """Call a function as `_off_loop` does, and let it finish also when the task is cancelled meanwhile."""
    import asyncio  # noqa: PLC0415 - start-up time

    ending = asyncio.ensure_future(off_loop(function, *arguments))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await asyncio.wait({ending})
        raise
