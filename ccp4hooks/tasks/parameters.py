"""Put a user's ``NAME=VALUE`` pairs into a script's container, and say clearly what does not fit."""

from __future__ import annotations

import operator
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.i2 import containers as i2_containers
from ccp4hooks.i2 import error_report, file_objects, scripts, simple_values
from ccp4hooks.i2.mtz import labels, require_signature
from ccp4hooks.i2.safe_xml import READ_BY_HOST, require_plain_xml
from ccp4hooks.model import FileQuery, KnownFile, Problem, Project, Severity
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SETTABLE = ("inputData", "controlParameters")
"""Containers whose name may be left out."""

TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "off", "0"})

_COLUMNS = re.compile(r"^(?P<path>.+)\[(?P<columns>[^\[\]]+)\]$", re.DOTALL)
_REFERENCE = re.compile(r"^@(?P<job>\d+(?:\.\d+)*)\.(?P<parameter>\S+)$")
_INDEXED = re.compile(r"^(?P<name>[^\[\]]+)\[(?P<index>\d+)\]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What values are read against.

    Attributes:
        project: The project the job is going to run in; job references are looked up there.
        find_file: Answers job references.
        scratch: Where mini-MTZ files are made from columns of larger ones.
        extracts: Filled with the origin of each mini-MTZ made.
    """

    project: Project
    find_file: Callable[[FileQuery], KnownFile | None]
    scratch: Path
    extracts: dict[Path, Path]


def set_parameters(script: Any, values: Iterable[tuple[str, str]], context: Context) -> None:
    """Set parameters of a script, in the order given; a list gets one item per mention.

    Raises:
        UnknownNameError: A parameter that is not there.
        BadInputError: A read-only parameter, a value of the wrong type or outside its range, a file that cannot be
            used, a job reference that is not there; all that is wrong at once.
    """
    wrong: list[BadInputError] = []
    given: set[str] = set()
    for name, text in values:
        try:
            _set_parameter(script, name, text, context, given)
        except BadInputError as error:  # noqa: PERF203 - all that is wrong is told at once
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        problems = [Problem(severity=Severity.BLOCK, message=str(error)) for error in wrong]
        raise BadInputError("These values cannot be used:", problems)


def _set_parameter(script: Any, name: str, text: str, context: Context, given: set[str]) -> None:
    path, obj = _resolve(script, name)
    if path.split(".")[0] == "outputData":
        raise BadInputError(f"{name} is an output of the task: the task sets it, it cannot be given.")
    if path in given and not i2_containers.is_a(obj, "CList"):
        raise BadInputError(f"{name} was given twice; it takes one value.")
    given.add(path)
    if not text and i2_containers.is_a(obj, "CDataFile"):
        raise BadInputError(f"{name} was given no value.")
    _assign(obj, path, text, context)


def missing_inputs(script: Any) -> list[Problem]:
    """Return what CCP4i2 finds wrong with a script's parameters before it runs, required inputs not given first."""
    found = error_report.lines(script.validity())
    problems = [
        Problem(
            severity=Severity.BLOCK,
            parameter=_short(name, script),
            message="is required and was not given." if "not set" in text else f"{text}.",
        )
        for name, text in found
    ]
    return sorted(problems, key=lambda problem: "required" not in problem.message)


def _short(name: str, script: Any) -> str:
    """Return a CCP4i2 object path without the names of script and container."""
    return re.sub(r"^.*?\.?container\.", "", name).removeprefix(f"{script.objectName()}.")


# --- names ------------------------------------------------------------------------------------------------------


def _resolve(script: Any, name: str) -> tuple[str, Any]:
    """Return (full path, object) of a parameter by its full name, or by its name without the container's."""
    containers = dict(i2_containers.children(script.container))
    for prefix in (*SETTABLE, "", "outputData"):
        start = containers.get(prefix) if prefix else script.container
        obj = _descend(start, name) if start is not None else None
        if obj is not None:
            return (f"{prefix}.{name}" if prefix else name), obj
    given = next((container for container in SETTABLE if name.startswith(f"{container}.")), "")
    known = [
        f"{given}.{path}" if given else path
        for container in SETTABLE
        if given in ("", container)
        for path, _ in _below(containers.get(container))
    ]
    raise UnknownNameError(
        "parameter", name, known, f"`ccp4hooks describe {scripts.task_name(script)}` lists all parameters."
    )


def _below(container: Any) -> list[tuple[str, Any]]:
    return [] if container is None else list(i2_containers.walk(container, closed=("CDataFile", "CList")))


def _descend(start: Any, name: str) -> Any:
    obj = start
    for segment in name.split("."):
        indexed = _INDEXED.match(segment)
        obj = dict(i2_containers.children(obj)).get(indexed["name"] if indexed else segment)
        if obj is not None and indexed:
            obj = i2_containers.list_item(obj, int(indexed["index"])) if i2_containers.is_a(obj, "CList") else None
        if obj is None:
            return None
    return obj


# --- values -----------------------------------------------------------------------------------------------------


def _assign(obj: Any, path: str, text: str, context: Context) -> None:
    if i2_containers.is_a(obj, "CList"):
        _assign(i2_containers.new_item(obj), path, text, context)
    elif i2_containers.is_a(obj, "CDataFile"):
        _assign_file(obj, path, text, context)
    elif i2_containers.is_a(obj, "CInt", "CFloat", "CBoolean", "CString"):
        _assign_simple(obj, path, text)
    else:
        parts = ", ".join(f"{path}.{name}" for name, _ in i2_containers.children(obj)) or "nothing"
        raise BadInputError(f"{path} is not one value but several; set its parts: {parts}.")


def _assign_simple(obj: Any, path: str, text: str) -> None:
    value = _converted(obj, path, text)
    allowed = file_objects.allowed_values(obj)
    if allowed and text not in allowed and str(value) not in allowed:
        raise BadInputError(f"{path}={text}: the value must be one of {', '.join(allowed)}.")
    limits = (("min", "least", operator.ge), ("max", "most", operator.le))
    for bound, name, fits in ((simple_values.bound(obj, end), name, fits) for end, name, fits in limits):
        # Compared, not subtracted: that fits no nan, and overflows for no whole number.
        if bound is not None and isinstance(value, (int, float)) and not fits(value, bound):
            raise BadInputError(f"{path}={text}: the value must be at {name} {bound:g}.")
    try:
        obj.set(value)
    except (TypeError, ValueError) as error:
        raise BadInputError(f"{path}={text}: {error}.") from error


def _converted(obj: Any, path: str, text: str) -> bool | int | float | str:
    try:
        if i2_containers.is_a(obj, "CBoolean"):
            return _truth(text)
        if i2_containers.is_a(obj, "CInt"):
            return int(text)
        return float(text) if i2_containers.is_a(obj, "CFloat") else text
    except ValueError as error:
        kinds = {"CBoolean": "True or False", "CInt": "a whole number", "CFloat": "a number"}
        kind = next(words for name, words in kinds.items() if i2_containers.is_a(obj, name))
        raise BadInputError(f"{path}={text}: the value must be {kind}.") from error


def _truth(text: str) -> bool:
    word = text.casefold()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError(text)
    return word in TRUE_WORDS


# --- files ------------------------------------------------------------------------------------------------------


def _assign_file(obj: Any, path: str, text: str, context: Context) -> None:
    if text.startswith("@"):
        known = _referenced(obj, path, text, context)
        obj.setFullPath(str(known.path))
        for attribute, value in (
            ("contentFlag", known.content_flag),
            ("subType", known.sub_type),
            ("annotation", known.annotation or None),
        ):
            if value is not None:
                i2_containers.set_value(obj, attribute, value)
        return
    source, columns = _source(path, text, context)
    if columns:
        source = _extract(obj, path, source, columns, context)
    elif not i2_containers.qualifier(obj, "isDirectory"):
        require_file(source, path)
        if i2_containers.signatures(obj):
            require_signature(obj, path, source)
    if i2_containers.file_type(obj) in READ_BY_HOST:
        require_plain_xml(source)
    obj.setFullPath(str(source))


def _referenced(obj: Any, path: str, text: str, context: Context) -> KnownFile:
    match = _REFERENCE.match(text)
    if match is None:
        raise BadInputError(f"{path}={text}: an earlier job's output is written @JOB.PARAMETER, as in @1.FREEROUT.")
    query = FileQuery(project=context.project, job_number=match["job"], parameter=match["parameter"])
    known = context.find_file(query)
    if known is None:
        raise BadInputError(
            f"{path}={text}: job {match['job']} of project {context.project.name!r} has no output "
            f"{match['parameter']!r}, or there is no such job. `ccp4hooks jobs {context.project.name}` lists them."
        )
    require_file(known.path, path)
    wanted = i2_containers.file_type(obj)
    if i2_containers.signatures(obj) and known.file_type != wanted:
        raise BadInputError(f"{path}={text}: that output is of type {known.file_type}, {wanted} is needed.")
    return known


def _source(path: str, text: str, context: Context) -> tuple[Path, tuple[str, ...]]:
    """Return (absolute path, columns) of a file value; a file whose name ends in brackets is that file."""
    match = _COLUMNS.match(text)
    named = _absolute(path, text)
    if match is None or os.path.exists(named):  # noqa: PTH110 - false, too, for names no system takes
        paths.require_not_foreign(named, context.project, path)
        return named, ()
    source = _absolute(path, match["path"])
    paths.require_not_foreign(source, context.project, path)
    return source, tuple(label.strip() for label in match["columns"].split("/")[-1].split(","))


def _absolute(path: str, text: str) -> Path:
    if "\0" in text:
        raise BadInputError(f"{path}: the name of a file cannot have a null character in it.")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise BadInputError(f"{path}: {text}: the home directory that ~ stands for is not known.") from error


def require_file(path: Path, parameter: str) -> None:
    """Refuse what is not a readable file with something in it.

    Raises:
        BadInputError: It is missing, a directory, unreadable or empty.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise BadInputError(f"{parameter}: {path} is a directory, a file is needed.")
        if not stat.S_ISREG(mode):
            raise BadInputError(f"{parameter}: {path} is a pipe or a device, a file is needed.")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise BadInputError(f"{parameter}: {path} is empty.")
    except OSError as error:
        raise BadInputError(f"{parameter}: {path} cannot be read: {error.strerror}.") from error


def _extract(obj: Any, path: str, source: Path, columns: Sequence[str], context: Context) -> Path:
    require_file(source, path)
    present = labels(source, path)
    missing = [label for label in columns if label not in present]
    if missing:
        raise BadInputError(f"{path}: {source} has no column {' or '.join(missing)}; it has {', '.join(present)}.")
    target = context.scratch / f"{source.stem}_{'_'.join(columns)}.mtz"
    written = scripts.split_columns(source, columns, target)
    require_signature(obj, path, written)
    context.extracts[written] = source
    i2_containers.set_value(obj, "annotation", f"Columns {','.join(columns)} of {source.name}")
    return written
