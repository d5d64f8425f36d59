"""List the tasks there are, and describe what one of them asks for and gives."""

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

    from ccp4hooks.plugins.dispatcher import Dispatcher, Journal

KINDS = {"inputData": ParameterKind.INPUT, "outputData": ParameterKind.OUTPUT}


class Catalog:
    """CCP4i2's tasks and those that plugins bring.

    Args:
        dispatcher: Calls the hooks.
        journal: Where it is noted that a task was left out.
    """

    def __init__(self, dispatcher: Dispatcher, journal: Journal) -> None:
        self._dispatcher = dispatcher
        self._journal = journal

    @cached_property
    def registry(self) -> Registry:
        """The plugins' tasks, added to CCP4i2's when first asked for."""
        return Registry(self._dispatcher, self._journal)

    def require(self, task: str) -> None:
        """Refuse a task that a plugin brings and that was left out.

        Raises:
            BadInputError: It was; the text says why, and what to do.
        """
        self.registry.require(task)

    def tasks(self) -> tuple[TaskInfo, ...]:
        """Return all tasks, sorted by name."""
        origins = self.registry.origins
        of_others = task_table.added_tasks().keys() - origins.keys()
        return tuple(task for task in tasks(origins) if task.name not in of_others)

    def describe(self, task: str) -> TaskContents:
        """Return a task with its parameters; see `describe`."""
        self.require(task)
        return describe(task, self.registry.origins)


def tasks(plugins: Mapping[str, str]) -> tuple[TaskInfo, ...]:
    """Return all tasks, sorted by name.

    Args:
        plugins: Which plugin brings a task, by the task's name; all others are CCP4i2's own.
    """
    table = scripts.task_table()
    return tuple(task_info(name, table[name], plugins.get(name, "ccp4i2")) for name in sorted(table, key=str.casefold))


def task_info(name: str, entry: Any, plugin: str) -> TaskInfo:
    """Return one line about a task from its entry in CCP4i2's table."""
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
    """Return a task with its parameters, as its def file declares them.

    Raises:
        UnknownTaskError: No such task.
        BadInputError: Its module or its def file cannot be read.
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


def _is_leaf(obj: Any) -> bool:
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


def _label(obj: Any) -> str:
    texts = (containers.qualifier(obj, name) for name in ("guiLabel", "toolTip"))
    return next((_plain(str(text)) for text in texts if text and str(text) != "None"), "")
