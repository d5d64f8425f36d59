"""Imports that have not ended: a process that is killed leaves the project imported or not, never a half of it.

The files are unpacked into a hidden directory, which is then renamed to that of the project, and the project is
recorded in one transaction. A file in the directory marks it until then. Its process holds the lock of this file, so
that another process knows whether it is alive. What a dead process has left is removed, unless its database has the
project.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Project
from ccp4hooks.queries.recorded import IMPORT_MARKER
from ccp4hooks.runtime import os_errors, paths
from ccp4hooks.runtime.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.queries.recorded import Queries

PREFIX = ".ccp4hooks_import."
"""Beginning of the name of a directory into which an archive is unpacked."""


@dataclass(slots=True)
class Unfinished:
    """An import that has not ended.

    Attributes:
        project: The project.
        directory: The present directory of its files.
        is_recorded: Whether the project is known to be recorded.
    """

    project: Project
    directory: Path
    is_recorded: bool = False

    def arrive(self) -> None:
        """Give the directory its final name.

        Raises:
            BadInputError: The name is taken.
        """
        for folder, _, _ in os.walk(self.directory):
            paths.sync_directory(type(self.directory)(folder))
        try:
            self.directory.rename(self.project.directory)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise taken(self.project) from error
            raise
        self.directory = self.project.directory
        paths.sync_directory(self.directory.parent)


def taken(project: Project) -> BadInputError:
    """Return the error for a directory that exists."""
    return BadInputError(
        f"{project.directory} exists already. Give the project another name with `--name NEW`, or move the directory "
        "away."
    )


@contextmanager
def begun(queries: Queries, project: Project, database: str) -> Iterator[Unfinished]:
    """Make a directory for the files of a project, and remove it if the project is not recorded in the end.

    Args:
        queries: Finds the recorded project.
        project: The project, with its final directory.
        database: What the settings name as the database.

    Raises:
        BadInputError: The directory cannot be made.
    """
    folder = project.directory.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        directory, lock = _marked(folder, json.dumps({"project": str(project.uuid), "database": _digest(database)}))
    except OSError as error:
        raise BadInputError(f"Cannot write to the projects directory {folder}: {os_errors.explained(error)}") from error
    place = Unfinished(project, directory)
    with lock:
        try:
            yield place
        finally:
            # What cannot be removed now is removed by the next import.
            if place.is_recorded:
                attempt((place.directory / IMPORT_MARKER).unlink)
            else:
                attempt(settle, queries, place.directory, project.uuid)


def _marked(folder: Path, text: str) -> tuple[Path, Lock]:
    """Make a directory with a marker, and hold its lock.

    Another process may take the directory for that of a dead one, until the lock is held, and remove it.
    """
    while True:
        directory = folder / f"{PREFIX}{uuid4().hex}"
        directory.mkdir()
        try:
            lock = _lock_of_new(directory / IMPORT_MARKER, text)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        if lock is not None:
            return directory, lock


def _lock_of_new(marker: Path, text: str) -> Lock | None:
    """Write a marker and return its lock, or None if another process removes its directory."""
    try:
        lock = Lock.acquired(marker, create=True)
        if lock is not None:
            with lock.unless_left():
                marker.write_text(text, encoding="utf-8")
    except FileNotFoundError:
        if not marker.parent.parent.is_dir():
            raise
        return None
    return lock


def settle(queries: Queries, directory: Path, uuid: UUID) -> None:
    """End an import: remove the marker if the project is recorded, and else the directory.

    If the database cannot be read, the directory stays as it is until the next import or recovery.
    """
    known = attempt(_owner_of, queries, directory, uuid)
    if isinstance(known, Failure):
        return
    if known:
        (directory / IMPORT_MARKER).unlink(missing_ok=True)
        return
    # The marker goes last: what is left of the directory after a kill is still marked.
    for entry in directory.iterdir():
        if entry.name != IMPORT_MARKER:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    shutil.rmtree(directory)


def _owner_of(queries: Queries, directory: Path, uuid: UUID) -> bool:
    """Return whether a recorded project has a directory: the imported one, or another that has got it meanwhile."""
    mine = queries.recorded_project(uuid)
    others = queries.recorded_project(directory.name)
    return directory in [one.directory for one in (mine, others) if one is not None]


def clean_up(queries: Queries, projects_dir: Path, database: str) -> None:
    """End the imports of processes that have died, as far as they were made into the same database.

    Args:
        queries: Finds the recorded projects.
        projects_dir: The projects directory.
        database: What the settings name as the database.
    """
    for directory in sorted(projects_dir.glob(f"{PREFIX}*")):
        with suppress(OSError):
            directory.rmdir()  # It is empty if its process was killed before it made the marker.
    for marker in sorted(projects_dir.glob(f"*/{IMPORT_MARKER}")):
        lock = attempt(Lock.acquired, marker)
        if isinstance(lock, Lock):
            with lock:
                attempt(_settle_dead, queries, marker, _digest(database))


def _settle_dead(queries: Queries, marker: Path, database: str) -> None:
    directory = marker.parent
    noted = attempt(_noted, marker)
    if not isinstance(noted, Failure) and noted[1] == database:
        settle(queries, directory, noted[0])
    elif isinstance(noted, Failure) and directory.name.startswith(PREFIX):
        shutil.rmtree(directory)  # Its process was killed before it wrote the marker.


def _noted(marker: Path) -> tuple[UUID, str]:
    noted = json.loads(marker.read_text(encoding="utf-8"))
    return UUID(noted["project"]), str(noted["database"])


def _digest(database: str) -> str:
    """Return a text that tells databases apart and has no password."""
    known = f"{database} {os.environ.get('CCP4I2_HOME', '')}"
    return hashlib.sha256(known.encode(errors="surrogateescape")).hexdigest()
