"""Files and directories that get their name when they are complete.

Until then they are beside it, with a name of their own, and locked. What a killed process has left there is removed by
the next process that writes the same name.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from ccp4hooks.runtime.directory_locks import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LONGEST_NAME = 100
"""How much of the final name the temporary name contains [characters]."""


@contextmanager
def beside(path: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    """Make a temporary file or directory beside a path and yield it; whoever completes it renames it.

    If the block raises, it is removed. What dead processes have left is removed first.

    Args:
        path: The final path.
        make: Makes the file or the directory, which does not exist.

    Raises:
        OSError: It cannot be made.
    """
    _remove_left(path)
    temporary, descriptor = _made(path, make)
    try:
        yield temporary
    except BaseException:
        with suppress(OSError):
            _remove(temporary)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _made(path: Path, make: Callable[[Path], object]) -> tuple[Path, int | None]:
    """Return a new temporary file or directory, and the descriptor that locks it, if this system can lock."""
    while True:
        temporary = path.with_name(f".{path.name[:LONGEST_NAME]}.{uuid4().hex}")
        make(temporary)
        if sys.platform == "win32":
            return temporary, None
        with suppress(FileNotFoundError):
            descriptor = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
            lock(descriptor, wait=True)
            # Another process may have taken it for a left one before it was locked, and removed it.
            if _is_at(descriptor, temporary):
                return temporary, descriptor
            os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _remove_left(path: Path) -> None:
    """Remove what processes have left that died while they wrote a path. What cannot be locked or removed stays."""
    if sys.platform == "win32":
        return
    name = re.compile(rf"{re.escape(f'.{path.name[:LONGEST_NAME]}')}\.[0-9a-f]{{32}}")
    try:
        found = [one for one in path.parent.iterdir() if name.fullmatch(one.name)]
    except OSError:
        return
    for one in found:
        with suppress(OSError):
            _remove_unlocked(one)


def _remove_unlocked(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if lock(descriptor, wait=False) and _is_at(descriptor, path):
            _remove(path)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
