"""Checksums of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 1 << 20
"""Size of the part of a file that is read at once [byte]."""


def md5_of(path: Path) -> str:
    """Return the MD5 checksum of a file, in hexadecimal. CCP4i2 records this checksum of imported files.

    Raises:
        OSError: The file cannot be read.
    """
    import hashlib  # noqa: PLC0415 - it loads OpenSSL

    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def listing_of(directory: Path) -> list[tuple[str, int, int]]:
    """Return name, size [byte] and modification time [ns] of each file directly in a directory, by name.

    Raises:
        OSError: The directory cannot be read.
    """
    found = ((path.name, path.stat()) for path in sorted(directory.iterdir()) if path.is_file())
    return [(name, status.st_size, status.st_mtime_ns) for name, status in found]
