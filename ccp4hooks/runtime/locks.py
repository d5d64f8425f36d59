"""Locks that the operating system releases when a process ends, however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self


class Lock:
    """The lock of a file, which only one process holds. It is released at the end of a ``with`` block.

    Windows cannot rename the directory of a file that is open. There the lock counts as held, and nothing is locked.

    Args:
        descriptor: The open file; None on Windows.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquired(cls, path: Path, *, create: bool = False) -> Lock | None:
        """Return the lock of a file, or None if another process holds it.

        Args:
            path: The file.
            create: Whether to make the file, which must not exist.

        Raises:
            OSError: The file cannot be opened or made.
        """
        descriptor = os.open(path, os.O_RDWR | (os.O_CREAT | os.O_EXCL if create else 0), 0o666)
        if sys.platform == "win32":
            os.close(descriptor)
            return cls(None)
        import fcntl  # noqa: PLC0415 - Windows has no such module

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def __enter__(self) -> Self:
        """Hold the lock."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def unless_left(self) -> Iterator[None]:
        """Release the lock only if the block raises."""
        try:
            yield
        except BaseException:
            self.__exit__()
            raise
