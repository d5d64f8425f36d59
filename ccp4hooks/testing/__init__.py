"""The test kit for plugin authors, a pytest plugin that is installed with ccp4hooks.

Importing the kit loads neither CCP4i2 nor Django nor gemmi; only running a task does. This package may import
everything in ccp4hooks except the command line.
"""

from ccp4hooks.testing.contracts import (
    EngineContract,
    GleanerContract,
    RuleContract,
    SectionContract,
    SinkContract,
    TaskContract,
)
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
