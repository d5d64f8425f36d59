"""Check that the content of a file is of its MIME type."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ccp4hooks import Severity
from ccp4hooks.cdata import read_fault, type_label
from ccp4hooks_validation import formats, names, text_files
from ccp4hooks_validation.finding import Finding, reason, short
from ccp4hooks_validation.mtz import check_mtz
from ccp4hooks_validation.types import bare_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccp4hooks_validation.formats import Format

Columns = tuple[tuple[str, ...], ...]

_PDB_FLAG, _MMCIF_FLAG = 1, 2  # Source: CPdbDataFile.CONTENT_FLAG_PDB, CONTENT_FLAG_MMCIF of ccp4i2 3.0.1
_MTZ_PREFIX = "application/CCP4-mtz"
_UNMERGED = "application/CCP4-unmerged-mtz"
_MAP_HEADER_BYTES = 1024

# Bytes of one grid point by mode. Source: the CCP4/MRC2014 map format.
_POINT_BYTES = {0: 1, 1: 2, 2: 4, 3: 4, 4: 8, 6: 2, 12: 2}

# Types with several formats. The first bytes of a file tell whether it is an MTZ file.
_MIXED = {"application/CCP4-unmerged-experimental", "application/CCP4-generic-reflections"}

# Types of files in any format, even those that are mistakes elsewhere.
_ANY_FORMAT = {"", "Unknown", "text/plain"}

# Types of files that gemmi decompresses if their name ends in .gz.
_READ_COMPRESSED = {"chemical/x-pdb", "chemical/x-cif", "application/refmac-dictionary", "application/CCP4-map"}

_RESTRAINTS = ("_chem_comp_", "_chem_link", "_chem_mod")


def check_content(path: Path, file_type: str, content_flag: int | None, columns: Columns) -> list[Finding]:
    """Return the faults of a file's content.

    Of types of text, it is only checked that a file is not one of another format; of other types without a format that
    is known here, only that it is not empty, not a web page and not a pointer of Git LFS. It reads only the headers of
    maps and of large MTZ files, the beginning of text, and all of coordinates and CIF files.

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
    except UnicodeDecodeError:
        return [Finding(message="has names that are not valid UTF-8.", cure="Rename them, or give the intact file.")]
    except MemoryError:
        message = "has a header that declares more data than fits into memory."
        return [Finding(message=message, cure="Give the intact file.")]


def _check_by_type(path: Path, kind: str, content_flag: int | None, columns: Columns) -> list[Finding]:
    head = formats.beginning(path)
    actual = formats.recognised(head)
    if actual and actual.of_no_input and kind not in _ANY_FORMAT:
        return [Finding(message=f"is not the file that is meant. It is {actual.name}.", cure=actual.cure)]
    if actual == formats.GZIP and path.suffix == ".gz" and kind in _READ_COMPRESSED:
        # Tasks copy it, or fail to read it.
        message = f"is {actual.name}. gemmi reads such files, but most programs of CCP4 do not."
        return [Finding.warning(message, actual.cure, refuses_request=True)]
    if kind.startswith(_MTZ_PREFIX) or kind == _UNMERGED or (kind in _MIXED and actual == formats.MTZ):
        found = check_mtz(path, content_flag, columns, actual=actual, merged=kind not in {_UNMERGED, *_MIXED})
        return found + (names.check_name(path, "is an MTZ file", names.MTZ) if actual == formats.MTZ else [])
    is_model = kind == "chemical/x-pdb"
    found = _check_coordinates(path, content_flag, head) if is_model else _check_other(path, kind, head)
    if formats.has_byte_order_mark(head) and all(finding.severity is not Severity.BLOCK for finding in found):
        message = "begins with a byte order mark, because of which programs may not understand its first line."
        found.append(Finding.warning(message, formats.BYTE_ORDER_MARK_CURE))
    return found


def _check_other(path: Path, kind: str, head: bytes) -> list[Finding]:
    """Return the faults of a file that contains neither reflections nor coordinates."""
    check = _CHECKS.get(kind)
    found = check(path, head) if check else text_files.check_text(kind, head) or _check_own(path, kind)
    return found or (names.check_name(path, *_NAMES[kind]) if kind in _NAMES else [])


def _check_own(path: Path, kind: str) -> list[Finding]:
    """Return the fault of a file of a plugin's own type, which the plugin has told how to read."""
    fault = short(read_fault(path, kind), path)
    message = f"cannot be read as {type_label(kind)}: {fault}."
    return [Finding(message=message, cure="Give the intact file.")] if fault else []


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unreadable(head: bytes, message: str, cure: str, wanted: tuple[Format, ...]) -> Finding:
    """Return the finding that a file cannot be read, which adds the reason if that is its format."""
    actual = formats.recognised(head)
    if actual and actual not in wanted:
        return Finding(message=f"{message} It is {actual.name}.", cure=actual.cure or cure)
    if formats.has_byte_order_mark(head):
        return Finding(message=f"{message} It begins with a byte order mark.", cure=formats.BYTE_ORDER_MARK_CURE)
    return Finding(message=message, cure=cure)


def _check_coordinates(path: Path, content_flag: int | None, head: bytes) -> list[Finding]:
    import gemmi  # noqa: PLC0415 - start-up time

    cure, wanted = "Give a PDB or mmCIF file with coordinates.", (formats.PDB, formats.MMCIF)
    try:
        structure = gemmi.read_structure(str(path), format=gemmi.CoorFormat.Detect)
        empty = not any(True for model in structure for _ in model.all())
    except (RuntimeError, ValueError, IndexError) as error:
        return [_unreadable(head, f"cannot be read as coordinates: {reason(error, path)}.", cure, wanted)]
    if structure.input_format == gemmi.CoorFormat.ChemComp:
        # gemmi makes a structure of the ideal coordinates in a dictionary.
        message = "contains no model. It is a restraint dictionary, whose coordinates are ideal ones of a compound."
        return [Finding.warning(message, formats.DICTIONARY.cure, refuses_request=True)]
    if empty:
        return [_unreadable(head, "contains no atom that can be read.", cure, wanted)]
    if formats.has_byte_order_mark(head) and formats.recognised(head) == formats.MMCIF:
        # gemmi reads the lines of atoms as those of a PDB file.
        return [_unreadable(head, "cannot be read as mmCIF.", cure, wanted)]
    if _lacks_numbers(structure):
        message = "has atoms whose coordinates are no numbers."
        return [Finding.warning(message, "Correct them, or give the intact file.", refuses_request=True)]
    actual = {gemmi.CoorFormat.Pdb: _PDB_FLAG, gemmi.CoorFormat.Mmcif: _MMCIF_FLAG}.get(structure.input_format)
    return _check_format(path, content_flag, actual)


def _lacks_numbers(structure: Any) -> bool:
    """Return whether a coordinate of an atom is NaN, which gemmi reads like a number."""
    # Atoms without a mass have no centre either, and looking at each atom takes long.
    suspect = [model for model in structure if any(map(math.isnan, model.calculate_center_of_mass().tolist()))]
    return any(math.isnan(value) for model in suspect for one in model.all() for value in one.atom.pos.tolist())


def _check_format(path: Path, declared: int | None, actual: int | None) -> list[Finding]:
    known = {_PDB_FLAG: "PDB", _MMCIF_FLAG: "mmCIF"}
    if actual is None:
        return []
    if declared in known and declared != actual:
        return [
            Finding.warning(
                f"is in {known[actual]} format, but its content flag {declared} means {known[declared]}.",
                f"Set the content flag to {actual} or leave it unset.",
            )
        ]
    endings = names.CIF if actual == _MMCIF_FLAG else names.PDB
    return names.check_name(path, f"is in {known[actual]} format", endings)


def _check_cif(path: Path, head: bytes) -> list[Finding]:
    import gemmi  # noqa: PLC0415 - start-up time

    cure = "Give a complete CIF file."
    wanted = (formats.CIF, formats.MMCIF, formats.DICTIONARY, formats.REFLECTION_CIF)
    try:
        document = gemmi.cif.read(str(path))
    except (RuntimeError, ValueError) as error:
        return [_unreadable(head, f"cannot be read as CIF: {reason(error, path)}.", cure, wanted)]
    return [] if len(document) else [_unreadable(head, "contains no CIF data block.", cure, wanted)]


def _check_dictionary(path: Path, head: bytes) -> list[Finding]:
    import gemmi  # noqa: PLC0415 - start-up time

    if found := _check_cif(path, head):
        return found
    categories = {name for block in gemmi.cif.read(str(path)) for name in block.get_mmcif_category_names()}
    if any(name.startswith(_RESTRAINTS) for name in categories):
        return []
    actual = formats.MMCIF if "_atom_site." in categories else formats.recognised(head)
    message = f"contains no restraints. It is {actual.name}." if actual else "contains no restraints."
    cure = "Give a restraint dictionary, for instance one made by AceDRG."
    return [Finding.warning(message, cure, refuses_request=True)]


def _check_map(path: Path, head: bytes) -> list[Finding]:
    import gemmi  # noqa: PLC0415 - start-up time

    cure = "Give a CCP4 or MRC map."
    try:
        header = gemmi.read_ccp4_header(str(path))
        *points, mode = (header.header_i32(word) for word in (1, 2, 3, 4))
        symmetry_bytes = header.header_i32(24)
    except (RuntimeError, ValueError) as error:
        return [_unreadable(head, f"cannot be read as a map: {reason(error, path)}.", cure, (formats.MAP,))]
    columns, rows, sections = points
    if min(points) <= 0 or mode not in _POINT_BYTES or symmetry_bytes < 0:
        return [Finding(message="has an invalid map header.", cure=cure)]
    expected_bytes = _MAP_HEADER_BYTES + symmetry_bytes + columns * rows * sections * _POINT_BYTES[mode]
    size_bytes = path.stat().st_size
    if size_bytes >= expected_bytes:
        return []
    message = f"is truncated: its header announces {expected_bytes} bytes, but it has {size_bytes}."
    return [Finding(message=message, cure="Give the complete file.")]


_CHECKS: dict[str, Callable[[Path, bytes], list[Finding]]] = {
    "application/refmac-dictionary": _check_dictionary,
    "chemical/x-cif": _check_cif,
    "application/CCP4-map": _check_map,
}

_NAMES = {
    "application/refmac-dictionary": ("is in CIF format", names.CIF),
    "chemical/x-cif": ("is in CIF format", names.CIF),
    "application/CCP4-map": ("is a map", names.MAP),
    "application/CCP4-seq": ("is a sequence", names.SEQUENCE),
}
"""What `names.check_name` says of types with one format."""
