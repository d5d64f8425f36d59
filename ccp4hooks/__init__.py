"""Hooks that are called before, during and after a CCP4i2 job.

These names are for authors of plugins and for programs that run tasks. `ccp4hooks.cdata` has the names for gleaners
that inspect CCP4i2's containers, `ccp4hooks.store` those for database plugins, and `ccp4hooks.testing` those for tests
of plugins. Each name is imported at its first use, so that start-up takes little time.
"""

from typing import TYPE_CHECKING, Any

from ccp4hooks.version import __version__ as __version__

if TYPE_CHECKING:
    from ccp4hooks.aio.many import run_many as run_many
    from ccp4hooks.aio.many import sweep as sweep
    from ccp4hooks.aio.nested import run_nested_async as run_nested_async
    from ccp4hooks.aio.requests import NestedJob as NestedJob
    from ccp4hooks.aio.requests import RunAnswer as RunAnswer
    from ccp4hooks.aio.requests import RunRequest as RunRequest
    from ccp4hooks.aio.tasks import execute as execute
    from ccp4hooks.aio.tasks import run_opened_async as run_opened_async
    from ccp4hooks.aio.tasks import run_task_async as run_task_async
    from ccp4hooks.errors import BadInputError as BadInputError
    from ccp4hooks.errors import Ccp4HooksError as Ccp4HooksError
    from ccp4hooks.errors import EngineUnavailableError as EngineUnavailableError
    from ccp4hooks.errors import NotRecordedError as NotRecordedError
    from ccp4hooks.errors import PluginError as PluginError
    from ccp4hooks.errors import RefusedError as RefusedError
    from ccp4hooks.errors import StoreError as StoreError
    from ccp4hooks.errors import StoreUnavailableError as StoreUnavailableError
    from ccp4hooks.errors import UnknownNameError as UnknownNameError
    from ccp4hooks.errors import UnknownTaskError as UnknownTaskError
    from ccp4hooks.errors import WaitTimeoutError as WaitTimeoutError
    from ccp4hooks.i2.file_objects import input_files as input_files
    from ccp4hooks.i2.file_objects import output_files as output_files
    from ccp4hooks.i2.protocols import Script as Script
    from ccp4hooks.jobs.tracking import Tracked as Tracked
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
    from ccp4hooks.model.file_checks import CleanedFile as CleanedFile
    from ccp4hooks.model.file_checks import FileFault as FileFault
    from ccp4hooks.model.file_checks import Verification as Verification
    from ccp4hooks.model.files import FileMetadata as FileMetadata
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
    from ccp4hooks.model.jobs import JobStatus as JobStatus
    from ccp4hooks.model.jobs import Project as Project
    from ccp4hooks.model.kpis import Better as Better
    from ccp4hooks.model.kpis import Kpi as Kpi
    from ccp4hooks.model.kpis import KpiDescription as KpiDescription
    from ccp4hooks.model.kpis import KpiValue as KpiValue
    from ccp4hooks.model.kpis import kpi_key as kpi_key
    from ccp4hooks.model.labels import Labels as Labels
    from ccp4hooks.model.outcomes import JobState as JobState
    from ccp4hooks.model.outcomes import MaintenanceResult as MaintenanceResult
    from ccp4hooks.model.outcomes import Outcome as Outcome
    from ccp4hooks.model.outcomes import Problem as Problem
    from ccp4hooks.model.outcomes import ProgramProgress as ProgramProgress
    from ccp4hooks.model.outcomes import Progress as Progress
    from ccp4hooks.model.outcomes import RunResult as RunResult
    from ccp4hooks.model.outcomes import Severity as Severity
    from ccp4hooks.model.parameters import ParameterSource as ParameterSource
    from ccp4hooks.model.parameters import ParameterValue as ParameterValue
    from ccp4hooks.model.parameters import ResultValue as ResultValue
    from ccp4hooks.model.provenance import Provenance as Provenance
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
    from ccp4hooks.model.trash import SharedImport as SharedImport
    from ccp4hooks.model.trash import TrashedJob as TrashedJob
    from ccp4hooks.plugins.markers import hookimpl as hookimpl
    from ccp4hooks.runtime.os_errors import os_cure as os_cure
    from ccp4hooks.session import Session as Session
    from ccp4hooks.session import make_script as make_script
    from ccp4hooks.session import open_session as open_session
    from ccp4hooks.session import run_job as run_job
    from ccp4hooks.settings import Settings as Settings
    from ccp4hooks.settings import load_settings as load_settings
    from ccp4hooks.tasks.given_values import GivenValues as GivenValues
    from ccp4hooks.texts import printable as printable
    from ccp4hooks.texts import without_secrets as without_secrets

_MODULES = {
    "aio.many": ("run_many", "sweep"),
    "aio.requests": ("NestedJob", "RunAnswer", "RunRequest"),
    "aio.nested": ("run_nested_async",),
    "aio.tasks": ("execute", "run_opened_async", "run_task_async"),
    "errors": (
        "BadInputError",
        "Ccp4HooksError",
        "EngineUnavailableError",
        "NotRecordedError",
        "PluginError",
        "RefusedError",
        "StoreError",
        "StoreUnavailableError",
        "UnknownNameError",
        "UnknownTaskError",
        "WaitTimeoutError",
    ),
    "i2.file_objects": ("input_files", "output_files"),
    "i2.protocols": ("Script",),
    "jobs.tracking": ("Tracked",),
    "model.citations": ("Citation", "CitedWork"),
    "model.comparisons": (
        "ComparedFile",
        "ComparedInput",
        "ComparedKpi",
        "ComparedRow",
        "ComparedValue",
        "Comparison",
    ),
    "model.engines": (
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
    "model.exchange": ("ExportFormat", "ExportedProject", "ImportedProject"),
    "model.file_checks": ("CleanedFile", "FileFault", "Verification"),
    "model.files": ("FileMetadata", "GleanedFile", "ImportedFile", "InputFile", "KnownFile"),
    "model.graphs": ("GraphedJob", "JobGraph", "KpiPlot", "PlottedJob"),
    "model.jobs": ("FinishStatus", "Job", "JobStatus", "Project"),
    "model.kpis": ("Better", "Kpi", "KpiDescription", "KpiValue", "kpi_key"),
    "model.labels": ("Labels",),
    "model.outcomes": (
        "JobState",
        "MaintenanceResult",
        "Outcome",
        "Problem",
        "ProgramProgress",
        "Progress",
        "RunResult",
        "Severity",
    ),
    "model.parameters": ("ParameterSource", "ParameterValue", "ResultValue"),
    "model.provenance": ("Provenance",),
    "model.queries": ("JobSummary", "JobTable", "KpiCondition"),
    "model.report_graphs": ("GraphAxis", "GraphLine", "GraphPlot", "LineKind", "ReportGraph"),
    "model.reports": (
        "ChangedParameter",
        "FileLink",
        "HistoryStep",
        "JobHistory",
        "Report",
        "ReportedJob",
        "ReportedKpi",
    ),
    "model.saved": ("SavedParameters",),
    "model.sections": ("Plot", "Section", "Text"),
    "model.tasks": ("DataType", "TaskDescription"),
    "plugins.markers": ("hookimpl",),
    "runtime.os_errors": ("os_cure",),
    "model.trash": ("Deletion", "SharedImport", "TrashedJob"),
    "session": ("Session", "make_script", "open_session", "run_job"),
    "settings": ("Settings", "load_settings"),
    "tasks.given_values": ("GivenValues",),
    "texts": ("printable", "without_secrets"),
}
"""The public names by the module that defines them."""

_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [*sorted(_MODULE_OF)]  # noqa: PLE0604 - all of them are texts

if not TYPE_CHECKING:  # A type checker assumes that a module with such a function has every name.

    def __getattr__(name: str) -> Any:
        """Import a public name."""
        from importlib import import_module  # noqa: PLC0415 - start-up time

        if name not in _MODULE_OF:
            raise AttributeError(f"module 'ccp4hooks' has no attribute {name!r}")
        globals()[name] = vars(import_module(f"ccp4hooks.{_MODULE_OF[name]}"))[name]
        return globals()[name]

    def __dir__() -> list[str]:
        """Return all names, imported or not."""
        return sorted({*globals(), *__all__})
