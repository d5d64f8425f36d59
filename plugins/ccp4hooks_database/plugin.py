"""`DatabasePlugin`: the hooks of the plugin, each a call into a module of `repository` in one transaction.

The modules that need Django are imported inside the hooks: Django takes a quarter of a second to start.
"""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from ccp4hooks import Job, JobStatus, Problem, Severity, StoreError, hookimpl
from ccp4hooks_database import versions
from ccp4hooks_database.heartbeat import Heartbeat, period_s
from ccp4hooks_database.settings import DatabaseSettings
from ccp4hooks_database.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks import (
        Attempt,
        Ccp4HooksError,
        ImportedFile,
        JobSummary,
        KnownFile,
        Labels,
        Outcome,
        Project,
        Settings,
    )
    from ccp4hooks.store import (
        FileQuery,
        FileReader,
        FileUse,
        JobQuery,
        JobRequest,
        LabelChange,
        OwnedJob,
        ProjectRecord,
    )
    from ccp4hooks_database.connection.store import Store


class DatabasePlugin:
    """The database of one session.

    Args:
        own: The plugin's own settings; None for those in the table ``[plugins.database]``.

    Attributes:
        snapshots: The snapshots of projects that CCP4i2 3.1 writes after a job.
    """

    ccp4hooks_settings = DatabaseSettings

    def __init__(self, own: DatabaseSettings | None = None) -> None:
        self._settings: Settings | None = None
        self._given = own
        self._own = own or DatabaseSettings()
        self._store: Store | None = None
        self._lock = Lock()
        self._heartbeat = Heartbeat(self._heartbeat_settings, self._beat, lambda: period_s(self._own.silence_s))
        self._started: set[UUID] = set()
        self._taken_over: set[UUID] = set()
        self.snapshots = Snapshots(self._write_snapshot)

    @hookimpl.configure
    def configure(self, settings: Settings) -> None:
        """Accept the settings; the database is not opened."""
        self._settings = settings
        self._own = self._given or settings.plugin("database", DatabaseSettings)
        self._store = None

    def store(self) -> Store:
        """Return the only store of the session; the first call starts Django.

        Raises:
            StoreError: The plugin was not configured, or the settings name no database that CCP4i2 can use.
        """
        with self._lock:
            if self._settings is None:
                raise StoreError("The database plugin was used before it was configured. Call `configure` first.")
            if self._store is None:
                from ccp4hooks_database.connection.url import chosen_target  # noqa: PLC0415 - start-up time

                target = chosen_target(self._settings.database, self._own.wait_s)
                from ccp4hooks_database.connection.store import Store  # noqa: PLC0415 - start-up time

                self._store = Store.opened(target, self._own)
            return self._store

    def _chosen_store(self) -> Store:
        """Return the store, unless it would be an empty one while another version of CCP4i2 has one with jobs."""
        store = self.store()
        path = store.target.path
        if path is not None and not path.exists():
            from ccp4hooks_database.server import homes  # noqa: PLC0415 - start-up time

            homes.require_choice(path)
        return store

    @hookimpl.init_store
    def init_store(self) -> Iterable[str]:
        """Create the database, or upgrade it to the current schema."""
        store = self.store()
        found, done = store.upgrade()
        from ccp4hooks_database.repository import after_upgrade  # noqa: PLC0415 - needs Django

        lines = [*done, *store.write(after_upgrade.tidied)]
        return lines + (store.read(after_upgrade.running) or [] if found.missing else [])

    @hookimpl.close_session
    def close_session(self) -> None:
        """Wait for the last snapshot, end the process of the heartbeats, and close the idle connections."""
        self.snapshots.close()
        self._heartbeat.close()
        if self._store is not None:
            self._store.close()

    @hookimpl.require_store
    def require_store(self) -> None:
        """Check that the database exists and can be read; one that no setting names may be missing until it is used."""
        self.store().require_readable(named=self._is_named)

    @property
    def _is_named(self) -> bool:
        return self._settings is not None and self._settings.database is not None

    @hookimpl.examine
    def examine(self) -> Iterable[str | Ccp4HooksError]:
        """Check the database, and report whether CCP4i2's own processes run their jobs through ccp4hooks."""
        from ccp4hooks_database.server import doctor  # noqa: PLC0415 - start-up time

        return [*doctor.database(self.store, named=self._is_named), *doctor.settings_module()]

    @hookimpl.ccp4i2_server
    def ccp4i2_server(self) -> Callable[..., Awaitable[None]]:
        """Return CCP4i2's web application, with the settings that close it, for the database of this session."""
        if self._settings is None:
            raise StoreError("The database plugin was used before it was configured. Call `configure` first.")
        from ccp4hooks_database.server.application import application  # noqa: PLC0415 - starts Django

        return application(self._settings)

    @hookimpl.list_projects
    def list_projects(self) -> Sequence[Project] | None:
        """Return all recorded projects, oldest first; None if the database does not exist yet."""
        store = self._chosen_store()
        from ccp4hooks_database.repository import read  # noqa: PLC0415 - needs Django

        return store.read(read.list_projects)

    @hookimpl.find_project
    def find_project(self, name: str | None, uuid: UUID | None) -> Project | None:
        """Return the recorded project of that name or UUID."""
        store = self._chosen_store()
        from ccp4hooks_database.repository import read  # noqa: PLC0415 - needs Django

        return store.read(lambda: read.find_project(name, uuid))

    @hookimpl.move_project
    def move_project(self, project: Project, directory: Path) -> Project | None:
        """Record the new directory of a project."""
        store = self.store()
        from ccp4hooks_database.repository import moving  # noqa: PLC0415 - needs Django

        known = store.read(lambda: moving.is_recorded(project))
        moved = store.write(lambda: moving.move_project(project, directory)) if known else None
        if moved is not None:
            self._request_snapshot(project.uuid)
        return moved

    @hookimpl.create_project
    def create_project(self, project: Project) -> Project | None:
        """Record a project without jobs; the first one creates the database."""
        store = self._chosen_store()
        from ccp4hooks_database.repository import labels  # noqa: PLC0415 - needs Django

        made = store.write(lambda: labels.create_project(project), create=True)
        self._request_snapshot(made.uuid)
        return made

    @hookimpl.export_project
    def export_project(self, project: Project, numbers: Sequence[str] | None) -> ProjectRecord | None:
        """Return the record of a project; None if it is not recorded."""
        store = self.store()
        from ccp4hooks_database.repository import exporting  # noqa: PLC0415 - needs Django

        return store.read(lambda: exporting.export_record(project, numbers))

    @hookimpl.import_project
    def import_project(self, project: Project, record: ProjectRecord, outcomes: Sequence[Outcome]) -> Sequence[str]:
        """Record a project with all its jobs in one transaction; the first one creates the database."""
        store = self._chosen_store()
        from ccp4hooks_database.repository import importing  # noqa: PLC0415 - needs Django

        problems = store.write(lambda: importing.import_record(project, record, outcomes), create=True)
        self._request_snapshot(project.uuid)
        return problems

    @hookimpl.change_labels
    def change_labels(self, subject: Job | Project, change: LabelChange) -> Labels | None:
        """Change the title, the note and the tags of a job or a project."""
        store = self.store()
        from ccp4hooks_database.repository import labels  # noqa: PLC0415 - needs Django

        known = store.read(lambda: labels.read([subject.uuid]))
        changed = store.write(lambda: labels.change(subject, change)) if known else None
        if changed is not None:
            self._request_snapshot((subject.project if isinstance(subject, Job) else subject).uuid)
        return changed

    @hookimpl.read_labels
    def read_labels(self, uuids: Sequence[UUID]) -> Sequence[Labels] | None:
        """Return the titles, notes and tags of jobs and projects."""
        store = self.store()
        from ccp4hooks_database.repository import labels  # noqa: PLC0415 - needs Django

        return store.read(lambda: labels.read(uuids))

    @hookimpl.read_outcomes
    def read_outcomes(self, project: Project, number: str | None) -> Sequence[Outcome] | None:
        """Return the recorded outcomes of a project's jobs; None if the project is not recorded."""
        store = self.store()
        from ccp4hooks_database.repository import read  # noqa: PLC0415 - needs Django

        return store.read(lambda: read.read_outcomes(project, number))

    @hookimpl.read_active
    def read_active(self, project: Project, since: datetime) -> Sequence[Outcome] | None:
        """Return the recorded outcomes of the jobs that have not ended, or that have ended lately."""
        store = self.store()
        from ccp4hooks_database.repository import read  # noqa: PLC0415 - needs Django

        return store.read(lambda: read.read_active(project, since))

    @hookimpl.query_jobs
    def query_jobs(self, query: JobQuery) -> Sequence[JobSummary] | None:
        """Return the recorded jobs that a query asks for; None if its project is not recorded."""
        store = self.store()
        from ccp4hooks_database.repository import queries  # noqa: PLC0415 - needs Django

        return store.read(lambda: queries.query_jobs(query))

    @hookimpl.find_unchanged
    def find_unchanged(self, project: Project, fingerprint: str) -> Sequence[Job] | None:
        """Return the FINISHED jobs of a project that have a fingerprint."""
        store = self.store()
        from ccp4hooks_database.repository import queries  # noqa: PLC0415 - needs Django

        return store.read(lambda: queries.find_unchanged(project, fingerprint))

    @hookimpl.find_file
    def find_file(self, query: FileQuery) -> KnownFile | None:
        """Return the recorded file that matches the query."""
        store = self.store()
        from ccp4hooks_database.repository import files  # noqa: PLC0415 - needs Django

        return store.read(lambda: files.find_file(query))

    @hookimpl.open_job
    def open_job(self, request: JobRequest) -> Job | None:
        """Give a job its number and record it; the first top-level job creates the database."""
        store = self._chosen_store()
        from ccp4hooks_database.repository import attempts, opening  # noqa: PLC0415 - needs Django

        # The parent of a sub-job is recorded in a database. If that file is missing now, a new one must not replace it.
        opens = attempts.open_job if request.engine else opening.open_job
        job = store.write(lambda: opens(request), create=request.parent is None)
        if request.owned and not request.replayed:
            self._heartbeat.add(job.uuid, runs=False)
        return job

    @hookimpl.claim_job
    def claim_job(
        self,
        uuid: UUID,
        again: bool,  # noqa: FBT001 - hooks take positional arguments
        attempt: int | None,
    ) -> Job | None:
        """Claim a job that was opened earlier."""
        store = self.store()
        from ccp4hooks_database.repository import attempts, opening  # noqa: PLC0415 - needs Django

        known = store.read(lambda: opening.is_recorded(uuid))
        begins = None if attempt is None else partial(attempts.begin, number=attempt)
        job = store.write(lambda: opening.claim_job(uuid, again=again, begins=begins)) if known else None
        if job is not None:
            self._taken_over.discard(uuid)
            self._heartbeat.add(uuid, runs=False)
        return job

    @hookimpl.reopen_job
    def reopen_job(self, uuid: UUID) -> Job | None:
        """Take over a job that has FAILED, was INTERRUPTED, or was opened to run later."""
        store = self.store()
        from ccp4hooks_database.repository import attempts, opening  # noqa: PLC0415 - needs Django

        known = store.read(lambda: opening.is_recorded(uuid))
        job = store.write(lambda: attempts.reopen(uuid)) if known else None
        if job is not None:
            self._taken_over.discard(uuid)
            self._heartbeat.add(uuid, runs=False)
        return job

    @hookimpl.save_attempt
    def save_attempt(self, attempt: Attempt) -> bool | None:
        """Record an attempt, or the key with which its engine has accepted it."""
        store = self.store()
        from ccp4hooks_database.repository import attempts  # noqa: PLC0415 - needs Django

        if attempt.key:
            # Nobody else knows the key.
            self._leave(attempt.job.uuid)
        else:
            # If this process ends the job, it must not end one that the engine runs nevertheless.
            self._started.add(attempt.job.uuid)
        return store.write(lambda: attempts.save(attempt), patient=bool(attempt.key)) or None

    @hookimpl.note_running
    def note_running(self, attempt: Attempt, pid: int, silent_s: float) -> bool | None:
        """Record that a machine without the database runs an attempt."""
        store = self.store()
        from ccp4hooks_database.repository import attempts  # noqa: PLC0415 - needs Django

        return store.write(lambda: attempts.note_running(attempt, pid, silent_s)) or None

    @hookimpl.read_attempts
    def read_attempts(self, uuids: Sequence[UUID]) -> Sequence[Attempt] | None:
        """Return all attempts of jobs."""
        store = self.store()
        from ccp4hooks_database.repository import attempts  # noqa: PLC0415 - needs Django

        return store.read(lambda: attempts.read(uuids))

    @hookimpl.find_attempts
    def find_attempts(self, project: Project | None, fingerprint: str) -> Sequence[Attempt] | None:
        """Return the latest attempts of jobs."""
        store = self.store()
        from ccp4hooks_database.repository import attempts  # noqa: PLC0415 - needs Django

        return store.read(lambda: attempts.find(project, fingerprint))

    @hookimpl.cancel_job
    def cancel_job(self, uuid: UUID) -> Job | None:
        """Mark a job that waits, or that runs remotely, as INTERRUPTED."""
        store = self.store()
        from ccp4hooks_database.repository import opening  # noqa: PLC0415 - needs Django

        known = store.read(lambda: opening.is_recorded(uuid))
        return store.write(lambda: opening.cancel_job(uuid)) if known else None

    @hookimpl.find_readers
    def find_readers(self, project: Project, files: Sequence[UUID]) -> Sequence[FileReader] | None:
        """Return the jobs that read certain files."""
        store = self.store()
        from ccp4hooks_database.repository import deletion  # noqa: PLC0415 - needs Django

        return store.read(lambda: deletion.find_readers(project, files))

    @hookimpl.save_job
    def save_job(self, job: Job) -> bytes | None:
        """Return the rows of a job and its sub-jobs as a text."""
        store = self.store()
        from ccp4hooks_database.repository import deletion  # noqa: PLC0415 - needs Django

        return store.read(lambda: deletion.save(job))

    @hookimpl.delete_job
    def delete_job(self, job: Job, saved: bytes) -> bool | None:
        """Delete the rows of a job and its sub-jobs in one transaction."""
        store = self.store()
        from ccp4hooks_database.repository import deletion  # noqa: PLC0415 - needs Django

        done = store.write(lambda: deletion.delete(job, saved, self._own.silence_s))
        if done:
            self._request_snapshot(job.project.uuid)
        return done

    @hookimpl.restore_job
    def restore_job(self, job: Job, saved: bytes) -> bool | None:
        """Insert the rows of a deleted job again in one transaction."""
        store = self.store()
        from ccp4hooks_database.repository import deletion  # noqa: PLC0415 - needs Django

        done = store.write(lambda: deletion.restore(job, saved))
        if done:
            self._request_snapshot(job.project.uuid)
        return done

    @hookimpl.find_held
    def find_held(self, project: Project | None) -> Sequence[OwnedJob] | None:
        """Return the jobs that have an owner and have not ended."""
        store = self.store()
        from ccp4hooks_database.repository import owners  # noqa: PLC0415 - needs Django

        return store.read(lambda: owners.find_owned(project, self._own.silence_s))

    @hookimpl.take_over_job
    def take_over_job(self, owned: OwnedJob) -> bool:
        """Make this process the owner of a job whose process has died."""
        store = self.store()
        from ccp4hooks_database.repository import owners  # noqa: PLC0415 - needs Django

        done = store.write(lambda: owners.take_over(owned))
        if done:
            self._taken_over.add(owned.job.uuid)
            self._heartbeat.add(owned.job.uuid, runs=False)
        return done

    def _beat(self) -> None:
        store = self.store()
        from ccp4hooks_database.repository import owners  # noqa: PLC0415 - needs Django

        store.write(owners.record_heartbeat)

    def _heartbeat_settings(self) -> Mapping[str, object] | None:
        store = self.store()
        from ccp4hooks_database.repository import owners  # noqa: PLC0415 - needs Django

        return owners.heartbeat_settings(store.target)

    def _request_snapshot(self, project: UUID) -> None:
        if not versions.writes_snapshots():
            return
        from ccp4hooks_database.connection import django_setup  # noqa: PLC0415 - needs Django

        if django_setup.is_replaced() and django_setup.is_bound_to_thread():
            self.snapshots.write(project)
        else:
            self.snapshots.request(project)

    def _write_snapshot(self, project: UUID) -> None:
        store = self.store()
        from ccp4hooks_database.connection.url import chosen_target  # noqa: PLC0415 - start-up time

        # CCP4i2 finds lost projects by the list, and would find only those of another database, such as the demo's.
        own = store.target.entry == chosen_target(None, self._own.wait_s).entry
        store.read(lambda: versions.write_snapshot(project, update_list=own))

    @hookimpl.pre_import
    def pre_import(self, job: Job, script: Any) -> Iterable[Problem]:
        """Copy imported files that were deleted back from their sources, if CCP4i2 can; report those that are lost."""
        if job.dry_run or not versions.restores_imports():
            return ()
        lost = self.store().read(lambda: versions.restore_imports(script)) or ()
        return [Problem(severity=Severity.WARNING, message=reason) for reason in lost]

    @hookimpl.find_import
    def find_import(self, job: Job, md5: str, file_type: str) -> KnownFile | None:
        """Return the project's earlier import of the same content."""
        store = self.store()
        from ccp4hooks_database.repository import files  # noqa: PLC0415 - needs Django

        return store.read(lambda: files.find_import(job, md5, file_type))

    @hookimpl.job_status
    def job_status(self, job: Job, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> None:
        """Record a change of status, and which files a job reads that begins to run or waits for an engine."""
        store = self.store()
        from ccp4hooks_database.repository import opening, record  # noqa: PLC0415 - needs Django

        def begin() -> None:
            job_pk = opening.set_status(job, new)
            if uses:
                record.begin(job_pk, uses)

        if new is JobStatus.QUEUED:
            # `save_attempt` makes it QUEUED when an engine has accepted it.
            store.write(lambda: record.wait(job, uses, imported))
            return
        if new is JobStatus.RUNNING_REMOTELY:
            # As in `job_finished`: this process does nothing more for the job.
            store.write(begin, patient=self._leave(job.uuid))
            return
        # The job runs even if its status cannot be recorded. Without heartbeats it would be taken for interrupted.
        self._heartbeat.add(job.uuid, runs=True)
        self._started.add(job.uuid)
        store.write(begin)

    @hookimpl.job_withdrawn
    def job_withdrawn(self, job: Job, new_project: bool) -> None:  # noqa: FBT001 - hooks take positional arguments
        """Delete a job that never ran, and its project if the project was created for it."""
        store = self.store()
        from ccp4hooks_database.repository import opening  # noqa: PLC0415 - needs Django

        self._leave(job.uuid)
        store.write(lambda: opening.withdraw(job, new_project=new_project))

    def _leave(self, job: UUID) -> bool:
        """Give no more signs of life for a job, and return whether this process has run it."""
        self._heartbeat.remove(job)
        was_run_here = job in self._started
        self._started.discard(job)
        return was_run_here

    @hookimpl.job_finished
    def job_finished(self, job: Job, outcome: Outcome) -> None:
        """Record the outcome of a job in one transaction."""
        store = self.store()
        from ccp4hooks_database.repository import record  # noqa: PLC0415 - needs Django

        # Only a job that this process has run waits for an unreachable database: an outcome that is recovered or
        # replayed is on disk already, and a user may be waiting to learn whether a new job can start.
        was_run_here = self._leave(job.uuid)
        by = record.By.RUNNER if was_run_here else record.By.ANYONE
        if job.uuid in self._taken_over:
            self._taken_over.discard(job.uuid)
            by = record.By.RECOVERY
        store.write(lambda: record.record(job, outcome, by), patient=was_run_here)
        if job.task == versions.RECEIPTS:
            store.write(lambda: versions.record_campaign_events(job.uuid))
        if job.parent_uuid is None:
            self._request_snapshot(job.project.uuid)
