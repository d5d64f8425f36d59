"""Check the answer of an implementation against the return annotation of its hook's specification.

What an answer contains is brought into the form in which it is recorded. `ccp4hooks.model.plain` defines this form.
"""

from __future__ import annotations

import collections.abc
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, Union
from uuid import UUID

from ccp4hooks import errors, model
from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.model import (
    FileMetadata,
    Handle,
    ImportedFile,
    Job,
    JobNumber,
    Kpi,
    KpiDescription,
    Origin,
    Plot,
    Problem,
    Project,
    Section,
    Severity,
    TaskDescription,
    Text,
)
from ccp4hooks.model.kpis import KEY_LENGTH
from ccp4hooks.model.plain import (
    CHECKSUMS,
    LONGEST_TEXT,
    NotPlainError,
    PlainValue,
    checksum_fault,
    plain_path,
    plain_text,
    plain_value,
    required_text,
    whole_number,
)

LARGEST_ANSWER = 10_000
"""Maximum number of values that one call of an implementation may return."""

MOST_REMARKS = 100
"""Maximum number of remarks on the answer of one call."""

NOT_LISTS = (str, bytes, bytearray, memoryview, Mapping)
"""Types that can be iterated over, and that are never several answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnType:
    """The type that the implementations of a hook may return; all may return None instead.

    Attributes:
        types: The types of the answer, or of its items; empty if the hook returns nothing.
        several: Whether the answer is an iterable of values of these types, which is read once.
        listed: Whether the answer is a sequence of values of these types.
    """

    types: tuple[type, ...]
    several: bool
    listed: bool

    @property
    def text(self) -> str:
        """The names of the types."""
        return " or ".join(kind.__name__ for kind in self.types)


@dataclass(slots=True)
class Remarks:
    """The remarks on the answer of one call: problems of values that were left out or changed.

    Attributes:
        problems: The problems, at most `MOST_REMARKS`.
    """

    problems: list[Problem] = field(default_factory=list)

    def add(self, message: str, parameter: object = "") -> None:
        """Add a problem, unless there are too many already.

        Args:
            message: The message.
            parameter: The parameter concerned; ignored unless it is a text.
        """
        if len(self.problems) < MOST_REMARKS:
            where = plain_text(parameter, LONGEST_TEXT) if isinstance(parameter, str) else ""
            self.problems.append(Problem(severity=Severity.WARNING, message=message, parameter=where))


@cache
def return_type(hook: str) -> ReturnType:
    """Return the type that the specification of a hook declares for its answer."""
    from ccp4hooks.i2.protocols import Script  # noqa: PLC0415 - start-up time
    from ccp4hooks.settings import Settings  # noqa: PLC0415 - a plugin's tests need no settings

    # hookspecs.py imports these names for type checkers only, since plugins import it at start-up.
    text = HOOKS[hook].specification.__annotations__["return"]
    values = {name: model.load(name) for name in re.findall(r"\w+", text) if name in model.__all__}
    names = {**vars(collections.abc), **vars(errors), **values, "Path": Path, "UUID": UUID, "datetime": datetime}
    names |= {"Settings": Settings, "Script": Script}
    only_return = types.SimpleNamespace(__annotations__={"return": text})
    annotation = typing.get_type_hints(only_return, localns=names)["return"]
    whole = _union_members(annotation)[0]
    several, listed = typing.get_origin(whole) is Iterable, typing.get_origin(whole) is Sequence
    members = _union_members(typing.get_args(whole)[0] if several or listed else annotation)
    allowed = tuple(typing.get_origin(one) or one for one in members if one is not types.NoneType)
    return ReturnType(types=allowed, several=several, listed=listed)


def _union_members(annotation: Any) -> tuple[Any, ...]:
    return typing.get_args(annotation) if typing.get_origin(annotation) in {types.UnionType, Union} else (annotation,)


def checked(hook: str, value: Any, remarks: Remarks) -> Any:
    """Return the answer of an implementation as it is recorded, several items as a tuple.

    Args:
        hook: Name of the hook.
        value: The answer.
        remarks: Receives a remark on each value that was left out or changed.

    Raises:
        TypeError: The answer is not of the type that the hook returns.
        NotPlainError: A value in the answer cannot be recorded, and the job cannot do without it.
    """
    if value is None:
        return None
    expected = return_type(hook)
    if expected.several or expected.listed:
        if isinstance(value, NOT_LISTS) or not isinstance(value, Sequence if expected.listed else Iterable):
            raise TypeError(f"{hook} must return several {expected.text}, not one {type(value).__name__}")
        return (
            _listed(hook, value)
            if isinstance(value, Sequence) and expected.listed
            else _collected(hook, value, remarks)
        )
    if expected.types and not isinstance(value, expected.types):
        raise TypeError(f"it must return {expected.text} or None, not {type(value).__name__}")
    return _plain(value, remarks) if expected.types else None


def _listed(hook: str, value: Any) -> Sequence[Any]:
    """Return a sequence of values that are recorded already."""
    items = value if type(value) in {list, tuple} else tuple(value)
    for item in items:
        _require_type(hook, item)
    return items


def _collected(hook: str, value: Iterable[Any], remarks: Remarks) -> tuple[Any, ...]:
    kept = []
    items = iter(value)
    for item in islice(items, LARGEST_ANSWER):
        _require_type(hook, item)
        for part in _parts(item, remarks) if isinstance(item, Kpi) else (item,):
            plain = _plain(part, remarks)
            if plain is not None:
                kept.append(plain)
        if len(kept) > LARGEST_ANSWER:
            break
    if len(kept) > LARGEST_ANSWER or next(items, items) is not items:
        # The first remark, because it must not be the one too many.
        remarks.problems.insert(0, Problem(severity=Severity.WARNING, message=_too_many(hook)))
    return tuple(kept[:LARGEST_ANSWER])


def _too_many(hook: str) -> str:
    return f"{hook} returned more than {LARGEST_ANSWER} values. All further ones were left out."


def _require_type(hook: str, item: Any) -> None:
    expected = return_type(hook)
    if not isinstance(item, expected.types):
        raise TypeError(f"{hook} must return {expected.text}, not {type(item).__name__}")


def _plain(value: Any, remarks: Remarks) -> Any:
    """Return a value of an answer as it is recorded, or None if it is left out."""
    for kind, convert in PLAIN.items():
        if isinstance(value, kind):
            return convert(value, remarks)
    return value


def _parts(kpi: Kpi, remarks: Remarks) -> tuple[Kpi, ...]:
    """Return a KPI for each value of a list, or the KPI itself."""
    try:
        return kpi.parts()
    except NotPlainError as error:
        remarks.add(f"the KPI {plain_text(str(kpi.key))[:KEY_LENGTH]!r} was left out: {error}.", kpi.indicator)
        return ()


def _plain_kpi(kpi: Kpi, remarks: Remarks) -> Kpi | None:
    name = plain_text(str(kpi.key))[:KEY_LENGTH]
    try:
        plain = kpi.plain()
    except NotPlainError as error:
        remarks.add(f"the KPI {name!r} was left out: {error}.", kpi.indicator)
        return None
    given = (kpi.key, kpi.unit or "", kpi.description or "", kpi.indicator or "")
    changed = (plain.key, plain.unit, plain.description, plain.indicator) != given
    if changed or (isinstance(plain.value, str) and isinstance(kpi.value, str) and plain.value != kpi.value):
        remarks.add(f"the KPI {name!r} was changed: {CHANGED}.", plain.indicator)
    return plain


def _plain_description(description: KpiDescription, remarks: Remarks) -> KpiDescription | None:
    try:
        return description.plain()
    except NotPlainError as error:
        name = plain_text(str(description.key))[:KEY_LENGTH]
        remarks.add(f"the description of the KPI {name!r} was left out: {error}.")
        return None


def _plain_section(section: Section | Plot | Text, remarks: Remarks) -> Section | Plot | Text | None:
    try:
        return section.plain()
    except NotPlainError as error:
        name = plain_text(str(section.title))[:KEY_LENGTH]
        remarks.add(f"the {type(section).__name__} {name!r} was left out: {error}.")
        return None


CHANGED = "characters that cannot be recorded were removed or escaped, and texts that are too long were cut"


def _plain_metadata(metadata: FileMetadata, remarks: Remarks) -> FileMetadata:
    given, faults = _converted(metadata, FileMetadata)
    for name, why in faults.items():
        remarks.add(f"the metadata {name!r} were left out: {why}.")
    for name, text in given.items():
        if isinstance(text, str) and text != object.__getattribute__(metadata, name):
            remarks.add(f"the metadata {name!r} were changed: {CHANGED}.")
    table = metadata.extra
    if not isinstance(table, Mapping):
        remarks.add(f"the metadata 'extra' were left out: they must be a mapping, not {type(table).__name__}.")
        table = {}
    extra: dict[str, PlainValue] = {}
    for name, value in islice(table.items(), LARGEST_ANSWER):
        _add_extra(extra, name, value, remarks)
    if len(table) > LARGEST_ANSWER:
        remarks.add(f"'extra' has more than {LARGEST_ANSWER} values. All further ones were left out.")
    return FileMetadata(**given, extra=extra)


def _add_extra(extra: dict[str, PlainValue], name: object, value: object, remarks: Remarks) -> None:
    try:
        extra[required_text("name", name)] = plain_value(value)
    except NotPlainError as error:
        remarks.add(f"the metadata extra[{plain_text(str(name), KEY_LENGTH)!r}] were left out: {error}.")


def _plain_problem(problem: Problem, remarks: Remarks) -> Problem:
    given, faults = _converted(problem, Problem)
    for name, why in faults.items():
        remarks.add(f"a Problem was changed: {why}.")
        if name == "severity":
            given[name] = Severity.WARNING
        if name == "message":
            given[name] = plain_text(str(problem.message), LONGEST_TEXT)
    return Problem(**given)


def _plain_text(text: str, _: Remarks) -> str:
    return plain_text(text, LONGEST_TEXT)


def _plain_task(task: TaskDescription, _: Remarks) -> TaskDescription:
    """Return a description with plain texts. The registry refuses a description with other faults."""
    given: dict[str, Any] = {item.name: object.__getattribute__(task, item.name) for item in fields(TaskDescription)}
    texts = {name: plain_text(text, LONGEST_TEXT) for name, text in given.items() if isinstance(text, str)}
    return TaskDescription(**{**given, **texts})


def _required(kind: type, value: Any, _: Remarks) -> Any:
    """Return a value that the job cannot do without.

    Raises:
        NotPlainError: A field cannot be recorded.
    """
    given, faults = _converted(value, kind)
    if faults:
        name, why = next(iter(faults.items()))
        raise NotPlainError(f"the field {name!r} of the {kind.__name__} is invalid: {why}")
    return kind(**given)


PLAIN: Mapping[type, Callable[[Any, Remarks], Any]] = {
    Kpi: _plain_kpi,
    KpiDescription: _plain_description,
    Section: _plain_section,
    Plot: _plain_section,
    Text: _plain_section,
    Problem: _plain_problem,
    FileMetadata: _plain_metadata,
    TaskDescription: _plain_task,
    Handle: partial(_required, Handle),
    ImportedFile: partial(_required, ImportedFile),
    Job: partial(_required, Job),
    str: _plain_text,
}
"""Brings an answer of each type into the form in which it is recorded. Values of other types are not recorded."""


# --- fields -------------------------------------------------------------------------------------------------------


def _converted(value: Any, kind: type) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields of a dataclass as they are recorded, and the faults of the others by name."""
    converted, faults = {}, {}
    for item in fields(kind):
        if item.name == "extra":
            continue
        annotation = str(item.type)
        given = object.__getattribute__(value, item.name)
        optional = annotation.endswith(" | None")
        if given is None and (optional or item.default is not MISSING):
            converted[item.name] = None if optional else item.default
            continue
        convert = _checksum if item.name in CHECKSUMS else CONVERTERS[annotation.removesuffix(" | None")]
        try:
            converted[item.name] = convert(item.name, given)
        except NotPlainError as error:
            faults[item.name] = str(error)
    return converted, faults


def _of_type(kind: type, name: str, value: object) -> object:
    if not isinstance(value, kind):
        raise NotPlainError(f"its {name} must be a {kind.__name__}, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    return repr(plain_text(value, KEY_LENGTH)) if isinstance(value, str) else type(value).__name__


def _flag(name: str, value: object) -> bool:
    plain = plain_value(value, name)
    if not isinstance(plain, bool):
        raise NotPlainError(f"its {name} must be a bool, not {type(value).__name__}")
    return plain


def _time(name: str, value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise NotPlainError(f"its {name} must be a time with a time zone, not {_shown(value)}")
    return value


def _path(_: str, value: object) -> object:
    return plain_path(value)


def _checksum(name: str, value: object) -> str:
    text = required_text(name, value)
    fault = checksum_fault(name, text)
    if fault:
        raise NotPlainError(fault)
    return text


def _columns(name: str, value: object) -> tuple[tuple[str, ...], ...]:
    rows = _items(name, value)
    return tuple(tuple(required_text(name, label) for label in _items(name, row)) for row in rows)


def _items(name: str, value: object) -> Sequence[object]:
    if isinstance(value, NOT_LISTS) or not isinstance(value, Sequence):
        raise NotPlainError(f"its {name} must be a tuple, not {type(value).__name__}")
    return value


def _project(name: str, value: object) -> object:
    _of_type(Project, name, value)
    return _required(Project, value, Remarks())


def _number(name: str, value: object) -> JobNumber:
    return JobNumber(required_text(name, value))


CONVERTERS: Mapping[str, Callable[[str, Any], Any]] = {
    "str": required_text,
    "int": whole_number,
    "bool": _flag,
    "Path": _path,
    "UUID": partial(_of_type, UUID),
    "datetime": _time,
    "Severity": partial(_of_type, Severity),
    "Origin": partial(_of_type, Origin),
    "Project": _project,
    "JobNumber": _number,
    "tuple[tuple[str, ...], ...]": _columns,
}
"""Converts a field, by the annotation of the field without ``| None``. Called with the name and the value."""
