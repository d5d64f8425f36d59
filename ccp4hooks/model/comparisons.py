"""A comparison of jobs, as data: `Session.compare` returns it, `Session.write_comparison` makes a page of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ccp4hooks.model.jobs import Project
from ccp4hooks.model.kpis import Better, KpiValue
from ccp4hooks.model.numbers import JobNumber
from ccp4hooks.model.parameters import ParameterSource
from ccp4hooks.model.plain import PlainValue
from ccp4hooks.model.queries import JobSummary
from ccp4hooks.model.reports import ReportedKpi


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedKpi(ReportedKpi):
    """A KPI of the jobs of a comparison. Its tuples have an item for each job, in the order of the jobs.

    Attributes:
        key: Key of the KPI.
        title: Its title, unique in the comparison.
        unit: Its unit; empty if it has none, or if its values have different ones.
        better: Which values are better; None if neither are, or nobody knows.
        decimals: See `KpiDescription`.
        group: See `KpiDescription`.
        best: Numbers of the jobs with the best value, among those that have ended with a result; empty if the values
            do not differ, if they have different units, or if `better` is None.
        values: The value of each job; None for a job that has none.
        units: The unit of each value; empty if it has none.
        differences: The value of each job minus that of the reference; None for the reference itself, for values that
            are no numbers, and for values of different units.
    """

    values: tuple[KpiValue | None, ...]
    units: tuple[str, ...]
    differences: tuple[float | None, ...]

    def is_better(self, at: int) -> bool | None:
        """Return whether the value at a position is better than that of the reference.

        Args:
            at: The position of the job.

        Returns:
            None if neither is better, or nobody knows.
        """
        difference = self.differences[at]
        if not difference or self.better is None:
            return None
        return (difference > 0) is (self.better is Better.HIGHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedValue:
    """The value of a parameter, or a result, of one job of a comparison.

    Attributes:
        value: The value; the default of the task for a parameter that was not set. None if the job has no value, and
            its default is not known.
        source: See `ParameterValue`; None for a default, a result, and a job without a value.
        job: See `ParameterValue`.
        sha256: See `ParameterValue`.
    """

    value: PlainValue | None
    source: ParameterSource | None = None
    job: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """A parameter, or a result, of the jobs of a comparison.

    Attributes:
        name: Its name; see `ParameterValue` and `ResultValue`.
        values: What each job has, in the order of the jobs.
        differs: Whether not all jobs have the same value.
    """

    name: str
    values: tuple[ComparedValue, ...]
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFile:
    """An input file of a job of a comparison.

    Attributes:
        path: Path of the file.
        md5: MD5 checksum of its content when it was imported, in hexadecimal; empty if none was recorded. The outputs
            of jobs have none.
        made_by: Number of the job that has made the file; empty for an imported file.
    """

    path: Path
    md5: str = ""
    made_by: str = ""

    @property
    def content(self) -> str:
        """What is the same for files that are known to have the same content: the checksum, or else the path."""
        return self.md5 or str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedInput:
    """An input of the jobs of a comparison.

    Attributes:
        parameter: Name of the parameter, as it is typed on the command line.
        files: The file of each job, in the order of the jobs; None for a job without one.
        same: Whether the content is the same in all jobs, whatever the names of the files. None if nobody knows,
            because a file that is another one has no recorded checksum.
    """

    parameter: str
    files: tuple[ComparedFile | None, ...]
    same: bool | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A comparison of jobs of a project.

    Attributes:
        project: The project.
        made_at: When the comparison was made (UTC).
        jobs: The jobs, at least two, without their KPIs. The first of them is the reference of all differences.
        dead: Numbers of the jobs whose processes have died and left them without an end.
        kpis: The KPIs of the jobs, those of a group behind each other.
        parameters: The parameters that were set in at least one job, or that differ from the default there, without
            files.
        inputs: The input files.
        results: The results that are neither files nor KPIs.
        sorted_by: Key of the KPI by which the jobs are sorted; empty if they are in the order in which they were given,
            or for the jobs of a task, in the order of their numbers.
        problems: What could not be read, one line each.
    """

    project: Project
    made_at: datetime
    jobs: tuple[JobSummary, ...]
    dead: tuple[JobNumber, ...] = ()
    kpis: tuple[ComparedKpi, ...] = ()
    parameters: tuple[ComparedRow, ...] = ()
    inputs: tuple[ComparedInput, ...] = ()
    results: tuple[ComparedRow, ...] = ()
    sorted_by: str = ""
    problems: tuple[str, ...] = ()

    @property
    def reference(self) -> JobNumber:
        """Number of the job to which the others are compared: the first one."""
        return self.jobs[0].job.number

    @property
    def differing_parameters(self) -> tuple[ComparedRow, ...]:
        """The parameters that are not the same in all jobs."""
        return tuple(one for one in self.parameters if one.differs)

    @property
    def differing_inputs(self) -> tuple[ComparedInput, ...]:
        """The inputs that are not known to be the same in all jobs."""
        return tuple(one for one in self.inputs if one.same is not True)
