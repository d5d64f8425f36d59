"""Collect what is recorded of the jobs of a report."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2.references import references
from ccp4hooks.i2.report_graphs import report_graphs
from ccp4hooks.model import Labels, Report, ReportedJob, ReportedKpi
from ccp4hooks.outcomes.job_traces import timings_of_last_hook
from ccp4hooks.outcomes.output_reader import OutputReader, output_path
from ccp4hooks.reports.data.citing import cited_works
from ccp4hooks.reports.data.file_links import links_of
from ccp4hooks.reports.data.histories import with_histories

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.model import JobNumber, KpiValue, Outcome, Project, ReportGraph
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions
    from ccp4hooks.queries.recorded import Queries

LOG_LINES = 20
"""Number of lines at the end of the log of a job, if it went wrong or the report has few jobs."""

FEW_JOBS = 100
"""Number of jobs and sub-jobs of a report that has a log and the graphs of each."""

JOB_LIMIT_S = 5.0
"""The longest time in which the graphs of a job are read [s]."""

REPORT_LIMIT_S = 20.0
"""The time after which no further graphs are read [s]."""

MOST_VALUES = 500_000
"""Number of values in the graphs of a report after which no further graphs are added."""

MOST_FAULTS = 3
"""Number of jobs of which the report says why their graphs could not be read."""

LINE_LENGTH = 300
"""Length of the longest line of a log [characters]. A longer line is cut."""

DIFFERENT = 2
"""Number of different values from which on one of them is the best."""


def collect(
    queries: Queries, names: KpiDescriptions, project: Project, numbers: Sequence[str], *, asks_plugins: bool = True
) -> Report:
    """Return the report on a project, or on some of its jobs.

    Args:
        queries: Reads what is recorded.
        names: How KPIs are shown.
        project: The project.
        numbers: Numbers of the jobs, whose sub-jobs are included; empty for all jobs.
        asks_plugins: Whether plugins are asked for what they add, and earlier jobs are read, which may take long.

    Raises:
        UnknownNameError: A job does not exist.
    """
    outcomes = _outcomes(queries, project, numbers)
    sections, problems = queries.sections(project, tuple(outcomes)) if asks_plugins else ([], [])
    found = replace(_collected(queries, names, project, outcomes), is_whole=not numbers)
    report = with_histories(found, queries) if asks_plugins else found
    attempts = queries.attempts_of([one.job.uuid for one in outcomes])
    graphs, fault = _graphs(outcomes) if len(outcomes) <= FEW_JOBS else ({}, "")
    jobs = tuple(
        replace(
            one,
            outcome=replace(one.outcome, timings=(*one.outcome.timings, *timings_of_last_hook(one.outcome.job))),
            log=_log(one.outcome) if one.status.is_failure or len(outcomes) <= FEW_JOBS else (),
            citations=references(one.outcome.job.task),
            graphs=graphs.get(one.outcome.job.uuid, ()),
            attempts=attempts.get(one.outcome.job.uuid, ()),
        )
        for one in report.jobs
    )
    told = (*queries.unreadable, *map(str, problems), *filter(None, [fault]))
    return replace(
        report,
        jobs=jobs,
        sections=tuple(sections),
        cited=cited_works(outcomes),
        problems=told,
    )


def overview(queries: Queries, names: KpiDescriptions, project: Project) -> Report:
    """Return the report on all jobs of a project without sections of plugins, logs and details of jobs.

    It is made without the outcome files if a plugin records the jobs, and without a call of `report_section`.

    Args:
        queries: Reads what is recorded.
        names: How KPIs are shown.
        project: The project.
    """
    return _collected(queries, names, project, queries.summaries(project))


def _collected(queries: Queries, names: KpiDescriptions, project: Project, outcomes: Sequence[Outcome]) -> Report:
    """Return a report on jobs, their KPIs and the files that they have read."""
    labels = queries.labels([project.uuid, *(one.job.uuid for one in outcomes)])
    dead = {one.job.uuid for one in queries.owned_jobs(project) if not one.alive}
    report = Report(
        project=project,
        labels=labels.get(project.uuid) or Labels(uuid=project.uuid, title=project.name),
        made_at=datetime.now(timezone.utc),
        jobs=tuple(
            ReportedJob(
                outcome=one,
                labels=labels.get(one.job.uuid) or Labels(uuid=one.job.uuid, title=one.job.title),
                has_died=one.job.uuid in dead and not one.status.is_over,
            )
            for one in outcomes
        ),
        problems=tuple(queries.unreadable),
    )
    kpis = kpis_of(report, names)
    groups = {top: [one.outcome for one in group] for top, group in report.tops.items()}
    links = tuple(link for top, group in groups.items() for link in links_of(top, group, groups))
    return replace(report, kpis=kpis, decisive=decisive_of(kpis), links=links)


def _outcomes(queries: Queries, project: Project, numbers: Sequence[str]) -> list[Outcome]:
    """Return the outcomes with all details, each once, in the order of the numbers of their jobs."""
    if not numbers:
        return list(queries.detailed(project))
    found = {one.job.uuid: one for number in numbers for one in queries.outcomes(project, number)}
    return sorted(found.values(), key=lambda one: one.job.number.parts)


# --- KPIs ---------------------------------------------------------------------------------------------------------


def kpis_of(report: Report, names: KpiDescriptions) -> tuple[ReportedKpi, ...]:
    """Return the KPIs of the jobs of a report: first the decisive one, then those of its group, then the others.

    If none decides because their values do not differ, the one that would decide comes first.
    """
    every = [kpi for one in report.jobs for kpi in one.outcome.kpis]
    keys = [kpi.key for kpi in names.in_groups(list({kpi.key: kpi for kpi in every}.values()))]
    titles = names.titles(keys)
    units: dict[str, set[str]] = {}
    for kpi in every:
        units.setdefault(kpi.key, set()).add(names.unit(kpi))
    tables = {one.number: {kpi.key: kpi.value for kpi in one.outcome.kpis} for one in report.jobs}
    found = []
    counts: dict[str, int] = {}
    for key in keys:
        candidates = _candidates(report, key, tables)
        counts[key] = len(candidates)
        best = names.best(key, [tables[number][key] for number in candidates])
        described = names.of(key)
        found.append(
            ReportedKpi(
                key=key,
                title=titles[key],
                unit=next(iter(units[key])) if len(units[key]) == 1 else "",
                better=described.better if described else None,
                decimals=names.decimals(key),
                group=described.group if described else "",
                best=tuple(number for at, number in enumerate(candidates) if at in best),
            )
        )
    described_at = {key: at for at, key in enumerate(names.by_key)}
    comparable = [one for one in found if one.best] or [one for one in found if one.better and counts[one.key]]
    first = min(
        comparable,
        key=lambda one: (-counts[one.key], described_at.get(one.key, len(described_at))),
        default=None,
    )
    if first is None:
        return tuple(found)
    return tuple(sorted(found, key=lambda one: (one is not first, one.group != first.group)))


def _candidates(report: Report, key: str, tables: dict[JobNumber, dict[str, KpiValue]]) -> list[JobNumber]:
    """Return the jobs of which one can be the best: those that are no sub-jobs, or else the sub-jobs."""
    found = [one.number for one in report.jobs if one.outcome.status.is_success and key in tables[one.number]]
    return [number for number in found if number in report.tops] or found


def decisive_of(kpis: Sequence[ReportedKpi]) -> str:
    """Return the key of the KPI that decides which job is the best; empty if there is none."""
    return kpis[0].key if kpis and kpis[0].best else ""


# --- graphs -------------------------------------------------------------------------------------------------------


def _graphs(outcomes: Sequence[Outcome]) -> tuple[dict[UUID, tuple[ReportGraph, ...]], str]:
    """Return the graphs of jobs that have ended, by their UUIDs, and what could not be read, in one line."""
    found: dict[UUID, tuple[ReportGraph, ...]] = {}
    faults: list[str] = []
    end_s, room = time.monotonic() + REPORT_LIMIT_S, MOST_VALUES
    for one in outcomes:
        if not one.status.is_over:
            continue
        limit_s = min(JOB_LIMIT_S, end_s - time.monotonic())
        if limit_s <= 0 or room <= 0:
            faults.append(f"job {one.job.number} and those after it (there are too many)")
            break
        below = [other for other in outcomes if other.job.number.is_below(one.job.number)]
        read = attempt(report_graphs, one, below, limit_s=limit_s)
        fault = read.reason if isinstance(read, Failure) else read.fault
        if isinstance(read, Failure) or fault:
            # Of a job that failed, the file is often not complete.
            faults += [f"job {one.job.number} ({fault})"] if one.status.is_success else []
        elif read.graphs:
            found[one.job.uuid] = read.graphs
            room -= sum(len(graph.rows) * len(graph.columns) for graph in read.graphs)
    more = f", and {len(faults) - MOST_FAULTS} more" if faults[MOST_FAULTS:] else ""
    text = f"The graphs of CCP4i2's report could not be read: {', '.join(faults[:MOST_FAULTS])}{more}."
    return found, text if faults else ""


# --- logs ---------------------------------------------------------------------------------------------------------


def _log(outcome: Outcome) -> tuple[str, ...]:
    """Return the last lines that the task of a job has printed, or else its program; none if they cannot be read."""
    for program in (False, True):
        lines = attempt(_last_lines, output_path(outcome.job.directory, program=program))
        if not isinstance(lines, Failure) and lines:
            return lines
    return ()


def _last_lines(path: Path) -> tuple[str, ...]:
    reader = OutputReader(path, lines=LOG_LINES)
    text = "".join([*reader.read(), reader.end()])
    return tuple(line.rstrip()[:LINE_LENGTH] for line in text.expandtabs().rstrip().splitlines())
