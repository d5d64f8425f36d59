"""Read the columns of an MTZ file: indices, observed values with their sigmas, and flags."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ccp4hooks.cdata import MAX_MILLER_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGMA_TYPES = {"J": "Q", "K": "M", "F": "Q", "G": "L"}
"""Column types of observed values, best first, with the types of their sigmas.

Source: MTZ format of the CCP4 library.
"""

INTENSITIES = "JK"
"""Column types of intensities; the others of `SIGMA_TYPES` are those of amplitudes."""

ANOMALOUS = "KG"
"""Column types of values of which a reflection has two, (+) and (-)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The observed values of one data set.

    Attributes:
        dataset: Identifier of the data set in the file.
        intensities: Whether the values are intensities; otherwise they are amplitudes.
        pairs: (values, sigmas), each of shape (rows,) and dtype float64; two pairs for anomalous data. A value without
            a positive sigma is NaN, and so is its sigma.
    """

    dataset: int
    intensities: bool
    pairs: list[tuple[Any, Any]]


def indices(mtz: Any) -> Any:
    """Return the Miller indices of an MTZ file, shape (rows, 3), dtype int32. The columns may be anywhere in the file.

    Raises:
        ValueError: The file has not exactly one column each of H, K and L, or they have values that are no indices.
    """
    found = sorted((column for column in mtz.columns if column.type == "H"), key=lambda column: column.label.upper())
    if [column.label.upper() for column in found] != ["H", "K", "L"]:
        raise ValueError("the file has no columns H, K, L")
    values = np.stack([column.array for column in found], axis=1)
    # A comparison with NaN is false.
    if not (abs(values) <= MAX_MILLER_INDEX).all():
        raise ValueError("the file has values in the columns H, K, L that are no indices, so it is damaged")
    return values.astype(np.int32)


def known_values(mtz: Any, column: Any) -> Any:
    """Return the values of a column, shape (rows,), dtype float64, with NaN where a value is missing."""
    values = column.array.astype(np.float64)
    # A comparison with NaN, which is the usual flag, is false.
    values[column.array == np.float32(mtz.valm)] = np.nan
    return values


def observed(mtz: Any) -> Observed | None:
    """Return the observed values of the best kind, or None if the file has none with sigmas."""
    for kind in SIGMA_TYPES:
        for dataset in dict.fromkeys(column.dataset_id for column in mtz.columns):
            columns = [column for column in mtz.columns if column.dataset_id == dataset]
            pairs = [_measured(mtz, value, sigma) for value, sigma in _pairs(columns, kind)]
            if pairs:
                wanted = pairs[: 2 if kind in ANOMALOUS else 1]
                return Observed(dataset=dataset, intensities=kind in INTENSITIES, pairs=wanted)
    return None


def _measured(mtz: Any, value: Any, sigma: Any) -> tuple[Any, Any]:
    values, sigmas = known_values(mtz, value), known_values(mtz, sigma)
    missing = ~(np.isfinite(values) & (sigmas > 0))
    values[missing] = sigmas[missing] = np.nan
    return values, sigmas


def _pairs(columns: list[Any], kind: str) -> Iterator[tuple[Any, Any]]:
    """Yield the columns of a type, each with its sigmas.

    The sigmas of F are named SIGF. Under other names those of anomalous data come in the order of the values, and
    those of other data directly follow the values.
    """
    sigma_type = SIGMA_TYPES[kind]
    values = [column for column in columns if column.type == kind]
    sigmas = [column for column in columns if column.type == sigma_type]
    by_name = {column.label.upper(): column for column in sigmas}
    in_order = dict(zip((value.label for value in values), sigmas, strict=False)) if kind in ANOMALOUS else {}
    following = {one.label: two for one, two in pairwise(columns) if two.type == sigma_type}
    for value in values:
        sigma = by_name.get(f"SIG{value.label.upper()}") or (in_order or following).get(value.label)
        if sigma is not None:
            yield value, sigma
