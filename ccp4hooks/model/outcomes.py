"""The outcome of a job, with its problems and timings."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ccp4hooks.model.files import FileUse, GleanedFile, ImportedFile
from ccp4hooks.model.jobs import FinishStatus, Job, JobStatus, OwnedJob
from ccp4hooks.model.kpis import Kpi
from ccp4hooks.model.origins import Origin
from ccp4hooks.model.parameters import ParameterValue, ResultValue
from ccp4hooks.model.provenance import Provenance
from ccp4hooks.texts import progress_text


class Severity(enum.Enum):
    """The severity of a `Problem`: for information, a possible fault, or a reason to refuse the job."""

    INFO = "info"
    WARNING = "warning"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem of a job, for display.

    Attributes:
        severity: Severity. `BLOCK` refuses the job in `pre_import` and in `check_file` of an imported file.
        message: Description of the problem, in one line.
        parameter: The parameter concerned; empty if there is none.
        path: The file concerned; None if there is none.
        cure: Advice on how to solve the problem; empty if there is none.
        hook: The hook that reported the problem. The core sets it.
        origin: The plugin that reported the problem, or that failed. The core sets it.
        traceback_file: File with the traceback of a failed plugin; None if there is none.
    """

    severity: Severity
    message: str
    parameter: str = ""
    path: Path | None = None
    cure: str = ""
    hook: str = ""
    origin: Origin | None = None
    traceback_file: Path | None = None

    def __str__(self) -> str:
        """Return the problem in one line: parameter, message, cure and plugin."""
        where = f"{self.parameter}: " if self.parameter else ""
        who = f" [{self.origin.plugin}]" if self.origin and self.origin.plugin != "core" else ""
        return f"{where}{self.message}{' ' + self.cure if self.cure else ''}{who}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The time that one plugin took in one hook, summed over a job.

    Attributes:
        hook: Name of the hook.
        origin: The plugin.
        calls: Number of calls.
        duration_s: Total duration of the calls [s].
    """

    hook: str
    origin: Origin
    calls: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The complete record of a job.

    Attributes:
        job: The job.
        status: Status of the job.
        finish: Finish status that the script reported; None if it reported none, because the job was refused or
            interrupted, or the script raised an exception.
        created_at: Time at which the job was opened (UTC).
        started_at: Time at which the script began to run (UTC); None if it did not run.
        finished_at: Time at which the job ended (UTC); None if it has not ended.
        uses: Input files that were recorded before the job.
        imported: Input files that were imported for the job.
        files: Output files.
        kpis: Performance values.
        problems: Problems, in the order in which they were reported.
        timings: Time that each plugin took in each hook.
        software: Versions by name: ``ccp4hooks``, ``ccp4i2``, ``python``, and the distributions of the plugins in use.
        parameters: Parameters that were set, or that differ from the default, in the order of declaration.
        results: Results that are neither files nor KPIs.
        provenance: How the job was started, with what software, and what it has used.
    """

    job: Job
    status: JobStatus
    finish: FinishStatus | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    uses: tuple[FileUse, ...] = ()
    imported: tuple[ImportedFile, ...] = ()
    files: tuple[GleanedFile, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    problems: tuple[Problem, ...] = ()
    timings: tuple[Timing, ...] = ()
    software: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[ParameterValue, ...] = ()
    results: tuple[ResultValue, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def inputs(self) -> tuple[FileUse | ImportedFile, ...]:
        """The files of `uses` and `imported` in the order of their parameters; those of unknown ones come last."""
        order = {one.name: at for at, one in enumerate(self.parameters) if one.is_file}
        files: tuple[FileUse | ImportedFile, ...] = (*self.uses, *self.imported)
        last = len(self.parameters)
        return tuple(sorted(files, key=lambda one: order.get(one.parameter.removeprefix("inputData."), last)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramProgress:
    """What a running program has reported about its progress.

    Attributes:
        cycle: Number of the last cycle that is known; None if the program gives none.
        values: Values of that cycle, by the key under which the last one is recorded as a KPI, such as ``"RFree"``.
    """

    cycle: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the progress in a few words.

        >>> str(ProgramProgress(cycle=3, values={"RFactor": 0.21304, "spots": 155.0}))
        'cycle 3, RFactor 0.2130, spots 155'
        """
        cycle = [] if self.cycle is None else [f"cycle {self.cycle}"]
        return ", ".join([*cycle, *(f"{key} {progress_text(value)}" for key, value in self.values.items())])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """The present state of a job, which may wait, run, or have ended.

    Attributes:
        outcome: What is known about the job at present.
        owner: The process that runs the job, or ran it when it died; None if no process of ccp4hooks does.
        progress: What its program has reported; None if it has reported nothing.
    """

    outcome: Outcome
    owner: OwnedJob | None = None
    progress: ProgramProgress | None = None

    @property
    def has_died(self) -> bool:
        """Whether the process that ran the job has died and left it without an end."""
        return self.owner is not None and not self.owner.alive and not self.outcome.status.is_over

    @property
    def is_active(self) -> bool:
        """Whether the job has not ended and may still do so: it waits, or it runs, here or on another machine."""
        status = self.outcome.status
        return (status.is_waiting or status.is_running) and not self.has_died


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The result of one run.

    Attributes:
        outcomes: The outcome of the job, followed by those of its sub-jobs in the order of their numbers.
        recorded: Whether every sink recorded every outcome. True in a dry run, which calls no sink.
        unchanged: Whether nothing was run, because the job had run before with the same input.
        problems: If `unchanged`, what is to be said about the request: a source that has changed since it was imported.
            They do not belong to the outcome, which is of an earlier request.
    """

    outcomes: tuple[Outcome, ...]
    recorded: bool = True
    unchanged: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The outcome of the top-level job."""
        return self.outcomes[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceResult:
    """The jobs that were recovered, replayed, adopted or extracted again.

    Attributes:
        outcomes: Their outcomes, as recorded.
        problems: The steps that failed, one line each.
        unreadable: The outcome files that cannot be read or are invalid, one line each.
        unchanged: The UUIDs of those jobs that a replay found recorded already, with the same status, files and KPIs.
        settled: The deletions and restorations that were interrupted and are completed or undone now, one line each.
        silent: Why nothing is known of the jobs of engines that have not answered, one line each.
    """

    outcomes: tuple[Outcome, ...] = ()
    problems: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    unchanged: tuple[UUID, ...] = ()
    settled: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    def with_more(self, other: MaintenanceResult) -> MaintenanceResult:
        """Return this result followed by another one."""
        return MaintenanceResult(
            outcomes=(*self.outcomes, *other.outcomes),
            problems=(*self.problems, *other.problems),
            unreadable=(*self.unreadable, *other.unreadable),
            unchanged=(*self.unchanged, *other.unchanged),
            settled=(*self.settled, *other.settled),
            silent=(*self.silent, *other.silent),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The current phase of a running job.

    Attributes:
        job: The job, or one of its sub-jobs.
        phase: ``"importing"``, ``"submitted"``, ``"running"``, ``"extracting"`` or ``"finished"``.
        status: Status of the job.
        program: What its program has reported, in the phase ``"running"``; None in a report of the phase alone.
    """

    job: Job
    phase: str
    status: JobStatus
    program: ProgramProgress | None = None
