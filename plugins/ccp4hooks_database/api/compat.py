"""Names that CCP4i2 calls on a handler, and those of older handlers."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from ccp4hooks import FinishStatus, JobStatus, UnknownNameError
from ccp4hooks_database.api.sync import SyncMethods


class LegacyNames(SyncMethods):
    """The camel case of CCP4i2: without a warning what CCP4i2 itself calls, with one what older code does.

    CCP4i2 calls them from wherever it stands, on an event loop too; then the query is made in another thread.
    """

    @property
    def projectId(self) -> UUID:  # noqa: N802 - CCP4i2's name
        """Identity of the project."""
        return self.project_uuid

    @property
    def projectName(self) -> str:  # noqa: N802
        """Name of the project."""
        return str(_elsewhere(self.get_project_sync).name)

    @property
    def jobId(self) -> None:  # noqa: N802
        """None: a handler belongs to a project, not to one job."""

    @property
    def jobNumber(self) -> None:  # noqa: N802
        """None, see `jobId`."""

    # --- called by CCP4i2 -------------------------------------------------------------------------------------

    def createSubJob(  # noqa: N802
        self,
        taskName: str,  # noqa: N803
        parentJobId: str,  # noqa: N803
        jobNumber: str,  # noqa: N803
        jobTitle: str | None = None,  # noqa: N803
    ) -> str:
        """Open a sub-job and return its identity without hyphens.

        Args:
            taskName: TASKNAME.
            parentJobId: Identity of the parent.
            jobNumber: N of its directory ``job_N``.
            jobTitle: For people.
        """
        made = _elsewhere(self.create_sub_job_sync, taskName, jobTitle, UUID(str(parentJobId)), jobNumber)
        return str(made.uuid.hex)

    def updateJobStatus(  # noqa: N802
        self,
        jobId: str | None = None,  # noqa: N803
        status: int | None = None,
        finishStatus: int | None = None,  # noqa: N803
        container: Any = None,
        dbOutputData: Any = None,  # noqa: ARG002, N803 - CCP4i2 passes it
    ) -> None:
        """Record how a script says that it ended, and glean its files; without a status nothing is done.

        Args:
            jobId: Identity of the job.
            status: A `JobStatus`.
            finishStatus: A `FinishStatus`, where `status` is None.
            container: The script's container, for its output files.
            dbOutputData: Not used.
        """
        if jobId is None or (status is None and finishStatus is None):
            return
        new = JobStatus(status) if status is not None else _status(FinishStatus(finishStatus or 0))
        _elsewhere(self.update_job_status_sync, UUID(str(jobId)), int(new))
        if container is not None and not (new.is_waiting or new.is_running):
            _elsewhere(self.glean_job_files_sync, UUID(str(jobId)), container)

    def get_file_path_sync(self, file_uuid: UUID) -> str | None:
        """Return where a recorded file lies, None if it is not recorded or gone."""
        path = _elsewhere(self.recorded_path, file_uuid)
        return path if path is not None and Path(path).exists() else None

    def find_file_by_path_sync(
        self,
        file_path: str,  # noqa: ARG002 - CCP4i2 passes it
        job_number: str,
        filename: str,
    ) -> dict[str, Any] | None:
        """Return ``uuid``, ``name``, ``path`` and ``relative_path`` of a job's file, None if there is none."""
        row = _elsewhere(self.found_by_path, job_number, filename)
        if row is None:
            return None
        return {
            "uuid": str(row.uuid),
            "name": row.name,
            "path": str(row.path) if row.path else None,
            "relative_path": str(row.path.relative_to(row.job.project.directory)) if row.path else None,
        }

    def parse_file_path(self, file_path: str) -> dict[str, str] | None:
        """Return ``project_id``, ``rel_path`` and ``filename`` of a path in the project, None if it lies outside."""
        directory, path = Path(_elsewhere(self.get_project_sync).directory).resolve(), Path(file_path).resolve()
        if not path.is_relative_to(directory):
            return None
        relative = path.relative_to(directory)
        return {
            "project_id": str(self.project_uuid),
            "rel_path": relative.parent.as_posix(),
            "filename": relative.name,
        }

    def getProjectDirectory(self, project_id: str) -> str | None:  # noqa: N802
        """Return a project's directory, None if there is no such project.

        Args:
            project_id: Identity of the project.
        """
        try:
            return str(_elsewhere(self.session.project, UUID(str(project_id))).directory)
        except UnknownNameError:
            return None

    # --- of older handlers ------------------------------------------------------------------------------------

    def createJob(  # noqa: N802
        self,
        pluginName: str,  # noqa: N803
        jobTitle: str | None = None,  # noqa: N803
        parentJobId: str | None = None,  # noqa: N803
        jobNumber: str | None = None,  # noqa: N803
    ) -> str:
        """Open a job and return its identity; use `create_job`."""
        _deprecated("createJob", "create_job")
        parent = UUID(str(parentJobId)) if parentJobId else None
        return str(_elsewhere(self.create_job_sync, pluginName, jobTitle, parent, jobNumber).uuid)

    def gleanJobFiles(self, jobId: str, container: Any) -> list[Any]:  # noqa: N802, N803
        """Glean and record a job's output files and return their rows; use `glean_job_files`."""
        _deprecated("gleanJobFiles", "glean_job_files")
        return list(_elsewhere(self.glean_job_files_sync, UUID(str(jobId)), container))

    def gleanPerformanceIndicators(self, jobId: str, container: Any) -> int:  # noqa: N802, N803
        """Glean and record a job's performance values and return how many; use `glean_performance_indicators`."""
        _deprecated("gleanPerformanceIndicators", "glean_performance_indicators")
        return int(_elsewhere(self.glean_performance_indicators_sync, UUID(str(jobId)), container))

    def getFilePath(self, fileId: str) -> str | None:  # noqa: N802, N803
        """Return where a recorded file lies; use `get_file_path`."""
        _deprecated("getFilePath", "get_file_path")
        path: str | None = _elsewhere(self.recorded_path, UUID(str(fileId)))
        return path

    def getProject(self) -> Any:  # noqa: N802
        """Return the project's row; use `get_project`."""
        _deprecated("getProject", "get_project")
        return _elsewhere(self.get_project_sync)


def _status(finish: FinishStatus) -> JobStatus:
    """Return what a job's status becomes when its script reports; one may say that its program still runs."""
    return JobStatus.RUNNING if finish is FinishStatus.RUNNING else JobStatus.from_finish(finish)


def _deprecated(old: str, new: str) -> None:
    warnings.warn(f"{old}() is an old name; use {new}().", DeprecationWarning, stacklevel=3)


def _elsewhere(function: Any, *arguments: Any) -> Any:
    """Call a function in a thread of its own, since the calling one may be running an event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *arguments).result()
