"""Measure how much of a disk a directory occupies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 512
"""Unit of the number of blocks of a file (POSIX, ``st_blocks``) [byte]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """The space that a directory occupies with everything below it.

    Attributes:
        size_bytes: Space on the disk [byte]. A file with several names is counted once, and so is a link itself; the
            file or directory that a symbolic link denotes is not counted.
        files: Number of files. Directories and symbolic links are not counted.
        unreadable: Number of directories that could not be read, and whose content is not counted.
    """

    size_bytes: int
    files: int
    unreadable: int


def disk_use(directory: Path) -> DiskUse:
    """Return how much space a directory occupies. Its content may change meanwhile.

    Args:
        directory: The directory; if it is a symbolic link, the directory that it denotes is measured. No link in it
            is followed. One that does not exist occupies nothing.
    """
    sizes: dict[tuple[int, int], int] = {}
    files = unreadable = 0
    waiting = [os.fspath(directory)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                found = list(entries)
        except FileNotFoundError:
            continue
        except OSError:
            unreadable += 1
            continue
        for entry in found:
            try:
                status = os.lstat(entry.path)  # DirEntry.stat of Windows does not identify the file.
            except OSError:  # It was removed meanwhile.
                continue
            key = (status.st_dev, status.st_ino)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif key not in sizes and not entry.is_symlink():
                files += 1
            sizes[key] = _space(status)
    return DiskUse(size_bytes=sum(sizes.values()), files=files, unreadable=unreadable)


def _space(status: os.stat_result) -> int:
    try:
        return status.st_blocks * BLOCK
    except AttributeError:  # Windows
        return status.st_size
