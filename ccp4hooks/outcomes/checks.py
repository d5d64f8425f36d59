"""What an outcome file may say, before it is believed: it may come from elsewhere, or have been edited."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks.model import GleanedFile, ImportedFile, Job, Outcome, Project

Fault = tuple[str, str]

LARGEST_INT = 2**31 - 1
"""Largest flag (``IntegerField`` of ``ccp4i2.db.models.File``, ccp4i2 3.0.1)."""

LARGEST_SIZE = 2**63 - 1
"""Largest size of a file [byte]."""

"""Statuses of jobs that have ended; no other has an outcome file."""


def believed(path: Path, project: Project) -> Outcome:
    """Read an outcome file and return what it says of the job in whose directory it lies.

    The job's files and imports must lie in its project, symbolic links followed. Where an import came from, which files
    were read and which a problem is about is only told to people, and may be anywhere.

    Args:
        path: The file.
        project: The project that it lies in.

    Raises:
        BadInputError: It cannot be read, is of a job of another directory, or says what cannot be.
    """
    told = well_formed(path)
    same_project = told.job.project.directory.resolve() == project.directory.resolve()
    if not same_project or told.job.directory.resolve() != path.parent.resolve():
        raise BadInputError(
            f"The outcome file {path} is not believed: it is of a job in {told.job.directory}. "
            "`ccp4hooks replay --from` brings in a job from elsewhere."
        )
    for field, file in own_files(told):
        if not paths.inside(file, told.job.project):
            raise refusal(path, field, f"{file} is not in the project {told.job.project.directory}")
    return told


def well_formed(path: Path) -> Outcome:
    """Read an outcome file whose job may have run elsewhere; every value in it is possible by itself.

    Raises:
        BadInputError: It cannot be read, or says what cannot be.
    """
    told = outcome_file.read(path)
    for field, why in (*_job_faults(told.job), *_value_faults(told), *_end_faults(told)):
        raise refusal(path, field, why)
    return told


def own_files(told: Outcome) -> Iterator[tuple[str, Path]]:
    """Yield (field, path) of what must lie in the job's project."""
    yield from ((f"imported[{n}].path", file.path) for n, file in enumerate(told.imported))
    yield from ((f"files[{n}].path", file.path) for n, file in enumerate(told.files))


def refusal(path: Path, field: str, why: str) -> BadInputError:
    """Return the error that says why an outcome file is not believed."""
    return BadInputError(f"The outcome file {path} is not believed: {field}: {why}.")


def is_plain(path: Path) -> bool:
    """Return whether a path is absolute and has no ``..`` in it.

    >>> from pathlib import Path
    >>> is_plain(Path("/a/b")), is_plain(Path("b")), is_plain(Path("/a/../b"))
    (True, False, False)
    """
    return path.is_absolute() and str(path) == os.path.normpath(path)


def _job_faults(job: Job) -> Iterator[Fault]:
    if not job.number.is_valid:
        yield "job.number", f"{job.number!r} is no job number"
        return
    if not is_plain(job.project.directory):
        yield "job.project.directory", f"{job.project.directory} is no plain absolute path"
    folder = job.project.job_directory(job.number)
    if job.directory != folder:
        yield "job.directory", f"job {job.number} of its project lies in {folder}, not in {job.directory}"


def _value_faults(told: Outcome) -> Iterator[Fault]:
    for n, kpi in enumerate(told.kpis):
        why = kpi.fault([one.key for one in told.kpis[:n]])
        if why:
            yield f"kpis[{n}]", why
    for n, imported in enumerate(told.imported):
        yield from _size_faults(f"imported[{n}]", imported)
        yield from _checksum_faults(f"imported[{n}]", imported)
    for n, file in enumerate(told.files):
        yield from _size_faults(f"files[{n}]", file)
        if file.uuid != told.job.file_uuid("out", file.parameter):
            yield f"files[{n}].uuid", f"{file.uuid} is not the identity of this job's {file.parameter}"


def _size_faults(field: str, file: ImportedFile | GleanedFile) -> Iterator[Fault]:
    if not 0 <= file.size_bytes <= LARGEST_SIZE:
        yield f"{field}.size_bytes", f"{file.size_bytes} is no size of a file"
    for name, flag in (("content_flag", file.content_flag), ("sub_type", file.sub_type)):
        if flag is not None and abs(flag) > LARGEST_INT:
            yield f"{field}.{name}", f"{flag} is too large for a flag"


def _checksum_faults(field: str, file: ImportedFile) -> Iterator[Fault]:
    for name, text, length in (("md5", file.md5, 32), ("sha256", file.sha256, 64)):
        if text and not re.fullmatch(f"[0-9a-f]{{{length}}}", text):
            yield f"{field}.{name}", f"{text[:80]!r} is no checksum"


def _end_faults(told: Outcome) -> Iterator[Fault]:
    if not told.status.is_over:
        yield "status", f"{told.status.name} is no end of a job"
    if told.finished_at is None:
        yield "finished_at", "a job that has ended has a time of its end"
    times = [("created_at", told.created_at), ("started_at", told.started_at), ("finished_at", told.finished_at)]
    times += [(f"imported[{n}].modified_at", file.modified_at) for n, file in enumerate(told.imported)]
    for field, time in times:
        if time is not None and time.tzinfo is None:
            yield field, f"{time} has no time zone"
