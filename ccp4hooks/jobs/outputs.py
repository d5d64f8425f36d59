"""Extract files and KPIs from a job that has ended, and write the files that CCP4i2's GUI reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, error_report, file_objects, program_xml, recorded_values, scripts
from ccp4hooks.model import GleanedFile, KnownFile, Kpi, Problem, ResultValue, Severity
from ccp4hooks.model.parameters import MOST_VALUES
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from ccp4hooks.i2.protocols import DataFile
    from ccp4hooks.jobs.active_job import ActiveJob
    from ccp4hooks.model import FileMetadata
    from ccp4hooks.plugins.dispatcher import Answer

Recorded = TypeVar("Recorded")


def require_inside(active: ActiveJob) -> None:
    """Refuse a script that would write a file outside its project. A name without a directory means the job directory.

    Raises:
        BadInputError: A parameter names an output file outside the project.
    """
    project = active.job.project
    for parameter, obj, path in file_objects.output_objects(active.script):
        absolute = path
        if not path.is_absolute():
            # CCP4i2 would resolve it in the working directory of this process.
            absolute = active.job.directory / path
            active.point(obj, absolute, None)
        if not paths.inside(absolute, project):
            raise BadInputError(
                f"{parameter}: {absolute} is outside the project {project.name!r} in {project.directory}, where no job "
                "may write. Remove the path of this output from the parameters. "
                "ccp4hooks then writes the file to the job directory."
            )


def extract_files(active: ActiveJob) -> tuple[GleanedFile, ...]:
    """Return the output files of a job that exist, each with the metadata from the core and the plugins.

    A file outside the project becomes a problem and is left out, because CCP4i2 finds a file by project and name.
    """
    with paths.resolution_cache():
        return tuple(_files(active))


def _files(active: ActiveJob) -> Iterator[GleanedFile]:
    context, job, script = active.context, active.job, active.script
    for parameter, obj, named in file_objects.existing_outputs(script):
        if not paths.inside(named, job.project):
            active.note("is outside the project and is not recorded.", parameter=parameter, path=named)
            continue
        path = _named_by_content(active, parameter, obj, named)
        fault = file_objects.read_content_flag(obj)
        if fault:
            active.note(f"{fault}. The file is recorded without it.", parameter=parameter, path=path)
        file = file_objects.output_file(job, parameter, obj, path, context.core)
        found = context.dispatcher.call(hookspecs.glean_file, active.journal, job=job, script=script, file=file)
        active.log("file_gleaned", parameter=parameter, path=path)
        context.remember(KnownFile(uuid=file.uuid, path=path, file_type=file.file_type))
        active.point(obj, path, file.uuid)
        yield merged(file, found.answers)


def merged(file: GleanedFile, answers: Iterable[Answer[FileMetadata]]) -> GleanedFile:
    """Return a file with the metadata from plugins. A later plugin replaces the fields of an earlier one."""
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
    """Rename a model in mmCIF format whose name ends in ``.pdb``, and return its path.

    Pipelines choose the name before they know the format. Programs infer the format from the name, and would fail.
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
    """Return the KPIs of a job. A KPI that cannot be recorded becomes a problem and does not affect the other KPIs."""
    kept: dict[str, Kpi] = {}
    dispatcher = active.context.dispatcher
    found = dispatcher.call(hookspecs.glean_kpi, active.journal, job=active.job, script=active.script)
    for answer in found.answers:
        for item in answer.value:
            kpi = _first_of_its_key(item, kept) if isinstance(item, Kpi) else item
            if isinstance(kpi, Problem):
                active.journal.add(kpi, "glean_kpi", answer.origin)
            else:
                kept[kpi.key] = replace(kpi, origin=answer.origin)
    return tuple(kept.values())


def _first_of_its_key(kpi: Kpi, kept: Collection[str]) -> Kpi | Problem:
    """Return a KPI, or a problem in place of one whose key is in use."""
    if kpi.key not in kept:
        return kpi
    message = f"the KPI {kpi.key!r} was left out: {kpi.fault(kept)}."
    return Problem(severity=Severity.WARNING, message=message, parameter=kpi.indicator)


def extract_results(active: ActiveJob) -> tuple[ResultValue, ...]:
    """Return the results of a job that are neither files nor KPIs: in ``outputData``, and in ``program.xml``.

    What cannot be read becomes a problem.
    """
    read = attempt(recorded_values.read_results, active.script)
    found, faults = ([], [f"its results could not be read: {read.reason}"]) if isinstance(read, Failure) else read
    path = active.job.directory / program_xml.FILE_NAME
    if path.is_file():
        more = attempt(program_xml.read_results, path)
        if isinstance(more, Failure):
            # Many programs write a file that is no XML if they fail.
            active.note(f"its results could not be read: {more.reason}", severity=Severity.INFO, path=path)
        else:
            found = [*found, *more]
    note_faults(active, faults)
    named = {(one.place, one.name): one for one in found}
    return tuple(limited(active, list(named.values()), "results"))


SHOWN_FAULTS = 5
"""Number of values that could not be read of which each becomes a problem."""


def note_faults(active: ActiveJob, faults: Sequence[str]) -> None:
    """Note the values of a script that could not be read."""
    for fault in faults[:SHOWN_FAULTS]:
        active.note(fault)
    if len(faults) > SHOWN_FAULTS:
        active.note(f"{len(faults) - SHOWN_FAULTS} more values could not be read.")


def limited(active: ActiveJob, values: Sequence[Recorded], what: str) -> Sequence[Recorded]:
    """Return the values that are recorded, and note how many are not."""
    if len(values) > MOST_VALUES:
        active.note(
            f"{len(values) - MOST_VALUES} of {len(values)} {what} were not recorded; at most {MOST_VALUES} are. "
            "params.xml has all of them.",
            severity=Severity.INFO,
        )
    return values[:MOST_VALUES]


def save_for_gui(active: ActiveJob) -> None:
    """Write the files of an ended job that CCP4i2's GUI reads: the parameters and the error report."""
    for name, save in (("params.xml", scripts.save_parameters), ("diagnostic.xml", error_report.save)):
        path = active.job.directory / name
        saved = attempt(save, active.script, path)
        if isinstance(saved, Failure):
            active.note(f"{name} could not be written: {saved.reason}", path=path)
