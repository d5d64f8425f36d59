"""What is deleted with a job, and what the trash of a project contains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ccp4hooks.model.jobs import Job, JobStatus
from ccp4hooks.model.numbers import JobNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReader:
    """A job that reads a recorded file.

    Attributes:
        job: The job. It may be running.
        status: Status of the job.
        file_uuid: UUID of the file.
    """

    job: Job
    status: JobStatus
    file_uuid: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedImport:
    """An imported file that stays in the project although the job that imported it is deleted.

    Attributes:
        path: The file.
        job: Number of the job that reads it, too, and keeps it.
    """

    path: Path
    job: JobNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What the deletion of a top-level job does.

    Attributes:
        job: The job.
        status: Status of the job.
        sub_jobs: Its sub-jobs, which are deleted with it.
        directory_exists: Whether the job has a directory.
        files: Number of files in its directory, and of `imports`.
        size_bytes: Space that these files occupy [byte].
        imports: Files that it has imported and that no other job reads: they go into the trash, too.
        shared: Files that it has imported and that another job reads: they stay.
        read_by: Top-level jobs that read its outputs.
        needed_by: Those of them that are not deleted with it.
    """

    job: Job
    status: JobStatus
    sub_jobs: tuple[Job, ...] = ()
    directory_exists: bool = True
    files: int = 0
    size_bytes: int = 0
    imports: tuple[Path, ...] = ()
    shared: tuple[SharedImport, ...] = ()
    read_by: tuple[JobNumber, ...] = ()
    needed_by: tuple[JobNumber, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashedJob:
    """A deleted job in the trash of its project.

    Attributes:
        uuid: UUID of the job.
        number: Number of the job. No other job gets it.
        task: TASKNAME.
        title: Title for display.
        status: Status of the job when it was deleted.
        deleted_at: When it was deleted (UTC).
        deleted_by: The user who has deleted it.
        sub_jobs: Numbers of its sub-jobs.
        files: Number of files in its directory, and of `imports`.
        size_bytes: Space that these files occupy [byte].
        imports: Files that it has imported, relative to the directory of imports.
        shared: Files that it has imported and that another job has kept, or taken into the trash with it, relative to
            the same directory.
        owns: UUIDs of the recorded files that were deleted with it.
        needs: UUIDs of other recorded files that it reads, or that it has imported and another job has kept.
        recorded: Whether a database has recorded it; `restore_job` of the plugin brings it back.
        had_directory: Whether it had a directory when it was deleted.
    """

    uuid: UUID
    number: JobNumber
    task: str
    title: str
    status: JobStatus
    deleted_at: datetime
    deleted_by: str
    sub_jobs: tuple[JobNumber, ...] = ()
    files: int = 0
    size_bytes: int = 0
    imports: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    owns: tuple[UUID, ...] = ()
    needs: tuple[UUID, ...] = ()
    recorded: bool = True
    had_directory: bool = True
