"""The test kit for plugin authors, a pytest plugin that is installed with ccp4hooks.

Importing the kit loads neither CCP4i2 nor Django nor gemmi; only running a task does. The contracts are imported at
their first use, because pytest imports the kit for every test run. This package may import everything in ccp4hooks
except the command line.
"""

from typing import TYPE_CHECKING, Any

from ccp4hooks.testing.fixtures import (
    EntryPoints,
    entry_point,
    hook_file,
    hook_job,
    hook_recorder,
    hook_session,
    memory_database,
    run_task,
)
from ccp4hooks.testing.kit import HookCall, HookRecorder, make_file, make_job, sample
from ccp4hooks.testing.memory_database import MemoryDatabase

if TYPE_CHECKING:
    from ccp4hooks.testing.contracts import (
        EngineContract,
        GleanerContract,
        RuleContract,
        SectionContract,
        SinkContract,
        TaskContract,
        TypeContract,
    )

__all__ = [
    "EngineContract",
    "EntryPoints",
    "GleanerContract",
    "HookCall",
    "HookRecorder",
    "MemoryDatabase",
    "RuleContract",
    "SectionContract",
    "SinkContract",
    "TaskContract",
    "TypeContract",
    "entry_point",
    "hook_file",
    "hook_job",
    "hook_recorder",
    "hook_session",
    "make_file",
    "make_job",
    "memory_database",
    "run_task",
    "sample",
]

if not TYPE_CHECKING:  # A type checker assumes that a module with such a function has every name.

    def __getattr__(name: str) -> Any:
        """Import a contract."""
        if name not in __all__:
            raise AttributeError(f"module 'ccp4hooks.testing' has no attribute {name!r}")
        from ccp4hooks.testing import contracts  # noqa: PLC0415 - start-up time

        globals()[name] = vars(contracts)[name]
        return globals()[name]
