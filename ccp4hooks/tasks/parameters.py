"""Set the parameters of a script from ``NAME=VALUE`` pairs of text, as the command line gives them.

A file is given by its path, by a reference to an earlier job's output, or by the columns of an MTZ file. The content of
a file is read only where columns are taken from it.
"""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError, UnknownNameError, nearest
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, file_objects, required_content, scripts, simple_values
from ccp4hooks.i2.containers import SETTABLE
from ccp4hooks.i2.mtz import has_only_columns, labels, require_selected_columns
from ccp4hooks.i2.recorded_values import TOLD_OF_FILE
from ccp4hooks.i2.tasks import descriptions
from ccp4hooks.model import FileQuery, InputFile, KnownFile, Outcome, Problem, Project, SavedParameters, Severity
from ccp4hooks.outcomes.trash import unknown_job
from ccp4hooks.runtime import paths
from ccp4hooks.runtime.sharing import limit_access
from ccp4hooks.tasks import input_rules
from ccp4hooks.tasks.near_references import named_file, near_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks.i2.protocols import DataFile, DataObject, Script, SimpleValue

SUGGESTED = 3
"""Number of references that a message suggests."""

TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "off", "0"})

CODES = {"contentFlag": "CONTENT_FLAG_", "subType": "SUBTYPE_"}
"""What a file object says of its file by a number, with the beginning of the constants of its class."""

_COLUMNS = re.compile(r"^(?P<path>.+)\[(?P<columns>[^\[\]]+)\]$", re.DOTALL)
# The last brackets select columns, unless they have a number, which is the index of a list item.
_REFERENCE = re.compile(
    r"^@(?P<job>\d+(?:\.\d+)*|(?:\w[\w-]*:)?last)\.(?P<parameter>\S+?)(?:\[(?P<columns>[^\[\]]*[^\[\]\d\s][^\[\]]*)\])?$"
)
_URL = re.compile(r"^(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://")
_INDEXED = re.compile(r"^(?P<name>[^\[\]]+)\[(?P<index>\d+)\]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """Functions that look up what values refer to.

    Attributes:
        find_file: Returns a recorded file.
        find_outcomes: Returns the outcomes of a job and its sub-jobs by the number of the job. It raises
            `UnknownNameError` if the job does not exist.
        find_last: Returns the number of the latest job of a project: ``"last"``, or ``"TASK:last"`` for that of a task.
            It raises `UnknownNameError` if there is none.
    """

    find_file: Callable[[FileQuery], KnownFile | None]
    find_outcomes: Callable[[Project, str], Sequence[Outcome]]
    find_last: Callable[[Project, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The surroundings in which values are interpreted.

    Attributes:
        project: The project in which the job will run. Job references are looked up there.
        lookups: Look up what values refer to.
        scratch: The directory for mini-MTZ files made from columns of larger files.
        extracts: The original file of each mini-MTZ file, by its path. `set_parameters` adds to it.
    """

    project: Project
    lookups: Lookups
    scratch: Path
    extracts: dict[Path, Path]


def set_parameters(
    script: Script, values: Iterable[tuple[str, str]], context: Context, saved: SavedParameters | None = None
) -> dict[str, str]:
    """Set parameters of a script in the order given. Each mention of a list sets its next item.

    Blank items that CCP4i2 has made because the list needs so many are set first; then items are appended.

    Args:
        script: The script.
        values: (name, value) pairs.
        context: The surroundings in which values are interpreted.
        saved: Parameters that are set unless `values` has others for them, or None.

    Returns:
        The full path of each parameter, with the number of the job to whose output it refers, or an empty text.

    Raises:
        UnknownNameError: A parameter does not exist.
        BadInputError: A parameter is read-only, a value has the wrong type or is outside its range, a file cannot be
            read, or a job reference leads nowhere. If there are several errors, it lists them all.
    """
    errors: list[BadInputError] = []
    given: dict[str, list[Any]] = {}
    done: dict[str, str] = {}
    for name, text in list(values) if saved is None else _merged(script, list(values), saved):
        try:
            path, job = _set_parameter(script, name, text, context, given)
            done[path] = job
        except BadInputError as error:  # noqa: PERF203 - all errors are reported at once
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        problems = [Problem(severity=Severity.BLOCK, message=str(error)) for error in errors]
        raise BadInputError("These values cannot be used:", problems)
    return done


def _merged(script: Script, values: Sequence[tuple[str, str]], saved: SavedParameters) -> list[tuple[str, str]]:
    """Return saved values with those of a request in the place of the ones that they replace.

    A list that the request gives replaces a saved list as a whole.

    Raises:
        BadInputError: The request lacks a secret, which is not saved.
    """
    given: dict[str, list[tuple[str, str]]] = {}
    for name, text in values:
        given.setdefault(_full_name(script, name), []).append((name, text))
    missing = [name for name in saved.secrets if _full_name(script, name) not in given]
    if missing:
        whose = f"job {saved.job.number}" if saved.job else "the file of parameters"
        again = " ".join(f"{name}=VALUE" for name in missing)
        raise BadInputError(f"The secrets of {whose} are not recorded: {', '.join(missing)}. Give them again: {again}.")
    merged: list[tuple[str, str]] = []
    for name, value in saved.values:
        full = _full_name(script, name)
        of_file, _, part = full.rpartition(".")
        if part in TOLD_OF_FILE and full not in given and (of_file in given or replacing(of_file, given)):
            # It was said of another file.
            continue
        replaced = full if full in given else replacing(full, given)
        if replaced is None:
            merged.append((name, str(value)))
        elif given[replaced]:
            merged += given[replaced]
            given[replaced] = []
    return [*merged, *(pair for pairs in given.values() for pair in pairs)]


def replacing(name: str, given: Collection[str]) -> str | None:
    """Return the list among the given names to which an item belongs, or None if none of them is such a list.

    >>> replacing("inputData.LIST[0].name", ["inputData.LIST", "inputData.X"])
    'inputData.LIST'
    """
    above = (name[: bracket.start()] for bracket in re.finditer(r"\[", name))
    return next((one for one in above if one in given), None)


def still_valid(script: Script, problems: Iterable[Problem], values: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    """Yield those of the problems of saved parameters that concern no parameter that the request replaces."""
    given = {_full_name(script, name) for name, _ in values}
    for problem in problems:
        name = problem.parameter
        if name not in given and replacing(name, given) is None:
            yield problem


def _full_name(script: Script, name: str) -> str:
    """Return the full path of a parameter by its name, which may be wrong; nothing is looked up below a container."""
    by_name = dict(containers.children(script.container))
    first = re.split(r"[.\[]", name, maxsplit=1)[0]
    for container in SETTABLE:
        if container in by_name and first in dict(containers.children(by_name[container])):
            return f"{container}.{name}"
    return name


def _with_number(text: str, context: Context) -> str:
    """Return a reference to the latest job with the number of that job, and any other text unchanged."""
    match = _REFERENCE.match(text)
    if match is None or not match["job"].endswith("last"):
        return text
    number = context.lookups.find_last(context.project, match["job"])
    return f"@{number}{text[match.end('job') :]}"


def _set_parameter(
    script: Script, name: str, text: str, context: Context, given: dict[str, list[Any]]
) -> tuple[str, str]:
    """Set a parameter, and return its full path, and the number of the job of whose files its value is one."""
    path, obj = _resolve(script, name)
    text = _code(script, path, text)
    if path.split(".")[0] == "outputData":
        raise BadInputError(_is_output(name))
    if path in given and not containers.is_a(obj, "CList"):
        raise BadInputError(f"{name} was given twice, but it takes one value.")
    taken = given.setdefault(path, [])
    if containers.is_a(obj, "CList"):
        items, obj = obj, containers.next_item(obj, taken)
        taken.append(obj)
        path = f"{path}[{next(at for at, item in enumerate(items) if item is obj)}]"
    else:
        taken.append(obj)
    if not text and containers.is_a(obj, "CDataFile"):
        raise BadInputError(f"{name} was given without a value.")
    is_file = containers.is_a(obj, "CDataFile")
    text = _with_number(text, context) if is_file else text
    _assign(obj, path, text, context)
    return path, _job_of(text) if is_file else ""


def _code(script: Script, path: str, text: str) -> str:
    """Return the number of a content flag or a sub-type that is given by its name, and any other text unchanged.

    Raises:
        BadInputError: The class of the file has such codes, and this is none of them.
    """
    owner, _, part = path.rpartition(".")
    found = _found(script, owner) if part in CODES else None
    names = (
        containers.constants(type(found[1]), CODES[part]) if found and containers.is_a(found[1], "CDataFile") else {}
    )
    numbers = {name.removeprefix(CODES[part]): str(number) for name, number in names.items()}
    if not numbers or text in numbers.values():
        return text
    if text.upper() in numbers:
        return numbers[text.upper()]
    known = ", ".join(f"{number} ({name})" for name, number in numbers.items())
    raise BadInputError(f"{path}={text}: the value must be one of {known}.")


def _is_output(name: str) -> str:
    return f"{name} is an output of the task. The task sets it; remove it from the command."


def missing_inputs(script: Script) -> list[Problem]:
    """Return the faults of a script's parameters before it runs, missing required inputs first.

    CCP4i2 finds them, but for files whose content is not the required one.
    """
    contents = required_content.faults(script)
    others = (
        (path, text)
        for path, text in descriptions.invalid_values(script)
        if not required_content.in_place_of(text, (fault for at, fault in contents if at == path))
    )
    problems = [
        Problem(
            severity=Severity.BLOCK,
            parameter=path,
            message="is required and was not given." if "not set" in text else f"{text.rstrip('.')}.",
        )
        for path, text in (*others, *contents)
    ]
    return sorted(problems, key=lambda problem: "required" not in problem.message)


# --- names ------------------------------------------------------------------------------------------------------


def require_names(script: Script, names: Iterable[str]) -> None:
    """Refuse names of parameters that a script does not have.

    Raises:
        UnknownNameError: A parameter does not exist.
    """
    for name in names:
        _resolve(script, name)


def _resolve(script: Script, name: str) -> tuple[str, Any]:
    """Return (full path, object) of a parameter. The name may omit the container if it is in `SETTABLE`."""
    found = _found(script, name)
    if found is None:
        raise _wrong_item(script, name) or _unknown(script, name)
    return found


def _found(script: Script, name: str) -> tuple[str, Any] | None:
    """Return (full path, object) of a parameter, or None if it does not exist."""
    by_name = dict(containers.children(script.container))
    for prefix in (*SETTABLE, "", "outputData"):
        start = by_name.get(prefix) if prefix else script.container
        obj = _descend(start, name) if start is not None else None
        if obj is not None:
            return (f"{prefix}.{name}" if prefix else name), obj
    return None


def _wrong_item(script: Script, name: str) -> UnknownNameError | None:
    """Return the error about a name that leaves an item of a list out, or a part that an item does not have."""
    segments = name.split(".")
    for end in range(len(segments), 0, -1):
        *above, last = segments[:end]
        indexed = _INDEXED.match(last)
        whole = ".".join(segments[:end])
        items = _found(script, ".".join((*above, indexed["name"]))) if indexed else None
        if items is None or not containers.is_a(items[1], "CList"):
            continue
        item = _found(script, whole)
        if item is None:
            following = f"{whole[: whole.rindex('[')]}[{len(items[1])}]"
            hint = f"The items of a list start at [0] without gaps: give {following} first."
            return UnknownNameError("parameter", name, (), hint)
        parts = [part for part, _ in containers.children(item[1])]
        near = [f"{whole}.{part}" for part in nearest(segments[end], parts)]
        hint = f"The parts of {whole} are {', '.join(sorted(parts, key=str.casefold))}."
        return UnknownNameError("parameter", name, near, hint)
    return None


def _unknown(script: Script, name: str) -> UnknownNameError:
    by_name = dict(containers.children(script.container))
    given = next((container for container in SETTABLE if name.startswith(f"{container}.")), "")
    known = [
        f"{given}.{path}" if given else path
        for container in SETTABLE
        if given in ("", container)
        for path, _ in _below(by_name.get(container))
    ]
    hint = f"`ccp4hooks describe {scripts.task_name(script)}` lists all parameters."
    return UnknownNameError("parameter", name, known, hint)


def _below(container: DataObject | None) -> list[tuple[str, Any]]:
    return [] if container is None else list(containers.walk(container, closed=("CDataFile", "CList")))


def _descend(start: DataObject, name: str) -> Any:
    """Return the object with a dotted name below `start`, or None if it does not exist."""
    obj: Any = start
    for segment in name.split("."):
        indexed = _INDEXED.match(segment)
        obj = dict(containers.children(obj)).get(indexed["name"] if indexed else segment)
        if obj is not None and indexed:
            obj = containers.list_item(obj, int(indexed["index"])) if containers.is_a(obj, "CList") else None
        if obj is None:
            return None
    return obj


def value_faults(script: Script, values: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return what is wrong with each value that its parameter can never have, by (name, value).

    Those of files are not judged: whether a file can be read may be known only later.

    Args:
        script: The script. Its parameters are set.
        values: (name, value) pairs, in any number for a parameter.

    Raises:
        UnknownNameError: A parameter does not exist.
    """
    faults: dict[tuple[str, str], str] = {}
    for name, text in dict.fromkeys(values):
        path, obj = _resolve(script, name)
        if path.split(".")[0] == "outputData":
            faults[name, text] = _is_output(name)
            continue
        if containers.is_a(obj, "CList"):
            path, obj = f"{path}[0]", containers.next_item(obj)
        if containers.is_a(obj, "CDataFile", "CList"):
            continue
        try:
            _assign_value(obj, path, _code(script, path, text))
        except BadInputError as error:
            faults[name, text] = str(error)
    return faults


# --- values -----------------------------------------------------------------------------------------------------


def _assign(obj: Any, path: str, text: str, context: Context) -> None:
    if containers.is_a(obj, "CList"):
        _assign(containers.next_item(obj), path, text, context)
    elif containers.is_a(obj, "CDataFile"):
        _assign_file(obj, path, text, context)
    else:
        _assign_value(obj, path, text)


def _assign_value(obj: Any, path: str, text: str) -> None:
    if containers.is_a(obj, "CInt", "CFloat", "CBoolean", "CString"):
        _assign_simple(obj, path, text)
    else:
        parts = ", ".join(f"{path}.{name}" for name, _ in containers.children(obj)) or "nothing"
        raise BadInputError(f"{path} takes several values, not one. Set its parts: {parts}.")


def _assign_simple(obj: SimpleValue, path: str, text: str) -> None:
    value = _converted(obj, path, text)
    allowed = file_objects.allowed_values(obj)
    if allowed and text not in allowed and str(value) not in allowed:
        raise BadInputError(f"{path}={text}: the value must be one of {', '.join(allowed)}.")
    limits = (("min", "least", operator.ge), ("max", "most", operator.le))
    for bound, name, fits in ((simple_values.bound(obj, end), name, fits) for end, name, fits in limits):
        # A comparison is false for nan, and a whole number of any size does not overflow.
        if bound is not None and isinstance(value, (int, float)) and not fits(value, bound):
            raise BadInputError(f"{path}={text}: the value must be at {name} {bound:g}.")
    try:
        obj.set(value)
    except (TypeError, ValueError) as error:
        raise BadInputError(f"{path}={text}: {error}.") from error


def _converted(obj: SimpleValue, path: str, text: str) -> bool | int | float | str:
    try:
        if containers.is_a(obj, "CBoolean"):
            return _truth(text)
        if containers.is_a(obj, "CInt"):
            return int(text)
        return float(text) if containers.is_a(obj, "CFloat") else text
    except ValueError as error:
        kinds = {"CBoolean": "True or False", "CInt": "a whole number", "CFloat": "a number"}
        kind = next(words for name, words in kinds.items() if containers.is_a(obj, name))
        raise BadInputError(f"{path}={text}: the value must be {kind}.") from error


def _truth(text: str) -> bool:
    word = text.casefold()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError(text)
    return word in TRUE_WORDS


# --- files ------------------------------------------------------------------------------------------------------


def _assign_file(obj: DataFile, path: str, text: str, context: Context) -> None:
    if text.startswith("@"):
        _assign_known(obj, path, text, context)
        return
    url = _URL.match(text)
    if url is not None:
        raise BadInputError(f"{path}={text} is a URL, which is not read. Download the file and give its path.")
    source, columns = _source(path, text)
    # os.path.exists, unlike Path.exists, is also false for a name that the system does not accept.
    meant = "" if os.path.exists(source) else _meant(obj, text, context)  # noqa: PTH110
    if meant:
        raise BadInputError(f"{path}={text}: {source} does not exist. {meant}")
    input_rules.require_outside_other_projects(source, context.project, path)
    if columns:
        source = _extract(obj, path, source, columns, context)
    inside = paths.inside(source, context.project)
    known = context.lookups.find_file(FileQuery(project=context.project, path=source)) if inside else None
    if known is not None and _accepts(obj, known):
        input_rules.require_usable(file_objects.input_file(path, obj, source))
        file_objects.set_known_file(obj, known)
        return
    input_rules.require_usable(file_objects.input_file(path, obj, source))
    file_objects.set_path(obj, source)


def _assign_known(obj: DataFile, path: str, text: str, context: Context) -> None:
    """Set a file object to an output of an earlier job, with the metadata that is recorded of it, or to its columns."""
    known, columns = _referenced(obj, path, text, context)
    if columns and not (_accepts(obj, known) and has_only_columns(obj, path, known.path, columns)):
        # The file has other columns as well, or other labels than the parameter requires.
        file_objects.set_path(obj, _extract(obj, path, known.path, columns, context))
        return
    if not _accepts(obj, known):
        raise _wrong_output(obj, path, text, known, context)
    input_rules.require_usable(file_objects.input_file(path, obj, known.path))
    file_objects.set_known_file(obj, known)


def _wrong_output(obj: DataFile, path: str, text: str, known: KnownFile, context: Context) -> BadInputError:
    """Return the error about a reference to an output of another type, with the outputs of the job that fit."""
    match = _REFERENCE.match(text)
    number = match["job"] if match else ""
    project = context.project.name
    outcomes = attempt(context.lookups.find_outcomes, context.project, number)
    fitting = [
        f"@{number}.{file.parameter.removeprefix('outputData.')}"
        for one in ([] if isinstance(outcomes, Failure) else outcomes)
        if one.job.number == number
        for file in one.files
        if containers.accepts(obj, file.file_type, file.path.suffix[1:])
    ]
    cure = (
        f"Of job {number}, {' or '.join(fitting)} fits."
        if fitting
        else f"Job {number} has no such output; `ccp4hooks jobs {project}` lists the jobs. Give an output that fits."
    )
    return BadInputError(
        f"{path}={text}: the output has the type {known.file_type}, but {containers.file_type(obj)} is required. {cure}"
    )


def _accepts(obj: DataFile, known: KnownFile) -> bool:
    return containers.accepts(obj, known.file_type, known.path.suffix[1:])


def _referenced(obj: DataFile, path: str, text: str, context: Context) -> tuple[KnownFile, list[str]]:
    """Return the output of an earlier job that a text refers to, and the columns that it selects."""
    match = _REFERENCE.match(text)
    if match is None:
        of_file = f" If you mean the file, write ./{text}." if os.path.exists(text) else ""  # noqa: PTH110 - never raises
        meant = "" if of_file else _meant(obj, text, context, or_fitting=True)
        raise BadInputError(
            f"{path}={text}: refer to a file of an earlier job by @JOB.PARAMETER, as in @1.FREEROUT or "
            f"@last.FREEROUT.{of_file}{' ' * bool(meant)}{meant}"
        )
    query = FileQuery(project=context.project, job_number=match["job"], parameter=match["parameter"])
    known = context.lookups.find_file(query) or _input_of(match["job"], match["parameter"], context)
    if known is None:
        raise _no_output(obj, path, match, context)
    return known, _labels(match["columns"]) if match["columns"] else []


def _input_of(job: str, parameter: str, context: Context) -> KnownFile | None:
    """Return an input file of an earlier job, or None if the job has no such input."""
    outcomes = attempt(context.lookups.find_outcomes, context.project, job)
    names = (parameter, f"inputData.{parameter}")
    for one in [] if isinstance(outcomes, Failure) else outcomes:
        if one.job.number == job:
            read = [(file.parameter, file.uuid) for file in one.imported]
            read += [(use.parameter, use.file_uuid) for use in one.uses]
            uuid = next((uuid for name, uuid in read if name in names), None)
            known = None if uuid is None else context.lookups.find_file(FileQuery(project=context.project, uuid=uuid))
            said = next((file for file in one.imported if file.uuid == uuid and file.parameter in names), None)
            # The record of a file that several jobs have imported has the content flag and the sub-type of the first.
            return (known and said and replace(known, content_flag=said.content_flag, sub_type=said.sub_type)) or known
    return None


def _labels(text: str) -> list[str]:
    """Return the labels in ``LABEL,LABEL`` or ``/crystal/dataset/LABEL,LABEL``."""
    return [label.strip() for label in text.rsplit("/", maxsplit=1)[-1].split(",")]


def _job_of(text: str) -> str:
    """Return the number of the job to whose file a value refers, or an empty text.

    >>> _job_of("@1.FREEROUT"), _job_of("model.pdb")
    ('1', '')
    """
    match = _REFERENCE.match(text)
    return "" if match is None else match["job"]


def _meant(obj: DataFile, text: str, context: Context, *, or_fitting: bool = False) -> str:
    """Return a question with the references that a text may stand for, or an empty text.

    Args:
        obj: The file object that was to be set.
        text: The text, which is neither the path of a file nor a reference to one.
        context: The surroundings.
        or_fitting: Whether to name the outputs that fit if the job has no file of the name in the text.
    """
    near = near_reference(text)
    if near is None or (Path(text).is_absolute() and not paths.inside(Path(text), context.project)):
        return ""
    is_last = near.job.endswith("last")
    number = attempt(context.lookups.find_last, context.project, near.job) if is_last else near.job
    outcomes = () if isinstance(number, Failure) else attempt(context.lookups.find_outcomes, context.project, number)
    own = [one for one in (() if isinstance(outcomes, Failure) else outcomes) if one.job.number == number]
    outputs = [(file.parameter.removeprefix("outputData."), file) for one in own for file in one.files]
    inputs = [(file.parameter.removeprefix("inputData."), file) for one in own for file in one.inputs]
    named = named_file(near.name, {name: file.path for name, file in (*outputs, *inputs)}) if near.name else None
    found = [named] if named else []
    if not found and (or_fitting or not near.name):
        found = [name for name, one in outputs if containers.accepts(obj, one.file_type, one.path.suffix[1:])]
    references = [f"@{near.job}.{name}{near.columns}" for name in found[:SUGGESTED]]
    return f"Did you mean {' or '.join(references)}?" if references else ""


def _no_output(obj: DataFile, path: str, match: re.Match[str], context: Context) -> UnknownNameError:
    """Return the error about a reference to an output that is not recorded."""
    project, text = context.project.name, match.string
    job, parameter = match["job"], match["parameter"]
    try:
        outcomes = context.lookups.find_outcomes(context.project, job)
    except UnknownNameError:
        fault = f"{path}={text}: job {job} of project {project!r} does not exist"
        return unknown_job(context.project, job, fault=fault)
    own = [one for one in outcomes if one.job.number == job]
    outputs = [file.parameter.removeprefix("outputData.") for one in own for file in one.files]
    inputs = [file.parameter.removeprefix("inputData.") for one in own for file in one.inputs]
    hint = f"Its outputs are {', '.join(outputs)}." if outputs else "It has no outputs."
    hint += f" Its inputs are {', '.join(inputs)}." if inputs else ""
    known = [*outputs, *inputs]
    # Before a slash stands the number of a sub-job.
    meant = _meant(obj, text, context) if "/" in parameter or not nearest(parameter, known) else ""
    state = "".join(f", which is {one.status.name}," for one in own if not one.status.is_success)
    fault = f"{path}={text}: job {job} of project {project!r}{state} has no file {parameter!r}"
    return UnknownNameError("file", parameter, () if meant else known, f"{meant} {hint}".strip(), fault=fault)


def _source(path: str, text: str) -> tuple[Path, list[str]]:
    """Return (absolute path, columns) of a file value. Brackets that belong to the name of a file select no columns."""
    match = _COLUMNS.match(text)
    source, columns = _absolute(path, text), []
    # os.path.exists, unlike Path.exists, is also false for a name that the system does not accept.
    if match is not None and not os.path.exists(source):  # noqa: PTH110
        source = _absolute(path, match["path"])
        columns = _labels(match["columns"])
    return source, columns


def _absolute(path: str, text: str) -> Path:
    if "\0" in text:
        raise BadInputError(f"{path}: the name of a file cannot contain a null character.")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise BadInputError(f"{path}: {text}: the home directory for ~ cannot be determined.") from error


def _order(obj: DataFile) -> str:
    """Return which columns a parameter takes, to continue an error about those that were given."""
    accepted = " or ".join(",".join(labels) for labels in containers.signatures(obj))
    if not accepted:
        return "Give each value before its standard deviation: LABEL,SIGLABEL."
    return f"Give columns of the kinds {accepted}, in this order; their labels may differ."


def _extract(obj: DataFile, path: str, source: Path, columns: list[str], context: Context) -> Path:
    """Write the selected columns of an MTZ file as a mini-MTZ file and return its path."""
    input_rules.require_usable(InputFile(parameter=path, path=source, file_type=""))
    present = labels(source, path)
    missing = [label for label in columns if label not in present]
    if missing:
        raise BadInputError(f"{path}: {source} has no column {' or '.join(missing)}; it has {', '.join(present)}.")
    target = context.scratch / f"{source.stem}_{'_'.join(columns)}.mtz"
    try:
        written = scripts.split_columns(source, columns, target)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error} {_order(obj)}") from error
    limit_access(written, source)
    require_selected_columns(obj, path, written, columns)
    context.extracts[written] = source
    containers.set_value(obj, "annotation", f"Columns {','.join(columns)} of {source.name}")
    return written
