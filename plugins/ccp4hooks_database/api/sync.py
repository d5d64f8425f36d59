"""The synchronous twins of `AsyncDatabaseHandler`'s methods; they do the work."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from ccp4hooks import BadInputError, NotRecordedError, RunResult, Severity, Tracked
from ccp4hooks.store import has_container, script_of, tracked_job
from ccp4hooks_database.api.access import Access
from ccp4hooks_database.repository.values import ImportFile, InputUse, JobValue, OutputFile, with_checksum

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime


T = TypeVar("T")


class SyncMethods(Access):
    """What `AsyncDatabaseHandler` does, synchronously; arguments and errors are those of the methods without ``_sync``.

    Safe in any thread; on an event loop, where they would stop everything else, they say what to await.
    """

    def get_project_sync(self) -> Any:
        """Return the project's row."""
        return self._read(lambda rows: rows.project_row(self.project_uuid))

    # --- jobs -------------------------------------------------------------------------------------------------

    def create_job_sync(
        self,
        task_name: str,
        title: str | None = None,
        parent_job_uuid: UUID | None = None,
        job_number: str | None = None,
    ) -> Any:
        """Open a job and return its row."""
        parent = self.job(parent_job_uuid) if parent_job_uuid else None
        job = self.session.open_job(
            task_name, project=self.project_uuid, title=title or "", number=job_number, parent=parent
        )
        return self._read(lambda rows: rows.job_row(job.uuid))

    def create_sub_job_sync(self, task_name: str, title: str | None, parent_job_uuid: UUID, index: str) -> Any:
        """Open a sub-job of a pipeline that runs in this process, which therefore owns it, and return its row."""
        number = f"{self.job(parent_job_uuid).number}.{index}"
        row = self.create_job_sync(task_name, title, parent_job_uuid, number)
        self._write(lambda rows: rows.own_job(row.uuid))
        return row

    def update_job_status_sync(self, job_uuid: UUID, status: int, finish_time: datetime | None = None) -> None:
        """Record a job's status."""
        self._write(lambda rows: rows.update_status(UUID(str(job_uuid)), int(status), finish_time))

    def tracked(self, plugin: Any) -> Tracked:
        """Return what takes a script through its job in this project; see `track_job`."""
        return self.session.track(plugin, project=self.project_uuid)

    @staticmethod
    def ended(tracked: Tracked) -> None:
        """End a tracked job.

        Raises:
            NotRecordedError: Something could not be recorded.
        """
        outcome = tracked.end()
        if tracked.not_recorded:
            raise NotRecordedError(
                f"Job {outcome.job.number} ran ({outcome.status.name}), but not everything was recorded: "
                f"{'; '.join(tracked.not_recorded)}. What is known of it stands in {outcome.job.directory}.",
                RunResult(outcomes=(outcome,), recorded=False),
            )

    @contextmanager
    def track_job_sync(self, plugin: Any) -> Iterator[Any]:
        """Take a script through its job; run it inside with ``plugin.process()``."""
        tracked = self.tracked(plugin)
        with tracked:
            yield plugin
        self.ended(tracked)

    def run_subjob_sync(self, plugin: Any, parent_job_uuid: UUID) -> int:
        """Run a script as a sub-job and return its finish status."""
        parent = tracked_job(UUID(str(parent_job_uuid)))
        if parent is None:
            raise BadInputError(f"Job {parent_job_uuid} is not under way in this process, so it can have no sub-jobs.")
        with parent.sub_job(plugin) as tracked:
            plugin.process()
        return int(tracked.end().finish or 0)

    # --- files ------------------------------------------------------------------------------------------------

    def register_output_file_sync(
        self,
        job_uuid: UUID,
        file_path: Path,
        file_type: str,
        param_name: str,
        content_flag: int | None = None,
        sub_type: int | None = None,
        annotation: str = "",
    ) -> Any:
        """Record an output file and return its row."""
        file = OutputFile(
            path=Path(file_path),
            file_type=file_type,
            param_name=param_name,
            content_flag=content_flag,
            sub_type=sub_type,
            annotation=annotation or "",
        )
        return self.register_output_files_sync(job_uuid, [file])[0]

    def register_output_files_sync(self, job_uuid: UUID, files: Sequence[OutputFile]) -> list[Any]:
        """Record many output files and return their rows."""
        return self._write(lambda rows: list(rows.register_output_files(UUID(str(job_uuid)), files)))

    def register_input_file_sync(self, job_uuid: UUID, file_uuid: UUID, param_name: str) -> None:
        """Record that a job reads a recorded file."""
        self.register_input_files_sync(job_uuid, [InputUse(file_uuid=UUID(str(file_uuid)), param_name=param_name)])

    def register_input_files_sync(self, job_uuid: UUID, uses: Sequence[InputUse]) -> None:
        """Record many uses of files."""
        self._write(lambda rows: rows.register_input_files(UUID(str(job_uuid)), uses))

    def register_imported_file_sync(
        self,
        job_uuid: UUID,
        file_path: Path,
        file_type: str,
        param_name: str,
        source_path: Path,
        annotation: str = "",
        checksum: str | None = None,
    ) -> Any:
        """Record an imported file and return its row."""
        file = ImportFile(
            path=Path(file_path),
            file_type=file_type,
            param_name=param_name,
            source_path=Path(source_path),
            annotation=annotation or "",
            checksum=checksum,
        )
        return self.register_imported_files_sync(job_uuid, [file])[0]

    def register_imported_files_sync(self, job_uuid: UUID, files: Sequence[ImportFile]) -> list[Any]:
        """Record many imported files and return their rows."""
        # Files are read before the transaction, not inside.
        known = [with_checksum(file) for file in files]
        return self._write(lambda rows: list(rows.register_imported_files(UUID(str(job_uuid)), known)))

    def find_imported_file_by_checksum_sync(self, checksum: str, file_type: str) -> Any:
        """Return the row of this project's import of the same content."""
        return self._read(lambda rows: rows.find_imported_file(self.project_uuid, checksum, file_type))

    def found_by_path(self, job_number: str, filename: str) -> Any:
        """Return the row of a job's file of that name, None if there is none."""
        return self._read(lambda rows: rows.find_file_by_path(self.project_uuid, job_number, filename))

    def recorded_path(self, file_uuid: UUID | str) -> str | None:
        """Return where a recorded file lies, None if it is not recorded."""
        path = self._read(lambda rows: rows.file_path(UUID(str(file_uuid))))
        return None if path is None else str(path)

    # --- values -----------------------------------------------------------------------------------------------

    def register_job_float_value_sync(
        self, job_uuid: UUID, key: str, value: float, description: str | None = None
    ) -> None:
        """Record a number."""
        self.register_job_values_sync(job_uuid, [JobValue(key=key, value=float(value), description=description)])

    def register_job_char_value_sync(
        self, job_uuid: UUID, key: str, value: str, description: str | None = None
    ) -> None:
        """Record a text."""
        self.register_job_values_sync(job_uuid, [JobValue(key=key, value=str(value), description=description)])

    def register_job_values_sync(self, job_uuid: UUID, values: Sequence[JobValue]) -> int:
        """Record many values and return how many."""
        return self._write(lambda rows: int(rows.register_values(UUID(str(job_uuid)), values)))

    # --- gleaning ---------------------------------------------------------------------------------------------

    def glean_job_files_sync(self, job_uuid: UUID, container: Any, plugin: Any = None) -> list[Any]:
        """Glean and record a job's output files and return their rows."""
        job, script = self.job(job_uuid), _with_outputs(container if plugin is None else plugin)
        found = self.session.glean_files(job, script)
        left_out = [one for one in found.problems if one.origin and one.origin.plugin == "core"]
        if any(one.severity is Severity.WARNING for one in left_out):
            raise BadInputError(f"Output files of job {job.number} cannot be recorded:", left_out)
        return self._write(lambda rows: list(rows.register_gleaned(job, found.files)))

    def glean_performance_indicators_sync(self, job_uuid: UUID, container: Any) -> int:
        """Glean and record a job's performance values and return how many."""
        job = self.job(job_uuid)
        found = self.session.glean_kpis(job, _with_outputs(container))
        values = [
            JobValue(key=kpi.key, value=kpi.value, description=kpi.description or None, unit=kpi.unit)
            for kpi in found.kpis
        ]
        return self.register_job_values_sync(job_uuid, values)

    def bring_in_sync(self, job_uuid: UUID, plugin: Any) -> int:
        """Bring a script's input files in, record them, and return how many there are."""
        job = self.job(job_uuid)
        found = self.session.import_files(job, plugin)
        self._write(lambda rows: rows.register_brought_in(job, found.imported, found.uses))
        return len(found.imported) + len(found.uses)

    def glean_input_file_uses_sync(self, job_uuid: UUID, plugin: Any) -> int:
        """Record which recorded files a script reads and return how many."""
        job = self.job(job_uuid)
        uses = self.session.file_uses(job, plugin)
        self._write(lambda rows: rows.register_brought_in(job, (), uses))
        return len(uses)


def _with_outputs(container: Any) -> Any:
    """Return the script that a container belongs to.

    Raises:
        BadInputError: It belongs to none, or the script has no ``outputData``.
    """
    script = script_of(container)
    if not has_container(script, "outputData"):
        raise BadInputError(f"The script {type(script).__name__} has no outputData, so nothing can be gleaned.")
    return script
