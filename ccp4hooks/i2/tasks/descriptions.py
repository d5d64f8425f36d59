"""Describe CCP4i2's tasks and their parameters, from the table of tasks and from the containers of a script."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, scripts, simple_values
from ccp4hooks.i2.file_objects import allowed_values
from ccp4hooks.i2.simple_values import SIMPLE_TYPES
from ccp4hooks.i2.tasks import requirements
from ccp4hooks.model.tasks import Parameter, ParameterKind, TaskInfo

if TYPE_CHECKING:
    from ccp4hooks.i2.protocols import DataObject, Script

SETTABLE = ("inputData", "controlParameters")
"""The containers whose name may be left out of the name of a parameter."""

KINDS = {"inputData": ParameterKind.INPUT, "outputData": ParameterKind.OUTPUT}


def task_info(name: str, plugin: str) -> TaskInfo:
    """Return the summary of a task from CCP4i2's table of tasks and from the script classes that it needs.

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
        unavailable=_unavailable(name),
    )


def _unavailable(task: str) -> str:
    """Return why a task cannot be run here in any case, or an empty text if it can."""

    def require() -> None:
        scripts.require_batch_task(task)
        scripts.script_class(task)

    found = attempt(require)
    return found.reason if isinstance(found, Failure) else ""


def _plain(text: str) -> str:
    """Return text without markup and line breaks.

    >>> _plain("Make a <b>ligand</b>.<br>Optionally &amp; more")
    'Make a ligand. Optionally & more'
    """
    return " ".join(html.unescape(re.sub(r"<br\s*/?>", " ", re.sub(r"</?[bi]>", "", text))).split())


def parameters(script: Script) -> tuple[Parameter, ...]:
    """Return the parameters of a script, in the order of declaration."""
    closed = ("CDataFile", "CList", "CPerformanceIndicator")
    found = containers.walk(script.container, closed=closed)
    return tuple(_parameter(path, obj) for path, obj in found if _is_leaf(obj))


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
