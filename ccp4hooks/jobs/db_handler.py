"""What CCP4i2 sees as a script's ``_dbHandler``.

CCP4i2 3.0.1 calls these methods on it, by these names and with these arguments; the camel case is theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4hooks.model import FileQuery, FinishStatus, Project
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.jobs.run_context import Run
    from ccp4hooks.plugins.dispatcher import Journal


class JobHandler:
    """Answers CCP4i2 from the run at hand, with or without a database.

    Args:
        run: The run.
        project: The project that its jobs are in.
        journal: Where it is noted that a plugin failed.

    Attributes:
        run: The run.
    """

    def __init__(self, run: Run, project: Project, journal: Journal) -> None:
        self.run = run
        self._project = project
        self._journal = journal

    def get_file_path_sync(self, file_uuid: UUID) -> str | None:
        """Return where a file lies, None if it is not known or gone."""
        known = self.run.known_file(FileQuery(project=self._project, uuid=UUID(str(file_uuid))), self._journal)
        return str(known.path) if known is not None and known.path.exists() else None

    def getProjectDirectory(self, project_id: str) -> str | None:  # noqa: N802 - CCP4i2's name
        """Return a project's directory, None if nobody knows the project."""
        uuid = UUID(str(project_id))
        directory = self._project.directory if uuid == self._project.uuid else self.run.project_directory(uuid)
        return str(directory) if directory else None

    def place(self, path: Path) -> tuple[str, str, str] | None:
        """Return (project's identity, directory in it, name) of a path, None if it lies outside; ours, not CCP4i2's."""
        found = paths.name_in_project(path, self._project)
        return None if found is None else (str(self._project.uuid), *found)

    def createSubJob(  # noqa: N802 - CCP4i2's name
        self,
        taskName: str,  # noqa: N803
        parentJobId: str,  # noqa: N803
        jobNumber: str,  # noqa: N803
        jobTitle: str | None = None,  # noqa: N803
    ) -> str:
        """Open a sub-job and return its identity.

        Args:
            taskName: TASKNAME.
            parentJobId: Identity of the parent.
            jobNumber: N of its directory ``job_N``.
            jobTitle: For people.
        """
        return str(self.run.open_child(UUID(str(parentJobId)), taskName, int(jobNumber), jobTitle).uuid)

    def updateJobStatus(  # noqa: N802 - CCP4i2's name
        self,
        jobId: str | None = None,  # noqa: N803
        status: int | None = None,  # noqa: ARG002 - CCP4i2 never calls it with one
        finishStatus: int | None = None,  # noqa: N803
        container: Any = None,  # noqa: ARG002 - the script is known
    ) -> None:
        """Take note of a script's end; a call without `finishStatus` tells of a parameter and is of no interest."""
        if jobId is not None and finishStatus is not None:
            self.run.report(UUID(str(jobId)), FinishStatus(finishStatus))

    async def glean_job_files(self, job_uuid: UUID, container: Any, plugin: Any = None) -> list[Any]:  # noqa: ARG002
        """Return nothing: the files are gleaned once, when the job has ended."""
        return []

    async def glean_performance_indicators(self, job_uuid: UUID, container: Any) -> int:  # noqa: ARG002
        """Return 0: the values are gleaned once, when the job has ended."""
        return 0
