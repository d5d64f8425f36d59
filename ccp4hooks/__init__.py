"""Hooks around the life of a CCP4i2 job.

The names are imported when they are asked for: the command, and each plugin, pay for what they use.
"""

from typing import TYPE_CHECKING, Any

from ccp4hooks.version import __version__ as __version__

if TYPE_CHECKING:
    from ccp4hooks.aio.nested import NestedJob, run_nested_async
    from ccp4hooks.aio.tasks import execute, in_own_thread, run_opened_async, run_task_async
    from ccp4hooks.errors import (
        BadInputError,
        Ccp4HooksError,
        NotRecordedError,
        PluginError,
        RefusedError,
        StoreAwayError,
        StoreError,
        UnknownNameError,
        UnknownTaskError,
    )
    from ccp4hooks.hookspecs import hookimpl
    from ccp4hooks.i2.file_objects import extract_kpi_values, input_files, kpi_key, output_files, performance_values
    from ccp4hooks.jobs.steps import BroughtIn, Gleaned, has_container, make_script, script_of
    from ccp4hooks.jobs.tracking import Tracked, tracked_job
    from ccp4hooks.maintenance.replay import Upkeep
    from ccp4hooks.model import (
        FileMetadata,
        FileQuery,
        FileUse,
        FinishStatus,
        GleanedFile,
        HeldJob,
        ImportedFile,
        InputFile,
        Job,
        JobRequest,
        JobStatus,
        KnownFile,
        Kpi,
        KpiValue,
        Origin,
        Outcome,
        Problem,
        Progress,
        Project,
        RunResult,
        Severity,
        TaskDescription,
        Timing,
        project_uuid,
    )
    from ccp4hooks.session import Session, open_session, run_job
    from ccp4hooks.settings import Settings, load_settings

__all__ = [
    "BadInputError",
    "BroughtIn",
    "Ccp4HooksError",
    "FileMetadata",
    "FileQuery",
    "FileUse",
    "FinishStatus",
    "Gleaned",
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
    "NestedJob",
    "NotRecordedError",
    "Origin",
    "Outcome",
    "PluginError",
    "Problem",
    "Progress",
    "Project",
    "RefusedError",
    "RunResult",
    "Session",
    "Settings",
    "Severity",
    "StoreAwayError",
    "StoreError",
    "TaskDescription",
    "Timing",
    "Tracked",
    "UnknownNameError",
    "UnknownTaskError",
    "Upkeep",
    "execute",
    "extract_kpi_values",
    "has_container",
    "hookimpl",
    "in_own_thread",
    "input_files",
    "kpi_key",
    "load_settings",
    "make_script",
    "open_session",
    "output_files",
    "performance_values",
    "project_uuid",
    "run_job",
    "run_nested_async",
    "run_opened_async",
    "run_task_async",
    "script_of",
    "tracked_job",
]

if not TYPE_CHECKING:  # A type checker takes a module with such a function for one that has every name.
    _HOMES = (
        "errors",
        "model",
        "hookspecs",
        "settings",
        "i2.file_objects",
        "jobs.steps",
        "maintenance.replay",
        "session",
        "jobs.tracking",
        "aio.tasks",
        "aio.nested",
    )
    """Where the names are looked for, what imports little first."""

    def __getattr__(name: str) -> Any:
        """Import one of the names of `__all__`."""
        from importlib import import_module  # noqa: PLC0415 - start-up time

        for home in _HOMES if name in __all__ else ():
            found = vars(import_module(f"ccp4hooks.{home}"))
            if name in found:
                globals()[name] = found[name]
                return found[name]
        raise AttributeError(f"module 'ccp4hooks' has no attribute {name!r}")

    def __dir__() -> list[str]:
        """Return the names that there are, imported or not."""
        return sorted({*globals(), *__all__})
