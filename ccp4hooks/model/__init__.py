"""The values that hooks receive and return: frozen dataclasses and enumerations without ORM objects.

A *task* is a kind of work, a *script* is a live ``CPluginScript``, and a *job* is one run of a task in a project. Times
are timezone-aware and in UTC. Paths are absolute. May import the standard library only.

Each name is imported at its first use, because making all of these classes would take much of a command's start-up.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccp4hooks.model.citations import Citation as Citation
    from ccp4hooks.model.citations import CitedWork as CitedWork
    from ccp4hooks.model.comparisons import ComparedFile as ComparedFile
    from ccp4hooks.model.comparisons import ComparedInput as ComparedInput
    from ccp4hooks.model.comparisons import ComparedKpi as ComparedKpi
    from ccp4hooks.model.comparisons import ComparedRow as ComparedRow
    from ccp4hooks.model.comparisons import ComparedValue as ComparedValue
    from ccp4hooks.model.comparisons import Comparison as Comparison
    from ccp4hooks.model.engines import Attempt as Attempt
    from ccp4hooks.model.engines import Engine as Engine
    from ccp4hooks.model.engines import Fate as Fate
    from ccp4hooks.model.engines import Handle as Handle
    from ccp4hooks.model.engines import Needs as Needs
    from ccp4hooks.model.engines import NodeCommand as NodeCommand
    from ccp4hooks.model.engines import RecordsBy as RecordsBy
    from ccp4hooks.model.engines import RunTarget as RunTarget
    from ccp4hooks.model.engines import Submission as Submission
    from ccp4hooks.model.engines import Transfer as Transfer
    from ccp4hooks.model.exchange import ExportedProject as ExportedProject
    from ccp4hooks.model.exchange import ExportFormat as ExportFormat
    from ccp4hooks.model.exchange import ImportedProject as ImportedProject
    from ccp4hooks.model.exchange import ProjectRecord as ProjectRecord
    from ccp4hooks.model.file_checks import CleanedFile as CleanedFile
    from ccp4hooks.model.file_checks import FileFault as FileFault
    from ccp4hooks.model.file_checks import Verification as Verification
    from ccp4hooks.model.files import FileMetadata as FileMetadata
    from ccp4hooks.model.files import FileQuery as FileQuery
    from ccp4hooks.model.files import FileUse as FileUse
    from ccp4hooks.model.files import GleanedFile as GleanedFile
    from ccp4hooks.model.files import ImportedFile as ImportedFile
    from ccp4hooks.model.files import InputFile as InputFile
    from ccp4hooks.model.files import KnownFile as KnownFile
    from ccp4hooks.model.graphs import GraphedJob as GraphedJob
    from ccp4hooks.model.graphs import JobGraph as JobGraph
    from ccp4hooks.model.graphs import KpiPlot as KpiPlot
    from ccp4hooks.model.graphs import PlottedJob as PlottedJob
    from ccp4hooks.model.jobs import FinishStatus as FinishStatus
    from ccp4hooks.model.jobs import Job as Job
    from ccp4hooks.model.jobs import JobRequest as JobRequest
    from ccp4hooks.model.jobs import JobStatus as JobStatus
    from ccp4hooks.model.jobs import OwnedJob as OwnedJob
    from ccp4hooks.model.jobs import Project as Project
    from ccp4hooks.model.jobs import project_uuid as project_uuid
    from ccp4hooks.model.kpis import Better as Better
    from ccp4hooks.model.kpis import Kpi as Kpi
    from ccp4hooks.model.kpis import KpiDescription as KpiDescription
    from ccp4hooks.model.kpis import KpiValue as KpiValue
    from ccp4hooks.model.kpis import kpi_key as kpi_key
    from ccp4hooks.model.labels import LabelChange as LabelChange
    from ccp4hooks.model.labels import Labels as Labels
    from ccp4hooks.model.numbers import IMPORTS_FOLDER as IMPORTS_FOLDER
    from ccp4hooks.model.numbers import JobNumber as JobNumber
    from ccp4hooks.model.numbers import folder_index as folder_index
    from ccp4hooks.model.origins import Origin as Origin
    from ccp4hooks.model.outcomes import JobState as JobState
    from ccp4hooks.model.outcomes import MaintenanceResult as MaintenanceResult
    from ccp4hooks.model.outcomes import Outcome as Outcome
    from ccp4hooks.model.outcomes import Problem as Problem
    from ccp4hooks.model.outcomes import ProgramProgress as ProgramProgress
    from ccp4hooks.model.outcomes import Progress as Progress
    from ccp4hooks.model.outcomes import RunResult as RunResult
    from ccp4hooks.model.outcomes import Severity as Severity
    from ccp4hooks.model.outcomes import Timing as Timing
    from ccp4hooks.model.parameters import ParameterSource as ParameterSource
    from ccp4hooks.model.parameters import ParameterValue as ParameterValue
    from ccp4hooks.model.parameters import ResultValue as ResultValue
    from ccp4hooks.model.provenance import Provenance as Provenance
    from ccp4hooks.model.queries import JobQuery as JobQuery
    from ccp4hooks.model.queries import JobSummary as JobSummary
    from ccp4hooks.model.queries import JobTable as JobTable
    from ccp4hooks.model.queries import KpiCondition as KpiCondition
    from ccp4hooks.model.report_graphs import GraphAxis as GraphAxis
    from ccp4hooks.model.report_graphs import GraphLine as GraphLine
    from ccp4hooks.model.report_graphs import GraphPlot as GraphPlot
    from ccp4hooks.model.report_graphs import LineKind as LineKind
    from ccp4hooks.model.report_graphs import ReportGraph as ReportGraph
    from ccp4hooks.model.reports import ChangedParameter as ChangedParameter
    from ccp4hooks.model.reports import FileLink as FileLink
    from ccp4hooks.model.reports import HistoryStep as HistoryStep
    from ccp4hooks.model.reports import JobHistory as JobHistory
    from ccp4hooks.model.reports import Report as Report
    from ccp4hooks.model.reports import ReportedJob as ReportedJob
    from ccp4hooks.model.reports import ReportedKpi as ReportedKpi
    from ccp4hooks.model.saved import SavedParameters as SavedParameters
    from ccp4hooks.model.sections import Plot as Plot
    from ccp4hooks.model.sections import Section as Section
    from ccp4hooks.model.sections import Text as Text
    from ccp4hooks.model.tasks import DataType as DataType
    from ccp4hooks.model.tasks import TaskDescription as TaskDescription
    from ccp4hooks.model.trash import Deletion as Deletion
    from ccp4hooks.model.trash import FileReader as FileReader
    from ccp4hooks.model.trash import SharedImport as SharedImport
    from ccp4hooks.model.trash import TrashedJob as TrashedJob

_MODULES = {
    "citations": ("Citation", "CitedWork"),
    "comparisons": ("ComparedFile", "ComparedInput", "ComparedKpi", "ComparedRow", "ComparedValue", "Comparison"),
    "engines": (
        "Attempt",
        "Engine",
        "Fate",
        "Handle",
        "Needs",
        "NodeCommand",
        "RecordsBy",
        "RunTarget",
        "Submission",
        "Transfer",
    ),
    "exchange": ("ExportFormat", "ExportedProject", "ImportedProject", "ProjectRecord"),
    "file_checks": ("CleanedFile", "FileFault", "Verification"),
    "files": ("FileMetadata", "FileQuery", "FileUse", "GleanedFile", "ImportedFile", "InputFile", "KnownFile"),
    "graphs": ("GraphedJob", "JobGraph", "KpiPlot", "PlottedJob"),
    "jobs": ("FinishStatus", "Job", "JobRequest", "JobStatus", "OwnedJob", "Project", "project_uuid"),
    "kpis": ("Better", "Kpi", "KpiDescription", "KpiValue", "kpi_key"),
    "labels": ("LabelChange", "Labels"),
    "numbers": ("IMPORTS_FOLDER", "JobNumber", "folder_index"),
    "origins": ("Origin",),
    "outcomes": (
        "JobState",
        "MaintenanceResult",
        "Outcome",
        "Problem",
        "ProgramProgress",
        "Progress",
        "RunResult",
        "Severity",
        "Timing",
    ),
    "parameters": ("ParameterSource", "ParameterValue", "ResultValue"),
    "provenance": ("Provenance",),
    "queries": ("JobQuery", "JobSummary", "JobTable", "KpiCondition"),
    "report_graphs": ("GraphAxis", "GraphLine", "GraphPlot", "LineKind", "ReportGraph"),
    "reports": ("ChangedParameter", "FileLink", "HistoryStep", "JobHistory", "Report", "ReportedJob", "ReportedKpi"),
    "saved": ("SavedParameters",),
    "sections": ("Plot", "Section", "Text"),
    "tasks": ("DataType", "TaskDescription"),
    "trash": ("Deletion", "FileReader", "SharedImport", "TrashedJob"),
}
"""The names by the module that defines them."""

_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [*sorted(_MODULE_OF)]  # noqa: PLE0604 - all of them are texts


def load(name: str) -> Any:
    """Import the module that defines one of the names, and return what has this name."""
    from importlib import import_module  # noqa: PLC0415 - start-up time

    return vars(import_module(f"{__name__}.{_MODULE_OF[name]}"))[name]


if not TYPE_CHECKING:  # A type checker would accept every name of a module that has such a function.

    def __getattr__(name: str) -> Any:
        """Import a name."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = load(name)
        return globals()[name]

    def __dir__() -> list[str]:
        """Return all names of the module, whether imported yet or not."""
        return sorted({*globals(), *__all__})
