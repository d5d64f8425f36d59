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
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

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


class JsonObject(msgspec.Struct, forbid_unknown_fields=True):
    """A JSON object that represents a dataclass. Each dataclass has a subclass."""

    def __post_init__(self) -> None:
        """Replace each name of a member by the member."""
        for field, value in msgspec.structs.asdict(self).items():
            if isinstance(value, MemberName):
                msgspec.structs.force_setattr(self, field, value.member)


def decoded(data: Any, kind: type[Value]) -> Value:
    """Return the value that JSON data represent. No part of the data is converted to another type.

    Args:
        data: The result of `json.loads`.
        kind: A dataclass of the model.

    Raises:
        ValueError: The data do not fit. The message names the field by its path, for instance ``files[0].size_bytes``.
    """
    try:
        checked = msgspec.convert(data, json_type(cast("Any", kind)), dec_hook=_from_text)
        return msgspec.convert(checked, kind, from_attributes=True)
    except msgspec.ValidationError as error:
        why, _, field = str(error).partition(" - at `$")
        raise ValueError(f"{field.strip('.`')}: {why}" if field else why) from error


@cache
def json_type(kind: Any) -> Any:
    """Return the type of the JSON data that represent a type of the model.

    Args:
        kind: A dataclass of the model, or the type of one of its fields.
    """
    if is_dataclass(kind):
        return _object_type(cast("type", kind))
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
    return msgspec.defstruct(kind.__name__, members, bases=(JsonObject,), namespace=namespace, kw_only=True)


def _default(item: Field[Any]) -> Any:
    if item.default_factory is not MISSING:
        return msgspec.field(default_factory=item.default_factory)
    return msgspec.NODEFAULT if item.default is MISSING else item.default


def descriptions(kind: type) -> dict[str, str]:
    """Return the description of each attribute, from the section "Attributes" in the docstring of a class."""
    section = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, flags=re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in entries}


def _from_text(kind: type, data: Any) -> Any:
    """Make a path or a job number: the types of the model that msgspec does not know."""
    value = kind(data) if isinstance(data, str) else None
    if str(value) != data:
        raise ValueError(f"Expected a normalized `str`, got {str(data)[:80]!r}")
    return value
