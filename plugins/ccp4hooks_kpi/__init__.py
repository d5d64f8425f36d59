"""Record the performance values that a task puts into its ``outputData``.

Every ``CPerformanceIndicator`` anywhere in ``outputData`` is read, in the order of declaration: numbers, also exactly
0.0, truth values and texts. What cannot be recorded (not finite, too long) is reported by the core, value by value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks import hookimpl
from ccp4hooks.cdata import performance_values

if TYPE_CHECKING:
    from ccp4hooks import Kpi

__all__ = ["glean_kpi"]


@hookimpl
def glean_kpi(script: Any) -> list[Kpi]:
    """Return every value assigned in any performance indicator of the script."""
    return performance_values(script)
