"""What is wrong with a task's def file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.plain_xml import require_plain_xml

if TYPE_CHECKING:
    from pathlib import Path


def faults(path: Path) -> list[str]:
    """Return what is wrong with a def file, one line each."""
    try:
        require_plain_xml(path)
    except BadInputError as error:
        return [f"its def file {error}"]
    return []
