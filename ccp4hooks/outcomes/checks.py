"""Checks of an outcome file before its content is used: it may come from elsewhere or may have been edited."""

from __future__ import annotations

import os
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import attempt
from ccp4hooks.model import JobNumber, Outcome, ResultValue
from ccp4hooks.model.parameters import LONGEST_NAME, PLACES
from ccp4hooks.model.plain import LARGEST_SIZE, LARGEST_WHOLE, checksum_fault, number_fault
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ccp4hooks.model import GleanedFile, ImportedFile, Job, ParameterValue, Project, Provenance

YEARS = range(1970, 2201)
"""Years in which a job may have run."""

YEARS_OF_FILES = range(2, 9999)
"""Years of the modification times of files. Nearer to the ends, a time cannot be shown in every time zone."""

Fault = tuple[str, str]
"""The path of a field in the outcome file, and why its value is invalid."""

_TIMES = {name: attrgetter(name) for name in ("created_at", "started_at", "finished_at")}


def read_in_project(path: Path, project: Project) -> Outcome:
    """Read and check the outcome file of a job of a project.

    The output files and the imported copies must be in the project. Symbolic links are followed. The source of an
    import, a file that was only read, and the file that a problem concerns are for display and may be anywhere.

    Args:
        path: The outcome file, in the directory of its job.
        project: The project.

    Raises:
        BadInputError: The file cannot be read, belongs to a job in another directory, or has an invalid value.
    """
    outcome = read_from_elsewhere(path)
    if project.uuid == outcome.job.project.uuid:
        # The project may have been moved or renamed since the job ran.
        outcome = outcome_file.in_directory(outcome, project.directory)
        outcome = outcome_file.in_project_named(outcome, project.name)
    same_project = outcome.job.project.directory.resolve() == project.directory.resolve()
    if not same_project or outcome.job.directory.resolve() != path.parent.resolve():
        raise BadInputError(
            f"Invalid outcome file {path}: it belongs to a job in {outcome.job.directory}. "
            "Use `ccp4hooks replay --from` to adopt a job from elsewhere."
        )
    for field, file in project_files(outcome):
        if not paths.inside(file, outcome.job.project):
            raise invalid(path, field, f"{file} is not in the project {outcome.job.project.directory}")
    return outcome


def valid_outcome(job: Job) -> Outcome | None:
    """Return the outcome in the outcome file of a job, or None if the job has no valid outcome file."""
    path = job.directory / outcome_file.FILE_NAME
    read = attempt(read_in_project, path, job.project) if path.is_file() else None
    return read if isinstance(read, Outcome) and read.job.uuid == job.uuid else None


def read_from_elsewhere(path: Path, root: Path | None = None) -> Outcome:
    """Read an outcome file, possibly of a job that ran elsewhere, and check each value by itself.

    Args:
        path: The outcome file.
        root: A directory above the file, below which no link is followed; None if links may be followed.

    Raises:
        BadInputError: The file cannot be read, or has an invalid value.
    """
    outcome = outcome_file.read(path, root)
    faults = (_job_faults(outcome.job), _time_faults(outcome), _value_faults(outcome), _status_faults(outcome))
    for field, why in chain(*faults):
        raise invalid(path, field, why)
    return outcome


def is_consistent(outcome: Outcome) -> bool:
    """Return whether an outcome file with this outcome would be valid."""
    return not any((*_job_faults(outcome.job), *_value_faults(outcome), *_status_faults(outcome)))


def is_rewritable(recorded: Outcome) -> bool:
    """Return whether `recover` writes the outcome file of a recorded job from the database if the file is missing."""
    return recorded.job.directory.is_dir() and recorded.status.is_over and is_consistent(recorded)


def project_files(outcome: Outcome) -> Iterator[tuple[str, Path]]:
    """Yield the files that must be in the project of the job, each after the path of its field."""
    yield from ((f"imported[{n}].path", file.path) for n, file in enumerate(outcome.imported))
    yield from ((f"files[{n}].path", file.path) for n, file in enumerate(outcome.files))


def invalid(path: Path, field: str, why: str) -> BadInputError:
    """Return the error for an invalid value in an outcome file.

    Args:
        path: The outcome file.
        field: The path of the field in it, for instance ``"files[0].path"``.
        why: Why the value is invalid, without a full stop.
    """
    return BadInputError(f"Invalid outcome file {path}: {field}: {why}.")


def is_normalized(path: Path) -> bool:
    """Return whether a path is absolute and without ``..``.

    >>> from pathlib import Path
    >>> is_normalized(Path("/a/b")), is_normalized(Path("b")), is_normalized(Path("/a/../b"))
    (True, False, False)
    """
    return path.is_absolute() and str(path) == os.path.normpath(path)


def _job_faults(job: Job) -> Iterator[Fault]:
    if not job.number.is_valid:
        yield "job.number", f"{job.number!r} is not a job number"
        return
    if not is_normalized(job.project.directory):
        yield "job.project.directory", f"{job.project.directory} is not an absolute path without '..'"
    expected = job.project.job_directory(job.number)
    if job.directory != expected:
        yield "job.directory", f"the directory of job {job.number} is {expected}, not {job.directory}"


def _time_faults(outcome: Outcome) -> Iterator[Fault]:
    times = {name: (getter(outcome), YEARS) for name, getter in _TIMES.items()}
    times |= {f"imported[{n}].modified_at": (one.modified_at, YEARS_OF_FILES) for n, one in enumerate(outcome.imported)}
    for field, (time, years) in times.items():
        if time is not None and time.year not in years:
            yield field, f"the year {time.year} is not between {years[0]} and {years[-1]}"


def _value_faults(outcome: Outcome) -> Iterator[Fault]:
    for n, kpi in enumerate(outcome.kpis):
        why = kpi.fault([one.key for one in outcome.kpis[:n]])
        if why:
            yield f"kpis[{n}]", why
    yield from _provenance_faults(outcome.provenance)
    yield from _recorded_faults("parameters", outcome.parameters)
    yield from _recorded_faults("results", outcome.results)
    for n, imported in enumerate(outcome.imported):
        yield from _number_faults(f"imported[{n}]", imported)
        yield from _checksum_faults(f"imported[{n}]", imported)
    for n, file in enumerate(outcome.files):
        yield from _number_faults(f"files[{n}]", file)
        if file.uuid != outcome.job.file_uuid("out", file.parameter):
            yield f"files[{n}].uuid", f"{file.uuid} is not the UUID of the output {file.parameter} of this job"


def _provenance_faults(how: Provenance) -> Iterator[Fault]:
    if how.variation_of and not JobNumber(how.variation_of).is_valid:
        yield "provenance.variation_of", f"{how.variation_of[:80]!r} is not a job number"
    fault = checksum_fault("sha256", how.fingerprint)
    if fault:
        yield "provenance.fingerprint", fault.replace("sha256", "fingerprint")


def _recorded_faults(field: str, values: Sequence[ParameterValue | ResultValue]) -> Iterator[Fault]:
    """Yield the faults of parameters or results, which a database has to hold."""
    names: set[tuple[str, str]] = set()
    for n, value in enumerate(values):
        if not 0 < len(value.name) <= LONGEST_NAME:
            yield f"{field}[{n}].name", f"it has {len(value.name)} characters; 1 to {LONGEST_NAME} are allowed"
        if isinstance(value, ResultValue) and value.place not in PLACES:
            yield f"{field}[{n}].place", f"{value.place[:80]!r} is not one of {', '.join(PLACES)}"
        key = (value.place if isinstance(value, ResultValue) else "", value.name)
        if key in names:
            yield f"{field}[{n}].name", f"{value.name[:80]!r} is the name of an earlier value, too"
        names.add(key)
        if isinstance(value.value, int) and abs(value.value) > LARGEST_WHOLE:
            yield f"{field}[{n}].value", f"it has too many digits; whole numbers up to {LARGEST_WHOLE} are allowed"
        if value.size is not None and not 0 <= value.size <= LARGEST_SIZE:
            yield f"{field}[{n}].size", f"{value.size} is not a size"
        fault = checksum_fault("sha256", value.sha256)
        if fault:
            yield f"{field}[{n}].sha256", fault


def _number_faults(field: str, file: ImportedFile | GleanedFile) -> Iterator[Fault]:
    numbers = {"size_bytes": file.size_bytes, "content_flag": file.content_flag, "sub_type": file.sub_type}
    for name, number in numbers.items():
        fault = "" if number is None else number_fault(name, number)
        if fault:
            yield f"{field}.{name}", fault


def _checksum_faults(field: str, file: ImportedFile) -> Iterator[Fault]:
    for name, text in (("md5", file.md5), ("sha256", file.sha256), ("source_md5", file.source_md5)):
        fault = checksum_fault(name, text)
        if fault:
            yield f"{field}.{name}", fault


def _status_faults(outcome: Outcome) -> Iterator[Fault]:
    if not outcome.status.is_over:
        yield "status", f"{outcome.status.name} is not the status of a job that has ended"
    if outcome.finished_at is None:
        yield "finished_at", "a job that has ended must have an end time"
