"""Describe CCP4i2's tasks and their parameters, from the table of tasks and from the containers of a script."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, error_report, scripts, simple_values
from ccp4hooks.i2.containers import SETTABLE
from ccp4hooks.i2.file_objects import allowed_values
from ccp4hooks.i2.required_content import content_text, sub_type_text
from ccp4hooks.i2.simple_values import SIMPLE_TYPES
from ccp4hooks.i2.tasks import requirements, task_table
from ccp4hooks.model.tasks import Parameter, ParameterKind, TaskContents, TaskInfo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccp4hooks.i2.protocols import DataFile, DataList, DataObject, Script

KINDS = {"inputData": ParameterKind.INPUT, "outputData": ParameterKind.OUTPUT}


def task_info(name: str, plugin: str) -> TaskInfo:
    """Return the summary of a task from CCP4i2's table of tasks and from the source text of its script.

    Args:
        name: TASKNAME.
        plugin: The plugin that provides the task, ``"ccp4i2"`` for CCP4i2 itself.
    """
    entry = scripts.task_table()[name]
    needed = requirements.requirements(name)
    of_ccp4 = any(program.path is not None and requirements.is_of_ccp4(program.path) for program in needed.programs)
    # CCP4i2 declares of few of its own tasks that they run without CCP4; a plugin declares it of each task.
    needs_ccp4 = plugin != "ccp4i2" or of_ccp4 or bool(needed.missing)
    return TaskInfo(
        name=name,
        title=entry.title or entry.shortTitle or name,
        description=_plain(entry.description or ""),
        needs_ccp4=needs_ccp4 and not entry.ccp4_free,
        plugin=plugin,
        programs=needed.programs,
        missing_modules=needed.missing_modules,
        computing_tasks=needed.computing_tasks,
        unavailable=_unavailable(name),
        warnings=task_table.warnings_of(name),
    )


def _unavailable(task: str) -> str:
    """Return why a task cannot be run here in any case, or an empty text if it can."""
    found = attempt(_require_runnable, task)
    return found.reason if isinstance(found, Failure) else ""


def _require_runnable(task: str) -> None:
    scripts.require_batch_task(task)
    if task in task_table.added_tasks():
        scripts.script_class(task)
        fault = task_table.taskname_fault(task)
        if fault:
            raise BadInputError(f"It cannot run: {fault}")
    if not scripts.task_table()[task].pluginPath:
        raise BadInputError(f"The task {task!r} has no script.")
    if requirements.runs_nothing(task):
        raise BadInputError(f"The script of the task {task!r} names no program to run, and runs nothing else.")


def _plain(text: str) -> str:
    """Return text without markup and line breaks.

    >>> _plain("Make a <b>ligand</b>.<br>Optionally &amp; more")
    'Make a ligand. Optionally & more'
    """
    return " ".join(html.unescape(re.sub(r"<br\s*/?>", " ", re.sub(r"</?[bi]>", "", text))).split())


def contents(script: Script, task: TaskInfo) -> TaskContents:
    """Return the contents of a task.

    Args:
        script: A new script of the task.
        task: The summary of the task.
    """
    found = list(containers.walk(script.container, closed=("CDataFile", "CList", "CPerformanceIndicator")))
    groups = tuple(f"{path}." for path, obj in found if containers.has_class(obj, "CContainer") and path not in _TOP)
    leaves = {path: obj for path, obj in found if _is_leaf(obj)}
    required = _required(script, leaves)
    return TaskContents(
        task=task,
        parameters=tuple(
            _parameter(path, obj, required, in_group=path.startswith(groups)) for path, obj in leaves.items()
        ),
        required=required,
    )


def _required(script: Script, leaves: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the full paths of the values that CCP4i2 asks for, in the order of the parameters.

    It asks for the members of an item only once the list has one. The script gets such items.
    """
    asked = _asked(script, leaves)
    lists = [path for path in asked if path in leaves and _is_list_of_structures(leaves[path])]
    for path in lists:
        _fill(leaves[path])
    below = _asked(script, leaves)
    for path in lists:
        items = [f"{path}[{index}]" for index in range(len(leaves[path]))]
        members = [one for one in below if one.startswith(tuple(f"{item}." for item in items))]
        at = asked.index(path)
        first = [one for item, obj in zip(items, leaves[path], strict=True) for one in _first_members(item, obj)]
        asked[at : at + 1] = members or first
    return tuple(asked)


def _fill(items: DataList) -> None:
    """Append new items to a list until it has as many as it needs, at least one."""
    while len(items) < max(1, int(simple_values.bound(items, "listMinLength") or 0)):
        containers.new_item(items)


def _asked(script: Script, leaves: Mapping[str, Any]) -> list[str]:
    paths = [_full_path(path, list(leaves)) for path, _ in invalid_values(script)]
    return [one for path in leaves for one in dict.fromkeys(paths) if _is_at(one, path)]


def _is_list_of_structures(obj: Any) -> bool:
    return containers.is_a(obj, "CList") and not _is_leaf(containers.unattached_item(obj))


def _first_members(path: str, item: Any) -> list[str]:
    """Return the files of an item of a list, or else its texts that have no default."""
    members = _members(path, item, ())
    files = [one for one in members if one.is_file]
    return [one.full_path for one in files or members if one.is_file or not (one.default or one.is_list)]


def invalid_values(script: Script) -> list[tuple[str, str]]:
    """Return (path, text) of each fault that CCP4i2 finds in the parameters of a script before it runs.

    The path is the full path of the parameter, or only its name where CCP4i2 gives no more.
    """
    prefix = f"{scripts.title_of(script)}."
    return [
        (re.sub(r"^.*?\.?container\.", "", name).removeprefix(prefix), text)
        for name, text in error_report.lines(script.validity())
    ]


_TOP = (*SETTABLE, "outputData")


def _full_path(path: str, known: Sequence[str]) -> str:
    """Return the full path of a parameter of which CCP4i2 may have given only the name."""
    same = [one for one in known if one.rpartition(".")[2] == path]
    return same[0] if len(same) == 1 else path


def _is_at(path: str, parameter: str) -> bool:
    """Return whether a path is that of a parameter, of an item of it, or of a member."""
    return path == parameter or path.startswith((f"{parameter}[", f"{parameter}."))


def _is_leaf(obj: DataObject) -> bool:
    return containers.is_a(obj, "CDataFile", "CList", "CPerformanceIndicator", *SIMPLE_TYPES)


def _parameter(path: str, obj: Any, required: Sequence[str], *, in_group: bool) -> Parameter:
    container, _, rest = path.partition(".")
    is_list = containers.is_a(obj, "CList")
    one = containers.unattached_item(obj) if is_list else obj
    is_file = containers.is_a(one, "CDataFile")
    default = simple_values.default_of(obj)
    return Parameter(
        path=rest if container in _TOP else path,
        full_path=path,
        kind=KINDS.get(container, ParameterKind.CONTROL),
        class_name=type(one).__name__,
        is_file=is_file,
        is_list=is_list,
        in_group=in_group or container not in _TOP,
        required=container != "outputData" and any(_is_at(one, path) for one in required),
        default="" if default is None or is_file else str(default),
        allowed=allowed_values(one),
        minimum=simple_values.bound(one, "min"),
        maximum=simple_values.bound(one, "max"),
        label=_label(obj),
        file_type=containers.file_type(one) if is_file else "",
        extensions=tuple(containers.qualifier(one, "fileExtensions") or ()) if is_file else (),
        members=_members(f"{path}[0]", one, required) if is_list and not _is_leaf(one) else (),
        metadata=_metadata(f"{path}[0]" if is_list else path, one) if is_file and container != "outputData" else (),
    )


def _metadata(path: str, file: DataFile) -> tuple[Parameter, ...]:
    """Return what can be set of an input file besides its path."""
    labels = {
        f"{path}.contentFlag": content_text(file),
        f"{path}.subType": sub_type_text(file),
        f"{path}.selection.text": "Selection of atoms, such as A/1-50",
    }
    found = dict(containers.walk(file, path))
    return tuple(
        replace(_parameter(one, found[one], (), in_group=False), label=label)
        for one, label in labels.items()
        if label and one in found
    )


def _members(path: str, item: Any, required: Sequence[str]) -> tuple[Parameter, ...]:
    """Return the values of an item of a list that has several."""
    found = containers.walk(item, path, closed=("CDataFile", "CList"))
    return tuple(_parameter(one, obj, required, in_group=False) for one, obj in found if _is_leaf(obj))


def _label(obj: DataObject) -> str:
    texts = (containers.qualifier(obj, name) for name in ("guiLabel", "toolTip"))
    return next((_plain(str(text)) for text in texts if text and str(text) != "None"), "")
