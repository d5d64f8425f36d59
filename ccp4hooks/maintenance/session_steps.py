"""A session's single steps, for those who take a script through its job by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.jobs import steps
from ccp4hooks.jobs.run_context import Run
from ccp4hooks.maintenance.queries import Records
from ccp4hooks.model import Project
from ccp4hooks.runtime import stdio
from ccp4hooks.tasks.catalog import Catalog
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from ccp4hooks.jobs.steps import GleanResult, ImportResult
    from ccp4hooks.model import FileUse, Job, Progress
    from ccp4hooks.plugins.dispatcher import Dispatcher
    from ccp4hooks.settings import Settings


class Steps(Records):
    """The books, and single steps of a job; nothing of what these return is recorded.

    Args:
        settings: All settings.
        dispatcher: Calls the hooks.
    """

    def __init__(self, settings: Settings, dispatcher: Dispatcher) -> None:
        super().__init__(settings, dispatcher)
        self._catalog = Catalog(self._dispatcher, self._journal)

    def glean_files(self, job: Job, script: Any) -> GleanResult:
        """Read the output files of a script that ran as `job` through the hooks; nothing is recorded.

        Args:
            job: The job.
            script: The ``CPluginScript``, or a container of it.

        Raises:
            BadInputError: The container belongs to no script.
        """
        return steps.glean_files(self._new_run(job.project, None), job, steps.script_of(script))

    def glean_kpis(self, job: Job, script: Any) -> GleanResult:
        """Read the performance values of a script that ran as `job` through the hooks; see `glean_files`."""
        return steps.glean_kpis(self._new_run(job.project, None), job, steps.script_of(script))

    def file_uses(self, job: Job, script: Any) -> tuple[FileUse, ...]:
        """Return which recorded files a script that runs as `job` reads; nothing is recorded."""
        return steps.file_uses(self._new_run(job.project, None), job, steps.script_of(script))

    def bring_in(self, job: Job, script: Any) -> ImportResult:
        """Import the outside input files of a script that is to run as `job`; nothing is recorded.

        Raises:
            BadInputError: A file cannot be imported, or a plugin objects to it.
        """
        return steps.bring_in(self._new_run(job.project, None), job, steps.script_of(script))

    def _new_run(self, wanted: str | UUID | Project | None, progress: Callable[[Progress], None] | None) -> Run:
        with stdio.output_dropped():
            _ = self._catalog.registry
        known = wanted if isinstance(wanted, Project) else self._known(wanted)
        return Run(
            self._dispatcher,
            version=__version__,
            project=known or self._project_at(str(wanted)),
            new_project=known is None,
            progress=progress,
            dry_run=self.settings.dry_run,
        )

    def _known(self, wanted: str | UUID | None) -> Project | None:
        if wanted is None:
            raise BadInputError("Say which project the job is to be in: its name or its identity.")
        if not isinstance(wanted, str):
            return self.project(wanted)
        plain = wanted.isprintable() and wanted == wanted.strip() and not set(wanted) & set("/\\")
        if not plain or wanted[:1] in ("", "."):
            raise BadInputError(f"{wanted!r} cannot be the name of a project: it must be a plain directory name.")
        return self._find_project(wanted)
