"""What led to what among the jobs of a project, and values of KPIs for a plot, as data.

`Session.graph` and `Session.plot` return them, and `Session.write_graph` and `write_plot` write them to files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ccp4hooks.model.jobs import JobStatus, Project
from ccp4hooks.model.kpis import Kpi
from ccp4hooks.model.numbers import JobNumber
from ccp4hooks.model.reports import FileLink, ReportedKpi
from ccp4hooks.texts import kpi_text


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphedJob:
    """A job of a graph, with its sub-jobs.

    Attributes:
        number: Number of the job.
        uuid: UUID of the job.
        task: Its task.
        title: Its title.
        status: Its status.
        has_died: Whether its process has died and left it without an end.
        sub_jobs: Number of its sub-jobs.
        kpi: Its value of the KPI that decides which job is the best; None if it has none.
        is_best: Whether the job, or a sub-job of it, is the best.
    """

    number: JobNumber
    uuid: UUID
    task: str
    title: str
    status: JobStatus
    has_died: bool = False
    sub_jobs: int = 0
    kpi: Kpi | None = None
    is_best: bool = False

    @property
    def went_wrong(self) -> bool:
        """Whether the job has failed, was interrupted or has died."""
        return self.has_died or self.status.is_failure

    @property
    def own_title(self) -> str:
        """The title, empty if it says no more than the task."""
        return "" if self.title == self.task else self.title


@dataclass(frozen=True, kw_only=True)
class JobGraph:
    """What led to what: jobs, and the files that they have read.

    Attributes:
        project: The project.
        made_at: When the graph was made (UTC).
        job: The job that the graph is about; None if it is about all jobs of the project, or of a report.
        is_whole: Whether every recorded job of the project was looked at, so that another one is not recorded.
        jobs: The jobs that are no sub-jobs, in the order of their numbers.
        links: The files that they, or their sub-jobs, have read.
        decisive: The KPI that decides which job is the best; None if there is none.
        problems: What could not be read, one line each.
    """

    project: Project
    made_at: datetime
    job: JobNumber | None = None
    is_whole: bool = True
    jobs: tuple[GraphedJob, ...] = ()
    links: tuple[FileLink, ...] = ()
    decisive: ReportedKpi | None = None
    problems: tuple[str, ...] = ()

    def value_text(self, job: GraphedJob) -> str:
        """Return the value of the decisive KPI of a job, such as ``"0.2512"``; empty if it has none."""
        if self.decisive is None or job.kpi is None:
            return ""
        unit = job.kpi.unit or self.decisive.unit
        return f"{kpi_text(job.kpi.value, self.decisive.decimals)} {unit}".rstrip()

    def titled_value(self, job: GraphedJob) -> str:
        """Return title and value of the decisive KPI of a job, such as ``"R-free 0.2512"``; empty if it has none."""
        value = self.value_text(job)
        return f"{self.decisive.title} {value}" if self.decisive and value else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlottedJob:
    """A point of a plot.

    Attributes:
        number: Number of the job.
        uuid: UUID of the job.
        task: Its task.
        title: Its title.
        values: Its value of each KPI of the plot.
    """

    number: JobNumber
    uuid: UUID
    task: str
    title: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiPlot:
    """The values of one or several KPIs over jobs, or of one KPI against another.

    Attributes:
        project: The project.
        made_at: When the values were read (UTC).
        along: The job to which the jobs of the plot have led; None if the plot is about all jobs of the project.
        kpis: The KPIs over the jobs; or that of the vertical axis, followed by that of the horizontal axis.
        is_together: Whether several KPIs are plotted over the jobs, not one against another.
        jobs: The jobs that have a number for each of these KPIs, in the order of their numbers.
        left_out: Which jobs are left out, and why, one line each. Sub-jobs are named only if sub-jobs are plotted.
        problems: What could not be read, one line each.
    """

    project: Project
    made_at: datetime
    along: JobNumber | None = None
    kpis: tuple[ReportedKpi, ...]
    is_together: bool = False
    jobs: tuple[PlottedJob, ...]
    left_out: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What is plotted, in words."""
        titles = [one.title for one in self.kpis]
        if not self.is_over_jobs:
            return " against ".join(titles)
        where = "over the jobs" if self.along is None else f"along the jobs that led to job {self.along}"
        return f"{', '.join(titles)} {where}"

    @property
    def is_over_jobs(self) -> bool:
        """Whether the horizontal axis has the jobs, not a KPI."""
        return self.is_together or len(self.kpis) == 1
