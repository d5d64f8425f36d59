"""The object that CCP4i2 calls a script's ``_dbHandler``.

CCP4i2 3.0.1 calls these methods on it, by these names and with these arguments; the camel case is CCP4i2's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4hooks.i2 import scripts
from ccp4hooks.model import FileQuery, Project
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.jobs.job_tree import JobTree
    from ccp4hooks.plugins.dispatcher import Journal


class JobHandler:
    """Answers CCP4i2 from the present run, with or without a database.

    Args:
        tree: The jobs of the run.
        project: The project that its jobs are in.
        journal: Where failures of plugins are noted.

    Attributes:
        tree: The jobs of the run.
    """

    def __init__(self, tree: JobTree, project: Project, journal: Journal) -> None:
        self.tree = tree
        self._project = project
        self._journal = journal

    def get_file_path_sync(self, file_uuid: UUID) -> str | None:
        """Return the path of a file, or None if it is unknown or does not exist."""
        query = FileQuery(project=self._project, uuid=UUID(str(file_uuid)))
        known = self.tree.context.known_file(query, self._journal)
        return str(known.path) if known is not None and known.path.exists() else None

    def getProjectDirectory(self, project_id: str) -> str | None:  # noqa: N802 - CCP4i2's name
        """Return the directory of a project, or None if the project is unknown."""
        uuid = UUID(str(project_id))
        own = uuid == self._project.uuid
        directory = self._project.directory if own else self.tree.context.project_directory(uuid)
        return str(directory) if directory else None

    def place(self, path: Path) -> tuple[str, str, str] | None:
        """Return (UUID of the project, directory in it, name) of a path, or None if it is outside.

        CCP4i2 does not call this method; ccp4hooks does.
        """
        found = paths.name_in_project(path, self._project)
        return None if found is None else (str(self._project.uuid), *found)

    def createSubJob(  # noqa: N802 - CCP4i2's name
        self,
        taskName: str,  # noqa: N803
        parentJobId: str,  # noqa: N803
        jobNumber: str,  # noqa: N803
        jobTitle: str | None = None,  # noqa: N803
    ) -> str:
        """Open a sub-job and return its UUID.

        Args:
            taskName: TASKNAME.
            parentJobId: UUID of the parent.
            jobNumber: N of its directory ``job_N``.
            jobTitle: Title for users; if empty or None, the name of the task is used.
        """
        return str(self.tree.open_child(UUID(str(parentJobId)), taskName, int(jobNumber), jobTitle).uuid)

    def updateJobStatus(  # noqa: N802 - CCP4i2's name
        self,
        jobId: str | None = None,  # noqa: N803
        status: int | None = None,  # noqa: ARG002 - CCP4i2 never calls it with one
        finishStatus: Any = None,  # noqa: N803
        container: Any = None,  # noqa: ARG002 - the script is known
    ) -> None:
        """Note the end of a script. A call without `finishStatus` reports a parameter and is ignored.

        Args:
            jobId: UUID of the job.
            status: Not used.
            finishStatus: The finish status, as the script has reported it: not always a number.
            container: Not used.
        """
        finish = scripts.finish_status(finishStatus)
        if jobId is not None and finish is not None:
            self.tree.report(UUID(str(jobId)), finish)

    async def glean_job_files(self, job_uuid: UUID, container: Any, plugin: Any = None) -> list[Any]:  # noqa: ARG002
        """Return an empty list. The files are extracted once, after the job has ended."""
        return []

    async def glean_performance_indicators(self, job_uuid: UUID, container: Any) -> int:  # noqa: ARG002
        """Return 0. The KPIs are extracted once, after the job has ended."""
        return 0
