"""The trash of a project on the disk: what was deleted with each job, and how far its deletion has come.

Each deleted job has an entry, a directory in ``CCP4_JOBS/.ccp4hooks_trash`` with the job directory, a description, and
what the database had recorded. The imported files that were deleted with it are in
``CCP4_IMPORTED_FILES/.ccp4hooks_trash``: the two directories may be links to different disks, and between disks a file
cannot be moved in one step. A link is moved itself, and nothing that it denotes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Project, TrashedJob
from ccp4hooks.model.numbers import JOB_PREFIX, TRASH_FOLDER, JobNumber
from ccp4hooks.model.plain import LARGEST_WHOLE, plain_text
from ccp4hooks.outcomes import outcome_file, strict_json
from ccp4hooks.outcomes.checks import YEARS
from ccp4hooks.runtime import copies, os_errors, paths
from ccp4hooks.runtime.directory_locks import locked
from ccp4hooks.texts import job_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from ccp4hooks.model import Job

VERSION = 1
"""Version of the description."""

DESCRIPTION = "deleted_job.json"
RECORD = "record.json"
INPUTS = "inputs_of_others.json"
"""What the outcome files of other jobs said of imports that these jobs have kept."""

JOB = "job"
LARGEST_DESCRIPTION = 2**26
"""Size of the largest description that is read [byte]."""

LONGEST_FAULT = 80
"""Number of characters of a wrong value that a message repeats."""

SHOWN_FILES = 5
"""Number of files that a message lists."""

PURGED = ".purged."
"""Beginning of the name of an entry that nobody can restore any more, and that is being removed."""

ENTRY = re.compile(rf"{JOB_PREFIX}[1-9][0-9]*\.[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")
"""Name of an entry: that of the job directory, and the UUID of the job."""


class State(Enum):
    """How far the deletion of a job, or its restoration, has come."""

    DELETING = "deleting"
    DELETED = "deleted"
    RESTORING = "restoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A job in the trash, or on its way to or from it.

    Attributes:
        project: The project, with its present directory.
        state: How far it has come.
        trashed: The job.
    """

    project: Project
    state: State
    trashed: TrashedJob

    @property
    def name(self) -> str:
        """Name of the directory of the entry."""
        return f"{JOB_PREFIX}{self.trashed.number}.{self.trashed.uuid}"

    @property
    def folder(self) -> Path:
        """Directory of the entry."""
        return self.project.jobs_directory / TRASH_FOLDER / self.name

    @property
    def job_directory(self) -> Path:
        """Directory of the job when it is not in the trash."""
        return self.project.job_directory(self.trashed.number)

    def moves(self) -> list[tuple[Path, Path]]:
        """Return the places outside of the trash and in it: of the job directory first, then of the imports."""
        imports = self.project.imports_directory
        return [
            (self.job_directory, self.folder / JOB),
            *((imports / name, imports / TRASH_FOLDER / self.name / name) for name in self.trashed.imports),
        ]

    def unnamed(self) -> list[Path]:
        """Return the imported files in the entry that its description does not name, if somebody has changed it."""
        folder = self.project.imports_directory / TRASH_FOLDER / self.name
        named = {folder / name for name in self.trashed.imports}
        return sorted(path for path in folder.rglob("*") if path not in named and not path.is_dir())

    def lock(self, *, wait: bool = False) -> AbstractContextManager[bool]:
        """Keep other processes from this entry during a block; see `locked`."""
        return locked(self.folder, wait=wait)


# --- reading ------------------------------------------------------------------------------------------------------


def entries(project: Project) -> tuple[list[Entry], dict[Path, str]]:
    """Return the entries of a project by the number of the job, and what is wrong with the others, by their directory.

    An entry that cannot be read hides no other one. Imports whose entry somebody has removed are among the others, with
    their directory.
    """
    found: list[Entry] = []
    faults: dict[Path, str] = {}
    for folder in _folders(project):
        one = attempt(read, project, folder)
        if isinstance(one, Failure):
            faults[folder] = one.reason
        elif one is not None:
            found.append(one)
    faults.update({folder: _without_entry(project, folder) for folder in _orphans(project)})
    return sorted(found, key=lambda one: (one.trashed.number.parts, one.trashed.deleted_at)), faults


def _folders(project: Project) -> Iterator[Path]:
    for name in _names(project.jobs_directory / TRASH_FOLDER):
        if ENTRY.fullmatch(name):
            yield project.jobs_directory / TRASH_FOLDER / name


def _orphans(project: Project) -> Iterator[Path]:
    """Yield the directories of imports in the trash whose entry somebody has removed."""
    entries = project.jobs_directory / TRASH_FOLDER
    for name in _names(project.imports_directory / TRASH_FOLDER):
        folder = project.imports_directory / TRASH_FOLDER / name
        is_known = any(os.path.lexists(entries / f"{prefix}{name}") for prefix in ("", PURGED))
        # Another process may have removed both in the meantime, the imports first.
        if ENTRY.fullmatch(name) and not is_known and os.path.lexists(folder):
            yield folder


def number_of(folder: Path) -> JobNumber:
    """Return the number of the job whose entry, or whose imports, have a directory in the trash."""
    return JobNumber(folder.name.removeprefix(JOB_PREFIX).partition(".")[0])


def _names(folder: Path) -> list[str]:
    try:
        return [] if folder.is_symlink() else sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def read(project: Project, folder: Path) -> Entry | None:
    """Return an entry, or None if it has no description, because its deletion has only begun or is undone.

    Whoever can write to the project can change the description: nothing in it leads out of the project.

    Raises:
        BadInputError: The description cannot be read, or is not that of a job that was deleted here.
    """
    path = folder / DESCRIPTION
    loaded = attempt(_loaded, project, path)
    if isinstance(loaded, Failure) and isinstance(loaded.error, FileNotFoundError):
        _require_no_files(project, folder)
        return None
    entry = loaded if isinstance(loaded, Failure) else attempt(_described, project, loaded)
    if isinstance(entry, Failure):
        raise _damaged_description(project, path, _one_line(entry)) from entry.error
    fault = next(_faults(entry, folder), "")
    if fault:
        raise _damaged_description(project, path, fault)
    return entry


def _damaged_description(project: Project, path: Path, fault: str) -> BadInputError:
    return BadInputError(
        f"{path} is damaged: {fault}. Restore it from a backup; {_if_not_needed(project, path.parent)}"
    )


def _without_entry(project: Project, folder: Path) -> str:
    """Return what is wrong with imports in the trash whose entry somebody has removed."""
    entry = project.jobs_directory / TRASH_FOLDER / folder.name
    files = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if not path.is_dir()]
    named = ", ".join(plain_text(name, LONGEST_FAULT) for name in files[:SHOWN_FILES]) or "no file"
    more = f" and {len(files) - SHOWN_FILES} more" if len(files) > SHOWN_FILES else ""
    return (
        f"{folder} has imports of job {number_of(folder)} ({named}{more}), but {entry} does not exist. Restore that "
        f"directory from a backup, or move what is needed into {project.imports_directory}; "
        f"{_if_not_needed(project, folder)}"
    )


def _if_not_needed(project: Project, folder: Path) -> str:
    purge = job_command("purge", number_of(folder), project=project.name)
    return f"if nobody needs the job, {purge} removes what is left of it."


def _one_line(failure: Failure) -> str:
    if isinstance(failure.error, copies.LinkError):
        return "it is a link or a special file, or below a link"
    if isinstance(failure.error, OSError):
        # Its name may be that of a descriptor.
        return failure.error.strerror or type(failure.error).__name__
    why = str(failure.error) if isinstance(failure.error, ValueError) else failure.reason
    return plain_text(why, 2 * LONGEST_FAULT).rstrip(".")


def _require_no_files(project: Project, folder: Path) -> None:
    """Refuse an entry that has the files of a job, and whose description somebody has removed.

    Raises:
        BadInputError: The entry has such files.
    """
    imports = project.imports_directory / TRASH_FOLDER / folder.name
    if os.path.lexists(folder / JOB) or os.path.lexists(imports):
        raise _damaged_description(project, folder / DESCRIPTION, "it does not exist, but the files of the job do")


def _loaded(project: Project, path: Path) -> Any:
    """Return the data of a description. No link below the directory of jobs is followed."""
    root = project.jobs_directory
    with copies.open_file(root, path.relative_to(root)) as stream:
        content = stream.read(LARGEST_DESCRIPTION + 1)
    if len(content) > LARGEST_DESCRIPTION:
        raise ValueError(f"it is larger than {LARGEST_DESCRIPTION} bytes")
    return strict_json.loads(content.decode())


def _described(project: Project, data: Any) -> Entry:
    """Return the entry that a description describes.

    Raises:
        ValueError: The data do not fit.
    """
    from ccp4hooks.outcomes import json_types  # noqa: PLC0415 - start-up time: it imports msgspec

    fields = data if isinstance(data, dict) else {}
    version = fields.get("version")
    if type(version) is not int or version != VERSION:
        raise ValueError(f"it has version {_shown(version)}, and this ccp4hooks reads version {VERSION} only")
    state = next((one for one in State if one.value == fields.get("state")), None)
    if state is None:
        raise ValueError(f"state: {_shown(fields.get('state'))} is no state of a deletion")
    trashed = json_types.decoded(fields.get("job"), TrashedJob)
    owns, needs = (tuple(UUID(int=one.int) for one in some) for some in (trashed.owns, trashed.needs))
    return Entry(project=project, state=state, trashed=replace(trashed, owns=owns, needs=needs))


def _shown(data: Any) -> str:
    return "nothing" if data is None else plain_text(json.dumps(data), LONGEST_FAULT)


def _faults(entry: Entry, folder: Path) -> Iterator[str]:
    """Yield what is wrong with an entry in a directory."""
    if entry.folder != folder:
        yield "it describes another job"
    yield from _value_faults(entry.trashed)
    yield from _name_faults(entry.trashed)
    if not entry.trashed.recorded and os.path.lexists(folder / RECORD):
        yield f"recorded: it has the record {RECORD}"
    for path in (path for pair in entry.moves() for path in pair):
        if not _is_below(path.parent, entry.project):
            yield f"imports: {path.parent} is a link out of the project"


def _value_faults(one: TrashedJob) -> Iterator[str]:
    if one.deleted_at.year not in YEARS:
        yield f"deleted_at: the year {one.deleted_at.year} is not between {YEARS[0]} and {YEARS[-1]}"
    for name, count in (("files", one.files), ("size_bytes", one.size_bytes)):
        if not 0 <= count <= LARGEST_WHOLE:
            yield f"{name}: the number is negative or too large"
    for number in one.sub_jobs:
        if not number.is_valid or not number.is_below(one.number):
            yield f"sub_jobs: {number[:LONGEST_FAULT]!r} is no sub-job of job {one.number}"


def _name_faults(one: TrashedJob) -> Iterator[str]:
    """Yield the names of imports that are no names of files below a directory, or those of files in its trash."""
    for field, names in (("imports", one.imports), ("shared", one.shared)):
        for name in names:
            is_path = name == os.path.normpath(name) and name not in (".", "..") and not name.startswith(("/", "../"))
            if not is_path or "\0" in name or name.split("/")[0] == TRASH_FOLDER:
                yield f"{field}: {name[:LONGEST_FAULT]!r} is no file of the project"
        if len({*names}) < len(names):
            yield f"{field}: a file occurs twice"


def _is_below(folder: Path, project: Project) -> bool:
    """Return whether no link leads from a directory of jobs or imports to another place; they may be links."""
    root = next(one for one in (project.jobs_directory, project.imports_directory) if folder.is_relative_to(one))
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))


def read_record(entry: Entry) -> bytes | None:
    """Return what the database had recorded of the job; None if no database had.

    Raises:
        BadInputError: It cannot be read.
    """
    if not entry.trashed.recorded:
        return None
    path = entry.folder / RECORD
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error}. Restore it from a backup.") from error


def read_inputs(entry: Entry) -> Any:
    """Return what `write_inputs` has written; an empty dictionary if there is no such file, or it cannot be read."""
    found = attempt(_loaded, entry.project, entry.folder / INPUTS)
    return found if isinstance(found, dict) else {}


# --- writing ------------------------------------------------------------------------------------------------------


def begin(job: Job) -> Path:
    """Make the directory for the entry of a job, and return it.

    Raises:
        BadInputError: The trash of the project is a link.
        OSError: The directory cannot be made.
    """
    trash = job.project.jobs_directory / TRASH_FOLDER
    _require_own(job.project)
    folder = trash / f"{JOB_PREFIX}{job.number}.{job.uuid}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _require_own(project: Project) -> None:
    for folder in (project.jobs_directory, project.imports_directory):
        if (folder / TRASH_FOLDER).is_symlink():
            raise BadInputError(f"{folder / TRASH_FOLDER} is a link, and may lead out of the project. Remove it.")


def write(entry: Entry, record: bytes | None) -> None:
    """Write the description of an entry, and what the database has recorded; both are on the disk at the return.

    Raises:
        OSError: The files cannot be written.
    """
    if record is not None:
        _write(entry, entry.folder / RECORD, record)
    number = entry.trashed.number.parts[0]
    if number > paths.last_deleted(entry.project.jobs_directory):
        _write(entry, entry.folder.parent / paths.LAST_DELETED, str(number).encode())
    _describe(entry)


def write_inputs(entry: Entry, inputs: Any) -> None:
    """Write what the outcome files of other jobs say of imports that they keep, before these files are changed.

    Args:
        entry: The job that had the imports.
        inputs: Plain JSON data by the UUIDs of the other jobs.

    Raises:
        OSError: The file cannot be written.
    """
    _write(entry, entry.folder / INPUTS, json.dumps(inputs).encode())


def _describe(entry: Entry) -> None:
    content = {"version": VERSION, "state": entry.state.value, "job": outcome_file.to_json(entry.trashed)}
    _write(entry, entry.folder / DESCRIPTION, json.dumps(content, indent=1).encode())


def with_state(entry: Entry, state: State) -> Entry:
    """Write that an entry has come to a state, and return it.

    Raises:
        OSError: The file cannot be written.
    """
    changed = replace(entry, state=state)
    _describe(changed)
    return changed


def _write(entry: Entry, path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all.

    The temporary file is in the directory of the entry, which this process has locked. What a process leaves that is
    killed is overwritten by the one that completes its work, or removed with the entry.
    """
    temporary = entry.folder / f".{path.name}.new"
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    paths.sync_directory(path.parent)


# --- moving -------------------------------------------------------------------------------------------------------


def move_out(entry: Entry) -> None:
    """Move the job directory and the imports into the trash, as far as they are not there yet.

    Raises:
        BadInputError: The trash is a link.
        OSError: Something cannot be moved.
    """
    _require_own(entry.project)
    for home, place in entry.moves():
        if os.path.lexists(home) and not os.path.lexists(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            _rename(home, place)


def move_back(entry: Entry) -> None:
    """Move the imports and then the job directory back to their places, as far as they are not there yet.

    Raises:
        BadInputError: A place is taken.
        OSError: Something cannot be moved.
    """
    _require_own(entry.project)
    for home, place in reversed(entry.moves()):
        if not os.path.lexists(place):
            continue
        if os.path.lexists(home):
            raise BadInputError(
                f"{home} exists, so that of job {entry.trashed.number} cannot be moved back there from {place}. Move "
                "it away first."
            )
        home.parent.mkdir(parents=True, exist_ok=True)
        _rename(place, home)


def _rename(source: Path, target: Path) -> None:
    source.rename(target)
    paths.sync_directory(target.parent)
    paths.sync_directory(source.parent)


def remove(entry: Entry) -> None:
    """Remove an entry with everything in it. If this process dies meanwhile, `sweep` removes the rest.

    Raises:
        OSError: A file cannot be removed.
    """
    remove_folder(entry.project, entry.folder)


def remove_folder(project: Project, folder: Path) -> None:
    """Remove the directory of an entry, which may have no description; see `remove`.

    Raises:
        OSError: A file cannot be removed.
    """
    _require_own(project)
    purged = folder.with_name(f"{PURGED}{folder.name}")
    folder.rename(purged)
    paths.sync_directory(folder.parent)
    _remove_purged(project, purged)


def remove_damaged(project: Project, folder: Path) -> None:
    """Remove what is left of a job whose entry is damaged: the directory of the entry, or that of its imports.

    A link is removed itself, and nothing that it denotes.

    Raises:
        BadInputError: The trash is a link.
        OSError: A file cannot be removed.
    """
    if folder.parent.parent == project.jobs_directory:
        remove_folder(project, folder)
    else:
        _require_own(project)
        _remove_tree(folder)
        _remove_if_empty(project)


def _remove_tree(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    elif os.path.lexists(folder):
        folder.unlink()


def _remove_purged(project: Project, purged: Path) -> None:
    _require_own(project)
    for one in (project.imports_directory / TRASH_FOLDER / purged.name.removeprefix(PURGED), purged):
        _remove_tree(one)
    _remove_if_empty(project)


def _remove_if_empty(project: Project) -> None:
    for parent in (project.imports_directory, project.jobs_directory):
        with suppress(OSError):  # It is not empty: the file with the last number stays.
            (parent / TRASH_FOLDER).rmdir()


def sweep(project: Project) -> None:
    """Remove what processes have left that died while they removed an entry, or wrote a file of one.

    Raises:
        OSError: A file cannot be removed.
    """
    trash = project.jobs_directory / TRASH_FOLDER
    names = [one for one in _names(trash) if one.startswith(PURGED) and ENTRY.fullmatch(one.removeprefix(PURGED))]
    for name in names:
        with locked(trash / name) as is_mine:
            if is_mine:
                _remove_purged(project, trash / name)
    for path in (temporary for folder in _folders(project) for temporary in folder.glob(".*.new")):
        with locked(path.parent) as is_mine:
            if is_mine:
                path.unlink(missing_ok=True)
    _remove_if_empty(project)


def unfinished(project: Project) -> list[tuple[Path, Entry | None]]:
    """Return the entries that are neither in the trash nor restored, each with its directory; None for an empty one."""
    found = []
    for folder in _folders(project):
        entry = attempt(read, project, folder)
        if not isinstance(entry, Failure) and (entry is None or entry.state is not State.DELETED):
            found.append((folder, entry))
    return found


def require_kept(path: Path, project: Project) -> None:
    """Refuse a file of a job that is being deleted. Wait for a deletion in another process, which may be refused.

    Raises:
        BadInputError: The job is deleted.
    """
    if not (project.jobs_directory / TRASH_FOLDER).is_dir():
        return
    for _, entry in unfinished(project):
        if entry is None or not _concerns(entry, path):
            continue
        with entry.lock(wait=True):
            pass
        still = [one for _, one in unfinished(project) if one is not None and one.trashed.uuid == entry.trashed.uuid]
        if still or not os.path.lexists(path):
            cure = f"`ccp4hooks recover {project.name}` completes or undoes it." if still else "Choose another file."
            raise BadInputError(f"{path} is a file of job {entry.trashed.number}, which is being deleted. {cure}")


def _concerns(entry: Entry, path: Path) -> bool:
    return any(path == home or home in path.parents for home, _ in entry.moves())


def contents(project: Project) -> dict[UUID, Entry]:
    """Return the entries that a user can restore, by the UUIDs of their files."""
    return {uuid: one for one in entries(project)[0] for uuid in one.trashed.owns}


def unknown_job(project: Project, number: str, *, fault: str = "") -> UnknownNameError:
    """Return the error that a project has no job with a number. It says so if the job is in the trash.

    Args:
        project: The project.
        number: The number of the job, as the user has given it.
        fault: See `UnknownNameError`.
    """
    top = JobNumber(number).top if JobNumber(number).is_valid else ""
    found = attempt(entries, project)
    deleted = (
        set() if isinstance(found, Failure) else {one.trashed.number for one in found[0] if one.state is State.DELETED}
    )
    if top not in deleted:
        # A number that looks like another one is not a misspelling of it.
        return UnknownNameError("job", number, (), f"`ccp4hooks jobs {project.name}` lists the jobs.", fault=fault)
    where, restore = f"Job {top} is in the trash", job_command("restore", top, project=project.name)
    hint = f"{where + '. ' if fault else ''}{restore} brings it back."
    return UnknownNameError("job", number, (), hint, fault=fault or where)


def describe_error(error: OSError, what: str) -> BadInputError:
    """Return the error for something that could not be written or moved.

    Args:
        error: The error.
        what: What could not be done, as the beginning of a sentence.
    """
    return BadInputError(f"{what}: {os_errors.explained(error)}")
