"""The parts of a session that its operations need: hooks, queries, tasks, and new runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.jobs.job_tree import JobTree
from ccp4hooks.jobs.run_context import RunContext
from ccp4hooks.maintenance.engine_calls import EngineCalls
from ccp4hooks.model import Job, Problem, Project, Severity
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.plugins.dispatcher import Dispatcher
from ccp4hooks.queries import directories
from ccp4hooks.queries.recorded import Queries
from ccp4hooks.runtime import stdio
from ccp4hooks.tasks.catalog import Catalog

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from ccp4hooks.jobs.provenance import Command
    from ccp4hooks.model import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionContext:
    """The parts of a session that its operations need.

    Attributes:
        dispatcher: Calls the hooks.
        queries: Reads what is recorded.
        catalog: The tasks.
        dry_run: Whether nothing is kept.
        engines: Calls the engines of the settings.
        distributions: The name of the distribution of each plugin in use, by the name of the plugin.
        software: The versions of these distributions, by name.
    """

    dispatcher: Dispatcher
    queries: Queries
    catalog: Catalog
    dry_run: bool
    engines: EngineCalls
    distributions: Mapping[str, str] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)

    def new_tree(
        self,
        wanted: str | UUID | Project | None,
        progress: Callable[[Progress], None] | None = None,
        command: Command | None = None,
    ) -> JobTree:
        """Begin a run in a project.

        Args:
            wanted: The project, or its name or UUID. An unknown name means a new project.
            progress: Called with the progress of each job.
            command: See `RunContext`.

        Raises:
            BadInputError: No project is given, its name is not a valid name of a directory, or its directory was moved.
            UnknownNameError: No project has this UUID.
        """
        self.load_tasks()
        known = wanted if isinstance(wanted, Project) else self._find_project(wanted)
        if known is not None:
            directories.require_directory(self.queries, known)
        project = known or self.queries.project_at(str(wanted))
        context = RunContext(
            dispatcher=self.dispatcher,
            project=project,
            new_project=known is None,
            progress=progress,
            dry_run=self.dry_run,
            command=command,
            software=self.software,
            distribution_of=self._distribution_of,
        )
        return JobTree(context)

    def _distribution_of(self, task: str) -> str:
        """Return the name of the distribution that provides a task, or an empty text if it is not known."""
        plugin = self.catalog.registry.origins.get(task)
        return "ccp4i2" if plugin is None else self.distributions.get(plugin, "")

    def load_tasks(self) -> None:
        """Add the tasks of plugins to CCP4i2's table, once."""
        with stdio.output_dropped():
            _ = self.catalog.registry

    def _find_project(self, wanted: str | UUID | None) -> Project | None:
        if wanted is None:
            raise BadInputError("Give the name or UUID of the project in which the job will run.")
        if not isinstance(wanted, str):
            return self.queries.project(wanted)
        directories.require_plain_name(wanted)
        recorded = self.queries.recorded_project(wanted)
        if recorded is not None:
            return recorded
        at = self.queries.unrecorded_project(wanted)
        if at is not None:
            directories.require_own_directory(self.queries, at)
        return at

    def claim(self, uuid: UUID, *, again: bool = False, number: int | None = None) -> Job:
        """Claim a job that was opened earlier and has not run, so that no other process runs the job.

        Args:
            uuid: The job.
            again: Whether a job that has ended may run again.
            number: Number of the attempt that begins, on an engine; None if no engine runs the job.

        Raises:
            BadInputError: The job is not recorded, is running, or has ended, or its latest attempt is another one.
        """
        answer = self.dispatcher.call(hookspecs.claim_job, self.queries.journal, uuid=uuid, again=again, attempt=number)
        claimed = self._recorded(uuid, answer.value)
        removed = attempt(outcome_file.remove, claimed)
        if isinstance(removed, Failure):
            message = (
                f"job {claimed.number}: the outcome file of its earlier run could not be removed: {removed.reason}"
            )
            self.queries.journal.add(Problem(severity=Severity.WARNING, message=message))
        return claimed

    def reopen(self, uuid: UUID) -> Job:
        """Take over a job that has FAILED, was INTERRUPTED, or was opened to run later, to submit it.

        Raises:
            BadInputError: The job is not recorded, has another status, or another process is about to run it.
        """
        reopened = self.dispatcher.call(hookspecs.reopen_job, self.queries.journal, uuid=uuid).value
        return self._recorded(uuid, reopened)

    @staticmethod
    def _recorded(uuid: UUID, job: Job | None) -> Job:
        """Return the job with a UUID, which a plugin has found.

        Raises:
            BadInputError: No plugin knows the job.
        """
        if job is None:
            raise BadInputError(
                f"No job with the UUID {uuid} is recorded. `ccp4hooks jobs PROJECT` lists the recorded jobs."
            )
        return job
