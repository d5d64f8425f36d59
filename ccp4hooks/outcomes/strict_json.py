"""Read JSON that a person or another program may have changed, and refuse what Python's reader passes over."""

from __future__ import annotations

import json
import math
from typing import Any


def loads(text: str) -> Any:
    """Return the data of a JSON text.

    Raises:
        ValueError: It is not JSON, an object has a key twice, a number is not finite, or it is nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_refuse_number, parse_float=_finite, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("it has too many objects and lists inside each other") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"an object has the key {double[:80]!r} twice")
    return found


def _refuse_number(text: str) -> None:
    raise ValueError(f"{text} is not a finite number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is not a finite number")
    return number
