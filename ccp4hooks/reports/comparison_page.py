"""Make the page of a comparison of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.model import Better
from ccp4hooks.reports import comparison_texts as texts
from ccp4hooks.reports import document
from ccp4hooks.reports.contents import status_of
from ccp4hooks.texts import counted, duration_text, time_text, zone_of

if TYPE_CHECKING:
    from ccp4hooks.model import ComparedFile, ComparedInput, ComparedKpi, ComparedRow, Comparison, JobSummary

Content = dict[str, Any]

BETTER = {None: "", Better.HIGHER: "higher is better", Better.LOWER: "lower is better"}


def render(comparison: Comparison) -> str:
    """Return the page of a comparison. It has no scripts."""
    return document.render("comparison.html", contents(comparison))


def contents(comparison: Comparison) -> Content:
    """Return everything that the page says."""
    jobs = comparison.jobs
    return {
        "project": comparison.project.name,
        "kind": f"comparison of {texts.counted_jobs([str(one.job.number) for one in jobs])}",
        "directory": str(comparison.project.directory),
        "made_at": f"{time_text(comparison.made_at)} {zone_of([comparison.made_at])}",
        "zone": zone_of(one.created_at for one in jobs),
        "reference": str(comparison.reference),
        "sentences": list(_sentences(comparison)),
        "columns": len(jobs) + 1,
        "jobs": [_job(one, comparison) for one in jobs],
        "has_notes": any(one.note for one in jobs),
        "has_tags": any(one.tags for one in jobs),
        "kpis": [_kpi(one, comparison) for one in comparison.kpis],
        "parameters": [_parameter(one) for one in comparison.differing_parameters],
        "inputs": [_input(one) for one in comparison.differing_inputs],
        "same": _same(comparison),
        "problems": comparison.problems,
    }


def _sentences(comparison: Comparison) -> list[str]:
    order = next((one for one in comparison.kpis if one.key == comparison.sorted_by), None)
    by = f", sorted by {order.title if order else comparison.sorted_by}" if comparison.sorted_by else ""
    return [
        f"{counted(len(comparison.jobs), 'job')} side by side{by}.",
        f"Differences of KPIs are those to job {comparison.reference}.",
    ]


def _same(comparison: Comparison) -> str:
    """Return how much is the same in all jobs, and therefore is not shown."""
    parameters = len(comparison.parameters) - len(comparison.differing_parameters)
    inputs = len(comparison.inputs) - len(comparison.differing_inputs)
    found = [counted(*one) for one in ((parameters, "parameter that was set"), (inputs, "input")) if one[0]]
    return f"The same in all jobs: {' and '.join(found)}." if found else ""


def _job(one: JobSummary, comparison: Comparison) -> Content:
    return {
        "number": str(one.job.number),
        "task": one.job.task,
        "title": "" if one.job.title == one.job.task else one.job.title,
        "status": status_of(one.status, has_died=one.job.number in comparison.dead),
        "date": time_text(one.created_at),
        "duration": duration_text(one.duration_s),
        "note": one.note,
        "tags": one.tags,
        "is_reference": one.job.number == comparison.reference,
    }


def _kpi(kpi: ComparedKpi, comparison: Comparison) -> Content:
    return {
        "title": texts.heading(kpi),
        "better": BETTER[kpi.better],
        "cells": [
            {
                "value": texts.kpi_value(kpi, at),
                "is_number": not isinstance(kpi.values[at], str),
                "difference": texts.difference(kpi, at),
                "verdict": texts.verdict(kpi, at),
                "is_best": one.job.number in kpi.best,
            }
            for at, one in enumerate(comparison.jobs)
        ],
    }


def _parameter(row: ComparedRow) -> Content:
    return {
        "name": row.name,
        "cells": [
            {"value": "" if one.value is None else texts.one_line(one.value), "source": texts.set_by(one)}
            for one in row.values
        ],
    }


def _input(one: ComparedInput) -> Content:
    return {"name": one.parameter, "is_unknown": one.same is None, "cells": [_file(file) for file in one.files]}


def _file(file: ComparedFile | None) -> Content:
    return {"name": texts.file_name(file), "checksum": texts.checksum(file)} if file else {"name": "", "checksum": ""}
