"""Turn errors of the operating system into messages that tell a user what to do."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccp4hooks import BadInputError, os_cure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DENIED = "permission to write there was denied. Ask for permission to write, or use a project elsewhere"
_PROJECT = {
    errno.EROFS: "the file system is read-only. Use a project elsewhere",
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EEXIST: "a file with that name exists already. Move it elsewhere",
    errno.ENOTDIR: "a part of its path is a file. Move that file elsewhere",
    errno.ENAMETOOLONG: "the file system does not accept a name of that length. Rename the source to a shorter name",
}
"""Reason and cure by error number of an error that depends on the project's directory."""


@contextmanager
def reading(source: Path, parameter: str) -> Iterator[None]:
    """Turn an error of the system about a source into a message for the user.

    The core has refused a source that cannot be read, so these errors are those that occur since.

    Args:
        source: The file.
        parameter: The name of its parameter.

    Raises:
        BadInputError: An `OSError` occurred.
    """
    try:
        yield
    except OSError as error:
        reason = f"{error.strerror}. {os_cure(error, 'Check the file and its disk.')}"
        raise refusal(source, parameter, f"could not be read: {reason.removesuffix('.')}") from error


@contextmanager
def writing(directory: Path, source: Path) -> Iterator[None]:
    """Turn an error of the system about the project's directory into a message for the user.

    Args:
        directory: The directory for imported files.
        source: The file to be imported.

    Raises:
        BadInputError: An `OSError` occurred.
    """
    try:
        yield
    except OSError as error:
        reason = _PROJECT.get(error.errno or 0, f"{error.strerror}. {os_cure(error, 'Check the disk.')}")
        where = f"{_shown(source)} cannot be imported into {_shown(directory)}"
        raise BadInputError(f"The file {where}: {reason.removesuffix('.')}.") from error


def refusal(source: Path, parameter: str, fault: str) -> BadInputError:
    """Return the error about a source that cannot be imported."""
    return BadInputError(f"{parameter}: the file {_shown(source)} {fault}.")


def _shown(path: Path) -> str:
    """Return a path as text that fits on one line."""
    text = str(path)
    return text if text.isprintable() else ascii(text)[1:-1]
