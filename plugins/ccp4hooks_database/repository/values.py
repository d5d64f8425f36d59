"""The values with which files and KPIs are registered manually."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from ccp4hooks import BadInputError, KpiValue

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """An output file of a job.

    Attributes:
        path: Path of the file: absolute, or relative to the job's directory.
        file_type: MIME type, for instance ``"application/CCP4-mtz-observed"``.
        param_name: Parameter without its container: ``"XYZOUT"``, ``"MINIMTZOUTLIST[0]"``.
        content_flag: CCP4i2's code of the columns or the format; None if unknown.
        sub_type: CCP4i2's code of the file's role; None if unset.
        annotation: One line for users.
    """

    path: Path
    file_type: str
    param_name: str
    content_flag: int | None = None
    sub_type: int | None = None
    annotation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputUse:
    """A job's use of a recorded file.

    Attributes:
        file_uuid: The file.
        param_name: Parameter without its container.
    """

    file_uuid: UUID
    param_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file that was copied to ``CCP4_IMPORTED_FILES``.

    Attributes:
        path: The copy: absolute, or relative to that directory.
        file_type: See `OutputFile`.
        param_name: See `OutputFile`.
        source_path: The file that was copied.
        annotation: One line for users.
        checksum: MD5, hexadecimal; None to compute it.
        content_flag: See `OutputFile`.
        sub_type: See `OutputFile`.
    """

    path: Path
    file_type: str
    param_name: str
    source_path: Path
    annotation: str = ""
    checksum: str | None = None
    content_flag: int | None = None
    sub_type: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobValue:
    """A KPI of a job.

    Attributes:
        key: Name, 1 to 50 characters.
        value: A finite number, a bool, or a text of at most 255 characters.
        description: Text for users, recorded if the name is new.
        unit: Unit of a number, for instance ``"A"`` or ``"%"``; empty if it has none.
    """

    key: str
    value: KpiValue
    description: str | None = None
    unit: str = ""


def with_checksum(file: ImportFile) -> ImportFile:
    """Return an imported file with its MD5, computed if it is not given and the path is absolute.

    Raises:
        BadInputError: The file cannot be read.
    """
    if file.checksum or not file.path.is_absolute():
        return file
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with file.path.open("rb") as stream:
            while block := stream.read(BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise BadInputError(f"{file.param_name}: {file.path} cannot be read: {error.strerror}.") from error
    return replace(file, checksum=digest.hexdigest())
