"""The JSON Schema of the outcome file, as published in ``docs/reference/outcome.schema.json``.

After a change of the dataclasses, write the published file again::

    python -m ccp4hooks.outcomes.json_schema > docs/reference/outcome.schema.json
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

import msgspec

from ccp4hooks.model import Outcome
from ccp4hooks.outcomes.json_types import HyphenatedUUID, json_type
from ccp4hooks.outcomes.outcome_file import FILE_NAME, SCHEMA_VERSION


def outcome_schema() -> dict[str, Any]:
    """Return the JSON Schema, draft 2020-12, of an outcome file."""
    _, definitions = msgspec.json.schema_components(
        [json_type(Outcome)],
        schema_hook=_text_schema,
        ref_template="#/$defs/{name}",
    )
    top = definitions.pop(Outcome.__name__)
    version = {"const": SCHEMA_VERSION, "description": "Version of the format. A reader refuses any other version."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **top,
        "title": FILE_NAME,
        "properties": {"schema_version": version, **top["properties"]},
        "required": ["schema_version", *top["required"]],
        "$defs": {name: _without_indentation(one) for name, one in sorted(definitions.items())},
    }


def _without_indentation(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition whose description has no indentation, as docstrings have none since Python 3.13."""
    if "description" in definition:
        return definition | {"description": inspect.cleandoc(definition["description"])}
    return definition


def _text_schema(kind: type) -> dict[str, Any]:
    """Return the schema of a UUID, a path or a job number."""
    return {"type": "string", "format": "uuid"} if issubclass(kind, HyphenatedUUID) else {"type": "string"}


def text() -> str:
    """Return the JSON Schema as it is published."""
    return json.dumps(outcome_schema(), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
