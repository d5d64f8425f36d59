"""The rules that every input file must meet, whichever plugins are active.

They make sure that a job can read the file that was meant, and that CCP4i2 can parse it safely. Whether the content is
what the parameter asks for is for plugins to judge.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2.safe_xml import PARSED_BY_CCP4I2, require_plain_xml
from ccp4hooks.model.numbers import JOBS_FOLDER
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.model import InputFile, Project

_MISSING = "does not exist. Check the path."

_NO_CONTENTS = "The parameter requires an AU contents file. The task ProvideAsuContents makes one from sequences."


def require_usable(file: InputFile, *, must_exist: bool = True) -> bool:
    """Refuse an input file that a job could not use, and return whether it exists.

    Args:
        file: Its path, its parameter, its type, and whether the parameter asks for a directory.
        must_exist: Whether a file that does not exist is refused.

    Raises:
        BadInputError: The file does not exist, is neither a regular file nor the directory asked for, or cannot be
            read; or CCP4i2 would parse it as XML, and it is not XML or declares entities.
    """
    fault = _fault(file.path, is_directory=file.is_directory)
    if fault == _MISSING and not must_exist:
        return False
    if fault:
        raise BadInputError(f"{file.parameter}: {_printable(file.path)} {fault}")
    if file.file_type in PARSED_BY_CCP4I2:
        _require_safe(file)
    return True


def _require_safe(file: InputFile) -> None:
    """Refuse a file that CCP4i2 could not parse safely as XML.

    Raises:
        BadInputError: It is not XML, or declares entities.
    """
    try:
        require_plain_xml(file.path, _NO_CONTENTS)
    except BadInputError as error:
        raise BadInputError(f"{file.parameter}: {_printable(error)}") from error


def require_outside_other_projects(path: Path, project: Project, parameter: str) -> None:
    """Refuse an input file in a job directory of another project.

    Raises:
        BadInputError: The file is in a job directory of another project.
    """
    jobs = paths.foreign_jobs(path, project)
    if jobs is not None:
        raise BadInputError(
            f"{parameter}: {_printable(path)} is a file of another project's job (in {_printable(jobs)}). CCP4i2 would "
            f"read the file of the same job number in this project instead. Copy the file out of {JOBS_FOLDER} first."
        )


def _fault(path: Path, *, is_directory: bool) -> str:
    """Return the reason why a path cannot be used, and a cure, or an empty text if it can."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return _MISSING
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return f"cannot be read: {reason}. Check the path."
    if is_directory and not stat.S_ISDIR(mode):
        return "is not a directory, but the parameter requires one. Give the path of a directory."
    if stat.S_ISDIR(mode) and not is_directory:
        return "is a directory, but the parameter requires a file. Give the path of a file."
    if not is_directory and not stat.S_ISREG(mode):
        return "is a pipe or a device, not a file. Give the path of a file."
    return "" if os.access(path, os.R_OK) else "cannot be read: permission denied. Ask its owner for read permission."


def _printable(value: Path | BadInputError) -> str:
    """Return a path, or a message with one, as text that fits on one line."""
    text = str(value)
    return text if text.isprintable() else ascii(text)[1:-1]
