"""Single steps of a job's life, for those who take a script through it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import containers, scripts
from ccp4hooks.jobs import inputs, outputs
from ccp4hooks.jobs.active_job import Life
from ccp4hooks.jobs.db_handler import JobHandler
from ccp4hooks.model import FileUse, GleanedFile, ImportedFile, Job, Kpi, Problem
from ccp4hooks.runtime import stdio

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.jobs.run_context import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class GleanResult:
    """What was read off a script's ``outputData``.

    Attributes:
        files: Those that are set and exist.
        kpis: The performance values.
        problems: What came up.
    """

    files: tuple[GleanedFile, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What became of a script's input files.

    Attributes:
        imported: Those from outside.
        uses: Those that were recorded before.
        problems: What came up; nothing of severity `block`.
    """

    imported: tuple[ImportedFile, ...] = ()
    uses: tuple[FileUse, ...] = ()
    problems: tuple[Problem, ...] = ()


def glean_files(run: Run, job: Job, script: Any) -> GleanResult:
    """Read a job's output files through the hooks."""
    return _gleaned(run, job, script, lambda life: GleanResult(files=outputs.files(life)))


def glean_kpis(run: Run, job: Job, script: Any) -> GleanResult:
    """Read a job's performance values through the hooks."""
    return _gleaned(run, job, script, lambda life: GleanResult(kpis=outputs.kpis(life)))


def bring_in(run: Run, job: Job, script: Any) -> ImportResult:
    """Import a script's outside files through the hooks, and note which recorded ones it reads.

    Raises:
        BadInputError: A file cannot be imported, or a plugin objects to it.
    """
    life = _life(run, job, script)
    refusals = inputs.bring_in(life)
    if refusals:
        raise BadInputError(f"Input files of job {job.number} were refused:", refusals)
    return ImportResult(imported=tuple(life.imported), uses=tuple(life.uses), problems=tuple(life.journal.problems))


def file_uses(run: Run, job: Job, script: Any) -> tuple[FileUse, ...]:
    """Return which recorded files a script reads."""
    life = _life(run, job, script)
    inputs.note_uses(life)
    return tuple(life.uses)


def make_script(task: str, name: str = "") -> Any:
    """Return a new ``CPluginScript`` of a task, its parameters at their defaults; nothing is written.

    Args:
        task: TASKNAME, of CCP4i2 or of a plugin of an open session.
        name: For people, the title of its job; empty for the task's name.

    Raises:
        UnknownTaskError: No such task.
        BadInputError: Its module or its def file cannot be read.
    """
    with stdio.output_dropped():
        return scripts.build_script(task, name, Path.cwd())


def has_container(script: Any, name: str) -> bool:
    """Return whether a script has a container of that name, ``"outputData"`` for instance."""
    return name in dict(containers.children(script.container))


def script_of(container: Any) -> Any:
    """Return the script that a container, or the script itself, belongs to.

    Raises:
        BadInputError: It belongs to none.
    """
    obj = container
    while obj is not None and not scripts.is_script(obj):
        obj = obj.parent() if containers.is_a(obj, "CData") else None
    if obj is None:
        raise BadInputError(
            f"This {type(container).__name__} belongs to no script, so its files cannot be resolved. "
            "Pass the container of a CPluginScript, or the script itself."
        )
    return obj


def _gleaned(run: Run, job: Job, script: Any, read: Callable[[Life], GleanResult]) -> GleanResult:
    life = _life(run, job, script)
    found = read(life)
    return GleanResult(files=found.files, kpis=found.kpis, problems=tuple(life.journal.problems))


def _life(run: Run, job: Job, script: Any) -> Life:
    """Return a life that has no beginning and no end, for one step of it."""
    life = Life(run, script, job)
    if not isinstance(scripts.handler_of(script), JobHandler):
        life.bind(JobHandler(run, job.project, life.journal))
    return life
