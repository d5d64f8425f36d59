"""``ccp4hooks describe``: show the inputs, parameters and outputs of a task."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, start_session, takes_choices
from ccp4hooks.model.tasks import ParameterKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model.tasks import Parameter, TaskContents, TaskInfo

TITLES = {
    ParameterKind.INPUT: "Inputs",
    ParameterKind.CONTROL: "Parameters",
    ParameterKind.OUTPUT: "Outputs",
}
"""Headings of the tables, in display order."""


@click.command("describe", short_help="Show the inputs, parameters and outputs of a task.")
@click.argument("task")
@click.option("--all", "everything", is_flag=True, help="Also show parameters inside groups, as GROUP.NAME.")
@json_option
@takes_choices
def command(choices: Choices, *, task: str, everything: bool, as_json: bool) -> None:
    """Show the inputs, parameters and outputs of TASK with their types, defaults and allowed values.

    An asterisk marks required parameters. JSON output always contains all parameters.
    """
    contents = start_session(choices.settings()).describe(task)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(contents)
        return
    from ccp4hooks.cli.render import show, table

    info = contents.task
    show(f"{info.name}: {info.title}", *filter(None, [info.description]), " ".join(notes(info)))
    for kind, title in TITLES.items():
        rows = [_row(parameter) for parameter in contents.parameters if _shown(parameter, kind, everything=everything)]
        if rows:
            show("", table(title, ("", "Name", "Type", "Default", "Allowed", "Description"), rows))
    hidden = sum(not _shown(parameter, parameter.kind, everything=everything) for parameter in contents.parameters)
    if hidden:
        show("", f"{hidden} more parameters inside groups: use --all to show them.")
    show("", "* required", f"Example: {example(contents)}")


def notes(task: TaskInfo) -> Iterator[str]:
    """Yield sentences: which plugin provides a task, what it needs outside of CCP4i2, and whether that was found."""
    yield f"Provided by {task.plugin}."
    if task.unavailable:
        yield task.unavailable
    if task.needs_ccp4 and task.plugin != "ccp4i2":
        yield "Its plugin declares that it calls programs of CCP4."
    named = [f"{program.name} ({program.path or 'not found'})" for program in task.programs]
    yield f"Programs that it names: {', '.join(named)}." if named else "It names no program."
    if task.missing_modules:
        yield f"Python modules that it imports and that are not installed: {', '.join(task.missing_modules)}."


def example(contents: TaskContents) -> str:
    """Return a shell command that runs the task with a value for each required input."""
    wanted = [parameter for parameter in contents.parameters if parameter.required]
    inputs = [parameter for parameter in wanted if parameter.kind is not ParameterKind.OUTPUT]
    switch = [] if contents.task.plugin == "ccp4i2" else ["-p", contents.task.plugin]
    values = [f"{parameter.path}={_sample(parameter)}" for parameter in inputs]
    return shlex.join(["ccp4hooks", *switch, "run", contents.task.name, *values])


def type_name(parameter: Parameter) -> str:
    """Return the displayed type of a parameter: ``ObsDataFile (mtz)`` for a ``CObsDataFile``, lists in brackets."""
    name = parameter.class_name.removeprefix("C")
    endings = f" ({', '.join(parameter.extensions)})" if parameter.extensions else ""
    return f"[{name}]{endings}" if parameter.is_list else f"{name}{endings}"


def allowed_text(parameter: Parameter) -> str:
    """Return the allowed values or the bounds of a parameter, or an empty text if any value is allowed."""
    if parameter.allowed:
        return " | ".join(parameter.allowed)
    return " and ".join(_bounds(parameter))


def _bounds(parameter: Parameter) -> Iterator[str]:
    if parameter.minimum is not None:
        yield f">= {parameter.minimum:g}"
    if parameter.maximum is not None:
        yield f"<= {parameter.maximum:g}"


def _shown(parameter: Parameter, kind: ParameterKind, *, everything: bool) -> bool:
    nested = "." in parameter.path and not parameter.required
    return parameter.kind is kind and (everything or not nested)


def _row(parameter: Parameter) -> Sequence[str]:
    mark = "*" if parameter.required and parameter.kind is not ParameterKind.OUTPUT else ""
    return mark, parameter.path, type_name(parameter), parameter.default, allowed_text(parameter), parameter.label


def _sample(parameter: Parameter) -> str:
    if parameter.is_file:
        return f"{parameter.path.lower()}.{parameter.extensions[0]}" if parameter.extensions else "FILE"
    return parameter.default or (parameter.allowed[0] if parameter.allowed else "VALUE")
