"""Write values as JSON.

The JSON mirrors the dataclasses, with keys in snake_case. Paths and UUIDs become strings, times ISO 8601 strings, and
statuses their names.
"""

from __future__ import annotations

import json
from typing import Any

import click

from ccp4hooks.outcomes.outcome_file import to_json


def write_json(value: Any) -> None:
    """Write a value, or a container of values, to standard output as JSON."""
    click.echo(json.dumps(to_json(value), indent=2, ensure_ascii=False))
