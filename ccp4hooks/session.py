"""Where the parts are put together: settings, plugins, hooks, tasks, runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ccp4hooks import adapter, capture, catalog, outcome
from ccp4hooks.dispatch import Dispatcher, Failure, Journal, attempt
from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.manager import HOOKS, PluginManager, PluginRecord
from ccp4hooks.model import FileQuery, KnownFile, Outcome, Problem, Project, RunResult, Severity, project_uuid
from ccp4hooks.run import Run
from ccp4hooks.runner import on_event_loop, run_task
from ccp4hooks.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccp4hooks.model import Progress
    from ccp4hooks.tasks import TaskContents, TaskInfo


def open_session(settings: Settings, *, extra: Mapping[str, Any] | None = None) -> Session:
    """Load the plugins that `settings` switch on, and `extra` ones by name, and return a session.

    Raises:
        UnknownNameError: ``-p`` names a plugin that is not there.
        BadInputError: A plugin module asked for cannot be imported.
    """
    return Session(settings, PluginManager(settings, extra))


def run_job(
    task: str,
    values: Mapping[str, object] | Iterable[tuple[str, object]] = (),
    *,
    project: str,
    title: str = "",
    settings: Settings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> RunResult:
    """Run one task with the plugins that the settings switch on, and return what came of it.

    For several tasks, open a `Session` once and use its `run`.

    Args:
        task: See `Session.run`.
        values: See `Session.run`; a mapping where no parameter comes twice.
        project: See `Session.run`.
        title: See `Session.run`.
        settings: All settings; None for what environment and settings file say.
        progress: See `Session.run`.

    Raises:
        Ccp4HooksError: See `Session.run`.
    """
    pairs = values.items() if isinstance(values, Mapping) else values
    session = open_session(settings or load_settings())
    return session.run(task, pairs, project=project, title=title, progress=progress)


class Session:
    """A set of plugins, ready to run tasks.

    Args:
        settings: All settings.
        manager: The plugins.

    Attributes:
        settings: All settings.
        plugins: Every plugin found, those that take no part included.
        problems: What plugins did wrong outside of any job.
    """

    def __init__(self, settings: Settings, manager: PluginManager) -> None:
        self.settings = settings
        self.plugins: tuple[PluginRecord, ...] = tuple(manager.records)
        self._dispatcher = Dispatcher(manager.plan())
        self._journal = Journal()
        self._task_origins: dict[str, str] | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What went wrong outside of any job."""
        return tuple(self._journal.problems)

    def hook_order(self, hook: str) -> tuple[str, ...]:
        """Return the plugins that implement a hook, in the order in which they are called.

        Raises:
            UnknownNameError: No such hook.
        """
        if hook not in HOOKS:
            raise UnknownNameError("hook", hook, HOOKS)
        return tuple(implementation.origin.plugin for implementation in self._dispatcher.plan.get(hook, ()))

    # --- projects and jobs ------------------------------------------------------------------------------------

    def projects(self) -> tuple[Project, ...]:
        """Return all known projects; without a plugin that knows, those in the projects directory."""
        answer = self._dispatcher.first("list_projects", self._journal)
        return tuple(answer.value) if answer else tuple(self._on_disk())

    def _on_disk(self) -> Iterable[Project]:
        for folder in sorted(self.settings.projects_dir.glob("*/CCP4_JOBS")):
            yield self._project_at(folder.parent.name)

    def _project_at(self, name: str) -> Project:
        directory = self.settings.projects_dir / name
        return Project(name=name, directory=directory, uuid=project_uuid(directory))

    def project(self, name: str) -> Project:
        """Return a project.

        Raises:
            UnknownNameError: No such project.
        """
        known = self._find_project(name)
        if known is None:
            names = [project.name for project in self.projects()]
            raise UnknownNameError("project", name, names, "`ccp4hooks projects` lists them.")
        return known

    def _find_project(self, name: str) -> Project | None:
        answer = self._dispatcher.first("find_project", self._journal, name=name)
        if answer is not None:
            return answer.value  # type: ignore[no-any-return]
        at = self._project_at(name)
        return at if os.path.isdir(at.jobs_directory) else None  # noqa: PTH112 - false, too, for names no system takes

    def outcomes(self, project: Project, number: str | None = None) -> tuple[Outcome, ...]:
        """Return what is known of a project's jobs and sub-jobs, in the order of their numbers.

        Args:
            project: The project.
            number: For one job and its sub-jobs; None for all.

        Raises:
            UnknownNameError: No such job.
        """
        answer = self._dispatcher.first("read_outcomes", self._journal, project=project, number=number)
        found = tuple(answer.value) if answer else self._read_files(project, number)
        if answer and number is not None:
            found = tuple(outcome.completed(one) for one in found)
        if number is not None and not found:
            numbers = [one.job.number for one in self.outcomes(project)]
            raise UnknownNameError("job", number, numbers, f"`ccp4hooks jobs {project.name}` lists them.")
        return found

    def _read_files(self, project: Project, number: str | None) -> tuple[Outcome, ...]:
        folder = project.jobs_directory.joinpath(*(f"job_{part}" for part in number.split("."))) if number else None
        paths = outcome.below(project.jobs_directory)
        chosen = [path for path in paths if folder is None or folder == path.parent or folder in path.parents]
        read = [attempt(outcome.read, path) for path in chosen]
        for failed in read:
            if isinstance(failed, Failure):
                self._journal.add(Problem(severity=Severity.WARNING, message=failed.reason))
        return tuple(one for one in read if isinstance(one, Outcome))

    def find_file(self, query: FileQuery) -> KnownFile | None:
        """Return the recorded file that is meant; without a plugin that knows, from the outcome files."""
        known = self._dispatcher.ask("find_file", self._journal, query=query)
        if known is not None or query.job_number is None:
            return known  # type: ignore[no-any-return]
        for one in self._read_files(query.project, query.job_number):
            for file in one.files if one.job.number == query.job_number else ():
                if file.parameter == f"outputData.{query.parameter}":
                    return KnownFile(
                        uuid=file.uuid,
                        path=file.path,
                        file_type=file.file_type,
                        content_flag=file.content_flag,
                        sub_type=file.sub_type,
                        annotation=file.annotation,
                    )
        return None

    def _found_for(self, run: Run) -> Callable[[FileQuery], KnownFile | None]:
        """Return what answers a run's job references; the run remembers what it was told."""

        def find(query: FileQuery) -> KnownFile | None:
            known = self.find_file(query)
            if known is not None:
                run.remember(known.uuid, known.path)
            return known

        return find

    def init_store(self) -> tuple[str, ...]:
        """Make plugins create or upgrade what they keep data in, and return what was done, a line each.

        Raises:
            Ccp4HooksError: A plugin could not.
        """
        lines: list[str] = []
        for answer in self._dispatcher.every("init_store", self._journal):
            lines.extend(answer.value)
        return tuple(lines)

    # --- tasks ------------------------------------------------------------------------------------------------

    def tasks(self) -> tuple[TaskInfo, ...]:
        """Return all tasks, those of plugins included, sorted by name."""
        with capture.output_dropped():
            return catalog.tasks(self._origins())

    def describe(self, task: str) -> TaskContents:
        """Return a task with all its parameters.

        Raises:
            UnknownTaskError: No such task.
            BadInputError: It cannot be imported, or its def file cannot be read.
        """
        with capture.output_dropped():
            return catalog.describe(task, self._origins())

    def run(
        self,
        task: str,
        values: Iterable[tuple[str, object]] = (),
        *,
        project: str,
        title: str = "",
        progress: Callable[[Progress], None] | None = None,
    ) -> RunResult:
        """Run a task and return what came of it and of its sub-jobs.

        A task that failed is no error: the outcome's status says so. With ``settings.dry_run`` nothing is kept.

        Args:
            task: TASKNAME.
            values: (parameter, value) pairs, as on the command line; a list's parameter may come several times.
            project: Name of the project; made if it does not exist.
            title: For people; empty for the task's name.
            progress: Called with what goes on.

        Raises:
            BadInputError: The request cannot be run as it stands; nothing is left behind.
            RefusedError: A plugin refused the job.
            PluginError: A plugin whose answer was needed failed.
            StoreError: The database cannot be used.
            NotRecordedError: The task ran, but a sink failed; carries the result.
        """
        with capture.output_dropped():
            self._origins()
        if (
            not project.isprintable()
            or project != project.strip()
            or set(project) & set("/\\")
            or project[:1] in ("", ".")
        ):
            raise BadInputError(f"{project!r} cannot be the name of a project: it must be a plain directory name.")
        if on_event_loop():
            # Django allows no query there, and a hook that is a coroutine could not be awaited.
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(self.run, task, values, project=project, title=title, progress=progress).result()
        known = self._find_project(project)
        run = Run(
            self._dispatcher,
            version=_version(),
            project=known or self._project_at(project),
            new_project=known is None,
            progress=progress,
            dry_run=self.settings.dry_run,
        )
        texts = [(name, str(value)) for name, value in values]
        return run_task(run, task, texts, title=title, find_file=self._found_for(run))

    def _origins(self) -> dict[str, str]:
        """Add the plugins' tasks to CCP4i2's, once, and return which plugin brings which."""
        if self._task_origins is None:
            origins: dict[str, str] = {}
            self._task_origins = origins
            for answer in self._dispatcher.collect("register_tasks", self._journal):
                for description in answer.value:
                    self._add_task(description, answer.origin.plugin, origins)
        return self._task_origins

    def _add_task(self, description: Any, plugin: str, origins: dict[str, str]) -> None:
        name = description.name
        entry = adapter.task_table().get(name)
        if entry is not None and entry.pluginPath != description.script:
            owner = origins.get(name, "CCP4i2")
            message = f"the task {name!r} of plugin {plugin!r} was left out: {owner} has one of this name."
            self._journal.add(Problem(severity=Severity.WARNING, message=message), "register_tasks")
            return
        adapter.add_task(description)
        origins[name] = plugin


def _version() -> str:
    from ccp4hooks import __version__  # noqa: PLC0415 - the package imports this module's users first

    return __version__
