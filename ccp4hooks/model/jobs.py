"""What a job is: states, projects, jobs and the request for one. Paths are absolute."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who gave a value.

    Attributes:
        plugin: Name under which the plugin is registered; ``"core"`` for ccp4hooks itself.
        version: Version of the distribution it came from; empty where it has none.
    """

    plugin: str
    version: str = ""


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
        return self.directory / "CCP4_JOBS"

    @property
    def imports_directory(self) -> Path:
        """Directory of the copies of outside files."""
        return self.directory / "CCP4_IMPORTED_FILES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a task in a project.

    Attributes:
        uuid: Identity, the same in the database, the outcome file and ``script._dbJobId``.
        number: ``"12"``, or ``"12.1"`` for a sub-job; empty in `pre_import` of a job not yet opened.
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
    number: str
    task: str
    title: str
    project: Project
    directory: Path
    parent_uuid: UUID | None = None
    opened_by: str | None = None
    dry_run: bool = False

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
class HeldJob:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDescription:
    """A task that a plugin brings.

    Attributes:
        name: TASKNAME.
        title: For people.
        script: The ``CPluginScript`` subclass, as ``"package.module:Class"``, or the class itself.
        def_file: Its ``.def.xml``: an absolute path, or ``"package:path/in/it.def.xml"``.
        needs_ccp4: Whether it calls CCP4 programs.
        description: What it does, for people.
        report: The ``Report`` subclass that makes CCP4i2's page of a job, as `script`; empty if there is none.
        running_report: Whether that page can be made while the job runs.
        watched_file: The file in the job directory whose changes make that page anew; empty for CCP4i2's own choice.
    """

    name: str
    title: str
    script: str | type
    def_file: str | Path
    needs_ccp4: bool = True
    description: str = ""
    report: str | type = ""
    running_report: bool = False
    watched_file: str = ""


def project_uuid(directory: Path) -> UUID:
    """Return the identity of a project that no database knows, derived from its directory."""
    return uuid5(NAMESPACE_OID, str(directory))
