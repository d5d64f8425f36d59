"""Write a file as a whole or not at all: a page over nothing but an earlier one, other files where there is none."""

from __future__ import annotations

import os
from pathlib import Path

from ccp4hooks.errors import BadInputError
from ccp4hooks.runtime import os_errors, paths, unfinished

MARK = '<meta name="generator" content="ccp4hooks'
"""What the beginning of every report contains."""

SEARCHED_BYTES = 1_000
"""Size of the beginning of a file in which `MARK` is searched for [byte]."""


ENDINGS = (".html", ".htm", "")
"""The endings that a report may have. Another one would promise another format."""


def write(path: Path, page: str) -> None:
    """Write a page.

    Args:
        path: The file. An earlier report is replaced.
        page: The page.

    Raises:
        BadInputError: See `require_page`; or the path cannot be written.
    """
    require_page(path)
    write_bytes(path, page.encode())


def require_page(path: Path) -> None:
    """Check that a report may be written, before it is made.

    Raises:
        BadInputError: Its ending is that of another format, its directory is missing, or another kind of file is there.
    """
    require_place(path, replace=False, is_page=True)
    if path.suffix.lower() not in ENDINGS:
        raise BadInputError(
            f"{path} has the ending of another format. A report is an HTML page: give a name that ends in .html. "
            "`ccp4hooks report --json` writes its content."
        )


def require_place(path: Path, *, replace: bool, is_page: bool) -> None:
    """Check that a file may be written, before its content is made.

    Args:
        path: The file.
        replace: Whether any existing file is replaced.
        is_page: Whether an earlier page is replaced in any case.

    Raises:
        BadInputError: It may not; the message says why.
    """
    if path.is_dir():
        raise BadInputError(f"{path} is a directory. Give the name of a file.")
    if not path.parent.is_dir():
        raise BadInputError(f"{path.parent} is not an existing directory. Make it first, or give another path.")
    if replace or not os.path.lexists(path) or (is_page and _is_report(path)):
        return
    fault = "exists and is no report of ccp4hooks" if is_page else "exists already"
    raise BadInputError(f"{path} {fault}. Give another name, or remove it.")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all. An existing file is replaced, see `require_place`.

    Raises:
        BadInputError: The path cannot be written.
    """
    try:
        with unfinished.beside(path, Path.touch) as temporary:
            with temporary.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
            paths.sync_directory(path.parent)
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {os_errors.explained(error)}") from error


def _is_report(path: Path) -> bool:
    """Return whether a file is an earlier report."""
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as stream:
        return MARK.encode() in stream.read(SEARCHED_BYTES)
