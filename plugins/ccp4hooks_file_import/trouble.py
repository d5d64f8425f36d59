"""From the operating system's errors to sentences that tell a user what to do."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccp4hooks import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SOURCE = {
    errno.ENOENT: "does not exist. Check the path",
    errno.ENOTDIR: "does not exist: a part of its path is no directory. Check the path",
    errno.EACCES: "may not be read by you. Ask its owner for permission to read it",
    errno.EPERM: "may not be read by you. Ask its owner for permission to read it",
    errno.ELOOP: "is a symbolic link that leads back to itself. Give the path of the real file",
    errno.ENAMETOOLONG: "has too long a path. Move it to a shorter one",
    errno.ESTALE: "vanished from its network file system while it was read. Try again",
    errno.ENXIO: "is a socket or a device, not a file. Give the path of a file",
}

_FULL = "the disk is full. Free some space and run the job again"
_DENIED = "you may not write there. Ask for permission to write, or use a project elsewhere"
_PROJECT = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "your disk quota is used up. Free some space and run the job again",
    errno.EFBIG: "the file is larger than the system lets you write. Raise the limit (ulimit -f)",
    errno.EROFS: "the file system is read-only. Use a project elsewhere",
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EEXIST: "a file of that name is in the way. Move it away",
    errno.ENOTDIR: "a part of its path is a file. Move that away",
    errno.ENAMETOOLONG: "the file system takes no name of that length. Rename the source to a shorter name",
}


@contextmanager
def reading(source: Path, parameter: str) -> Iterator[None]:
    """Turn the system's errors about a source into one that says what to do.

    Raises:
        BadInputError: In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        what = _SOURCE.get(error.errno or 0, f"cannot be read: {error.strerror}. Check the disk it lies on")
        raise refusal(source, parameter, what) from error


@contextmanager
def writing(directory: Path, source: Path) -> Iterator[None]:
    """Turn the system's errors about the project's directory into one that says what to do.

    Raises:
        BadInputError: In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        what = _PROJECT.get(error.errno or 0, f"{error.strerror}. Check the disk it lies on")
        raise BadInputError(
            f"The file {_shown(source)} cannot be imported into {_shown(directory)}: {what}."
        ) from error


def refusal(source: Path, parameter: str, what: str) -> BadInputError:
    """Return the error that says what is wrong with a source."""
    return BadInputError(f"{parameter}: the file {_shown(source)} {what}.")


def _shown(path: Path) -> str:
    """Return a path that can be printed on one line anywhere."""
    text = str(path)
    return text if text.isprintable() else ascii(text)[1:-1]
