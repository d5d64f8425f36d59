"""The session, which combines settings, plugins, hooks, tasks and runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs.opening import open_job
from ccp4hooks.jobs.provenance import api_call, command_line
from ccp4hooks.jobs.runner import TaskRequest, run_claimed, run_task, track_claimed
from ccp4hooks.jobs.scripts import steps
from ccp4hooks.jobs.tracking import Tracked, track_script
from ccp4hooks.maintenance import labels, replay
from ccp4hooks.maintenance.context import SessionContext
from ccp4hooks.maintenance.engine_calls import BRIEF_S, EngineCalls
from ccp4hooks.maintenance.recording import unless_unavailable
from ccp4hooks.model import (
    ExportFormat,
    FileQuery,
    Job,
    JobQuery,
    JobRequest,
    JobStatus,
    JobTable,
    KnownFile,
    KpiCondition,
    LabelChange,
    MaintenanceResult,
    Project,
    RunResult,
    RunTarget,
    SavedParameters,
)
from ccp4hooks.model.jobs import read_tags_by
from ccp4hooks.plugins.discovery import PluginState
from ccp4hooks.plugins.dispatcher import Dispatcher, off_loop
from ccp4hooks.plugins.manager import PluginManager
from ccp4hooks.plugins.slow_calls import SlowCalls
from ccp4hooks.queries import following, kpi_descriptions, query_text, repeating
from ccp4hooks.queries.following import JobOutput
from ccp4hooks.queries.recorded import Queries
from ccp4hooks.runtime import stdio
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.settings import PROJECT_FILE, Settings, load_settings
from ccp4hooks.tasks.catalog import Catalog
from ccp4hooks.tasks.given_values import value_pairs
from ccp4hooks.tasks.parameters import Context, Lookups, require_names, value_faults
from ccp4hooks.texts import without_secrets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from typing_extensions import Self

    from ccp4hooks.engines.probe import Probe
    from ccp4hooks.engines.submission import Submitter
    from ccp4hooks.errors import Ccp4HooksError
    from ccp4hooks.i2.protocols import Container, Script
    from ccp4hooks.jobs.job_tree import JobTree
    from ccp4hooks.jobs.scripts.steps import GleanResult, ImportResult
    from ccp4hooks.model import (
        Attempt,
        CitedWork,
        CleanedFile,
        Comparison,
        Deletion,
        ExportedProject,
        FileUse,
        ImportedProject,
        JobGraph,
        JobState,
        JobSummary,
        KpiPlot,
        Labels,
        Outcome,
        OwnedJob,
        Problem,
        Progress,
        Report,
        Submission,
        Transfer,
        TrashedJob,
        Verification,
    )
    from ccp4hooks.model.tasks import LeftOut, TaskContents, TaskInfo
    from ccp4hooks.plugins.discovery import PluginRecord
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions
    from ccp4hooks.queries.watching import ProjectWatch
    from ccp4hooks.tasks.given_values import GivenValues


def open_session(
    settings: Settings,
    *,
    extra: Mapping[str, Any] | None = None,
    trace: Callable[[str], None] | None = None,
    warn: Callable[[str], None] | None = None,
    command: Sequence[str] = (),
) -> Session:
    """Load the plugins that `settings` switch on, and `extra` ones by name, and return a session.

    Args:
        settings: All settings.
        extra: Further plugins by name.
        trace: Called with a line before and after each call of a hook: plugin, arguments, answer, time. Jobs in a
            process of their own are not traced.
        warn: Called from another thread with a line that names a plugin whose hook takes long, while it runs. The log
            of the job has the same in any case.
        command: The command line that is recorded with each job, without secrets; empty to record the call of the
            method that runs the job, and the command line of this process.

    Raises:
        UnknownNameError: ``-p`` names a plugin that does not exist.
        BadInputError: A plugin module cannot be imported.
    """
    if trace is None:
        return Session(settings, PluginManager(settings, extra), portable=not extra, warn=warn, command=command)
    from ccp4hooks.plugins.tracing import tracer  # noqa: PLC0415 - start-up time

    manager = PluginManager(settings, extra, wrap=tracer(trace))
    return Session(settings, manager, portable=not extra, warn=warn, command=command)


def run_job(  # noqa: PLR0913 - the arguments of three functions
    task: str,
    values: GivenValues = (),
    *,
    project: str,
    title: str = "",
    settings: Settings | None = None,
    database: str | None = None,
    plugins: Sequence[str] = (),
    dry_run: bool = False,
    extra: Mapping[str, Any] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> RunResult:
    """Run one task with the plugins that the settings switch on, and return the outcomes of its jobs.

    For several tasks, open a `Session` once and use its `run`.

    Args:
        task: See `Session.run`.
        values: See `Session.run`.
        project: See `Session.run`.
        title: See `Session.run`.
        settings: All settings; None for those of the environment and the settings file.
        database: URL of the database, instead of that of the environment and the settings file.
        plugins: Names of plugins to enable; ``"no:NAME"`` disables one.
        dry_run: Whether nothing is kept and nothing is recorded.
        extra: Further plugins by name, as objects or modules.
        progress: See `Session.run`.

    Raises:
        BadInputError: Both `settings` and a value that they contain are given; see also `Session.run`.
        Ccp4HooksError: See `Session.run`.
    """
    if settings is not None and (database is not None or plugins or dry_run):
        raise BadInputError(
            "Give either settings, or database, plugins and dry_run, which are arguments of load_settings as well."
        )
    chosen = settings or load_settings(database=database, plugins=plugins, dry_run=dry_run)
    with open_session(chosen, extra=extra) as session:
        return session.run(task, values, project=project, title=title, progress=progress)


def make_script(task: str, name: str = "") -> Script:
    """Return a new ``CPluginScript`` of a task whose parameters have their default values. Write nothing.

    The tasks of plugins are those of the open sessions of this process. If none is open, they are those of the plugins
    that the environment and the settings file switch on.

    Args:
        task: TASKNAME, of CCP4i2 or of a plugin.
        name: Title of its job for users; if empty, the name of the task is used.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The module or the def file of the task cannot be read, or the settings are invalid.
    """
    if not scripts.is_known(task) and not scripts.has_loaders():
        with open_session(load_settings()):
            return steps.make_script(task, name)
    return steps.make_script(task, name)


class Session:
    """A set of plugins that can run tasks and maintain their jobs.

    Each method may also be called on an event loop. It then works in another thread, and blocks until it is done.

    Args:
        settings: All settings.
        manager: The plugins.
        portable: Whether the settings alone make the same session in another process.
        warn: See `open_session`.
        command: See `open_session`.

    Attributes:
        settings: All settings.
        plugins: All plugins found, including disabled ones.
        portable: See the argument.
    """

    def __init__(
        self,
        settings: Settings,
        manager: PluginManager,
        *,
        portable: bool = True,
        warn: Callable[[str], None] | None = None,
        command: Sequence[str] = (),
    ) -> None:
        self.settings = settings
        self.plugins: tuple[PluginRecord, ...] = tuple(manager.records)
        self.portable = portable
        self._plugin_objects = manager.objects()
        self._slow_calls = SlowCalls(settings.slow_hook_s, warn)
        self._dispatcher = Dispatcher(manager.plan(), self._slow_calls)
        self._plugin_processes = tuple(manager.processes.values())
        self._queries = Queries(self._dispatcher, settings.projects_dir)
        self._context = SessionContext(
            dispatcher=self._dispatcher,
            queries=self._queries,
            catalog=Catalog(self._dispatcher, self._queries.journal),
            dry_run=settings.dry_run,
            engines=EngineCalls(self._dispatcher, self._queries.journal, settings.engine_tables, settings.engine),
            distributions={record.name: record.distribution for record in self.plugins},
            software={
                record.distribution: record.version
                for record in self.plugins
                if record.state is PluginState.LOADED and record.distribution
            },
        )
        self._command = command_line(command) if command else None
        scripts.when_unknown(self._load_tasks)
        read_tags_by(self._tags_of)

    def _load_tasks(self) -> None:
        self._context.load_tasks()

    def _tags_of(self, project: Project) -> tuple[str, ...] | None:
        found = self._queries.labels([project.uuid]).get(project.uuid)
        return None if found is None else found.tags

    def __repr__(self) -> str:
        loaded = [record.name for record in self.plugins if record.state is PluginState.LOADED]
        database = without_secrets(self.settings.database or "default")
        mode = ", dry run" if self.settings.dry_run else ""
        return (
            f"<Session of {str(self.settings.projects_dir)!r}, database {database!r}, "
            f"plugins {', '.join(loaded) or 'none'}{mode}>"
        )

    def __enter__(self) -> Self:
        """Return the session, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the plugins release what they hold: connections, threads, helper processes, the workers of a pool.

        Jobs that run in a pool of workers which this session has started end with it. All other jobs are not affected.
        A plugin that cannot release something becomes a problem. The session may be used again, and closed again.
        """
        self._dispatcher.call(hookspecs.close_session, self._queries.journal)
        for process in self._plugin_processes:
            process.close()
        self._slow_calls.close()

    # --- plugins ----------------------------------------------------------------------------------------------

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems found outside of any job."""
        return tuple(self._queries.journal.problems)

    @property
    def unreadable(self) -> tuple[str, ...]:
        """What is wrong with the outcome files that could not be read so far, one line each; part of `problems`."""
        return tuple(self._queries.unreadable)

    @property
    def replacements(self) -> tuple[str, ...]:
        """Why outcome files were read in the place of a database since `require_store`, one line for each reason.

        It is empty if no plugin that reads a database is used: then the files are what the user has asked for.
        """
        return tuple(self._queries.replacements)

    def hook_order(self, hook: str) -> tuple[str, ...]:
        """Return the plugins that implement a hook, in the order in which they are called.

        Raises:
            UnknownNameError: The hook does not exist.
        """
        if hook not in HOOKS:
            raise UnknownNameError("hook", hook, HOOKS)
        return tuple(implementation.origin.plugin for implementation in self._dispatcher.plan.get(hook, ()))

    def plugin_object(self, name: str) -> object | None:
        """Return the module or object of a plugin in use, or None if no plugin with that name is in use."""
        return self._plugin_objects.get(name)

    def examined(self) -> tuple[tuple[str, str | Ccp4HooksError], ...]:
        """Return the reports of the plugins on their state: pairs of a plugin's name and a fact or an error."""
        return tuple(self._queries.examined())

    @cached_property
    def kpi_descriptions(self) -> KpiDescriptions:
        """How KPIs are shown to people. A plugin that cannot describe its KPIs becomes a problem."""
        return kpi_descriptions.collect(self._dispatcher, self._queries.journal)

    def init_store(self) -> tuple[str, ...]:
        """Make plugins create or upgrade their databases, and return one line for each thing done.

        Raises:
            Ccp4HooksError: A plugin could not create or upgrade its database.
        """
        answers = self._dispatcher.call(hookspecs.init_store, self._queries.journal).answers
        return tuple(line for answer in answers for line in answer.value)

    def ccp4i2_server(self) -> Callable[..., Awaitable[None]] | None:
        """Return CCP4i2's own web application, an ASGI application that runs its jobs through the hooks.

        Ask before anything is read: it sets Django up for the whole process.

        Returns:
            The application; None if no plugin has one.

        Raises:
            StoreError: This process cannot run it.
        """
        found: Callable[..., Awaitable[None]] | None = self._dispatcher.call(
            hookspecs.ccp4i2_server, self._queries.journal
        ).value
        return found

    def require_store(self) -> None:
        """Check that the database that the settings name exists and can be read.

        Without a database, the methods that read return what the outcome files in the projects directory contain.
        After this call, `replacements` says so.

        Raises:
            StoreError: The database does not exist, has no tables, or cannot be read.
        """
        self._queries.notes_replacements = True
        off_loop(self._dispatcher.call, hookspecs.require_store, self._queries.journal)

    # --- tasks ------------------------------------------------------------------------------------------------

    def tasks(self) -> tuple[TaskInfo, ...]:
        """Return all tasks, those of plugins included, sorted by name."""
        with stdio.output_dropped():
            return self._context.catalog.tasks()

    def tasks_left_out(self) -> tuple[LeftOut, ...]:
        """Return the tasks and data classes of plugins that cannot be used, with the reasons.

        The scripts of the others are imported.
        """
        with stdio.output_dropped():
            return self._context.catalog.left_out()

    def describe(self, task: str) -> TaskContents:
        """Return a task with all its parameters.

        Raises:
            UnknownTaskError: The task does not exist.
            BadInputError: The task cannot be imported, or its def file cannot be read.
        """
        with stdio.output_dropped():
            return self._context.catalog.describe(task)

    def require_parameters(self, task: str, names: Iterable[str]) -> None:
        """Check that a task has parameters.

        Args:
            task: TASKNAME.
            names: Names of parameters, as on the command line.

        Raises:
            UnknownTaskError: The task does not exist.
            UnknownNameError: A parameter does not exist.
        """
        self._load_tasks()
        self._context.catalog.require(task)
        with stdio.output_dropped(), scratch_directory() as scratch:
            scripts.require_batch_task(task)
            require_names(scripts.build_script(task, "", scratch), names)

    def value_faults(self, task: str, values: GivenValues) -> dict[tuple[str, str], str]:
        """Return what is wrong with each value that its parameter can never have: its type, its range, its choices.

        Those of files are not judged.

        Args:
            task: TASKNAME.
            values: Values by parameter, or (parameter, value) pairs, in any number for a parameter.

        Returns:
            What is wrong, by parameter and value as text.

        Raises:
            UnknownTaskError: The task does not exist.
            UnknownNameError: A parameter does not exist.
        """
        self._load_tasks()
        self._context.catalog.require(task)
        with stdio.output_dropped(), scratch_directory() as scratch:
            scripts.require_batch_task(task)
            script = scripts.build_script(task, "", scratch)
            return value_faults(script, [(name, str(value)) for name, value in value_pairs(values)])

    # --- running ----------------------------------------------------------------------------------------------

    def run(
        self,
        task: str,
        values: GivenValues = (),
        *,
        project: str | UUID,
        title: str = "",
        progress: Callable[[Progress], None] | None = None,
        keep: Path | None = None,
        saved: SavedParameters | None = None,
        if_changed: bool = False,
    ) -> RunResult:
        """Run a task and return the outcomes of its job and sub-jobs.

        A task that failed is not an error: the outcome has its status. With ``settings.dry_run`` nothing is kept.

        Args:
            task: TASKNAME.
            values: Values by parameter, or (parameter, value) pairs, as on the command line. The parameter of a list
                may occur in several pairs, or have a list of values.
            project: Name or UUID of the project. A project that does not exist is created from its name.
            title: Title for users; if empty, the name of the task is used.
            progress: Called with the progress of each job, not always in the calling thread.
            keep: A new or empty directory for the scratch project of a dry run, or None to keep nothing.
            saved: Parameters with which to begin, from `saved_parameters` or `read_parameters`. `values` replace those
                of the same name, and a list as a whole. The job is recorded as a variation of the job that they are of.
            if_changed: Whether to return the outcomes of the latest FINISHED job of the project with the same task,
                parameters, versions and content of input files, if there is one, instead of running the task again.

        Raises:
            BadInputError: The request is invalid. Nothing is left behind.
            RefusedError: A plugin refused the job.
            PluginError: A plugin whose answer was needed failed.
            StoreError: The database cannot be used.
            NotRecordedError: The task ran, but a sink failed. The exception carries the result.
        """
        texts = [(name, str(value)) for name, value in value_pairs(values)]
        command = self._command or api_call("Session.run", task, texts, project=str(project), title=title)
        tree = self._context.new_tree(project, progress, command)
        self._context.catalog.require(task)
        lookups = replace(self.lookups, find_file=partial(self._find_and_remember, tree))
        find_same = partial(repeating.unchanged, self._queries) if if_changed else None
        # CCP4i2's scripts call asyncio's loop themselves.
        request = TaskRequest(task=task, values=texts, title=title, lookups=lookups, saved=saved, keep=keep)
        return off_loop(run_task, tree, request, find_same)

    def submit(
        self,
        task: str,
        values: GivenValues = (),
        *,
        project: str | UUID,
        target: RunTarget,
        title: str = "",
        saved: SavedParameters | None = None,
        if_changed: bool = False,
        waits: bool = False,
    ) -> Submission:
        """Submit a task to an engine, which runs it on another machine, and return at once.

        The input files are imported before, so that a later change of them does not matter.

        Args:
            task: TASKNAME.
            values: See `run`.
            project: Name or UUID of the project. A project that does not exist is created from its name.
            target: The engine, and what the job needs there.
            title: Title for users; if empty, the name of the task is used.
            saved: See `run`.
            if_changed: Whether a job of the project with the same task, parameters, versions and content of input files
                is the answer: one that is FINISHED, or that was submitted before. If the latter has FAILED or was
                INTERRUPTED, it is submitted again.
            waits: Whether this process waits until the job has ended; an engine that ends with it is else refused.

        Raises:
            BadInputError: The request is invalid, or the engine does not exist or refuses the job. Nothing is left.
            RefusedError: A plugin refused the job.
            PluginError: A plugin whose answer was needed failed.
            StoreError: The database cannot be used, or no plugin records jobs.
        """
        submitter = self._submitter(target, waits=waits)
        texts = [(name, str(value)) for name, value in value_pairs(values)]
        command = self._command or api_call(
            "Session.submit", task, texts, project=str(project), engine=target.engine, title=title
        )
        tree = self._context.new_tree(project, command=command)
        self._context.catalog.require(task)
        lookups = replace(self.lookups, find_file=partial(self._find_and_remember, tree))
        request = TaskRequest(task=task, values=texts, title=title, lookups=lookups, saved=saved)
        return off_loop(partial(submitter.submit, tree, request, if_changed=if_changed))

    def retry(
        self,
        project: Project | str | UUID,
        number: str,
        *,
        target: RunTarget | None = None,
        waits: bool = False,
    ) -> Submission:
        """Submit a job again that has FAILED or was INTERRUPTED: a further attempt of the same job.

        Its outcome file and logs are kept in ``ccp4hooks_attempts/N`` of the job directory. A job that CCP4i2 or
        `open_job` has opened to run later is submitted, too, with the parameters in its directory.

        Args:
            project: The project.
            number: Number of a top-level job.
            target: The engine, and what the job needs there; None for the engine of the latest attempt, as its settings
                say.
            waits: See `submit`.

        Raises:
            BadInputError: The job has another status, no engine is given and none has run it, or the engine refuses it.
            UnknownNameError: There is no such job or engine.
        """
        job = self._queries.outcomes(self._resolved(project), number)[0].job
        last = next(reversed(self._queries.attempts([job.uuid])), None)
        if target is None and last is None:
            raise BadInputError(f"No engine has run job {number}, so the engine must be given: --on ENGINE.")
        chosen = target or RunTarget(engine="" if last is None else last.engine)
        return off_loop(self._submitter(chosen, waits=waits).submit_again, job, last)

    def _submitter(self, target: RunTarget, *, waits: bool) -> Submitter:
        from ccp4hooks.engines.submission import Submitter, needs_of  # noqa: PLC0415 - start-up time

        engine = self.settings.engine(target.engine)
        return Submitter(
            context=self._context,
            settings=self.settings,
            engine=engine,
            needs=needs_of(engine, target.needs),
            retries=engine.retries if target.retries is None else target.retries,
            portable=self.portable,
            waits=waits,
        )

    def execute(
        self, uuid: UUID, attempt: int, directory: Path | None = None, transfer: Transfer | None = None
    ) -> RunResult:
        """Run an attempt of a job that was submitted to an engine, on the machine of the engine.

        If the engine runs an attempt again, and the attempt has retries left, the next attempt runs.

        Args:
            uuid: The job.
            attempt: Number of the attempt.
            directory: The job directory, on a machine that does without the database: the job is known from its files,
                and the side that has submitted it records its outcome. It has no further attempt there.
            transfer: How such a machine gets and sends files, if it shares none with that side: the directory is then
                the one on that side.

        Raises:
            BadInputError: Nothing is to run: the job was submitted again, has ended, or is running.
            RefusedError: A plugin refused the job. Its status is FAILED.
            NotRecordedError: The task ran, but a sink failed. The exception carries the result.
            Ccp4HooksError: A file could not be fetched or sent.
        """
        if directory is not None and transfer is not None:
            from ccp4hooks.engines.carrying import execute_carried  # noqa: PLC0415 - start-up time

            return off_loop(execute_carried, self._context, directory, uuid, attempt, transfer)
        from ccp4hooks.engines.execution import execute, execute_by_file  # noqa: PLC0415 - start-up time

        if directory is not None:
            return off_loop(execute_by_file, self._context, directory, uuid, attempt)
        return off_loop(execute, self._context, uuid, attempt)

    def probe_engine(self, name: str, timeout_s: float) -> Probe:
        """Submit a job to an engine that says what it finds on its machine, and wait for its answer.

        Nothing is recorded, and nothing is left of the job.

        Args:
            name: Name of the engine.
            timeout_s: Longest time to wait for the answer [s]. Then the job is stopped.

        Raises:
            BadInputError: There is no such engine, it refuses the job, or its machines could not record jobs.
            Ccp4HooksError: The engine has not accepted the job.
        """
        from ccp4hooks.engines.probe import probe  # noqa: PLC0415 - start-up time

        engine = self.settings.engine(name)
        calls = self._context.engines
        return off_loop(partial(probe, self.settings, calls, engine, timeout_s, portable=self.portable))

    def answer_probe(self, path: Path, transfer: Transfer | None = None) -> None:
        """Write what is found on this machine into the file of a probe, see `probe_engine`.

        Args:
            path: The file.
            transfer: See `execute`.

        Raises:
            BadInputError: The file does not exist here, or cannot be written.
            Ccp4HooksError: The file could not be fetched or sent.
        """
        from ccp4hooks.engines.probe import answer_probe  # noqa: PLC0415 - start-up time

        answer_probe(path, self.require_store, transfer)

    def submitted(self, project: Project | str | UUID | None = None) -> tuple[Attempt, ...]:
        """Return the latest attempts of the jobs of engines that have not ended, the latest job first.

        Args:
            project: The project; None for all.
        """
        return self._queries.unfinished_attempts(None if project is None else self._resolved(project))

    def attempts(self, project: Project | str | UUID, number: str) -> tuple[Attempt, ...]:
        """Return the attempts to run a job on engines, by their number; none for a job that ran here only.

        Args:
            project: The project.
            number: Number of the job.

        Raises:
            UnknownNameError: The job does not exist.
        """
        job = self._queries.outcomes(self._resolved(project), number)[0].job
        return self._queries.attempts([job.uuid])

    def attempts_of(self, jobs: Iterable[Job]) -> dict[UUID, tuple[Attempt, ...]]:
        """Return the attempts to run jobs on engines, by the UUIDs of the jobs; a job that ran here only is left out.

        Args:
            jobs: Any number of jobs, for which the database is asked once.
        """
        return self._queries.attempts_of([job.uuid for job in jobs])

    def rerun(
        self,
        project: Project | str | UUID,
        number: str,
        values: GivenValues = (),
        *,
        title: str = "",
        progress: Callable[[Progress], None] | None = None,
        keep: Path | None = None,
        if_changed: bool = False,
    ) -> RunResult:
        """Run the task of a job again with its parameters, changed where values are given, as a new job.

        The new job is recorded as a variation of the old one. An input file that the old job imported is used as it was
        then; a problem of the new job names a source that has changed since.

        Args:
            project: The project.
            number: Number of the job, or of a sub-job, whose task then runs as a job of its own; ``"@last"`` or
                ``"@TASK:last"`` for the latest job.
            values: See `run`; they replace those of the job.
            title: Title for users; if empty, that of the job.
            progress: See `run`.
            keep: See `run`.
            if_changed: See `run`.

        Raises:
            UnknownNameError: The job does not exist.
            BadInputError: The parameters of the job are not known, or a secret is missing in `values`; see also `run`.
            Ccp4HooksError: See `run`.
        """
        known = self._resolved(project)
        saved = self.saved_parameters(known, number)
        given = value_pairs(values)
        title = title or saved.title(changed=bool(given))
        run = partial(self.run, saved.task, given, project=known.uuid, title=title)
        return run(progress=progress, keep=keep, saved=saved, if_changed=if_changed)

    def saved_parameters(self, project: Project | str | UUID, number: str) -> SavedParameters:
        """Return the parameters with which a job has begun, to run its task again.

        They are read from the job directory, completely, but for secrets. A job that CCP4i2 has run has them, too.

        Args:
            project: The project.
            number: See `rerun`.

        Raises:
            UnknownNameError: The job does not exist.
            BadInputError: The job directory has no parameters, or they cannot be read.
        """
        self._load_tasks()
        known = self._resolved(project)
        with stdio.output_dropped():
            return repeating.parameters_of(self._queries, known, self.number_of(known, number))

    def read_parameters(self, path: Path, task: str = "") -> SavedParameters:
        """Read parameters from a file: TOML, JSON, or the ``params.xml`` of CCP4i2.

        Args:
            path: The file.
            task: TASKNAME; empty if the file names it.

        Raises:
            BadInputError: The file cannot be read, or is not a file of parameters.
            UnknownTaskError: The task does not exist.
        """
        from ccp4hooks.tasks import saved_parameters  # noqa: PLC0415 - start-up time

        self._load_tasks()
        with stdio.output_dropped():
            return saved_parameters.read(path, task, partial(repeating.place_of, self._queries, None))

    def write_parameters(self, saved: SavedParameters, path: Path) -> None:
        """Write parameters of a job to a file that `read_parameters` takes. An existing file is replaced.

        Args:
            saved: The parameters, from `saved_parameters`.
            path: The file; its extension is ``.toml``, ``.json`` or ``.xml``.

        Raises:
            BadInputError: The extension is another one, or the parameters are not those of a job.
            OSError: The file cannot be written.
        """
        from ccp4hooks.tasks import saved_parameters  # noqa: PLC0415 - start-up time

        if saved.job is None:
            raise BadInputError(
                "Only the parameters of a job can be written. Give those that `saved_parameters` returns."
            )
        with stdio.output_dropped():
            saved_parameters.write(saved, path, partial(self._values_context, saved.job.project))

    def _values_context(self, project: Project, scratch: Path) -> Context:
        return Context(project=project, lookups=self.lookups, scratch=scratch, extracts={})

    @property
    def lookups(self) -> Lookups:
        """What is needed to set the parameters of a script from text."""
        return Lookups(
            find_file=self.find_file,
            find_outcomes=self._queries.outcomes,
            find_last=partial(repeating.last_job, self._queries),
        )

    def number_of(self, project: Project | str | UUID, text: str) -> str:
        """Return the number of the job that a user names: the number, ``"@last"`` or ``"@TASK:last"``.

        Args:
            project: The project.
            text: What the user has written. The latest job is the top-level job that was opened last.

        Raises:
            UnknownNameError: The project has no such job.
        """
        return repeating.number_of(self._queries, self._resolved(project), text)

    def _find_and_remember(self, tree: JobTree, query: FileQuery) -> KnownFile | None:
        known = self.find_file(query)
        if known is not None:
            tree.context.remember(known)
        return known

    def run_opened(
        self, uuid: UUID, *, again: bool = False, progress: Callable[[Progress], None] | None = None
    ) -> RunResult:
        """Run a job that was opened earlier, by CCP4i2's GUI or by `open_job`, with the parameters in its directory.

        Args:
            uuid: The job.
            again: Whether a job that has ended may run again.
            progress: Called with the progress of each job, not always in the calling thread.

        Raises:
            BadInputError: The job is not recorded, is running, or has ended. If the job cannot be run, its status is
                FAILED.
            RefusedError: A plugin refused the job. Its status is FAILED.
            NotRecordedError: The task ran, but a sink failed. The exception carries the result.
        """
        return off_loop(partial(self._run_opened, uuid, again=again, progress=progress))

    def _run_opened(self, uuid: UUID, *, again: bool, progress: Callable[[Progress], None] | None) -> RunResult:
        job = self.claim(uuid, again=again)
        command = self._command or api_call("Session.run_opened", str(uuid), again=again)
        return run_claimed(self._context.new_tree(job.project, progress, command), job)

    def open_job(
        self,
        task: str,
        *,
        project: str | UUID,
        title: str = "",
        number: str | None = None,
        parent: Job | None = None,
        child_index: int | None = None,
        owned: bool = False,
    ) -> Job:
        """Open a job that will run later: give it a number and create its directory.

        The job stays PENDING until `run_opened`, `take` or `claim` claims it, even if this process has ended by then.

        Args:
            task: TASKNAME.
            project: Name or UUID of the project. A project that does not exist is created from its name.
            title: Title for users; if empty, the name of the task is used.
            number: Number of the job, or None for the next free one.
            parent: The parent of a sub-job, or None for a top-level job.
            child_index: N of the directory ``job_N`` that the script of the parent has made for the sub-job, instead of
                `number`. The record of a sub-job of an earlier run is replaced.
            owned: Whether this process owns the job from now on and runs it at once. A job without an owner waits.

        Raises:
            UnknownTaskError: The task does not exist.
            BadInputError: The number is in use.
        """
        self._context.load_tasks()
        scripts.require_task(task)
        context = self._context.new_tree(parent.project if parent else project).context
        request = JobRequest(
            uuid=uuid4(),
            task=task,
            title=title or task,
            project=context.project,
            owned=owned,
            parent=parent,
            child_index=child_index,
            number=number,
        )
        return open_job(context, request, self._queries.journal)

    def claim(self, uuid: UUID, *, again: bool = False) -> Job:
        """Claim a job that was opened earlier and has not run, so that no other process runs it.

        Args:
            uuid: The job.
            again: Whether a job that has ended may run again.

        Raises:
            BadInputError: The job is not recorded, is running, or has ended.
        """
        return self._context.claim(uuid, again=again)

    def take(self, uuid: UUID) -> Tracked:
        """Claim a job opened earlier, and return its tracker. The script has the parameters from the job directory.

        Raises:
            BadInputError: The job is not recorded, is running, or has ended, or its parameters cannot be read.
        """
        job = self.claim(uuid)
        command = self._command or api_call("Session.take", str(uuid))
        return track_claimed(self._context.new_tree(job.project, command=command), job)

    def track(self, script: Script, *, project: str | UUID | None = None, title: str = "") -> Tracked:
        """Return the tracker of a script's job: ``with session.track(script, project="toxd"): ...``.

        If the script has a tracked parent script, its job becomes a sub-job. If the UUID of a job opened earlier is set
        in the script, the script runs that job.

        Args:
            script: A ``CPluginScript``, its parameters set.
            project: Name or UUID of the project. A project that does not exist is created from its name. Not needed
                where the job exists already.
            title: Title for users; if empty, the name of the script is used.

        Raises:
            BadInputError: The object is not a script, the script has no TASKNAME, or its job has ended.
            UnknownNameError: The project does not exist.
        """
        command = self._command or api_call(
            "Session.track", steps.task_of(script), project=str(project or ""), title=title
        )
        new_tree = partial(self._context.new_tree, project, command=command)
        return track_script(script, title=title, claim=self.claim, new_tree=new_tree)

    # --- single steps -----------------------------------------------------------------------------------------

    def import_files(self, job: Job, script: Script | Container) -> ImportResult:
        """Import the outside input files of a script that is to run as `job`; nothing is recorded.

        Args:
            job: The job.
            script: The ``CPluginScript``, or a container of it.

        Raises:
            BadInputError: A file cannot be imported, a plugin refuses it, or the container belongs to no script.
        """
        return steps.import_files(self._context.new_tree(job.project), job, steps.script_of(script))

    def file_uses(self, job: Job, script: Script | Container) -> tuple[FileUse, ...]:
        """Return which recorded files a script that runs as `job` reads; nothing is recorded."""
        return steps.file_uses(self._context.new_tree(job.project), job, steps.script_of(script))

    def glean_files(self, job: Job, script: Script | Container) -> GleanResult:
        """Extract the output files of a script that ran as `job` through the hooks; nothing is recorded.

        Args:
            job: The job.
            script: The ``CPluginScript``, or a container of it.

        Raises:
            BadInputError: The container belongs to no script.
        """
        return steps.glean_files(self._context.new_tree(job.project), job, steps.script_of(script))

    def rebuilt_script(self, job: Job, parameters: Path) -> Script:
        """Return a script of a job with the parameters in a file, for a process that has not run the job.

        Raises:
            UnknownTaskError: The task does not exist.
            BadInputError: The task cannot be set up, or the parameters cannot be read.
        """
        from ccp4hooks.maintenance import resumption  # noqa: PLC0415 - start-up time

        self._load_tasks()
        return resumption.rebuilt_script(self._context.new_tree(job.project), job, parameters)

    def glean_kpis(self, job: Job, script: Script | Container) -> GleanResult:
        """Extract the KPIs of a script that ran as `job` through the hooks; see `glean_files`."""
        return steps.glean_kpis(self._context.new_tree(job.project), job, steps.script_of(script))

    # --- queries ----------------------------------------------------------------------------------------------

    def projects(self) -> tuple[Project, ...]:
        """Return all recorded projects, or those in the projects directory if no plugin records projects."""
        return self._queries.projects()

    def project(self, wanted: str | UUID) -> Project:
        """Return a project by its name or UUID.

        Raises:
            UnknownNameError: The project does not exist.
        """
        return self._queries.project(wanted)

    def _resolved(self, project: Project | str | UUID) -> Project:
        return project if isinstance(project, Project) else self.project(project)

    def known_project(self, name: str) -> Project:
        """Return a project that is recorded, or that is in the projects directory.

        Raises:
            UnknownNameError: The project does not exist.
        """
        return self._queries.recorded_or_on_disk(name)

    def project_with_settings(self, name: str) -> Project:
        """Return a project by its name; one for which there are settings need not have a job yet.

        Raises:
            UnknownNameError: The project does not exist, and there are no settings for it.
        """
        coming = self._queries.project_at(name)
        has_settings = name in self.settings.project_tables or (coming.directory / PROJECT_FILE).is_file()
        return coming if has_settings and self._queries.find_project(name) is None else self.project(name)

    def outcomes(self, project: Project | str | UUID, number: str | None = None) -> tuple[Outcome, ...]:
        """Return the outcomes of a project's jobs and sub-jobs, in the order of their numbers.

        Args:
            project: The project.
            number: Number of a job, to select this job and its sub-jobs, or None for all jobs.

        Raises:
            UnknownNameError: The job does not exist.
        """
        return self._queries.outcomes(self._resolved(project), number)

    def query(  # noqa: PLR0913 - one per condition
        self,
        project: Project | str | UUID | None = None,
        *,
        status: Iterable[JobStatus | str] = (),
        task: Iterable[str] = (),
        since: datetime | str | None = None,
        tags: Iterable[str] = (),
        kpis: Iterable[KpiCondition | str] = (),
        keys: Iterable[str] | None = None,
        only_with_kpis: bool = False,
        sub_jobs: bool = True,
        sort: str = "-created",
        limit: int | None = None,
    ) -> JobTable:
        """Return the recorded jobs that meet all conditions, without reading their files.

        A single text may be given in place of several.

        Args:
            project: The project; None for all projects.
            status: The job has one of these statuses; names may be in lower case.
            task: The job runs one of these tasks.
            since: The job was opened at or after this time; a text is a date such as ``"2026-11-28"``, ``"today"``,
                ``"yesterday"``, or how long ago, such as ``"7d"``.
            tags: The job has all of these tags.
            kpis: Conditions on KPIs, such as ``"RFree<0.25"`` or ``"spaceGroup='P 1'"``.
            keys: Keys of the KPIs to return; None for all.
            only_with_kpis: Whether jobs without any of these KPIs are left out.
            sub_jobs: Whether sub-jobs are returned, too.
            sort: ``"created"``, ``"finished"``, ``"duration"``, ``"task"``, ``"title"``, ``"status"``, or the key of a
                KPI, which leaves out jobs without a number for it; with a minus in front, the greatest comes first.
            limit: Largest number of jobs; None for all.

        Raises:
            UnknownNameError: The project or a status does not exist.
            BadInputError: A text cannot be read. The message points at the fault.
        """
        order, descending = query_text.order(sort)
        if limit is not None and limit < 0:
            raise BadInputError(f"The limit of a query is {limit}; it must not be negative.")
        conditions = tuple(query_text.condition(one) if isinstance(one, str) else one for one in _several(kpis))
        texts = (order, *_several(task), *_several(tags), *_several(keys or ()))
        query_text.require_unicode(*texts, *(part for one in conditions for part in (one.key, one.value)))
        query = JobQuery(
            project=None if project is None else self._resolved(project),
            statuses=query_text.statuses(_several(status)),
            tasks=_several(task),
            since=query_text.since(since) if isinstance(since, str) else since and since.astimezone(timezone.utc),
            tags=_several(tags),
            conditions=conditions,
            keys=None if keys is None else _several(keys),
            only_with_kpis=only_with_kpis,
            sub_jobs=sub_jobs,
            order=order,
            descending=descending,
            limit=None if limit is None else min(limit, query_text.LARGEST_LIMIT),
        )
        return JobTable(self._queries.query(query))

    def with_sub_jobs(self, found: Iterable[JobSummary], keys: Iterable[str] | None = None) -> JobTable:
        """Return jobs of one project, followed by all their sub-jobs.

        Args:
            found: The jobs, as `query` has returned them.
            keys: Keys of the KPIs of the sub-jobs to return; None for all.
        """
        return JobTable(self._queries.with_sub_jobs(tuple(found), None if keys is None else _several(keys)))

    def owned_jobs(self, project: Project | str | UUID | None = None) -> tuple[OwnedJob, ...]:
        """Return the jobs that have not ended and that a process owns, or owned when it died.

        Waiting jobs are not included.

        Args:
            project: The project; None for all.
        """
        return self._queries.owned_jobs(None if project is None else self._resolved(project))

    def job_state(self, project: Project | str | UUID, number: str) -> JobState:
        """Return the present state of a job or sub-job, which may be running in another process.

        Args:
            project: The project.
            number: Number of the job.

        Raises:
            UnknownNameError: The job does not exist.
        """
        return following.job_state(self._queries, self._resolved(project), number)

    def wait(self, project: Project | str | UUID, number: str, timeout_s: float | None = None) -> JobState:
        """Wait until a job or sub-job has ended, or its process has died, and return its state.

        A job that is RUNNING_REMOTELY has not ended. The job may be one that waits until somebody runs it.

        Args:
            project: The project.
            number: Number of the job.
            timeout_s: The longest time to wait [s]; None for no limit.

        Raises:
            UnknownNameError: The job does not exist, or was withdrawn.
            WaitTimeoutError: The job has not ended within that time.
        """
        found = self._resolved(project)
        state = off_loop(following.wait, self._queries, found, number, timeout_s, self._follower(found))
        if state.outcome.status.is_over and state.owner is not None:
            # Its process died before it could record the end, for instance because the database was away.
            self.recover_quietly(found.name)
        return state

    def _follower(self, project: Project) -> Callable[[], None]:
        """Return what keeps the record of a project true while somebody waits for its jobs."""
        if self._context.engines.names:
            return following.EngineFollower(self, project)
        return partial(self.follow_engines, project)

    def follow_engines(self, project: Project | str | UUID) -> None:
        """Record what machines without the database have written into the directories of the jobs that they run.

        `recover` does so, too. The jobs of engines that use the database need it not.

        Args:
            project: The project.
        """
        from ccp4hooks.maintenance import engine_jobs  # noqa: PLC0415 - start-up time

        off_loop(engine_jobs.follow, self._context, self._resolved(project))

    def job_output(
        self,
        project: Project | str | UUID,
        number: str,
        *,
        program: bool = False,
        follow: bool = False,
        lines: int | None = None,
    ) -> JobOutput:
        """Return what the task of a job has printed, or what its program has: iterate it for pieces of text.

        Control characters of terminals are not escaped; see `printable`.

        Args:
            project: The project.
            number: Number of the job or sub-job.
            program: Whether the log of the program is wanted.
            follow: Whether to go on until the job has ended. An empty piece is yielded when there is nothing new.
            lines: Number of lines at the end with which to begin; None for the last 10 MiB.

        Raises:
            UnknownNameError: The job does not exist.
            BadInputError: There is nothing to read; the message says why.
        """
        state = self.job_state(project, number)
        before = self._follower(state.outcome.job.project)
        return JobOutput(self._queries, state, program=program, follow=follow, lines=lines, before=before)

    def watch(self, project: Project | str | UUID) -> ProjectWatch:
        """Return a watch, whose `read` returns the states of the jobs that wait or run, or end meanwhile.

        Args:
            project: The project.

        Raises:
            BadInputError: No plugin records jobs in a database.
        """
        from ccp4hooks.queries.watching import ProjectWatch  # noqa: PLC0415 - start-up time

        found = self._resolved(project)
        return ProjectWatch(self._queries, found, self._follower(found))

    def report(self, project: Project | str | UUID, *numbers: str, sections: bool = True) -> Report:
        """Return a report on a project, or on some of its jobs: what `write_report` shows, as data.

        Args:
            project: The project.
            *numbers: Numbers of jobs, whose sub-jobs are included; none for all jobs.
            sections: Whether the report has what plugins add, and how its jobs came to be, which may take long.

        Raises:
            UnknownNameError: The project or a job does not exist.
        """
        from ccp4hooks.reports.data.collect import collect  # noqa: PLC0415 - start-up time

        found = self._resolved(project)
        return collect(self._queries, self.kpi_descriptions, found, numbers, asks_plugins=sections)

    def citations(self, project: Project | str | UUID, *numbers: str) -> tuple[CitedWork, ...]:
        """Return what is to be cited for the FINISHED jobs of a project, each publication once.

        What is cited for a task is what CCP4i2, or the plugin that registers the task, says.

        Args:
            project: The project.
            *numbers: Numbers of jobs, whose sub-jobs are included; none for all jobs.

        Raises:
            UnknownNameError: The project or a job does not exist.
        """
        from ccp4hooks.reports.data.citing import cited_works  # noqa: PLC0415 - start-up time

        known = self._resolved(project)
        groups = [self._queries.summaries(known, number) for number in numbers or (None,)]
        found = {one.job.uuid: one for group in groups for one in group}
        return cited_works(sorted(found.values(), key=lambda one: one.job.number.parts))

    def write_report(self, report: Report, path: Path, *, scripts: bool = True) -> None:
        """Write a report as one HTML page, which needs no other file and no network.

        The file is written as a whole or not at all.

        Args:
            report: The report.
            path: The file, whose name ends in ``.html``, ``.htm``, or has no ending. An earlier report is replaced, but
                no other file.
            scripts: Whether the page has scripts, which sort and filter its table and mark what led to what.

        Raises:
            BadInputError: The path cannot be written, has the ending of another format, or another file is there.
        """
        from ccp4hooks.reports.pages import page, writing  # noqa: PLC0415 - start-up time

        writing.write(path, page.render(report, scripts=scripts))

    def graph(
        self, project: Project | str | UUID, number: str | None = None, *, up: bool = True, down: bool = True
    ) -> JobGraph:
        """Return what led to what: the jobs of a project, or those around one job, and the files that they have read.

        Sub-jobs are folded into their jobs.

        Args:
            project: The project.
            number: Number of the job, or of a sub-job of it; None for all jobs.
            up: Whether the jobs that led to that job are wanted. It is not used without a job.
            down: Whether the jobs to which it led are wanted. It is not used without a job.

        Raises:
            UnknownNameError: The project or the job does not exist.
        """
        from ccp4hooks.reports.data import collect, job_graph  # noqa: PLC0415 - start-up time

        report = collect.overview(self._queries, self.kpi_descriptions, self._resolved(project))
        whole = job_graph.of_report(report)
        return whole if number is None else job_graph.around(whole, job_graph.top_of(report, number), up=up, down=down)

    def write_graph(self, graph: JobGraph, path: Path, *, replace: bool = False) -> None:
        """Write a graph to a file, as a whole or not at all.

        Args:
            graph: The graph, from `graph`.
            path: The file. Its ending tells its format: ``.html`` for a page with a picture, ``.dot`` for Graphviz,
                ``.mmd`` for Mermaid, ``.csv`` for a table of the files that jobs have read, or ``.json``.
            replace: Whether an existing file is replaced. An earlier page of ccp4hooks is replaced in any case.

        Raises:
            BadInputError: The ending is another one, or the path cannot be written or exists.
        """
        from ccp4hooks.reports.pages import files  # noqa: PLC0415 - start-up time

        files.write(graph, path, files.GRAPHS, replace=replace)

    def kpi_plot(
        self, project: Project | str | UUID, *kpis: str, along: str | None = None, together: bool = False
    ) -> KpiPlot:
        """Return the values of KPIs over the jobs of a project, or of one KPI against another.

        Jobs that did not succeed are left out, and sub-jobs are used only if no other job has the KPI.

        Args:
            project: The project.
            *kpis: Keys or titles of the KPIs: one, or that of the vertical axis and that of the horizontal axis.
            along: Number of a job, for this job and the jobs that led to it; None for all jobs.
            together: Whether all KPIs, at most six, are plotted over the jobs.

        Raises:
            UnknownNameError: The project, the job or a KPI does not exist.
            BadInputError: No job has a number for each of the KPIs, or there are too many of them.
        """
        from ccp4hooks.reports.data import collect  # noqa: PLC0415 - start-up time
        from ccp4hooks.reports.pages import kpi_values  # noqa: PLC0415 - start-up time

        report = collect.overview(self._queries, self.kpi_descriptions, self._resolved(project))
        return kpi_values.choose(report, self.kpi_descriptions, kpis, along, together=together)

    def write_plot(self, plot: KpiPlot, path: Path, *, replace: bool = False) -> None:
        """Write a plot, or its values, to a file, as a whole or not at all.

        Args:
            plot: The plot, from `kpi_plot`.
            path: The file. Its ending tells its format: ``.html``, ``.svg`` or ``.png`` for a plot, ``.csv`` or
                ``.json`` for the values.
            replace: Whether an existing file is replaced. An earlier page of ccp4hooks is replaced in any case.

        Raises:
            BadInputError: The ending is another one, there are fewer than two values to plot, the library for pictures
                is not installed, or the path cannot be written or exists.
        """
        from ccp4hooks.reports.pages import files  # noqa: PLC0415 - start-up time

        files.write(plot, path, files.PLOTS, replace=replace)

    def compare(
        self,
        project: Project | str | UUID,
        *numbers: str,
        task: str = "",
        kpis: Iterable[str] = (),
        sort: str = "",
    ) -> Comparison:
        """Return a comparison of jobs: their KPIs, and the parameters and inputs in which they differ.

        Args:
            project: The project.
            *numbers: Numbers of at least two jobs or sub-jobs, of any tasks. The first job is the reference.
            task: In the place of numbers: the top-level jobs of this task, or its sub-jobs if it has no others, in the
                order of their numbers.
            kpis: Keys or titles of the KPIs to compare; none for all.
            sort: Key or title of a KPI by which the jobs are sorted: the best first, or if nobody knows which values
                are better, the smallest; with a minus in front, in the reverse order. Jobs that have not ended with a
                result, and then those without a number, come last. The first job is the reference then, too. Empty to
                keep the order.

        Raises:
            UnknownNameError: The project, a job, the task or a KPI does not exist.
            BadInputError: There are fewer than two different jobs, or both numbers and a task are given.
        """
        from ccp4hooks.reports.data.comparing import compare  # noqa: PLC0415 - start-up time

        found = self._resolved(project)
        return compare(
            self._queries, self.kpi_descriptions, found, numbers, task=task, kpis=_several(kpis), sort=sort.strip()
        )

    def write_comparison(self, comparison: Comparison, path: Path, *, replace: bool = False) -> None:
        """Write a comparison to a file, as a whole or not at all.

        Args:
            comparison: The comparison, from `compare`.
            path: The file. Its ending tells its format: ``.html`` for a page, which needs no other file, no network
                and no scripts, ``.csv`` for a table with a line for each job, or ``.json``.
            replace: Whether an existing file is replaced. An earlier page of ccp4hooks is replaced in any case.

        Raises:
            BadInputError: The ending is another one, or the path cannot be written or exists.
        """
        from ccp4hooks.reports.pages import files  # noqa: PLC0415 - start-up time

        files.write(comparison, path, files.COMPARISONS, replace=replace)

    def find_file(self, query: FileQuery) -> KnownFile | None:
        """Return the recorded file that a query describes, or None if no file matches."""
        return self._queries.find_file(query)

    # --- labels -----------------------------------------------------------------------------------------------

    def labels(self, *subjects: Job | Project) -> tuple[Labels, ...]:
        """Return the titles, notes and tags of jobs and projects, in their order.

        Args:
            *subjects: The jobs and projects. Without a plugin that records them, they have no notes and no tags.
        """
        return labels.read(self._queries, subjects)

    def label(
        self,
        subject: Job | Project,
        *,
        title: str | None = None,
        note: str | None = None,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
    ) -> Labels:
        """Change the title, the note or the tags of a job or a project, and return them.

        The outcome file keeps the title with which the job ran; a replay changes none of them. A job may be running.

        Args:
            subject: The job or the project. The directory of a project that gets another name is not renamed.
            title: New title of the job, at most 255 characters, or new name of the project, at most 100.
            note: New note; empty to remove it.
            add_tags: Tags to add, at most 50 characters each.
            remove_tags: Tags to remove.

        Raises:
            BadInputError: A text is too long or has control characters, another project has the name, a job of the
                project to rename is running, a tag to remove is missing, or no database knows the job or the project.
            StoreError: The database cannot be used.
        """
        change = LabelChange(title=title, note=note, add_tags=tuple(add_tags), remove_tags=tuple(remove_tags))
        return off_loop(labels.change, self._context, subject, change)

    def create_project(self, name: str, directory: Path | None = None) -> Project:
        """Create a project without a job.

        Args:
            name: Name of the project, at most 100 characters.
            directory: A new or empty directory; None for a directory of this name in the projects directory.

        Raises:
            BadInputError: The name cannot be used or exists, or the directory cannot be used.
            StoreError: The database cannot be used.
        """
        return off_loop(labels.create, self._context, name, directory)

    # --- maintenance ------------------------------------------------------------------------------------------

    def recover(self, project: Project | str | UUID | None = None) -> MaintenanceResult:
        """Mark jobs whose process has died as interrupted and record their output.

        A job with an outcome file is recorded from that file. Any other job becomes INTERRUPTED, and its existing
        outputs are extracted. A job whose process is alive is left unchanged, as is a job on another machine with a
        recent heartbeat. Unfinished temporary files of outcome files, and empty directories of sub-jobs and projects
        that are not recorded, are removed. A job that has ended and lacks its outcome file gets one from the database.
        The deletion of a job that was interrupted is completed or undone, and a restoration is completed.

        Args:
            project: The project, or None for all projects.

        Raises:
            StoreError: The database cannot be read, or nothing can be written to it at present.
        """
        found = None if project is None else self._resolved(project)
        from ccp4hooks.exchange import unfinished  # noqa: PLC0415 - start-up time
        from ccp4hooks.maintenance import recovery, rewriting  # noqa: PLC0415 - the same
        from ccp4hooks.storage import settling  # noqa: PLC0415 - the same

        off_loop(unfinished.clean_up, self._queries, self.settings.projects_dir, self.settings.database or "")
        done = off_loop(partial(recovery.recover, self._context, found, thorough=True))
        for one in self.projects() if found is None else (found,):
            for step in (settling.settle, rewriting.rewrite):
                done = done.with_more(off_loop(step, self._context, one))
        return done

    def recover_quietly(self, name: str, *, waits: bool = False) -> tuple[str, ...]:
        """Recover a project before a new job runs in it. Ignore jobs that cannot be recovered.

        Args:
            name: Name of the project.
            waits: Whether the caller waits for jobs of engines. Otherwise, an engine has a few seconds to answer.

        Returns:
            Why nothing is known of the jobs of engines that have not answered, one line each.

        Raises:
            StoreUnavailableError: The database is unavailable, so the new job would wait for it again.
        """
        known = off_loop(self._queries.find_project, name)
        if known is None:
            return ()
        from ccp4hooks.maintenance import recovery  # noqa: PLC0415 - start-up time
        from ccp4hooks.storage import settling  # noqa: PLC0415 - the same

        limit_s = None if waits else BRIEF_S
        recover = partial(recovery.recover, self._context, known, thorough=False, limit_s=limit_s)
        done = unless_unavailable(attempt(off_loop, recover))
        unless_unavailable(attempt(off_loop, settling.settle, self._context, known))
        return () if isinstance(done, Failure) else done.silent

    def cancel(self, project: Project | str | UUID, number: str, *, kill: bool = False) -> Outcome:
        """Cancel a waiting job, or one that another process on this machine or an engine runs, and return its outcome.

        The programs of the job end, and the job becomes INTERRUPTED, unless it has ended in the meantime. A waiting job
        is marked as INTERRUPTED, and no process receives a signal. So is a job, or a sub-job of this job, that is
        RUNNING_REMOTELY; its program on the other machine continues. The engine of a submitted job is asked to end it.

        Args:
            project: The project.
            number: Number of a top-level job.
            kill: Whether to kill a process that does not end within 30 s.

        Raises:
            UnknownNameError: The job does not exist.
            BadInputError: The job has ended, runs on another machine, shares its process with other jobs, or its
                process does not end.
        """
        from ccp4hooks.maintenance import cancel  # noqa: PLC0415 - start-up time

        return off_loop(partial(cancel.cancel, self._context, self._resolved(project), number, kill=kill))

    def cancel_sub_jobs(self, project: Project | str | UUID, number: str) -> None:
        """Cancel the sub-jobs of a job that wait, or that engines run; those that its own process runs are left to it.

        Args:
            project: The project.
            number: Number of the job.

        Raises:
            UnknownNameError: The job does not exist.
        """
        from ccp4hooks.maintenance import cancel  # noqa: PLC0415 - start-up time

        off_loop(partial(cancel.cancel_sub_jobs, self._context, self._resolved(project), number))

    def replay(self, project: Project | str | UUID, number: str | None = None) -> MaintenanceResult:
        """Record the outcome files of a project. Calling it again changes nothing.

        A job that is missing in the database is added under its number.

        Args:
            project: The project.
            number: Number of a job, to select this job and its sub-jobs, or None for all jobs.

        Raises:
            BadInputError: The project has no such outcome file, or no plugin records jobs.
            StoreError: The database cannot be read, or nothing can be written to it at present.
        """
        return off_loop(replay.replay, self._context, self._resolved(project), number)

    def replay_all(self) -> MaintenanceResult:
        """Record the outcome files of all projects, of those in the projects directory, too.

        Raises:
            BadInputError: No plugin records jobs.
        """
        return off_loop(replay.replay_all, self._context)

    def adopt(self, directory: Path, project: str | Project) -> MaintenanceResult:
        """Adopt a job directory from another machine or project, or of a dry run that was kept.

        It becomes the next job of the project. The directory is copied with its sub-jobs, and UUIDs and paths are
        rewritten. The files that the job imported are imported, too, if its original project still has them. A use of
        a file of a job that was adopted earlier becomes a use of the adopted file. Calling it again changes nothing.

        Args:
            directory: The directory of a job, or that of a project, to adopt all its jobs that have ended, in the order
                of their numbers. A link in it is not followed.
            project: The project that adopts it; a project that does not exist is made from its name.

        Raises:
            BadInputError: The directory has no valid outcome file or is in the project, it changes while it is copied,
                or no plugin records jobs. A job of several that cannot be adopted becomes a problem.
        """
        from ccp4hooks.exchange import adoption  # noqa: PLC0415 - start-up time

        return off_loop(adoption.adopt, self._context, directory, project)

    def export_project(
        self,
        project: Project | str | UUID,
        path: Path,
        *,
        jobs: Iterable[str] = (),
        kind: ExportFormat = ExportFormat.CCP4I2,
        licence: str = "",
    ) -> ExportedProject:
        """Export a project, or some of its jobs, and return what was written.

        The file or directory is written as a whole or not at all. A job that waits is exported as it is.

        Args:
            project: The project.
            path: The new file, or a new directory for other formats than that of CCP4i2.
            jobs: Numbers of jobs, to export these with their sub-jobs, and all jobs whose files they read; empty for
                all jobs.
            kind: What to make.
            licence: The licence of the data, for an RO-Crate: a URL or a text.

        Raises:
            UnknownNameError: The project or a job does not exist.
            BadInputError: A job is running, or the path exists or cannot be written.
            StoreError: The database cannot be read.
        """
        from ccp4hooks.exchange import exporting  # noqa: PLC0415 - start-up time

        export = partial(exporting.export_project, self._context, self._resolved(project), tuple(jobs), path)
        return off_loop(partial(export, kind=kind, licence=licence))

    def import_project(self, path: Path, *, name: str | None = None) -> ImportedProject:
        """Import a project that ccp4hooks or CCP4i2 has exported, and return it.

        Its files are copied into the projects directory. It is imported as a whole or not at all. Jobs and files keep
        their UUIDs, so that a project can be imported only once into a database.

        Args:
            path: A zip file, or a directory with its content, such as an RO-Crate.
            name: Name of the new project; None for its name in the archive.

        Raises:
            BadInputError: The archive is damaged, is refused, or was made by a later version, or the project exists.
            StoreError: The database cannot be used.
        """
        from ccp4hooks.exchange import importing  # noqa: PLC0415 - start-up time

        into = partial(importing.import_project, self._context, path, name)
        return off_loop(into, self.settings.projects_dir, self.settings.database or "")

    def move_project(self, project: Project | str | UUID, directory: Path) -> Project:
        """Record that the directory of a project was moved, and return the project with its new directory.

        Move the directory first; no file is moved. The outcome files in it get the new paths, also those of jobs in the
        trash. Calling it again changes nothing, and completes it if it was killed.

        Args:
            project: The project.
            directory: The new directory. It must contain jobs with the UUIDs of the project.

        Raises:
            UnknownNameError: The project does not exist.
            BadInputError: The directory does not exist, is that of another project, or is a copy of the recorded
                directory, which still has the jobs; a job of the project is running; or no database knows the project.
            StoreError: The database cannot be used.
        """
        from ccp4hooks.storage import moving  # noqa: PLC0415 - start-up time

        return off_loop(moving.move_project, self._context, self._resolved(project), directory)

    # --- deleting ---------------------------------------------------------------------------------------------

    def plan_deletion(
        self, project: Project | str | UUID, *numbers: str, dependants: bool = False
    ) -> tuple[Deletion, ...]:
        """Return what `delete` would delete, in its order. Nothing is changed.

        Args:
            project: The project.
            *numbers: See `delete`.
            dependants: See `delete`. Otherwise `Deletion.needed_by` names the jobs that are in the way.

        Raises:
            UnknownNameError: A job does not exist.
            BadInputError: A job is a sub-job, has not ended, or belongs to another user.
        """
        from ccp4hooks.storage import deletion_plan  # noqa: PLC0415 - start-up time

        plan = partial(deletion_plan.planned, self._context, self._resolved(project), numbers, dependants=dependants)
        return off_loop(plan)

    def delete(self, project: Project | str | UUID, *numbers: str, dependants: bool = False) -> tuple[Deletion, ...]:
        """Move jobs into the trash of their project, with their sub-jobs, and return what was moved.

        The files that a job has imported go into the trash, too, unless another job reads them: they become files of
        that job. No other job gets the number of a deleted one. A job whose process dies during the deletion is deleted
        or not, after `recover` at the latest.

        Args:
            project: The project.
            *numbers: Numbers of top-level jobs.
            dependants: Whether to delete the jobs that read their outputs as well, and the jobs that read theirs.

        Raises:
            UnknownNameError: A job does not exist.
            BadInputError: A job is a sub-job, is queued or running, belongs to another user, or is needed by a job that
                stays; or a job of the project is being prepared, and may be about to read a file. The jobs that were
                deleted before the one that the message names stay in the trash.
            StoreError: The database cannot be used.
        """
        from ccp4hooks.storage import delete  # noqa: PLC0415 - start-up time

        work = partial(delete.delete, self._context, self._resolved(project), numbers, dependants=dependants)
        return off_loop(work)

    def trash(self, project: Project | str | UUID) -> tuple[TrashedJob, ...]:
        """Return the jobs in the trash of a project, by number. What is wrong with damaged ones is in `unreadable`.

        Args:
            project: The project.
        """
        from ccp4hooks.storage import restore  # noqa: PLC0415 - start-up time

        return restore.trashed(self._context, self._resolved(project))

    def restore(self, project: Project | str | UUID, *numbers: str) -> MaintenanceResult:
        """Restore jobs from the trash, with all that was recorded of them.

        In another database than the one from which a job was deleted, its outcome files are recorded instead.

        Args:
            project: The project.
            *numbers: Numbers of the jobs.

        Returns:
            The outcomes of the jobs, and in `problems` what is lost, and which imports that they read do not exist.

        Raises:
            UnknownNameError: A job is not in the trash.
            BadInputError: The number or the place of a job is taken, a job reads a file of a job that stays in the
                trash, or the files belong to another user.
            StoreError: The database cannot be used.
        """
        from ccp4hooks.storage import restore  # noqa: PLC0415 - start-up time

        return off_loop(restore.restore, self._context, self._resolved(project), numbers)

    def purge(
        self, project: Project | str | UUID, *numbers: str, older_than: timedelta | None = None, dry_run: bool = False
    ) -> tuple[TrashedJob, ...]:
        """Remove jobs from the trash of a project for good, and return them.

        Args:
            project: The project.
            *numbers: Numbers of jobs; none for all jobs in the trash whose entries are not damaged.
            older_than: The shortest time since their deletion; None for all.
            dry_run: Whether only to return them.

        Raises:
            UnknownNameError: The trash has no such job, neither whole nor damaged.
            BadInputError: A file cannot be removed.
        """
        from ccp4hooks.storage import restore  # noqa: PLC0415 - start-up time

        found = self._resolved(project)
        if dry_run:
            return tuple(restore.to_purge(self._context, found, numbers, older_than))
        return off_loop(restore.purge, self._context, found, numbers, older_than)

    # --- files ------------------------------------------------------------------------------------------------

    def clean(
        self, project: Project | str | UUID, *numbers: str, context: str = "script_finish", dry_run: bool = False
    ) -> tuple[CleanedFile, ...]:
        """Remove files of jobs that CCP4i2, or their task, marks as not needed, and return them.

        Never removed are recorded files, what ccp4hooks needs to read a job or to run it again, and files of a job that
        has not ended. A task that cannot be imported may keep files that CCP4i2 would remove: its jobs are left out,
        and `problems` names them.

        Args:
            project: The project.
            *numbers: Numbers of jobs, whose sub-jobs are included; none for all jobs.
            context: What to remove, as CCP4i2 names it: ``"script_finish"`` for scratch files, ``"temporary"``,
                ``"intermediate"``, ``"extended_intermediate"`` or ``"project_complete"``.
            dry_run: Whether only to return them.

        Raises:
            UnknownNameError: A job does not exist.
            BadInputError: CCP4i2 has no such context.
        """
        from ccp4hooks.storage import cleaning  # noqa: PLC0415 - start-up time

        work = cleaning.plan if dry_run else cleaning.clean
        return off_loop(work, self._context, self._resolved(project), numbers, context)

    def verify(self, project: Project | str | UUID, *numbers: str) -> Verification:
        """Compare the files of jobs with the record: imported files by their checksums, output files by their sizes.

        Args:
            project: The project.
            *numbers: Numbers of jobs, whose sub-jobs are included; none for all jobs and for what is not recorded.

        Raises:
            UnknownNameError: A job does not exist.
            BadInputError: The directory of the project does not exist.
        """
        from ccp4hooks.storage import verifying  # noqa: PLC0415 - start-up time

        return off_loop(verifying.verify, self._context, self._resolved(project), numbers)

    def reglean(self, project: Project | str | UUID, number: str) -> MaintenanceResult:
        """Re-extract files and KPIs from a job that has ended, and from its sub-jobs, with the present plugins.

        A recorded value keeps its origin unless a plugin returns a different value. The record of a file that does not
        exist any more is kept, and `problems` names the file. The outcome files are rewritten and recorded. A job that
        CCP4i2 has run without ccp4hooks has none; what is extracted from it is only recorded. Calling it again changes
        nothing.

        Args:
            project: The project.
            number: The job.

        Raises:
            BadInputError: A job has not ended, has no valid outcome file, or its script cannot be recreated.
        """
        from ccp4hooks.maintenance import reglean  # noqa: PLC0415 - start-up time

        return off_loop(reglean.reglean, self._context, self._resolved(project), number)


def _several(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return several values as a tuple; a single text is one of them."""
    return (values,) if isinstance(values, (str, JobStatus, KpiCondition)) else tuple(values)
