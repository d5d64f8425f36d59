"""Extract the values of a script's performance indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks import Kpi
from ccp4hooks.cdata import extract_kpi_values, extract_parameter_name, find_objects_by_type

if TYPE_CHECKING:
    from collections.abc import Iterator


def performance_indicators(script: Any) -> list[Any]:
    """Return every ``CPerformanceIndicator`` in the script's ``outputData``, in the order of declaration."""
    return find_objects_by_type(script.container.outputData, "CPerformanceIndicator")


def extract_kpis(script: Any) -> Iterator[Kpi]:
    """Yield every value that was assigned in a performance indicator, in the order of declaration.

    The key of a KPI is the name of its value, ``"RFree"``. If an earlier indicator has a value of the same name, the
    name of the indicator precedes it: ``"SECOND.RFree"``.
    """
    taken: set[str] = set()
    for indicator in performance_indicators(script):
        name = extract_parameter_name(indicator)
        for value_name, value in extract_kpi_values(indicator).items():
            key = f"{name}.{value_name}" if value_name in taken else value_name
            taken.add(key)
            yield Kpi(key=key, value=value, indicator=f"outputData.{name}")
