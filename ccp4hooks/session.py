"""Where the parts are put together: settings, plugins, hooks, tasks, runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ccp4hooks.errors import UnknownNameError
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs.runner import run_claimed, run_task, taken
from ccp4hooks.jobs.tracking import Tracked, tracked_script
from ccp4hooks.maintenance.replay import Keeper
from ccp4hooks.model import FileQuery, Job, JobRequest, KnownFile, RunResult
from ccp4hooks.plugins.dispatcher import Dispatcher, off_loop
from ccp4hooks.plugins.inspection import HOOKS
from ccp4hooks.plugins.manager import PluginManager
from ccp4hooks.runtime import stdio
from ccp4hooks.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.jobs.run_context import Run
    from ccp4hooks.model import Progress
    from ccp4hooks.model.tasks import TaskContents, TaskInfo
    from ccp4hooks.plugins.discovery import PluginRecord
    from ccp4hooks.tasks.registry import LeftOut


def open_session(
    settings: Settings, *, extra: Mapping[str, Any] | None = None, trace: Callable[[str], None] | None = None
) -> Session:
    """Load the plugins that `settings` switch on, and `extra` ones by name, and return a session.

    Args:
        settings: All settings.
        extra: Further plugins by name.
        trace: Called with a line before and after each call of a hook: who was called with what, what came back, how
            long it took. Jobs in a process of their own are not traced.

    Raises:
        UnknownNameError: ``-p`` names a plugin that is not there.
        BadInputError: A plugin module asked for cannot be imported.
    """
    if trace is None:
        return Session(settings, PluginManager(settings, extra), portable=not extra)
    from ccp4hooks.plugins.tracing import tracer  # noqa: PLC0415 - start-up time

    return Session(settings, PluginManager(settings, extra, wrap=tracer(trace)), portable=not extra)


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


class Session(Keeper):
    """A set of plugins, ready to run tasks.

    Args:
        settings: All settings.
        manager: The plugins.
        portable: Whether the settings alone make the same session in another process.

    Attributes:
        settings: All settings.
        plugins: Every plugin found, those that take no part included.
        portable: See above.
        problems: What plugins did wrong outside of any job.
    """

    def __init__(self, settings: Settings, manager: PluginManager, *, portable: bool = True) -> None:
        super().__init__(settings, Dispatcher(manager.plan()))
        self.plugins: tuple[PluginRecord, ...] = tuple(manager.records)
        self.portable = portable

    def hook_order(self, hook: str) -> tuple[str, ...]:
        """Return the plugins that implement a hook, in the order in which they are called.

        Raises:
            UnknownNameError: No such hook.
        """
        if hook not in HOOKS:
            raise UnknownNameError("hook", hook, HOOKS)
        return tuple(implementation.origin.plugin for implementation in self._dispatcher.plan.get(hook, ()))

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
        with stdio.output_dropped():
            return self._catalog.tasks()

    def tasks_left_out(self) -> tuple[LeftOut, ...]:
        """Return the plugins' tasks that cannot be used, with the reason; one may have several."""
        with stdio.output_dropped():
            return tuple(self._catalog.registry.left_out)

    def describe(self, task: str) -> TaskContents:
        """Return a task with all its parameters.

        Raises:
            UnknownTaskError: No such task.
            BadInputError: It cannot be imported, or its def file cannot be read.
        """
        with stdio.output_dropped():
            return self._catalog.describe(task)

    def run(
        self,
        task: str,
        values: Iterable[tuple[str, object]] = (),
        *,
        project: str | UUID,
        title: str = "",
        progress: Callable[[Progress], None] | None = None,
        keep: Path | None = None,
    ) -> RunResult:
        """Run a task and return what came of it and of its sub-jobs.

        A task that failed is no error: the outcome's status says so. With ``settings.dry_run`` nothing is kept.

        Args:
            task: TASKNAME.
            values: (parameter, value) pairs, as on the command line; a list's parameter may come several times.
            project: Name or identity of the project; by name, it is made if it does not exist.
            title: For people; empty for the task's name.
            progress: Called with what goes on.
            keep: A new or empty directory for the scratch project of a dry run; None to keep nothing of it.

        Raises:
            BadInputError: The request cannot be run as it stands; nothing is left behind.
            RefusedError: A plugin refused the job.
            PluginError: A plugin whose answer was needed failed.
            StoreError: The database cannot be used.
            NotRecordedError: The task ran, but a sink failed; carries the result.
        """
        run = self._new_run(project, progress)
        self._catalog.require(task)
        texts = [(name, str(value)) for name, value in values]
        work = partial(run_task, run, task, texts, title=title, find_file=self._found_for(run), keep=keep)
        # CCP4i2's scripts call asyncio's loop themselves.
        return off_loop(work)

    def run_opened(
        self, uuid: UUID, *, again: bool = False, progress: Callable[[Progress], None] | None = None
    ) -> RunResult:
        """Run a job that was opened earlier, by CCP4i2's GUI or by `open_job`, with the parameters in its directory.

        Args:
            uuid: The job.
            again: Whether a job that has ended may run again.
            progress: Called with what goes on.

        Raises:
            BadInputError: Nobody knows the job, it is running or has ended, or it cannot be run; then it has failed.
            RefusedError: A plugin refused it; it has failed.
            NotRecordedError: The task ran, but a sink failed; carries the result.
        """
        return off_loop(partial(self._run_opened, uuid, again=again, progress=progress))

    def _run_opened(self, uuid: UUID, *, again: bool, progress: Callable[[Progress], None] | None) -> RunResult:
        job = self.claim(uuid, again=again)
        return run_claimed(self._new_run(job.project, progress), job)

    def take(self, uuid: UUID) -> Tracked:
        """Take over a job opened earlier; its script has the parameters that lie in its directory.

        Raises:
            BadInputError: Nobody knows the job, it is running or has ended, or its parameters cannot be read.
        """
        job = self.claim(uuid)
        return taken(self._new_run(job.project, None), job)

    def open_job(
        self, task: str, *, project: str | UUID, title: str = "", number: str | None = None, parent: Job | None = None
    ) -> Job:
        """Open a job that is to be run later: it gets its number, and its directory is made.

        It stays PENDING until `run_opened`, `take` or `claim` takes it over, also when this process is gone by then.

        Args:
            task: TASKNAME.
            project: Name or identity of the project; by name, it is made if it does not exist.
            title: For people; empty for the task's name.
            number: The number it is to have; None for the next free one.
            parent: The job that it is a sub-job of, None at top level.

        Raises:
            UnknownTaskError: No such task.
            BadInputError: The number is taken.
        """
        with stdio.output_dropped():
            _ = self._catalog.registry
            scripts.require_task(task)
        run = self._new_run(parent.project if parent else project, None)
        request = JobRequest(
            uuid=uuid4(),
            task=task,
            title=title or task,
            project=run.project,
            owned=False,
            parent=parent,
            number=number,
        )
        return run.open(request, self._journal)

    def track(self, script: Any, *, project: str | UUID | None = None, title: str = "") -> Tracked:
        """Return what takes a script of yours through its job: ``with session.track(script, project="toxd"): ...``.

        A script that another tracked one has made, or is the parent of, becomes its sub-job. One that carries the
        identity of a job opened earlier becomes that job.

        Args:
            script: A ``CPluginScript``, its parameters set.
            project: Name or identity of the project; by name, it is made if it does not exist. Not asked for where
                the job is there already.
            title: For people; empty for the script's name.

        Raises:
            BadInputError: It is no script, has no TASKNAME, or its job has ended.
            UnknownNameError: No such project.
        """
        return tracked_script(script, title=title, claim=self.claim, new_run=lambda: self._new_run(project, None))
