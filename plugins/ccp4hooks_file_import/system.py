"""Calls of the operating system that differ between systems: open, write and publish a file."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    _READ_FLAGS = os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT
    _CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_BINARY | os.O_NOINHERIT
else:
    # O_NONBLOCK: opening a named pipe must not wait for a writer.
    _READ_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    _CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

# Errors of file systems without hard links (FAT, exFAT, some FUSE and SMB mounts).
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.EMLINK}


def open_source(path: Path) -> int:
    """Open a file for reading and return the descriptor. It never waits, whatever `path` is.

    Raises:
        OSError: The file cannot be opened.
    """
    return os.open(path, _READ_FLAGS)


def create(path: Path) -> int:
    """Create a file that must not exist yet and return the descriptor.

    Raises:
        OSError: The file cannot be created; `FileExistsError` if the name is taken.
    """
    return os.open(path, _CREATE_FLAGS, 0o666)


def write_all(descriptor: int, content: memoryview) -> None:
    """Write all of `content`, even if the system accepts only a part at a time.

    Raises:
        OSError: The content cannot be written.
    """
    while content:
        content = content[os.write(descriptor, content) :]


def read_into(descriptor: int, buffer: memoryview) -> int:
    """Read once into `buffer` and return the number of bytes read, 0 at the end of the file.

    Raises:
        OSError: The file cannot be read.
    """
    if sys.platform == "win32":  # It has no call that reads into a buffer.
        data = os.read(descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)
    return os.readv(descriptor, [buffer])


def is_regular(path: Path, size_bytes: int) -> bool:
    """Return whether `path` is a regular file of exactly that size, and not a symbolic link."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size_bytes


def publish(part: Path, final: Path) -> bool:
    """Give a finished file its final name atomically; return False if the name is taken.

    The temporary name may still exist afterwards.

    Raises:
        OSError: The directory cannot be written.
    """
    try:
        os.link(part, final)
    except FileExistsError:
        # A network file system may have made the link and lost the reply.
        return _same_file(part, final)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return publish_without_links(part, final)
    return True


def publish_without_links(part: Path, final: Path) -> bool:
    """Publish a file without hard links: reserve the name with an empty file, then replace that file.

    Raises:
        OSError: The directory cannot be written. The empty file is removed.
    """
    try:
        os.close(create(final))
    except FileExistsError:
        return False
    try:
        part.replace(final)
    except BaseException:
        final.unlink()
        raise
    return True


def _same_file(one: Path, other: Path) -> bool:
    first, second = one.lstat(), other.lstat()
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino) and first.st_ino != 0
