"""Check the table of an MTZ file: its indices, its values, and whether the unit cell fits them and the space group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccp4hooks_validation.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOLERANCE = 0.02
"""Relative deviation of lengths, and cosine of angles, that the symmetry of a space group forbids but data have."""

_NO_VALUES = "HYB"
"""Column types of indices, and of numbers that describe where a reflection was measured."""

_FLAGS = "I"
"""Column type of integers, such as flags of the free set."""

_MERGE = "Merge the data, for instance with the task aimless_pipe or `gemmi merge`."
_INTACT = "Give an intact file, or remove these rows."


def check_table(mtz: Any, *, merged: bool) -> list[Finding]:
    """Return the faults of the reflections of an MTZ file with indices in front, a space group and a unit cell.

    Indices of no crystal are refused in every job: gemmi would count reflections for hours, or overflow.

    Args:
        mtz: The file, with its table.
        merged: Whether each reflection must be listed once.
    """
    import numpy as np  # noqa: PLC0415 - start-up time

    from ccp4hooks.cdata import MAX_MILLER_INDEX  # noqa: PLC0415 - the same

    values = np.stack([column.array for column in list(mtz.columns)[:3]], axis=1)
    with np.errstate(invalid="ignore"):
        # A comparison with NaN is false.
        good = ((abs(values) <= MAX_MILLER_INDEX) & (values == np.rint(values))).all(axis=1)
    if not good.all():
        wrong = values[~good]
        first = " ".join(f"{index:.9g}" for index in wrong[0])
        message = f"has {len(wrong)} {_rows(len(wrong))} without valid Miller indices, the first has {first}."
        return [Finding(message=message, cure=_INTACT)]
    hkl = values.astype(np.int64)
    blocked = _check_extent(mtz, hkl)
    if blocked:
        return [blocked]
    found = [*_check_origin(hkl), *_check_values(mtz), *_check_symmetry(mtz)]
    return [*found, *(_check_repeated(mtz, hkl) if merged else ())]


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def _cells(mtz: Any) -> list[Any]:
    """Return the different unit cells of a file."""
    cells = {cell.parameters: cell for cell in (mtz.cell, *(one.cell for one in mtz.datasets))}
    return [cell for cell in cells.values() if cell.is_crystal() and cell.volume > 0]


def _shown(cell: Any) -> str:
    return " ".join(f"{value:.6g}" for value in cell.parameters)


def _check_extent(mtz: Any, hkl: Any) -> Finding | None:
    from ccp4hooks.cdata import is_countable  # noqa: PLC0415 - start-up time

    for cell in _cells(mtz):
        squares = cell.calculate_1_d2_array(hkl.astype("int32"))
        farthest = squares.argmax()
        limit = float(squares[farthest]) ** -0.5 if squares[farthest] > 0 else None
        if limit is not None and not is_countable((cell.a, cell.b, cell.c), limit):
            reflection = " ".join(map(str, hkl[farthest]))
            at = f"{reflection} at {limit:.2g} A"
            message = f"has the reflection {at}, but no crystal with the unit cell {_shown(cell)} has one there."
            return Finding(message=message, cure="Correct the unit cell, or remove the reflection.")
    return None


def _check_origin(hkl: Any) -> Iterator[Finding]:
    at_origin = int((~hkl.any(axis=1)).sum())
    if at_origin == len(hkl):
        yield Finding.warning("has no reflection but 0 0 0.", _INTACT, refuses_request=True)
    elif at_origin:
        yield Finding.warning("lists the reflection 0 0 0, which is never measured.", "Remove the row.")


def _check_values(mtz: Any) -> Iterator[Finding]:
    import numpy as np  # noqa: PLC0415 - start-up time

    columns = [column for column in mtz.columns if column.type not in _NO_VALUES]
    measured = [column for column in columns if column.type not in _FLAGS] or columns
    missing = np.float32(mtz.valm)
    if measured and not any((np.isfinite(one.array) & (one.array != missing)).any() for one in measured):
        labels = ", ".join(column.label for column in measured)
        # `unique` of CCP4 writes such files, from which free sets are made.
        yield Finding.warning(f"has no values: all of {labels} are missing.", "Give a file with data.")


def _check_symmetry(mtz: Any) -> Iterator[Finding]:
    import gemmi  # noqa: PLC0415 - start-up time

    for cell in _cells(mtz):
        # The header of a file does not always say which axes a rhombohedral space group has.
        name = mtz.spacegroup.hm
        group = gemmi.find_spacegroup_by_name(name, cell.alpha, cell.gamma) or mtz.spacegroup
        if not (_fits(cell, group) or _fits(cell, mtz.spacegroup)):
            message = f"has the unit cell {_shown(cell)}, which contradicts the space group {mtz.spacegroup.xhm()}."
            yield Finding.warning(message, "Correct the unit cell or the space group, for instance with SFTOOLS.")
            return


def _fits(cell: Any, group: Any) -> bool:
    """Return whether the rotations of a space group leave the lengths and angles of a unit cell as they are."""
    import numpy as np  # noqa: PLC0415 - start-up time

    lengths = np.array(cell.parameters[:3])
    cosines = np.cos(np.radians(cell.parameters[3:]))
    angles = np.array([[1, cosines[2], cosines[1]], [cosines[2], 1, cosines[0]], [cosines[1], cosines[0], 1]])
    scale = np.outer(lengths, lengths)
    metric = angles * scale
    rotations = [np.array(op.rot) / op.DEN for op in group.operations().sym_ops]
    return all((abs(one.T @ metric @ one - metric) <= _TOLERANCE * scale).all() for one in rotations)


def _check_repeated(mtz: Any, hkl: Any) -> Iterator[Finding]:
    found = _repeated(hkl)
    how = ""
    if not found.count:
        mtz.ensure_asu()
        found = _repeated(mtz.make_miller_array())
        how = ", as Friedel mates or symmetry mates"
    if found.count:
        plural = "reflection" if found.count == 1 else "reflections"
        message = f"lists {found.count} {plural} more than once{how}, the first is {found.first}."
        yield Finding.warning(message, _MERGE)


@dataclass(frozen=True, slots=True)
class _Repeated:
    """Reflections that are listed more than once.

    Attributes:
        count: Their number.
        first: The indices of the first of them.
    """

    count: int
    first: str


def _repeated(hkl: Any) -> _Repeated:
    """Return the repeated rows of Miller indices, shape (rows, 3)."""
    import numpy as np  # noqa: PLC0415 - start-up time

    # One number for each reflection is sorted many times faster than three.
    h, k, l = hkl.T.astype(np.int64)  # noqa: E741 - the names of the indices
    _, first_rows, counts = np.unique((h << 42) + (k << 21) + l, return_index=True, return_counts=True)
    repeated = hkl[first_rows[counts > 1]]
    return _Repeated(len(repeated), " ".join(map(str, repeated[0])) if len(repeated) else "")
