"""Check the answer of an implementation against the return annotation of its hook's specification."""

from __future__ import annotations

import collections.abc
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Union
from uuid import UUID

from ccp4hooks import errors, model
from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.model import FileMetadata, Problem, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnType:
    """The type that the implementations of a hook may return; all may return None instead.

    Attributes:
        types: The types allowed; empty if the hook returns nothing.
        several: Whether the answer is an iterable of values of these types.
    """

    types: tuple[type, ...]
    several: bool

    @property
    def text(self) -> str:
        """The names of the types."""
        return " or ".join(kind.__name__ for kind in self.types)


@cache
def return_type(hook: str) -> ReturnType:
    """Return the type that the specification of a hook declares for its answer.

    An ``Iterable`` is read once and its items are checked. A ``Sequence`` is kept as it is.
    """
    from ccp4hooks.i2.protocols import Script  # noqa: PLC0415 - start-up time
    from ccp4hooks.settings import Settings  # noqa: PLC0415 - a plugin's tests need no settings

    # hookspecs.py imports these names for type checkers only, since plugins import it at start-up.
    modules = {**vars(collections.abc), **vars(model), **vars(errors)}
    names = {**modules, "Path": Path, "UUID": UUID, "Settings": Settings, "Script": Script}
    annotation = typing.get_type_hints(HOOKS[hook].specification, localns=names)["return"]
    several = typing.get_origin(annotation) is Iterable
    members = _union_members(typing.get_args(annotation)[0] if several else annotation)
    allowed = tuple(typing.get_origin(one) or one for one in members if one is not types.NoneType)
    return ReturnType(types=allowed, several=several)


def _union_members(annotation: Any) -> tuple[Any, ...]:
    return typing.get_args(annotation) if typing.get_origin(annotation) in {types.UnionType, Union} else (annotation,)


def checked(hook: str, value: Any) -> Any:
    """Return the answer of an implementation, several items as a tuple.

    Raises:
        TypeError: The answer is not of the type that the hook returns.
    """
    if value is None:
        return None
    expected = return_type(hook)
    if expected.several:
        return _checked_items(hook, value, expected)
    if expected.types and not isinstance(value, expected.types):
        raise TypeError(f"it must return {expected.text} or None, not {type(value).__name__}")
    _require_storable(value)
    return value if expected.types else None


def _checked_items(hook: str, value: Any, expected: ReturnType) -> tuple[Any, ...]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{hook} must return several {expected.text}, not one {type(value).__name__}")
    items = tuple(value)
    for item in items:
        if not isinstance(item, expected.types):
            raise TypeError(f"{hook} must return {expected.text}, not {type(item).__name__}")
        _require_storable(item)
    return items


def _require_storable(value: Any) -> None:
    """Refuse a value that cannot be written to the outcome file, which must be written for every job.

    Raises:
        TypeError: A severity or an extra value is of the wrong type.
    """
    if isinstance(value, Problem) and not isinstance(value.severity, Severity):
        raise TypeError(f"the severity of a Problem must be a Severity, not {value.severity!r}")
    for name, extra in value.extra.items() if isinstance(value, FileMetadata) else ():
        if not isinstance(extra, (bool, int, float, str)) or (isinstance(extra, float) and not math.isfinite(extra)):
            raise TypeError(f"extra[{name!r}] must be a finite number, a bool or a str, not {extra!r}")
