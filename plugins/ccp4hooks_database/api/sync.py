"""`DatabaseOperations`: the work of `AsyncDatabaseHandler`, synchronous."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable
from uuid import UUID

from ccp4hooks import BadInputError, Job, NotRecordedError, RunResult, Session, Severity, StoreError, Tracked
from ccp4hooks.store import has_container, script_of, tracked_job
from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.repository.values import ImportFile, InputUse, JobValue, OutputFile, with_checksum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ccp4hooks_database.connection.store import Store
    from ccp4hooks_database.repository.rows import FileRow, JobRow, ProjectRow


T = TypeVar("T")


@runtime_checkable
class HasStore(Protocol):
    """The part of `DatabasePlugin` that is needed here."""

    def store(self) -> Store:
        """Return the store of the session."""
        ...


class DatabaseOperations:
    """Read and write the records of one project.

    Safe in any thread. On an event loop, which these methods would block, they raise `BadInputError`.

    Args:
        project_uuid: UUID of the project.
        session: The session to use; None for the one that the environment and the settings file configure.

    Attributes:
        project_uuid: UUID of the project.

    Raises:
        BadInputError: `project_uuid` is not a UUID.
    """

    def __init__(self, project_uuid: UUID | str, *, session: Session | None = None) -> None:
        try:
            self.project_uuid = UUID(str(project_uuid))
        except ValueError as error:
            raise BadInputError(
                f"{str(project_uuid)!r} is not the UUID of a project. To get the UUID of a project by its name, use "
                "`open_session(load_settings()).project(NAME).uuid`."
            ) from error
        self._session = session

    @cached_property
    def session(self) -> Session:
        """The session in use.

        Raises:
            StoreError: The session has no database plugin.
        """
        session = self._session or shared_session()
        _database_plugin(session)
        return session

    @cached_property
    def store(self) -> Store:
        """The store of the session's database plugin."""
        return _database_plugin(self.session).store()

    def _read(self, work: Callable[[Any], T]) -> T:
        """Return the result of `work`, which gets the module `repository.register`."""
        with _not_on_event_loop():
            store = self.store
            from ccp4hooks_database.repository import register  # noqa: PLC0415 - needs Django

            found = store.read(lambda: (work(register),))
        if found is None:
            raise StoreError(
                f"The database {store.target.label} does not exist yet. Run `ccp4hooks init` to create it."
            )
        return found[0]

    def _write(self, work: Callable[[Any], T]) -> T:
        """Call `work` with the module `repository.register` in one transaction, and return its result."""
        with _not_on_event_loop():
            store = self.store
            from ccp4hooks_database.repository import register  # noqa: PLC0415 - needs Django

            return store.write(lambda: work(register))

    def get_project(self) -> ProjectRow:
        """Return the project's row.

        Raises:
            BadInputError: The project is not recorded.
        """
        return self._read(lambda register: register.project_row(self.project_uuid))  # type: ignore[no-any-return]

    # --- jobs -------------------------------------------------------------------------------------------------

    def job(self, job_uuid: UUID | str) -> Job:
        """Return a job of this or another project.

        Raises:
            BadInputError: The job is not recorded.
        """
        return self._read(lambda register: register.job_value(UUID(str(job_uuid))))  # type: ignore[no-any-return]

    def create_job(
        self,
        task_name: str,
        title: str | None = None,
        parent_job_uuid: UUID | None = None,
        job_number: str | None = None,
    ) -> JobRow:
        """Open a job that is to run later, and return its row. The job is PENDING, and its directory exists.

        Args:
            task_name: TASKNAME.
            title: Title for users; None for the name of the task.
            parent_job_uuid: The parent of a sub-job; None for a top-level job.
            job_number: ``"7"`` or ``"7.2"``; None for the next free number.

        Raises:
            BadInputError: The task, project or parent does not exist, or the number is taken.
        """
        parent = self.job(parent_job_uuid) if parent_job_uuid else None
        return self._opened(task_name, title, parent=parent, number=job_number)

    def _opened(self, task_name: str, title: str | None, **request: Any) -> JobRow:
        job = self.session.open_job(task_name, project=self.project_uuid, title=title or "", **request)
        return self._read(lambda register: register.job_row(job.uuid))  # type: ignore[no-any-return]

    def create_sub_job(self, task_name: str, title: str | None, parent_job_uuid: UUID, index: str) -> JobRow:
        """Open a sub-job of a pipeline that runs in this process, make this process its owner, and return its row.

        The pipeline's script has made the directory of the sub-job, ``job_N``, already.
        """
        parent = self.job(parent_job_uuid)
        return self._opened(task_name, title, parent=parent, child_index=int(index), owned=True)

    def update_job_status(self, job_uuid: UUID, status: int, finish_time: datetime | None = None) -> None:
        """Record the status of a job; a status that ends the job sets its finish time too.

        Args:
            job_uuid: The job.
            status: A `JobStatus`, or its number.
            finish_time: When the job ended; None for now.

        Raises:
            BadInputError: The job or the status does not exist.
        """
        self._write(lambda register: register.update_status(UUID(str(job_uuid)), int(status), finish_time))

    def tracked(self, plugin: Any) -> Tracked:
        """Return a script with its job in this project, not begun yet; see `track_job`."""
        return self.session.track(plugin, project=self.project_uuid)

    @staticmethod
    def end_tracked(tracked: Tracked) -> None:
        """End a tracked job.

        Raises:
            NotRecordedError: A part of the outcome could not be recorded.
        """
        outcome = tracked.end()
        if tracked.not_recorded:
            raise NotRecordedError(RunResult(outcomes=(outcome,), recorded=False), tracked.not_recorded)

    @contextmanager
    def track_job(self, plugin: Any) -> Iterator[Any]:
        """Run a script as a job: inside of the context call ``plugin.process()``.

        See `AsyncDatabaseHandler.track_job`.
        """
        tracked = self.tracked(plugin)
        with tracked:
            yield plugin
        self.end_tracked(tracked)

    def run_subjob(self, plugin: Any, parent_job_uuid: UUID) -> int:
        """Run a script as a sub-job and return its finish status. For pipelines, which are synchronous.

        Args:
            plugin: The ``CPluginScript``.
            parent_job_uuid: Its parent, which this process tracks.

        Raises:
            BadInputError: The parent is not running in this process.
        """
        parent = tracked_job(UUID(str(parent_job_uuid)))
        if parent is None:
            raise BadInputError(f"Job {parent_job_uuid} is not running in this process, so it can have no sub-jobs.")
        with parent.sub_job(plugin) as tracked:
            plugin.process()
        return int(tracked.end().finish or 0)

    # --- files ------------------------------------------------------------------------------------------------

    def register_output_file(
        self,
        job_uuid: UUID,
        file_path: Path,
        file_type: str,
        param_name: str,
        content_flag: int | None = None,
        sub_type: int | None = None,
        annotation: str = "",
    ) -> FileRow:
        """Record an output file of a job and return its row; a second call updates the row.

        Args:
            job_uuid: The job.
            file_path: Path of the file: absolute, or relative to the job's directory.
            file_type: MIME type, for instance ``"application/CCP4-mtz-observed"``.
            param_name: Parameter without its container: ``"XYZOUT"``, ``"MINIMTZOUTLIST[0]"``.
            content_flag: CCP4i2's code of the columns or the format; None if unknown.
            sub_type: CCP4i2's code of the file's role; None if unset.
            annotation: One line for users.

        Raises:
            BadInputError: The job or the file does not exist, the MIME type is empty, or the file is outside the
                project.
        """
        file = OutputFile(
            path=Path(file_path),
            file_type=file_type,
            param_name=param_name,
            content_flag=content_flag,
            sub_type=sub_type,
            annotation=annotation or "",
        )
        return self.register_output_files(job_uuid, [file])[0]

    def register_output_files(self, job_uuid: UUID, files: Sequence[OutputFile]) -> list[FileRow]:
        """Record several output files, all or none, and return their rows.

        The number of statements does not depend on the number of files.
        """
        return self._write(lambda register: list(register.register_output_files(UUID(str(job_uuid)), files)))

    def register_input_file(self, job_uuid: UUID, file_uuid: UUID, param_name: str) -> None:
        """Record that a job reads a recorded file.

        Raises:
            BadInputError: The job or the file is not recorded.
        """
        self.register_input_files(job_uuid, [InputUse(file_uuid=UUID(str(file_uuid)), param_name=param_name)])

    def register_input_files(self, job_uuid: UUID, uses: Sequence[InputUse]) -> None:
        """Record several uses of files, all or none."""
        self._write(lambda register: register.register_input_files(UUID(str(job_uuid)), uses))

    def register_imported_file(
        self,
        job_uuid: UUID,
        file_path: Path,
        file_type: str,
        param_name: str,
        source_path: Path,
        annotation: str = "",
        checksum: str | None = None,
    ) -> FileRow:
        """Record a file that was copied to ``CCP4_IMPORTED_FILES`` and return its row.

        Args:
            job_uuid: The job that imported the file.
            file_path: The copy.
            file_type: MIME type.
            param_name: Parameter without its container.
            source_path: The file that was copied.
            annotation: One line for users.
            checksum: MD5, hexadecimal; None to compute it.

        Raises:
            BadInputError: The job does not exist, the MIME type is empty, or the project has no such copy.
        """
        file = ImportFile(
            path=Path(file_path),
            file_type=file_type,
            param_name=param_name,
            source_path=Path(source_path),
            annotation=annotation or "",
            checksum=checksum,
        )
        return self.register_imported_files(job_uuid, [file])[0]

    def register_imported_files(self, job_uuid: UUID, files: Sequence[ImportFile]) -> list[FileRow]:
        """Record several imported files, all or none, and return their rows."""
        # The files are read before the transaction begins.
        known = [with_checksum(file) for file in files]
        return self._write(lambda register: list(register.register_imported_files(UUID(str(job_uuid)), known)))

    def find_imported_file_by_checksum(
        self,
        checksum: str,
        file_type: str,
        project: ProjectRow | None = None,  # noqa: ARG002 - CCP4i2 3.1 passes it
    ) -> FileRow | None:
        """Return the row of this project's import of the same content and type; None if the project has none.

        Args:
            checksum: MD5, hexadecimal.
            file_type: MIME type.
            project: Not used: the handler belongs to a project.
        """
        return self._read(  # type: ignore[no-any-return]
            lambda register: register.find_imported_file(self.project_uuid, checksum, file_type)
        )

    def find_file_by_path(self, file_path: str, job_number: str, filename: str) -> FileRow | None:  # noqa: ARG002
        """Return the row of a job's file of that name; None if the job has none.

        Args:
            file_path: Not used; CCP4i2 passes it.
            job_number: ``"7"`` or ``"7.2"``.
            filename: Name of the file without its directory.
        """
        return self._read(  # type: ignore[no-any-return]
            lambda register: register.find_file_by_path(self.project_uuid, job_number, filename)
        )

    def get_file_path(self, file_uuid: UUID | str) -> str | None:
        """Return the path of a recorded file; None if the file is not recorded."""
        path = self._read(lambda register: register.file_path(UUID(str(file_uuid))))
        return None if path is None else str(path)

    # --- KPIs -------------------------------------------------------------------------------------------------

    def register_job_float_value(self, job_uuid: UUID, key: str, value: float, description: str | None = None) -> None:
        """Record a number as a KPI of a job; 0.0 is a value like any other.

        Args:
            job_uuid: The job.
            key: Name, 1 to 50 characters.
            value: A finite number, in the unit that its name implies.
            description: Text for users, recorded if the name is new.

        Raises:
            BadInputError: The job does not exist, or the value cannot be recorded.
        """
        self.register_job_values(job_uuid, [JobValue(key=key, value=float(value), description=description)])

    def register_job_char_value(self, job_uuid: UUID, key: str, value: str, description: str | None = None) -> None:
        """Record a text of at most 255 characters as a KPI of a job; see `register_job_float_value`."""
        self.register_job_values(job_uuid, [JobValue(key=key, value=str(value), description=description)])

    def register_job_values(self, job_uuid: UUID, values: Sequence[JobValue]) -> int:
        """Record several KPIs, all or none, and return their number."""
        return self._write(lambda register: int(register.register_values(UUID(str(job_uuid)), values)))

    # --- extraction -------------------------------------------------------------------------------------------

    def glean_job_files(self, job_uuid: UUID, container: Any, plugin: Any = None) -> list[FileRow]:
        """Extract a job's output files through the hooks, record them, and return their rows.

        A tracked job does this itself when it ends.

        Args:
            job_uuid: The job.
            container: The ``outputData`` of its script, or a container above it.
            plugin: The script; None for the script to which the container belongs.

        Raises:
            BadInputError: The job does not exist, the container belongs to no script, the script has no
                ``outputData``, or a file cannot be recorded.
        """
        job, script = self.job(job_uuid), _script_with_outputs(container if plugin is None else plugin)
        found = self.session.glean_files(job, script)
        left_out = [one for one in found.problems if one.origin and one.origin.plugin == "core"]
        if any(one.severity is Severity.WARNING for one in left_out):
            raise BadInputError(f"Output files of job {job.number} cannot be recorded:", left_out)
        return self._write(lambda register: list(register.register_gleaned(job, found.files)))

    def glean_performance_indicators(self, job_uuid: UUID, container: Any) -> int:
        """Extract a job's KPIs through the hooks, record them, and return their number; see `glean_job_files`."""
        job = self.job(job_uuid)
        found = self.session.glean_kpis(job, _script_with_outputs(container))
        values = [
            JobValue(key=kpi.key, value=kpi.value, description=kpi.description or None, unit=kpi.unit)
            for kpi in found.kpis
        ]
        return self.register_job_values(job_uuid, values)

    def import_files(self, job_uuid: UUID, plugin: Any) -> int:
        """Import a script's input files, record them, and return their number."""
        job = self.job(job_uuid)
        found = self.session.import_files(job, plugin)
        self._write(lambda register: register.register_inputs(job, found.imported, found.uses))
        return len(found.imported) + len(found.uses)

    def glean_input_file_uses(self, job_uuid: UUID, plugin: Any) -> int:
        """Record the recorded files that a script reads, and return their number."""
        job = self.job(job_uuid)
        uses = self.session.file_uses(job, plugin)
        self._write(lambda register: register.register_inputs(job, (), uses))
        return len(uses)


def _database_plugin(session: Session) -> HasStore:
    """Return the database plugin of a session.

    Raises:
        StoreError: The session has no database plugin.
    """
    plugin = session.plugin_object("database")
    if not isinstance(plugin, HasStore):
        raise StoreError(
            "AsyncDatabaseHandler needs the plugin `database`, which is disabled or failed. "
            "Run `ccp4hooks plugins` for the reason."
        )
    return plugin


def _script_with_outputs(container: Any) -> Any:
    """Return the script to which a container belongs.

    Raises:
        BadInputError: The container belongs to no script, or the script has no ``outputData``.
    """
    script = script_of(container)
    if not has_container(script, "outputData"):
        raise BadInputError(f"The script {type(script).__name__} has no outputData, so nothing can be extracted.")
    return script


@contextmanager
def _not_on_event_loop() -> Iterator[None]:
    """Explain Django's refusal to make a query on an event loop.

    Raises:
        BadInputError: The calling thread runs an event loop.
    """
    from django.core.exceptions import SynchronousOnlyOperation  # noqa: PLC0415 - start-up time

    try:
        yield
    except SynchronousOnlyOperation as error:
        raise BadInputError(
            "A method whose name ends in _sync was called on an event loop, which it would block. "
            "Await the method of the same name without _sync."
        ) from error
