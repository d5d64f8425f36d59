"""An input file as a user gives it: is it there, can it be read, is it what its parameter asks for."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ccp4hooks_validation.content import check_content
from ccp4hooks_validation.finding import Finding
from ccp4hooks_validation.types import check_type

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks import InputFile, Problem

_DIRECTORY = Finding(message="is a directory, where a file is due.", cure="Give the path of a file in it.")
_NO_DIRECTORY = Finding(message="is no directory, but one is due.", cure="Give the path of the directory.")
_SPECIAL = Finding(message="is a pipe or a device, not a file.", cure="Give the path of a file.")
_EMPTY = Finding(message="is empty.", cure="Give the complete file.")
_LOCKED = Finding(message="may not be read by you.", cure="Ask its owner for permission to read it.")


def check_input(file: InputFile) -> list[Problem]:
    """Return all that is wrong with one input file; wait for nothing and raise nothing, whatever it is."""
    found = check_access(file.path, is_directory=file.is_directory)
    if not found and not file.is_directory:
        found = check_content(file.path, file.file_type, file.content_flag, file.columns)
    found = [*found, *check_type(file.file_type, file.class_name)]
    return [finding.about(file.parameter, file.path) for finding in found]


def check_access(path: Path, *, is_directory: bool) -> list[Finding]:
    """Return what keeps a file from being read at all, nothing if it can be."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return [Finding(message="does not exist.", cure="Check the path.")]
    except (OSError, ValueError) as error:
        return [Finding(message=f"cannot be looked up: {_why(error)}.", cure="Check the path.")]
    wrong = _wrong_kind(status, is_directory=is_directory)
    if wrong:
        return [wrong]
    return [] if os.access(path, os.R_OK) else [_LOCKED]


def _wrong_kind(status: os.stat_result, *, is_directory: bool) -> Finding | None:
    if stat.S_ISDIR(status.st_mode):
        return None if is_directory else _DIRECTORY
    if is_directory:
        return _NO_DIRECTORY
    if not stat.S_ISREG(status.st_mode):
        return _SPECIAL
    return None if status.st_size else _EMPTY


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
