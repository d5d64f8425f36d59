"""What a hook may return."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.model import (
    FileMetadata,
    ImportedFile,
    Job,
    KnownFile,
    Kpi,
    Problem,
    Project,
    Severity,
    TaskDescription,
)

COLLECTED: dict[str, tuple[type, ...]] = {
    "init_store": (str,),
    "examine": (str, Ccp4HooksError),
    "register_tasks": (TaskDescription,),
    "pre_import": (Problem,),
    "glean_kpi": (Kpi, Problem),
    "check_file": (Problem,),
}
"""Of what type the items are that a collect hook may return."""

RETURNED: dict[str, tuple[type, ...]] = {
    "list_projects": (Sequence,),
    "find_project": (Project,),
    "read_outcomes": (Sequence,),
    "find_file": (KnownFile,),
    "open_job": (Job,),
    "claim_job": (Job,),
    "find_held": (Sequence,),
    "find_import": (KnownFile,),
    "import_file": (ImportedFile,),
    "glean_file": (FileMetadata,),
}
"""Of what type the answer is that other hooks may return; those not listed in either table return nothing."""


def checked(hook: str, value: Any) -> Any:
    """Return what an implementation answered, several items as a tuple.

    Raises:
        TypeError: It is not what the hook may return.
    """
    if value is None:
        return None
    if hook in COLLECTED:
        return _checked_items(hook, value, COLLECTED[hook])
    expected = RETURNED.get(hook)
    if expected and not isinstance(value, expected):
        raise TypeError(f"it must return {_names(expected)} or None, not {type(value).__name__}")
    _check_fields(value)
    return value if expected else None


def _checked_items(hook: str, value: Any, expected: tuple[type, ...]) -> tuple[Any, ...]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{hook} must return several {_names(expected)}, not one {type(value).__name__}")
    items = tuple(value)
    for item in items:
        if not isinstance(item, expected):
            raise TypeError(f"{hook} must return {_names(expected)}, not {type(item).__name__}")
        _check_fields(item)
    return items


def _check_fields(value: Any) -> None:
    """Refuse what the outcome file could not hold: it must be written whatever a plugin says."""
    if isinstance(value, Problem) and not isinstance(value.severity, Severity):
        raise TypeError(f"the severity of a Problem must be a Severity, not {value.severity!r}")
    for name, fact in value.extra.items() if isinstance(value, FileMetadata) else ():
        if not isinstance(fact, (bool, int, float, str)) or (isinstance(fact, float) and not math.isfinite(fact)):
            raise TypeError(f"extra[{name!r}] must be a finite number, a truth value or a text, not {fact!r}")


def _names(types: tuple[type, ...]) -> str:
    return " or ".join(kind.__name__ for kind in types)
