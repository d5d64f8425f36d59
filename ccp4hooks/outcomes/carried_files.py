"""What travels between the side that submits a job and a machine that shares no files with it.

On the side that submits, all of it is in the directory of the attempt. An archive gets there by a transport of the
site, which may stop in the middle. So a small note follows it, with its size and its checksum: without the note, or
with an archive that does not fit to it, nothing has arrived.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Job
from ccp4hooks.model.numbers import JOBS_FOLDER
from ccp4hooks.model.plain import plain_text
from ccp4hooks.outcomes import attempt_files, outcome_file
from ccp4hooks.outcomes.project_members import Member, members_at, members_below, roots_of
from ccp4hooks.runtime import archive_target, paths, regular_files, zip_source
from ccp4hooks.runtime.checksums import digest_of
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.model import Project
    from ccp4hooks.runtime.zip_source import Entry

INPUT, RESULT, NOTE = "input.zip", "result.zip", "result.json"
"""Names of the archive that the machine fetches, of the one that it sends, and of the note about that one."""

GONE = "gone"
"""Name of an empty file, which exists since the engine has said for the first time that the job is gone."""

MANIFEST = "ccp4hooks_carried.json"
"""Name of the member of the first archive that says which job it has."""

FORMAT = 1
"""Version of the format of the archives and the note."""

LARGEST = 100_000
"""Size of the largest manifest or note that is read [byte]."""

LONGEST = 2000
"""How much of the reason of a failure is kept [characters]."""


def job_folder(job: Job) -> str:
    """Return the name of the directory of a job in an archive."""
    return f"{JOBS_FOLDER}/{job.directory.name}"


# --- the archives -----------------------------------------------------------------------------------------------


def write_input(job: Job, number: int, inputs: Iterable[Path]) -> list[str]:
    """Write the archive that a machine needs to run an attempt, and return what it lacks, one line each.

    It has the job directory, without the files of attempts, and the given files.

    Args:
        job: The job.
        number: Number of the attempt.
        inputs: Files and directories of the project that the job reads.

    Raises:
        BadInputError: A file is not in the project, or the archive cannot be written.
    """
    left_out: list[str] = []
    roots = roots_of(job.project)
    found = {one.name: one for one in _job_members(job, left_out)}
    for path in inputs:
        place = _place(path, job.project)
        some = members_below if path.is_dir() else members_at
        found |= {one.name: one for one in some(place, path.resolve(), roots, left_out)}
    path = attempt_files.directory_of(job, number) / INPUT
    attempted = attempt(path.parent.mkdir, parents=True, exist_ok=True)
    if isinstance(attempted, Failure):
        raise BadInputError(f"{path} cannot be written: {attempted.reason}") from attempted.error
    manifest = {
        "format": FORMAT,
        "version": __version__,
        "attempt": number,
        "job": outcome_file.to_json(job),
    }
    _pack(path, list(found.values()), json.dumps(manifest))
    return left_out


def write_result(job: Job, path: Path) -> list[str]:
    """Write the archive with the directory of a job that has run, and return what it lacks, one line each.

    Raises:
        BadInputError: It cannot be written.
    """
    left_out: list[str] = []
    _pack(path, list(_job_members(job, left_out)), "")
    return left_out


def _job_members(job: Job, left_out: list[str]) -> Iterable[Member]:
    folder, roots = job_folder(job), roots_of(job.project)
    kept = f"{folder}/{attempt_files.FOLDER}/"
    members = members_below(folder, roots[JOBS_FOLDER] / job.directory.name, roots, left_out)
    return [one for one in members if not one.name.startswith(kept)]


def _place(path: Path, project: Project) -> str:
    """Return the place of a file in the project, with slashes.

    Raises:
        BadInputError: It is not in the project.
    """
    found = paths.name_in_project(path, project)
    if found is None:
        raise BadInputError(
            f"{path} is not in the directory of the project {project.name!r}, and only files of the project are "
            "carried to another machine. Import the file, or use an engine whose machines share files."
        )
    folder, name = found
    return name if folder == "." else f"{folder}/{name}"


def _pack(path: Path, members: list[Member], manifest: str) -> None:
    """Write an archive. It is not compressed if it would look like one that was made to fill a disk.

    Raises:
        BadInputError: It cannot be written.
    """
    size = sum(one.path.stat().st_size for one in members)
    for compression in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        with archive_target.zip_file(path, compression) as target:
            if manifest:
                target.add(MANIFEST, io.BytesIO(manifest.encode()))
            _add(target, members)
        if size <= max(zip_source.SMALL, path.stat().st_size * zip_source.LARGEST_RATIO):
            return
        path.unlink()


def _add(target: archive_target.Target, members: list[Member]) -> None:
    for one in members:
        with one.open() as stream:
            target.add(one.name, stream)


def read_input(archive: Path, uuid: UUID, number: int, directory: Path) -> Job:
    """Unpack the archive of an attempt into a new directory, and return the job as it is there.

    Args:
        archive: The archive.
        uuid: UUID of the job.
        number: Number of the attempt.
        directory: The directory for the project. It exists.

    Raises:
        BadInputError: The archive is damaged, has another job, or was made by another version of ccp4hooks, or there is
            not enough space.
    """
    with zip_source.opened_zip(archive, lambda _: "", "Submit the job again.") as source:
        entries = source.entries()
        text = zip_source.read_bytes(source, MANIFEST, LARGEST) if MANIFEST in {one.name for one in entries} else b""
        job = _job_of(attempt(json.loads, text), uuid, number)
        project = replace(job.project, directory=directory)
        zip_source.unpack(source, [timeless(one) for one in entries if one.name != MANIFEST], directory)
    return replace(job, project=project, directory=project.job_directory(job.number))


def _job_of(manifest: Any, uuid: UUID, number: int) -> Job:
    content = manifest if isinstance(manifest, dict) else {}
    if content.get("version") != __version__:
        raise BadInputError(
            f"The job was submitted by ccp4hooks {plain_text(str(content.get('version')), 40)}, but this machine has "
            f"{__version__}. Install the same version on both."
        )
    job = outcome_file.from_json(content.get("job"), Job)
    if job is None or job.uuid != uuid or content.get("attempt") != number or not job.number.is_valid:
        raise BadInputError(f"The archive has not attempt {number} of the job with the UUID {uuid}.")
    return job


def timeless(entry: Entry) -> Entry:
    """Return a file of an archive without the time of its modification, which counts in the zone of another machine."""
    return replace(entry, modified_s=None)


# --- the note ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a machine says of the end of an attempt.

    Attributes:
        size_bytes: Size of the archive with the result [bytes].
        sha256: Checksum of this archive.
        failure: Why there is no such archive; empty if there is one.
    """

    size_bytes: int = 0
    sha256: str = ""
    failure: str = ""


def note_about(archive: Path) -> Note:
    """Return the note about an archive with a result."""
    return Note(size_bytes=archive.stat().st_size, sha256=digest_of(archive, "sha256"))


def write_note(path: Path, note: Note) -> None:
    """Write a note."""
    short = replace(note, failure=plain_text(note.failure, LONGEST))
    path.write_text(json.dumps({"format": FORMAT, **outcome_file.to_json(short)}), encoding="utf-8")


def read_note(job: Job, number: int) -> Note | None:
    """Return what a machine says of the end of an attempt, or None if it has not said it, or not yet to the end."""
    found = attempt(_read_note, attempt_files.directory_of(job, number) / NOTE)
    return None if isinstance(found, Failure) else found


def _read_note(path: Path) -> Note:
    content = json.loads(regular_files.read(path, LARGEST))
    note = outcome_file.from_json({one: content[one] for one in ("size_bytes", "sha256", "failure")}, Note)
    if note is None or content["format"] != FORMAT:
        raise TypeError(f"{path} has another content.")
    return note


def has_arrived(job: Job, number: int, note: Note) -> bool:
    """Return whether the archive with the result of an attempt is the one about which its note is."""
    path = attempt_files.directory_of(job, number) / RESULT
    if attempt(regular_files.size_of, path) != note.size_bytes:
        return False
    return attempt(digest_of, path, "sha256") == note.sha256


def missing_result(job: Job, number: int) -> str:
    """Return why an attempt has no result, as a sentence, or an empty text if nothing is known about it."""
    note = read_note(job, number)
    if note is None:
        return ""
    return (
        note.failure or f"The archive with its result did not arrive whole: it should have {note.size_bytes:,} bytes."
    )


# --- the job is gone --------------------------------------------------------------------------------------------


def note_gone(job: Job, number: int, *, gone: bool) -> None:
    """Note whether the engine of an attempt has it any more."""
    path = attempt_files.directory_of(job, number) / GONE
    if gone and not path.exists():
        path.touch()
    elif not gone:
        path.unlink(missing_ok=True)


def gone_s(job: Job, number: int) -> float:
    """Return for how long an attempt is known to be gone, by the clock of the file system [s]; 0 if it is not."""
    age = attempt(attempt_files.age_s, attempt_files.directory_of(job, number) / GONE)
    return 0.0 if isinstance(age, Failure) else age


def remove(job: Job, number: int, *names: str) -> None:
    """Remove files of an attempt that has ended: those of some names, or all. What cannot be removed stays."""
    for name in names or (NOTE, RESULT, INPUT, GONE):
        attempt((attempt_files.directory_of(job, number) / name).unlink, missing_ok=True)
