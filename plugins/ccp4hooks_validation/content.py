"""Check that the content of a file is of its MIME type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks_validation.finding import Finding, reason
from ccp4hooks_validation.mtz import check_mtz, is_mtz
from ccp4hooks_validation.types import bare_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Columns = tuple[tuple[str, ...], ...]

_PDB_FLAG, _MMCIF_FLAG = 1, 2  # Source: CPdbDataFile.CONTENT_FLAG_PDB, CONTENT_FLAG_MMCIF of ccp4i2 3.0.1
_MTZ_PREFIX = "application/CCP4-mtz"
_GZIP_MAGIC = b"\x1f\x8b"
_MAP_HEADER_BYTES = 1024

# Bytes of one grid point by mode. Source: the CCP4/MRC2014 map format.
_POINT_BYTES = {0: 1, 1: 2, 2: 4, 3: 4, 4: 8, 6: 2, 12: 2}

# Types with several formats. The first bytes of a file tell whether it is an MTZ file.
_MIXED = {"application/CCP4-unmerged-experimental", "application/CCP4-generic-reflections"}


def check_content(path: Path, file_type: str, content_flag: int | None, columns: Columns) -> list[Finding]:
    """Return the faults of a file's content. Types without a known format are only checked for emptiness.

    It reads only the headers of MTZ files and maps, and all of coordinates and CIF files.

    Args:
        path: A regular file that can be read.
        file_type: The MIME type.
        content_flag: The declared content flag, None if there is none.
        columns: The required labels for each content flag of a mini-MTZ class; empty for other classes.
    """
    if not _is_utf8(path):
        # gemmi does not accept such a name.
        return [Finding.warning("was not checked, because its name is not valid UTF-8.", "Rename the file.")]
    try:
        if not path.stat().st_size:
            return [Finding(message="is empty.", cure="Give the complete file.")]
        return _check_by_type(path, bare_type(file_type), content_flag, columns)
    except OSError as error:
        return [Finding.warning(f"could not be checked: {reason(error, path)}.", "Check the disk or network.")]
    except MemoryError:
        message = "has a header that declares more data than fits into memory."
        return [Finding(message=message, cure="Give the intact file.")]


def _check_by_type(path: Path, kind: str, content_flag: int | None, columns: Columns) -> list[Finding]:
    if kind.startswith(_MTZ_PREFIX) or kind == "application/CCP4-unmerged-mtz" or (kind in _MIXED and is_mtz(path)):
        return check_mtz(path, content_flag, columns)
    if kind == "chemical/x-pdb":
        return _check_coordinates(path, content_flag)
    check = _CHECKS.get(kind)
    return check(path) if check else []


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_coordinates(path: Path, content_flag: int | None) -> list[Finding]:
    import gemmi  # noqa: PLC0415 - start-up time

    cure = "Give a PDB or mmCIF file with coordinates."
    try:
        structure = gemmi.read_structure(str(path), format=gemmi.CoorFormat.Detect)
        empty = not any(True for model in structure for _ in model.all())
    except (RuntimeError, ValueError, IndexError) as error:
        return [Finding(message=f"cannot be read as coordinates: {reason(error, path)}.", cure=cure)]
    if empty:
        return [Finding(message="contains no atom that can be read.", cure=_compressed(path) or cure)]
    actual = {gemmi.CoorFormat.Pdb: _PDB_FLAG, gemmi.CoorFormat.Mmcif: _MMCIF_FLAG}.get(structure.input_format)
    return _check_format(content_flag, actual)


def _check_format(declared: int | None, actual: int | None) -> list[Finding]:
    names = {_PDB_FLAG: "PDB", _MMCIF_FLAG: "mmCIF"}
    if declared not in names or actual is None or declared == actual:
        return []
    return [
        Finding.warning(
            f"is in {names[actual]} format, but its content flag {declared} means {names[declared]}.",
            f"Set the content flag to {actual} or leave it unset.",
        )
    ]


def _compressed(path: Path) -> str:
    with path.open("rb") as stream:
        compressed = stream.read(2) == _GZIP_MAGIC
    return "It is compressed. Decompress it with gunzip first." if compressed else ""


def _check_cif(path: Path) -> list[Finding]:
    import gemmi  # noqa: PLC0415 - start-up time

    try:
        document = gemmi.cif.read(str(path))
    except (RuntimeError, ValueError) as error:
        cure = _compressed(path) or "Give a complete CIF file."
        return [Finding(message=f"cannot be read as CIF: {reason(error, path)}.", cure=cure)]
    return [] if len(document) else [Finding(message="contains no CIF data block.", cure="Give a complete CIF file.")]


def _check_map(path: Path) -> list[Finding]:
    import gemmi  # noqa: PLC0415 - start-up time

    try:
        header = gemmi.read_ccp4_header(str(path))
        *points, mode = (header.header_i32(word) for word in (1, 2, 3, 4))
        symmetry_bytes = header.header_i32(24)
    except (RuntimeError, ValueError) as error:
        return [Finding(message=f"cannot be read as a map: {reason(error, path)}.", cure="Give a CCP4 or MRC map.")]
    columns, rows, sections = points
    if min(points) <= 0 or mode not in _POINT_BYTES or symmetry_bytes < 0:
        return [Finding(message="has an invalid map header.", cure="Give a CCP4 or MRC map.")]
    expected_bytes = _MAP_HEADER_BYTES + symmetry_bytes + columns * rows * sections * _POINT_BYTES[mode]
    # gemmi decompresses a file whose name ends in .gz. The size of a compressed file is not comparable.
    size_bytes = path.stat().st_size
    if path.suffix == ".gz" or size_bytes >= expected_bytes:
        return []
    message = f"is truncated: its header announces {expected_bytes} bytes, but it has {size_bytes}."
    return [Finding(message=message, cure="Give the complete file.")]


_CHECKS: dict[str, Callable[[Path], list[Finding]]] = {
    "application/refmac-dictionary": _check_cif,
    "chemical/x-cif": _check_cif,
    "application/CCP4-map": _check_map,
}
