"""Projects and jobs, the statuses of a job, and the request for a job. Paths are absolute, times in UTC."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, UUID, uuid5
from weakref import WeakMethod

from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOBS_FOLDER, JobNumber

if TYPE_CHECKING:
    from collections.abc import Callable


class FinishStatus(enum.IntEnum):
    """The status that a script reports when it ends.

    With `MARK_TO_DELETE` a script reports that it has made nothing worth keeping. With `DISPATCHED` it reports that its
    program runs on another machine: the job has not ended, and CCP4i2 runs the script again when the program has ended.

    Source: class attributes of ``CPluginScript``, ccp4i2 3.1.0a105; 3.0.1 has the first four.
    """

    SUCCEEDED = 0
    FAILED = 1
    RUNNING = 2
    UNSATISFACTORY = 3
    INTERRUPTED = 4
    MARK_TO_DELETE = 5
    DISPATCHED = 6

    @classmethod
    def from_report(cls, reported: object) -> FinishStatus | None:
        """Return the status that a script has reported, or None if there is no such status.

        Args:
            reported: The number of the status, or its name, which some scripts report with that of their class.

        >>> FinishStatus.from_report(3), FinishStatus.from_report("CPluginScript.INTERRUPTED")
        (<FinishStatus.UNSATISFACTORY: 3>, <FinishStatus.INTERRUPTED: 4>)
        >>> FinishStatus.from_report(99) is None
        True
        """
        if isinstance(reported, str):
            return cls.__members__.get(reported.rpartition(".")[2])
        return cls(reported) if isinstance(reported, int) and reported in set(cls) else None


class JobStatus(enum.IntEnum):
    """The status of a job.

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
        """Return the status of a job whose script has returned.

        A script that has returned and still reports `RUNNING` has failed.

        Args:
            finish: The status that the script reported; None if it raised an exception.
        """
        ended = {
            FinishStatus.SUCCEEDED: cls.FINISHED,
            FinishStatus.UNSATISFACTORY: cls.UNSATISFACTORY,
            FinishStatus.INTERRUPTED: cls.INTERRUPTED,
            FinishStatus.MARK_TO_DELETE: cls.TO_DELETE,
            FinishStatus.DISPATCHED: cls.RUNNING_REMOTELY,
        }
        return cls.FAILED if finish is None else ended.get(finish, cls.FAILED)

    @property
    def finish(self) -> FinishStatus | None:
        """The finish status that the script reported.

        None if it is unknown: a script that failed may have raised, and a job may have been interrupted by a user.
        """
        reported = {
            JobStatus.FINISHED: FinishStatus.SUCCEEDED,
            JobStatus.UNSATISFACTORY: FinishStatus.UNSATISFACTORY,
            JobStatus.TO_DELETE: FinishStatus.MARK_TO_DELETE,
            JobStatus.RUNNING_REMOTELY: FinishStatus.DISPATCHED,
        }
        return reported.get(self)

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
        """Whether the job has ended, with or without success."""
        return self.is_success or self.is_failure or self is JobStatus.TO_DELETE

    @property
    def is_failure(self) -> bool:
        """Whether the job has failed or was interrupted."""
        return self in (JobStatus.INTERRUPTED, JobStatus.FAILED)

    @property
    def is_success(self) -> bool:
        """Whether the job has ended with a result, which may be unsatisfactory."""
        return self in (JobStatus.FINISHED, JobStatus.UNSATISFACTORY)


def read_tags_by(read: Callable[[Project], tuple[str, ...] | None]) -> None:
    """Let `Project.tags` call a method, the one that was given last first.

    Args:
        read: A bound method, which returns None if it does not know the project. It is no longer called once its object
            is gone.
    """
    _tag_readers[:] = [one for one in _tag_readers if one() is not None]
    _tag_readers.append(WeakMethod(read))


_tag_readers: list[WeakMethod[Callable[[Project], tuple[str, ...] | None]]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A CCP4i2 project.

    Attributes:
        name: Name of the project, unique in the database.
        directory: The directory that contains ``CCP4_JOBS`` and ``CCP4_IMPORTED_FILES``. It may not exist before the
            first job.
        uuid: UUID of the project in the database; without a database, a UUID derived from the directory.
    """

    name: str
    directory: Path
    uuid: UUID

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the project as they are recorded now, sorted; empty without a database.

        They are read each time, and not part of the value: two projects are equal whatever their tags are.
        """
        for reader in reversed(_tag_readers):
            read = reader()
            found = None if read is None else read(self)
            if found is not None:
                return found
        return ()

    @property
    def jobs_directory(self) -> Path:
        """The directory that contains the directories of the top-level jobs."""
        return self.directory / JOBS_FOLDER

    @property
    def imports_directory(self) -> Path:
        """The directory that contains the imported files."""
        return self.directory / IMPORTS_FOLDER

    def job_directory(self, number: str) -> Path:
        """Return the directory of the job with a number."""
        return JobNumber(number).directory(self.directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a task in a project.

    Attributes:
        uuid: UUID of the job, the same in the database, in the outcome file and in ``script._dbJobId``.
        number: Number of the job, for instance ``"12"``, or ``"12.1"`` for a sub-job; empty in `pre_import` of a job
            that is not yet opened. A plain text is converted to a `JobNumber`.
        task: TASKNAME.
        title: Title for display.
        project: The project of the job; for a dry run, a project in a scratch directory.
        directory: The job directory, for instance ``CCP4_JOBS/job_12/job_1`` in the project; before the job is opened,
            the directory that is searched for its number.
        parent_uuid: UUID of the job whose script made the script of this job; None for a top-level job.
        opened_by: The plugin that opened the job; None if the core assigned the number and no database knows the job.
        dry_run: Whether this is a dry run, which calls no sink and keeps nothing.
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
        """Return the UUID of the file in a parameter of this job. It is the same at each call.

        Args:
            role: ``"in"`` or ``"out"``.
            parameter: Path of the parameter, for instance ``"outputData.XYZOUT"``.
        """
        return uuid5(self.uuid, f"{role}:{parameter}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """A request to open a job.

    Attributes:
        uuid: UUID for the job.
        task: TASKNAME.
        title: Title for display.
        project: The project of the job. It is created with the first job if it does not exist.
        owned: Whether the calling process owns the job, so that the job is interrupted if the process dies. A job that
            will run later has no owner. It stays PENDING until a process claims it, even if the process that opened it
            dies.
        parent: The parent of a sub-job; None for a top-level job.
        child_index: N in the directory ``job_N`` and the number ``"12.N"`` of a sub-job; None for the next free one.
        number: The requested number; None for the next free one.
        replayed: Whether the job has run already: its directory exists, and only the record in the database is missing.
        created_at: Time at which a job that has run already was opened (UTC); None for the present time.
        started_at: Time at which a job that has run already began to run (UTC); None for other jobs.
        engine: Name of the engine that is to run the job. Its first attempt is recorded together with the job, so that
            the request is known even if the process dies before it has submitted the job. Empty for no engine.
        retries: See `Attempt`.
        fingerprint: See `Attempt`.
    """

    uuid: UUID
    task: str
    title: str
    project: Project
    owned: bool
    parent: Job | None = None
    child_index: int | None = None
    number: str | None = None
    replayed: bool = False
    created_at: datetime | None = None
    started_at: datetime | None = None
    engine: str = ""
    retries: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedJob:
    """A job and the process that owns it.

    Attributes:
        job: The job.
        status: Status of the job in the database.
        alive: Whether the owner is alive. A process that cannot be seen from here, on another machine or in a
            container, is alive if its last sign of life is recent.
        host: Name of the machine of the owner.
        pid: Process ID of the owner.
        reachable: Whether the owner was seen to be alive, under this process ID: it can receive a signal.
        process: Identifies the owner among all processes; None if it is not recorded.
        attempt: Number of the run of the job, from 1.
        heartbeat_at: Time of the last sign of life of the owner (UTC); None if none is recorded.
        missed: Number of heartbeats that the owner has missed since then; None if it is not known.
    """

    job: Job
    status: JobStatus
    alive: bool
    host: str
    pid: int
    reachable: bool
    process: UUID | None = None
    attempt: int = 1
    heartbeat_at: datetime | None = None
    missed: int | None = None


def project_uuid(directory: Path) -> UUID:
    """Return the UUID of a project that no database knows, derived from its directory."""
    # A name that the locale cannot decode has the same UUID as in a UTF-8 locale.
    return uuid5(NAMESPACE_OID, str(directory).encode(errors="surrogateescape").decode(errors="backslashreplace"))
