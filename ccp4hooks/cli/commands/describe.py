"""``ccp4hooks describe``: show the inputs, parameters and outputs of a task."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
from rich.text import Text

from ccp4hooks.cli.options import json_option, start_session, takes_choices
from ccp4hooks.cli.output import wrapped
from ccp4hooks.i2.tasks.requirements import monomer_library
from ccp4hooks.model.tasks import ParameterKind
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccp4hooks.cli.drawn import Table
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model.tasks import Parameter, TaskContents, TaskInfo

TITLES = {
    ParameterKind.INPUT: "Inputs",
    ParameterKind.CONTROL: "Parameters",
    ParameterKind.OUTPUT: "Outputs",
}
"""Headings of the tables, in display order."""

UNDECLARED = {
    "gesamt": ("inputData.XYZIN_TARGET",),
    "matthews": ("inputData.ASUIN",),
    "servalcat": ("inputData.HKLIN",),
    "servalcat_pipe": ("inputData.HKLIN", "inputData.FREERFLAG"),
}
"""Values without which a task of CCP4i2 fails although CCP4i2 does not ask for them."""


@click.command("describe", short_help="Show the inputs, parameters and outputs of a task.")
@click.argument("task")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also show parameters in groups, as GROUP.NAME, and what can be set of an input file besides its path.",
)
@json_option
@takes_choices
def command(choices: Choices, *, task: str, everything: bool, as_json: bool) -> None:
    """Show the inputs, parameters and outputs of TASK with their types, defaults and allowed values.

    An asterisk marks parameters that `ccp4hooks run` asks for. A type in brackets is a list: repeat NAME=VALUE for each
    item, or give the values of an item by NAME[0].MEMBER=VALUE. JSON output always contains all parameters.
    """
    contents = start_session(choices.settings()).describe(task)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(contents)
        return
    from ccp4hooks.cli.listing import prose
    from ccp4hooks.cli.render import fits, show

    info = contents.task
    show(*(line for text in about(info) for line in prose(text)))
    sections = [
        (title, rows)
        for kind, title in TITLES.items()
        if (
            rows := [
                row
                for parameter in contents.parameters
                if parameter.kind is kind and (everything or _shown(parameter))
                for row in _rows(parameter, parameter.path, everything=everything)
            ]
        )
    ]
    tables = [_table(title, rows) for title, rows in sections]
    if fits(tables):
        for table in tables:
            show("", table)
    else:
        for title, rows in sections:
            show("", Text(title, "bold"), *_lines(rows))
    hidden = 0 if everything else sum(not _shown(parameter) for parameter in contents.parameters)
    if hidden:
        show("", f"{hidden} more parameters inside groups: use --all to show them.")
    of_files = [] if everything else [one for parameter in contents.parameters for one in parameter.metadata[-1:]]
    if of_files:
        show("", *prose(f"What can be set of an input file, such as {of_files[0].path}: use --all to show it."))
    show("", "* required", *([] if info.unavailable else [f"Example: {example(contents, choices.plugins)}"]))


COLUMNS = ("", "Name", "Type", "Default", "Allowed", "Description")


def _table(title: str, rows: Sequence[Sequence[str]]) -> Table:
    """Return a table without the columns that are empty in all rows."""
    from ccp4hooks.cli.render import table

    kept = [at for at, column in enumerate(COLUMNS) if not column or any(row[at] for row in rows)]
    return table(title, [COLUMNS[at] for at in kept], [[row[at] for at in kept] for row in rows], whole=("Name",))


WIDEST_NAME = 28
"""Width of the widest column of names on a terminal that is too narrow for a table [columns]."""


def _lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of each parameter, wrapped at words; its description has lines of its own if it is long."""
    from ccp4hooks.cli.listing import PIPED_WIDTH, terminal_width

    width = terminal_width() or PIPED_WIDTH
    column = min(WIDEST_NAME, max(len(row[1]) for row in rows))
    for mark, name, kind, default, allowed, description in map(_printable, rows):
        facts = ", ".join(filter(None, (kind, default and f"default {default}", allowed)))
        *others, last = wrapped(facts, width, " " * (column + 4), start=f"{mark:1} {name.ljust(column)}  ")
        about = " ".join(description.split())
        together = f"{last}  {about}"
        if about and (others or len(together) > width):
            yield from (*others, last, *wrapped(about, width, INDENT, start=INDENT))
        else:
            yield from (*others, together.rstrip())


def _printable(row: Sequence[str]) -> list[str]:
    return [printable(cell) for cell in row]


INDENT = " " * 6
"""What stands before a description."""


def with_members(parameter: Parameter) -> Iterator[Parameter]:
    """Yield a parameter, followed by the members of its items if it is a list of structures."""
    yield parameter
    for member in parameter.members:
        yield from with_members(member)


def about(task: TaskInfo) -> Iterator[str]:
    """Yield the texts above the parameters of a task, each a paragraph."""
    yield f"{task.name}: {task.title}"
    yield " ".join(task.description.split())
    yield " ".join(notes(task))
    yield from (f"Warning: {warning}" for warning in task.warnings)


def notes(task: TaskInfo) -> Iterator[str]:
    """Yield sentences: which plugin provides a task, what it needs outside of CCP4i2, and whether that was found."""
    yield f"Provided by {task.plugin}."
    if task.unavailable:
        yield task.unavailable
    if task.needs_ccp4 and task.plugin != "ccp4i2":
        yield "Its plugin declares that it calls programs of CCP4."
    named = [f"{program.name} ({program.path or 'not found'})" for program in task.programs]
    if named:
        yield f"Programs that it names: {', '.join(named)}."
    for name in task.computing_tasks:
        own = "another" if named else "its"
        whose = f"{own} program" if name == task.name else f"the program of its sub-task {name}"
        yield f"The name of {whose} is computed when the task runs."
    if not named and not task.computing_tasks:
        yield "It names no program."
    library = monomer_library(program.name for program in task.programs)
    if library:
        yield library
    if task.missing_modules:
        yield f"Python modules that it imports and that are not installed: {', '.join(task.missing_modules)}."


def example(contents: TaskContents, plugins: Sequence[str] = ()) -> str:
    """Return a shell command that runs the task: with the values that it asks for, or else with its first input file.

    Args:
        contents: The task.
        plugins: The values of ``-p`` without which the command would not know the task.
    """
    wanted = (contents.required or tuple(_first_file(contents))) + UNDECLARED.get(contents.task.name, ())
    known = {one.full_path: one for parameter in contents.parameters for one in with_members(parameter)}
    names = [_value_name(path, known) for path in wanted]
    general = [_first_item(name) for name in names]
    found = [known.get(name) for name in general]
    values = [
        f"{_short(name, parameter)}={_sample(name, parameter, _ordinal(general, index))}"
        for index, (name, parameter) in enumerate(zip(names, found, strict=True))
    ]
    switch = ["-p", contents.task.plugin] if contents.task.plugin in plugins else []
    return shlex.join(["ccp4hooks", *switch, "run", contents.task.name, *values])


def _first_file(contents: TaskContents) -> Iterator[str]:
    inputs = (one for one in contents.parameters if one.kind is ParameterKind.INPUT)
    first = next((one for parameter in inputs for one in with_members(parameter) if one.is_file), None)
    if first is not None:
        yield first.full_path


def _ordinal(names: Sequence[str], index: int) -> str:
    """Return the number of an item among those of the same list, from 1, or an empty text if it is the only one."""
    return str(names[: index + 1].count(names[index])) if names.count(names[index]) > 1 else ""


def _value_name(path: str, known: Mapping[str, Parameter]) -> str:
    """Return the full path by which the value at a path is given: that of the list for an item, or that of a member."""
    name = path.rpartition("[")[0] if path.endswith("]") else path
    parameter = known.get(_first_item(name))
    while parameter is not None and parameter.members:
        parameter = next((one for one in parameter.members if one.is_file or one.members), parameter.members[0])
        name = parameter.full_path
    return name


def _first_item(name: str) -> str:
    """Return the path of the first items of the lists in a path, whose members are known."""
    return re.sub(r"\[\d+\]", "[0]", name)


def _short(name: str, parameter: Parameter | None) -> str:
    """Return the full path of a parameter without its container, if the parameter may be given without it."""
    if parameter is None or parameter.path == parameter.full_path:
        return name
    return name.partition(".")[2]


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


def _shown(parameter: Parameter) -> bool:
    return parameter.required or not parameter.in_group


def _rows(parameter: Parameter, name: str, *, everything: bool) -> Iterator[Sequence[str]]:
    """Yield the row of a parameter, followed by those of its members, which are indented.

    Args:
        parameter: The parameter.
        name: Its name, with the indent.
        everything: Whether what can be set of a file besides its path has rows as well.
    """
    mark = "*" if parameter.required and parameter.kind is not ParameterKind.OUTPUT else ""
    yield mark, name, type_name(parameter), parameter.default, allowed_text(parameter), parameter.label
    indent = " " * (len(name) - len(name.lstrip()) + 2)
    for member in (*parameter.members, *(parameter.metadata if everything else ())):
        yield from _rows(member, indent + member.path.removeprefix(parameter.path), everything=everything)


SAMPLES = {"CBoolean": "True", "CInt": "1", "CFloat": "1.0", "CSequenceString": "GASVTILP"}
"""A value for each type that does not accept any text."""


def _sample(name: str, parameter: Parameter | None, ordinal: str) -> str:
    """Return a value of a parameter for the example.

    Args:
        name: Full path of the parameter.
        parameter: The parameter, or None if it is not known.
        ordinal: The number of the item of a list, or an empty text.
    """
    if parameter is None:
        return "VALUE"
    if parameter.is_file:
        stem = f"{name.rpartition('.')[2].lower()}{ordinal}"
        return f"{stem}.{parameter.extensions[0]}" if parameter.extensions else stem
    if parameter.default or parameter.allowed:
        return parameter.default if parameter.default in parameter.allowed else parameter.allowed[0]
    return SAMPLES.get(parameter.class_name, "VALUE") if parameter.minimum is None else f"{parameter.minimum:g}"
