"""Read, extend and write the error reports of CCP4i2's scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from ccp4hooks.model import FinishStatus, Severity

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the error report of a script.

    Attributes:
        name: What it is about: a step, a parameter or a sub-job; empty if it is not known.
        text: Its text in one line, without a traceback.
        severity: Its severity; `BLOCK` for an error.
    """

    name: str
    text: str
    severity: Severity

    @property
    def cure(self) -> str:
        """What to do on the command line, for a text that refers to a field of CCP4i2's window; empty for any other.

        CCP4i2 lists groups of columns as ``NATIVE/[FNAT,SIGFNAT]``, and takes their labels only.
        """
        listed = _GROUPS.search(self.text)
        parameter = self.name.rpartition(".")[2]
        return f"Give the labels of one of them, for instance {parameter}={listed[1]}." if listed and parameter else ""


# Source: ccp4i2/wrappers/import_common.py, ccp4i2 3.0.1
_GROUPS = re.compile(r"(?:column groups|Available): [^\[\]]*\[([^\[\]]+)\]")


def reported(script: Script) -> list[Entry]:
    """Return everything that a script has reported, warnings and notes included, in order and each once."""
    found = (
        Entry(
            name=str(entry.get("name") or ""),
            text=_with_module(script, _without_traceback(str(entry.get("details") or ""))),
            severity=_severity(int(entry.get("severity", 0))),
        )
        for entry in script.errorReport.getErrors()
    )
    return list(dict.fromkeys(found))


def _with_module(script: Script, text: str) -> str:
    """Return a text in which a program that is a module of Python has the name of the module."""
    option, module, *_ = (*map(str, script.commandLine or ()), "", "")
    return _PYTHON.sub(lambda found: f"{found[0]} -m {module}", text) if option == "-m" else text


# Source: ccp4i2/core/CCP4PluginScript.py, ccp4i2 3.0.1 and 3.1.0a105
_PYTHON = re.compile(r"\b(?:Process|Program) \S*python[\d.]*(?= (?:exited|crashed|failed))")


def _without_traceback(text: str) -> str:
    r"""Return a text in one line without the traceback that follows, or the exception if there is nothing else.

    >>> _without_traceback("in process(): KeyError: 'a'\nTraceback (most recent call last): File x")
    "in process(): KeyError: 'a'"
    >>> _without_traceback("Traceback (most recent call last):\n  File x\n    fail()\nKeyError: 'a'\n")
    "KeyError: 'a'"
    """
    before, _, traceback = text.partition("Traceback (most recent call last)")
    return " ".join((before if before.strip() or not traceback else traceback.strip().splitlines()[-1]).split())


def _severity(code: int) -> Severity:
    """Return the severity for CCP4i2's number: 2 is a warning, 3 and 4 are errors, less is a note."""
    return Severity.BLOCK if code > _WARNING else Severity.WARNING if code == _WARNING else Severity.INFO


_WARNING = 2


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
