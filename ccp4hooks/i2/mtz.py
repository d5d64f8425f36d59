"""Read the column labels of MTZ files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.i2.protocols import DataFile


def labels(path: Path, parameter: str) -> list[str]:
    """Return the column labels of an MTZ file.

    Args:
        path: The file. Only its headers are read.
        parameter: The name of its parameter, for the message of an error.

    Raises:
        BadInputError: The file is not an MTZ file.
    """
    import gemmi  # noqa: PLC0415 - start-up time

    read = attempt(gemmi.read_mtz_file, str(path), with_data=False)
    if isinstance(read, Failure):
        # The message of gemmi ends in the path.
        reason = str(read.error).removesuffix(f": {path}")
        raise BadInputError(f"{parameter}: {path} cannot be read as an MTZ file: {reason}.") from read.error
    if read.columns:
        return list(read.column_labels())
    raise BadInputError(f"{parameter}: {path} cannot be read as an MTZ file: it has no headers. It may be truncated.")


def require_selected_columns(obj: DataFile, parameter: str, path: Path, selected: list[str]) -> None:
    """Refuse a selection of columns that makes another kind of data than a parameter takes.

    Args:
        obj: The file object of the parameter.
        parameter: The name of the parameter.
        path: The mini-MTZ file made from the columns.
        selected: The labels that the columns had in the original file.

    Raises:
        BadInputError: The mini-MTZ file has none of the column sets of the parameter's class.
    """
    accepted = containers.signatures(obj)
    present = labels(path, parameter)
    if accepted and not any(set(columns) <= set(present) for columns in accepted):
        raise BadInputError(
            f"{parameter}: the columns {', '.join(selected)} make a data set with the columns {', '.join(present)}, "
            f"but the parameter requires {' or '.join(','.join(columns) for columns in accepted)}. "
            "Select other columns."
        )
