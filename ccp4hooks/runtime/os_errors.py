"""Say what the operating system refused, and what to do, without its own number and notation."""

from __future__ import annotations

import errno

_FULL = "Free some space"

_LIMITS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "Raise the limit of the size of files (ulimit -f)",
    errno.EMFILE: "Raise the limit of open files (ulimit -n)",
    errno.ENFILE: "Close other programs, or wait",
    errno.EIO: "Check the disk or network",
}
"""What a user can do about an error that does not depend on the file that was used, by error number."""

_PERMISSIONS = "Correct the permissions"

_CURES = {
    **_LIMITS,
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.EROFS: "Mount the file system for writing",
    errno.ENOENT: "Check the path",
    errno.ENOTDIR: "Check the path",
    errno.EISDIR: "Check the path",
    errno.ENAMETOOLONG: "Choose a shorter name",
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


def os_cure(error: OSError, otherwise: str) -> str:
    """Return what the user can do about a limit of the system, or a sentence of the caller for another error.

    >>> os_cure(OSError(errno.EMFILE, "Too many open files"), "Check the permissions.")
    'Raise the limit of open files (ulimit -n), and try again.'
    >>> os_cure(PermissionError(errno.EACCES, "Permission denied"), "Check the permissions.")
    'Check the permissions.'

    Args:
        error: The error.
        otherwise: The sentence for errors that depend on the file, such as one of its permissions.
    """
    known = _LIMITS.get(error.errno or 0)
    return f"{known}, and try again." if known else otherwise
