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


def create(path: Path, mode: int) -> int:
    """Create a file that must not exist yet and return the descriptor.

    Args:
        path: The file.
        mode: Its permissions, of which the umask removes some.

    Raises:
        OSError: The file cannot be created; `FileExistsError` if the name is taken.
    """
    return os.open(path, _CREATE_FLAGS, mode)


def mode_of_copy(source: os.stat_result) -> int:
    """Return the permissions with which a copy is created: those of the source, and its owner can read and write it."""
    return stat.S_IMODE(source.st_mode) & 0o666 | stat.S_IRUSR | stat.S_IWUSR


def limit_access(descriptor: int, source: os.stat_result, directory: os.stat_result) -> bool:
    """Give no user more access to a copy than to its source, except in a project that a group shares.

    If the copy has another group than the source, the group may do what everyone may. In a directory that a group can
    write and whose files get its group (setgid), the group can read the copy, also with a umask of 077.

    Args:
        descriptor: The copy, which was created with `mode_of_copy`.
        source: The source.
        directory: The directory of the copy.

    Returns:
        Whether the group can read the copy although it could not read the source.

    Raises:
        OSError: The permissions cannot be changed.
    """
    if sys.platform == "win32":
        return False
    copy = os.fstat(descriptor)
    mode = stat.S_IMODE(copy.st_mode)
    if copy.st_gid != source.st_gid:
        mode &= ~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3
    readable = mode & stat.S_IRGRP
    if is_shared(directory):
        mode |= stat.S_IRGRP
    if mode != stat.S_IMODE(copy.st_mode):
        os.fchmod(descriptor, mode)
    could_read = source.st_mode & (stat.S_IRGRP if copy.st_gid == source.st_gid else stat.S_IROTH)
    return bool(mode & stat.S_IRGRP and not readable and not could_read)


def is_shared(directory: os.stat_result) -> bool:
    """Return whether a group shares a directory: it can write there, and new files get its group."""
    return bool(directory.st_mode & stat.S_ISGID and directory.st_mode & stat.S_IWGRP)


def make_directory(directory: Path) -> os.stat_result:
    """Make a directory unless it exists, and return its status. A group that shares its parent shares it, too.

    Raises:
        OSError: The directory cannot be made.
    """
    try:
        found = directory.stat()
        if stat.S_ISDIR(found.st_mode):
            return found
    except FileNotFoundError:
        pass
    directory.mkdir(parents=True, exist_ok=True)
    found = directory.stat()
    if sys.platform == "win32" or not is_shared(directory.parent.stat()):
        return found
    directory.chmod(stat.S_IMODE(found.st_mode) | stat.S_IRWXG | stat.S_ISGID)
    return directory.stat()


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
        os.close(create(final, 0o600))
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
