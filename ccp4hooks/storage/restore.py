"""List what is in the trash of projects, restore jobs from it, and remove what nobody wants back."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from uuid import UUID

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.failures import attempt
from ccp4hooks.model import JobNumber, JobStatus, MaintenanceResult, TrashedJob
from ccp4hooks.outcomes import trash
from ccp4hooks.outcomes.trash import Entry, State
from ccp4hooks.runtime import paths, sharing, signals
from ccp4hooks.runtime.directory_locks import locked
from ccp4hooks.runtime.disk_use import disk_use
from ccp4hooks.storage import settling
from ccp4hooks.texts import job_command

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Project


def trashed(session: SessionContext, project: Project) -> tuple[TrashedJob, ...]:
    """Return the jobs in the trash of a project; see `Session.trash`."""
    return tuple(to_purge(session, project, (), None))


def _deleted(project: Project) -> tuple[list[Entry], dict[Path, str]]:
    """Return the entries that can be restored, and what is wrong with damaged ones, by their directory."""
    found, faults = trash.entries(project)
    return [one for one in found if one.state is State.DELETED], faults


def restore(session: SessionContext, project: Project, numbers: Iterable[str]) -> MaintenanceResult:
    """Restore jobs from the trash; see `Session.restore`."""
    paths.require_directory(project)
    settling.settle(session, project)
    found, faults = _deleted(project)
    chosen = [_latest(found, faults, project, number) for number in dict.fromkeys(numbers)]
    session.queries.note_unreadable(faults.values())
    ordered = _ordered(chosen, found)
    for one in ordered:
        _require_free(one)
    problems: list[str] = []
    for one in ordered:
        with signals.deferred():
            problems.extend(_restore_one(session, one))
    tops = [session.queries.outcomes(project, one.trashed.number)[0] for one in chosen]
    return MaintenanceResult(outcomes=tuple(tops), problems=tuple(problems))


def _latest(found: Sequence[Entry], faults: Mapping[Path, str], project: Project, number: str) -> Entry:
    """Return the entry of a job; the latest one if a program without ccp4hooks has used the number again.

    Raises:
        UnknownNameError: The trash has no such job.
        BadInputError: The entry of the job is damaged.
    """
    mine = [one for one in found if one.trashed.number == JobNumber(number).top]
    damaged = [fault for folder, fault in faults.items() if trash.number_of(folder) == number]
    if damaged and not mine:
        raise BadInputError(f"Job {number} in the trash cannot be used: {damaged[0]}")
    if not mine or JobNumber(number).is_sub_job:
        hint = f"`ccp4hooks trash {project.name}` lists the jobs in the trash; a sub-job is there with its job."
        raise UnknownNameError("job", number, (), hint, fault=f"Job {number} is not in the trash of {project.name}")
    return max(mine, key=lambda one: one.trashed.deleted_at)


def _ordered(chosen: Sequence[Entry], found: Sequence[Entry]) -> list[Entry]:
    """Return entries, each after those with the files that it reads; otherwise the one that was deleted last first.

    Raises:
        BadInputError: A job reads a file of another job that stays in the trash.
    """
    owners = {of: one for one in found for of in map(str, (*one.trashed.owns, *one.trashed.imports))}
    for one in chosen:
        needed = [owners[of] for of in map(str, (*one.trashed.needs, *one.trashed.shared)) if of in owners]
        others = [other.trashed.number for other in needed if other not in chosen]
        if others:
            numbers = {number.parts: number for number in (*others, *(entry.trashed.number for entry in chosen))}
            both = job_command("restore", *(numbers[parts] for parts in sorted(numbers)), project=one.project.name)
            raise BadInputError(
                f"Job {one.trashed.number} reads a file of job {others[0]}, which is in the trash, too. Restore both: "
                f"{both}."
            )
    # The job that was deleted last had what the others gave away.
    left, ordered = sorted(chosen, key=lambda one: one.trashed.deleted_at, reverse=True), list[trash.Entry]()
    while left:
        free = (one for one in left if not any(owners.get(str(uuid)) in left for uuid in one.trashed.needs))
        ordered.append(next(free, left[0]))
        left.remove(ordered[-1])
    return ordered


def _require_free(entry: Entry) -> None:
    """Refuse a job whose place is taken, or that this user cannot move.

    Raises:
        BadInputError: The job cannot be restored.
    """
    for path in entry.unnamed():
        raise BadInputError(
            f"Job {entry.trashed.number} cannot be restored: {path} is not in the description of the job, and would be "
            "lost. Move it away first."
        )
    for home, place in entry.moves():
        if os.path.lexists(home) and os.path.lexists(place):
            raise BadInputError(
                f"Job {entry.trashed.number} cannot be restored: {home} exists. Move it away first; the deleted one is "
                f"{place}."
            )
        if not place.is_symlink() and not sharing.is_writable(place):
            raise BadInputError(
                f"Job {entry.trashed.number} cannot be restored: {place} belongs to {sharing.owner_of(place)}, and you "
                "cannot write to it. Ask that user to restore the job."
            )


def _restore_one(session: SessionContext, entry: Entry) -> tuple[str, ...]:
    number = entry.trashed.number
    with entry.lock() as is_mine:
        current = trash.read(entry.project, entry.folder) if is_mine else None
        if current is None or current.state is not State.DELETED:
            raise BadInputError(f"Job {number} is being restored or purged by another process.")
        try:
            return settling.finish_restoration(session, trash.with_state(current, State.RESTORING))
        except OSError as error:
            raise trash.describe_error(
                error,
                f"Job {number} cannot be moved back; `ccp4hooks recover {entry.project.name}` continues later",
            ) from error


# --- removing for good --------------------------------------------------------------------------------------------


def to_purge(
    session: SessionContext, project: Project, numbers: Collection[str], older_than: timedelta | None
) -> list[TrashedJob]:
    """Return the jobs that `purge` would remove.

    Args:
        session: The session.
        project: The project.
        numbers: Numbers of the jobs; empty for all whose entries are not damaged.
        older_than: The shortest time since their deletion; None for all.

    Raises:
        UnknownNameError: The trash has no such job.
    """
    return [one for _, one in _purged(session, project, numbers, older_than)]


def _purged(
    session: SessionContext, project: Project, numbers: Collection[str], older_than: timedelta | None
) -> list[tuple[Path, TrashedJob]]:
    """Return the jobs to remove, each with its directory in the trash; damaged ones only if they are named."""
    before = None if older_than is None else datetime.now(timezone.utc) - older_than
    found, faults = _deleted(project)
    named = {folder for folder in faults if trash.number_of(folder) in numbers}
    for number in numbers:
        if number not in {trash.number_of(folder) for folder in named}:
            _latest(found, {}, project, number)
    session.queries.note_unreadable(fault for folder, fault in faults.items() if folder not in named)
    chosen = [(one.folder, one.trashed) for one in found if not numbers or one.trashed.number in numbers]
    chosen += [(folder, _damaged(folder)) for folder in sorted(named)]
    return [(folder, one) for folder, one in chosen if before is None or one.deleted_at <= before]


def _damaged(folder: Path) -> TrashedJob:
    """Return what is known of a job by its directory in the trash, without its description."""
    state = folder.lstat()
    used = disk_use(folder) if folder.is_dir() and not folder.is_symlink() else None
    return TrashedJob(
        uuid=UUID(folder.name.partition(".")[2]),
        number=trash.number_of(folder),
        task="?",
        title="damaged in the trash",
        status=JobStatus.UNKNOWN,
        deleted_at=datetime.fromtimestamp(state.st_mtime, timezone.utc),
        deleted_by=sharing.owner_of(folder),
        files=0 if used is None else used.files,
        size_bytes=0 if used is None else used.size_bytes,
        recorded=False,
    )


def purge(
    session: SessionContext, project: Project, numbers: Collection[str], older_than: timedelta | None
) -> tuple[TrashedJob, ...]:
    """Remove jobs from the trash for good; see `Session.purge`."""
    settling.settle(session, project)
    done = []
    errors: list[BadInputError] = []
    for folder, one in _purged(session, project, numbers, older_than):
        try:
            with signals.deferred():
                is_removed = _remove(project, folder)
        except OSError as error:
            what = f"Job {one.number} cannot be removed from the trash completely"
            errors.append(trash.describe_error(error, what))
            continue
        if is_removed:
            done.append(one)
    if errors:
        raise errors[0]
    return tuple(done)


def _remove(project: Project, folder: Path) -> bool:
    """Remove a job from the trash unless another process works on it, and return whether that was done.

    Raises:
        OSError: A file cannot be removed.
    """
    if folder.is_symlink() or not folder.is_dir():
        trash.remove_damaged(project, folder)  # Nothing can be locked: the link does not lead to an entry.
        return True
    with locked(folder) as is_mine:
        current = attempt(trash.read, project, folder) if is_mine else None
        if current is None or (isinstance(current, Entry) and current.state is not State.DELETED):
            return False
        trash.remove_damaged(project, folder)
    return True
