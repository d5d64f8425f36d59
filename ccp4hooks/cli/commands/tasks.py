"""``ccp4hooks tasks``: list the tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, start_session, takes_choices
from ccp4hooks.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model.tasks import TaskInfo

SHOWN = 3
"""Number of missing programs that the table names for each task."""


@click.command("tasks", short_help="List the tasks that can be run.")
@click.argument("pattern", default="")
@click.option("--no-ccp4", is_flag=True, help="List only tasks that are not known to need CCP4.")
@json_option
@takes_choices
def command(choices: Choices, *, pattern: str, no_ccp4: bool, as_json: bool) -> None:
    """List the tasks whose name, title or description contains PATTERN, ignoring case.

    The column "Missing" has the programs and Python modules that a task names and that were not found here.
    """
    found = [
        task
        for task in start_session(choices.settings()).tasks()
        if matches(task, pattern) and not (no_ccp4 and (task.needs_ccp4 or task.unavailable))
    ]
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(found)
        return
    _show(found, pattern)


def matches(task: TaskInfo, pattern: str) -> bool:
    """Return whether the name, title or description of a task contains the pattern, ignoring case."""
    return pattern.casefold() in f"{task.name}\n{task.title}\n{task.description}".casefold()


def _show(found: Sequence[TaskInfo], pattern: str) -> None:
    from ccp4hooks.cli.listing import aligned
    from ccp4hooks.cli.render import show

    if not found:
        note(f"No task matches {pattern!r}." if pattern else "No tasks found.")
        return
    rows = [(task.name, missing_text(task), task.title, task.plugin) for task in found]
    show(*aligned(("Task", "Missing", "Title", "Plugin"), rows, texts=("Title",), below=("Missing",)))


def missing_text(task: TaskInfo) -> str:
    """Return the names of what a task needs and was not found, at most three, or why it cannot be run in any case."""
    if task.unavailable:
        return "cannot be run here"
    more = len(task.missing) - SHOWN
    return ", ".join([*task.missing[:SHOWN], *([f"{more} more"] if more > 0 else [])])
