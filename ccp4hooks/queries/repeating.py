"""Read what is needed to run a job again: its parameters, which job is the latest, and which has the same input."""

from __future__ import annotations

import math
import shlex
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import (
    FileQuery,
    JobNumber,
    JobQuery,
    KnownFile,
    Outcome,
    ParameterSource,
    Problem,
    Project,
    RunResult,
    SavedParameters,
    Severity,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.queries.recorded import known_file
from ccp4hooks.runtime.checksums import md5_of
from ccp4hooks.texts import job_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ccp4hooks.i2.request_values import StoredFile
    from ccp4hooks.model import GleanedFile, ImportedFile, Job
    from ccp4hooks.model.plain import PlainValue
    from ccp4hooks.queries.recorded import Queries

PARAMETER_FILES = ("input_params.xml", "params.xml")
"""The parameters with which a job has begun, and those with which it has ended. CCP4i2 writes only the latter for a
sub-job."""

LAST = "last"
"""The latest top-level job of a project; ``"TASK:last"`` is the latest of a task."""


def number_of(queries: Queries, project: Project, text: str) -> str:
    """Return the number of the job that a user names: the number itself, ``"@last"`` or ``"@TASK:last"``.

    Raises:
        UnknownNameError: The project has no such job, or the text is no number. It says so if it is a project.
    """
    if text.startswith("@"):
        return last_job(queries, project, text.removeprefix("@"))
    if text.rpartition(":")[2] == LAST:
        raise UnknownNameError("job", text, (), f"Did you mean @{text}?")
    if not JobNumber(text).is_valid and isinstance(attempt(queries.find_project, text), Project):
        option = shlex.join(("--project", text))
        raise UnknownNameError(
            "job", text, (), f"{text} is the name of a project, which is given by `{option}`; a job has a number."
        )
    return text


def last_job(queries: Queries, project: Project, text: str) -> str:
    """Return the number of the top-level job that was opened last, whatever its status.

    Args:
        queries: Reads what is recorded.
        project: The project.
        text: ``"last"`` for any task, or ``"TASK:last"``.

    Raises:
        UnknownNameError: The project has no such job.
    """
    task, colon, word = text.rpartition(":")
    hint = f"`ccp4hooks jobs {project.name}` lists the jobs."
    if word != LAST or bool(colon) is not bool(task):
        raise UnknownNameError("job", f"@{text}", (), f"Give a number, @last or @TASK:last. {hint}")
    query = JobQuery(project=project, sub_jobs=False, tasks=(task,) if task else (), keys=(), limit=1)
    found = queries.query(query)
    if not found:
        which = f"no job of the task {task!r}" if task else "no job"
        fault = f"@{text}: the project {project.name!r} has {which}"
        raise UnknownNameError("job", f"@{text}", (), hint, fault=fault)
    return str(found[0].job.number)


# --- parameters -------------------------------------------------------------------------------------------------


def parameters_of(queries: Queries, project: Project, number: str) -> SavedParameters:
    """Return the parameters with which a job has begun; see `Session.saved_parameters`."""
    from ccp4hooks.tasks import saved_parameters  # noqa: PLC0415 - start-up time

    outcome = queries.outcomes(project, number)[0]
    job = outcome.job
    path = next((job.directory / name for name in PARAMETER_FILES if (job.directory / name).is_file()), None)
    if path is None:
        raise BadInputError(
            f"Job {job.number} has no {PARAMETER_FILES[0]} in {job.directory}, so its parameters are not known "
            f"completely. {job_command('show', job.number, '--params', project=project.name)} shows those that are "
            "recorded; give them to `run`."
        )
    said = [one.name for one in outcome.parameters if one.source is not ParameterSource.TASK]
    found = saved_parameters.from_xml(path, job.task, partial(place_of, queries, project), said)
    values = found.values if path.name == PARAMETER_FILES[0] else _before_the_run(found, outcome)
    files = _recorded_files(queries, project, outcome)
    imports = _imports(queries, project, outcome, files)
    changes = (problem for parameter, one, by in imports if (problem := _change_of(parameter, one, by)))
    problems = (*found.problems, *changes)
    return SavedParameters(task=job.task, values=values, secrets=found.secrets, job=job, problems=problems, files=files)


def _recorded_files(queries: Queries, project: Project, outcome: Outcome) -> tuple[KnownFile, ...]:
    """Return the files that a job has imported or read, as far as they are recorded."""
    imported = [known_file(one, outcome.job) for one in outcome.imported]
    used = [attempt(queries.find_file, FileQuery(project=project, uuid=use.file_uuid)) for use in outcome.uses]
    return (*imported, *(one for one in used if isinstance(one, KnownFile)))


def _imports(
    queries: Queries, project: Project, outcome: Outcome, files: Iterable[KnownFile]
) -> Iterator[tuple[str, ImportedFile, Job]]:
    """Yield the imported files that a job reads, each with the parameter and the job that has imported it.

    Args:
        queries: Reads what is recorded.
        project: The project.
        outcome: The outcome of the job.
        files: The recorded files that the job reads.
    """
    for one in outcome.imported:
        yield one.parameter, one, outcome.job
    # Only an imported file has a recorded checksum.
    importers = {one.uuid: one.job_number for one in files if one.md5 and one.job_number}
    found = {
        number: attempt(queries.outcomes, project, number)
        for number in {importers[use.file_uuid]: None for use in outcome.uses if use.file_uuid in importers}
    }
    for use in outcome.uses:
        earlier = found.get(importers.get(use.file_uuid, ""), ())
        for by in () if isinstance(earlier, Failure) else earlier[:1]:
            yield from ((use.parameter, one, by.job) for one in by.imported if one.uuid == use.file_uuid)


def _before_the_run(found: SavedParameters, outcome: Outcome) -> tuple[tuple[str, PlainValue], ...]:
    """Return the parameters with which a script has begun, of those with which it has ended."""
    changed = {one.name: one.replaced for one in outcome.parameters if one.source is ParameterSource.TASK}
    begun = [(name, changed.get(name, value)) for name, value in found.values]
    return tuple((name, value) for name, value in begun if value is not None)


def place_of(queries: Queries, project: Project | None, file: StoredFile) -> Path | None:
    """Return the path of a file as a file object stores it, or None if its project is not known.

    Args:
        queries: Reads what is recorded.
        project: The project in which the parameters were saved, or None if it is not known.
        file: Where the file is.
    """
    uuid, of_project = _uuid(file.uuid), _uuid(file.project)
    if uuid is not None and project is not None:
        known = attempt(queries.find_file, FileQuery(project=project, uuid=uuid))
        if known is not None and not isinstance(known, Failure):
            return known.path
    if project is not None and file.project in ("", str(project.uuid)):
        return file.path(project.directory)
    other = None if of_project is None else attempt(queries.recorded_project, of_project)
    return file.path(None if other is None or isinstance(other, Failure) else other.directory)


def _uuid(text: str) -> UUID | None:
    """Return a UUID that another program may have written, or None if the text is none."""
    found = attempt(UUID, text) if text else None
    return None if isinstance(found, Failure) else found


def _change_of(parameter: str, file: ImportedFile, by: Job) -> Problem | None:
    """Return the problem that the source of an import has changed since, or None if it has not.

    Args:
        parameter: The parameter of the job that reads the copy.
        file: The import.
        by: The job that has imported the file.
    """
    changed = attempt(_has_changed, file)
    if isinstance(changed, Failure) or not changed:
        return None
    name = parameter.partition(".")[2]
    return Problem(
        severity=Severity.WARNING,
        parameter=parameter,
        message=f"{file.source} has changed since job {by.number} imported it. The copy from then is used.",
        path=file.source,
        cure=f"Give {name}={file.source} to use the present file.",
    )


def _has_changed(file: ImportedFile) -> bool:
    status = file.source.stat()
    if datetime.fromtimestamp(status.st_mtime, timezone.utc) == file.modified_at:
        return False
    return md5_of(file.source) != (file.source_md5 or file.md5)


# --- the same input ---------------------------------------------------------------------------------------------


def unchanged(queries: Queries, project: Project, fingerprint: str) -> RunResult | None:
    """Return the result of the latest FINISHED job of a project with a fingerprint and all of its output files.

    Args:
        queries: Reads what is recorded.
        project: The project.
        fingerprint: See `Provenance`; empty for a request that is like no other.

    Returns:
        None if there is no such job.
    """
    for job in queries.unchanged_jobs(project, fingerprint) if fingerprint else ():
        outcomes = queries.outcomes(project, str(job.number))
        ended_s = _ended_s(outcomes[0])
        if all(_is_as_recorded(file, ended_s) for one in outcomes for file in one.files):
            return RunResult(outcomes=outcomes, unchanged=True)
    return None


def _ended_s(outcome: Outcome) -> float:
    """Return the time at which a job had written all of its files [s since 1970].

    The outcome file is written last, and its time comes from the same clock as those of the other files.
    """
    written = attempt((outcome.job.directory / outcome_file.FILE_NAME).stat)
    times = [outcome.finished_at.timestamp()] if outcome.finished_at is not None else []
    return max([*times, *([] if isinstance(written, Failure) else [written.st_mtime])], default=math.inf)


def _is_as_recorded(file: GleanedFile, ended_s: float) -> bool:
    """Return whether an output file has the recorded size, and was not written after its job. It has no checksum."""
    found = attempt(file.path.stat)
    if isinstance(found, Failure):
        return False
    return found.st_size == file.size_bytes and found.st_mtime <= ended_s
