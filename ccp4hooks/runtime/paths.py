"""Where files lie: in the project, in another project's jobs, or outside; making directories without a trace."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.model.numbers import JOB_PREFIX, JOBS_FOLDER, folder_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccp4hooks.model import Job, Project

_RESOLVED: ContextVar[dict[str, str] | None] = ContextVar("resolved", default=None)
"""Where paths really lie, as long as they are taken to stay there."""


def inside(path: Path, project: Project) -> bool:
    """Return whether a path lies in a project, all symbolic links followed."""
    return name_in_project(path, project) is not None


def foreign_jobs(path: Path, project: Project) -> Path | None:
    """Return the other project's ``CCP4_JOBS`` that a path lies in, None if it lies in none.

    CCP4i2 3.0.1 takes such a path for the file of the same job number in the project at hand.
    """
    for folder in Path(os.path.normpath(path.absolute())).parents:
        if folder.name == JOBS_FOLDER:
            return None if inside(folder, project) else folder
    return None


def name_in_project(path: Path, project: Project) -> tuple[str, str] | None:
    """Return (directory relative to the project, name) of a path, None if it lies outside.

    The project's jobs and imports may lie on another disk, behind a symbolic link.
    """
    resolved = real(path)
    for folder in (project.directory, project.jobs_directory, project.imports_directory):
        root = real(folder)
        if resolved == root or resolved.startswith(root.rstrip(os.sep) + os.sep):
            prefix = "" if folder is project.directory else folder.name
            relative = "/".join(filter(None, (prefix, *resolved[len(root) :].replace(os.sep, "/").split("/"))))
            directory, _, name = relative.rpartition("/")
            return directory or ".", name
    return None


@contextmanager
def standing() -> Iterator[None]:
    """Take it that what lies somewhere stays there inside the block: each file and directory is resolved once."""
    token = _RESOLVED.set({})
    try:
        yield
    finally:
        _RESOLVED.reset(token)


def real(path: Path) -> str:
    """Return where a path really lies, all symbolic links followed."""
    known = _RESOLVED.get()
    return os.path.realpath(path) if known is None else _real(os.fspath(path), known)


def _real(path: str, known: dict[str, str]) -> str:
    if path not in known:
        folder, name = os.path.split(path)
        if not folder or name in {"", os.curdir, os.pardir}:
            return os.path.realpath(path)
        whole = f"{_real(folder, known).rstrip(os.sep)}{os.sep}{name}"
        is_link = os.path.islink(whole)  # noqa: PTH114 - a Path costs more than the look
        known[path] = os.path.realpath(whole) if is_link else whole
    return known[path]


@contextmanager
def jobs_directory(project: Project) -> Iterator[Path]:
    """Make sure that a project's jobs can be written; undo what was made if the block raises.

    Raises:
        BadInputError: The directory cannot be made or written to.
    """
    made: list[Path] = []
    try:
        try:
            _make(project.jobs_directory, made)
            # Permission bits do not tell all (read-only mounts, quotas, root): writing does.
            with tempfile.TemporaryFile(dir=project.jobs_directory) as stream:
                stream.write(b"x")
        except OSError as error:
            raise BadInputError(
                f"The project directory {project.directory} cannot be written to: {error.strerror}. "
                "Choose another with --projects-dir, or make room there."
            ) from error
        yield project.jobs_directory
    except BaseException:
        for folder in reversed(made):
            _remove_if_empty(folder)
        raise


def _make(directory: Path, made: list[Path]) -> None:
    if directory.is_dir():
        return
    _make(directory.parent, made)
    directory.mkdir(exist_ok=True)
    made.append(directory)


def _remove_if_empty(directory: Path) -> None:
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()


def sync_names(paths: Iterable[Path]) -> None:
    """Make sure that the names of files are on the disk, with one flush per directory.

    Raises:
        BadInputError: The disk failed.
    """
    directory = None
    try:
        for directory in {path.parent for path in paths}:
            sync_directory(directory)
    except OSError as error:
        raise BadInputError(
            f"{directory} cannot be written to: {error.strerror}. Check the disk it lies on."
        ) from error


def sync_directory(directory: Path) -> None:
    """Make sure that the names in a directory are on the disk, where the system can.

    Raises:
        OSError: The disk failed.
    """
    if sys.platform == "win32":
        return  # It cannot open a directory for that.
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # file systems that have no such call
            raise
    finally:
        os.close(handle)


def remove(job: Job, files: Iterable[Path]) -> None:
    """Remove a job's directory and some files of its project; what cannot be removed stays."""
    shutil.rmtree(job.directory, ignore_errors=True)
    for path in files:
        path.unlink(missing_ok=True)
    _remove_if_empty(job.project.imports_directory)


def next_free_number(directory: Path, after: Path | None = None) -> int:
    """Return the number after that of the last job directory, and make its directory.

    Making it is what claims the number: of two runs at once, one goes on to the next.

    Args:
        directory: Where to make it.
        after: The directory whose numbers are continued; None for the same.
    """
    taken = (folder_index(path.name) or 0 for path in (after or directory).glob(f"{JOB_PREFIX}*"))
    number = 1 + max(taken, default=0)
    while not _claimed(directory / f"{JOB_PREFIX}{number}"):
        number += 1
    return number


def _claimed(directory: Path) -> bool:
    try:
        directory.mkdir()
    except FileExistsError:
        return False
    return True


def make_job_directory(job: Job) -> None:
    """Make a job's directory; one that is there already is taken.

    Raises:
        BadInputError: It cannot be made.
    """
    try:
        job.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"The job directory {job.directory} cannot be made: {error.strerror}.") from error
