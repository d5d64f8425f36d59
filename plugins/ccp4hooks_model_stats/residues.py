"""Compute the B values of a model by residue with gemmi. B values are in [A^2]."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from ccp4hooks_model_stats.b_values import of_atoms
from ccp4hooks_model_stats.statistics import is_water, structure_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidueB:
    """The B of a residue or ligand.

    Attributes:
        number: Its number, without an insertion code.
        name: Its name and number, for instance ``"SER 52A"``; the first one of alternative residues.
        mean_b: Unweighted mean isotropic B of its atoms, including hydrogens and alternative positions [A^2].
    """

    number: int
    name: str
    mean_b: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelB:
    """The B values of a model.

    Attributes:
        chains: The residues and ligands, no waters, by the name of their chain, in the order of the file. A chain of
            waters only is left out.
        atoms: The B of each atom of the model, including waters [A^2].
    """

    chains: dict[str, tuple[ResidueB, ...]]
    atoms: tuple[float, ...]


def of_model(path: Path) -> ModelB | None:
    """Return the B values of a file, see `ccp4hooks_model_stats.read_b_values`."""
    structure = structure_of(path)
    atoms = of_atoms(path, structure)
    if not atoms or not all(map(isfinite, atoms)):
        return None
    groups: dict[str, dict[str, tuple[int, str, list[float]]]] = {}
    for chain in structure[0]:
        for residue in chain:
            if len(residue) and not is_water(residue):
                place = str(residue.seqid)
                chosen = groups.setdefault(chain.name, {})
                _, _, found = chosen.setdefault(place, (residue.seqid.num, f"{residue.name} {place}", []))
                found += [atom.b_iso for atom in residue]
    chains = {
        name: tuple(
            ResidueB(number=number, name=residue, mean_b=sum(found) / len(found))
            for number, residue, found in residues.values()
        )
        for name, residues in groups.items()
    }
    return ModelB(chains=chains, atoms=tuple(atoms))
