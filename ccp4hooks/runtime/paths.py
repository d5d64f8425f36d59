"""Locate files relative to projects, and create job directories."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.model.numbers import JOB_PREFIX, JOBS_FOLDER, TRASH_FOLDER, JobNumber, folder_index
from ccp4hooks.runtime import os_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ccp4hooks.model import Job, Project

_RESOLVED: ContextVar[dict[str, str] | None] = ContextVar("resolved", default=None)
"""Cache of resolved paths, or None outside of `resolution_cache`."""


def working_directory() -> Path:
    """Return the working directory of this process.

    Raises:
        BadInputError: The directory was removed or cannot be reached, so that no relative path has a meaning.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise BadInputError(
            f"The working directory was removed or cannot be reached ({error.strerror}). Change to another directory "
            "with `cd`, and try again."
        ) from error


def require_directory(project: Project) -> None:
    """Refuse a project whose directory does not exist, so that no second one is made in its place.

    Args:
        project: A project that is recorded, or whose directory was found.

    Raises:
        BadInputError: The directory does not exist.
    """
    if not project.directory.is_dir():
        raise BadInputError(
            f"The directory {project.directory} of the project {project.name!r} does not exist. If it was moved or "
            f"renamed, run `ccp4hooks projects move {project.name} DIR` with its present place. If it is on a disk "
            "that is not mounted, mount the disk. If it was deleted, restore it, or use another project."
        )


def inside(path: Path, project: Project) -> bool:
    """Return whether a path is inside a project after all symbolic links are resolved."""
    return name_in_project(path, project) is not None


def foreign_jobs(path: Path, project: Project) -> Path | None:
    """Return the ``CCP4_JOBS`` directory of another project that contains a path, or None if no such project does.

    CCP4i2 3.0.1 mistakes such a path for the file with the same job number in the current project.
    """
    for folder in Path(os.path.normpath(path.absolute())).parents:
        if folder.name == JOBS_FOLDER:
            return None if inside(folder, project) else folder
    return None


def name_in_project(path: Path, project: Project) -> tuple[str, str] | None:
    """Return the directory relative to the project and the file name of a path, or None if it is outside.

    The job and import directories of the project may be symbolic links to another disk.
    """
    resolved = resolve(path)
    for folder in (project.directory, project.jobs_directory, project.imports_directory):
        root = resolve(folder)
        if resolved == root or resolved.startswith(root.rstrip(os.sep) + os.sep):
            prefix = "" if folder is project.directory else folder.name
            relative = "/".join(filter(None, (prefix, *resolved[len(root) :].replace(os.sep, "/").split("/"))))
            directory, _, name = relative.rpartition("/")
            return directory or ".", name
    return None


@contextmanager
def resolution_cache() -> Iterator[None]:
    """Resolve each file and directory only once inside the block. Paths must not move meanwhile."""
    token = _RESOLVED.set({})
    try:
        yield
    finally:
        _RESOLVED.reset(token)


def resolve(path: Path) -> str:
    """Return a path with all symbolic links resolved."""
    known = _RESOLVED.get()
    return os.path.realpath(path) if known is None else _resolve(os.fspath(path), known)


def _resolve(path: str, known: dict[str, str]) -> str:
    if path not in known:
        folder, name = os.path.split(path)
        if not folder or name in {"", os.curdir, os.pardir}:
            return os.path.realpath(path)
        whole = f"{_resolve(folder, known).rstrip(os.sep)}{os.sep}{name}"
        is_link = os.path.islink(whole)  # noqa: PTH114 - creating a Path is slower than the system call
        known[path] = os.path.realpath(whole) if is_link else whole
    return known[path]


@contextmanager
def jobs_directory(
    project: Project, is_kept: Callable[[], bool] = lambda: False, elsewhere: str = ""
) -> Iterator[Path]:
    """Create the job directory of a project and check that it is writable; remove it if the block raises.

    Args:
        project: The project.
        is_kept: Called after the block has raised; returns whether the directory is needed nevertheless.
        elsewhere: What the user can do instead of writing there, to continue a sentence.

    Raises:
        BadInputError: The directory cannot be created or written to.
    """
    made: list[Path] = []
    try:
        try:
            _make(project.jobs_directory, made)
            # Permission bits are not reliable (read-only mounts, quotas, root), so write a file.
            with tempfile.TemporaryFile(dir=project.jobs_directory) as stream:
                stream.write(b"x")
        except OSError as error:
            raise BadInputError(
                f"Cannot write to the project directory {project.directory}: "
                f"{os_errors.explained(error, elsewhere=elsewhere)}"
            ) from error
        yield project.jobs_directory
    except BaseException:
        for folder in () if is_kept() else reversed(made):
            _remove_if_empty(folder)
        raise


def _make(directory: Path, made: list[Path]) -> None:
    if directory.is_dir():
        return
    _make(directory.parent, made)
    directory.mkdir(exist_ok=True)
    made.append(directory)


def _remove_if_empty(directory: Path) -> None:
    # An error here must not hide the one because of which it is removed.
    with suppress(OSError):
        directory.rmdir()


def sync_names(paths: Iterable[Path]) -> None:
    """Flush the directory entries of files to disk, with one flush per directory.

    Raises:
        BadInputError: The flush failed.
    """
    directory = None
    try:
        for directory in {path.parent for path in paths}:
            sync_directory(directory)
    except OSError as error:
        raise BadInputError(
            f"Cannot write to {directory}: {error.strerror}. {os_errors.os_cure(error, 'Check the disk.')}"
        ) from error


def sync_directory(directory: Path) -> None:
    """Flush the entries of a directory to disk, if the operating system supports it.

    Raises:
        OSError: The flush failed.
    """
    if sys.platform == "win32":
        return  # Windows cannot open a directory for flushing.
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # The file system does not support it.
            raise
    finally:
        os.close(handle)


def remove(job: Job, files: Iterable[Path]) -> None:
    """Remove the directory of a job and the given files, ignoring errors in the job directory."""
    shutil.rmtree(job.directory, ignore_errors=True)
    for path in files:
        path.unlink(missing_ok=True)
    _remove_if_empty(job.project.imports_directory)


def next_free_number(directory: Path, after: Path | None = None) -> int:
    """Create the directory of the next job and return its number.

    Creating the directory reserves the number: if two runs try the same number, one of them takes the next.

    Args:
        directory: Parent of the new directory.
        after: Directory whose job numbers are continued; None for `directory`.
    """
    before = after or directory
    used = (folder_index(path.name) or 0 for path in before.glob(f"{JOB_PREFIX}*"))
    number = 1 + max(used, default=0)
    if (before / TRASH_FOLDER).is_dir():
        number = max(number, 1 + last_deleted(before))
    while not _reserve(directory / f"{JOB_PREFIX}{number}"):
        number += 1
    return number


LAST_DELETED = "last_deleted"
"""Name of the file in the trash with the greatest number of a job that was ever deleted."""


def last_deleted(jobs_directory: Path) -> int:
    """Return the greatest number of a top-level job that was ever deleted, or 0; no other job gets such a number."""
    path = jobs_directory / TRASH_FOLDER / LAST_DELETED
    try:
        text = path.read_text(encoding="ascii") if path.is_file() else ""
    except (OSError, ValueError):
        return 0
    number = JobNumber(text.strip())
    return number.parts[0] if number.is_valid and not number.is_sub_job else 0


def _reserve(directory: Path) -> bool:
    try:
        directory.mkdir()
    except FileExistsError:
        return False
    return True


def make_job_directory(job: Job) -> None:
    """Create the directory of a job unless it exists.

    Raises:
        BadInputError: The directory cannot be created.
    """
    try:
        job.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"Cannot create the job directory {job.directory}: {os_errors.explained(error)}") from error
