"""The columns of MTZ files: which there are, and whether they are what a parameter takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import containers
from ccp4hooks.plugins.failures import Failure, attempt

if TYPE_CHECKING:
    from pathlib import Path


def labels(path: Path, parameter: str) -> list[str]:
    """Return the column labels of an MTZ file.

    Raises:
        BadInputError: It is not an MTZ file.
    """
    import gemmi  # noqa: PLC0415 - start-up time

    read = attempt(gemmi.read_mtz_file, str(path), with_data=False)
    if isinstance(read, Failure):
        # gemmi's words end in the path.
        why = str(read.error).removesuffix(f": {path}")
        raise BadInputError(f"{parameter}: {path} cannot be read as an MTZ file: {why}.") from read.error
    if read.columns:
        return list(read.column_labels())
    raise BadInputError(f"{parameter}: {path} cannot be read as an MTZ file: header missing (truncated?).")


def require_signature(obj: Any, path: str, file: Path) -> None:
    """Refuse an MTZ file that lacks the columns of every kind of data that a parameter takes.

    Args:
        obj: The parameter.
        path: Its name.
        file: The file.

    Raises:
        BadInputError: It is not an MTZ file, or does.
    """
    expected = containers.signatures(obj)
    present = labels(file, path)
    if expected and not any(set(signature) <= set(present) for signature in expected):
        raise BadInputError(
            f"{path}: {file.name} has the columns {', '.join(present)}; needed are "
            f"{' or '.join(','.join(signature) for signature in expected)}. Name the columns to take from it, as in "
            f"{path.rsplit('.', maxsplit=1)[-1]}='FILE.mtz[{','.join(present[3:5])}]'."
        )
