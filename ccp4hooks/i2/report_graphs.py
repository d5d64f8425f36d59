"""Read the graphs that CCP4i2's own report of a job declares, by its report class.

The class gets what `generate_job_report` of CCP4i2 gives it, but from the outcome of the job instead of the rows of a
database. It is code that ccp4hooks does not control: what it prints is dropped, and it may not end the process.
Of a report, only the graphs are made.

Source of the elements of a plot: ``CCP4ApplicationOutput.xsd`` in ``pimple/``, ccp4i2 3.0.1 and 3.1.0a105.
"""

from __future__ import annotations

import html
import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from ccp4hooks.failures import Failure
from ccp4hooks.i2.program_xml import FILE_NAME, LARGEST_FILE
from ccp4hooks.i2.safe_xml import require_plain_xml
from ccp4hooks.i2.scripts import task_table
from ccp4hooks.model.plain import plain_text
from ccp4hooks.model.report_graphs import Cell, GraphAxis, GraphLine, GraphPlot, LineKind, ReportGraph
from ccp4hooks.runtime.exits import exits_raised
from ccp4hooks.runtime.stdio import output_dropped
from ccp4hooks.runtime.time_limits import within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ccp4hooks.model import Job, Outcome

FILE_NAMES = (FILE_NAME, "XMLOUT.xml", "i2.xml")
"""Names of the file from which CCP4i2 makes a report, the first that exists."""

MOST_GRAPHS = 30
"""Number of graphs of a job that are read."""

MOST_PLOTS = 12
"""Number of plots of a graph that are read."""

MOST_LINES = 12
"""Number of columns in a plot that are read."""

MOST_COLUMNS = 50
"""Number of columns of a graph that are read."""

MOST_ROWS = 2_000
"""Number of rows of a graph that are read."""

MOST_VALUES = 150_000
"""Number of values in the graphs of a job after which no further graph is read."""

MOST_ELEMENTS = 20_000
"""Number of elements of a report among which graphs are looked for."""

TITLE_LENGTH = 200
"""Length of the longest title [characters]. A longer one is cut."""

CELL_LENGTH = 100
"""Length of the longest text in a table [characters]. A longer one is cut."""

EMPTY = frozenset({"", "-", "*", "?"})
"""How an empty cell is written."""

REMEMBERED = 200
"""Number of jobs whose graphs are kept in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGraphs:
    """The graphs of a job.

    Attributes:
        graphs: The graphs.
        fault: Why they could not be read, in one line; empty if they could.
    """

    graphs: tuple[ReportGraph, ...] = ()
    fault: str = ""


_known: dict[tuple[Any, ...], FoundGraphs] = {}


def report_graphs(outcome: Outcome, sub_jobs: Sequence[Outcome] = (), *, limit_s: float) -> FoundGraphs:
    """Return the graphs of a job; none if its task has no report class, or the job has no file for it.

    They are remembered until the file changes.

    Args:
        outcome: The outcome of a job that has ended.
        sub_jobs: The outcomes of its sub-jobs.
        limit_s: The longest time that its class may take [s].
    """
    task = task_table().get(outcome.job.task)
    path = next((one for name in FILE_NAMES if (one := outcome.job.directory / name).is_file()), None)
    if path is None or task is None or not task.reportPath:
        return FoundGraphs()
    state = path.stat()
    key = (outcome.job.uuid, outcome.status, task.reportPath, path, state.st_mtime_ns, state.st_size)
    if key not in _known:
        found = within(limit_s, _read, task.reportPath, path, outcome, sub_jobs)
        while len(_known) >= REMEMBERED:
            _known.pop(next(iter(_known)), None)
        _known[key] = FoundGraphs(fault=found.reason) if isinstance(found, Failure) else FoundGraphs(graphs=found)
    return _known[key]


def _read(class_path: str, path: Path, outcome: Outcome, sub_jobs: Sequence[Outcome]) -> tuple[ReportGraph, ...]:
    """Return the graphs that a report class declares.

    Raises:
        BadInputError: The file is not XML, or declares a document type.
        Exception: The class has failed.
    """
    if path.stat().st_size > LARGEST_FILE:
        return ()
    require_plain_xml(path)
    root = ET.parse(path).getroot()  # noqa: S314 - it declares nothing, see above
    with output_dropped(), exits_raised():
        module, _, name = class_path.partition(":")
        kind = getattr(importlib.import_module(module), name)
        job = outcome.job
        report = kind(
            xmlnode=root,
            jobInfo=_job_info(outcome, sub_jobs),
            standardise=False,
            jobStatus=_label(outcome),
            jobNumber=str(job.number),
            projectId=job.project.uuid.hex,
        )
        return tuple(_made(_graphs_below(report)))


# --- what the class is told ---------------------------------------------------------------------------------------


def _label(outcome: Outcome) -> str:
    """Return what CCP4i2 calls the status of a job."""
    return outcome.status.name.replace("_", " ").capitalize()


def _job_info(outcome: Outcome, sub_jobs: Sequence[Outcome]) -> dict[str, Any]:
    """Return what CCP4i2 tells a report class of a job, by CCP4i2's names."""
    job = outcome.job
    created_s = outcome.created_at.timestamp()
    outputs = [_file(one.parameter, one.path, job, one.file_type, one.annotation) for one in outcome.files]
    inputs = [_file(one.parameter, one.path, job, one.file_type, one.annotation) for one in outcome.imported]
    inputs += [_file(one.parameter, one.path, job, "", "") for one in outcome.uses]
    return {
        "status": _label(outcome),
        "taskname": job.task,
        "taskversion": "1.0",
        "jobnumber": str(job.number),
        "projectid": str(job.project.uuid),
        "jobtitle": job.title,
        "creationtime": created_s,
        "finishtime": outcome.finished_at.timestamp() if outcome.finished_at else created_s,
        "projectname": job.project.name,
        "fileroot": f"{job.directory}/",
        "tasktitle": job.task,
        "jobid": str(job.uuid),
        "descendentjobs": [(str(one.job.uuid), _children(one, sub_jobs)) for one in sub_jobs],
        "inputfiles": inputs,
        "outputfiles": outputs,
        "filenames": {one["jobparamname"]: one["path"] for one in (*inputs, *outputs)},
    }


def _children(parent: Outcome, outcomes: Sequence[Outcome]) -> list[str]:
    return [str(one.job.uuid) for one in outcomes if one.job.number.parent == parent.job.number]


def _file(parameter: str, path: Path, job: Job, file_type: str, annotation: str) -> dict[str, str]:
    return {
        "filename": path.name,
        "path": str(path),
        "annotation": annotation,
        "jobparamname": parameter.rpartition("Data.")[2],
        "jobid": str(job.uuid),
        "jobnumber": str(job.number),
        "projectid": str(job.project.uuid),
        "projectname": job.project.name,
        "filetype": file_type,
    }


# --- graphs -------------------------------------------------------------------------------------------------------


def _graphs_below(report: Any) -> Iterator[Any]:
    """Yield the graphs of a report, each once."""
    from ccp4i2.report.CCP4ReportParser import Graph  # noqa: PLC0415 - start-up time

    waiting, seen, count = [report], set(), 0
    for _ in range(MOST_ELEMENTS):
        if not waiting or count >= MOST_GRAPHS:
            return
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Graph):
            count += 1
            yield one
        else:
            children = getattr(one, "children", ())
            waiting += reversed(children) if isinstance(children, list) else ()


def _made(graphs: Iterator[Any]) -> Iterator[ReportGraph]:
    """Yield graphs as data, as long as they have few values."""
    count = 0
    for graph in graphs:
        made = _graph(graph) if count < MOST_VALUES else None
        if made is not None:
            count += len(made.rows) * len(made.columns)
            yield made


@dataclass(slots=True)
class _Table:
    """The columns of a graph, its first rows and how many there are, and its plots as XML."""

    title: object
    columns: list[str]
    rows: Sequence[Sequence[Cell]]
    count: int
    plots: list[ET.Element]


def _graph(graph: Any) -> ReportGraph | None:
    """Return a graph as data, or None if it has no values."""
    table = _table(graph)
    columns = [_text(name, TITLE_LENGTH) for name in table.columns[:MOST_COLUMNS]]
    if not table.rows or not columns:
        return None
    rows = [[*row[: len(columns)], *[None] * (len(columns) - len(row))] for row in table.rows]
    plots = [made for one in table.plots[:MOST_PLOTS] if (made := _plot(one, columns)) is not None]
    return ReportGraph(
        title=_text(table.title, TITLE_LENGTH),
        columns=tuple(columns),
        rows=tuple(map(tuple, rows)),
        plots=tuple(plots),
        more_rows=table.count - len(rows),
    )


def _table(graph: Any) -> _Table:
    """Return the table of a graph: columns that the class has filled, or else a text in the form of CCP4's logs."""
    plots = [one.as_etree() if hasattr(one, "as_etree") else one for one in graph.plots]
    if graph.pimpleData is not None:
        return _of_text(graph.pimpleData, graph.pimpleData.get("title") or graph.title)
    if graph.coldata:
        # CCP4i2 joins the values by spaces, so that an empty one would move those behind it to other columns.
        shown = graph.coldata[:MOST_COLUMNS]
        count = max(map(len, shown))
        rows = list(zip_longest(*(map(_cell, values[:MOST_ROWS]) for values in shown)))
        titles = [str(title or "") for title in graph.coltitle]
        return _Table(graph.title, titles, rows, count, plots)
    headers = _split(graph.headerText, graph.headerSeparator)
    return _Table(graph.title, headers, *_rows(graph.tableText), plots)


def _of_text(data: ET.Element, title: object) -> _Table:
    headers, values = data.find("headers"), data.find("data")
    names = _split(headers.text, headers.get("separator")) if headers is not None else []
    rows, count = _rows(values.text, values.get("separator")) if values is not None else ([], 0)
    return _Table(title, names, rows, count, data.findall("plot"))


def _rows(text: str | None, separator: str | None = None) -> tuple[list[list[Cell]], int]:
    """Return the first rows of a table, and how many it has."""
    lines = [line for line in (text or "").splitlines() if line.strip()]
    return [list(map(_cell, _split(line, separator))) for line in lines[:MOST_ROWS]], len(lines)


def _split(text: str | None, separator: str | None = None) -> list[str]:
    words = (text or "").strip().split(separator if separator and separator.strip() else None)
    return [word.strip() for word in words]


def _cell(value: object) -> Cell:
    """Return a number if a value is one, or else its text.

    >>> _cell(" 1.50"), _cell("-"), _cell("nan"), _cell("A"), _cell(7)
    (1.5, None, None, 'A', 7.0)
    """
    if type(value) is float or type(value) is int:
        return float(value) if math.isfinite(value) else None
    text = "" if value is None else _text(value, CELL_LENGTH)
    if text in EMPTY:
        return None
    number = _number(text)
    return text if number is None else (number if math.isfinite(number) else None)


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _text(value: object, limit: int) -> str:
    """Return a text in one line, in which CCP4i2 writes some characters as in HTML: ``&Aring;``."""
    return plain_text(" ".join(html.unescape(str(value)).split()), limit) if value is not None else ""


# --- plots --------------------------------------------------------------------------------------------------------


def _plot(plot: ET.Element, columns: Sequence[str]) -> GraphPlot | None:
    """Return a plot as data, or None if it plots no column."""
    lines = [line for one in plot if (line := _line(one, columns)) is not None][:MOST_LINES]
    if not lines:
        return None
    is_inverse = plot.findtext("xscale", "").strip() == "oneoversqrt"
    ranges = {(one.tag, _is_true(one.get("rightaxis"))): one for one in plot if one.tag in ("xrange", "yrange")}
    return GraphPlot(
        title=_text(plot.findtext("title"), TITLE_LENGTH),
        lines=tuple(lines),
        x=_axis(plot, "x", ranges.get(("xrange", False)), is_inverse_square=is_inverse),
        y=_axis(plot, "y", ranges.get(("yrange", False))),
        right=_axis(plot, "ry", ranges.get(("yrange", True))),
    )


def _axis(plot: ET.Element, name: str, limits: ET.Element | None, *, is_inverse_square: bool = False) -> GraphAxis:
    ends: Mapping[str, str] = {} if limits is None else limits.attrib
    low, high = (_finite(ends.get(end)) for end in ("min", "max"))
    return GraphAxis(
        title=_text(plot.findtext(f"{name}label"), TITLE_LENGTH),
        minimum=low,
        maximum=high,
        is_whole=_is_true(plot.findtext(f"{name}integral")),
        is_inverse_square=is_inverse_square,
    )


def _finite(text: str | None) -> float | None:
    number = _number(text)
    return number if number is not None and math.isfinite(number) else None


def _line(one: ET.Element, columns: Sequence[str]) -> GraphLine | None:
    """Return what an element of a plot plots, or None if it plots no column, or one that does not exist."""
    if one.tag == "plotline" and one.findtext("visible", "").strip().lower() != "false":
        is_line = one.findtext("linestyle", "-").strip() not in ("", ".", "None")
        ends = (one.get("xcol"), one.get("ycol"))
        kind = LineKind.LINE if is_line else LineKind.POINTS
    elif one.tag == "barchart":
        kind, ends = LineKind.BARS, (one.get("col"), one.get("tcol"))
    elif one.tag == "histogram":
        kind, ends = LineKind.HISTOGRAM, (one.get("col"), one.get("col"))
    else:
        return None
    x, y = (_position(end, columns) for end in ends)
    if x is None or y is None:
        return None
    label = _text(one.findtext("label"), TITLE_LENGTH) or columns[y]
    return GraphLine(kind=kind, x=x, y=y, label=label, is_right=_is_true(one.get("rightaxis")))


def _position(text: str | None, columns: Sequence[str]) -> int | None:
    """Return the position of a column from 0, from its number from 1; None if there is none."""
    number = _finite(text)
    return int(number) - 1 if number is not None and 1 <= number <= len(columns) else None


def _is_true(text: str | None) -> bool:
    return (text or "").strip().lower() in ("true", "1")
