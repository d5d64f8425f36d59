"""List the tasks, and describe the parameters of a task."""

from __future__ import annotations

import html
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ccp4hooks.i2 import containers, scripts, simple_values, task_table
from ccp4hooks.i2.file_objects import SIMPLE_TYPES, allowed_values
from ccp4hooks.model.tasks import Parameter, ParameterKind, TaskContents, TaskInfo
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.tasks.parameters import SETTABLE
from ccp4hooks.tasks.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccp4hooks.i2.protocols import DataObject
    from ccp4hooks.plugins.dispatcher import Dispatcher, Journal

KINDS = {"inputData": ParameterKind.INPUT, "outputData": ParameterKind.OUTPUT}


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
    table = scripts.task_table()
    return tuple(task_info(name, table[name], plugins.get(name, "ccp4i2")) for name in sorted(table, key=str.casefold))


def task_info(name: str, entry: Any, plugin: str) -> TaskInfo:
    """Return the summary of a task from its entry in CCP4i2's table."""
    return TaskInfo(
        name=name,
        title=entry.title or entry.shortTitle or name,
        description=_plain(entry.description or ""),
        needs_ccp4=not entry.ccp4_free,
        plugin=plugin,
    )


def _plain(text: str) -> str:
    """Return text without markup and line breaks.

    >>> _plain("Make a <b>ligand</b>.<br>Optionally &amp; more")
    'Make a ligand. Optionally & more'
    """
    return " ".join(html.unescape(re.sub(r"<br\s*/?>", " ", re.sub(r"</?[bi]>", "", text))).split())


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
    entry = scripts.task_table()[task]
    return TaskContents(
        task=task_info(task, entry, plugins.get(task, "ccp4i2")),
        parameters=tuple(
            _parameter(path, obj)
            for path, obj in containers.walk(script.container, closed=("CDataFile", "CList", "CPerformanceIndicator"))
            if _is_leaf(obj)
        ),
    )


def _is_leaf(obj: DataObject) -> bool:
    return containers.is_a(obj, "CDataFile", "CList", "CPerformanceIndicator", *SIMPLE_TYPES)


def _parameter(path: str, obj: Any) -> Parameter:
    container, _, rest = path.partition(".")
    is_file = containers.is_a(obj, "CDataFile")
    default = simple_values.default_of(obj)
    return Parameter(
        path=rest if container in (*SETTABLE, "outputData") else path,
        full_path=path,
        kind=KINDS.get(container, ParameterKind.CONTROL),
        class_name=type(obj).__name__,
        is_file=is_file,
        is_list=containers.is_a(obj, "CList"),
        required=container != "outputData" and _must_be_given(obj) and default is None,
        default="" if default is None or is_file else str(default),
        allowed=allowed_values(obj),
        minimum=simple_values.bound(obj, "min"),
        maximum=simple_values.bound(obj, "max"),
        label=_label(obj),
        file_type=containers.file_type(obj) if is_file else "",
        extensions=tuple(containers.qualifier(obj, "fileExtensions") or ()) if is_file else (),
    )


def _must_be_given(obj: Any) -> bool:
    if containers.is_a(obj, "CList"):
        return (simple_values.bound(obj, "listMinLength") or 0) > 0
    return containers.qualifier(obj, "allowUndefined") is False


def _label(obj: DataObject) -> str:
    texts = (containers.qualifier(obj, name) for name in ("guiLabel", "toolTip"))
    return next((_plain(str(text)) for text in texts if text and str(text) != "None"), "")
