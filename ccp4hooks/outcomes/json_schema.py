"""The JSON Schema of the outcome file, as published in ``docs/outcome.schema.json``; made from the dataclasses.

To write it anew after a change of them::

    python -c "from ccp4hooks.outcomes import json_schema; print(json_schema.text(), end='')" > docs/outcome.schema.json
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from ccp4hooks.model import JobNumber, Outcome, Severity
from ccp4hooks.outcomes.outcome_file import FILE_NAME, SCHEMA_VERSION

if TYPE_CHECKING:
    import enum

Table = dict[str, Any]

SIMPLE: Mapping[Any, Table] = {
    str: {"type": "string"},
    JobNumber: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    UUID: {"type": "string", "format": "uuid"},
    Path: {"type": "string"},
    datetime: {"type": "string", "format": "date-time"},
}


def outcome_schema() -> Table:
    """Return the JSON Schema, draft 2020-12, of an outcome file."""
    definitions: Table = {}
    _reference(Outcome, definitions)
    top = definitions.pop("Outcome")
    version = {"const": SCHEMA_VERSION, "description": "Of this layout; a reader refuses another."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FILE_NAME,
        **top,
        "properties": {"schema_version": version, **top["properties"]},
        "required": ["schema_version", *top["required"]],
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """Return the JSON Schema as it is published."""
    return json.dumps(outcome_schema(), indent=1) + "\n"


def _reference(kind: Any, definitions: Table) -> Table:
    """Return the schema of a dataclass by reference, its definition added."""
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}
        definitions[kind.__name__] = _object(kind, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _object(kind: Any, definitions: Table) -> Table:
    hints, told = get_type_hints(kind), _attributes(kind)
    properties = {
        item.name: {**_schema(hints[item.name], definitions), "description": told[item.name]} for item in fields(kind)
    }
    required = [item.name for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING]
    return {
        "type": "object",
        "description": inspect.cleandoc(kind.__doc__).splitlines()[0],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _attributes(kind: Any) -> dict[str, str]:
    """Return what a class's docstring says of each of its attributes."""
    listed = inspect.cleandoc(kind.__doc__).partition("Attributes:\n")[2]
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", listed, flags=re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in entries}


def _schema(kind: Any, definitions: Table) -> Table:
    origin, inside = get_origin(kind), get_args(kind)
    if kind in SIMPLE:
        return SIMPLE[kind]
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(one, definitions) for one in inside]}
    if origin is tuple:
        return {"type": "array", "items": _schema(inside[0], definitions)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(inside[1], definitions)}
    if is_dataclass(kind):
        return _reference(kind, definitions)
    return {"enum": [_written(member) for member in kind]}


def _written(member: enum.Enum) -> str:
    """Return what stands for a member in the file."""
    return str(member.value) if isinstance(member, Severity) else member.name
