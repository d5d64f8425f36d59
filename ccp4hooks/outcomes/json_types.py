"""The types of the JSON data that represent values of the model. msgspec checks data against them.

msgspec can fill a dataclass directly, but then it ignores unknown keys and expects statuses by number. For each
dataclass this module therefore defines a struct with the same fields. The struct refuses unknown keys and takes the
descriptions of its fields from the docstring of the dataclass.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum, IntEnum
from functools import cache, lru_cache
from operator import attrgetter
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from ccp4hooks.model.plain import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")


class MemberName(Enum):
    """The name of a member of an `IntEnum`. Each `IntEnum` has a subclass.

    Attributes:
        member: The member.
    """

    member: IntEnum

    def __new__(cls, member: IntEnum) -> Any:
        """Make the name of a member."""
        name = object.__new__(cls)
        name._value_ = member.name
        name.member = member
        return name


class HyphenatedUUID(UUID):
    """A UUID in its usual form. msgspec itself accepts one without hyphens, too, which the JSON Schema refuses."""


class JsonObject(msgspec.Struct, forbid_unknown_fields=True):
    """A JSON object that represents a dataclass. Each dataclass has a subclass."""


class JsonObjectWithNames(JsonObject):
    """A JSON object with fields that may have the name of a member or a UUID. It takes longer to make than others."""

    def __post_init__(self) -> None:
        """Replace each name of a member by the member, and each UUID by one of the usual class."""
        for field, get in _replaced(type(self)):
            value = get(self)
            if isinstance(value, MemberName):
                msgspec.structs.force_setattr(self, field, value.member)
            elif isinstance(value, HyphenatedUUID):
                msgspec.structs.force_setattr(self, field, UUID(int=value.int))


@cache
def _replaced(kind: type[JsonObject]) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return the fields that may have the name of a member or a UUID, each with the function that returns its value."""
    found = msgspec.structs.fields(kind)
    return [(one.name, attrgetter(one.name)) for one in found if _has_names(get_args(one.type)[0])]


def decoded(data: Any, kind: type[Value]) -> Value:
    """Return the value that JSON data represent. No part of the data is converted to another type.

    Args:
        data: The result of `json.loads`.
        kind: A dataclass of the model.

    Raises:
        ValueError: The data do not fit. The message names the field by its path, for instance ``files[0].size_bytes``.
    """
    try:
        return _converted(data, kind)
    except msgspec.ValidationError as error:
        raise ValueError(_located(str(error), data, kind)) from error
    except UnicodeEncodeError:
        # msgspec does not say where the text is. With an escape sequence for the character, it does.
        return decoded(_escaped(data), kind)


def _converted(data: Any, kind: type[Value]) -> Value:
    checked = msgspec.convert(data, json_type(cast("Any", kind)), dec_hook=_from_text)
    return msgspec.convert(checked, kind, from_attributes=True)


def _escaped(data: Any) -> Any:
    if isinstance(data, str):
        return plain_text(data)
    if isinstance(data, list):
        return [_escaped(item) for item in data]
    return {_escaped(key): _escaped(item) for key, item in data.items()} if isinstance(data, dict) else data


# --- errors -------------------------------------------------------------------------------------------------------

ANY_KEY = "[...]"
"""How msgspec names a value of a mapping, whose key it does not tell."""


def _located(message: str, data: Any, kind: type) -> str:
    """Return the message of a validation error, beginning with the path of the field."""
    why, _, field = message.partition(" - at `$")
    field = field.strip(".`")
    while ANY_KEY in field:
        before, _, after = field.partition(ANY_KEY)
        keys = [key for key in _at(data, before) if _fails_alone(data, before, key, kind)]
        field = f"{before}[{keys[0] if keys else '?'!r}]{after}"
    return f"{field}: {why}" if field else why


def _steps(path: str) -> list[Any]:
    """Return the keys and indices in a path such as ``files[0].extra``; keys of mappings are in quotation marks."""
    found = re.findall(r"\[(\d+)\]|\['(.*?)'\]|(\w+)", path)
    return [int(index) if index else quoted or name for index, quoted, name in found]


def _at(data: Any, path: str) -> Any:
    for step in _steps(path):
        data = data[step]
    return data


def _fails_alone(data: Any, path: str, key: str, kind: type) -> bool:
    """Return whether the data are invalid if a mapping has one of its keys only."""
    only: Any = {key: _at(data, path)[key]}
    steps = _steps(path)
    for n in range(len(steps), 0, -1):
        whole = data
        for step in steps[: n - 1]:
            whole = whole[step]
        whole = list(whole) if isinstance(whole, list) else dict(whole)
        whole[steps[n - 1]] = only
        only = whole
    try:
        _converted(only, kind)
    except msgspec.ValidationError:
        return True
    return False


@cache
def json_type(kind: Any) -> Any:
    """Return the type of the JSON data that represent a type of the model.

    Args:
        kind: A dataclass of the model, or the type of one of its fields.
    """
    if is_dataclass(kind):
        return _object_type(cast("type", kind))
    if kind is UUID:
        return HyphenatedUUID
    if kind is datetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return cast("Any", MemberName)(kind.__name__, {member.name: member for member in kind})
    inside = tuple(one if one is ... else json_type(one) for one in get_args(kind))
    if isinstance(kind, UnionType):
        return Union[inside]  # noqa: UP007 - its members are known at run time only
    return get_origin(kind)[inside] if inside else kind


def _object_type(kind: type) -> type[msgspec.Struct]:
    hints, meanings = get_type_hints(kind), descriptions(kind)
    types = {
        name: Annotated[json_type(hints[name]), msgspec.Meta(description=meanings.get(name, ""))] for name in hints
    }
    members = [(item.name, types[item.name], _default(item)) for item in fields(kind)]
    namespace = {"__doc__": inspect.cleandoc(kind.__doc__ or kind.__name__).splitlines()[0]}
    base = JsonObjectWithNames if any(map(_has_names, map(json_type, hints.values()))) else JsonObject
    return msgspec.defstruct(kind.__name__, members, bases=(base,), namespace=namespace, kw_only=True)


def _has_names(kind: Any) -> bool:
    """Return whether a value of a type, or of one of its alternatives, is the name of a member or a UUID."""
    kinds = get_args(kind) if get_origin(kind) is Union else (kind,)
    return any(isinstance(one, type) and issubclass(one, (MemberName, HyphenatedUUID)) for one in kinds)


def _default(item: Field[Any]) -> Any:
    if item.default_factory is not MISSING:
        return msgspec.field(default_factory=item.default_factory)
    return msgspec.NODEFAULT if item.default is MISSING else item.default


def descriptions(obj: object, section: str = "Attributes") -> dict[str, str]:
    """Return the description of each attribute, or of what another section of a docstring lists, by name.

    Args:
        obj: A class or a function.
        section: The heading of the section: ``"Attributes"``, ``"Args"``, ``"Raises"``.
    """
    begun = f"\n{inspect.getdoc(obj) or ''}".partition(f"\n{section}:\n")[2]
    listed = re.split(r"\n(?=\S)", begun, maxsplit=1)[0]
    entries = re.findall(r"^ {4}\*{0,2}(\w+): (.*(?:\n {8}.*)*)", listed, flags=re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in entries}


def _from_text(kind: Any, data: Any) -> Any:
    """Make a UUID, a path or a job number: the types of the model that msgspec does not know or reads otherwise."""
    value = _value(kind, data) if isinstance(data, str) else None
    if value is None:
        what = "UUID with hyphens" if issubclass(kind, UUID) else "normalized `str`"
        raise ValueError(f"Expected a {what}, got {_shown(data)}")
    return value


@lru_cache(maxsize=1000)
def _value(kind: Any, text: str) -> Any:
    """Return what a text represents, None if nothing. The files of a project have many such texts in common."""
    if issubclass(kind, UUID):
        is_one = re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text)
        return HyphenatedUUID(text) if is_one else None
    value = None if "\x00" in text else kind(text)
    return value if str(value) == text else None


def _shown(data: Any) -> str:
    return repr(plain_text(str(data), 80))
