"""Compute mean intensities and the completeness of an MTZ file by resolution shell. Resolutions are in [A]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gemmi
import numpy as np

from ccp4hooks.cdata import is_countable
from ccp4hooks_reflection_stats.columns import indices, observed
from ccp4hooks_reflection_stats.merging import LIMIT_MARGIN, cell_of, merged_intensities

MOST_SHELLS = 20
"""Largest number of shells."""

PER_SHELL = 100
"""Mean number of measured reflections of a shell, unless it is the only one or there would be too many shells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """One resolution shell. All shells of a file have the same volume of reciprocal space, from d = infinity on.

    Attributes:
        low: Low-resolution limit [A]; for the first shell, the resolution of the first possible reflection.
        high: High-resolution limit [A].
        inverse_square: Mean of 1/d^2 of the measured reflections [A^-2]; None without any.
        measured: Number of unique reflections with a value, without systematic absences; Friedel mates are one.
        possible: Number of possible ones.
        mean_intensity: Mean of I, or of F^2, in the unit of the file; None without any measured reflection, or if it is
            not finite.
    """

    low: float
    high: float
    inverse_square: float | None
    measured: int
    possible: int
    mean_intensity: float | None

    @property
    def completeness(self) -> float:
        """Measured reflections, of all possible ones [%]."""
        return 100.0 * self.measured / self.possible if self.possible else 0.0


def of_mtz(path: str) -> tuple[Shell, ...]:
    """Return the shells of a file by falling d, see `ccp4hooks_reflection_stats.read_shells`."""
    # Values of damaged files may overflow.
    with np.errstate(all="ignore"):
        return _of_mtz(gemmi.read_mtz_file(path))


def _of_mtz(mtz: Any) -> tuple[Shell, ...]:
    best = observed(mtz)
    cell = cell_of(mtz, best)
    if best is None or cell is None or mtz.spacegroup is None:
        return ()
    unique = merged_intensities(mtz, best, indices(mtz), cell)
    if unique is None or not len(unique):
        return ()
    squares = cell.calculate_1_d2_array(unique.miller_array)
    high = squares.max() ** -0.5
    if not is_countable((cell.a, cell.b, cell.c), high):
        return ()
    every = gemmi.make_miller_array(cell, mtz.spacegroup, high * (1 - LIMIT_MARGIN))
    return tuple(_shells(squares, unique.value_array, cell.calculate_1_d2_array(every)))


def _shells(squares: Any, intensities: Any, possible: Any) -> list[Shell]:
    """Return the shells of reflections.

    Args:
        squares: 1/d^2 of the measured reflections [A^-2], shape (n,).
        intensities: Their intensities, shape (n,).
        possible: 1/d^2 of the possible reflections [A^-2], shape (m,).
    """
    count = int(np.clip(len(squares) // PER_SHELL, 1, MOST_SHELLS))
    limits = np.linspace(0, squares.max() ** 1.5, count + 1) ** (2 / 3)
    limits[-1] *= 1 + 10 * LIMIT_MARGIN
    at = np.digitize(squares, limits) - 1
    n_possible, _ = np.histogram(possible, limits)
    shells = []
    for number in range(count):
        inside = at == number
        is_empty = not inside.any()
        mean = None if is_empty else float(intensities[inside].mean())
        shells.append(
            Shell(
                low=float((limits[number] if number else possible.min()) ** -0.5),
                high=float(limits[number + 1] ** -0.5),
                inverse_square=None if is_empty else float(squares[inside].mean()),
                measured=int(inside.sum()),
                possible=int(n_possible[number]),
                mean_intensity=mean if mean is not None and np.isfinite(mean) else None,
            )
        )
    return shells
