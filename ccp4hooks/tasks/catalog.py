"""List the tasks, and describe the parameters of a task."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import required_content, scripts
from ccp4hooks.i2.tasks import descriptions, task_table
from ccp4hooks.model.tasks import LeftOut
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.tasks.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccp4hooks.model.tasks import TaskContents, TaskInfo
    from ccp4hooks.plugins.dispatcher import Dispatcher, Journal


class Catalog:
    """The tasks of CCP4i2 and of plugins.

    Args:
        dispatcher: Calls the hooks.
        journal: Records a problem for each task that cannot be used.
    """

    def __init__(self, dispatcher: Dispatcher, journal: Journal) -> None:
        self._dispatcher = dispatcher
        self._journal = journal

    @cached_property
    def registry(self) -> Registry:
        """The tasks of plugins. They are added to those of CCP4i2 on first access."""
        return Registry(self._dispatcher, self._journal)

    def require(self, task: str) -> None:
        """Refuse a task of a plugin that cannot be used.

        Raises:
            BadInputError: The task cannot be used. The message gives the reason and the cure.
        """
        self.registry.require(task)
        fault = task_table.taskname_fault(task) if task in self.registry.origins else ""
        if fault:
            raise BadInputError(f"The task {task!r} of plugin {self.registry.origins[task]!r} cannot run: {fault}")

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return the tasks and data classes of plugins that cannot be used, also for another TASKNAME of the script."""
        origins = self.registry.origins
        faulty = (
            LeftOut(name=name, plugins=(plugin,), reason=f"the task {name!r} of plugin {plugin!r} cannot run: {fault}")
            for name, plugin in origins.items()
            if (fault := task_table.taskname_fault(name))
        )
        return (*self.registry.left_out, *faulty)

    def tasks(self) -> tuple[TaskInfo, ...]:
        """Return all tasks, sorted by name."""
        origins = self.registry.origins
        # Another session of this process may have added tasks.
        of_other_sessions = task_table.added_tasks().keys() - origins.keys()
        return tuple(task for task in tasks(origins) if task.name not in of_other_sessions)

    def describe(self, task: str) -> TaskContents:
        """Return a task and its parameters; see the function `describe`."""
        self.require(task)
        return describe(task, self.registry.origins)


def tasks(plugins: Mapping[str, str]) -> tuple[TaskInfo, ...]:
    """Return all tasks, sorted by name.

    Args:
        plugins: The plugin of a task, by the name of the task. All other tasks are CCP4i2's own.
    """
    names = sorted(scripts.task_table(), key=str.casefold)
    return tuple(descriptions.task_info(name, plugins.get(name, "ccp4i2")) for name in names)


def describe(task: str, plugins: Mapping[str, str]) -> TaskContents:
    """Return a task and its parameters, as its def file declares them.

    Args:
        task: TASKNAME.
        plugins: The plugin of a task, by the name of the task.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The module or the def file of the task cannot be read.
    """
    with scratch_directory() as scratch:
        script = scripts.build_script(task, "", scratch)
        info = descriptions.task_info(task, plugins.get(task, "ccp4i2"))
        if task in plugins:
            info = replace(info, warnings=(*info.warnings, *required_content.unknown_numbers(script)))
        return descriptions.contents(script, info)
