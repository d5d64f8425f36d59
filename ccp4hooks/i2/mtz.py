"""Read the column labels of MTZ files, and judge the extent of their reflections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import containers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccp4hooks.i2.protocols import DataFile


_NO_COLUMNS = "Columns can be selected of MTZ files only."
MAX_MILLER_INDEX = 32_767
"""Maximum Miller index of a file that is not damaged."""

_MAX_POINTS = 5e7
"""Number of reciprocal lattice points, divided by 4, up to the resolution limit of any crystal."""

_INDICES = ("H", "K", "L")

_UNREADABLE = (OSError, RuntimeError, ValueError, IndexError, MemoryError)
"""The errors of gemmi about a file. Any other, such as a TypeError, is an error of a program."""


def is_countable(lengths: Sequence[float], resolution: float) -> bool:
    """Return whether the reflections up to a resolution can be counted. If not, the cell or an index is wrong.

    No crystal has so many reflections, and gemmi would count them for minutes or hours. It tries all indices up to the
    length of each axis divided by the resolution, also if the angles of the cell leave few of them.

    >>> is_countable((800.0, 800.0, 800.0), 2.5), is_countable((34.0, 54.0, 68.0), 0.03)
    (True, False)

    Args:
        lengths: The lengths a, b, c of the unit cell [A].
        resolution: The high-resolution limit [A].
    """
    a, b, c = lengths
    return a * b * c / resolution**3 < _MAX_POINTS


def labels(path: Path, parameter: str) -> list[str]:
    """Return the column labels of an MTZ file.

    Args:
        path: The file. Only its headers are read.
        parameter: The name of its parameter, for the message of an error.

    Raises:
        BadInputError: The file is not an MTZ file.
    """
    import gemmi  # noqa: PLC0415 - start-up time

    try:
        read = gemmi.read_mtz_file(str(path), with_data=False)
    except _UNREADABLE as error:
        # The message of gemmi ends in the path.
        reason = str(error).removesuffix(f": {path}")
        raise BadInputError(f"{parameter}: {path} cannot be read as an MTZ file: {reason}. {_NO_COLUMNS}") from error
    if read.columns:
        return list(read.column_labels())
    raise BadInputError(f"{parameter}: {path} cannot be read as an MTZ file: it has no headers. It may be truncated.")


def has_only_columns(obj: DataFile, parameter: str, path: Path, selected: list[str]) -> bool:
    """Return whether an MTZ file has only the selected columns, and these are a column set of a parameter's class.

    Raises:
        BadInputError: The file is not an MTZ file.
    """
    data = [label for label in labels(path, parameter) if label not in _INDICES]
    return sorted(data) == sorted(selected) and any(set(needed) == set(data) for needed in containers.signatures(obj))


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
