"""Make the page of a comparison of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.model import Better
from ccp4hooks.reports.pages import comparison_texts as texts
from ccp4hooks.reports.pages import document
from ccp4hooks.reports.pages.contents import status_of
from ccp4hooks.texts import counted, duration_text, time_text, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.model import ComparedFile, ComparedInput, ComparedKpi, ComparedRow, Comparison, JobSummary

Content = dict[str, Any]

WIDEST_TABLE = 8
"""Largest number of values beside each other, so that a table fits on a sheet of paper."""

BETTER = {None: "", Better.HIGHER: "higher is better", Better.LOWER: "lower is better"}


def render(comparison: Comparison) -> str:
    """Return the page of a comparison. It has no scripts."""
    return document.render("comparison.html", contents(comparison))


def contents(comparison: Comparison) -> Content:
    """Return everything that the page says."""
    jobs = comparison.jobs
    described = [_job(one, comparison) for one in jobs]
    return {
        "project": comparison.project.name,
        "kind": f"comparison of {texts.counted_jobs([str(one.job.number) for one in jobs])}",
        "directory": str(comparison.project.directory),
        "made_at": f"{time_text(comparison.made_at)} {zone_of([comparison.made_at])}",
        "zone": zone_of(one.created_at for one in jobs),
        "reference": str(comparison.reference),
        "sentences": list(_sentences(comparison)),
        "are_rows": len(jobs) > texts.MOST_COLUMNS,
        "jobs": described,
        "has_titles": any(one.job.title not in ("", one.job.task) for one in jobs),
        "has_notes": any(one.note for one in jobs),
        "has_tags": any(one.tags for one in jobs),
        "sections": [_with_tables(one, described) for one in _sections(comparison)],
        "same": _same(comparison),
        "problems": comparison.problems,
    }


def _sentences(comparison: Comparison) -> list[str]:
    order = next((one for one in comparison.kpis if one.key == comparison.sorted_by), None)
    by = f", sorted by {order.title if order else comparison.sorted_by}" if comparison.sorted_by else ""
    return [
        f"{counted(len(comparison.jobs), 'job')} compared{by}.",
        f"Differences of KPIs are those to job {comparison.reference}.",
    ]


def _sections(comparison: Comparison) -> Iterator[Content]:
    """Yield what is compared, with a row for each value and a cell for each job."""
    kpis = [_kpi(one, comparison) for one in comparison.kpis]
    yield {"title": "KPIs", "rows": kpis, "without": "No job has a KPI."}
    parameters = [_parameter(one) for one in comparison.differing_parameters]
    yield {"title": "Parameters that differ", "rows": parameters, "without": "None."}
    inputs = [_input(one) for one in comparison.differing_inputs]
    yield {"title": "Inputs that differ", "rows": inputs, "without": "None."}


def _with_tables(section: Content, jobs: Sequence[Content]) -> Content:
    """Return a section with its tables that have a row for each job, and some of its values each."""
    rows = section["rows"]
    blocks = [rows[at : at + WIDEST_TABLE] for at in range(0, len(rows), WIDEST_TABLE)]
    tables = [{"headings": block, "rows": _rows(block, jobs)} for block in blocks]
    return {**section, "tables": tables}


def _rows(values: Sequence[Content], jobs: Sequence[Content]) -> list[tuple[Content, tuple[Content, ...]]]:
    """Return each job with its cells of some values."""
    cells = zip(*(one["cells"] for one in values), strict=True)
    return list(zip(jobs, cells, strict=True))


def _same(comparison: Comparison) -> str:
    """Return how much is the same in all jobs, and therefore is not shown."""
    parameters = len(comparison.parameters) - len(comparison.differing_parameters)
    inputs = len(comparison.inputs) - len(comparison.differing_inputs)
    set_ones = f"{counted(parameters, 'parameter')} that {'was' if parameters == 1 else 'were'} set"
    found = [*([set_ones] if parameters else []), *([counted(inputs, "input")] if inputs else [])]
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
        "name": texts.heading(kpi),
        "note": BETTER[kpi.better],
        "cells": [
            {
                "value": texts.kpi_value(kpi, at),
                "note": f"{texts.difference(kpi, at)} {texts.verdict(kpi, at)}".strip(),
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
            {"value": "" if one.value is None else texts.one_line(one.value), "note": texts.set_by(one)}
            for one in row.values
        ],
    }


def _input(one: ComparedInput) -> Content:
    note = "other files, perhaps of the same content" if one.same is None else ""
    return {"name": one.parameter, "note": note, "cells": [_file(file) for file in one.files]}


def _file(file: ComparedFile | None) -> Content:
    return {"value": texts.file_name(file), "note": texts.checksum(file)} if file else {"value": "", "note": ""}
