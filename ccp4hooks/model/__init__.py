"""The values that hooks receive and return: frozen dataclasses and enumerations without ORM objects.

A *task* is a kind of work, a *script* is a live ``CPluginScript``, and a *job* is one run of a task in a project. Times
are timezone-aware and in UTC. Paths are absolute. May import the standard library only.
"""

from ccp4hooks.model.citations import Citation, CitedWork
from ccp4hooks.model.comparisons import (
    ComparedFile,
    ComparedInput,
    ComparedKpi,
    ComparedRow,
    ComparedValue,
    Comparison,
)
from ccp4hooks.model.engines import Attempt, Engine, Fate, Handle, Needs, NodeCommand, RecordsBy, RunTarget, Submission
from ccp4hooks.model.exchange import ExportedProject, ExportFormat, ImportedProject, ProjectRecord
from ccp4hooks.model.file_checks import CleanedFile, FileFault, Verification
from ccp4hooks.model.files import (
    FileMetadata,
    FileQuery,
    FileUse,
    GleanedFile,
    ImportedFile,
    InputFile,
    KnownFile,
)
from ccp4hooks.model.graphs import GraphedJob, JobGraph, KpiPlot, PlottedJob
from ccp4hooks.model.jobs import (
    FinishStatus,
    Job,
    JobRequest,
    JobStatus,
    OwnedJob,
    Project,
    project_uuid,
)
from ccp4hooks.model.kpis import Better, Kpi, KpiDescription, KpiValue, kpi_key
from ccp4hooks.model.labels import LabelChange, Labels
from ccp4hooks.model.numbers import IMPORTS_FOLDER, JobNumber, folder_index
from ccp4hooks.model.origins import Origin
from ccp4hooks.model.outcomes import (
    JobState,
    MaintenanceResult,
    Outcome,
    Problem,
    ProgramProgress,
    Progress,
    RunResult,
    Severity,
    Timing,
)
from ccp4hooks.model.parameters import ParameterSource, ParameterValue, ResultValue
from ccp4hooks.model.provenance import Provenance
from ccp4hooks.model.queries import JobQuery, JobSummary, JobTable, KpiCondition
from ccp4hooks.model.report_graphs import GraphAxis, GraphLine, GraphPlot, LineKind, ReportGraph
from ccp4hooks.model.reports import (
    ChangedParameter,
    FileLink,
    HistoryStep,
    JobHistory,
    Report,
    ReportedJob,
    ReportedKpi,
)
from ccp4hooks.model.saved import SavedParameters
from ccp4hooks.model.sections import Plot, Section, Text
from ccp4hooks.model.tasks import TaskDescription
from ccp4hooks.model.trash import (
    Deletion,
    FileReader,
    SharedImport,
    TrashedJob,
)

__all__ = [
    "IMPORTS_FOLDER",
    "Attempt",
    "Better",
    "ChangedParameter",
    "Citation",
    "CitedWork",
    "CleanedFile",
    "ComparedFile",
    "ComparedInput",
    "ComparedKpi",
    "ComparedRow",
    "ComparedValue",
    "Comparison",
    "Deletion",
    "Engine",
    "ExportFormat",
    "ExportedProject",
    "Fate",
    "FileFault",
    "FileLink",
    "FileMetadata",
    "FileQuery",
    "FileReader",
    "FileUse",
    "FinishStatus",
    "GleanedFile",
    "GraphAxis",
    "GraphLine",
    "GraphPlot",
    "GraphedJob",
    "Handle",
    "HistoryStep",
    "ImportedFile",
    "ImportedProject",
    "InputFile",
    "Job",
    "JobGraph",
    "JobHistory",
    "JobNumber",
    "JobQuery",
    "JobRequest",
    "JobState",
    "JobStatus",
    "JobSummary",
    "JobTable",
    "KnownFile",
    "Kpi",
    "KpiCondition",
    "KpiDescription",
    "KpiPlot",
    "KpiValue",
    "LabelChange",
    "Labels",
    "LineKind",
    "MaintenanceResult",
    "Needs",
    "NodeCommand",
    "Origin",
    "Outcome",
    "OwnedJob",
    "ParameterSource",
    "ParameterValue",
    "Plot",
    "PlottedJob",
    "Problem",
    "ProgramProgress",
    "Progress",
    "Project",
    "ProjectRecord",
    "Provenance",
    "RecordsBy",
    "Report",
    "ReportGraph",
    "ReportedJob",
    "ReportedKpi",
    "ResultValue",
    "RunResult",
    "RunTarget",
    "SavedParameters",
    "Section",
    "Severity",
    "SharedImport",
    "Submission",
    "TaskDescription",
    "Text",
    "Timing",
    "TrashedJob",
    "Verification",
    "folder_index",
    "kpi_key",
    "project_uuid",
]
