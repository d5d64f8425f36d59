"""CCP4i2's table of tasks: add to it what plugins bring, in this process only. Written against ccp4i2 3.0.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.i2.scripts import task_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks.model import TaskDescription

_added: dict[str, tuple[str, TaskDescription]] = {}
_reasons: set[str] = set()


def added_tasks() -> dict[str, tuple[str, TaskDescription]]:
    """Return which plugin brought which of the tasks in the table, by name; none of CCP4i2's own are among them."""
    return dict(_added)


def add_task(description: TaskDescription, plugin: str) -> None:
    """Add a task to CCP4i2's table, its report included.

    Args:
        description: As `descriptions.resolved` gives it.
        plugin: Who brings it.
    """
    from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

    name = description.name
    before = _added.get(name)
    # CCP4i2 remembers classes by task, and failures to import them.
    if before is None or before[1] != description:
        _forget()
    tasks._import_errors.pop(name, None)  # noqa: SLF001 - it has no public way
    task_table()[name] = tasks.Task(
        title=description.title,
        description=description.description or None,
        pluginPath=description.script,
        defXmlPath=str(description.def_file),
        reportPath=description.report or None,
        runningReport=description.running_report,
        watchedFile=description.watched_file or None,
        ccp4_free=not description.needs_ccp4,
    )
    _added[name] = (plugin, description)


def say_why_not(name: str, reason: str) -> None:
    """Make CCP4i2, and us, say why there is no task of that name where a script or a person asks for it."""
    from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

    if name not in task_table():
        tasks._import_errors[name] = reason  # noqa: SLF001 - it has no public way
        _reasons.add(name)


def forget_reasons() -> None:
    """Take back all that `say_why_not` has said."""
    if _reasons:
        from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

        for name in _reasons:
            tasks._import_errors.pop(name, None)  # noqa: SLF001 - it has no public way
        _reasons.clear()


def remove_tasks(names: Iterable[str]) -> None:
    """Take tasks that plugins brought out of CCP4i2's table; its own stay."""
    removed = [name for name in names if name in _added]
    for name in removed:
        del _added[name]
        task_table().pop(name, None)
    if removed:
        _forget()


def _forget() -> None:
    from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

    caches: tuple[Any, ...] = (tasks.get_plugin_class, tasks.get_report_class)
    for cached in caches:
        cached.cache_clear()
