"""Show several jobs side by side: a row for each value, a column for each job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from ccp4hooks.cli.kpi_columns import BEST, kpi_columns
from ccp4hooks.texts import kpi_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ccp4hooks.model import KpiValue, Outcome
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions

CELL_WIDTH = 18
"""Width of the widest column of a job [characters]. Longer values are cut."""

WIDEST_NAME = 30
"""Width of the widest column of names [characters]. A longer name has a line of its own."""

ABSENT = "-"
"""What is shown for a job that has no such value."""


def comparison(
    outcomes: Sequence[Outcome], width: int, names: KpiDescriptions, *, everything: bool = False
) -> list[Any]:
    """Return jobs side by side, line by line. If not all fit beside each other, the rest follows below.

    Args:
        outcomes: The outcomes of the jobs.
        width: Width of the screen [characters].
        names: How the KPIs are shown.
        everything: Whether results are shown, too, and rows in which all jobs have the same parameter.
    """
    sections = list(_sections(outcomes, names, everything=everything))
    first = min(WIDEST_NAME, max(len(name) for _, rows in sections for name in rows)) + 4
    widths = [max(len(row[at]) for _, rows in sections for row in rows.values()) + 2 for at in range(len(outcomes))]
    lines: list[Any] = []
    for columns in _blocks(widths, width - first):
        lines += [""] if lines else []
        for title, rows in sections:
            lines += ["", Text(title, "bold")] if title else []
            for name, row in rows.items():
                cells = "".join(row[at].ljust(widths[at]) for at in columns)
                lines += [f"  {name}"] if len(name) > WIDEST_NAME else []
                lines.append(f"{('' if len(name) > WIDEST_NAME else f'  {name}').ljust(first)}{cells}".rstrip())
    return lines


def _blocks(widths: Sequence[int], room: int) -> Iterator[range]:
    """Yield the columns that fit beside each other; at least one.

    >>> list(_blocks([5, 5, 5], 10))
    [range(0, 2), range(2, 3)]
    """
    start = used = 0
    for at, width in enumerate(widths):
        if at > start and used + width > room:
            yield range(start, at)
            start, used = at, 0
        used += width
    yield range(start, len(widths))


def _sections(
    outcomes: Sequence[Outcome], names: KpiDescriptions, *, everything: bool
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    head = {
        "Job": [str(one.job.number) for one in outcomes],
        "Task": [_cut(one.job.task) for one in outcomes],
        "Title": [_cut(one.job.title) or ABSENT for one in outcomes],
        "Status": [one.status.name for one in outcomes],
        "Time": [_duration(one) for one in outcomes],
    }
    if all(one.job.title in ("", one.job.task) for one in outcomes):
        del head["Title"]
    yield "", head
    rows = _kpi_rows(outcomes, names)
    if rows:
        has_best = any(cell.endswith(BEST) for row in rows.values() for cell in row)
        yield f"KPIs ({BEST} the best)" if has_best else "KPIs", rows
    results = [{result.name: result.value for result in one.results} for one in outcomes]
    if any(results) and everything:
        yield "Results", _rows(results)
    parameters = [{one.name: one.value for one in outcome.parameters if not one.is_file} for outcome in outcomes]
    defaults = _defaults(outcomes)
    rows = _rows(parameters, lambda at, name: defaults.get((outcomes[at].job.task, name)))
    if not everything:
        rows = {name: row for name, row in rows.items() if len(set(row)) > 1}
    if rows:
        yield "Parameters" if everything else "Parameters that differ", rows


def _kpi_rows(outcomes: Sequence[Outcome], names: KpiDescriptions) -> dict[str, list[str]]:
    """Return a row for each KPI, with its title, and the value of each job; the best values are marked."""
    every = names.in_groups(list({kpi.key: kpi for one in outcomes for kpi in one.kpis}.values()))
    columns = kpi_columns([one.kpis for one in outcomes], [kpi.key for kpi in every], names)
    values = [{kpi.key: kpi.value for kpi in one.kpis} for one in outcomes]
    rows = {}
    for kpi, (heading, texts) in zip(every, columns.items(), strict=True):
        best = names.best(kpi.key, [one.get(kpi.key) for one in values])
        rows[heading] = [
            ABSENT if text is None else _cut(" ".join(text.split())) + BEST * (at in best) or repr(text)
            for at, text in enumerate(texts)
        ]
    return rows


def _defaults(outcomes: Sequence[Outcome]) -> dict[tuple[str, str], KpiValue]:
    """Return the defaults that are known, by task and parameter: a job without a value has used the default."""
    return {
        (outcome.job.task, one.name): one.default
        for outcome in outcomes
        for one in outcome.parameters
        if one.default is not None
    }


def _rows(
    values: Sequence[Mapping[str, KpiValue]], otherwise: Callable[[int, str], KpiValue | None] = lambda *_: None
) -> dict[str, list[str]]:
    """Return a row for each name, with the value of each job."""
    names = dict.fromkeys(name for one in values for name in one)
    return {
        name: [_cell(one[name] if name in one else otherwise(at, name)) for at, one in enumerate(values)]
        for name in names
    }


def _cell(value: KpiValue | None) -> str:
    return ABSENT if value is None else _cut(" ".join(kpi_text(value).split())) or repr(value)


def _cut(text: str) -> str:
    return text if len(text) <= CELL_WIDTH else f"{text[: CELL_WIDTH - 3]}..."


def _duration(outcome: Outcome) -> str:
    if outcome.started_at is None or outcome.finished_at is None:
        return ABSENT
    return f"{(outcome.finished_at - outcome.started_at).total_seconds():.2f} s"
