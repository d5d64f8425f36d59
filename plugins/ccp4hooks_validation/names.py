"""Check that the name of a file does not end as that of another format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks_validation.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

PDB = (".pdb", ".ent")
CIF = (".cif", ".mmcif")
MTZ = (".mtz",)
MAP = (".map", ".mrc", ".ccp4")
SEQUENCE = (".fasta", ".fa", ".seq", ".pir")

_OTHERS = (".xml", ".json", ".html", ".pdf", ".sca", ".hkl", ".xds", ".mol", ".mol2")
_KNOWN = frozenset((*PDB, *CIF, *MTZ, *MAP, *SEQUENCE, *_OTHERS))


def check_name(path: Path, fact: str, endings: tuple[str, ...]) -> list[Finding]:
    """Return a warning if the name of a file ends as that of another format.

    Args:
        path: The file.
        fact: The format of its content: "is in PDB format".
        endings: The endings of names in this format, the usual one first.
    """
    if path.suffix.lower() in _KNOWN.difference(endings):
        message = f"{fact}, but its name ends in {path.suffix}, by which programs may misread it."
        return [Finding.warning(message, f"Let its name end in {endings[0]}.")]
    return []
