"""Compute statistics of an MTZ file with gemmi and numpy. Resolutions are in [A], B values in [A^2]."""

from __future__ import annotations

from typing import Any

import gemmi
import numpy as np

PAIRS = {"J": "Q", "K": "M", "F": "Q", "G": "L"}
"""Column types of observed values, best first, with the types of their sigmas.

Source: MTZ format of the CCP4 library.
"""

RESIDUE = {"C": 5.0, "H": 8.0, "N": 1.35, "O": 1.5, "S": 0.04}
"""Mean number of atoms per amino-acid residue, by element."""

WILSON_FROM = 4.0
"""Low-resolution limit of the linear part of the Wilson plot [A]."""

WILSON_TO = 3.5
"""Minimum high-resolution limit of data for a Wilson plot; with less, the linear part is too short [A]."""

WILSON_BINS = 20
"""Number of bins of the Wilson plot."""


def of_mtz(path: str) -> dict[str, Any]:
    """Return the statistics of a file by name, see `ccp4hooks_reflection_stats.read_statistics`."""
    mtz = gemmi.read_mtz_file(path)
    if mtz.nreflections <= 0 or not mtz.spacegroup or [column.type for column in mtz.columns[:3]] != ["H"] * 3:
        raise ValueError("the file has no reflections or is truncated")
    kind, observed = _observed(mtz)
    data = [values for values, _ in observed] or [column.array for column in mtz.columns[3:]]
    known = np.any(np.isfinite(data), axis=0) if data else np.ones(mtz.nreflections, dtype=bool)
    found: dict[str, Any] = {"nReflections": int(known.sum())}
    if known.any():
        found |= _extent(mtz, known)
    if observed:
        found |= _signal(kind, observed) | _wilson(mtz, observed[0][0] ** (1 if kind == "I" else 2))
    cell = " ".join(f"{x:.2f}" for x in mtz.cell.parameters)
    return found | _free_set(mtz) | {"spaceGroup": mtz.spacegroup.xhm(), "cell": cell}


def _observed(mtz: Any) -> tuple[str, list[tuple[Any, Any]]]:
    """Return ``"I"`` or ``"F"`` and the (values, sigmas) of the best data, two pairs for anomalous data."""
    for kind, sigma in PAIRS.items():
        neighbours = zip(mtz.columns, mtz.columns[1:], strict=False)
        pairs = [(one.array, two.array) for one, two in neighbours if (one.type, two.type) == (kind, sigma)]
        if pairs:
            return ("I" if kind in "JK" else "F"), pairs[: 2 if kind in "KG" else 1]
    return "", []


def _extent(mtz: Any, known: Any) -> dict[str, Any]:
    squares = mtz.make_1_d2_array()[known]
    low, high = float(squares.min() ** -0.5), float(squares.max() ** -0.5)
    indices = mtz.make_miller_array()[known]
    present = indices[~mtz.spacegroup.operations().systematic_absences(indices)]
    # The small margin includes the reflections at the limit itself.
    possible = gemmi.count_reflections(mtz.cell, mtz.spacegroup, high * (1 - 1e-6))
    completeness = 100.0 * len(np.unique(present, axis=0)) / possible
    return {"resolutionLow": low, "resolutionHigh": high, "completeness": completeness}


def _signal(kind: str, observed: list[tuple[Any, Any]]) -> dict[str, Any]:
    values, sigmas = (np.concatenate(part) for part in zip(*observed, strict=True))
    good = np.isfinite(values) & (sigmas > 0)
    return {f"mean{kind}OverSigma": float(np.mean(values[good] / sigmas[good]))} if good.any() else {}


def _wilson(mtz: Any, intensities: Any) -> dict[str, Any]:
    """Return B from the fit of ln(<I/eps> / sum f^2) = ln(k) - 2 B (sin(theta)/lambda)^2 in bins of equal counts."""
    stol2 = mtz.make_1_d2_array() / 4
    epsilon = mtz.spacegroup.operations().epsilon_factor_array(mtz.make_miller_array())
    used = np.flatnonzero(np.isfinite(intensities) & (epsilon > 0) & (stol2 > 1 / (4 * WILSON_FROM**2)))
    if len(used) < 10 * WILSON_BINS or stol2[used].max() < 1 / (4 * WILSON_TO**2):
        return {}
    bins = np.array_split(used[np.argsort(stol2[used])], WILSON_BINS)
    where = np.array([stol2[part].mean() for part in bins])
    means = np.array([(intensities[part] / epsilon[part]).mean() for part in bins])
    factors = [(n, gemmi.Element(element).it92) for element, n in RESIDUE.items()]
    expected = np.array([sum(n * factor.calculate_sf(s) ** 2 for n, factor in factors) for s in where])
    return {"wilsonB": float(-np.polyfit(where, np.log(means / expected), 1)[0] / 2)} if (means > 0).all() else {}


def _free_set(mtz: Any) -> dict[str, Any]:
    column = mtz.rfree_column()
    flags = column.array[np.isfinite(column.array)] if column else np.array([])
    kinds, counts = np.unique(flags, return_counts=True)
    # If only two flags occur, programs differ in which of them marks the free set.
    free = counts.min() if len(kinds[1:]) == 1 else counts[kinds == 0].sum()
    return {"freeFraction": 100.0 * float(free) / len(flags)} if len(kinds[1:]) else {}
