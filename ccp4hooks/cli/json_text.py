"""Values as JSON text.

The shape is that of the dataclasses, in snake_case: paths and UUIDs as text, times in ISO 8601, statuses by name.
"""

from __future__ import annotations

import json
from typing import Any

import click

from ccp4hooks.outcomes.outcome_file import to_json


def write_json(value: Any) -> None:
    """Write a value, or a container of values, to standard output as JSON."""
    click.echo(json.dumps(to_json(value), indent=2, ensure_ascii=False))
