"""Extract files and KPIs from a job that has ended, and write the files that CCP4i2's GUI reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, error_report, file_objects, scripts
from ccp4hooks.model import GleanedFile, Kpi, Problem, Severity
from ccp4hooks.model.kpis import KEY_LENGTH
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from ccp4hooks.i2.protocols import DataFile
    from ccp4hooks.jobs.active_job import ActiveJob
    from ccp4hooks.model import FileMetadata
    from ccp4hooks.plugins.dispatcher import Answer


def require_inside(active: ActiveJob) -> None:
    """Refuse a script whose parameters would have it write outside its project; a bare name means the job directory.

    Raises:
        BadInputError: They name such an output file.
    """
    project = active.job.project
    for parameter, obj, path in file_objects.output_objects(active.script):
        absolute = path
        if not path.is_absolute():
            # It would mean the directory in which this process happens to run.
            absolute = active.job.directory / path
            active.point(obj, absolute, None)
        if not paths.inside(absolute, project):
            raise BadInputError(
                f"{parameter}: {absolute} lies outside the project {project.name!r} in {project.directory}, where no "
                "job may write. Take the output's path out of the parameters: it gets one in the job directory."
            )


def extract_files(active: ActiveJob) -> tuple[GleanedFile, ...]:
    """Return the output files of a job that exist, each with what the core and the plugins know of it.

    A file outside the project becomes a problem and is left out: it could not be found by project and name.
    """
    with paths.resolution_cache():
        return tuple(_files(active))


def _files(active: ActiveJob) -> Iterator[GleanedFile]:
    context, job, script = active.context, active.job, active.script
    for parameter, obj, named in file_objects.existing_outputs(script):
        if not paths.inside(named, job.project):
            active.note("lies outside the project and is not recorded.", parameter=parameter, path=named)
            continue
        path = _named_by_content(active, parameter, obj, named)
        file = file_objects.output_file(job, parameter, obj, path, context.core)
        found = context.dispatcher.call(hookspecs.glean_file, active.journal, job=job, script=script, file=file)
        active.log("file_gleaned", parameter=parameter, path=path)
        context.remember(file.uuid, path)
        active.point(obj, path, file.uuid)
        yield merged(file, found.answers)


def merged(file: GleanedFile, answers: Iterable[Answer[FileMetadata]]) -> GleanedFile:
    """Return a file with the metadata that plugins give; a later plugin replaces an earlier one, field by field."""
    extra, origins = dict(file.extra), dict(file.origins)
    fields: dict[str, Any] = {}
    for answer in answers:
        metadata = answer.value
        given = {
            name: value
            for name, value in zip(
                file_objects.METADATA_FIELDS,
                (metadata.file_type, metadata.content_flag, metadata.sub_type, metadata.annotation),
                strict=True,
            )
            if value is not None
        }
        fields.update(given)
        extra.update(metadata.extra)
        origins.update(dict.fromkeys((*given, *metadata.extra), answer.origin))
    return replace(file, **fields, extra=extra, origins=origins)


def _named_by_content(active: ActiveJob, parameter: str, obj: DataFile, path: Path) -> Path:
    """Rename a model in mmCIF format whose name ends in ``.pdb``, and return where it lies.

    Pipelines choose the name before they know the format; programs go by the name, and could not read the file.
    """
    if path.suffix != ".pdb" or not containers.is_mmcif(obj):
        return path
    renamed = path.with_suffix(".cif")
    if renamed.exists():
        active.note(
            f"is in mmCIF format; it keeps its name because {renamed.name} exists already.",
            severity=Severity.INFO,
            parameter=parameter,
            path=path,
        )
        return path
    path.rename(renamed)
    active.point(obj, renamed, None)
    active.log("file_renamed", parameter=parameter, path=renamed, why="mmCIF format")
    return renamed


def extract_kpis(active: ActiveJob) -> tuple[Kpi, ...]:
    """Return the KPIs of a job; one that cannot be recorded becomes a problem and costs no other."""
    kept: dict[str, Kpi] = {}
    dispatcher = active.context.dispatcher
    found = dispatcher.call(hookspecs.glean_kpi, active.journal, job=active.job, script=active.script)
    for answer in found.answers:
        for item in answer.value:
            kpi = _recordable(item, kept)
            if isinstance(kpi, Problem):
                active.journal.add(kpi, "glean_kpi", answer.origin)
            else:
                kept[kpi.key] = replace(kpi, origin=answer.origin)
    return tuple(kept.values())


def _recordable(item: Kpi | Problem, kept: Collection[str]) -> Kpi | Problem:
    """Return an answer as it is, or a problem instead of a KPI that cannot be recorded beside those kept."""
    fault = item.fault(kept) if isinstance(item, Kpi) else ""
    if isinstance(item, Problem) or not fault:
        return item
    return Problem(
        severity=Severity.WARNING,
        message=f"the KPI {str(item.key)[:KEY_LENGTH]!r} was left out: {fault}.",
        parameter=item.indicator,
    )


def save_for_gui(active: ActiveJob) -> None:
    """Write the files that CCP4i2's GUI reads of a job that has ended: its parameters and its error report."""
    for name, save in (("params.xml", scripts.save_parameters), ("diagnostic.xml", error_report.save)):
        path = active.job.directory / name
        saved = attempt(save, active.script, path)
        if isinstance(saved, Failure):
            active.note(f"{name} could not be written: {saved.reason}", path=path)
