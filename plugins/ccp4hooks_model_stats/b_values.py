"""Read the B values of a model, if they are B values."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any

import gemmi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_B_COLUMNS = slice(60, 66)  # Source: the PDB format, version 3.3, records ATOM and HETATM
_PREDICTORS = re.compile(r"alphafold|colabfold|esmfold|openfold|omegafold|rosettafold|boltz|chai-\d", re.IGNORECASE)
_MAX_CONFIDENCE = 100.0


def of_atoms(path: Path, structure: Any) -> list[float]:
    """Return the isotropic B of every atom of the first model [A^2], or an empty list if the file has none.

    Args:
        path: The file. gemmi replaces a missing B by a constant, so the file is looked at again.
        structure: The structure as gemmi read it from the file.
    """
    residues = [[atom.b_iso for atom in residue] for chain in structure[0] for residue in chain]
    values = [value for residue in residues for value in residue]
    block = _block(path, structure)
    if not any(values) or _is_predicted(structure, block, residues):
        return []
    texts = _in_pdb(path) if structure.input_format == gemmi.CoorFormat.Pdb else _in_block(block)
    return values if all(map(_is_number, texts)) else []


def _block(path: Path, structure: Any) -> Any:
    """Return the block of a CIF file that has the atoms, or None for other files."""
    if structure.input_format != gemmi.CoorFormat.Mmcif:
        return None
    blocks = gemmi.cif.read(str(path))
    return next((block for block in blocks if block.find_values("_atom_site.id")), None)


def _in_block(block: Any) -> Iterator[str]:
    if block is None:
        return
    column = block.find_values("_atom_site.B_iso_or_equiv")
    yield from column or [""]


def _in_pdb(path: Path) -> Iterator[str]:
    # gemmi decompresses a file whose name ends in .gz.
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        for line in stream:
            if line.startswith((b"ATOM", b"HETATM")):
                yield line.decode("latin-1")[_B_COLUMNS]


def _is_number(text: str) -> bool:
    try:
        float(text.split("(", maxsplit=1)[0])  # a standard uncertainty may follow
    except ValueError:
        return False
    return True


def _is_predicted(structure: Any, block: Any, b_values: list[list[float]]) -> bool:
    """Return whether a model was predicted, so that it has a confidence in place of B.

    A file without any header is one if it has no unit cell, and the same number for all atoms of each residue.
    """
    if block is not None and "_ma_qa_metric." in block.get_mmcif_category_names():
        return True
    header = dict(structure.info.items())
    method = header.get("_exptl.method", "")
    if method:
        return "THEORETICAL" in method.upper()
    if _PREDICTORS.search(header.get("_struct.title", "")):
        return True
    several = [set(values) for values in b_values if values[1:]]
    kinds = {value for values in b_values for value in values}
    per_residue = bool(several) and all(len(values) == 1 for values in several) and len(kinds) > 1
    return not structure.cell.is_crystal() and per_residue and max(kinds) <= _MAX_CONFIDENCE
