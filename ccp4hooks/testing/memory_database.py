"""A database plugin that stores everything in memory, for tests."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import replace
from datetime import datetime, timezone
from html import escape
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.model import (
    FileReader,
    ImportedFile,
    Job,
    JobNumber,
    JobStatus,
    JobSummary,
    KnownFile,
    Labels,
    Outcome,
    OwnedJob,
    Project,
    ProjectRecord,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.plugins.markers import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.model import FileQuery, FileUse, GleanedFile, JobQuery, JobRequest, LabelChange


class MemoryDatabase:
    """A plugin that implements the hooks of the ``database`` plugin; pass it to ``hook_session`` or ``run_task``.

    It knows only jobs that were opened through it, and it does not check what it records. This process owns all of its
    jobs, so `recover` never finds a job whose process has died. It has no `clean_up` because it has nothing to repair.

    Attributes:
        jobs: All jobs by UUID.
        statuses: Status of each job.
        recorded: Outcomes of the jobs that have ended.
        waiting: Jobs that were opened but not claimed yet.
        labels: Titles, notes and tags that were changed, by the UUID of the job or the project.
    """

    def __init__(self) -> None:
        self.waiting: set[UUID] = set()
        self.jobs: dict[UUID, Job] = {}
        self.statuses: dict[UUID, JobStatus] = {}
        self.recorded: dict[UUID, Outcome] = {}
        self.labels: dict[UUID, Labels] = {}
        self._created_at: dict[UUID, datetime] = {}
        self._projects: dict[UUID, Project] = {}
        self._uses: dict[UUID, Sequence[FileUse]] = {}
        self._deleted: dict[UUID, list[tuple[dict[UUID, Any], UUID, Any]]] = {}
        self._last_number: dict[UUID, int] = {}

    @hookimpl.init_store
    def init_store(self) -> Sequence[str]:
        """Report that the store needs no initialization."""
        return ("stored in memory; no initialization needed",)

    @hookimpl.require_store
    def require_store(self) -> None:
        """Accept the store, which always exists."""

    @hookimpl.examine
    def examine(self) -> Sequence[str]:
        """Report the number of jobs."""
        return (f"{len(self.jobs)} jobs, stored in memory",)

    @hookimpl.list_projects
    def list_projects(self) -> Sequence[Project]:
        """Return the projects of all jobs, and those without jobs."""
        found = {job.project.uuid: job.project for job in self.jobs.values()} | self._projects
        return tuple(self._named(one) for one in found.values())

    def _named(self, project: Project) -> Project:
        given = self.labels.get(project.uuid)
        return replace(project, name=given.title) if given else project

    @hookimpl.find_project
    def find_project(self, name: str | None, uuid: UUID | None) -> Project | None:
        """Return the project with this name or UUID."""
        return next((one for one in self.list_projects() if one.uuid == uuid or one.name == name), None)

    @hookimpl.move_project
    def move_project(self, project: Project, directory: Path) -> Project | None:
        """Give a project and its jobs a new directory."""
        if self.find_project(None, project.uuid) is None:
            return None
        moved = replace(project, directory=directory)
        for uuid, job in self.jobs.items():
            if job.project.uuid == project.uuid:
                self.jobs[uuid] = replace(job, project=moved, directory=moved.job_directory(job.number))
        for uuid, outcome in self.recorded.items():
            if outcome.job.project.uuid == project.uuid:
                self.recorded[uuid] = outcome_file.in_directory(outcome, directory)
        return moved

    @hookimpl.read_outcomes
    def read_outcomes(self, project: Project, number: str | None) -> Sequence[Outcome] | None:
        """Return the outcomes of all jobs of a project, ended or not, or None for an unknown project."""
        if self.find_project(None, project.uuid) is None:
            return None
        found = [self._outcome(job) for job in self.jobs.values() if job.project.uuid == project.uuid]
        mine = [one for one in found if number in (None, one.job.number) or one.job.number.is_below(str(number))]
        return sorted(mine, key=lambda one: one.job.number.parts)

    def _outcome(self, job: Job) -> Outcome:
        begun = Outcome(job=job, status=self.statuses[job.uuid], created_at=self._created_at[job.uuid])
        found = self.recorded.get(job.uuid, begun)
        titled = replace(found.job, title=self._labels(job).title, project=self._named(found.job.project))
        return replace(found, job=titled)

    @hookimpl.query_jobs
    def query_jobs(self, query: JobQuery) -> Sequence[JobSummary] | None:
        """Return the jobs that a query asks for."""
        if query.project is not None and self.find_project(None, query.project.uuid) is None:
            return None
        return query.select([self._summary(job) for job in self.jobs.values()])

    def _summary(self, job: Job) -> JobSummary:
        outcome, labels = self._outcome(job), self._labels(job)
        return JobSummary(
            job=outcome.job,
            status=outcome.status,
            created_at=outcome.created_at,
            started_at=outcome.started_at,
            finished_at=outcome.finished_at,
            note=labels.note,
            tags=labels.tags,
            kpis=outcome.kpis,
        )

    @hookimpl.find_unchanged
    def find_unchanged(self, project: Project, fingerprint: str) -> Sequence[Job] | None:
        """Return the FINISHED jobs of a project with a fingerprint, the latest first."""
        if self.find_project(None, project.uuid) is None:
            return None
        found = [
            one
            for one in self.read_outcomes(project, None) or ()
            if one.status is JobStatus.FINISHED and one.provenance.fingerprint == fingerprint
        ]
        return [one.job for one in reversed(found)]

    @hookimpl.create_project
    def create_project(self, project: Project) -> Project:
        """Store a project without jobs."""
        for one in self.list_projects():
            if project.name == one.name or project.directory == one.directory:
                raise BadInputError(f"There is a project {one.name!r} in {one.directory} already.")
        self._projects[project.uuid] = project
        return project

    @hookimpl.export_project
    def export_project(self, project: Project, numbers: Sequence[str] | None) -> ProjectRecord | None:
        """Return the outcomes and the labels of a project."""
        known = self.find_project(None, project.uuid)
        if known is None:
            return None
        outcomes = [
            one for one in self.read_outcomes(known, None) or () if numbers is None or one.job.number.top in numbers
        ]
        subjects = [known.uuid, *(one.job.uuid for one in outcomes)]
        rows = {"outcomes": outcomes, "labels": [self.labels[one] for one in subjects if one in self.labels]}
        xml = (
            f"<database><ccp4i2_header><projectId>{known.uuid}</projectId></ccp4i2_header><ccp4i2_body><projectTable>"
            f"<project projectid='{known.uuid}' projectname='{escape(known.name)}'/></projectTable></ccp4i2_body>"
            "</database>"
        )
        return ProjectRecord(xml=xml.encode(), rows=outcome_file.to_json(rows))

    @hookimpl.import_project
    def import_project(self, project: Project, record: ProjectRecord, outcomes: Sequence[Outcome]) -> Sequence[str]:
        """Store the outcomes and the labels of a project, or those of the outcome files."""
        for one in self.list_projects():
            if project.uuid == one.uuid or project.name == one.name or project.directory == one.directory:
                raise BadInputError(f"There is a project {one.name!r} in {one.directory} already.")
        self._projects[project.uuid] = project
        rows = record.rows or {}
        given = [outcome_file.from_json(one, Outcome) for one in rows.get("outcomes", ())]
        for outcome in [outcome for outcome in given if outcome] or outcomes:
            moved = outcome_file.in_project_named(outcome_file.in_directory(outcome, project.directory), project.name)
            self.jobs[moved.job.uuid], self.statuses[moved.job.uuid] = moved.job, moved.status
            self._created_at[moved.job.uuid] = moved.created_at
            if moved.status.is_over:
                self.recorded[moved.job.uuid] = moved
        for labels in [outcome_file.from_json(one, Labels) for one in rows.get("labels", ())]:
            if labels is not None:
                self.labels[labels.uuid] = replace(
                    labels, title=project.name if labels.uuid == project.uuid else labels.title
                )
        return ()

    @hookimpl.change_labels
    def change_labels(self, subject: Job | Project, change: LabelChange) -> Labels | None:
        """Change the labels of a job or a project."""
        if subject.uuid not in self.jobs and self.find_project(None, subject.uuid) is None:
            return None
        old = self._labels(subject)
        missing = [tag for tag in change.remove_tags if tag not in old.tags]
        if missing:
            raise UnknownNameError("tag", missing[0], old.tags)
        self.labels[subject.uuid] = replace(
            old,
            title=old.title if change.title is None else change.title,
            note=old.note if change.note is None else change.note,
            tags=tuple(sorted(({*old.tags} - {*change.remove_tags}) | {*change.add_tags})),
        )
        return self.labels[subject.uuid]

    def _labels(self, subject: Job | Project) -> Labels:
        title = subject.name if isinstance(subject, Project) else subject.title
        return self.labels.get(subject.uuid, Labels(uuid=subject.uuid, title=title))

    @hookimpl.read_labels
    def read_labels(self, uuids: Sequence[UUID]) -> Sequence[Labels]:
        """Return the labels of jobs and projects."""
        subjects: list[Job | Project] = [*self.jobs.values(), *self.list_projects()]
        return [self._labels(one) for one in subjects if one.uuid in uuids]

    @hookimpl.find_file
    def find_file(self, query: FileQuery) -> KnownFile | None:
        """Return the recorded file that matches a query."""
        for outcome in self.read_outcomes(query.project, None) or ():
            files: tuple[ImportedFile | GleanedFile, ...] = (*outcome.files, *outcome.imported)
            for file in files:
                written = file in outcome.files and outcome.job.number == query.job_number
                by_job = written and file.parameter.partition(".")[2] == query.parameter
                if by_job or file.uuid == query.uuid or file.path == query.path:
                    return _known(file, outcome.job)
        return None

    @hookimpl.open_job
    def open_job(self, request: JobRequest) -> Job:
        """Open a job under the requested number, or else under the next number of its project or parent."""
        parent = request.parent.number if request.parent else None
        own = [job.number for job in self.jobs.values() if job.project.uuid == request.project.uuid]
        used = [n.parts[-1] for n in own if n.parent == parent]
        used += [] if parent else [self._last_number.get(request.project.uuid, 0)]
        index = request.child_index or 1 + max(used, default=0)
        number = JobNumber(request.number or (parent.child(index) if parent else index))
        if number in own:
            raise BadInputError(f"The project {request.project.name!r} already has a job {number}.")
        job = Job(
            uuid=request.uuid,
            number=number,
            task=request.task,
            title=request.title,
            project=request.project,
            directory=request.project.job_directory(number),
            parent_uuid=request.parent.uuid if request.parent else None,
            opened_by="MemoryDatabase",
        )
        self.jobs[job.uuid], self.statuses[job.uuid] = job, JobStatus.PENDING
        self._created_at[job.uuid] = request.created_at or datetime.now(timezone.utc)
        if not request.owned:
            self.waiting.add(job.uuid)
        return job

    @hookimpl.claim_job
    def claim_job(self, uuid: UUID, again: bool) -> Job | None:  # noqa: FBT001 - hooks take positional arguments
        """Claim a waiting job, or one that has ended if it is to run again."""
        if uuid not in self.jobs:
            return None
        status = self.statuses[uuid]
        if status is not JobStatus.PENDING and not (again and uuid in self.recorded):
            raise BadInputError(f"Job {self.jobs[uuid].number} is {status.name} and cannot be claimed.")
        self.waiting.discard(uuid)
        self.recorded.pop(uuid, None)
        self.statuses[uuid] = JobStatus.RUNNING
        return self.jobs[uuid]

    @hookimpl.cancel_job
    def cancel_job(self, uuid: UUID) -> Job | None:
        """Mark a job that waits, or that runs remotely, as INTERRUPTED."""
        if uuid not in self.waiting and self.statuses.get(uuid) is not JobStatus.RUNNING_REMOTELY:
            return None
        self.waiting.discard(uuid)
        self.statuses[uuid] = JobStatus.INTERRUPTED
        return self.jobs[uuid]

    @hookimpl.find_readers
    def find_readers(self, project: Project, files: Sequence[UUID]) -> Sequence[FileReader] | None:
        """Return the jobs that read certain files, as far as they have begun to run."""
        if self.find_project(None, project.uuid) is None:
            return None
        return [
            FileReader(job=job, status=self.statuses[uuid], file_uuid=file)
            for uuid, job in self.jobs.items()
            for file in sorted(self._files_read(uuid).intersection(files))
        ]

    def _files_read(self, job: UUID) -> set[UUID]:
        ended = self.recorded.get(job)
        if ended is None:
            return {use.file_uuid for use in self._uses.get(job, ())}
        return {use.file_uuid for use in ended.uses} | {file.uuid for file in ended.imported if file.reused}

    @hookimpl.save_job
    def save_job(self, job: Job) -> bytes | None:
        """Return bytes that change with the labels of a job; what is stored of it stays in memory."""
        mine = self._with_sub_jobs(job.uuid)
        return json.dumps({str(uuid): repr(self.labels.get(uuid)) for uuid in mine}).encode() if mine else None

    def _with_sub_jobs(self, uuid: UUID) -> list[UUID]:
        below = [one for one, job in self.jobs.items() if job.parent_uuid == uuid]
        return [uuid, *(more for one in below for more in self._with_sub_jobs(one))] if uuid in self.jobs else []

    @hookimpl.delete_job
    def delete_job(self, job: Job, saved: bytes) -> bool | None:
        """Take a job and its sub-jobs out of the store, and keep them for `restore_job`."""
        mine = self._with_sub_jobs(job.uuid)
        if not mine or self.save_job(job) != saved:
            return False if mine else None
        for uuid, status in self.statuses.items():
            prepared = (
                status is JobStatus.PENDING and uuid not in self.waiting and not self.jobs[uuid].number.is_sub_job
            )
            if (uuid in mine and (status.is_running or status is JobStatus.QUEUED)) or prepared:
                raise BadInputError(f"Job {self.jobs[uuid].number} is {status.name}. Wait until it has ended.")
        stores = (self.jobs, self.statuses, self.recorded, self.labels, self._created_at)
        self._deleted[job.uuid] = [(store, uuid, store[uuid]) for store in stores for uuid in mine if uuid in store]
        for store, uuid, _ in self._deleted[job.uuid]:
            del store[uuid]
        self.waiting.difference_update(mine)
        last = self._last_number.get(job.project.uuid, 0)
        self._last_number[job.project.uuid] = max(last, job.number.parts[0])
        return True

    @hookimpl.restore_job
    def restore_job(self, job: Job) -> bool | None:
        """Store a deleted job and its sub-jobs again."""
        if job.uuid in self.jobs:
            return True
        for store, uuid, value in self._deleted.get(job.uuid, ()):
            store[uuid] = value
        return True if self._deleted.pop(job.uuid, None) else None

    @hookimpl.find_held
    def find_held(self, project: Project | None) -> Sequence[OwnedJob]:
        """Return the claimed jobs that have not ended and do not run remotely. This process owns all of them."""
        return [
            OwnedJob(
                job=job, status=self.statuses[uuid], alive=True, host=platform.node(), pid=os.getpid(), reachable=True
            )
            for uuid, job in self.jobs.items()
            if uuid not in self.recorded and uuid not in self.waiting and project in (None, job.project)
            if self.statuses[uuid] is not JobStatus.RUNNING_REMOTELY
        ]

    @hookimpl.find_import
    def find_import(self, job: Job, md5: str, file_type: str) -> KnownFile | None:
        """Return an earlier import of the same content in the project."""
        for outcome in self.read_outcomes(job.project, None) or ():
            for file in outcome.imported:
                if (file.md5, file.file_type) == (md5, file_type):
                    return _known(file, outcome.job)
        return None

    @hookimpl.job_status
    def job_status(self, job: Job, new: JobStatus, uses: Sequence[FileUse]) -> None:
        """Store the new status of a job, and the recorded files that it reads."""
        self.statuses[job.uuid] = new
        self._uses[job.uuid] = uses

    @hookimpl.job_withdrawn
    def job_withdrawn(self, job: Job) -> None:
        """Remove a withdrawn job."""
        self.jobs.pop(job.uuid, None)
        self.waiting.discard(job.uuid)
        self.statuses.pop(job.uuid, None)
        self.labels.pop(job.uuid, None)

    @hookimpl.job_finished
    def job_finished(self, job: Job, outcome: Outcome) -> None:
        """Store the outcome of a job."""
        self.jobs[job.uuid], self.statuses[job.uuid] = job, outcome.status
        self.recorded[job.uuid] = outcome


def _known(file: ImportedFile | GleanedFile, job: Job) -> KnownFile:
    known = KnownFile(
        uuid=file.uuid,
        path=file.path,
        file_type=file.file_type,
        parameter=file.parameter.partition(".")[2],
        content_flag=file.content_flag,
        sub_type=file.sub_type,
        annotation=file.annotation,
        job_number=job.number,
    )
    return replace(known, md5=file.md5) if isinstance(file, ImportedFile) else known
