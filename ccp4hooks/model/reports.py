"""A report on jobs of a project, as data: `Session.report` returns it, `Session.write_report` makes a page of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from ccp4hooks.model.citations import Citation, CitedWork
from ccp4hooks.model.engines import Attempt
from ccp4hooks.model.jobs import JobStatus, Project
from ccp4hooks.model.kpis import Better, Kpi
from ccp4hooks.model.labels import Labels
from ccp4hooks.model.numbers import JobNumber
from ccp4hooks.model.outcomes import Outcome
from ccp4hooks.model.plain import PlainValue
from ccp4hooks.model.report_graphs import ReportGraph
from ccp4hooks.model.sections import Plot, Section, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedKpi:
    """A KPI of the jobs of a report, as it is shown.

    Attributes:
        key: Key of the KPI.
        title: Its title, unique in the report.
        unit: Its unit; empty if it has none, or if its values have different ones.
        better: Which values are better; None if neither are, or nobody knows.
        decimals: See `KpiDescription`.
        group: See `KpiDescription`.
        best: Numbers of the jobs with the best value; empty if the values do not differ, or `better` is None.
    """

    key: str
    title: str
    unit: str = ""
    better: Better | None = None
    decimals: int | None = None
    group: str = ""
    best: tuple[JobNumber, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A file that a job of a report has read.

    Attributes:
        job: The job that has read it; for a sub-job, the job of the report that contains it.
        path: Path of the file.
        made_by: The job that has made it, which may not be in the report; None for an imported file.
        parameter: The parameter by which it was read, that of a sub-job if only that has read it.
    """

    job: JobNumber
    path: Path
    made_by: JobNumber | None
    parameter: str = ""

    @property
    def short_parameter(self) -> str:
        """The parameter without the name of its container, such as ``"XYZIN"``."""
        return self.parameter.removeprefix("inputData.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedParameter:
    """A parameter to which the user gave another value than it had before.

    Attributes:
        name: Its name, as in `ParameterValue`.
        value: Its value; None if it is not set, and has no default.
        before: Its value in the earlier job, or else its default; None if it was not set, and has no default.
    """

    name: str
    value: PlainValue | None
    before: PlainValue | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryStep:
    """A job in the history of a job.

    Attributes:
        number: Number of the job.
        task: Its task; empty if nothing else is known of the job.
        title: Its title.
        status: Its status; None if it is not known.
        kpi: Its value of the first KPI of the report; None if it has none, or if nobody knows which values are better.
        changed_since: The step before it of the same task, with whose parameters its own are compared; None if it is
            the first of its task, whose parameters are compared with the defaults.
        changed: The parameters that the user has changed.
        imported: Paths of the imported files that it has read, and no step before it.
    """

    number: JobNumber
    task: str = ""
    title: str = ""
    status: JobStatus | None = None
    kpi: Kpi | None = None
    changed_since: JobNumber | None = None
    changed: tuple[ChangedParameter, ...] = ()
    imported: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHistory:
    """How a job came to be.

    Attributes:
        job: Number of the job.
        steps: The jobs from whose files it came to be, directly or not, in the order of their numbers, and the job.
    """

    job: JobNumber
    steps: tuple[HistoryStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedJob:
    """A job or sub-job of a report.

    Attributes:
        outcome: What is recorded of it.
        labels: Its title, note and tags.
        has_died: Whether its process has died and left it without an end.
        log: The last lines of what its task, or else its program, has printed.
        progress: What its running program has reported, in a few words.
        citations: What is to be cited for its task.
        graphs: The graphs that CCP4i2's own report of the job declares, if the job has ended and the report has few
            jobs.
        attempts: The attempts to run it on engines, by their number; none if no engine has run it.
    """

    outcome: Outcome
    labels: Labels
    has_died: bool = False
    log: tuple[str, ...] = ()
    progress: str = ""
    citations: tuple[Citation, ...] = ()
    graphs: tuple[ReportGraph, ...] = ()
    attempts: tuple[Attempt, ...] = ()

    @property
    def number(self) -> JobNumber:
        """Number of the job."""
        return self.outcome.job.number

    @property
    def status(self) -> JobStatus:
        """Status of the job."""
        return self.outcome.status

    @property
    def went_wrong(self) -> bool:
        """Whether the job has failed, was interrupted or has died."""
        return self.has_died or self.status.is_failure


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report on jobs of a project.

    Attributes:
        project: The project.
        labels: Note and tags of the project.
        made_at: When the report was made (UTC).
        is_whole: Whether the report is about all jobs of the project.
        jobs: The jobs with their sub-jobs, in the order of their numbers.
        kpis: The KPIs of these jobs: first the one that decides which job is the best, or else the one that most jobs
            have of those of which some values are better, then the others of its group.
        decisive: Key of the KPI that decides which job is the best; empty if there is none.
        links: The files that the jobs have read; in a report on some jobs, also those that the jobs before them have
            read.
        histories: How the best job came to be; in a report on at most five jobs, how each of them did, unless it is a
            step to another one. The steps may be jobs that are not in the report.
        sections: What plugins have added.
        cited: What is to be cited for the FINISHED jobs, each publication once.
        problems: What could not be read or shown, one line each.
    """

    project: Project
    labels: Labels
    made_at: datetime
    is_whole: bool = True
    jobs: tuple[ReportedJob, ...] = ()
    kpis: tuple[ReportedKpi, ...] = ()
    decisive: str = ""
    links: tuple[FileLink, ...] = ()
    histories: tuple[JobHistory, ...] = ()
    sections: tuple[Section | Plot | Text, ...] = ()
    cited: tuple[CitedWork, ...] = ()
    problems: tuple[str, ...] = ()

    @cached_property
    def tops(self) -> dict[JobNumber, tuple[ReportedJob, ...]]:
        """Each job that is no sub-job of another one in the report, followed by its sub-jobs, by its number."""
        groups: dict[JobNumber, list[ReportedJob]] = {}
        for one in self.jobs:
            last = next(reversed(groups), None)
            if last is not None and one.number.is_below(last):
                groups[last].append(one)
            else:
                groups[one.number] = [one]
        return {number: tuple(group) for number, group in groups.items()}

    @cached_property
    def best(self) -> tuple[JobNumber, ...]:
        """Numbers of the best jobs; empty if nobody knows which are."""
        return next((one.best for one in self.kpis if one.key == self.decisive), ())

    def is_best(self, number: JobNumber) -> bool:
        """Return whether a job is one of the best.

        Args:
            number: Number of the job.
        """
        return number in self._best

    @cached_property
    def _best(self) -> frozenset[JobNumber]:
        # Thousands of jobs may have the same best value.
        return frozenset(self.best)
