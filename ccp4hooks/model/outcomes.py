"""What is known of a job: problems, timings, and its outcome."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ccp4hooks.model.files import FileUse, GleanedFile, ImportedFile
from ccp4hooks.model.jobs import FinishStatus, Job, JobStatus
from ccp4hooks.model.kpis import Kpi
from ccp4hooks.model.origins import Origin


class Severity(enum.Enum):
    """How serious a `Problem` is."""

    INFO = "info"
    WARNING = "warning"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a person should know about a job.

    Attributes:
        severity: `block` refuses the job where that is still possible (`pre_import`, `check_file` of an import).
        message: What is wrong, in one line.
        parameter: The parameter concerned, empty if none.
        path: The file concerned, None if none.
        cure: What to do about it.
        hook: The hook in which it came up; filled in by the core.
        origin: The plugin that reported it, or that failed; filled in by the core.
        traceback_file: Where the traceback of a failed plugin was written, None if there is none.
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
        """Return the problem in one line: where, what, what to do, who says so."""
        where = f"{self.parameter}: " if self.parameter else ""
        who = f" [{self.origin.plugin}]" if self.origin and self.origin.plugin != "core" else ""
        return f"{where}{self.message}{' ' + self.cure if self.cure else ''}{who}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long one plugin took in one hook, summed over a job.

    Attributes:
        hook: Name of the hook.
        origin: The plugin.
        calls: How often it was called.
        duration_s: Time in it [s].
    """

    hook: str
    origin: Origin
    calls: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything that is known about a job when it is over.

    Attributes:
        job: The job.
        status: Where it stands.
        finish: What the script said; None if it was never asked (refused, interrupted, raised).
        created_at: When the job was opened.
        started_at: When its script began to run, None if it never did.
        finished_at: When it was over, None for a job that is not.
        uses: Files recorded before that it read.
        imported: Outside files brought in for it.
        files: Files it wrote.
        kpis: Performance values.
        problems: What people should know, in the order in which it came up.
        timings: Cost of every plugin.
        software: Versions by name: ``ccp4hooks``, ``ccp4i2``, ``python``.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What came of one run.

    Attributes:
        outcomes: Of the job, then of its sub-jobs in the order of their numbers.
        recorded: Whether every sink has taken everything; true in a dry run, which has none.
    """

    outcomes: tuple[Outcome, ...]
    recorded: bool = True

    @property
    def outcome(self) -> Outcome:
        """The outcome of the job at the top."""
        return self.outcomes[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceResult:
    """The jobs that were recovered, replayed, adopted or extracted again.

    Attributes:
        outcomes: Their outcomes, as recorded.
        problems: What could not be done, one line each.
    """

    outcomes: tuple[Outcome, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a running job is doing at the moment.

    Attributes:
        job: The job, or one of its sub-jobs.
        phase: ``"importing"``, ``"running"``, ``"gleaning"`` or ``"finished"``.
        status: Where the job stands.
    """

    job: Job
    phase: str
    status: JobStatus
