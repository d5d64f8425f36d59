"""Single steps of a job, for callers that process a script manually."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import containers, scripts
from ccp4hooks.jobs import inputs, lifecycle, outputs
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.scripts.db_handler import JobHandler
from ccp4hooks.model import FileUse, GleanedFile, ImportedFile, Job, Kpi, Problem
from ccp4hooks.runtime import stdio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.i2.protocols import Container, Script
    from ccp4hooks.jobs.job_tree import JobTree


@dataclass(frozen=True, slots=True, kw_only=True)
class GleanResult:
    """The files or KPIs extracted from a script's ``outputData``.

    Attributes:
        files: The output files that are set and exist.
        kpis: The KPIs.
        problems: The problems found.
    """

    files: tuple[GleanedFile, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The input files of a script, after the import.

    Attributes:
        imported: Files from outside.
        uses: Files that were recorded before.
        problems: The problems found. None has the severity `block`.
    """

    imported: tuple[ImportedFile, ...] = ()
    uses: tuple[FileUse, ...] = ()
    problems: tuple[Problem, ...] = ()


def glean_files(tree: JobTree, job: Job, script: Script) -> GleanResult:
    """Extract a job's output files through the hooks."""
    with _step(tree, job, script) as active:
        files = outputs.extract_files(active)
    return GleanResult(files=files, problems=tuple(active.journal.problems))


def glean_kpis(tree: JobTree, job: Job, script: Script) -> GleanResult:
    """Extract a job's KPIs through the hooks."""
    with _step(tree, job, script) as active:
        kpis = outputs.extract_kpis(active)
    return GleanResult(kpis=kpis, problems=tuple(active.journal.problems))


def import_files(tree: JobTree, job: Job, script: Script) -> ImportResult:
    """Import the outside files of a script through the hooks, and note the recorded files that it reads.

    Raises:
        BadInputError: A file cannot be imported, or a plugin refuses a file.
    """
    with _step(tree, job, script) as active:
        blocking = inputs.import_files(active)
    if blocking:
        raise BadInputError(f"Input files of job {job.number} were refused:", blocking)
    return ImportResult(
        imported=tuple(active.imported), uses=tuple(active.uses), problems=tuple(active.journal.problems)
    )


def file_uses(tree: JobTree, job: Job, script: Script) -> tuple[FileUse, ...]:
    """Return which recorded files a script reads."""
    with _step(tree, job, script) as active:
        inputs.note_uses(active)
    return tuple(active.uses)


@contextmanager
def _step(tree: JobTree, job: Job, script: Script) -> Iterator[ActiveJob]:
    """Yield a job for one step. The job neither begins nor ends.

    A script without a database handler stays tied to the job, so that CCP4i2 finds its files. One that has a handler,
    which its caller has chosen, gets it back.
    """
    active, handler = ActiveJob(tree.context, job, script), scripts.handler_of(script)
    if isinstance(handler, JobHandler):
        yield active
        return
    with nullcontext() if handler is None else scripts.binding_restored(script):
        lifecycle.bind(active, JobHandler(tree, job.project, active.journal))
        yield active


def make_script(task: str, name: str = "") -> Script:
    """Return a new ``CPluginScript`` of a task whose parameters have their default values. Write nothing.

    Args:
        task: TASKNAME, of CCP4i2 or of a plugin of an open session.
        name: Title of its job for users; if empty, the name of the task is used.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The module or the def file of the task cannot be read.
    """
    with stdio.output_dropped():
        return scripts.build_script(task, name, Path.cwd())


def task_of(script: object) -> str:
    """Return the TASKNAME of a script, or an empty text if it has none or the object is no script."""
    return scripts.task_name(script) if scripts.is_script(script) else ""


def has_container(script: Script, name: str) -> bool:
    """Return whether a script has a container with a name, for instance ``"outputData"``."""
    return name in dict(containers.children(script.container))


def script_of(container: Script | Container) -> Script:
    """Return the script that a container, or the script itself, belongs to.

    Raises:
        BadInputError: The container belongs to no script.
    """
    obj: Any = container
    while obj is not None:
        if scripts.is_script(obj):
            return obj
        obj = obj.parent() if containers.is_a(obj, "CData") else None
    raise BadInputError(
        f"This {type(container).__name__} belongs to no script, so its files cannot be resolved. "
        "Pass the container of a CPluginScript, or the script itself."
    )
