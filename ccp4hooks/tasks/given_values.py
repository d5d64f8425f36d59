"""The values that a caller gives for the parameters of a task: as a mapping, or as pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ccp4hooks.errors import BadInputError

GivenValues: TypeAlias = Mapping[str, object] | Iterable[tuple[str, object]]
"""Values by parameter, or (parameter, value) pairs. A list or tuple gives several values for one parameter."""

Pairs: TypeAlias = tuple[tuple[str, object], ...]
"""(parameter, value) pairs. The parameter of a list may occur several times."""


def value_pairs(values: GivenValues) -> Pairs:
    """Return values as pairs, one for each value, in their order.

    >>> value_pairs({"XYZIN": "model.pdb", "NCYCLES": 5})
    (('XYZIN', 'model.pdb'), ('NCYCLES', 5))
    >>> value_pairs([("UNMERGED", "a.mtz"), ("UNMERGED", "b.mtz")]) == value_pairs({"UNMERGED": ["a.mtz", "b.mtz"]})
    True

    Raises:
        BadInputError: The values are neither a mapping nor pairs that begin with a name.
    """
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise BadInputError(f"The values are a {type(values).__name__}. {CURE}")
    given = values.items() if isinstance(values, Mapping) else values
    return tuple((name, one) for name, value in map(_pair, given) for one in _several(value))


CURE = "Give a mapping, such as {'NCYCLES': 5}, or (name, value) pairs."


def _pair(given: object) -> tuple[str, object]:
    """Return what was given as a pair.

    Raises:
        BadInputError: It is no pair, or does not begin with a name.
    """
    if isinstance(given, (tuple, list)) and len(given) == 2 and isinstance(given[0], str):  # noqa: PLR2004 - a pair
        return given[0], given[1]
    raise BadInputError(f"The values have {given!r:.60}, which is no (name, value) pair. {CURE}")


def _several(value: object) -> Iterable[object]:
    return value if isinstance(value, (list, tuple)) else (value,)
