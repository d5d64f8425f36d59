"""Estimate Wilson's B from mean intensities. Resolutions are in [A], B values in [A^2]."""

from __future__ import annotations

from typing import Any

import gemmi
import numpy as np

RESIDUE = {"C": 5.0, "H": 8.0, "N": 1.35, "O": 1.5, "S": 0.04}
"""Mean number of atoms per amino-acid residue, by element."""

LOW, HIGH = 4.0, 1.2
"""Limits of the data that are used [A]. At lower resolution, the disordered solvent changes the intensities."""

CURVE_FROM, CURVE_STEP = 0.06, 0.02
"""First 1/d^2 of the curve and the step between its values [A^-2]."""

CURVE = (
    *(1.36, 1.11, 0.93, 0.84, 0.80, 0.83, 0.88, 0.94, 0.95, 0.94, 0.92, 0.86, 0.84, 0.79, 0.79, 0.78, 0.77),
    *(0.79, 0.79, 0.82, 0.80, 0.80, 0.83, 0.85, 0.87, 0.91, 0.96, 0.98, 1.03, 1.06, 1.09, 1.14, 1.19),
)
"""Mean intensity of a protein, relative to that of the same atoms at random places, by 1/d^2.

Bond lengths and secondary structure make it differ from 1, see A. N. Popov and G. P. Bourenkov, Acta Cryst. D59 (2003),
1145-1153.

Source: Computed with gemmi as the mean of four models that ccp4i2 3.0.1 carries;
`tests/plugins/stats/test_wilson.py` computes it again.
"""

ENDS_BEFORE = 2.7
"""Minimum high-resolution limit [A]. With less, B depends on differences between proteins more than on the data."""

MAX_ERROR = 1.7
"""Maximum standard error of a B value that is returned [A^2]."""

_MAX_CYCLES = 50
_MAX_SHIFT = 10.0
_CONVERGED = 1e-4


def wilson_b(cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup, merged: gemmi.Intensities) -> float | None:
    """Return Wilson's B [A^2], or None if the data do not determine it.

    The scale k and B maximise the likelihood that intensities I have the mean m = k eps c(s) sum(f^2) exp(-2 B s), with
    s = (sin(theta)/lambda)^2 and the `CURVE` c. The variance of I is m^2 for acentric and 2 m^2 for centric reflections
    (A. J. C. Wilson, Acta Cryst. 2 (1949), 318-321), plus the variance of its measurement.

    Args:
        cell: The unit cell.
        spacegroup: The space group.
        merged: Unique intensities without systematic absences.
    """
    inverse_square = cell.calculate_1_d2_array(merged.miller_array)
    used = (inverse_square >= LOW**-2) & (inverse_square <= HIGH**-2)
    if not used.any() or inverse_square[used].max() < ENDS_BEFORE**-2:
        return None
    operations, hkl, s = spacegroup.operations(), merged.miller_array[used], inverse_square[used] / 4
    epsilon = operations.epsilon_factor_array(hkl)
    spread = np.where(operations.centric_flag_array(hkl), 2.0, 1.0)
    b_value, error = _fitted(merged.value_array[used] / epsilon, merged.sigma_array[used] / epsilon, spread, s)
    return b_value if error <= MAX_ERROR else None


def _fitted(intensities: Any, sigmas: Any, spread: Any, s: Any) -> tuple[float, float]:
    """Return B and its standard error, which is infinite if there is no solution; all arrays have the shape (n,)."""
    random_atoms = sum(n * _form_factors(gemmi.Element(element), s) ** 2 for element, n in RESIDUE.items())
    curve_at = CURVE_FROM + CURVE_STEP * np.arange(len(CURVE))
    expected = random_atoms * np.interp(4 * s, curve_at, CURVE)
    if intensities.mean() <= 0:
        return 0.0, np.inf
    parameters = np.array([np.log(intensities.mean() / expected.mean()), 0.0])
    for _ in range(_MAX_CYCLES):
        mean = expected * np.exp(parameters[0] - 2 * parameters[1] * s)
        weights = 1 / (spread * mean**2 + sigmas**2)
        derivatives = np.stack([mean, -2 * s * mean], axis=1)
        information = derivatives.T @ (weights[:, None] * derivatives)
        if not np.isfinite(information).all() or np.linalg.matrix_rank(information) < len(parameters):
            break
        shift = np.linalg.solve(information, derivatives.T @ (weights * (intensities - mean)))
        parameters += shift * min(1.0, _MAX_SHIFT / max(abs(shift[1]), _CONVERGED))
        if abs(shift[1]) < _CONVERGED:
            return float(parameters[1]), float(np.sqrt(np.linalg.inv(information)[1, 1]))
    return 0.0, np.inf


def _form_factors(element: gemmi.Element, s: Any) -> Any:
    """Return f of an element at (sin(theta)/lambda)^2. It is interpolated, because gemmi takes one value at a time."""
    grid = np.linspace(0, s.max(), 500)
    return np.interp(s, grid, [element.it92.calculate_sf(value) for value in grid])
