"""Merge equivalent reflections of an MTZ file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

if TYPE_CHECKING:
    from ccp4hooks_reflection_stats.columns import Observed

LIMIT_MARGIN = 1e-6
"""Relative margin that includes the reflections at the high-resolution limit itself."""


def cell_of(mtz: Any, best: Observed | None) -> gemmi.UnitCell | None:
    """Return the cell of the data set, or that of the file if the data set has none, or None."""
    dataset = best.dataset if best else next((column.dataset_id for column in mtz.columns if column.type != "H"), 0)
    cell = mtz.get_cell(dataset)
    return cell if cell.is_crystal() and cell.volume > 0 else None


def merged(mtz: Any, cell: Any, hkl: Any, values: Any, sigmas: Any) -> gemmi.Intensities:
    """Return unique reflections, with Friedel mates as one."""
    made = gemmi.Intensities()
    made.set_data(cell, mtz.spacegroup, np.ascontiguousarray(hkl, dtype=np.int32), values, sigmas)
    made.merge_in_place(gemmi.DataType.Mean)
    return made


def merged_intensities(mtz: Any, best: Observed, hkl: Any, cell: Any) -> gemmi.Intensities | None:
    """Return the unique observed intensities without systematic absences, or None if there are no observations.

    Args:
        mtz: The file. It has a space group.
        best: The observed values. Amplitudes are squared.
        hkl: The indices of all rows, shape (rows, 3), dtype int32.
        cell: The unit cell.
    """
    values, sigmas = (np.concatenate(part) for part in zip(*best.pairs, strict=True))
    if not best.intensities:
        values, sigmas = values**2, 2 * abs(values) * sigmas + sigmas**2
    every = np.concatenate([hkl] * len(best.pairs))
    used = np.isfinite(values) & every.any(axis=1)
    if not used.any():
        return None
    found = merged(mtz, cell, every[used], values[used], sigmas[used])
    found.remove_systematic_absences()
    return found
