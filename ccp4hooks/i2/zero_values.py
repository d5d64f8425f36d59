"""A patch of single ``CFloat`` objects, so that the assignment of 0.0 to them is detected.

In ccp4i2 3.0.1 ``CFloat.set(0.0)`` leaves a value that was never assigned in the state NOT_SET, because ``set``
compares the new value with the initial one, which is 0.0 too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.i2 import containers, simple_values

if TYPE_CHECKING:
    from ccp4hooks.i2.protocols import DataObject


class _Unassigned(float):
    """The initial 0.0 of a ``CFloat``. It equals no other number, so any assignment is a change."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def detect_zero_assignments(indicator: DataObject) -> None:
    """Make every ``CFloat`` in a performance indicator detect the assignment of exactly 0.0.

    Call it before the task assigns its values. CCP4i2 3.0.1 itself takes a value of exactly 0.0 as never assigned.

    Args:
        indicator: A ``CPerformanceIndicator``.
    """
    for _, child in containers.walk(indicator):
        if containers.is_a(child, "CFloat") and not simple_values.was_assigned(child):
            object.__setattr__(child, "_value", _Unassigned(child.value))
