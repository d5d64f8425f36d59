"""A query of the recorded jobs, and the rows that it returns."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, overload
from uuid import UUID

from ccp4hooks.model.jobs import Job, JobStatus, Project
from ccp4hooks.model.kpis import Kpi, KpiValue

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "<=": operator.le,
        ">=": operator.ge,
        "!=": operator.ne,
        "==": operator.eq,
        "<": operator.lt,
        ">": operator.gt,
        "=": operator.eq,
    }
)
"""The operators of a `KpiCondition`; those of two characters come first."""

CREATED = "created"
"""The order of the times at which the jobs were opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiCondition:
    """A condition that a KPI of a job must meet. A job without this KPI does not meet it.

    Attributes:
        key: Key of the KPI.
        operator: ``"<"``, ``"<="``, ``">"``, ``">="``, ``"="``, ``"=="`` or ``"!="``.
        value: The value with which it is compared. A number is compared with numbers only, a bool as 1 or 0, and a text
            with texts only, for equality.
    """

    key: str
    operator: str
    value: KpiValue

    @property
    def is_text(self) -> bool:
        """Whether the KPI is compared with a text."""
        return isinstance(self.value, str)

    def is_met(self, kpis: Iterable[Kpi]) -> bool:
        """Return whether one of the KPIs of a job meets the condition."""
        compare = COMPARISONS[self.operator]
        return any(
            kpi.key == self.key and isinstance(kpi.value, str) == self.is_text and compare(kpi.value, self.value)
            for kpi in kpis
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary:
    """A recorded job without its files and problems.

    Attributes:
        job: The job.
        status: Status of the job.
        created_at: Time at which the job was opened (UTC).
        started_at: Time at which the script began to run (UTC); None if it did not run, or nobody knows.
        finished_at: Time at which the job ended (UTC); None if it has not ended.
        note: See `Labels`.
        tags: See `Labels`.
        kpis: Performance values, those that the query asked for.
    """

    job: Job
    status: JobStatus
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    kpis: tuple[Kpi, ...] = ()

    @property
    def duration_s(self) -> float | None:
        """Time from the start of the script to the end of the job [s]; None if the job did not run to its end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def kpi_values(self) -> dict[str, KpiValue]:
        """The values of the KPIs by their keys."""
        return {kpi.key: kpi.value for kpi in self.kpis}


ORDERS: Mapping[str, Callable[[JobSummary], Any]] = MappingProxyType(
    {
        CREATED: lambda row: row.created_at,
        "finished": lambda row: row.finished_at,
        "duration": lambda row: row.duration_s,
        "task": lambda row: row.job.task,
        "title": lambda row: row.job.title,
        "status": lambda row: int(row.status),
    }
)
"""What jobs can be sorted by, besides numbers among their KPIs. A job without the value comes last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which jobs to return, and in which order. A job must meet all conditions.

    Attributes:
        project: The project; None for all projects.
        parents: UUIDs of jobs, whose sub-jobs are returned; None for jobs of any parent.
        sub_jobs: Whether sub-jobs are returned as well.
        statuses: The job has one of these statuses; empty for any.
        tasks: The job runs one of these tasks; empty for any.
        since: The job was opened at or after this time; None for any time.
        tags: The job has all of these tags.
        conditions: Conditions on its KPIs.
        keys: Keys of the KPIs to return; None for all.
        only_with_kpis: Whether jobs without any of these KPIs are left out.
        order: A key of `ORDERS`, or the key of a KPI; then only jobs with a number for this KPI are returned.
        descending: Whether the greatest value comes first.
        limit: Largest number of jobs; None for all.
    """

    project: Project | None = None
    parents: tuple[UUID, ...] | None = None
    sub_jobs: bool = True
    statuses: tuple[JobStatus, ...] = ()
    tasks: tuple[str, ...] = ()
    since: datetime | None = None
    tags: tuple[str, ...] = ()
    conditions: tuple[KpiCondition, ...] = ()
    keys: tuple[str, ...] | None = None
    only_with_kpis: bool = False
    order: str = CREATED
    descending: bool = True
    limit: int | None = None

    def select(self, rows: Iterable[JobSummary]) -> list[JobSummary]:
        """Return those of the jobs that the query asks for, in its order.

        Args:
            rows: The jobs with all their KPIs.
        """
        chosen = [row for row in rows if self._matches(row)]
        chosen.sort(key=lambda row: row.job.number.parts, reverse=self.descending)
        values = {row.job.uuid: self._value(row) for row in chosen}
        known = [row for row in chosen if values[row.job.uuid] is not None]
        known.sort(key=lambda row: values[row.job.uuid], reverse=self.descending)
        rest = [row for row in chosen if values[row.job.uuid] is None and self.order in ORDERS]
        return [self._with_keys(row) for row in (*known, *rest)[: self.limit]]

    def _matches(self, row: JobSummary) -> bool:
        return (
            (self.project is None or row.job.project.uuid == self.project.uuid)
            and (self.sub_jobs or row.job.parent_uuid is None)
            and (self.parents is None or row.job.parent_uuid in self.parents)
            and (not self.statuses or row.status in self.statuses)
            and (not self.tasks or row.job.task in self.tasks)
            and (self.since is None or row.created_at >= self.since)
            and {*self.tags} <= {*row.tags}
            and all(condition.is_met(row.kpis) for condition in self.conditions)
            and (not self.only_with_kpis or bool(self._with_keys(row).kpis))
        )

    def _value(self, row: JobSummary) -> Any:
        if self.order in ORDERS:
            return ORDERS[self.order](row)
        value = row.kpi_values.get(self.order)
        return None if isinstance(value, str) else value

    def _with_keys(self, row: JobSummary) -> JobSummary:
        if self.keys is None:
            return row
        return JobSummary(
            job=row.job,
            status=row.status,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            note=row.note,
            tags=row.tags,
            kpis=tuple(kpi for kpi in row.kpis if kpi.key in self.keys),
        )


@dataclass(frozen=True, slots=True)
class JobTable(Sequence[JobSummary]):
    """The jobs that a query has found, as a sequence.

    Attributes:
        rows: The jobs.
    """

    rows: tuple[JobSummary, ...]

    def __len__(self) -> int:
        """Return the number of jobs."""
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> JobSummary: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[JobSummary, ...]: ...

    def __getitem__(self, index: int | slice) -> JobSummary | tuple[JobSummary, ...]:
        """Return one job, or some of the jobs."""
        return self.rows[index]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the KPIs of all jobs, in the order in which they occur."""
        return tuple(dict.fromkeys(kpi.key for row in self.rows for kpi in row.kpis))

    def to_pandas(self) -> Any:
        """Return a ``pandas.DataFrame`` with one row per job, and after its other columns one column per KPI.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas  # noqa: ICN001, PLC0415 - optional
        except ImportError as error:
            raise ImportError("`to_pandas` needs pandas, which is not installed: pip install pandas") from error

        rows = [{**facts(row), **{key: row.kpi_values.get(key) for key in self.keys}} for row in self.rows]
        return pandas.DataFrame(rows, columns=[*FACTS, *self.keys])


FACTS: Mapping[str, Callable[[JobSummary], Any]] = MappingProxyType(
    {
        "project": lambda row: row.job.project.name,
        "number": lambda row: str(row.job.number),
        "task": lambda row: row.job.task,
        "title": lambda row: row.job.title,
        "status": lambda row: row.status.name,
        "created_at": lambda row: row.created_at,
        "started_at": lambda row: row.started_at,
        "finished_at": lambda row: row.finished_at,
        "duration_s": lambda row: row.duration_s,
        "note": lambda row: row.note,
        "tags": lambda row: ", ".join(row.tags),
    }
)
"""The columns of a table of jobs that come before the KPIs."""


def facts(row: JobSummary) -> dict[str, Any]:
    """Return the values of a job by the columns of a table."""
    return {name: value(row) for name, value in FACTS.items()}
