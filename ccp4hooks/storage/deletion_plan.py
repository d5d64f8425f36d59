"""Find out what is deleted with jobs, and refuse what must not be deleted."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.model import Deletion, FileReader, JobNumber, JobStatus, Outcome, SharedImport
from ccp4hooks.model.numbers import folder_index
from ccp4hooks.model.queries import JobQuery
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import paths, sharing
from ccp4hooks.runtime.disk_use import disk_use
from ccp4hooks.texts import job_command

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import GleanedFile, ImportedFile, OwnedJob, Project

SHOWN = 10
"""Number of jobs that a message lists."""


@dataclass(frozen=True, slots=True)
class Found:
    """A job with its sub-jobs, and the other jobs that read its files.

    Attributes:
        outcomes: The outcome of the job, and those of its sub-jobs.
        readers: The other jobs that read its outputs or imports, by UUID of the file.
    """

    outcomes: tuple[Outcome, ...]
    readers: Mapping[UUID, Sequence[FileReader]]

    def own_imports(self) -> list[ImportedFile]:
        """Return the files that the job has imported itself."""
        return [file for one in self.outcomes for file in one.imported if not file.reused]

    def own_files(self) -> set[UUID]:
        """Return the UUIDs of the outputs and imports."""
        return {file.uuid for one in self.outcomes for file in one.files} | {one.uuid for one in self.own_imports()}

    def needed_by(self) -> set[JobNumber]:
        """Return the top-level jobs that read its outputs."""
        imports = {one.uuid for one in self.own_imports()}
        return {one.job.number.top for uuid, some in self.readers.items() if uuid not in imports for one in some}

    def read_by(self) -> set[JobNumber]:
        """Return the top-level jobs that read its outputs or imports."""
        return {one.job.number.top for some in self.readers.values() for one in some}


class OtherJobs:
    """The jobs of a project that may read the files of jobs to delete, for all jobs of one plan and their deletion.

    The database is asked for its jobs once, and again only after a job directory has appeared. The outcome files are
    read once, and again only after one of them has appeared or has changed.

    Args:
        session: The session.
        project: The project.

    Attributes:
        session: The session.
        project: The project.
    """

    def __init__(self, session: SessionContext, project: Project) -> None:
        self.session = session
        self.project = project
        self._asked: set[int] = set()
        self._recorded: set[str] = set()
        self._files: dict[Path, tuple[int, int]] = {}
        self._read: tuple[Outcome, ...] = ()

    def unrecorded(self) -> list[Outcome]:
        """Return the outcomes of the jobs in the directory of the project that ran without a database."""
        folders = outcome_file.job_directories(self.project.jobs_directory)
        present = {index for index in (folder_index(folder.name) for folder in folders) if index}
        if not present <= self._asked:
            query = JobQuery(project=self.project, sub_jobs=False, keys=())
            self._recorded = {str(one.job.number) for one in self.session.queries.query(query)}
            self._asked = present
        numbers = [str(index) for index in sorted(present) if str(index) not in self._recorded]
        return [one for number in numbers for one in self.session.queries.outcomes_on_disk(self.project, number)]

    def on_disk(self) -> list[Outcome]:
        """Return the outcomes in the outcome files of the project."""
        files = {path: _state(path) for path in outcome_file.below(self.project.jobs_directory)}
        if not files.items() <= self._files.items():
            self._read = self.session.queries.outcomes_on_disk(self.project)
            self._files = files
        return [one for one in self._read if one.job.directory / outcome_file.FILE_NAME in files]


def _state(path: Path) -> tuple[int, int]:
    """Return what differs after a file was written again; nothing of a file that has just been removed."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_ino, found.st_mtime_ns)


def planned(
    session: SessionContext, project: Project, numbers: Iterable[str], *, dependants: bool
) -> tuple[Deletion, ...]:
    """Return what is deleted with some jobs, those first that read files of the others.

    Args:
        session: The session.
        project: The project.
        numbers: Numbers of top-level jobs.
        dependants: Whether the jobs that read their outputs, and so on, are deleted, too. Otherwise `needed_by` of a
            deletion names them, and `require_unneeded` refuses it.

    Raises:
        UnknownNameError: A job does not exist.
        BadInputError: A job is a sub-job, has not ended, or belongs to another user.
    """
    return planned_among(OtherJobs(session, project), numbers, dependants=dependants)


def planned_among(others: OtherJobs, numbers: Iterable[str], *, dependants: bool) -> tuple[Deletion, ...]:
    """Return what `planned` returns, with what is known of the other jobs.

    Raises:
        UnknownNameError: See `planned`.
        BadInputError: See `planned`.
    """
    found: dict[JobNumber, Found] = {}
    waiting = [_top_level(number) for number in dict.fromkeys(numbers)]
    while waiting:
        number = waiting.pop(0)
        if number not in found:
            found[number] = look_at(others, number)
            waiting.extend(sorted(found[number].needed_by()) if dependants else ())
    owned = others.session.queries.owned_jobs(others.project)
    for one in found.values():
        _require_ended(one.outcomes, owned)
        _require_movable(one)
    return tuple(deletion_of(found[number], found) for number in _ordered(found))


def _top_level(number: str) -> JobNumber:
    asked = JobNumber(number)
    if asked.is_sub_job:
        raise BadInputError(f"{number} is a sub-job, and is deleted with its job. Delete job {asked.top}.")
    return asked


def look_at(others: OtherJobs, number: str) -> Found:
    """Return a job with its sub-jobs, and the other jobs that read its files.

    Raises:
        UnknownNameError: The job does not exist.
        BadInputError: A job of another project reads its files.
    """
    outcomes = others.session.queries.summaries(others.project, number)
    bare = Found(outcomes, {})
    mine = {one.job.uuid for one in outcomes}
    readers: defaultdict[UUID, list[FileReader]] = defaultdict(list)
    for reader in _readers(others, bare):
        if reader.job.project.uuid != others.project.uuid:
            raise BadInputError(
                f"Job {number} is not deleted: job {reader.job.number} of the project {reader.job.project.name!r} "
                "reads one of its files. Delete that job first."
            )
        if reader.job.uuid not in mine:
            readers[reader.file_uuid].append(reader)
    return Found(outcomes, readers)


def _readers(others: OtherJobs, bare: Found) -> Iterable[FileReader]:
    """Return the jobs that read the files of a job, or have recorded the same files."""
    session, files = others.session, bare.own_files()
    known = session.dispatcher.call(
        hookspecs.find_readers, session.queries.journal, project=others.project, files=tuple(sorted(files))
    ).value
    if known is not None:
        _require_recorded(_reading(bare, others.unrecorded()), bare)
        return tuple(known)
    return _reading(bare, others.on_disk())


def _reading(bare: Found, others: Iterable[Outcome]) -> list[FileReader]:
    """Return those of other jobs that read the files of a job, or have recorded the same files."""
    files = bare.own_files()
    places = {file.path: file.uuid for one in bare.outcomes for file in _files(one)}
    return [
        FileReader(job=one.job, status=one.status, file_uuid=uuid)
        for one in others
        for uuid in (_used(one) & files) | _same(one, places)
    ]


def _require_recorded(readers: Sequence[FileReader], bare: Found) -> None:
    """Refuse a job whose files are read by jobs that ran without a database, to which no file can be given.

    Raises:
        BadInputError: There are such jobs.
    """
    if readers:
        job = readers[0].job
        replay = job_command("replay", job.number.top, project=job.project.name)
        raise BadInputError(
            f"Job {bare.outcomes[0].job.number.top} is not deleted: job {job.number}, which is not recorded in the "
            f"database, reads one of its files. Run {replay} first, which records it."
        )


def _same(outcome: Outcome, places: Mapping[Path, UUID]) -> set[UUID]:
    """Return the files at some places that a job has recorded, too; without a database, imports are shared so."""
    return {places[file.path] for file in _files(outcome) if file.path in places}


def _files(outcome: Outcome) -> tuple[GleanedFile | ImportedFile, ...]:
    outputs: tuple[GleanedFile | ImportedFile, ...] = outcome.files
    return outputs + outcome.imported


def _used(outcome: Outcome) -> set[UUID]:
    return {use.file_uuid for use in outcome.uses} | {file.uuid for file in outcome.imported if file.reused}


# --- what must not be deleted -------------------------------------------------------------------------------------


def _require_ended(outcomes: Sequence[Outcome], owned: Sequence[OwnedJob]) -> None:
    """Refuse a job that is queued or running, here or anywhere else, or one of whose sub-jobs is.

    Raises:
        BadInputError: The job has not ended.
    """
    by_job = {one.job.uuid: one for one in owned}
    for outcome in outcomes:
        job, status, owner = outcome.job, outcome.status, by_job.get(outcome.job.uuid)
        cancel = job_command("cancel", job.number.top, project=job.project.name)
        if owner is not None and owner.alive:
            raise BadInputError(
                f"Job {job.number} is {status.name} (process {owner.pid} on {owner.host}). Wait until it has ended, or "
                f"run {cancel}."
            )
        if owner is not None:
            raise BadInputError(
                f"Job {job.number} is {status.name}, but its process has died. Run `ccp4hooks recover "
                f"{job.project.name}` first."
            )
        if status.is_running or status is JobStatus.QUEUED:
            raise BadInputError(f"Job {job.number} is {status.name}. Wait until it has ended, or run {cancel}.")


def _require_movable(found: Found) -> None:
    """Refuse a job whose directory or imports this user cannot move.

    Raises:
        BadInputError: A directory belongs to another user, or the directory of the project does not exist.
    """
    job = found.outcomes[0].job
    paths.require_directory(job.project)
    folders = [job.directory, job.project.jobs_directory]
    folders += [file.path.parent for file in found.own_imports() if os.path.lexists(file.path)]
    for folder in dict.fromkeys(folders):
        if not folder.is_symlink() and not sharing.is_writable(folder):
            raise BadInputError(
                f"Job {job.number} cannot be deleted: {folder} belongs to {sharing.owner_of(folder)}, and you cannot "
                "write to it. Ask that user to delete the job."
            )


def require_unneeded(deletions: Iterable[Deletion]) -> None:
    """Refuse deletions of jobs whose outputs a job reads that stays.

    Raises:
        BadInputError: A job is needed.
    """
    for one in deletions:
        if one.needed_by:
            raise BadInputError(
                f"Job {one.job.number} is not deleted: {_listed(one.needed_by)}. Delete "
                f"{'it' if len(one.needed_by) == 1 else 'them'}, too, or give --dependants."
            )


def _listed(numbers: Sequence[JobNumber]) -> str:
    shown = ", ".join(numbers[:SHOWN])
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    return f"job {shown} reads its output" if len(numbers) == 1 else f"the jobs {shown}{more} read its outputs"


# --- the plan -----------------------------------------------------------------------------------------------------


def _ordered(found: Mapping[JobNumber, Found]) -> list[JobNumber]:
    """Return the numbers of jobs, each after the others that read its files; the greatest first, if both are possible.

    Two jobs may read files of each other if one of them was run again.
    """
    left = sorted(found, key=lambda number: number.parts, reverse=True)
    ordered: list[JobNumber] = []
    while left:
        unread = (number for number in left if not found[number].read_by() & {*left} - {number})
        ordered.append(next(unread, left[0]))
        left.remove(ordered[-1])
    return ordered


def deletion_of(found: Found, deleted: Collection[JobNumber]) -> Deletion:
    """Return what is deleted with a job.

    Args:
        found: The job.
        deleted: Numbers of all jobs that are deleted, those that read its files before it.
    """
    top, *below = found.outcomes
    job = top.job
    shared: list[SharedImport] = []
    imports: list[Path] = []
    for file in found.own_imports():
        users = [one.job.number for one in found.readers.get(file.uuid, ()) if one.job.number.top not in deleted]
        if users:
            shared.append(SharedImport(path=file.path, job=min(users, key=lambda number: number.parts)))
        elif _is_movable_import(file.path, job.project):
            imports.append(file.path)
    read_by = sorted(found.needed_by(), key=lambda number: number.parts)
    used = [disk_use(job.directory)] if os.path.lexists(job.directory) and not job.directory.is_symlink() else []
    sizes = [path.lstat().st_size for path in imports]
    return Deletion(
        job=job,
        status=top.status,
        sub_jobs=tuple(one.job for one in below),
        directory_exists=os.path.lexists(job.directory),
        files=sum(one.files for one in used) + len(imports),
        size_bytes=sum(one.size_bytes for one in used) + sum(sizes),
        imports=tuple(imports),
        shared=tuple(shared),
        read_by=tuple(read_by),
        needed_by=tuple(number for number in read_by if number not in deleted),
    )


def _is_movable_import(path: Path, project: Project) -> bool:
    """Return whether an imported file exists in the directory of imports, and not only by a link to a directory."""
    folder = project.imports_directory
    if not path.is_relative_to(folder) or not os.path.lexists(path) or path.is_dir():
        return False
    return path.parent.resolve().is_relative_to(folder.resolve())
