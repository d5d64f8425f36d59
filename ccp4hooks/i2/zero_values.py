"""Notice that 0.0 is assigned to a performance value; CCP4i2 3.0.1 does not."""

from __future__ import annotations

from typing import Any

from ccp4hooks.i2 import containers, simple_values


class _Untouched(float):
    """The 0.0 of a ``CFloat`` that nobody has assigned to.

    In 3.0.1 ``CFloat.set(0.0)`` stays NOT_SET, since it compares the new value with the old one. This one equals none.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def notice_zeros(indicator: Any) -> None:
    """Make the floats of a performance indicator notice that 0.0 is assigned to them."""
    for _, child in containers.walk(indicator):
        if containers.is_a(child, "CFloat") and not simple_values.was_assigned(child):
            object.__setattr__(child, "_value", _Untouched(child.value))
