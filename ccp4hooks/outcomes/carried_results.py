"""Take the result of a job that has run on a machine without shared files into the directory of the job.

The outcome file comes last, so that the job has ended only when all its other files are there. A process that is killed
before leaves the archive, and the next one begins again.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.outcomes import attempt_files, carried_files, checks, outcome_file
from ccp4hooks.outcomes.job_log import FILE_NAME
from ccp4hooks.outcomes.job_traces import read_traces
from ccp4hooks.runtime import directory_locks, paths, sharing, unfinished, zip_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.model import Job, Outcome

PASSING = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.ETIMEDOUT),
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
    }
)
"""Numbers of the errors of the system that do not depend on the archive, so that a later try may succeed."""


def take_in(job: Job, number: int) -> None:
    """Take the result of an attempt into the job directory if it has arrived. Do nothing if it has not.

    A result that must not be taken in becomes a failure of the attempt.

    Args:
        job: The job.
        number: Number of the attempt. Nothing is done unless it is the latest one of the job.

    Raises:
        OSError: A file cannot be written.
        BadInputError: A file cannot be written, or there is not enough space.
    """
    folder = attempt_files.directory_of(job, number)
    if carried_files.read_note(job, number) is None and not _left(folder):
        return
    with directory_locks.locked(folder, wait=True) as is_mine:
        # Another process may have taken it in meanwhile.
        if is_mine and _is_wanted(job, number):
            _take_in_once(job, number, folder)
        if is_mine and (job.directory / outcome_file.FILE_NAME).exists():
            _remove_taken(job, number, folder)


def _take_in_once(job: Job, number: int, folder: Path) -> None:
    note = carried_files.read_note(job, number)
    if note is None or note.failure or not carried_files.has_arrived(job, number, note):
        return
    taken = attempt(_take_in, job, folder / carried_files.RESULT)
    if not isinstance(taken, Failure):
        return
    if may_pass(taken.error):
        raise taken.error
    failure = carried_files.Note(failure=f"Its result was refused: {taken.reason}")
    carried_files.write_note(folder / carried_files.NOTE, failure)


def may_pass(error: BaseException) -> bool:
    """Return whether what has failed with an error may succeed later with the same archive."""
    if not isinstance(error, Exception):
        return True  # This process ends.
    causes = (error, error.__cause__)
    return any(isinstance(one, OSError) and one.errno in PASSING for one in causes)


def _left(folder: Path) -> list[Path]:
    """Return the directories into which a result was unpacked. Those who hold the lock find no other process there."""
    return list(folder.glob(f".{carried_files.RESULT}.*"))


def _remove_taken(job: Job, number: int, folder: Path) -> None:
    """Remove the archives of a result that was taken in, possibly by a process that was killed then.

    What it was unpacked into goes last: without it, the job has ended here, and the result has come too late.
    """
    left = _left(folder)
    if left:
        carried_files.remove(job, number)
        for one in left:
            shutil.rmtree(one, ignore_errors=True)


def _is_wanted(job: Job, number: int) -> bool:
    """Return whether an attempt is the latest one of a job, and has not ended here."""
    request = read_traces(job).request
    ended = (job.directory / outcome_file.FILE_NAME).exists()
    return request is not None and request.attempt == number and not ended


def _take_in(job: Job, archive: Path) -> None:
    with unfinished.beside(archive, Path.mkdir) as temporary:
        _unpack(job, archive, temporary)
        copy = temporary / carried_files.job_folder(job)
        for outcome in _outcomes(job, archive, temporary, copy):
            place = outcome.job.directory.relative_to(job.directory)
            outcome_file.write(outcome, copy / place)
        _require_room(job, archive, copy)
        _move(copy, job.directory)


def _unpack(job: Job, archive: Path, temporary: Path) -> None:
    with zip_source.opened_zip(
        archive, lambda _: "", "The machine that has sent it has sent something else."
    ) as source:
        entries = source.entries()
        _require_below(job, archive, [one.name for one in entries])
        zip_source.unpack(source, [carried_files.timeless(one) for one in entries], temporary)


def _require_below(job: Job, archive: Path, names: list[str]) -> None:
    folder = f"{carried_files.job_folder(job)}/"
    for name in names:
        first = name[len(folder) :].partition("/")[0]
        # Some file systems take both cases for the same.
        if not name.startswith(folder) or first.casefold() == attempt_files.FOLDER:
            raise zip_source.refused(archive, name, f"which is not in the directory of job {job.number}")


def _require_room(job: Job, archive: Path, copy: Path) -> None:
    """Refuse a directory in whose place is something else here, and a file in whose place is a directory.

    Nothing has been moved yet, so that a result is never taken in by half.
    """
    for where, folders, files in os.walk(copy):
        inside = Path(where).relative_to(copy)
        for name, wanted in {**dict.fromkeys(folders, True), **dict.fromkeys(files, False)}.items():
            place = job.directory / inside / name
            is_directory = place.is_dir() and not place.is_symlink()
            if is_directory != wanted and (place.exists() or place.is_symlink()):
                here = "a directory" if is_directory else "a file or a link"
                raise zip_source.refused(archive, (inside / name).as_posix(), f"but the job has {here} of this name")


def _outcomes(job: Job, archive: Path, temporary: Path, copy: Path) -> Iterator[Outcome]:
    """Yield the outcomes of a job and its sub-jobs as if they had run here. The logs are changed, too.

    Raises:
        BadInputError: An outcome file is missing, invalid, or that of another job.
    """
    top = copy / outcome_file.FILE_NAME
    if not top.is_file():
        raise BadInputError(f"{archive} has no outcome file of job {job.number}.")
    for path in [top, *outcome_file.below(copy)]:
        outcome = checks.read_from_elsewhere(path, temporary)
        there = outcome.job.project
        place = job.directory / path.parent.relative_to(copy)
        moved = outcome_file.relocated(outcome, there, job.project)
        moved = outcome_file.in_project_named(moved, job.project.name)
        if (
            there.uuid != job.project.uuid
            or moved.job.directory != place
            or (path == top) != (moved.job.uuid == job.uuid)
        ):
            raise BadInputError(f"{path.name} in {archive} is not that of job {job.number}.")
        for field, file in checks.project_files(moved):
            if not paths.inside(file, job.project):
                raise checks.invalid(path, field, f"{file} is not in the project {job.project.directory}")
        _relocate_log(path.parent / FILE_NAME, there.directory, job.project.directory)
        yield replace(moved, job=replace(moved.job, project=job.project))


def _relocate_log(path: Path, was: Path, now: Path) -> None:
    if path.is_file():
        path.write_bytes(path.read_bytes().replace(os.fsencode(was), os.fsencode(now)))


def _move(copy: Path, directory: Path) -> None:
    """Move all files of a copy into the job directory, the outcome file last."""
    last = copy / outcome_file.FILE_NAME
    found = [Path(folder, name) for folder, _, names in os.walk(copy) for name in names]
    targets = {directory / path.relative_to(copy): path for path in found if path != last}
    folders = sorted({target.parent for target in targets})
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    if sharing.is_shared(directory):
        for path in (*found, *folders):
            _give_to_group(path)
    for target, path in targets.items():
        path.replace(target)
    for folder in folders:
        paths.sync_directory(folder)
    last.replace(directory / outcome_file.FILE_NAME)
    paths.sync_directory(directory)


def _give_to_group(path: Path) -> None:
    """Let the group that shares a project read and write a file or directory, whatever the umask of this process."""
    mode = path.stat().st_mode
    wanted = stat.S_IRGRP | stat.S_IWGRP | (stat.S_IXGRP if path.is_dir() else 0)
    if mode & wanted != wanted and path.stat().st_uid == os.getuid():
        path.chmod(stat.S_IMODE(mode) | wanted)
