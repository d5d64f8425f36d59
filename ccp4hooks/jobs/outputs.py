"""Read files and performance values off a job that has ended, and write what the GUI shows of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccp4hooks.i2 import containers, error_report, file_objects, scripts
from ccp4hooks.model import GleanedFile, Kpi, Problem, Severity
from ccp4hooks.model.kpis import KEY_LENGTH
from ccp4hooks.plugins.dispatcher import Failure, attempt
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks.jobs.active_job import Life


def files(life: Life) -> tuple[GleanedFile, ...]:
    """Return a job's output files that exist, each with what the core and the plugins know of it.

    A file outside the project is a problem and not returned: nobody could find it by project and name.
    """
    with paths.standing():
        return tuple(_files(life))


def _files(life: Life) -> Iterator[GleanedFile]:
    for parameter, obj in file_objects.file_objects(life.script, "outputData"):
        path = containers.file_path(obj)
        if path is None or not path.is_file():
            continue
        if not paths.inside(path, life.job.project):
            life.note("lies outside the project and is not recorded.", parameter=parameter, path=path)
            continue
        path = _named_by_content(life, parameter, obj, path)
        file = file_objects.output_file(life.job, parameter, obj, path, life.run.core)
        answers = life.run.dispatcher.collect("glean_file", life.journal, job=life.job, script=life.script, file=file)
        life.log("file_gleaned", parameter=parameter, path=path)
        life.run.remember(file.uuid, path)
        life.point(obj, path, file.uuid)
        yield file_objects.merge(file, answers)


def _named_by_content(life: Life, parameter: str, obj: Any, path: Path) -> Path:
    """Rename a model in mmCIF format whose name ends in ``.pdb``, and return where it lies.

    Pipelines choose the name before they know the format; programs go by it, and could not read the file.
    """
    if path.suffix != ".pdb" or not containers.is_mmcif(obj):
        return path
    renamed = path.with_suffix(".cif")
    if renamed.exists():
        life.note(
            f"is in mmCIF format; it keeps its name since {renamed.name} is there already.",
            severity=Severity.INFO,
            parameter=parameter,
            path=path,
        )
        return path
    path.rename(renamed)
    life.point(obj, renamed, None)
    life.log("file_renamed", parameter=parameter, path=renamed, why="mmCIF format")
    return renamed


def kpis(life: Life) -> tuple[Kpi, ...]:
    """Return a job's performance values; what cannot be recorded becomes a problem and costs no other value."""
    kept: dict[str, Kpi] = {}
    for answer in life.run.dispatcher.collect("glean_kpi", life.journal, job=life.job, script=life.script):
        for item in answer.value:
            problem = item if isinstance(item, Problem) else None
            if problem is None and (fault := item.fault(kept)):
                problem = _left_out(item, fault)
            if problem is None:
                kept[item.key] = replace(item, origin=answer.origin)
            else:
                life.journal.add(problem, "glean_kpi", answer.origin)
    return tuple(kept.values())


def _left_out(kpi: Kpi, fault: str) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        message=f"the KPI {str(kpi.key)[:KEY_LENGTH]!r} was left out: {fault}.",
        parameter=kpi.indicator,
    )


def save_for_gui(life: Life) -> None:
    """Write what CCP4i2's GUI reads of a job that has ended: its parameters and its error report."""
    if life.script is None:
        return  # A sub-job that was interrupted before its script was there.
    for name, save in (("params.xml", scripts.save_parameters), ("diagnostic.xml", error_report.save)):
        path = life.job.directory / name
        saved = attempt(save, life.script, path)
        if isinstance(saved, Failure):
            life.note(f"{name} could not be written: {saved.reason}", path=path)
