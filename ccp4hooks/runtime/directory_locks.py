"""Locks between processes: a directory that one process at a time works on. A process that dies gives them up."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":

    def lock(descriptor: int, *, wait: bool) -> bool | None:
        """Raise: Windows has no such locks, and is asked for none."""
        raise NotImplementedError
else:
    import fcntl

    def lock(descriptor: int, *, wait: bool) -> bool | None:
        """Lock an open file or directory, and return whether that succeeded; None if its file system has no locks.

        Args:
            descriptor: The open file or directory.
            wait: Whether to wait until nobody else has locked it.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True


@contextmanager
def locked(directory: Path, *, wait: bool = False) -> Iterator[bool]:
    """Lock a directory for this block, and tell whether that succeeded.

    It does not if another process or thread has locked the directory, or if the directory does not exist. Windows
    cannot lock a directory, and some network file systems neither: there every existing directory counts as locked.

    Args:
        directory: The directory.
        wait: Whether to wait until the directory is free.
    """
    if sys.platform == "win32":
        yield directory.is_dir()
        return
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield lock(descriptor, wait=wait) is not False and _is_at(descriptor, directory)
    finally:
        os.close(descriptor)


def _is_at(descriptor: int, directory: Path) -> bool:
    """Return whether an open directory still has its name; another process may have removed it in the meantime."""
    try:
        return os.path.samestat(os.fstat(descriptor), directory.stat())
    except FileNotFoundError:
        return False
