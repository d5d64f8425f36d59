"""Record what is in the models that a job wrote: atoms, residues, waters, chains, mean B, R values of the header.

Off unless switched on, since every model is read as a whole: ``-p model-stats``.
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
"""MIME type of models, in PDB and in mmCIF format. Source: ``CPdbDataFile``, ccp4i2 3.0.1."""

ABOUT = {
    "nAtoms": ("", "atoms, hydrogens and each alternative included"),
    "nResidues": ("", "residues and ligands, waters left out"),
    "nWaters": ("", "waters"),
    "nChains": ("", "chains"),
    "meanB": ("A^2", "mean isotropic B of all atoms, not weighted"),
    "rWork": ("", "R of the working set, as the file's header says"),
    "rFree": ("", "R of the free set, as the file's header says"),
}
"""Unit and meaning by the end of the key; all of the first model."""


@hookimpl
def glean_kpi(job: Job, script: Any) -> Iterator[Kpi | Problem]:
    """Yield the statistics of every model, each key after its file's parameter: ``"XYZOUT.nAtoms"``."""
    for file in output_files(job, script):
        if file.file_type != MODEL_TYPE:
            continue
        try:
            found = read_statistics(file.path)
        except (OSError, RuntimeError, ValueError, IndexError) as error:
            message = f"cannot be read as a model, so that it has no statistics: {error}"
            yield Problem(severity=Severity.WARNING, message=message, parameter=file.parameter, path=file.path)
            continue
        for name, value in found.items():
            unit, meaning = ABOUT[name]
            yield Kpi(key=kpi_key(file.parameter, name), value=value, unit=unit, description=meaning)


def read_statistics(path: Path) -> dict[str, KpiValue]:
    """Return the statistics of a file's first model by name; R values that its header lacks are absent.

    The format is told by the content, not by the name.

    Raises:
        OSError: It cannot be read.
        RuntimeError: It is damaged; also IndexError.
        ValueError: It is damaged, or has no atoms.
    """
    import gemmi  # noqa: PLC0415 - start-up time

    if path.stat().st_size == 0:
        raise ValueError("it is empty")
    structure = gemmi.read_structure(str(path), format=gemmi.CoorFormat.Detect)
    chains = list(structure[0]) if len(structure) else []
    residues = [residue for chain in chains for residue in chain]
    b_values = [atom.b_iso for residue in residues for atom in residue]
    if not b_values:
        raise ValueError("it has no atoms")
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
    """Return R values that a refinement program wrote; what it left out, gemmi gives as -1 or not a number."""
    said = [("rWork", one.r_work) for one in structure.meta.refinement]
    said += [("rFree", one.r_free) for one in structure.meta.refinement]
    return {name: value for name, value in said if value > 0}
