"""Make the graph of jobs, what led to what, of a report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks.model import GraphedJob, JobGraph
from ccp4hooks.outcomes.trash import unknown_job
from ccp4hooks.reports.data import graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import JobNumber, Report, ReportedJob


def of_report(report: Report) -> JobGraph:
    """Return the graph of all jobs of a report, with their sub-jobs folded into them."""
    return JobGraph(
        project=report.project,
        made_at=report.made_at,
        is_whole=report.is_whole,
        jobs=tuple(_job(group, report) for group in report.tops.values()),
        links=report.links,
        decisive=next((one for one in report.kpis if one.key == report.decisive), None),
        problems=report.problems,
    )


def around(whole: JobGraph, job: JobNumber, *, up: bool, down: bool) -> JobGraph:
    """Return the part of a graph that is about one job.

    Args:
        whole: The graph.
        job: Number of the job, from `top_of`.
        up: Whether the jobs that led to it are wanted, and the files that these and the job itself have read.
        down: Whether the jobs to which it led are wanted, and the files that these have read of jobs in the graph.
    """
    above = set(graph.reached([job], whole.links)) if up else set()
    below = set(graph.led_to([job], whole.links)) if down else set()
    makers = above | below | {job}
    readers = above | {job} if up else set()
    return replace(
        whole,
        job=job,
        jobs=tuple(one for one in whole.jobs if one.number in makers),
        links=tuple(
            link for link in whole.links if link.job in readers or (link.job in below and link.made_by in makers)
        ),
    )


def top_of(report: Report, number: str) -> JobNumber:
    """Return the job of a report that contains a job or sub-job, or is it.

    Raises:
        UnknownNameError: The report has no such job.
    """
    for top, group in report.tops.items():
        if any(one.number == number for one in group):
            return top
    raise unknown_job(report.project, number)


def _job(group: Sequence[ReportedJob], report: Report) -> GraphedJob:
    """Return a job with the number of its sub-jobs."""
    first, *below = group
    return GraphedJob(
        number=first.number,
        uuid=first.outcome.job.uuid,
        task=first.outcome.job.task,
        title=first.labels.title,
        status=first.status,
        has_died=first.has_died,
        sub_jobs=len(below),
        kpi=next((one for one in first.outcome.kpis if report.decisive and one.key == report.decisive), None),
        is_best=any(report.is_best(one.number) for one in group),
    )
