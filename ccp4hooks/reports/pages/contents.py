"""What the page of a report says, in words: plain dictionaries, lists and texts for its templates."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.model import Better, FileUse, JobStatus, ParameterSource, Plot, Section, Severity, Text
from ccp4hooks.outcomes.few_results import in_few_lines
from ccp4hooks.reports.data import graph, job_graph
from ccp4hooks.reports.pages import plots
from ccp4hooks.texts import counted, counted_jobs, duration_text, job_command, kpi_text, size_text, time_text, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccp4hooks.model import (
        Attempt,
        ChangedParameter,
        Citation,
        CitedWork,
        GraphedJob,
        HistoryStep,
        JobGraph,
        JobHistory,
        JobNumber,
        Kpi,
        Origin,
        Outcome,
        ParameterValue,
        Problem,
        Report,
        ReportedJob,
        ReportedKpi,
        ReportGraph,
    )
    from ccp4hooks.model.plain import PlainValue
    from ccp4hooks.model.report_graphs import Cell

    Shown = Sequence[tuple[ReportedKpi, frozenset[JobNumber]]]
    """The KPIs that have a column, each with the numbers of the jobs with its best value."""

Content = dict[str, Any]

MOST_COLUMNS = 5
"""Number of KPIs that have a column of the table of jobs. All KPIs stand with their jobs."""

MOST_VALUES = 2
"""Number of KPIs of a single job in the sentences about it."""

MOST_PROBLEMS = 30
"""Number of problems of a job that are shown."""

MOST_REASONS = 4
"""Number of problems that say why a job has failed."""

MOST_CHANGES = 4
"""Number of parameters that are shown of a step in the history of a job."""

MOST_FILES = 4
"""Number of imported files that are shown of a step in the history of a job."""

VALUE_LENGTH = 40
"""Length of the value of a parameter in the history of a job [characters]. A longer one is cut."""

MOST_PARAMETERS = 60
"""Number of parameters of a job that are shown."""

MOST_ROWS = 200
"""Number of rows of the values of a plot that are shown as a table."""

MOST_NUMBERS = 12
"""Number of jobs that are named with a reference."""

LABEL_LENGTH = 18
"""Number of characters for which a node of the graph has room."""

CORNER = 4
"""Radius of the corners of a job in the graph."""

MARKS = {"good": "\u2713", "poor": "!", "bad": "\u2717", "busy": "\u25b6", "wait": "\u2026"}
"""A mark for each tone of a status, so that nobody needs its colour."""

BEST = "\u2605"
"""The mark of the best job."""

WORST_FIRST = (Severity.BLOCK, Severity.WARNING, Severity.INFO)

WORDS = {Severity.BLOCK: "error"}
"""What a problem of a job that has ended is called, if it is not called by its severity."""


def contents(report: Report) -> Content:
    """Return everything that the page of a report says."""
    common = _common(report)
    drawn = _plots(report)
    is_single = len(report.tops) == 1
    details = [_details(group, report, common, drawn) for group in report.tops.values()]
    return {
        **head(report, "report"),
        **table(report),
        "sentences": list(_sentences(report)),
        "histories": [_history(one, report) for one in report.histories],
        "best": list(report.best),
        "failures": list(_failures(report)),
        "is_single": is_single,
        "kpis": [_kpi_row(one, report) for one in report.kpis[:MOST_COLUMNS] if is_single or one.better is not None],
        "hidden_kpis": len(report.kpis[MOST_COLUMNS:]),
        "graph": picture(job_graph.of_report(report)),
        "details": details,
        "cited": [_cited(one) for one in report.cited],
        "plots": drawn,
        "sections": [_section(one, drawn) for one in report.sections],
        "choice": plots.of_choice(report),
        "problems": report.problems,
        "versions": common,
    }


def head(report: Report, kind: str) -> Content:
    """Return what every page about jobs of a project says.

    Args:
        report: The jobs.
        kind: What kind of page it is, for its title.
    """
    return {
        "project": report.project.name,
        "kind": kind,
        "directory": str(report.project.directory),
        "note": report.labels.note,
        "tags": report.labels.tags,
        "made_at": f"{time_text(report.made_at)} {zone_of([report.made_at])}",
    }


def table(report: Report) -> Content:
    """Return what the table of jobs says: ``columns`` of KPIs, and ``groups`` of a job and its sub-jobs."""
    shown = [(one, frozenset(one.best)) for one in report.kpis[:MOST_COLUMNS]]
    return {
        "zone": zone_of([one.outcome.created_at for one in report.jobs] or [report.made_at]),
        "columns": [{**_column(one), "is_number": _is_number(one, report)} for one, _ in shown],
        "statuses": sorted({status_name(one) for one in report.jobs}),
        "groups": [_group(group, shown, report) for group in report.tops.values()],
        "job_href": "#job-",
        "folds": False,
    }


def details(report: Report) -> list[Content]:
    """Return everything that is said of each job, and under ``below`` of its sub-jobs."""
    return [_details(group, report, "", []) for group in report.tops.values()]


# --- status -------------------------------------------------------------------------------------------------------


def status_name(job: ReportedJob | GraphedJob) -> str:
    """Return the status of a job in words."""
    return _status_name(job.status, has_died=job.has_died)


def _status(job: ReportedJob | GraphedJob) -> Content:
    return status_of(job.status, has_died=job.has_died)


def status_of(status: JobStatus, *, has_died: bool) -> Content:
    """Return the status of a job as templates show it."""
    tone = _tone(status, has_died=has_died)
    return {"text": _status_name(status, has_died=has_died), "tone": tone, "mark": MARKS[tone]}


def _status_name(status: JobStatus, *, has_died: bool) -> str:
    return "PROCESS HAS DIED" if has_died else status.name.replace("_", " ")


def _tone(status: JobStatus, *, has_died: bool) -> str:
    """Return the tone of a status, one of `MARKS`."""
    if has_died or status.is_failure:
        return "bad"
    if status.is_over:
        return "good" if status is JobStatus.FINISHED else "poor"
    return "busy" if status.is_running else "wait"


# --- summary ------------------------------------------------------------------------------------------------------


def _sentences(report: Report) -> Iterable[str]:
    """Yield the project, or some of its jobs, in a few sentences."""
    tops = [group[0] for group in report.tops.values()]
    if not tops:
        yield "This project has no jobs."
        return
    yield _subject(tops, report)
    first, last = (time_text(pick(one.outcome.created_at for one in tops)) for pick in (min, max))
    yield f"The first was started {first}, the last {last}." if first != last else f"Started {first}."
    if report.best:
        kpi = report.kpis[0]
        best = next(one for one in report.jobs if one.number == report.best[0])
        value = next(one for one in best.outcome.kpis if one.key == kpi.key)
        others = f" (and {counted(len(report.best) - 1, 'more job')} with the same value)" if report.best[1:] else ""
        which = "The best job" if report.is_whole else "The best of these jobs"
        yield f"{which} by {kpi.title} is job {best.number}{others}: {_value(value, kpi)}, {_name(best)}."
    elif tops[1:]:
        yield "No KPI tells which job is the best."
    else:
        yield from _values_of_single(report)


def _subject(tops: Sequence[ReportedJob], report: Report) -> str:
    """Return which jobs a report is about, in a sentence."""
    below = len(report.jobs) - len(tops)
    if not report.is_whole and not tops[1:]:
        subs = f", and its {counted(below, 'sub-job')}" if below else ""
        return f"This report is about job {tops[0].number}, {_name(tops[0])}: {status_name(tops[0])}{subs}."
    tasks = len({one.outcome.job.task for one in tops})
    states = Counter(status_name(one) for one in tops)
    which = ", ".join(f"{number} {name}" for name, number in states.most_common())
    subject = "This project has" if report.is_whole else "This report is about"
    return f"{subject} {counted_jobs(len(tops), below)} of {counted(tasks, 'task')}: {which}."


def _values_of_single(report: Report) -> Iterable[str]:
    """Yield the first values of the only job of a report of which some are better, in a sentence."""
    rows = [_kpi_row(one, report) for one in report.kpis if one.better is not None][:MOST_VALUES]
    values = [f"{row['title']} {row['last']['value']}" for row in rows if row["last"]]
    if values:
        yield f"{', '.join(values)}."


def _name(job: ReportedJob) -> str:
    """Return task and title of a job."""
    return _named(job.outcome.job.task, job.labels.title)


def _named(task: str, title: str) -> str:
    return task if title in ("", task) else f"{task} ({title})"


def _history(history: JobHistory, report: Report) -> Content:
    """Return how a job came to be."""
    group = report.tops.get(history.job, ())
    is_best = report.is_whole and any(report.is_best(one.number) for one in group)
    return {
        "title": "How the best job came to be" if is_best else f"How job {history.job} came to be",
        "steps": [_step(one, report, is_best=is_best and one.number == history.job) for one in history.steps],
    }


def _step(step: HistoryStep, report: Report, *, is_best: bool) -> Content:
    """Return a step in the history of a job: its value of the first KPI, and what was new in it."""
    shown = next((one for one in report.kpis[:1] if step.kpi is not None), None)
    is_in = step.number in report.tops
    value = f"{shown.title} {_value_and_unit(step.kpi, shown)}" if shown and step.kpi else ""
    files = [path.name for path in step.imported]
    return {
        "number": step.number,
        "name": _named(step.task, step.title),
        "is_in": is_in,
        "absent": "" if is_in else absent(report),
        "is_best": is_best,
        "value": value,
        "status": None if step.status in (None, JobStatus.FINISHED) else status_of(step.status, has_died=False),
        "changed": [_change(one, step) for one in step.changed[:MOST_CHANGES]],
        "more_changed": max(0, len(step.changed) - MOST_CHANGES),
        "files": files[:MOST_FILES],
        "more_files": max(0, len(files) - MOST_FILES),
    }


def _change(changed: ChangedParameter, step: HistoryStep) -> Content:
    """Return a parameter that the user has changed, with its value before."""
    since = f"job {step.changed_since}" if step.changed_since else "default"
    return {
        "name": changed.name,
        "value": "not set" if changed.value is None else _short(changed.value),
        "before": "" if changed.before is None and not step.changed_since else f"{since}: {_short(changed.before)}",
    }


def _short(value: PlainValue | None) -> str:
    text = "not set" if value is None else kpi_text(value)
    return text if len(text) <= VALUE_LENGTH else f"{text[: VALUE_LENGTH - 1]}\u2026"


# --- what went wrong ----------------------------------------------------------------------------------------------


def _failures(report: Report) -> Iterable[Content]:
    """Yield the jobs that went wrong with the reasons, each with those of its sub-jobs that went wrong, too."""
    groups: dict[JobNumber, list[ReportedJob]] = {}
    for job in report.jobs:
        if _needs_a_look(job):
            # Sub-jobs follow their jobs.
            last = next(reversed(groups), None)
            is_below = last is not None and job.went_wrong and job.number.is_below(last)
            groups.setdefault(last if last is not None and is_below else job.number, []).append(job)
    for first, *below in groups.values():
        yield _failure(first, below)


def _needs_a_look(job: ReportedJob) -> bool:
    return job.went_wrong or job.outcome.status is JobStatus.UNSATISFACTORY


def _failure(job: ReportedJob, below: Sequence[ReportedJob]) -> Content:
    """Return a job that went wrong, with the reasons: those of its sub-jobs first, since these led to its failure."""
    problems = [problem for one in (*reversed(below), job) for problem in _ordered(one.outcome.problems)]
    # A problem with a cure helps most.
    problems.sort(key=lambda one: not one.cure)
    by_content: dict[str, str] = {}
    for one in problems:
        by_content.setdefault(_without_file(one), _problem(one))
    texts = [*_interruption(job), *by_content.values()]
    if not texts and job.has_died:
        texts = [f"Its process has died; {_recover(job)} records what it has left."]
    return {
        **job_head(job),
        "below": [str(one.number) for one in below],
        "reasons": texts[:MOST_REASONS] or ["No reason is recorded; see the end of its log."],
        "more": max(0, len(texts) - MOST_REASONS),
    }


def _ordered(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda one: WORST_FIRST.index(one.severity))


def _without_file(problem: Problem) -> str:
    """Return a problem without the name of the file in which it was found: several files often say the same."""
    text = _problem(problem)
    return text.removeprefix(f"{problem.path.name}: ") if problem.path else text


def _interruption(job: ReportedJob) -> Iterable[str]:
    """Yield that a job was interrupted, and when; nothing if it was not."""
    outcome = job.outcome
    if outcome.status is JobStatus.INTERRUPTED:
        at = f" {time_text(outcome.finished_at, seconds=True)}" if outcome.finished_at else ""
        after = f", after {duration_text(_duration_s(outcome))}" if outcome.started_at and outcome.finished_at else ""
        why = "" if outcome.problems else " It is not recorded by what."
        yield f"It was interrupted{at}{after}.{why}"


def _recover(job: ReportedJob) -> str:
    return f"`{shlex.join(('ccp4hooks', 'recover', job.outcome.job.project.name))}`"


def _problem(problem: Problem) -> str:
    # Plugins stand behind the message, as in the terminal.
    return str(problem)


# --- KPIs, plots and sections -------------------------------------------------------------------------------------


def _kpi_row(kpi: ReportedKpi, report: Report) -> Content:
    """Return what is said of a KPI over all jobs: the first value, the last and the best."""
    wanted = {*report.tops, *kpi.best}
    found = [
        (one.number, value)
        for one in report.jobs
        if one.number in wanted
        for value in one.outcome.kpis
        if value.key == kpi.key
    ]
    if not found and len(report.tops) == 1:
        # The job itself has no such KPI, but sub-jobs have.
        found = [(one.number, value) for one in report.jobs for value in one.outcome.kpis if value.key == kpi.key][-1:]
    at = dict(found)
    words = {Better.HIGHER: "higher is better", Better.LOWER: "lower is better", None: ""}
    return {
        **_column(kpi),
        "better": words[kpi.better],
        "first": _numbered(found[0], kpi) if found else None,
        "last": _numbered(found[-1], kpi) if found else None,
        "best": _numbered((kpi.best[0], at[kpi.best[0]]), kpi) if kpi.best and kpi.best[0] in at else None,
        "is_decisive": kpi.key == report.decisive,
    }


def _numbered(found: tuple[JobNumber, Kpi], kpi: ReportedKpi) -> Content:
    return {"number": found[0], "value": _value(found[1], kpi)}


def _plots(report: Report) -> list[Content]:
    """Return the plots with their titles."""
    spec = plots.over_jobs(report)
    return [] if spec is None else [{"title": spec["description"], "spec": spec, "is_of_section": False}]


def _section(section: Section | Plot | Text, drawn: list[Content]) -> Content:
    """Return what a plugin has added; a plot joins those that are drawn."""
    head = {"title": section.title, "plugin": _plugin(section.origin)}
    if isinstance(section, Text):
        return {**head, "markdown": section.markdown}
    if isinstance(section, Section):
        return {**head, "table": _table(section)}
    at = len(drawn)
    drawn.append({"title": section.title, "spec": section.vega_lite, "is_of_section": True})
    data = section.vega_lite.get("data")
    values = data.get("values") if isinstance(data, dict) else None
    rows = [row for row in values if isinstance(row, dict)] if isinstance(values, list) else []
    table = _table(Section(title=section.title, table=rows[:MOST_ROWS])) if rows else None
    return {**head, "plot": at, "values": table, "more": max(0, len(rows) - MOST_ROWS)}


def _table(section: Section) -> Content:
    headings = section.headings
    return {"headings": headings, "rows": [[_shown(row.get(name)) for name in headings] for row in section.table]}


def _shown(value: object) -> Content:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    text = "" if value is None else kpi_text(value) if isinstance(value, (int, float, str)) else str(value)
    return {"text": text, "is_number": is_number}


# --- table of jobs ------------------------------------------------------------------------------------------------


def _column(kpi: ReportedKpi) -> Content:
    return {"key": kpi.key, "title": f"{kpi.title} [{kpi.unit}]" if kpi.unit else kpi.title}


def _is_number(kpi: ReportedKpi, report: Report) -> bool:
    values = [one.value for job in report.jobs for one in job.outcome.kpis if one.key == kpi.key]
    return not any(isinstance(value, str) for value in values)


def _value(kpi: Kpi, shown: ReportedKpi) -> str:
    """Return the value of a KPI, with its unit if the column cannot have it."""
    text = kpi_text(kpi.value, shown.decimals)
    return f"{text} {kpi.unit}" if kpi.unit and not shown.unit else text


def job_head(job: ReportedJob) -> Content:
    """Return what is said of a job wherever it is named."""
    own = job.outcome.job
    return {
        "number": str(job.number),
        "task": own.task,
        "title": "" if job.labels.title == own.task else job.labels.title,
        "status": _status(job),
    }


def _group(group: Sequence[ReportedJob], shown: Shown, report: Report) -> Content:
    first, *below = group
    return {
        "is_busy": not first.outcome.status.is_over,
        "rows": [_row(one, shown, is_sub_job=one is not first, is_best=report.is_best(one.number)) for one in group],
        "below": len(below),
        "number": str(first.number),
    }


def _row(job: ReportedJob, shown: Shown, *, is_sub_job: bool, is_best: bool) -> Content:
    outcome = job.outcome
    duration_s = _duration_s(outcome)
    values = {kpi.key: kpi for kpi in outcome.kpis}
    return {
        **job_head(job),
        "style": f"{'sub' * is_sub_job}{' best' * is_best}",
        "is_sub_job": is_sub_job,
        "progress": job.progress,
        "is_best": is_best,
        "tags": job.labels.tags,
        "date": time_text(outcome.created_at),
        "seconds": f"{outcome.created_at.timestamp():.3f}",
        "duration": duration_text(duration_s),
        "duration_s": "" if duration_s is None else f"{duration_s:.3f}",
        "cells": [_cell(values.get(one.key), one, is_best=job.number in best) for one, best in shown],
    }


def _cell(kpi: Kpi | None, shown: ReportedKpi, *, is_best: bool) -> Content:
    if kpi is None:
        return {"text": "", "order": "", "is_best": False}
    order = "" if isinstance(kpi.value, str) else repr(float(kpi.value))
    return {"text": _value(kpi, shown), "order": order, "is_best": is_best}


def _duration_s(outcome: Outcome) -> float | None:
    if outcome.started_at is None or outcome.finished_at is None:
        return None
    return (outcome.finished_at - outcome.started_at).total_seconds()


# --- graph --------------------------------------------------------------------------------------------------------


def picture(shown: JobGraph) -> Content:
    """Return the picture of jobs and files, with a text for each node."""
    placed = graph.layout(shown)
    readers = Counter(edge.source for edge in placed.edges)
    at = {node.key: position for position, node in enumerate(placed.nodes)}
    jobs = {one.number: one for one in shown.jobs}
    return {
        "width": placed.width,
        "height": placed.height,
        "nodes": [_node(node, readers[node.key], jobs, shown) for node in placed.nodes],
        "edges": [
            {
                "path": edge.path,
                "is_hidden": edge.is_hidden,
                "title": ", ".join(dict.fromkeys(file.name for file in edge.files)),
            }
            for edge in placed.edges
        ],
        "crowd": graph.CROWD,
        "links": [[at[edge.source], at[edge.target]] for edge in placed.edges],
    }


def absent(shown: JobGraph | Report) -> str:
    """Return what is said of a job that a graph or a report names, but that is no part of it."""
    return "not recorded" if shown.is_whole else "not in this report"


def _node(node: graph.Node, readers: int, jobs: Mapping[JobNumber, GraphedJob], shown: JobGraph) -> Content:
    place = {"x": node.x, "y": node.y, "width": graph.WIDTH, "height": graph.HEIGHT, "key": str(node.key)}
    if isinstance(node.key, Path):
        name = node.key.name
        read_by = f"read by {counted(readers, 'job')}"
        return {
            **place,
            "kind": "file",
            "style": "file",
            "corner": graph.HEIGHT // 2,
            "label": _cut(name),
            "name": f"Imported file {name}, {read_by}",
            "value": read_by,
        }
    job = jobs.get(node.key)
    if job is None:
        name = f"Job {node.key}, {absent(shown)}"
        kind = {"kind": "other", "style": "other", "corner": CORNER}
        return {**place, **kind, "label": f"job {node.key}", "name": name, "value": absent(shown)}
    read_by = f"read by {counted(readers, 'job')}" if readers > graph.CROWD else ""
    said = shown.titled_value(job) or read_by or status_name(job).lower()
    below = f", {counted(job.sub_jobs, 'sub-job')}" if job.sub_jobs else ""
    tone = _tone(job.status, has_died=job.has_died)
    label = _cut(f"{job.number} {job.task}")
    value = _cut(f"{BEST} {said}" if job.is_best else said)
    name = f"{job.task} ({job.own_title})" if job.own_title else job.task
    return {
        **place,
        "kind": "job",
        "label": label,
        # Voice control needs the visible text at the beginning.
        "name": f"{label} {value}, {name}, {status_name(job)}{below}{', the best' if job.is_best else ''}"
        f"{read_by and f', {read_by}'}",
        "value": value,
        "style": f"{tone} best" if job.is_best else tone,
        "corner": CORNER,
    }


def _cut(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else f"{text[: LABEL_LENGTH - 1]}\u2026"


# --- details of a job ---------------------------------------------------------------------------------------------


def _details(group: Sequence[ReportedJob], report: Report, common: str, drawn: list[Content]) -> Content:
    """Return everything that is said of a job, and of its sub-jobs; their plots join those that are drawn."""
    first, *below = [_of_job(one, report, common, drawn) for one in group]
    return {**first, "below": below}


def _of_job(job: ReportedJob, report: Report, common: str, drawn: list[Content]) -> Content:
    outcome = job.outcome
    # What a task sets without a default of its own, it has read from its files.
    parameters = [one for one in outcome.parameters if not one.is_file and _is_of_interest(one)][:MOST_PARAMETERS]
    results, more_results = in_few_lines(outcome.results)
    return {
        **job_head(job),
        "is_best": report.is_best(job.number),
        "note": job.labels.note,
        "problems": [
            {"severity": WORDS.get(one.severity, one.severity.value), "text": _problem(one)}
            for one in sorted(outcome.problems, key=lambda one: WORST_FIRST.index(one.severity))[:MOST_PROBLEMS]
        ],
        "more_problems": max(0, len(outcome.problems) - MOST_PROBLEMS),
        "kpis": [_own_kpi(one, shown) for shown in report.kpis for one in outcome.kpis if one.key == shown.key],
        "parameters": [_parameter(one) for one in parameters],
        "all_parameters": job_command("show", job.number, "--params", project=outcome.job.project.name),
        "all_results": job_command("show", job.number, "--all", project=outcome.job.project.name),
        "more_parameters": sum(not one.is_file for one in outcome.parameters) - len(parameters),
        "results": [{"name": name, "value": ", ".join(values)} for name, values in results],
        "more_results": more_results,
        "files": list(_files(outcome)),
        "graphs": [_graph_of_job(one, drawn) for one in job.graphs],
        "citations": [_citation(one) for one in job.citations],
        "attempts": [_attempt(one) for one in job.attempts],
        "timings": _timings(outcome),
        "facts": [{"name": name, "value": value} for name, value in _facts(outcome, common)],
        "log": "\n".join(job.log),
    }


def _graph_of_job(shown: ReportGraph, drawn: list[Content]) -> Content:
    """Return a graph of CCP4i2's report with its values; its plots join those that are drawn."""
    figures = []
    for one in shown.plots:
        spec = plots.of_graph(shown, one)
        if spec is not None:
            figures.append({"title": one.title if one.title != shown.title else "", "plot": len(drawn)})
            drawn.append({"title": one.title, "spec": spec, "is_of_section": True})
    inverse = {line.x for one in shown.plots if one.x.is_inverse_square for line in one.lines}
    rows = [
        [_shown(_resolution(value) if at in inverse else value) for at, value in enumerate(row)]
        for row in shown.rows[:MOST_ROWS]
    ]
    return {
        "title": shown.title,
        "figures": figures,
        "table": {"headings": list(shown.columns), "rows": rows},
        "more": max(0, len(shown.rows) - MOST_ROWS),
        "left_out": shown.more_rows,
    }


def _resolution(value: Cell) -> Cell:
    """Return the resolution [A] of 1/d² [1/A²]."""
    return value**-0.5 if isinstance(value, float) and value > 0 else value


def _cited(work: CitedWork) -> Content:
    numbers = list(map(str, work.jobs[:MOST_NUMBERS]))
    return {
        **_citation(work.citation),
        "tasks": ", ".join(work.tasks),
        "jobs": numbers,
        "more": len(work.jobs) - len(numbers),
    }


def _citation(citation: Citation) -> Content:
    return {"text": str(citation).removesuffix(citation.url).rstrip(), "url": citation.url}


def _own_kpi(kpi: Kpi, shown: ReportedKpi) -> Content:
    return {"title": shown.title, "value": _value_and_unit(kpi, shown), "plugin": _plugin(kpi.origin)}


def _value_and_unit(kpi: Kpi, shown: ReportedKpi) -> str:
    return f"{kpi_text(kpi.value, shown.decimals)} {kpi.unit or shown.unit}".rstrip()


def _plugin(origin: Origin | None) -> str:
    return origin.plugin if origin else ""


def _is_of_interest(value: ParameterValue) -> bool:
    return value.source is not ParameterSource.TASK or value.default is not None


def _parameter(value: ParameterValue) -> Content:
    return {
        "name": value.name,
        "value": kpi_text(value.value),
        "default": "" if value.default is None else kpi_text(value.default),
        "source": f"job {value.job}" if value.source is ParameterSource.JOB else value.source.value,
    }


def _files(outcome: Outcome) -> Iterable[Content]:
    project = outcome.job.project.directory
    for one in outcome.inputs:
        if isinstance(one, FileUse):
            place = {"path": _path(one.path, project), "size": "", "uuid": str(one.file_uuid)}
            yield {"role": "in", "parameter": one.parameter, **place, "note": "", "href": ""}
            continue
        note = f"{'the same content as' if one.reused else 'from'} {one.source}"
        place = {"path": _path(one.path, project), "size": size_text(one.size_bytes), "uuid": str(one.uuid)}
        yield {"role": "import", "parameter": one.parameter, **place, "note": note, "href": ""}
    for file in outcome.files:
        extra = ", ".join(f"{name} {kpi_text(value)}" for name, value in file.extra.items())
        place = {"path": _path(file.path, project), "size": size_text(file.size_bytes), "uuid": str(file.uuid)}
        note = " ".join(filter(None, (file.annotation or file.file_type, extra and f"({extra})")))
        yield {"role": "out", "parameter": file.parameter, **place, "note": note, "href": ""}


def _path(path: Path, project: Path) -> str:
    return str(path).removeprefix(f"{project}{os.sep}")


def _attempt(attempt: Attempt) -> Content:
    """Return an attempt to run a job on an engine, with the words of ``ccp4hooks show``."""
    times = {"submitted": attempt.submitted_at, "began": attempt.began_at, "ended": attempt.ended_at}
    return {
        "attempt": attempt.number,
        "engine": attempt.engine,
        "key": attempt.key,
        "machine": attempt.host,
        "status": attempt.state,
        **{name: time_text(time, seconds=True) if time else "" for name, time in times.items()},
    }


def _timings(outcome: Outcome) -> list[Content]:
    """Return the time that each plugin took in all hooks, the longest first."""
    totals: dict[str, float] = {}
    for one in outcome.timings:
        totals[one.origin.plugin] = totals.get(one.origin.plugin, 0) + one.duration_s
    ordered = sorted(totals.items(), key=lambda item: -item[1])
    return [{"plugin": plugin, "time": f"{1e3 * duration_s:.2f} ms"} for plugin, duration_s in ordered]


def _facts(outcome: Outcome, common: str) -> Iterable[tuple[str, str]]:
    how = outcome.provenance
    if how.variation_of:
        yield "Variation of", f"job {how.variation_of}"
    if outcome.started_at:
        yield "Started", time_text(outcome.started_at, seconds=True)
    if outcome.finished_at:
        yield "Ended", time_text(outcome.finished_at, seconds=True)
    if how.cpu_s is not None:
        yield "CPU time", f"{how.cpu_s:.2f} s"
    if how.command:
        yield "Command", how.command
    if how.user or how.host:
        yield "User", " on ".join(filter(None, (how.user, how.host)))
    if _versions(outcome) != common:
        yield "Versions", _versions(outcome)


def _common(report: Report) -> str:
    """Return the versions with which all jobs have run; empty if they are not the same for all."""
    found = {_versions(one.outcome) for one in report.jobs}
    return found.pop() if len(found) == 1 else ""


def _versions(outcome: Outcome) -> str:
    versions = {**outcome.provenance.programs, **outcome.software}
    return ", ".join(f"{name} {version}".rstrip() for name, version in versions.items())
