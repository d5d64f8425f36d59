"""The results of a job in few lines, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.texts import kpi_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import KpiValue, ResultValue

MOST_SINGLE = 13
"""Number of results of a job that are shown one by one. More are shown in groups.

The names of a group have all but the last part in common."""

MOST_GROUPS = 8
"""Number of groups that are shown."""

GROUP_LENGTH = 140
"""Length of the values of a group [characters]: two lines on a terminal. The first value may be longer."""

LONGEST_VALUE = 60
"""Length of the longest value that is shown [characters]."""


def in_few_lines(results: Sequence[ResultValue]) -> tuple[list[tuple[str, list[str]]], int]:
    """Return results by name, or groups of them with the names and texts of their values, and how many are left out.

    Results are in the order in which they were recorded, with the final values of a refinement first.

    Args:
        results: The results of one job.
    """
    if len(results) <= MOST_SINGLE:
        return [(one.name, [value_text(one.value)]) for one in results], 0
    groups: dict[str, list[str]] = {}
    for one in results:
        group, _, name = one.name.rpartition(".")
        text = value_text(one.value)
        groups.setdefault(group or one.name, []).append(f"{name} {text}" if group else text)
    shown = [(group, values[: _fitting(values)], len(values)) for group, values in list(groups.items())[:MOST_GROUPS]]
    lines = [(group, _with_more(values, of=count)) for group, values, count in shown]
    return lines, len(results) - sum(len(values) for _, values, _ in shown)


def _fitting(values: Sequence[str]) -> int:
    """Return how many values of a group are shown."""
    shown = 1
    while shown < len(values) and len(", ".join(_with_more(values[: shown + 1], of=len(values)))) <= GROUP_LENGTH:
        shown += 1
    return shown


def _with_more(values: Sequence[str], *, of: int) -> list[str]:
    return [*values, *([f"{of - len(values)} more"] if len(values) < of else [])]


def value_text(value: KpiValue) -> str:
    r"""Return a value as text in one line, which is cut if it is long.

    >>> value_text(0.1 + 0.2), value_text(" a\nb"), value_text("")
    ('0.3', 'a b', "''")
    """
    text = " ".join(kpi_text(value).split()) or repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."
