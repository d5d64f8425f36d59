"""Read and copy the content of a directory that others can write to, without following a link in it.

Whoever can write to a directory can replace a file in it by a link at any moment, also after the file was checked.
Each directory is therefore opened once, relative to the one above it, and each file relative to its directory. Windows
has no such calls; there each name is checked immediately before it is opened.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.runtime import sharing

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINKS = 20
"""Longest chain of links in a directory tree that is followed inside its copy."""

CHUNK = 2**20
"""How much of a file is copied at once [byte]."""

NOT_PLAIN = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EMLINK, errno.EOPNOTSUPP)
"""Errors of the system if a link, or a special file, is where a directory or a file was to be opened."""


class LinkError(BadInputError):
    """A link, or a special file, is where a directory or a regular file was expected.

    Args:
        path: The link or file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a link that leads out of the job directory, a link to a directory, or a special file, "
            "so it cannot be copied. Remove it, or replace it by a copy of its target, and try again."
        )


@dataclass(frozen=True, slots=True)
class _Folder:
    """An open directory.

    Attributes:
        path: Its path.
        descriptor: Its file descriptor; None on Windows.
    """

    path: Path
    descriptor: int | None

    def open(self, name: str) -> IO[bytes]:
        """Open a regular file in the directory for reading.

        Raises:
            LinkError: The name is that of a link, a directory or a special file.
            OSError: The file cannot be opened.
        """
        path = self.path / name
        if sys.platform == "win32":
            if not stat.S_ISREG(path.lstat().st_mode):
                raise LinkError(path)
            return path.open("rb")
        # Opening a named pipe must not wait for a writer.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        stream = os.fdopen(_open(self, name, flags), "rb")
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream.close()
            raise LinkError(path)
        return stream

    @contextmanager
    def enter(self, name: str) -> Iterator[_Folder]:
        """Open a directory in the directory.

        Raises:
            LinkError: The name is not that of a directory.
            OSError: The directory cannot be opened.
        """
        path = self.path / name
        if sys.platform == "win32":
            if not stat.S_ISDIR(path.lstat().st_mode):
                raise LinkError(path)
            yield _Folder(path, None)
            return
        descriptor = _open(self, name, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield _Folder(path, descriptor)
        finally:
            os.close(descriptor)

    def entries(self) -> list[os.DirEntry[str]]:
        """Return what the directory contains, by name."""
        with os.scandir(self.path if self.descriptor is None else self.descriptor) as found:
            return sorted(found, key=lambda entry: entry.name)

    def target_of(self, name: str) -> str:
        """Return the text of a link in the directory."""
        if self.descriptor is None:
            return os.readlink(self.path / name)  # noqa: PTH115 - as below
        return os.readlink(name, dir_fd=self.descriptor)


def _open(folder: _Folder, name: str, flags: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder.descriptor)
    except OSError as error:
        if error.errno in NOT_PLAIN:
            raise LinkError(folder.path / name) from error
        raise


@contextmanager
def _root(path: Path) -> Iterator[_Folder]:
    """Open the directory that a user has named; it may be a link."""
    if sys.platform == "win32":
        yield _Folder(path, None)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield _Folder(path, descriptor)
    finally:
        os.close(descriptor)


def open_file(root: Path, relative: PurePath) -> IO[bytes]:
    """Open a regular file below a directory for reading, and follow no link on the way.

    Args:
        root: The directory.
        relative: Path of the file relative to the directory, without ``..``.

    Raises:
        LinkError: A part of the relative path is a link, or the file is not a regular file.
        OSError: The file cannot be opened.
    """
    with _root(root) as folder:
        return _open_below(folder, relative.parts)


def _open_below(folder: _Folder, parts: tuple[str, ...]) -> IO[bytes]:
    first, *rest = parts
    if not rest:
        return folder.open(first)
    with folder.enter(first) as below:
        return _open_below(below, tuple(rest))


def copy_file(root: Path, relative: PurePath, target: Path) -> None:
    """Copy a regular file below a directory, and follow no link on the way; see `open_file`.

    The copy has the time of the file, and at most its permissions; see `copy_tree`.

    Args:
        root: The directory.
        relative: Path of the file relative to the directory, without ``..``.
        target: Path of the copy. It must not exist.

    Raises:
        LinkError: A part of the relative path is a link, or the file is not a regular file.
        OSError: The file cannot be read, or the copy cannot be written.
    """
    with open_file(root, relative) as stream:
        _write(stream, target)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a directory tree, and follow no link in it.

    A link to a regular file in the same tree becomes a copy of the copied file. The copies have at most the permissions
    of their sources, except in a directory that a group shares, where this group can read them and add files.

    Args:
        source: The directory.
        target: The copy. It must not exist.

    Raises:
        LinkError: The tree has another link, or a special file.
        OSError: A file cannot be read, or the copy cannot be written.
    """
    links: dict[PurePath, str] = {}
    _make_directory(target, source.stat())
    with _root(source) as folder:
        _copy_entries(folder, target, PurePath(), links)
    for place in links:
        found = _linked(source, place, links)
        if found is None or not _is_regular(target / found):
            raise LinkError(source / place)
        copy_file(target, found, target / place)


def _copy_entries(folder: _Folder, target: Path, place: PurePath, links: dict[PurePath, str]) -> None:
    for entry in folder.entries():
        name = entry.name
        if entry.is_symlink():
            links[place / name] = folder.target_of(name)
        elif entry.is_dir(follow_symlinks=False):
            _make_directory(target / name, entry.stat(follow_symlinks=False))
            with folder.enter(name) as below:
                _copy_entries(below, target / name, place / name, links)
        else:
            with folder.open(name) as stream:
                _write(stream, target / name)


def _write(stream: IO[bytes], target: Path) -> None:
    info = os.fstat(stream.fileno())
    with open(target, "xb", opener=partial(_create, source=info)) as copy:
        shutil.copyfileobj(stream, copy, CHUNK)
    os.utime(target, ns=(info.st_atime_ns, info.st_mtime_ns))


def _create(path: str, flags: int, source: os.stat_result) -> int:
    """Create a file with at most the access of its source, and return its descriptor; see `sharing.limited`."""
    target = Path(path)
    descriptor = os.open(target, flags, _mode(source))
    made = os.fstat(descriptor)
    limited = sharing.limited(made, source)
    if limited != stat.S_IMODE(made.st_mode):
        # Made anew, because others may have opened the file already.
        os.close(descriptor)
        target.unlink()
        descriptor = os.open(target, flags, limited)
    if sys.platform != "win32" and sharing.is_shared(target.parent):
        os.fchmod(descriptor, limited | stat.S_IRGRP)
    return descriptor


def _make_directory(target: Path, source: os.stat_result) -> None:
    """Make a directory with at most the access of its source; see `sharing.limited`."""
    target.mkdir(_mode(source) | stat.S_IXUSR)
    if sys.platform == "win32":
        return
    # Not by its path, where others may have put a link.
    descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        mode = sharing.limited(os.fstat(descriptor), source)
        if sharing.is_shared(target.parent):
            mode |= stat.S_IRWXG | stat.S_ISGID
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _mode(info: os.stat_result) -> int:
    """Return the permissions of a copy: its owner can write it, others get no more than they have for the source."""
    return stat.S_IMODE(info.st_mode) & 0o777 | 0o600


def _linked(source: Path, place: PurePath, links: dict[PurePath, str]) -> PurePath | None:
    """Return the path, relative to the tree, to which a link leads; None if it leads out of the tree.

    Only the texts of links are used: the file is read in the copy.
    """
    for _ in range(MAX_LINKS):
        text = os.path.join(source / place.parent, links[place])  # noqa: PTH118 - the text may be absolute
        folder, name = os.path.split(os.path.normpath(text))
        path = Path(os.path.realpath(folder), name)
        if not path.is_relative_to(source):
            return None
        place = PurePath(path.relative_to(source))
        if place not in links:
            return place
    return None


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
