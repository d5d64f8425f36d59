"""The hook specification: every hook with its kind, in the order in which a job meets them.

The kind of a hook determines which implementations are called and how their exceptions are handled.

An implementation may be ``def`` or ``async def``, and may take fewer arguments than the specification offers. Its
arguments must be positional and without defaults. Hook wrappers are not allowed. Every exception counts, also
``sys.exit()`` and ``CancelledError``; only Ctrl-C passes through every hook.

A number, bool or text in an answer may be of a subclass or of numpy; it is recorded as the exact ``int``, ``float``,
``bool`` or ``str`` that it stands for. What cannot be recorded is left out, or changed as little as possible, and a
problem names the plugin. One call returns at most 10000 values. A plugin whose hook takes long is named while it runs.

`job` is a `Job`, and `script` is the live ``CPluginScript``, the only mutable object that is passed.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.errors import Ccp4HooksError
    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.model import (
        Attempt,
        DataType,
        Engine,
        Fate,
        FileMetadata,
        FileQuery,
        FileReader,
        FileUse,
        FinishStatus,
        GleanedFile,
        Handle,
        ImportedFile,
        InputFile,
        Job,
        JobQuery,
        JobRequest,
        JobStatus,
        JobSummary,
        KnownFile,
        Kpi,
        KpiDescription,
        LabelChange,
        Labels,
        Needs,
        NodeCommand,
        Outcome,
        OwnedJob,
        Plot,
        Problem,
        ProgramProgress,
        Project,
        ProjectRecord,
        Section,
        TaskDescription,
        Text,
    )
    from ccp4hooks.settings import Settings

Specification = TypeVar("Specification", bound=Callable[..., Any])

_mark = pluggy.HookspecMarker("ccp4hooks")

CONTRACT_VERSION = "1.3"
"""Version of this specification. A plugin may state the versions it works with: ``ccp4hooks_requires = ">=1,<2"``.

The first number grows when an existing implementation may have to change, the second when a hook or an argument is
added.
"""


class Kind(enum.Enum):
    """The kind of a hook: determines which implementations are called and how their exceptions are handled.

    The dispatcher acts on the kind, and the reference of the hooks is generated from it.

    Attributes:
        calls: Which implementations are called and how their answers are used.
        on_exception: How an exception of an implementation is handled.
    """

    COLLECT = (
        "Every implementation is called, and every answer is kept together with the name of its plugin.",
        "It becomes a problem that names plugin, hook and a traceback file. All other answers are kept.",
    )
    FIRST = (
        "The implementations are called one after the other until one returns an answer that is not None.",
        "It is raised to the caller. If a job is being prepared, the job does not run.",
    )
    LOOKUP = (
        "The implementations are called one after the other until one returns an answer that is not None.",
        "It becomes a problem, as for COLLECT, and the next implementation is called.",
    )
    NOTICE = (
        "Every implementation is called. It reacts to an event and returns nothing.",
        "It becomes a problem, as for COLLECT, and all other implementations are called.",
    )
    SINK = (
        "Every implementation is called. It records what it receives and returns nothing; only a sink may write.",
        "As for NOTICE. After an exception in `job_finished` the job counts as run but not recorded.",
    )
    SETUP = (
        "Every implementation is called outside of any job, and every answer is kept.",
        "It is raised to the caller. After an exception in `configure` the plugin is marked as failed and not used.",
    )

    def __init__(self, calls: str, on_exception: str) -> None:
        self.calls = calls
        self.on_exception = on_exception

    @property
    def stops_at_first_answer(self) -> bool:
        """Whether no further implementation is called after an answer that is not None."""
        return self in (Kind.FIRST, Kind.LOOKUP)

    @property
    def raises(self) -> bool:
        """Whether an exception of an implementation is raised to the caller."""
        return self in (Kind.FIRST, Kind.SETUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One hook.

    Attributes:
        name: Name of the hook.
        kind: Kind of the hook.
        when: When it is called, in one phrase.
        arguments: Names of its arguments.
        specification: The function that specifies it.
    """

    name: str
    kind: Kind
    when: str
    arguments: tuple[str, ...]
    specification: Callable[..., Any]

    @property
    def signature(self) -> str:
        """The hook as it is called, such as ``"glean_kpi(job, script)"``."""
        return f"{self.name}({', '.join(self.arguments)})"


_hooks: dict[str, Hook] = {}

HOOKS: Mapping[str, Hook] = MappingProxyType(_hooks)
"""All hooks by name, in the order of this module."""


def hookspec(*, kind: Kind, when: str) -> Callable[[Specification], Specification]:
    """Declare a function as the specification of the hook of its name.

    Args:
        kind: See `Hook`.
        when: See `Hook`.
    """

    def declared(function: Specification) -> Specification:
        name = function.__name__
        arguments = tuple(inspect.signature(function).parameters)
        _hooks[name] = Hook(name=name, kind=kind, when=when, arguments=arguments, specification=function)
        return _mark(function)

    return declared


@hookspec(kind=Kind.SETUP, when="once per plugin, right after it was registered")
def configure(settings: Settings) -> None:
    """Receive the settings of the session.

    Not called for a plugin that is disabled. A plugin class that declares ``ccp4hooks_settings``, a dataclass, has its
    own settings already, as the argument with which it was built.

    Args:
        settings: All settings; a plugin that is a module reads its own by ``settings.plugin(NAME, DATACLASS)``.
    """


@hookspec(kind=Kind.SETUP, when="by `ccp4hooks init` only")
def init_store() -> Iterable[str]:
    """Create or upgrade the storage of the plugin.

    Returns:
        One line of text for each step that was done.
    """


@hookspec(kind=Kind.SETUP, when="before a command that only reads or repairs what is recorded")
def require_store() -> None:
    """Check that the storage that the settings name exists and can be read. Must not write anything.

    A missing storage that no setting names is no error: the first job creates it.

    Raises:
        StoreError: The storage does not exist or cannot be read.
    """


@hookspec(kind=Kind.COLLECT, when="by `ccp4hooks doctor` only")
def examine() -> Iterable[str | Ccp4HooksError]:
    """Check the plugin and report its state. Must not write anything.

    Returns:
        One line of text for each fact, and for each fault the error that a job would raise.
    """


@hookspec(kind=Kind.FIRST, when="by `ccp4hooks serve --ccp4i2` only, before anything is read")
def ccp4i2_server() -> Callable[..., Awaitable[None]] | None:
    """Return CCP4i2's own web application, which runs its jobs through the hooks, for the same database.

    Returns:
        An ASGI application that answers paths from ``/api/`` on, closed to other machines and web sites.

    Raises:
        StoreError: This process cannot run it.
    """


@hookspec(kind=Kind.FIRST, when="whenever the projects are listed")
def list_projects() -> Sequence[Project] | None:
    """Return all known projects, oldest first. Must not write anything."""


@hookspec(kind=Kind.FIRST, when="whenever a project is looked up by name or UUID")
def find_project(name: str | None, uuid: UUID | None) -> Project | None:
    """Return the project with the given name or UUID, or None if the plugin does not know it. Must not write anything.

    Args:
        name: Name of the project; None if `uuid` is given.
        uuid: UUID of the project; None if `name` is given.
    """


@hookspec(kind=Kind.FIRST, when="when a user says that a project directory was moved")
def move_project(project: Project, directory: Path) -> Project | None:
    """Record the new directory of a project. The directory was moved already, and its content was checked.

    Args:
        project: The project, with the recorded directory.
        directory: The new directory, absolute.

    Returns:
        The project with its new directory; None if the plugin does not know the project.

    Raises:
        BadInputError: A job of the project is running, or the directory is recorded as that of another project.
    """


@hookspec(kind=Kind.FIRST, when="when a user creates a project without a job")
def create_project(project: Project) -> Project | None:
    """Record a new project. Its directory exists already.

    Args:
        project: The project.

    Returns:
        The project as it is recorded; None if the plugin does not record projects.

    Raises:
        BadInputError: The name or the directory is recorded as that of another project.
    """


@hookspec(kind=Kind.FIRST, when="when a user exports a project or some of its jobs")
def export_project(project: Project, numbers: Sequence[str] | None) -> ProjectRecord | None:
    """Return the record of a project, to be written into an archive. Must not write anything.

    Args:
        project: The project.
        numbers: Numbers of the top-level jobs to export with their sub-jobs; None for all jobs. All files that they
            read are files of these jobs, unless they are files of other projects.

    Returns:
        The record; None if the plugin does not know the project.
    """


@hookspec(kind=Kind.FIRST, when="when a user imports a project")
def import_project(project: Project, record: ProjectRecord, outcomes: Sequence[Outcome]) -> Sequence[str] | None:
    """Record a project with all its jobs, all at once or not at all. Its files are in its directory already.

    Nothing that is recorded already is changed.

    Args:
        project: The project, with its new name and directory.
        record: The record of the archive. Its XML declares no entities. The rest may be wrong, and must be checked.
        outcomes: The outcomes in the outcome files of the project, for jobs of which the record says less.

    Returns:
        What could not be recorded as it was, one line each; None if the plugin does not record projects.

    Raises:
        BadInputError: The project or one of its jobs is recorded already, or the record is not consistent.
    """


@hookspec(kind=Kind.FIRST, when="when a user changes the title, the note or the tags of a job or a project")
def change_labels(subject: Job | Project, change: LabelChange) -> Labels | None:
    """Change the title, the note and the tags of a job or a project, all at once or not at all.

    The outcome file is not changed, and recording it again must not undo the change. A job may be running.

    Args:
        subject: The job or the project.
        change: The change. Its texts are not longer than the columns of CCP4i2, and have no control characters.

    Returns:
        The labels after the change; None if the plugin does not know the job or the project.

    Raises:
        BadInputError: Another project has the new name, a job of the project to rename is running, or a tag to remove
            is missing.
    """


@hookspec(kind=Kind.FIRST, when="whenever notes and tags are shown")
def read_labels(uuids: Sequence[UUID]) -> Sequence[Labels] | None:
    """Return the titles, notes and tags of jobs and projects, in any order. Must not write anything.

    Args:
        uuids: UUIDs of the jobs and projects. Those that the plugin does not know are left out.
    """


@hookspec(kind=Kind.FIRST, when="whenever recorded jobs are read")
def read_outcomes(project: Project, number: str | None) -> Sequence[Outcome] | None:
    """Return the recorded outcomes of a project's jobs, in the order of the job numbers. Must not write anything.

    Args:
        project: The project.
        number: Number of a job, to read this job and its sub-jobs only; None for all jobs.

    Returns:
        An empty sequence if the project has no such job, or None if the plugin does not record jobs or does not know
        the project.
    """


@hookspec(kind=Kind.FIRST, when="every second by `ccp4hooks watch`")
def read_active(project: Project, since: datetime) -> Sequence[Outcome] | None:
    """Return the outcomes of the jobs that have not ended, or that have ended lately. Must not write anything.

    It is called again and again, and must be fast in a project with many jobs. If no plugin answers, ccp4hooks calls
    `read_outcomes` instead.

    Args:
        project: The project.
        since: A job that has ended is returned if it ended after this time (UTC), or if it has no time of its end.

    Returns:
        The outcomes in the order of the job numbers; None if the plugin does not record jobs or does not know the
        project.
    """


@hookspec(kind=Kind.FIRST, when="whenever jobs are listed or queried")
def query_jobs(query: JobQuery) -> Sequence[JobSummary] | None:
    """Return the recorded jobs that a query asks for, in its order. Must not write anything.

    ``query.select`` does so with jobs in memory. A database should take as long for a few jobs of many as of few.

    Args:
        query: The query. Its project is recorded by the plugin.

    Returns:
        None if the plugin does not record jobs or does not know the project.
    """


@hookspec(kind=Kind.COLLECT, when="once, before the first KPI is shown")
def describe_kpis() -> Iterable[KpiDescription]:
    """Describe KPIs for people: title, unit, which values are better, number of digits, and group.

    A description changes how values are shown, those that were recorded earlier, too, and not how they are recorded:
    JSON and CSV keep keys and all digits. A unit that was recorded with a value is shown instead of the one described.
    If several plugins describe a key differently, the first description is used, and ``ccp4hooks doctor`` names the
    plugins. Of the KPIs of which some values are better, the one that most jobs of a report have tells which of them is
    the best; if several do, the one that was described first. Must be fast.
    """


@hookspec(kind=Kind.COLLECT, when="whenever a report on jobs is made")
def report_section(project: Project, outcomes: Sequence[Outcome]) -> Iterable[Section | Plot | Text]:
    """Return tables, plots and texts for a report on jobs, as data. Must not write anything.

    The report shows them in this order, each with its title and the name of the plugin, and never as HTML. A plot is a
    Vega-Lite specification with its data in itself; its values are shown as a table, too. What is no such data is left
    out, and one line of the report names the plugin, as after an exception.

    Args:
        project: The project.
        outcomes: The outcomes of the jobs and sub-jobs of the report, in the order of the job numbers. Some may have
            failed, not have ended, or have been run by CCP4i2 without ccp4hooks.
    """


@hookspec(kind=Kind.FIRST, when="before a task is run that is to run only if its input has changed")
def find_unchanged(project: Project, fingerprint: str) -> Sequence[Job] | None:
    """Return the FINISHED top-level jobs of a project that have a fingerprint, the latest first.

    Must not write anything.

    Args:
        project: The project.
        fingerprint: See `Provenance`; never empty.

    Returns:
        An empty sequence if the project has no such job, or None if the plugin does not record jobs or does not know
        the project.
    """


@hookspec(kind=Kind.LOOKUP, when="per input file inside the project, and whenever CCP4i2 resolves a `dbFileId`")
def find_file(query: FileQuery) -> KnownFile | None:
    """Return the recorded file that a query describes. Must not write anything.

    Args:
        query: Describes the file by its UUID, by its path, or by a job and a parameter.
    """


@hookspec(kind=Kind.COLLECT, when="once, before `register_tasks`")
def register_types() -> Iterable[DataType]:
    """Return data classes that the def files of all tasks may name, in addition to those of CCP4i2.

    The MIME type of a class of files becomes one that CCP4i2 knows. If two plugins provide different classes of the
    same name, or unrelated classes of files with the same new MIME type, none of them is added, and a message names
    both. A class that cannot be imported, or that has the name of a class of CCP4i2, is not added either.
    """


@hookspec(kind=Kind.COLLECT, when="once, before the first task is looked up")
def register_tasks() -> Iterable[TaskDescription]:
    """Return tasks to add to those of CCP4i2.

    If two plugins provide tasks with the same name or the same script, or a plugin provides a task with the name of a
    CCP4i2 task, none of these tasks is added, and looking up the name raises an error that names both sources. A task
    with a faulty description or def file is not added either. All other tasks are added.
    """


@hookspec(kind=Kind.COLLECT, when="once per job and sub-job, in a dry run too, before its input files are imported")
def pre_import(job: Job, script: Script) -> Iterable[Problem]:
    """Check a job before its input files are imported.

    A top-level job has no number, no row and no directory yet, so that a refused job leaves nothing behind.

    Args:
        job: The job; `number` is empty for a top-level job.
        script: The script with all its parameters set.

    Returns:
        Problems; one of severity `block` refuses the job. An exception never refuses a job.
    """


@hookspec(kind=Kind.FIRST, when="once per job and sub-job; not in a dry run")
def open_job(request: JobRequest) -> Job | None:
    """Give a job its number and directory.

    ccp4hooks makes the directory afterwards. If no plugin answers, ccp4hooks takes the next number that is free among
    the directories.

    Args:
        request: The job to open; the answer must have its `uuid`. The number of a sub-job is the number of its parent
            followed by ``.child_index``, so that number and directory always agree. If it names an engine, the plugin
            records the first attempt together with the job.
    """


@hookspec(kind=Kind.FIRST, when="before a job that was opened earlier is run")
def claim_job(uuid: UUID, again: bool, attempt: int | None) -> Job | None:  # noqa: FBT001 - hooks take positional arguments
    """Take over a waiting job, to run it.

    If several processes claim the same job at the same time, exactly one succeeds. The job counts as running from then
    on.

    Args:
        uuid: UUID of the job, which was opened by `open_job` or by CCP4i2 itself.
        again: Whether a job that has ended may run again.
        attempt: Number of the attempt that is to begin, which an engine runs; None for a job that no engine runs. The
            job must be QUEUED or PENDING, whoever owns it, and the attempt its latest one, which has not begun. The
            attempt is recorded as begun on this machine.

    Returns:
        None if the plugin does not know the job.

    Raises:
        BadInputError: The job is running, or it has ended and `again` is false, or its latest attempt is another one.
    """


@hookspec(kind=Kind.FIRST, when="when a job that has ended, or that was opened to run later, is submitted")
def reopen_job(uuid: UUID) -> Job | None:
    """Make a top-level job that has FAILED or was INTERRUPTED PENDING again. This process becomes its owner.

    It also becomes the owner of a PENDING job or sub-job that nobody owns. If several processes do so at the same time,
    exactly one succeeds. How its latest attempt ended stays recorded.

    Args:
        uuid: UUID of the job.

    Returns:
        None if the plugin does not know the job.

    Raises:
        BadInputError: The job has another status, or another process owns it.
    """


@hookspec(kind=Kind.FIRST, when="before a job is submitted to an engine, and when the engine has accepted it")
def save_attempt(attempt: Attempt) -> bool | None:
    """Record a new attempt to run a job on an engine, or its retries and the key with which the engine has accepted it.

    With its key, a job that has not begun becomes QUEUED, and this process is not its owner any more. The rest of a
    recorded attempt is not changed: the machine that runs it may have recorded its start. An attempt without a key that
    has ended was refused by the engine, and is deleted.

    Args:
        attempt: The attempt.

    Returns:
        True, or None if the plugin does not know the job.
    """


@hookspec(kind=Kind.FIRST, when="by recovery, while a machine that does without the database runs a job")
def note_running(attempt: Attempt, pid: int, silent_s: float) -> bool | None:
    """Record that an attempt runs on a machine that does not write into the database. A later call is its heartbeat.

    A job that is QUEUED becomes RUNNING. Do nothing if the job has ended, or the attempt is not its latest one.

    Args:
        attempt: The attempt, with the machine and the time at which it began.
        pid: Number of the process there.
        silent_s: Time since its last sign of life [s].

    Returns:
        True, or None if the plugin does not know the job.
    """


@hookspec(kind=Kind.FIRST, when="whenever the attempts of jobs are read")
def read_attempts(uuids: Sequence[UUID]) -> Sequence[Attempt] | None:
    """Return all attempts of jobs, those of a job by their number. Must not write anything.

    Args:
        uuids: The jobs.

    Returns:
        None if the plugin records no attempts.
    """


@hookspec(
    kind=Kind.FIRST, when="by recovery, and before a job is submitted that is to run only if its input has changed"
)
def find_attempts(project: Project | None, fingerprint: str) -> Sequence[Attempt] | None:
    """Return the latest attempts of the jobs that have not ended, or that have a fingerprint, the latest job first.

    Must not write anything.

    Args:
        project: The project; None for all projects.
        fingerprint: The fingerprint of the jobs, ended or not; empty for all jobs that have not ended.

    Returns:
        None if the plugin records no attempts.
    """


@hookspec(kind=Kind.FIRST, when="when a job is submitted to an engine")
def submit_job(engine: Engine, job: Job, command: NodeCommand, needs: Needs) -> Handle | None:
    """Submit a job to an engine, and return at once, without waiting until it runs.

    The command may run at any time from now on, even before this returns. If the engine runs it twice, its second run
    ends at once.

    Args:
        engine: The engine, as the settings describe it. The plugin reads its own settings of it.
        job: The job. It is QUEUED, and its directory has its parameters and its input files.
        command: The command that another machine runs.
        needs: What the job needs: what its request says, else what the settings of the engine say.

    Returns:
        The handle; None if the plugin does not submit to this engine.

    Raises:
        EngineUnavailableError: The engine cannot be reached at present: the job does not run, but may do so later.
        BadInputError: The engine has refused the job: it does not run. Any other exception means that it may run.
    """


@hookspec(kind=Kind.FIRST, when="by recovery, and while somebody waits for jobs of an engine")
def ask_engine(engine: Engine, handles: Sequence[Handle], limit_s: float | None) -> Mapping[Handle, Fate] | None:
    """Ask an engine for the state of jobs, with as few questions as possible.

    Args:
        engine: The engine, as the settings describe it.
        handles: The jobs, perhaps thousands.
        limit_s: Longest time to wait for an answer [s], if the settings of the engine say no shorter one; None for what
            they say.

    Returns:
        The state of each; None if the plugin does not submit to this engine. What the engine has not answered is
        `UNKNOWN`: a job that is missing in an answer is `GONE` only if the engine has answered.

    Raises:
        EngineUnavailableError: The engine does not answer. The user sees the message as a warning.
    """


@hookspec(kind=Kind.FIRST, when="when a job that an engine runs is cancelled")
def stop_job(engine: Engine, handle: Handle) -> bool | None:
    """Ask an engine to end a job, or to remove it from its queue. The job may end a little later.

    Args:
        engine: The engine, as the settings describe it.
        handle: The job.

    Returns:
        Whether the engine has accepted that, also for a job that is gone; None if the plugin does not submit to it.
    """


@hookspec(kind=Kind.FIRST, when="when a job that waits or runs remotely is cancelled")
def cancel_job(uuid: UUID) -> Job | None:
    """Mark a job that waits, or that is RUNNING_REMOTELY, as INTERRUPTED in one step. It never has an owner meanwhile.

    If other processes claim or cancel the same job at the same time, exactly one succeeds.

    Args:
        uuid: UUID of the job, which was opened by `open_job` or by CCP4i2 itself.

    Returns:
        None if the plugin does not know the job, or the job is in another state.
    """


@hookspec(kind=Kind.FIRST, when="before a job is deleted, to find the jobs that need its files")
def find_readers(project: Project, files: Sequence[UUID]) -> Sequence[FileReader] | None:
    """Return the jobs that read certain files, those that are running included. Must not write anything.

    If no plugin answers, ccp4hooks looks into the outcome files of the project.

    Args:
        project: The project.
        files: UUIDs of output files and imported files.

    Returns:
        One value for each job and file; None if the plugin does not record jobs or does not know the project.
    """


@hookspec(kind=Kind.FIRST, when="before a job is deleted")
def save_job(job: Job) -> bytes | None:
    """Return all that is recorded of a job and its sub-jobs. Must not write anything.

    ccp4hooks keeps the answer in the trash of the project, and passes it to `delete_job` and `restore_job`.

    Args:
        job: A top-level job.

    Returns:
        The record in a format of the plugin, the same at each call until something changes; None if the plugin does not
        know the job.
    """


@hookspec(kind=Kind.FIRST, when="when a job is deleted, before its directory is moved into the trash")
def delete_job(job: Job, saved: bytes) -> bool | None:
    """Delete all that is recorded of a job and its sub-jobs, at once or not at all.

    An imported file that a job reads which stays becomes one of that job. No other job gets the number of the job. The
    plugin must check again that nobody needs the job: a process may have begun to read its files in the meantime.

    Args:
        job: A top-level job.
        saved: The answer of `save_job`, which is on the disk.

    Returns:
        True if the job is deleted; False if something has changed that `saved` does not contain, and nothing is
        deleted; None if the plugin does not know the job.

    Raises:
        BadInputError: The job is queued or running, another job reads its outputs, or a job of the project is being
            prepared, which may be about to read them. Nothing is deleted.
    """


@hookspec(kind=Kind.FIRST, when="when a job is restored, after its directory was moved back")
def restore_job(job: Job, saved: bytes) -> bool | None:
    """Record again all that `delete_job` has deleted. Calling it again changes nothing.

    An imported file that became one of another job becomes one of this job again.

    Args:
        job: The job, in the present directory of its project.
        saved: The answer of `save_job` before the job was deleted.

    Returns:
        True if the job is recorded as before; None if `saved` comes from another plugin or another database. ccp4hooks
        then records the outcome files of the job.

    Raises:
        BadInputError: Another job of the project has the number of the job or of a sub-job.
    """


@hookspec(kind=Kind.FIRST, when="by recovery, and before a job is cancelled or extracted again")
def find_held(project: Project | None) -> Sequence[OwnedJob] | None:
    """Return the jobs that are recorded as running, with their owners. Must not write anything.

    The owner may have died in the meantime. Waiting jobs and jobs that have ended are not returned.

    Args:
        project: The project; None for all projects.

    Returns:
        None if the plugin does not record owners.
    """


@hookspec(kind=Kind.FIRST, when="by recovery, before it ends a job whose process has died")
def take_over_job(owned: OwnedJob) -> bool | None:
    """Make this process the owner of a job, in one step, unless its owner has changed or shown to be alive.

    If several processes recover the same job at the same time, exactly one succeeds. `job_finished` must not replace
    what the former owner records in the meantime.

    Args:
        owned: The job, as `find_held` returned it.

    Returns:
        None if the plugin does not record owners.
    """


@hookspec(kind=Kind.NOTICE, when="after recovery, while no job of the project is running")
def clean_up(project: Project) -> None:
    """Remove the unfinished work of processes that have died.

    Args:
        project: The project.
    """


@hookspec(kind=Kind.LOOKUP, when="when a plugin calls `find` in `import_file`")
def find_import(job: Job, md5: str, file_type: str) -> KnownFile | None:
    """Return an earlier import of the same content into the project, or None if the plugin does not know one.

    Args:
        job: The job that is about to import the file.
        md5: MD5 checksum of the content, in hexadecimal.
        file_type: MIME type; an import with another type does not match.
    """


@hookspec(kind=Kind.FIRST, when="once per input file from outside the project")
def import_file(job: Job, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> ImportedFile | None:
    """Import one outside file into the project.

    Not called for files inside the project directory, nor for files that are marked `in_place`. In a dry run the
    project is a scratch directory. If no plugin answers, the script reads the original file. The implementation must
    flush the copy to disk before it returns; ccp4hooks flushes the directory entry before anything is recorded.

    Args:
        job: The job, with its number and directory.
        file: The file to import.
        find: Calls `find_import` of all plugins with (md5, file type).
    """


@hookspec(kind=Kind.NOTICE, when="when the process has ended, however it ended; not for a job that never ran")
def post_execute(job: Job, script: Script, finish: FinishStatus | None) -> None:
    """React to the end of the process.

    Args:
        job: The job.
        script: The script in the state in which the process left it.
        finish: Finish status that the script reported; None if it raised or was interrupted.
    """


@hookspec(kind=Kind.COLLECT, when="once per file of `outputData` that is set and exists, for failed jobs too")
def glean_file(job: Job, script: Script, file: GleanedFile) -> FileMetadata | None:
    """Return further metadata of an output file.

    A later answer replaces fields of an earlier one. Each field keeps its origin.

    Args:
        job: The job.
        script: The script.
        file: The file with the metadata that ccp4hooks has read.
    """


@hookspec(kind=Kind.COLLECT, when="once per job and sub-job after it has run, for failed jobs too")
def glean_kpi(job: Job, script: Script) -> Iterable[Kpi | Problem]:
    """Return the KPIs of a job that has ended.

    A KPI that cannot be recorded (a value that is not finite, a whole number above 2**53, a key longer than 50
    characters, a text longer than 255 characters, or a key that another KPI uses) becomes a problem. All other KPIs are
    kept. Of a list, each value is a KPI of its own: ``"shift[0]"``, ``"shift[1]"``, ...

    Args:
        job: The job.
        script: The script.
    """


@hookspec(
    kind=Kind.COLLECT,
    when="once per imported file and per output file, after the metadata from `glean_file` have been added",
)
def check_file(job: Job, file: ImportedFile | GleanedFile) -> Iterable[Problem]:
    """Check a file and its metadata.

    An input file that is in the project already, such as an output of an earlier job or a file of a pipeline for its
    sub-job, is not imported, and not checked again. `pre_import` sees the paths of all input files.

    Args:
        job: The job.
        file: The imported file or output file.

    Returns:
        Problems. Severity `block` refuses the job if the file is an imported one, and is only reported if it is an
        output file.
    """


@hookspec(kind=Kind.NOTICE, when="while a job runs, whenever the progress of its program has changed")
def job_progress(job: Job, progress: ProgramProgress) -> None:
    """React to the progress of a job that runs.

    The progress comes from ``program.xml``, which CCP4i2 writes for its reports while `refmac`, `servalcat` and their
    pipelines run, and from the dictionary that any script sends by its signal ``progressUpdated``: a whole number under
    ``"cycle"``, and other finite numbers by their names. It may be called in another thread than that of the script,
    and must be fast. It is not called again for the job after an exception, nor after the job has ended.

    Args:
        job: The job or sub-job.
        progress: Its cycle, and the values so far.
    """


@hookspec(kind=Kind.SINK, when="at every change of status but the last, which `job_finished` records")
def job_status(
    job: Job, old: JobStatus, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]
) -> None:
    """Record a change of status, and the files that a job reads while it runs or waits for an engine.

    QUEUED is told just before an engine is asked to run the job: nothing may be lost if this process dies then.

    Args:
        job: The job.
        old: Status before the change.
        new: Status after the change.
        uses: The recorded files that the job reads if it begins to run or is QUEUED on an engine, with the imports that
            were not copied again; empty for any other status. The outcome has the same uses when the job has ended.
        imported: The files that were imported for a job that is QUEUED on an engine; empty for any other status.
    """


@hookspec(kind=Kind.SINK, when="instead of `job_finished`, if an input file could not be imported or was refused")
def job_withdrawn(job: Job, new_project: bool) -> None:  # noqa: FBT001 - hooks take positional arguments
    """Delete the record of a job that was opened and never ran.

    The directory of the job has been removed already.

    Args:
        job: The job that `open_job` returned; never a sub-job.
        new_project: Whether the project was created for this job.
    """


@hookspec(kind=Kind.SINK, when="last, exactly once per job and sub-job, after the outcome file was written")
def job_finished(job: Job, outcome: Outcome) -> None:
    """Record the outcome of a job. Must be idempotent: recording the same outcome twice changes nothing.

    Args:
        job: The job.
        outcome: Everything that is known about the job.
    """


@hookspec(kind=Kind.NOTICE, when="when a session is closed, outside of any job")
def close_session() -> None:
    """Release what the plugin holds: connections, threads, processes. Messages that wait are delivered.

    A program need not close its sessions, so that a plugin must also do without. The session may be used again: the
    plugin then opens what it needs.
    """
