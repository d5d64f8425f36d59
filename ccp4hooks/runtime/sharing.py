"""Directories that a group of users shares: the group can write there, and new files get its group (setgid)."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GROUP = stat.S_IRWXG


def is_shared(directory: Path) -> bool:
    """Return whether a group shares a directory, or the nearest directory above it that exists."""
    for folder in (directory, *directory.parents):
        try:
            mode = folder.stat().st_mode
        except OSError:
            continue
        return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)
    return False


def keep_accessible_to_group(directory: Path) -> None:
    """Let the group that shares a directory read and write what this process and its programs write from now on.

    A umask of 077 would hide a job, and a new database, from the other users of a project. Only a program that works
    for one project may call this function: the umask is one for all threads.
    """
    if sys.platform != "win32" and is_shared(directory):
        os.umask(os.umask(0o777) & ~GROUP)


def limited(made: os.stat_result, source: os.stat_result) -> int:
    """Return the permissions of a copy as it was made, less those that its source does not give the same users.

    If the copy has another group than the source, the group may do what everyone may.

    Args:
        made: The status of the copy. Its owner has all permissions that it was made with.
        source: The status of the source.
    """
    mode = stat.S_IMODE(made.st_mode)
    if sys.platform == "win32" or made.st_gid == source.st_gid:
        return mode
    return mode & (~GROUP | (mode & stat.S_IRWXO) << 3)


def limit_access(path: Path, source: Path) -> None:
    """Give a file that was made from another one no more access than that one, and its owner the right to read it.

    Raises:
        OSError: A file does not exist, or its permissions cannot be changed.
    """
    mode = stat.S_IMODE(path.stat().st_mode) & stat.S_IMODE(source.stat().st_mode)
    path.chmod(mode | stat.S_IRUSR)


def is_writable(directory: Path) -> bool:
    """Return whether this user can write to a directory, or the directory does not exist."""
    return not directory.is_dir() or os.access(directory, os.W_OK | os.X_OK)


def owner_of(path: Path) -> str:
    """Return the name of the user to whom a file or a directory belongs, or "another user" if it is unknown."""
    try:
        return path.owner()
    except (KeyError, OSError, NotImplementedError):
        return _numbered(path)


def _numbered(path: Path) -> str:
    try:
        return f"user {path.stat().st_uid}"
    except OSError:
        return "another user"


def owner_of_process(pid: int) -> str:
    """Return the name of the user who runs a process, the number of a user without a name, or "another user"."""
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

    try:
        name = str(psutil.Process(pid).username())
    except psutil.Error:
        return "another user"
    return f"user {name}" if name.isdigit() else name
