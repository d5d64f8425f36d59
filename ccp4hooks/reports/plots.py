"""The plots of KPIs over the jobs of a report, as Vega-Lite specifications and as data for the reader's own choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import Report, ReportedJob, ReportedKpi

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""Which version of Vega-Lite a specification is written for. Nothing is fetched from there."""

FEW_POINTS = 2
"""Number of jobs, and of different values, from which on a KPI is plotted."""

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
    jobs = _with_value(report, first)
    if len(jobs) < FEW_POINTS:
        return None
    values = [
        {"job": str(job.number), "title": job.labels.title, "kpi": kpi.title, "value": value}
        for job in jobs
        for kpi in shown
        if (value := _numbers(job).get(kpi.key)) is not None
    ]
    return {
        "$schema": SCHEMA,
        "description": f"{', '.join(one.title for one in shown)} over the jobs",
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
                "axis": {"labelOverlap": True, "labelAngle": 0},
            },
            "y": {"field": "value", "type": "quantitative", "title": first.unit or None, "scale": {"zero": False}},
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
    every = [job for job in report.jobs if job.outcome.status.is_success and _numbers(job)]
    jobs = [job for job in every if job.number in report.tops] or every
    tables = {job.number: _numbers(job) for job in jobs}
    for table in tables.values():
        for key, value in table.items():
            values.setdefault(key, set()).add(value)
    kpis = [one for one in report.kpis if len(values.get(one.key, ())) >= FEW_POINTS]
    if not kpis:
        return None
    # The key of a KPI may have dots and brackets, which are paths for Vega.
    fields = {one.key: f"k{at}" for at, one in enumerate(kpis)}
    titles = {one.key: f"{one.title} [{one.unit}]" if one.unit else one.title for one in kpis}
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


def _with_value(report: Report, kpi: ReportedKpi) -> Sequence[ReportedJob]:
    """Return the jobs with a number for a KPI: those that are no sub-jobs, or else the sub-jobs."""
    found = [job for job in report.jobs if job.outcome.status.is_success and kpi.key in _numbers(job)]
    return [job for job in found if job.number in report.tops] or found


def _numbers(job: ReportedJob) -> dict[str, float]:
    return {
        kpi.key: kpi.value
        for kpi in job.outcome.kpis
        if isinstance(kpi.value, (int, float)) and not isinstance(kpi.value, bool)
    }
