"""Record statistics of the models that a job wrote: atoms, residues, waters, chains, mean B and R values.

In reports it shows the B values of the best or last model. This plugin reads every model completely, so it is disabled
by default. Enable it with ``-p model-stats``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks import Better, Kpi, KpiDescription, Problem, Severity, hookimpl, kpi_key, output_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ccp4hooks import Job, KpiValue, Outcome, Plot, Section, Text
    from ccp4hooks_model_stats.residues import ModelB

__all__ = ["describe_kpis", "glean_kpi", "report_section"]

MODEL_TYPE = "chemical/x-pdb"
"""MIME type of models in PDB or mmCIF format. Source: ``CPdbDataFile``, ccp4i2 3.0.1."""

ABOUT = {
    "nAtoms": ("", "atoms, including hydrogens, each alternative conformation, and atoms of occupancy 0"),
    "nResidues": ("", "residues and ligands, excluding waters; alternative residues at one position count once"),
    "nWaters": ("", "waters, alternative positions of one water counted once"),
    "nChains": ("", "chains by the names that authors use, including chains of waters only"),
    "meanB": ("A^2", "unweighted mean isotropic B of all atoms, including hydrogens and waters"),
    "rWork": ("", "R of the working set, from the header of the file"),
    "rFree": ("", "R of the free set, from the header of the file"),
}
"""Unit and description by the last part of the key. All statistics refer to the first model of a file."""


SHOWN = {
    "nAtoms": ("Atoms", None, None),
    "nResidues": ("Residues", None, None),
    "nWaters": ("Waters", None, None),
    "nChains": ("Chains", None, None),
    "meanB": ("Mean B", None, 1),
    "rWork": ("R-work", Better.LOWER, 4),
    "rFree": ("R-free", Better.LOWER, 4),
}
"""Title, which values are better, and decimals, by the last part of the key."""


@hookimpl.describe_kpis
def describe_kpis() -> Iterator[KpiDescription]:
    """Describe the statistics."""
    for name, (title, better, decimals) in SHOWN.items():
        unit, _ = ABOUT[name]
        yield KpiDescription(
            key=f"*.{name}", title=title, unit=unit, better=better, decimals=decimals, group="Model file"
        )


@hookimpl.glean_kpi
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


@hookimpl.report_section
def report_section(outcomes: Sequence[Outcome]) -> Iterator[Section | Plot | Text]:
    """Yield the mean B by residue and by chain, and the distribution of B, of the best or last model."""
    from ccp4hooks_model_stats.report import sections  # noqa: PLC0415 - start-up time

    yield from sections(outcomes, read_b_values)


def read_b_values(path: Path) -> ModelB | None:
    """Return the B values of the first model of a file by residue, or None where `read_statistics` gives no mean B.

    Raises:
        OSError: The file cannot be read.
        RuntimeError: The file is damaged.
        ValueError: The file is damaged, has no atoms, or is a restraint dictionary.
        IndexError: The file is damaged.
    """
    from ccp4hooks_model_stats.residues import of_model  # noqa: PLC0415 - start-up time

    _require_content(path)
    return of_model(path)


def read_statistics(path: Path) -> dict[str, KpiValue]:
    """Return the statistics of the first model of a file by name, without R values that its header lacks.

    The format is detected from the content of the file. ``meanB`` is left out if B is missing or 0 for every atom, or
    missing for any; and for predicted models, which have a confidence (pLDDT) in its place.

    Raises:
        OSError: The file cannot be read.
        RuntimeError: The file is damaged.
        ValueError: The file is damaged, has no atoms, or is a restraint dictionary.
        IndexError: The file is damaged.
    """
    from ccp4hooks_model_stats.statistics import of_model  # noqa: PLC0415 - start-up time

    _require_content(path)
    return of_model(path)


def _require_content(path: Path) -> None:
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
