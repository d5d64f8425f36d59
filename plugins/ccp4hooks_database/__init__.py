"""The plugin ``database``: record jobs, files and KPIs in CCP4i2's own database.

When the plugin is disabled, jobs get their numbers from their directories, and only the outcome files are written.
Each name is imported on first use, so that importing the plugin starts neither Django nor ccp4i2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccp4hooks_database.api.handler import AsyncDatabaseHandler as AsyncDatabaseHandler
    from ccp4hooks_database.api.operations import glean_all_async as glean_all_async
    from ccp4hooks_database.api.operations import glean_input_file_uses_async as glean_input_file_uses_async
    from ccp4hooks_database.api.operations import glean_output_files_async as glean_output_files_async
    from ccp4hooks_database.api.operations import (
        glean_performance_indicators_async as glean_performance_indicators_async,
    )
    from ccp4hooks_database.api.operations import import_input_files_async as import_input_files_async
    from ccp4hooks_database.api.operations import run_job_async as run_job_async
    from ccp4hooks_database.api.operations import run_nested_jobs_async as run_nested_jobs_async
    from ccp4hooks_database.api.operations import run_pipeline_async as run_pipeline_async
    from ccp4hooks_database.plugin import DatabasePlugin as DatabasePlugin
    from ccp4hooks_database.repository.values import ImportFile as ImportFile
    from ccp4hooks_database.repository.values import InputUse as InputUse
    from ccp4hooks_database.repository.values import JobValue as JobValue
    from ccp4hooks_database.repository.values import OutputFile as OutputFile

_MODULES = {
    "api.handler": ("AsyncDatabaseHandler",),
    "api.operations": (
        "glean_all_async",
        "glean_input_file_uses_async",
        "glean_output_files_async",
        "glean_performance_indicators_async",
        "import_input_files_async",
        "run_job_async",
        "run_nested_jobs_async",
        "run_pipeline_async",
    ),
    "plugin": ("DatabasePlugin",),
    "repository.values": ("ImportFile", "InputUse", "JobValue", "OutputFile"),
}
"""The public names by the module that defines them."""

_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [*sorted(_MODULE_OF)]  # noqa: PLE0604 - all of them are texts

if not TYPE_CHECKING:  # A type checker would accept every name of a module that has such a function.

    def __getattr__(name: str) -> Any:
        """Import a public name."""
        from importlib import import_module  # noqa: PLC0415 - start-up time

        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = vars(import_module(f"{__name__}.{_MODULE_OF[name]}"))[name]
        return globals()[name]

    def __dir__() -> list[str]:
        """Return all names of the module, whether imported yet or not."""
        return sorted({*globals(), *__all__})
