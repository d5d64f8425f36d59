"""Record statistics of the models that a job wrote: atoms, residues, waters, chains, mean B and R values.

This plugin reads every model completely, so it is disabled by default. Enable it with ``-p model-stats``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks import Kpi, Problem, Severity, hookimpl, kpi_key, output_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks import Job, KpiValue

__all__ = ["glean_kpi"]

MODEL_TYPE = "chemical/x-pdb"
"""MIME type of models in PDB or mmCIF format. Source: ``CPdbDataFile``, ccp4i2 3.0.1."""

ABOUT = {
    "nAtoms": ("", "atoms, including hydrogens and alternative conformations"),
    "nResidues": ("", "residues and ligands, excluding waters"),
    "nWaters": ("", "waters"),
    "nChains": ("", "chains"),
    "meanB": ("A^2", "unweighted mean isotropic B of all atoms"),
    "rWork": ("", "R of the working set, from the header of the file"),
    "rFree": ("", "R of the free set, from the header of the file"),
}
"""Unit and description by the last part of the key. All statistics refer to the first model of a file."""


@hookimpl
def glean_kpi(job: Job, script: Any) -> Iterator[Kpi | Problem]:
    """Yield the statistics of each model. A key starts with the parameter of the file: ``"XYZOUT.nAtoms"``."""
    for file in output_files(job, script):
        if file.file_type != MODEL_TYPE:
            continue
        try:
            found = read_statistics(file.path)
        except (OSError, RuntimeError, ValueError, IndexError) as error:
            message = f"cannot compute statistics, because the file cannot be read as a model: {error}"
            yield Problem(severity=Severity.WARNING, message=message, parameter=file.parameter, path=file.path)
            continue
        for name, value in found.items():
            unit, meaning = ABOUT[name]
            yield Kpi(key=kpi_key(file.parameter, name), value=value, unit=unit, description=meaning)


def read_statistics(path: Path) -> dict[str, KpiValue]:
    """Return the statistics of the first model of a file by name, without R values that its header lacks.

    The format is detected from the content of the file.

    Raises:
        OSError: The file cannot be read.
        RuntimeError: The file is damaged.
        ValueError: The file is damaged or has no atoms.
        IndexError: The file is damaged.
    """
    import gemmi  # noqa: PLC0415 - start-up time

    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    structure = gemmi.read_structure(str(path), format=gemmi.CoorFormat.Detect)
    chains = list(structure[0]) if len(structure) else []
    residues = [residue for chain in chains for residue in chain]
    b_values = [atom.b_iso for residue in residues for atom in residue]
    if not b_values:
        raise ValueError("the model has no atoms")
    waters = sum(residue.is_water() for residue in residues)
    counts = {
        "nAtoms": len(b_values),
        "nResidues": len(residues) - waters,
        "nWaters": waters,
        "nChains": len({chain.name for chain in chains}),
        "meanB": sum(b_values) / len(b_values),
    }
    return counts | _r_values(structure)


def _r_values(structure: Any) -> dict[str, KpiValue]:
    """Return the R values that a refinement program wrote; gemmi represents missing ones as -1 or NaN."""
    found = [("rWork", one.r_work) for one in structure.meta.refinement]
    found += [("rFree", one.r_free) for one in structure.meta.refinement]
    return {name: value for name, value in found if value > 0}
