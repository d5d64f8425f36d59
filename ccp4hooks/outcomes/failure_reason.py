"""Say in one line why a job has failed, for lists of jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccp4hooks.model import Severity
from ccp4hooks.outcomes.output_lines import OUTPUT_FILES, SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks.model import Outcome, Problem

_GENERAL = re.compile(
    r"\b(?:Process|Program) .* (?:exited with (?:error )?code -?\d+|failed during execution)|: The job failed\b"
)
"""Errors of CCP4i2 that say that a program or a task has failed, and not why.

Source: ``ccp4i2/core/CCP4PluginScript.py``, ccp4i2 3.0.1 and 3.1.0a105.
"""


def failure_reason(outcomes: Iterable[Outcome]) -> str:
    """Return the problem that tells best why a job has failed, in one line; empty if none tells it.

    The first error that says more than that something has failed is the best one. The last line about an error in the
    output of the program follows, then the code with which the program exited, then what else the task has reported.

    Args:
        outcomes: The outcome of the job, and after it those of its sub-jobs, if these are known.
    """
    found = [one for job in outcomes if job.status.is_failure for one in job.problems]
    best = min(found, key=_rank, default=None)
    return "" if best is None or _rank(best) == _TELLS_NOTHING else _line(best)


_TELLS_NOTHING = (4, 0)


def _rank(problem: Problem) -> tuple[int, int]:
    """Return the place of a problem among those of a failed job; the best is the lowest."""
    if problem.severity is Severity.BLOCK:
        return (2 if _GENERAL.search(problem.message) else 0), 0
    if file := _output_file(problem):
        # The standard error of a program comes last in the list.
        return 1, -OUTPUT_FILES.index(file)
    return (3, 0) if problem.severity is Severity.WARNING and problem.hook == "process" else _TELLS_NOTHING


def _output_file(problem: Problem) -> str:
    """Return the name of the file whose lines a problem quotes; empty if it quotes none."""
    name = problem.path.name if problem.severity is Severity.INFO and problem.path is not None else ""
    return name if name in OUTPUT_FILES and problem.message.startswith(f"{name}: ") else ""


def _line(problem: Problem) -> str:
    text = " ".join(str(problem).split())
    file = _output_file(problem)
    return f"{file}: {text.removeprefix(f'{file}: ').rpartition(SEPARATOR)[2]}" if file else text
