"""Say how jobs came to be: the jobs before them, what the user changed from one to the next, and what was imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.model import ChangedParameter, FileLink, HistoryStep, JobHistory, JobNumber, Outcome, ParameterSource
from ccp4hooks.reports.data import graph
from ccp4hooks.reports.data.file_links import links_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccp4hooks.model import Kpi, ParameterValue, Report
    from ccp4hooks.queries.recorded import Queries

FEW_JOBS = 5
"""Number of jobs of a report on some jobs that has the history of each of them."""

MOST_EARLIER = 100
"""Number of jobs outside a report that are read because jobs of the report came to be from their files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of the jobs of histories.

    Attributes:
        outcomes: Each job with its sub-jobs.
        titles: The titles of the jobs, by their UUIDs.
        links: The files that they have read.
    """

    outcomes: Mapping[JobNumber, Sequence[Outcome]]
    titles: Mapping[UUID, str]
    links: Sequence[FileLink]


def with_histories(report: Report, queries: Queries) -> Report:
    """Return a report with the histories of its best job, or of each of few jobs.

    A report on some jobs gets the links of the jobs before them, too.

    Args:
        report: The report, with KPIs and links.
        queries: Reads what is recorded of jobs outside the report.
    """
    own = {top: tuple(one.outcome for one in group) for top, group in report.tops.items()}
    earlier = {} if report.is_whole else _earlier(report, queries)
    titles = {one.outcome.job.uuid: one.labels.title for one in report.jobs}
    labels = queries.labels([one.job.uuid for group in earlier.values() for one in group[:1]])
    outcomes = {**earlier, **own}
    between = [link for number, group in earlier.items() for link in links_of(number, group, outcomes)]
    known = _Known(
        outcomes=outcomes,
        titles={**titles, **{uuid: one.title for uuid, one in labels.items()}},
        links=(*report.links, *between),
    )
    histories = tuple(_history(job, report, known) for job in _wanted(report, known.links))
    return replace(report, links=tuple(known.links), histories=histories)


def _earlier(report: Report, queries: Queries) -> dict[JobNumber, tuple[Outcome, ...]]:
    """Return the jobs outside a report from whose files its jobs came to be, with their sub-jobs, the latest first."""
    found: dict[JobNumber, tuple[Outcome, ...]] = {}
    asked = {*report.tops}
    front = {link.made_by for link in report.links if link.made_by is not None} - asked
    while front and len(found) < MOST_EARLIER:
        number = max(front, key=lambda one: one.parts)
        asked.add(number)
        try:
            found[number] = queries.outcomes(report.project, number)
        except (UnknownNameError, BadInputError):
            # A job that was deleted, or cannot be read, is named and nothing else.
            pass
        else:
            makers = (link.made_by for link in links_of(number, found[number], {*asked, *front}))
            front |= {one for one in makers if one is not None}
        front -= asked
    return found


def _wanted(report: Report, links: Sequence[FileLink]) -> list[JobNumber]:
    """Return the jobs whose histories a report has."""
    if report.is_whole or len(report.tops) > FEW_JOBS:
        return [top for top, group in report.tops.items() if any(one.number in report.best[:1] for one in group)]
    implied = {number for top in report.tops for number in graph.reached([top], links)}
    return [top for top in report.tops if top not in implied]


def _history(job: JobNumber, report: Report, known: _Known) -> JobHistory:
    links: dict[JobNumber, list[FileLink]] = {}
    for link in known.links:
        links.setdefault(link.job, []).append(link)
    steps = []
    before: dict[str, Outcome] = {}
    seen: set[object] = set()
    for number in (*graph.reached([job], known.links), job):
        group = known.outcomes.get(number)
        if group is None:
            steps.append(HistoryStep(number=number))
            continue
        first = group[0]
        earlier = before.get(first.job.task)
        before[first.job.task] = first
        files = dict.fromkeys(link.path for link in links.get(number, ()) if link.made_by is None)
        step = HistoryStep(
            number=number,
            task=first.job.task,
            title=known.titles.get(first.job.uuid, first.job.title),
            status=first.status,
            kpi=_kpi(group, report),
            changed_since=earlier.job.number if earlier else None,
            changed=tuple(_changed(first, earlier)),
            imported=tuple(path for path in files if path not in seen),
        )
        seen.update(files)
        steps.append(step)
    return JobHistory(job=job, steps=tuple(steps))


def _kpi(group: Sequence[Outcome], report: Report) -> Kpi | None:
    """Return the value of the first KPI of a report that a job has, or else one of its sub-jobs, the best or last."""
    shown = next((one for one in report.kpis[:1] if one.better is not None), None)
    if shown is None:
        return None
    first, *below = group
    ordered = sorted(below, key=lambda one: (one.job.number in shown.best, one.job.number.parts), reverse=True)
    return next((kpi for one in (first, *ordered) for kpi in one.kpis if kpi.key == shown.key), None)


def _changed(job: Outcome, before: Outcome | None) -> Iterator[ChangedParameter]:
    """Yield the parameters that the user gave other values than in an earlier job, or than the defaults."""
    now, then = _values(job.parameters), _values(before.parameters if before else ())
    for name, one in now.items():
        if one.source is not ParameterSource.USER:
            continue
        earlier = then.get(name)
        if _content(one) != (_content(earlier) if earlier else (isinstance(one.default, bool), one.default, "")):
            yield ChangedParameter(name=name, value=one.value, before=earlier.value if earlier else one.default)
    for name, one in then.items():
        if one.source is ParameterSource.USER and name not in now:
            yield ChangedParameter(name=name, value=one.default, before=one.value)


def _values(parameters: Iterable[ParameterValue]) -> dict[str, ParameterValue]:
    return {one.name: one for one in parameters if not one.is_file}


def _content(value: ParameterValue) -> tuple[object, ...]:
    """Return what is the same for equal values. In Python, True equals 1."""
    return (isinstance(value.value, bool), value.value, value.sha256)
