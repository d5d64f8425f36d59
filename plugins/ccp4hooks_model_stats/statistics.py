"""Compute statistics of a model with gemmi. B values are in [A^2]."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import gemmi

from ccp4hooks_model_stats.b_values import of_atoms

if TYPE_CHECKING:
    from pathlib import Path

WATERS = frozenset(
    {"HOH", "WAT", "DOD", "H2O", "D2O", "OH2", "SOL", "SPC", "TIP", "TIP3", "TP3", "T3P", "TIP4", "TP4", "T4P", "TP5"}
)
"""Names of water in the Protein Data Bank and in programs of simulation. Some are names of ligands, too."""


def of_model(path: Path) -> dict[str, Any]:
    """Return the statistics of a file by name, see `ccp4hooks_model_stats.read_statistics`."""
    structure = structure_of(path)
    chains = list(structure[0])
    n_atoms = sum(len(residue) for chain in chains for residue in chain)
    kinds = _positions(chains)
    found: dict[str, Any] = {
        "nAtoms": n_atoms,
        "nResidues": kinds[False],
        "nWaters": kinds[True],
        "nChains": len({chain.name for chain in chains}),
    }
    b_values = of_atoms(path, structure)
    if b_values:
        found["meanB"] = sum(b_values) / len(b_values)
    return found | _r_values(structure)


def structure_of(path: Path) -> Any:
    """Return the structure of a file, whose first model has atoms.

    Raises:
        OSError: The file cannot be read.
        RuntimeError: The file is damaged.
        ValueError: The file is damaged, has no atoms, or is a restraint dictionary.
        IndexError: The file is damaged.
    """
    structure = gemmi.read_structure(str(path), format=gemmi.CoorFormat.Detect)
    if structure.input_format == gemmi.CoorFormat.ChemComp:
        raise ValueError("it is a restraint dictionary, not a model")
    if not any(len(residue) for chain in (structure[0] if len(structure) else ()) for residue in chain):
        raise ValueError("the model has no atoms")
    return structure


def _positions(chains: list[Any]) -> Counter[bool]:
    """Return the numbers of positions with residues and with waters, by whether the position has water only."""
    by_number: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for chain in chains:
        for residue in chain:
            by_number[chain.name, str(residue.seqid)].append(residue)
    counts: Counter[bool] = Counter()
    for residues in by_number.values():
        alternatives = [residue for residue in residues if _is_alternative(residue)]
        counts.update(is_water(residue) for residue in residues if not _is_alternative(residue))
        if alternatives:
            counts[all(map(is_water, alternatives))] += 1
    return counts


def _is_alternative(residue: Any) -> bool:
    """Return whether a residue is there in some conformations only."""
    return all(atom.has_altloc() for atom in residue)


def is_water(residue: Any) -> bool:
    """Return whether a residue has a name of water and no other atoms than those of water."""
    heavy = {atom.name for atom in residue if not atom.is_hydrogen() and atom.element.name != "X"}
    elements = {atom.element.name for atom in residue if atom.name in heavy}
    return residue.name in WATERS and len(heavy) == 1 and elements == {"O"}


def _r_values(structure: Any) -> dict[str, Any]:
    """Return the R values that a refinement program wrote; gemmi represents missing ones as -1 or NaN."""
    found = [("rWork", one.r_work) for one in structure.meta.refinement]
    found += [("rFree", one.r_free) for one in structure.meta.refinement]
    return {name: value for name, value in found if value > 0}
