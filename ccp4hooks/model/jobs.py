"""What a job is: states, projects, jobs and the request for one. Paths are absolute."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOBS_FOLDER, JobNumber


class FinishStatus(enum.IntEnum):
    """How a script ended, as the script itself says.

    Source: class attributes of ``CPluginScript``, ccp4i2 3.0.1.
    """

    SUCCEEDED = 0
    FAILED = 1
    RUNNING = 2
    UNSATISFACTORY = 3


class JobStatus(enum.IntEnum):
    """Where a job stands.

    Source: ``ccp4i2.db.models.Job.Status``, ccp4i2 3.0.1.
    """

    UNKNOWN = 0
    PENDING = 1
    QUEUED = 2
    RUNNING = 3
    INTERRUPTED = 4
    FAILED = 5
    FINISHED = 6
    RUNNING_REMOTELY = 7
    FILE_HOLDER = 8
    TO_DELETE = 9
    UNSATISFACTORY = 10

    @classmethod
    def from_finish(cls, finish: FinishStatus | None) -> JobStatus:
        """Return what the status of a job becomes when its script has ended.

        A script that says it is still running when it has returned has not done its work.

        Args:
            finish: What the script says; None if it raised.
        """
        ended = {
            FinishStatus.SUCCEEDED: cls.FINISHED,
            FinishStatus.UNSATISFACTORY: cls.UNSATISFACTORY,
        }
        return cls.FAILED if finish is None else ended.get(finish, cls.FAILED)

    @property
    def finish(self) -> FinishStatus | None:
        """What the script must have said, None where the status does not tell: one that FAILED may have raised."""
        said = {JobStatus.FINISHED: FinishStatus.SUCCEEDED, JobStatus.UNSATISFACTORY: FinishStatus.UNSATISFACTORY}
        return said.get(self)

    @property
    def is_waiting(self) -> bool:
        """Whether the job has not begun to run."""
        return self in (JobStatus.UNKNOWN, JobStatus.PENDING, JobStatus.QUEUED)

    @property
    def is_running(self) -> bool:
        """Whether the job has begun to run and has not ended."""
        return self in (JobStatus.RUNNING, JobStatus.RUNNING_REMOTELY)

    @property
    def is_over(self) -> bool:
        """Whether the job has ended, in whatever way."""
        return self in (JobStatus.INTERRUPTED, JobStatus.FAILED, JobStatus.FINISHED, JobStatus.UNSATISFACTORY)

    @property
    def is_success(self) -> bool:
        """Whether the job has ended with a result, an unsatisfactory one included."""
        return self in (JobStatus.FINISHED, JobStatus.UNSATISFACTORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A CCP4i2 project.

    Attributes:
        name: Unique name.
        directory: Holds ``CCP4_JOBS`` and ``CCP4_IMPORTED_FILES``; may not exist before the first job.
        uuid: As in the database; without one, derived from the directory.
    """

    name: str
    directory: Path
    uuid: UUID

    @property
    def jobs_directory(self) -> Path:
        """Directory of the project's top-level job directories."""
        return self.directory / JOBS_FOLDER

    @property
    def imports_directory(self) -> Path:
        """Directory of the copies of outside files."""
        return self.directory / IMPORTS_FOLDER

    def job_directory(self, number: str) -> Path:
        """Return the directory of the job of that number."""
        return JobNumber(number).directory(self.directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a task in a project.

    Attributes:
        uuid: Identity, the same in the database, the outcome file and ``script._dbJobId``.
        number: ``"12"``, or ``"12.1"`` for a sub-job; empty in `pre_import` of a job not yet opened. A plain text
            becomes a `JobNumber`.
        task: TASKNAME.
        title: For people.
        project: The project it runs in; for a dry run one in a scratch directory.
        directory: ``CCP4_JOBS/job_12/job_1``; before the job is opened, where it is going to be searched for.
        parent_uuid: The job whose script made this one's, None at top level.
        opened_by: The plugin that answered `open_job`; None where the core numbered by directory, so that
            no database knows the job.
        dry_run: Whether nothing is to be kept; no sink is called.
    """

    uuid: UUID
    number: JobNumber
    task: str
    title: str
    project: Project
    directory: Path
    parent_uuid: UUID | None = None
    opened_by: str | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Make the number a `JobNumber`."""
        if type(self.number) is not JobNumber:
            object.__setattr__(self, "number", JobNumber(self.number))

    def file_uuid(self, role: str, parameter: str) -> UUID:
        """Return the identity of this job's file in one parameter, the same at every call.

        Args:
            role: ``"in"`` or ``"out"``.
            parameter: Path of the parameter, for instance ``"outputData.XYZOUT"``.
        """
        return uuid5(self.uuid, f"{role}:{parameter}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What is known of a job before it exists.

    Attributes:
        uuid: The identity the job is to have.
        task: TASKNAME.
        title: For people.
        project: Where to run; created with the first job if it does not exist.
        parent: The parent of a sub-job, else None.
        child_index: N of a sub-job's directory ``job_N`` and number ``"12.N"``; None for the next free one.
        number: The number asked for; None for the next free one.
        owned: Whether the calling process owns the job from now on, so that the job is lost if the process dies. A job
            that is to be run later has no owner: it stays PENDING until somebody claims it, whatever becomes of its
            maker.
        adopted: Whether its directory is there already, and only the books lack it.
        created_at: When it was made, of one that has run already; None for now.
        started_at: When it began to run, of one that has run already; else None.
    """

    uuid: UUID
    task: str
    title: str
    project: Project
    owned: bool
    parent: Job | None = None
    child_index: int | None = None
    number: str | None = None
    adopted: bool = False
    created_at: datetime | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedJob:
    """A job that a process has in hand, or had when it went away.

    Attributes:
        job: The job.
        status: Where it stands according to the books.
        alive: Whether that process is there, or on another machine and has been heard of lately.
        host: Its machine.
        pid: Its number there.
    """

    job: Job
    status: JobStatus
    alive: bool
    host: str
    pid: int


def project_uuid(directory: Path) -> UUID:
    """Return the identity of a project that no database knows, derived from its directory."""
    return uuid5(NAMESPACE_OID, str(directory))
