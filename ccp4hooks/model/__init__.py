"""The values that pass through hooks: frozen, complete, free of any ORM object.

A *task* is a kind of work, a *script* a live ``CPluginScript``, a *job* one run of a task in a project. Times are
aware and in UTC, paths are absolute. May import the standard library only.
"""

from ccp4hooks.model.files import (
    FileMetadata,
    FileQuery,
    FileUse,
    GleanedFile,
    ImportedFile,
    InputFile,
    KnownFile,
    KpiValue,
)
from ccp4hooks.model.jobs import (
    FinishStatus,
    HeldJob,
    Job,
    JobRequest,
    JobStatus,
    Origin,
    Project,
    TaskDescription,
    project_uuid,
)
from ccp4hooks.model.outcomes import Kpi, Outcome, Problem, Progress, RunResult, Severity, Timing

__all__ = [
    "FileMetadata",
    "FileQuery",
    "FileUse",
    "FinishStatus",
    "GleanedFile",
    "HeldJob",
    "ImportedFile",
    "InputFile",
    "Job",
    "JobRequest",
    "JobStatus",
    "KnownFile",
    "Kpi",
    "KpiValue",
    "Origin",
    "Outcome",
    "Problem",
    "Progress",
    "Project",
    "RunResult",
    "Severity",
    "TaskDescription",
    "Timing",
    "project_uuid",
]
