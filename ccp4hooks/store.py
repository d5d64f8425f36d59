"""The names for plugins that keep a database of jobs, beside those of `ccp4hooks` itself."""

from ccp4hooks.aio.tasks import in_own_thread
from ccp4hooks.i2.patches import keep_paths
from ccp4hooks.i2.versions import projects_dir as ccp4i2_projects_dir
from ccp4hooks.jobs.scripts.steps import GleanResult, ImportResult, has_container, script_of
from ccp4hooks.jobs.tracking import tracked_job
from ccp4hooks.model.exchange import ProjectRecord
from ccp4hooks.model.files import FileQuery, FileUse
from ccp4hooks.model.jobs import JobRequest, OwnedJob, project_uuid
from ccp4hooks.model.labels import LabelChange
from ccp4hooks.model.numbers import IMPORTS_FOLDER, JobNumber
from ccp4hooks.model.origins import Origin
from ccp4hooks.model.outcomes import Timing
from ccp4hooks.model.plain import plain_text
from ccp4hooks.model.queries import JobQuery
from ccp4hooks.model.trash import FileReader
from ccp4hooks.outcomes.outcome_file import type_fault
from ccp4hooks.runtime.interpreters import run_python
from ccp4hooks.runtime.os_errors import os_cure
from ccp4hooks.runtime.signals import termination_as_interrupt

__all__ = [
    "IMPORTS_FOLDER",
    "FileQuery",
    "FileReader",
    "FileUse",
    "GleanResult",
    "ImportResult",
    "JobNumber",
    "JobQuery",
    "JobRequest",
    "LabelChange",
    "Origin",
    "OwnedJob",
    "ProjectRecord",
    "Timing",
    "ccp4i2_projects_dir",
    "has_container",
    "in_own_thread",
    "keep_paths",
    "os_cure",
    "plain_text",
    "project_uuid",
    "run_python",
    "script_of",
    "termination_as_interrupt",
    "tracked_job",
    "type_fault",
]
