"""Find jobs by conditions, in SQL: a page of a project with many jobs takes no longer than one of a project with few.

The migration `0007_query_indexes` has the indexes. A tag or a KPI that few jobs have is looked up in its own index, and
its jobs are listed in the query; one that many jobs have is looked up job by job, in the order of the result, until the
page is full. SQLite does not know which is the case, so that it is found out here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import JobCharValue, JobFloatValue
from ccp4i2.db.models import Project as ProjectRow
from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F, FloatField, Func, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from ccp4hooks import Job, JobStatus, JobSummary, Project
from ccp4hooks_database.models import JobProvenance, JobTag
from ccp4hooks_database.repository.jobs import job_from, project_of
from ccp4hooks_database.repository.labels import batches, tags_of_jobs
from ccp4hooks_database.repository.read import kpis_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks import Kpi, KpiCondition
    from ccp4hooks.store import JobQuery

FEW = 2000
"""Number of jobs with a tag or a KPI from which on it is looked up job by job."""

COMPARED = {"<": "value__lt", "<=": "value__lte", ">": "value__gt", ">=": "value__gte"}

COLUMNS = {
    "created": F("creation_time"),
    "finished": F("finish_time"),
    "duration": F("duration"),
    "task": F("task_name"),
    "title": F("title"),
    "status": F("status"),
}
"""What jobs are sorted by, for each `order` of a query that is not the key of a KPI."""

OWN = ("pk", "status", "comments", "creation_time", "finish_time", "ccp4hooks_owner__started_at")
OF_JOB = ("uuid", "number", "task_name", "title", "parent__uuid")
OF_PROJECT = ("project__name", "project__directory", "project__uuid")


def query_jobs(query: JobQuery) -> list[JobSummary] | None:
    """Return the jobs that a query asks for, in its order; None if its project is not recorded."""
    jobs = JobRow.objects.all()
    if query.project is not None:
        key = ProjectRow.objects.filter(uuid=query.project.uuid).values_list("pk", flat=True).first()
        if key is None:
            return None
        jobs = jobs.filter(project_id=key)
    if query.parents is None:
        found = list(_sorted(_filtered(jobs, query), query).values_list(*OWN, *OF_JOB, *OF_PROJECT)[: query.limit])
    else:
        found = [
            row
            for batch in batches(query.parents)
            for row in _sorted(_filtered(jobs, query).filter(parent__uuid__in=batch), query).values_list(
                *OWN, *OF_JOB, *OF_PROJECT
            )
        ]
    return _summaries(found, query)


def find_unchanged(project: Project, fingerprint: str) -> list[Job] | None:
    """Return the FINISHED top-level jobs of a project that have a fingerprint, the latest first.

    Returns:
        None if the project is not recorded.
    """
    if not ProjectRow.objects.filter(uuid=project.uuid).exists():
        return None
    # With a join, SQLite would look at all FINISHED jobs of the project.
    found = JobRow.objects.filter(
        pk__in=JobProvenance.objects.filter(fingerprint=fingerprint).values("job_id"),
        project__uuid=project.uuid,
        parent__isnull=True,
        status=int(JobStatus.FINISHED),
    )
    rows = found.order_by("-pk").values_list(*OF_JOB, *OF_PROJECT)
    return [job_from(project_of(*row[len(OF_JOB) :]), *row[: len(OF_JOB)]) for row in rows]


def _filtered(jobs: Any, query: JobQuery) -> Any:
    """Return the jobs that meet the conditions of a query."""
    if not query.sub_jobs:
        jobs = jobs.filter(parent__isnull=True)
    if query.statuses:
        jobs = jobs.filter(status__in=[int(status) for status in query.statuses])
    if query.tasks:
        jobs = jobs.filter(task_name__in=query.tasks)
    if query.since is not None:
        jobs = jobs.filter(creation_time__gte=query.since)
    for tag in query.tags:
        jobs = jobs.filter(_of(JobTag.objects.filter(tag=tag)))
    for condition in query.conditions:
        jobs = jobs.filter(_of(_meeting(condition)))
    if query.only_with_kpis:
        keys = Q() if query.keys is None else Q(key_id__in=query.keys)
        jobs = jobs.filter(_having(JobFloatValue.objects.filter(keys)) | _having(JobCharValue.objects.filter(keys)))
    return jobs


def _meeting(condition: KpiCondition) -> Any:
    """Return the rows of the values that meet a condition."""
    values = (JobCharValue if condition.is_text else JobFloatValue).objects.filter(key_id=condition.key)
    if condition.operator in COMPARED:
        return values.filter(**{COMPARED[condition.operator]: condition.value})
    same = Q(value=condition.value)
    return values.filter(~same if condition.operator == "!=" else same)


def _of(rows: Any) -> Any:
    """Return the condition that a job has one of the rows of another table."""
    first = list(rows.values_list("job_id", flat=True)[:FEW])
    return Q(pk__in=first) if len(first) < FEW else _having(rows)


def _having(rows: Any) -> Any:
    """Return the condition that a job has a row, looked up job by job; PostgreSQL would join ``EXISTS`` to all rows."""
    first = rows.filter(job_id=OuterRef("pk")).values("pk")[:1]
    return Q(IsNull(Subquery(first), False))


def _sorted(jobs: Any, query: JobQuery) -> Any:
    if query.order in COLUMNS:
        column = COLUMNS[query.order]
        jobs = jobs.annotate(duration=_duration()) if query.order == "duration" else jobs
    else:
        # A job has at most one value for a key.
        jobs = jobs.filter(float_values__key_id=query.order)
        column = F("float_values__value")
    nulls = {"nulls_last": True} if query.order in ("finished", "duration") else {}
    if query.descending:
        return jobs.order_by(column.desc(**nulls), "-pk")
    return jobs.order_by(column.asc(**nulls), "pk")


def _duration() -> Any:
    """Return the difference of two times; SQLite stores them as texts, and Django would call Python for each."""
    times = F("finish_time"), F("ccp4hooks_owner__started_at")
    if connection.vendor == "sqlite":
        end, start = (Func(time, function="julianday", output_field=FloatField()) for time in times)
        return end - start
    return ExpressionWrapper(times[0] - times[1], DurationField())


def _summaries(found: Sequence[Any], query: JobQuery) -> list[JobSummary]:
    keys = [row[0] for row in found]
    tags = tags_of_jobs(keys)
    kpis: dict[int, tuple[Kpi, ...]] = {}
    if query.keys is None or query.keys:
        for batch in batches(keys):
            # With a condition on the keys, SQLite would read the values of all jobs.
            kpis |= kpis_of(Q(job_id__in=batch))
    known = set(JobStatus)
    # Most jobs have the same project.
    project_with = cache(project_of)
    summaries = []
    for pk, status, note, created_at, finished_at, started_at, *columns in found:
        uuid, number, task, title, parent, *of_project = columns
        summary = JobSummary(
            job=job_from(project_with(*of_project), uuid, number, task, title, parent),
            # A later version of CCP4i2 may have more statuses.
            status=JobStatus(status) if status in known else JobStatus.UNKNOWN,
            created_at=created_at,
            started_at=started_at,
            finished_at=finished_at,
            note=note,
            tags=tags[pk],
            kpis=tuple(kpi for kpi in kpis.get(pk, ()) if query.keys is None or kpi.key in query.keys),
        )
        summaries.append(summary)
    return summaries
