"""The plots of KPIs over the jobs of a report, as Vega-Lite specifications and as data for the reader's own choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ccp4hooks.model import KpiPlot, Report, ReportedJob, ReportedKpi

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""Which version of Vega-Lite a specification is written for. Nothing is fetched from there."""

FEW_POINTS = 2
"""Number of jobs, and of different values, from which on a KPI is plotted."""

LABELLED = 40
"""Largest number of points that have the numbers of their jobs beside them."""

LINES = 6
"""Largest number of KPIs in the plot over the jobs."""


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
    """Return the plot of one KPI over jobs, or of one KPI against another."""
    up, *across = plot.kpis
    if not across:
        values = [
            {"job": str(one.number), "title": one.title, "kpi": up.title, "value": one.values[0]} for one in plot.jobs
        ]
        spec = _lines(values, plot.title, _harmless(titled(up)))
        # A legend would name the only line once more.
        spec["encoding"] = {name: one for name, one in spec["encoding"].items() if name not in {"color", "shape"}}
        return spec
    y, x = (
        {"field": field, "type": "quantitative", "title": _harmless(titled(one)), "scale": {"zero": False}}
        for field, one in zip(("y", "x"), plot.kpis, strict=True)
    )
    text = {"mark": {"type": "text", "dy": -10}, "encoding": {"text": {"field": "job"}}}
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
        "layer": [points, *([text] if len(plot.jobs) <= LABELLED else [])],
    }


def _lines(values: list[dict[str, Any]], description: str, title: str | None) -> dict[str, Any]:
    """Return a plot with a line for each KPI over jobs.

    Args:
        values: The points: ``job``, ``title``, ``kpi`` and ``value`` of each.
        description: What is plotted.
        title: What stands at the vertical axis; None for nothing.
    """
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
            "y": {"field": "value", "type": "quantitative", "title": title, "scale": {"zero": False}},
            "color": {"field": "kpi", "type": "nominal", "sort": None, "title": None},
            "shape": {"field": "kpi", "type": "nominal", "sort": None, "title": None},
            "tooltip": [
                {"field": "job", "title": "Job"},
                {"field": "title", "title": "Title"},
                {"field": "kpi", "title": "KPI"},
                {"field": "value", "type": "quantitative", "title": "Value"},
            ],
        },
    }


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
