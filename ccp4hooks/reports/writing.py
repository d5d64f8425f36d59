"""Write a report: as a whole or not at all, and over nothing but an earlier report."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

from ccp4hooks.errors import BadInputError
from ccp4hooks.runtime import os_errors, paths

if TYPE_CHECKING:
    from pathlib import Path

MARK = '<meta name="generator" content="ccp4hooks'
"""What the beginning of every report contains."""

SEARCHED_BYTES = 1_000
"""Size of the beginning of a file in which `MARK` is searched for [byte]."""


def write(path: Path, page: str) -> None:
    """Write a page.

    Args:
        path: The file. An earlier report is replaced.
        page: The page.

    Raises:
        BadInputError: The path cannot be written, or another kind of file is there.
    """
    _require_replaceable(path)
    temporary = path.with_name(f".{path.name[:100]}.{uuid4().hex}")
    try:
        with temporary.open("x", encoding="utf-8") as stream:
            stream.write(page)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        paths.sync_directory(path.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise BadInputError(f"{path} cannot be written: {os_errors.explained(error)}") from error
        raise


def _require_replaceable(path: Path) -> None:
    if path.is_dir():
        raise BadInputError(f"{path} is a directory. Give the name of a file.")
    if not path.parent.is_dir():
        raise BadInputError(f"{path.parent} is not an existing directory. Make it first, or give another path.")
    if os.path.lexists(path) and not _is_report(path):
        raise BadInputError(f"{path} exists and is no report of ccp4hooks. Give another name, or remove it.")


def _is_report(path: Path) -> bool:
    """Return whether a file is an earlier report."""
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as stream:
        return MARK.encode() in stream.read(SEARCHED_BYTES)
