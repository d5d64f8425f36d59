"""Show jobs beside each other: few jobs as columns with a row for each value, many jobs as the rows of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from ccp4hooks.cli.listing import PIPED_WIDTH, aligned, terminal_width
from ccp4hooks.cli.output import wrapped
from ccp4hooks.cli.render import STATUS_STYLES
from ccp4hooks.cli.values import BEST
from ccp4hooks.reports.pages import comparison_texts as texts
from ccp4hooks.texts import duration_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.model import ComparedKpi, ComparedRow, Comparison

CELL_WIDTH = 18
"""Width of the longest text in a cell [columns]. Longer texts are cut; numbers and names of files never are."""

WIDEST_NAME = 30
"""Width of the widest column of names [columns]. A longer name has a line of its own."""

ABSENT = "-"
"""What is shown for a job that has no such value."""

CUT = "..."
"""What stands for the part of a text that is left out."""

CONTEXT = 8
"""Number of characters that are shown before the first one in which texts differ."""

STYLES = {"better": "green", "worse": "red"}

Rows = dict[str, list[Text]]
"""The cells of each job by the heading of the row."""


def comparison_lines(comparison: Comparison, *, everything: bool = False) -> list[Any]:
    """Return a comparison line by line, for the terminal to which standard output goes.

    Args:
        comparison: The comparison.
        everything: Whether results are shown, too, and parameters and inputs that are the same in all jobs.
    """
    width = terminal_width() or PIPED_WIDTH
    are_rows = len(comparison.jobs) > texts.MOST_COLUMNS
    sections = list(_sections(comparison, are_rows=are_rows, everything=everything))
    lines = _jobs_as_rows(comparison, sections) if are_rows else _jobs_as_columns(comparison, sections, width)
    lines += _inputs(comparison, width, everything=everything)
    differs = comparison.differing_parameters or comparison.differing_inputs
    return [*lines, *([] if differs or everything else ["", "The jobs have the same parameters and inputs."])]


def _sections(comparison: Comparison, *, are_rows: bool, everything: bool) -> Iterator[tuple[str, Rows]]:
    """Yield the titles and the cells of the sections.

    Args:
        comparison: The comparison.
        are_rows: Whether jobs are rows.
        everything: See `comparison_lines`.
    """
    rows = {_heading(kpi): _kpi_cells(kpi, comparison, are_rows=are_rows) for kpi in comparison.kpis}
    if rows:
        best = f"; {BEST} the best" if any(kpi.best for kpi in comparison.kpis) else ""
        yield f"KPIs (difference to job {comparison.reference}{best})", rows
    if everything and comparison.results:
        yield "Results", {_printable(row.name): _cells(row) for row in comparison.results}
    shown = comparison.parameters if everything else comparison.differing_parameters
    if shown:
        title = "Parameters" if everything else "Parameters that differ"
        yield title, {_printable(row.name): _parameter_cells(row) for row in shown}


def _head(comparison: Comparison) -> Rows:
    jobs = comparison.jobs
    head = {
        "Job": [Text(str(one.job.number)) for one in jobs],
        "Task": [Text(_printable(one.job.task)) for one in jobs],
        "Title": [Text("" if one.job.title == one.job.task else _cut(_printable(one.job.title))) for one in jobs],
        "Status": [Text(texts.status_name(one, comparison), STATUS_STYLES.get(one.status, "bold")) for one in jobs],
        "Time": [Text(duration_text(one.duration_s) or ABSENT) for one in jobs],
    }
    if all(one.job.title in ("", one.job.task) for one in jobs):
        del head["Title"]
    return head


# --- few jobs -----------------------------------------------------------------------------------------------------


def _jobs_as_columns(comparison: Comparison, sections: Sequence[tuple[str, Rows]], width: int) -> list[Any]:
    """Return a row for each value and a column for each job. What does not fit beside each other follows below."""
    sections = [("", _head(comparison)), *sections]
    first = min(WIDEST_NAME, max(cell_len(name) for _, rows in sections for name in rows)) + 4
    widths = [
        max(cell_len(row[at].plain) for _, rows in sections for row in rows.values()) + 2
        for at in range(len(comparison.jobs))
    ]
    lines: list[Any] = []
    for columns in _blocks(widths, width - first):
        lines += [""] if lines else []
        for title, rows in sections:
            lines += ["", Text(title, "bold")] if title else []
            for name, row in rows.items():
                lines += _lines_of(name, first, [_padded(row[at], widths[at]) for at in columns])
    return lines


def _lines_of(name: str, width: int, cells: Sequence[Text]) -> list[Text]:
    """Return a row, below its name if that is too long for the column of names."""
    is_long = cell_len(name) > width - 4
    line = Text.assemble(_padded(Text("" if is_long else f"  {name}"), width), *cells)
    line.rstrip()
    return [*([Text(f"  {name}")] if is_long else []), line]


def _blocks(widths: Sequence[int], room: int) -> Iterator[range]:
    """Yield the columns that fit beside each other; at least one.

    >>> list(_blocks([5, 5, 5], 10))
    [range(0, 2), range(2, 3)]
    """
    start = used = 0
    for at, width in enumerate(widths):
        # Nothing follows the last column.
        if at > start and used + width - 2 > room:
            yield range(start, at)
            start, used = at, 0
        used += width
    yield range(start, len(widths))


def _padded(cell: Text, width: int) -> Text:
    padded = cell.copy()
    padded.pad_right(max(0, width - cell_len(cell.plain)))
    return padded


# --- many jobs ----------------------------------------------------------------------------------------------------


def _jobs_as_rows(comparison: Comparison, sections: Sequence[tuple[str, Rows]]) -> list[Any]:
    """Return tables with a row for each job: its status with its KPIs, and then the parameters."""
    head = _head(comparison)
    number = {"Job": head.pop("Job")}
    if len({one.job.task for one in comparison.jobs}) == 1:
        del head["Task"]
    title = head.pop("Title", None)
    lines: list[Any] = []
    for at, (name, rows) in enumerate([*sections] or [("", {})]):
        about = head if at == 0 else {}
        last = {"Title": title} if at == 0 and title else {}
        columns = {**number, **about, **rows, **last}
        lines += [""] if lines else []
        lines += [Text(name, "bold")] if name else []
        cells = list(zip(*columns.values(), strict=True))
        lines += aligned(list(columns), cells, texts=list(last))
    return lines


# --- cells --------------------------------------------------------------------------------------------------------


def _heading(kpi: ComparedKpi) -> str:
    return _printable(texts.heading(kpi))


def _kpi_cells(kpi: ComparedKpi, comparison: Comparison, *, are_rows: bool) -> list[Text]:
    """Return the value of each job, the best marked, with the difference to the reference in brackets."""
    values = [_value(kpi, at) + BEST * (one.job.number in kpi.best) or ABSENT for at, one in enumerate(comparison.jobs)]
    # The differences of a column stand below each other.
    width = max(map(cell_len, values)) if are_rows else 0
    return [_with_difference(value, kpi, at, width) for at, value in enumerate(values)]


def _value(kpi: ComparedKpi, at: int) -> str:
    text = _printable(texts.kpi_value(kpi, at))
    return _cut(text) if isinstance(kpi.values[at], str) else text


def _with_difference(value: str, kpi: ComparedKpi, at: int, width: int) -> Text:
    found = texts.difference(kpi, at)
    if not found:
        return Text(value)
    cell = Text(value + " " * max(0, width - cell_len(value)))
    return cell.append(f" ({found})", STYLES.get(texts.verdict(kpi, at)))


def _parameter_cells(row: ComparedRow) -> list[Text]:
    """Return the value of a parameter of each job, with where it comes from if that is not the user."""
    notes = [texts.set_by(one) for one in row.values]
    return [
        cell if note in ("", "user") else cell.append(f" ({note})", "dim")
        for cell, note in zip(_cells(row), notes, strict=True)
    ]


def _cells(row: ComparedRow) -> list[Text]:
    values = [None if one.value is None else _printable(texts.one_line(one.value)) for one in row.values]
    return [Text(text) for text in _cut_apart(values)]


def _cut_apart(values: Sequence[str | None]) -> list[str]:
    """Return texts that are cut, if possible so that different ones can be told apart.

    >>> _cut_apart(["the same beginning of 1", "the same beginning of 2", None])
    ['...ning of 1', '...ning of 2', '-']
    """
    given = [value for value in values if value is not None]
    cut = {value: _cut(value) for value in given}
    if len(set(cut.values())) < len(cut):
        # The smallest and the greatest text have the shortest beginning in common.
        pairs = enumerate(zip(min(given), max(given), strict=False))
        same = next((at for at, (one, other) in pairs if one != other), 0)
        cut = {value: _cut(f"{CUT}{value[max(0, same - CONTEXT) :]}") for value in given}
    return [ABSENT if value is None else cut[value] for value in values]


def _cut(text: str) -> str:
    """Return a text that is cut if it is long."""
    cut = Text(text)
    if cell_len(text) <= CELL_WIDTH:
        return text
    cut.truncate(CELL_WIDTH - len(CUT))
    return f"{cut.plain}{CUT}"


def _printable(text: str) -> str:
    return printable(" ".join(text.split()))


# --- inputs -------------------------------------------------------------------------------------------------------


def _inputs(comparison: Comparison, width: int, *, everything: bool) -> list[Any]:
    """Return the inputs with the files of each content, and the jobs that have read it. Names are never folded."""
    shown = comparison.inputs if everything else comparison.differing_inputs
    lines: list[Any] = ["", Text("Inputs" if everything else "Inputs that differ", "bold")] if shown else []
    for one in shown:
        lines.append(f"  {_printable(one.parameter)}")
        for content, jobs in texts.by_content(one, comparison):
            lines += wrapped(f"{_printable(content)}: {jobs}", width, " " * 6, start=" " * 4)
    return lines
