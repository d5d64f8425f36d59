"""The plugin ``database``: keep jobs, files and performance values in CCP4i2's own database.

Switched off, jobs are numbered by their directories and nothing is recorded but the outcome files.
"""

from __future__ import annotations

from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from ccp4hooks import JobStatus, Settings, StoreError, hookimpl
from ccp4hooks_database.connection.url import DatabaseSettings
from ccp4hooks_database.heartbeat import Heart

__all__ = [
    "AsyncDatabaseHandler",
    "DatabasePlugin",
    "ImportFile",
    "InputUse",
    "JobValue",
    "OutputFile",
    "glean_all_async",
    "glean_input_file_uses_async",
    "glean_output_files_async",
    "glean_performance_indicators_async",
    "import_input_files_async",
    "run_job_async",
    "run_nested_jobs_async",
    "run_pipeline_async",
]

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from ccp4hooks import Ccp4HooksError, Job, KnownFile, Outcome, Project
    from ccp4hooks.store import FileQuery, JobRequest, OwnedJob
    from ccp4hooks_database.api.handler import AsyncDatabaseHandler
    from ccp4hooks_database.api.operations import (
        glean_all_async,
        glean_input_file_uses_async,
        glean_output_files_async,
        glean_performance_indicators_async,
        import_input_files_async,
        run_job_async,
        run_nested_jobs_async,
        run_pipeline_async,
    )
    from ccp4hooks_database.connection.store import Store
    from ccp4hooks_database.repository.values import ImportFile, InputUse, JobValue, OutputFile

MODULES = ("api.handler", "api.operations", "repository.values")


def __getattr__(name: str) -> Any:
    """Import the API on first need: a command that only runs a task does without."""
    for module in MODULES if name in __all__ else ():
        found = vars(import_module(f"{__name__}.{module}"))
        if name in found:
            return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class DatabasePlugin:
    """One session's database, opened on first need: Django takes a quarter of a second to start."""

    ccp4hooks_settings = DatabaseSettings

    def __init__(self, own: DatabaseSettings | None = None) -> None:
        self._settings: Settings | None = None
        self._own = own or DatabaseSettings()
        self._store: Store | None = None
        self._lock = Lock()
        self._heart = Heart(self._beat)

    @hookimpl
    def configure(self, settings: Settings) -> None:
        """Take over the settings; the database is not touched."""
        self._settings = settings
        self._store = None

    def _opened(self) -> Store:
        with self._lock:
            if self._settings is None:
                raise StoreError("The database plugin was not configured before its first use.")
            if self._store is None:
                from ccp4hooks_database.connection.url import chosen_target  # noqa: PLC0415 - start-up time

                target = chosen_target(self._settings.database, self._own.wait_s)
                from ccp4hooks_database.connection.store import Store  # noqa: PLC0415 - start-up time

                self._store = Store.opened(target, self._own)
            return self._store

    @hookimpl
    def init_store(self) -> Iterable[str]:
        """Create the database, or bring it to the present schema."""
        store = self._opened()
        line = store.upgrade()
        from ccp4hooks_database.repository import orphans  # noqa: PLC0415 - needs Django

        removed = store.write(orphans.remove)
        return [line, *([f"Removed {removed} records of jobs and files that CCP4i2 deleted."] if removed else [])]

    @hookimpl
    def examine(self) -> Iterable[str | Ccp4HooksError]:
        """Say how the database stands, and whether CCP4i2's own processes go through the hooks."""
        from ccp4hooks_database.server import doctor  # noqa: PLC0415 - start-up time

        return [*doctor.database(self._opened), *doctor.host()]

    @hookimpl
    def list_projects(self) -> Sequence[Project] | None:
        """Return all recorded projects, oldest first; None while there is no database."""
        store = self._opened()
        from ccp4hooks_database.repository import read  # noqa: PLC0415 - needs Django

        return store.read(read.list_projects)

    @hookimpl
    def find_project(self, name: str | None, uuid: UUID | None) -> Project | None:
        """Return the recorded project of that name or identity."""
        store = self._opened()
        from ccp4hooks_database.repository import read  # noqa: PLC0415 - needs Django

        return store.read(lambda: read.find_project(name, uuid))

    @hookimpl
    def read_outcomes(self, project: Project, number: str | None) -> Sequence[Outcome] | None:
        """Return what is recorded of a project's jobs; None if the project is not recorded."""
        store = self._opened()
        from ccp4hooks_database.repository import read  # noqa: PLC0415 - needs Django

        return store.read(lambda: read.read_outcomes(project, number))

    @hookimpl
    def find_file(self, query: FileQuery) -> KnownFile | None:
        """Return the recorded file that is meant."""
        store = self._opened()
        from ccp4hooks_database.repository import files  # noqa: PLC0415 - needs Django

        return store.read(lambda: files.find_file(query))

    @hookimpl
    def open_job(self, request: JobRequest) -> Job | None:
        """Give a job its number, and record it with its owner; the first job makes the database."""
        store = self._opened()
        from ccp4hooks_database.repository import opening  # noqa: PLC0415 - needs Django

        # One that was there when the parent was opened is away, and a new one would take its place.
        return store.write(lambda: opening.open_job(request), create=request.parent is None)

    @hookimpl
    def claim_job(self, uuid: UUID, again: bool) -> Job | None:  # noqa: FBT001 - hooks take positional arguments
        """Take over a job that was opened earlier and has not run yet."""
        store = self._opened()
        from ccp4hooks_database.repository import opening  # noqa: PLC0415 - needs Django

        known = store.read(lambda: opening.is_recorded(uuid))
        return store.write(lambda: opening.claim_job(uuid, again=again)) if known else None

    @hookimpl
    def find_held(self, project: Project | None) -> Sequence[OwnedJob] | None:
        """Return the jobs that some process has in hand, or had when it went away."""
        store = self._opened()
        from ccp4hooks_database.repository import owners  # noqa: PLC0415 - needs Django

        return store.read(lambda: owners.find_held(project))

    def _beat(self, jobs: Sequence[UUID]) -> None:
        store = self._opened()
        from ccp4hooks_database.repository import owners  # noqa: PLC0415 - needs Django

        store.write(lambda: owners.beat(jobs))

    @hookimpl
    def find_import(self, job: Job, md5: str, file_type: str) -> KnownFile | None:
        """Return the project's earlier import of the same content."""
        store = self._opened()
        from ccp4hooks_database.repository import files  # noqa: PLC0415 - needs Django

        return store.read(lambda: files.find_import(job, md5, file_type))

    @hookimpl
    def job_status(self, job: Job, new: JobStatus) -> None:
        """Record a change of status."""
        store = self._opened()
        from ccp4hooks_database.repository import opening  # noqa: PLC0415 - needs Django

        # Also where its status cannot be recorded, the job runs, and must not be taken for gone.
        self._heart.take(job.uuid)
        store.write(lambda: opening.set_status(job, new))

    @hookimpl
    def job_withdrawn(self, job: Job, new_project: bool) -> None:  # noqa: FBT001 - hooks take positional arguments
        """Remove a job that never ran, and its project if that was made for it."""
        store = self._opened()
        from ccp4hooks_database.repository import opening  # noqa: PLC0415 - needs Django

        store.write(lambda: opening.withdraw(job, new_project=new_project))

    @hookimpl
    def job_finished(self, job: Job, outcome: Outcome) -> None:
        """Record all that is known of a job, in one transaction."""
        store = self._opened()
        from ccp4hooks_database.repository import record  # noqa: PLC0415 - needs Django

        # One that is recovered or replayed has its outcome file, and somebody waits to hear whether a job can start.
        store.write(lambda: record.record(job, outcome), patient=self._heart.drop(job.uuid))
