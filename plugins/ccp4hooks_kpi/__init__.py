"""The plugin `kpi`: records the performance values that a task writes into its ``outputData``.

It reads the numbers, truth values and texts of every ``CPerformanceIndicator`` in ``outputData``, in the order of
declaration. The core reports each value that cannot be recorded, such as a number that is not finite or a text that is
too long. The plugin also describes these values for people: the module `descriptions` has their titles and units.

The module `extract` uses public names only. It is a model for a plugin that extracts other KPIs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks import Kpi, KpiDescription, Problem

__all__ = ["describe_kpis", "glean_kpi", "pre_import"]


@hookimpl.describe_kpis
def describe_kpis() -> Iterable[KpiDescription]:
    """Describe the performance values of CCP4i2's tasks."""
    from ccp4hooks_kpi.descriptions import describe  # noqa: PLC0415 - start-up time

    return describe()


@hookimpl.pre_import
def pre_import(script: Any) -> Iterable[Problem]:
    """Prepare the script's performance indicators so that an assignment of exactly 0.0 is detected."""
    from ccp4hooks.cdata import detect_zero_assignments  # noqa: PLC0415 - start-up time
    from ccp4hooks_kpi.extract import performance_indicators  # noqa: PLC0415 - start-up time

    for indicator in performance_indicators(script):
        detect_zero_assignments(indicator)
    return ()


@hookimpl.glean_kpi
def glean_kpi(script: Any) -> Iterable[Kpi]:
    """Return every value that was assigned in a performance indicator of the script."""
    from ccp4hooks_kpi.extract import extract_kpis  # noqa: PLC0415 - start-up time

    return extract_kpis(script)
