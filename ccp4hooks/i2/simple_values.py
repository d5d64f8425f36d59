"""Simple values of CData: numbers, texts and booleans, their defaults and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.i2.containers import is_a, qualifier

if TYPE_CHECKING:
    from ccp4hooks.i2.protocols import DataObject, SimpleValue

SIMPLE_TYPES = ("CInt", "CFloat", "CBoolean", "CString")
"""The classes of simple values."""


def default_of(obj: SimpleValue) -> Any:
    """Return the default that a def file declares for a simple value, or None if it declares none."""
    if not is_a(obj, *SIMPLE_TYPES):
        return None
    return obj.value if obj.getValueState().name == "DEFAULT" else qualifier(obj, "default")


def simple_value(obj: SimpleValue) -> bool | int | float | str:
    """Return the plain value of a ``CInt``, ``CFloat``, ``CBoolean`` or ``CString``."""
    kinds: dict[str, Any] = {"CBoolean": bool, "CInt": int, "CFloat": float}
    for name, kind in kinds.items():
        if is_a(obj, name):
            return kind(obj.value)  # type: ignore[no-any-return]
    return str(obj.value)


def has_default(obj: SimpleValue) -> bool:
    """Return whether a value is the default of its def file, because none was assigned."""
    return str(obj.getValueState().name) == "DEFAULT"


def was_assigned(obj: SimpleValue) -> bool:
    """Return whether a value was assigned explicitly, even if it equals the default."""
    return str(obj.getValueState().name) == "EXPLICITLY_SET"


def bound(obj: DataObject, name: str) -> float | None:
    """Return a bound of a number (``"min"``, ``"max"``) or of a list (``"listMinLength"``), or None if it has none."""
    value = qualifier(obj, name)
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        # CCP4i2 ignores a bound that is not a number, and ccp4hooks does the same.
        return None
