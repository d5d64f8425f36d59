"""Checksums of files."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 1 << 20
"""Size of the part of a file that is read at once [byte]."""


def md5_of(path: Path) -> str:
    """Return the MD5 checksum of a file, in hexadecimal. CCP4i2 records this checksum of imported files.

    Raises:
        OSError: The file cannot be read, or is no regular file.
    """
    return digest_of(path, "md5")


def digest_of(path: Path, algorithm: str) -> str:
    """Return a checksum of a file, in hexadecimal.

    Args:
        path: The file.
        algorithm: Name of the algorithm, as hashlib takes it.

    Raises:
        OSError: The file cannot be read, or is no regular file.
    """
    import hashlib  # noqa: PLC0415 - it loads OpenSSL

    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb", opener=_opened) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is not a regular file", str(path))
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _opened(path: str, flags: int) -> int:
    """Open a file; a named pipe without waiting for somebody who writes into it."""
    return os.open(path, flags if sys.platform == "win32" else flags | os.O_NONBLOCK | os.O_NOCTTY)


def listing_of(directory: Path) -> list[tuple[str, int, int]]:
    """Return name, size [byte] and modification time [ns] of each file directly in a directory, by name.

    Raises:
        OSError: The directory cannot be read.
    """
    found = ((path.name, path.stat()) for path in sorted(directory.iterdir()) if path.is_file())
    return [(name, status.st_size, status.st_mtime_ns) for name, status in found]
