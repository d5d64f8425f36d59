"""Read files that somebody else may have made, so that no named pipe, device or link is read in their place."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, limit: int) -> bytes:
    """Return the beginning of a file. A named pipe is refused without waiting for somebody who writes into it.

    Args:
        path: The file.
        limit: How much of it is read at most [bytes].

    Raises:
        OSError: The file cannot be read, or it is a link or no regular file.
    """
    with open(path, "rb", opener=_opened) as stream:
        return stream.read(limit)


def size_of(path: Path) -> int:
    """Return the size of a file [bytes].

    Raises:
        OSError: There is no such file, or it is a link or no regular file.
    """
    found = path.lstat()
    _require_regular(found, path)
    return found.st_size


def _require_regular(found: os.stat_result, path: str | Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "It is not a regular file", str(path))


def _opened(path: str, flags: int) -> int:
    more = 0 if sys.platform == "win32" else os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW
    descriptor = os.open(path, flags | more)
    try:
        _require_regular(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
