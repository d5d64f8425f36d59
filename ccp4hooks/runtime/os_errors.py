"""Say what the operating system refused, and what to do, without its own number and notation."""

from __future__ import annotations

import errno

_FULL = "Free some space"
_PERMISSIONS = "Correct the permissions"

_CURES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.EROFS: "Mount the file system for writing",
    errno.ENOENT: "Check the path",
    errno.ENOTDIR: "Check the path",
    errno.EISDIR: "Check the path",
    errno.ENAMETOOLONG: "Choose a shorter name",
    errno.EMFILE: "Raise the limit of open files with `ulimit -n`",
}


def explained(error: OSError, *, elsewhere: str = "") -> str:
    """Return the reason of an error, and the cure that fits it, in two sentences.

    Args:
        error: The error.
        elsewhere: What else helps, to continue a sentence, for instance "choose another directory".

    >>> explained(PermissionError(13, "Permission denied", "/data/.x1f3"), elsewhere="give another directory")
    'Permission denied. Correct the permissions, or give another directory.'
    """
    reason = (error.strerror or str(error) or type(error).__name__).rstrip(".")
    return f"{reason}. {cure(error, elsewhere=elsewhere)}"


def cure(error: OSError, *, elsewhere: str = "") -> str:
    """Return what the user can do about an error, in a sentence; see `explained`."""
    known = _CURES.get(error.errno or 0, "Check the path and its disk")
    return f"{known}, or {elsewhere}." if elsewhere else f"{known}."


def message(error: OSError) -> str:
    """Return an error with the path that it concerns, and the cure that fits it.

    >>> message(PermissionError(13, "Permission denied", "/data/x"))
    '/data/x: Permission denied. Correct the permissions.'
    """
    where = f"{error.filename}: " if isinstance(error.filename, str) else ""
    return f"{where}{explained(error)}"
