"""Add the tasks of plugins to CCP4i2's table of tasks, in this process only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import versions
from ccp4hooks.i2.scripts import script_class, task_table
from ccp4hooks.i2.tasks.task_data_types import remove_data_types

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks.model import TaskDescription

_added: dict[str, tuple[str, TaskDescription]] = {}
_warnings: dict[str, tuple[str, ...]] = {}
_reasons: set[str] = set()


def added_tasks() -> dict[str, tuple[str, TaskDescription]]:
    """Return (plugin, description) of each task that a plugin added to the table, by the name of the task."""
    return dict(_added)


def warnings_of(task: str) -> tuple[str, ...]:
    """Return what is wrong with a task without keeping it from running; none for a task of CCP4i2."""
    return _warnings.get(task, ())


def add_task(description: TaskDescription, plugin: str, warnings: tuple[str, ...] = ()) -> None:
    """Add a task and its report to CCP4i2's table.

    Args:
        description: The task, as `ccp4hooks.tasks.resolve.resolved` returns it.
        plugin: The plugin that offers it.
        warnings: What is wrong with it without keeping it from running, one line each.
    """
    from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

    name = description.name
    before = _added.get(name)
    failed = tasks._import_errors.pop(name, None) is not None  # noqa: SLF001 - CCP4i2 has no public name for it
    # CCP4i2 caches the classes of tasks, and the failures to import them.
    if failed or before is None or before[1] != description:
        versions.forget_classes()
    task_table()[name] = tasks.Task(
        title=description.title,
        description=description.description or None,
        pluginPath=description.script,
        defXmlPath=str(description.def_file),
        reportPath=description.report or None,
        runningReport=description.running_report,
        watchedFile=description.watched_file or None,
        ccp4_free=not description.needs_ccp4,
        **versions.task_fields(description.data_types),
    )
    _added[name] = (plugin, description)
    _warnings[name] = warnings


def taskname_fault(task: str) -> str:
    """Return the fault of a task that a plugin added if CCP4i2 does not find its def file, otherwise an empty text.

    CCP4i2 looks for the def file of the TASKNAME of the script. The script is imported. One that cannot be imported has
    no such fault.
    """
    from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

    kind = attempt(script_class, task)
    taskname = task if isinstance(kind, Failure) else getattr(kind, "TASKNAME", None)
    _, description = _added[task]
    if taskname == task or attempt(tasks.locate_def_xml, taskname) == description.def_file:
        return ""
    return (
        f"the TASKNAME of its script {description.script} is {taskname!r}. "
        "Give both the same name, because CCP4i2 finds the def file by it."
    )


def set_import_error(name: str, reason: str) -> None:
    """Give the reason why a task cannot be used. CCP4i2 reports it when the task is requested."""
    from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

    if name not in task_table():
        tasks._import_errors[name] = reason  # noqa: SLF001 - CCP4i2 has no public name for it
        _reasons.add(name)


def clear_import_errors() -> None:
    """Remove every reason that `set_import_error` has given."""
    if _reasons:
        from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

        for name in _reasons:
            tasks._import_errors.pop(name, None)  # noqa: SLF001 - CCP4i2 has no public name for it
        _reasons.clear()


def remove_tasks(names: Iterable[str]) -> None:
    """Remove tasks of plugins from CCP4i2's table. Its own tasks stay."""
    removed = [name for name in names if name in _added]
    for name in removed:
        del _added[name], _warnings[name]
        remove_data_types(name)
        task_table().pop(name, None)
    if removed:
        versions.forget_classes()
