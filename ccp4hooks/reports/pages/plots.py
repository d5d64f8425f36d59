"""The plots of a report as Vega-Lite specifications: KPIs over the jobs, any KPIs, and graphs of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.model import LineKind
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ccp4hooks.model import (
        GraphAxis,
        GraphLine,
        GraphPlot,
        KpiPlot,
        Report,
        ReportedJob,
        ReportedKpi,
        ReportGraph,
    )

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""Which version of Vega-Lite a specification is written for. Nothing is fetched from there."""

FEW_POINTS = 2
"""Number of jobs, and of different values, from which on a KPI is plotted."""

SCALE = {"zero": False, "padding": 20}
"""The scale of an axis, which has room for the labels of the outermost points [pixel]."""

FEW_TICKS = {"tickCount": 6, "labelSeparation": 8}
"""How many numbers an axis has, in the configuration of Vega-Lite, and their distance [pixel]."""

NUMBERS = "numbers"
"""Name of the layer with the numbers of jobs beside their points."""

ANCHORS = ["top", "right", "bottom", "left", "top-right", "bottom-right", "top-left", "bottom-left"]
"""Where a label may stand at its point."""

LABELS_APART = {
    "type": "label",
    "size": [{"signal": "width"}, {"signal": "height"}],
    "anchor": ANCHORS * 2,
    "offset": [6] * len(ANCHORS) + [18] * len(ANCHORS),
    "padding": 12,
}
"""The transform of Vega that finds a free place for labels beside their points, as in ``plots.js``.

A label without such a place is not shown. Vega-Lite has no such transform.
"""

MARKS: dict[LineKind, dict[str, Any]] = {
    LineKind.LINE: {"type": "line", "point": {"size": 20}},
    LineKind.POINTS: {"type": "point", "size": 25},
    LineKind.BARS: {"type": "bar"},
    LineKind.HISTOGRAM: {"type": "bar"},
}
"""How the lines of a graph are drawn."""

LINES = 6
"""Largest number of KPIs in a plot over the jobs."""


def over_jobs(report: Report) -> dict[str, Any] | None:
    """Return the plot of the decisive KPI and those like it over the jobs; None if there is nothing to plot.

    Those like it are of its group and unit, and the same values of them are better, such as R beside R-free.
    """
    first = next((one for one in report.kpis if one.key == report.decisive), None)
    if first is None:
        return None
    alike = (first.group, first.unit, first.better)
    shown = [one for one in report.kpis if (one.group, one.unit, one.better) == alike][:LINES]
    jobs = with_values(report, [first.key])
    if len(jobs) < FEW_POINTS:
        return None
    values = [
        {"job": str(job.number), "title": job.labels.title, "kpi": kpi.title, "value": value}
        for job in jobs
        for kpi in shown
        if (value := numbers(job).get(kpi.key)) is not None
    ]
    return _lines(values, f"{', '.join(one.title for one in shown)} over the jobs", _harmless(first.unit) or None)


def of_values(plot: KpiPlot) -> dict[str, Any]:
    """Return the plot of KPIs over jobs, or of one KPI against another."""
    if plot.is_over_jobs:
        return _of_values_over_jobs(plot)
    y, x = (
        {"field": field, "type": "quantitative", "title": _harmless(titled(one)), "scale": SCALE}
        for field, one in zip(("y", "x"), plot.kpis, strict=True)
    )
    text = {"name": NUMBERS, "mark": {"type": "text", "aria": False}, "encoding": {"text": {"field": "job"}}}
    points = {
        "mark": {"type": "point", "filled": True},
        "encoding": {"tooltip": [{"field": "job", "title": "Job"}, {"field": "title", "title": "Title"}, x, y]},
    }
    rows = [{"job": str(one.number), "title": one.title, "y": one.values[0], "x": one.values[1]} for one in plot.jobs]
    return {
        "$schema": SCHEMA,
        "description": plot.title,
        "width": "container",
        "height": 320,
        "data": {"values": rows},
        "encoding": {"x": x, "y": y},
        "layer": [points, text],
    }


def _of_values_over_jobs(plot: KpiPlot) -> dict[str, Any]:
    names = [titled(one) if plot.is_together else one.title for one in plot.kpis]
    values = [
        {"job": str(one.number), "title": one.title, "kpi": name, "value": value}
        for one in plot.jobs
        for name, value in zip(names, one.values, strict=True)
    ]
    if len(names) > 1:
        return _lines(values, plot.title, None)
    spec = _lines(values, plot.title, _harmless(titled(plot.kpis[0])))
    # A legend would name the only line once more.
    spec["encoding"] = {name: one for name, one in spec["encoding"].items() if name not in {"color", "shape"}}
    return spec


def with_labels_apart(compiled: dict[str, Any]) -> dict[str, Any]:
    """Return a plot in the language of Vega in which no number of a job covers another one."""
    marks = [
        {**mark, "transform": [LABELS_APART]} if mark.get("name") == f"{NUMBERS}_marks" else mark
        for mark in compiled["marks"]
    ]
    return {**compiled, "marks": marks}


def _lines(values: list[dict[str, Any]], description: str, title: str | None) -> dict[str, Any]:
    """Return a plot with a line for each KPI over jobs.

    Args:
        values: The points: ``job``, ``title``, ``kpi`` and ``value`` of each.
        description: What is plotted.
        title: What stands at the vertical axis; None for nothing.
    """
    # Without the domain, some versions of Vega-Lite draw a legend of the colours and another one of the shapes.
    names = [*dict.fromkeys(one["kpi"] for one in values)]
    # A screen reader says the values of a point by these titles, which need not stand in the plot.
    kinds = {
        "field": "kpi",
        "type": "nominal",
        "sort": None,
        "title": "KPI",
        "legend": {"title": None},
        "scale": {"domain": names},
    }
    up = {
        "field": "value",
        "type": "quantitative",
        "title": title or "Value",
        "axis": {"title": title},
        "scale": {"zero": False},
    }
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": "container",
        "height": 260,
        "data": {"values": values},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {
                "field": "job",
                "type": "ordinal",
                "sort": None,
                "title": "Job",
                "axis": {"labelOverlap": True, "labelSeparation": 4, "labelAngle": 0},
            },
            "y": up,
            "color": kinds,
            "shape": kinds,
            "tooltip": [
                {"field": "job", "title": "Job"},
                {"field": "title", "title": "Title"},
                {"field": "kpi", "title": "KPI"},
                {"field": "value", "type": "quantitative", "title": "Value"},
            ],
        },
    }


def of_graph(graph: ReportGraph, plot: GraphPlot) -> dict[str, Any] | None:
    """Return a plot of a graph of CCP4i2's report; None if none of its columns has a value."""
    lines = [one for one in plot.lines if any(row[one.x] is not None and row[one.y] is not None for row in graph.rows)]
    if not lines:
        return None
    names = _distinct([one.label for one in lines])
    marks = [(one.is_right, _mark(graph, plot, one, names[at], names)) for at, one in enumerate(lines)]
    sides = [[mark for is_right, mark in marks if is_right is side] for side in (False, True)]
    used = sorted({column for one in lines for column in (one.x, one.y)})
    return {
        "$schema": SCHEMA,
        "description": plot.title or graph.title or ", ".join(names),
        "width": "container",
        "height": 220,
        "data": {"values": [{f"c{at}": row[at] for at in used} for row in graph.rows]},
        "layer": [{"layer": side} for side in sides if side],
        "resolve": {"scale": {"y": "independent" if all(sides) else "shared"}},
    }


def _mark(graph: ReportGraph, plot: GraphPlot, line: GraphLine, name: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the layer of a line of a plot.

    Args:
        graph: The graph.
        plot: The plot.
        line: The line.
        name: What the line is called, unlike all others.
        names: What all lines are called.
    """
    is_histogram = line.kind is LineKind.HISTOGRAM
    x = {"field": f"c{line.x}", **_scale(graph, line.x, plot.x)}
    is_bar = line.kind is LineKind.BARS
    y = {"field": f"c{line.y}", **_scale(graph, line.y, plot.right if line.is_right else plot.y, zero=is_bar)}
    if is_histogram:
        x, y = {**x, "bin": {"maxbins": 40}}, {"aggregate": "count", "title": plot.y.title or "Count"}
    if line.is_right:
        y["axis"] = {**y.get("axis", {}), "orient": "right", "grid": False}
    texts = [
        {"field": f"c{column}", "title": graph.columns[column], "type": _kind(graph, column)}
        for column in dict.fromkeys((line.x, line.y))
    ]
    colour = {
        "datum": name,
        "scale": {"domain": list(names)},
        "legend": {"title": None, "symbolType": "circle", "labelLimit": 400},
    }
    return {
        "mark": {**MARKS[line.kind], "clip": True},
        "encoding": {"x": x, "y": y, "color": colour, **({} if is_histogram else {"tooltip": texts})},
    }


def _scale(graph: ReportGraph, column: int, axis: GraphAxis, *, zero: bool = False) -> dict[str, Any]:
    """Return type, title, scale and labels of an axis.

    Args:
        graph: The graph.
        column: Position of the column.
        axis: The axis.
        zero: Whether it has the value 0 in any case.
    """
    title = axis.title or graph.columns[column] or None
    if _kind(graph, column) == "nominal":
        return {"type": "nominal", "sort": None, "title": title, "axis": {"labelOverlap": True, "labelAngle": 0}}
    ends = {"domainMin": axis.minimum, "domainMax": axis.maximum}
    scale = {"zero": zero, "nice": axis.minimum is None or axis.maximum is None}
    found: dict[str, Any] = {
        "type": "quantitative",
        "title": title,
        "scale": scale | {name: end for name, end in ends.items() if end is not None},
    }
    if axis.is_whole:
        found["axis"] = {"tickMinStep": 1, "format": "d"}
    if axis.is_inverse_square:
        found["axis"] = {"labelExpr": "datum.value > 0 ? format(1 / sqrt(datum.value), '.2f') : ''"}
    return found


def _kind(graph: ReportGraph, column: int) -> str:
    return "quantitative" if _is_numbers(graph, column) else "nominal"


def _is_numbers(graph: ReportGraph, column: int) -> bool:
    return not any(isinstance(row[column], str) for row in graph.rows)


def _distinct(labels: Sequence[str]) -> list[str]:
    """Return labels of which none occurs twice.

    >>> _distinct(["B", "B", ""])
    ['B', 'B (2)', '(3)']
    """
    return [
        label if label and label not in labels[:at] else f"{label} ({at + 1})".strip()
        for at, label in enumerate(labels)
    ]


def of_choice(report: Report) -> dict[str, Any] | None:
    """Return the numbers of all jobs with KPIs, for a plot of one against another; None if there are too few.

    The axes are the KPIs that have different numbers, preceded by the order of the jobs.
    """
    values: dict[str, set[float]] = {}
    every = [job for job in report.jobs if job.outcome.status.is_success and numbers(job)]
    jobs = [job for job in every if job.number in report.tops] or every
    tables = {job.number: numbers(job) for job in jobs}
    for table in tables.values():
        for key, value in table.items():
            values.setdefault(key, set()).add(value)
    kpis = [one for one in report.kpis if len(values.get(one.key, ())) >= FEW_POINTS]
    if not kpis:
        return None
    # The key of a KPI may have dots and brackets, which are paths for Vega.
    fields = {one.key: f"k{at}" for at, one in enumerate(kpis)}
    titles = {one.key: _harmless(titled(one)) for one in kpis}
    rows = [
        {
            "job": str(job.number),
            "title": job.labels.title,
            "order": at + 1,
            **{field: tables[job.number][key] for key, field in fields.items() if key in tables[job.number]},
        }
        for at, job in enumerate(jobs)
    ]
    axes = [{"field": field, "title": titles[key]} for key, field in fields.items()]
    return {"axes": [{"field": "order", "title": "Order of the jobs"}, *axes], "rows": rows}


def with_values(report: Report, keys: Collection[str]) -> Sequence[ReportedJob]:
    """Return the jobs with a number for each of some KPIs: those that are no sub-jobs, or else the sub-jobs."""
    found = [job for job in report.jobs if job.status.is_success and numbers(job).keys() >= set(keys)]
    return [job for job in found if job.number in report.tops] or found


def titled(kpi: ReportedKpi) -> str:
    """Return the title of a KPI with its unit."""
    return f"{kpi.title} [{kpi.unit}]" if kpi.unit else kpi.title


def numbers(job: ReportedJob) -> dict[str, float]:
    """Return the KPIs of a job that are numbers, by their keys."""
    return {
        kpi.key: kpi.value
        for kpi in job.outcome.kpis
        if isinstance(kpi.value, (int, float)) and not isinstance(kpi.value, bool)
    }


def _harmless(title: str) -> str:
    r"""Return the title of an axis without backslashes.

    Vega-Lite 6 writes it into an expression, in which it escapes quotes, but not backslashes.

    >>> _harmless("a\\\"b\n")
    'a\u2216"b\u2216n'
    """
    return printable(title).replace("\\", "\N{SET MINUS}")
