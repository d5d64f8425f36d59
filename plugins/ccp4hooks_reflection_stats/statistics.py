"""Compute statistics of an MTZ file with gemmi and numpy. Resolutions are in [A], B values in [A^2]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from ccp4hooks.cdata import is_countable
from ccp4hooks_reflection_stats.columns import indices, known_values, observed
from ccp4hooks_reflection_stats.merging import LIMIT_MARGIN, cell_of, merged, merged_intensities
from ccp4hooks_reflection_stats.wilson import wilson_b

if TYPE_CHECKING:
    from ccp4hooks_reflection_stats.columns import Observed


def of_mtz(path: str) -> dict[str, Any]:
    """Return the statistics of a file by name, see `ccp4hooks_reflection_stats.read_statistics`."""
    # Values of damaged files may overflow. The core does not record a statistic that is not finite.
    with np.errstate(all="ignore"):
        return _of_mtz(gemmi.read_mtz_file(path))


def _of_mtz(mtz: Any) -> dict[str, Any]:
    if mtz.nreflections <= 0 or not mtz.columns:
        raise ValueError("the file has no reflections or is truncated")
    hkl = indices(mtz)
    counted = hkl.any(axis=1)  # not 0 0 0
    best = observed(mtz)
    data = [values for values, _ in best.pairs] if best else _other_data(mtz)
    known = counted & (np.any(np.isfinite(data), axis=0) if data else True)
    cell = cell_of(mtz, best)
    found = _extent(mtz, hkl[known], cell)
    if best:
        found |= _signal(best, counted)
    if best and cell and mtz.spacegroup:
        found |= _wilson(mtz, best, hkl, cell)
    return found | _free_set(mtz, counted) | _crystal(mtz, cell)


def _other_data(mtz: Any) -> list[Any]:
    return [known_values(mtz, column) for column in mtz.columns if column.type not in "HYB"]


def _extent(mtz: Any, hkl: Any, cell: Any) -> dict[str, Any]:
    """Return the numbers of reflections and their limits, from the indices with a value, shape (n, 3)."""
    if not len(hkl) or not mtz.spacegroup:
        return {"nReflections": len(hkl)} | _limits(hkl, cell)
    ones = np.ones(len(hkl))
    unique = merged(mtz, cell or mtz.cell, hkl, ones, ones)
    found = {"nReflections": len(hkl) if mtz.batches else len(unique)} | _limits(hkl, cell)
    unique.remove_systematic_absences()
    if cell and is_countable((cell.a, cell.b, cell.c), found["resolutionHigh"]):
        limit = found["resolutionHigh"] * (1 - LIMIT_MARGIN)
        found["completeness"] = 100.0 * len(unique) / gemmi.count_reflections(cell, mtz.spacegroup, limit)
    return found


def _limits(hkl: Any, cell: Any) -> dict[str, Any]:
    if not len(hkl) or not cell:
        return {}
    squares = cell.calculate_1_d2_array(hkl)
    return {"resolutionLow": float(squares.min() ** -0.5), "resolutionHigh": float(squares.max() ** -0.5)}


def _signal(best: Observed, counted: Any) -> dict[str, Any]:
    ratios = np.concatenate([(values / sigmas)[counted] for values, sigmas in best.pairs])
    ratios = ratios[np.isfinite(ratios)]
    kind = "I" if best.intensities else "F"
    return {f"mean{kind}OverSigma": float(ratios.mean())} if len(ratios) else {}


def _wilson(mtz: Any, best: Observed, hkl: Any, cell: Any) -> dict[str, Any]:
    unique = merged_intensities(mtz, best, hkl, cell)
    b_value = None if unique is None else wilson_b(cell, mtz.spacegroup, unique)
    return {} if b_value is None else {"wilsonB": b_value}


def _free_set(mtz: Any, counted: Any) -> dict[str, Any]:
    column = mtz.rfree_column()
    flags = known_values(mtz, column)[counted] if column else np.array([])
    flags = flags[np.isfinite(flags)]
    kinds, counts = np.unique(flags, return_counts=True)
    # If only two flags occur, programs differ in which of them marks the free set.
    free = counts.min() if len(kinds[1:]) == 1 else counts[kinds == 0].sum()
    return {"freeFraction": 100.0 * float(free) / len(flags)} if len(kinds[1:]) else {}


def _crystal(mtz: Any, cell: Any) -> dict[str, Any]:
    group = mtz.spacegroup
    found = {"spaceGroup": group.hm.replace("R", "H", 1) if group.ext == "H" else group.xhm()} if group else {}
    return found | ({"cell": " ".join(f"{x:.2f}" for x in cell.parameters)} if cell else {})
