"""Read, extend and write the error reports of CCP4i2's scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from ccp4hooks.model import FinishStatus

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.i2.protocols import ErrorReport, Script

OUTPUTS_STEP = "processOutputFiles"
"""Name of the entry with which a failure of that step is reported, by CCP4i2 3.1 and by ccp4hooks."""


def lines(report: ErrorReport, minimum: int = 4) -> list[tuple[str, str]]:
    """Return an error report's entries as (name, text).

    Args:
        report: A ``CErrorReport``.
        minimum: Least severity: 4 is an error, 2 a warning (``ccp4i2.core.base_object.error_reporting``, 3.0.1).
    """
    found = {
        (str(entry.get("name") or ""), " ".join(str(entry.get("details") or "").split()))
        for entry in report.getErrors()
        if int(entry.get("severity", 0)) >= minimum
    }
    return sorted(found)


def reported(script: Script) -> list[tuple[str, str]]:
    """Return everything that a script has reported, warnings and notes included, as (name, text)."""
    return lines(script.errorReport, 0)


def save(script: Script, path: Path) -> None:
    """Write a script's error report as CCP4i2's GUI reads it."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - start-up time; it only writes

    tree = script.errorReport.getEtree()
    ET.indent(tree, space="\t")
    path.write_bytes(ET.tostring(tree, encoding="utf-8"))


def add(script: Script, step: str, details: str) -> None:
    """Add an error to a script's report, under the code that CCP4i2's runner uses for exceptions (999)."""
    script.errorReport.append(klass=type(script).__name__, code=999, details=details, name=step, severity=4)


def is_report(obj: object) -> TypeGuard[ErrorReport]:
    """Return whether an object is a ``CErrorReport``."""
    return hasattr(obj, "getErrors")


def step_finish(result: Any) -> FinishStatus | None:
    """Return the finish status that follows from the result of a script's step, or None if the step succeeded.

    Args:
        result: A number, an error report, or anything else, which counts as success.
    """
    if is_report(result):
        return FinishStatus.FAILED if lines(result) else None
    finish = FinishStatus.from_report(result)
    return None if finish in (FinishStatus.SUCCEEDED, FinishStatus.RUNNING) else finish
