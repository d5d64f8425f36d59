"""Recognise the format of a file by its beginning, to say what was given in place of what a parameter asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HEAD_BYTES = 65_536
_MAP_MARK = slice(208, 212)  # Source: the CCP4/MRC2014 map format, word 53
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format.

    Attributes:
        name: The format, to continue "It is ".
        cure: What to do with such a file, one sentence; empty if it depends on what is asked for.
        of_no_input: Whether no parameter can take such a file, whatever its type.
    """

    name: str
    cure: str = ""
    of_no_input: bool = False


def _compressed(name: str, program: str) -> Format:
    return Format(name=f"compressed with {name}", cure=f"Decompress it with {program} first.")


GZIP = _compressed("gzip", "gunzip")
MTZ = Format(name="an MTZ file", cure="Give it to a parameter for reflections.")
MAP = Format(name="a map", cure="Give it to a parameter for a map.")
PDB = Format(name="a PDB file", cure="Give it to a parameter for a model.")
MMCIF = Format(name="an mmCIF file with a model", cure="Give it to a parameter for a model.")
DICTIONARY = Format(name="a restraint dictionary", cure="Give it to a parameter for a restraint dictionary.")
REFLECTION_CIF = Format(name="an mmCIF file with reflections", cure="Give it to a parameter for reflections.")
XDS = Format(name="a reflection file of XDS", cure="Give it to a parameter for reflections.")
CIF = Format(name="a CIF file")
SEQUENCE = Format(name="a sequence")
XML = Format(name="an XML file")
UNKNOWN_TEXT = Format(name="text in an unknown format")
WEB_PAGE = Format(
    name="a web page (HTML)",
    cure="Download the file itself: the server sent a page instead, perhaps to ask for a login.",
    of_no_input=True,
)
LFS_POINTER = Format(
    name="a pointer of Git LFS to a file", cure="Fetch the file itself with `git lfs pull`.", of_no_input=True
)
UTF_16 = Format(name="text in UTF-16", cure="Save it as plain text (ASCII or UTF-8).")
OLD_MAC = Format(name="text with line ends of old Macs", cure="Convert the line ends: tr '\\r' '\\n' < OLD > NEW.")


_MAGIC = {
    b"\x1f\x8b": GZIP,
    b"BZh": _compressed("bzip2", "bunzip2"),
    b"\xfd7zXZ": _compressed("xz", "unxz"),
    b"PK\x03\x04": _compressed("zip", "unzip"),
    b"MTZ ": MTZ,
}
"""Formats by the bytes with which files begin."""

BYTE_ORDER_MARK_CURE = "Save it as UTF-8 without a byte order mark: tail -c +4 OLD > NEW."


def beginning(path: Path) -> bytes:
    """Return as much of the beginning of a file as the functions below need.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as stream:
        return stream.read(_HEAD_BYTES)


def recognised(head: bytes) -> Format | None:
    """Return the format of a file, judged by its beginning, or None if it is none of those known here."""
    for magic, found in _MAGIC.items():
        if head.startswith(magic):
            return found
    if head[_MAP_MARK] == b"MAP ":
        return MAP
    return _text_format(head.removeprefix(_BYTE_ORDER_MARK))


def has_byte_order_mark(head: bytes) -> bool:
    """Return whether a file begins with the byte order mark of UTF-8."""
    return head.startswith(_BYTE_ORDER_MARK)


def _text_format(head: bytes) -> Format | None:
    found = next((found for found, matches in _TEXTS if matches(head)), None)
    if found or not head:
        return found
    is_text = b"\0" not in head and not re.search(rb"[\x01-\x08\x0e-\x1a]", head)
    return UNKNOWN_TEXT if is_text else None


def _matches(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    return lambda head: compiled.search(head) is not None


def _is_old_mac(head: bytes) -> bool:
    return b"\r" in head and b"\n" not in head and b"\0" not in head


_TEXTS: tuple[tuple[Format, Callable[[bytes], bool]], ...] = (
    (UTF_16, lambda head: head.startswith((b"\xff\xfe", b"\xfe\xff"))),
    (WEB_PAGE, _matches(rb"\A\s*(<!--.{0,2000}?-->\s*)?<(!doctype\s+html|html[\s>])")),
    (LFS_POINTER, _matches(rb"\Aversion https://git-lfs\.github\.com/spec/")),
    (OLD_MAC, _is_old_mac),
    (XDS, _matches(rb"\A!FORMAT=XDS_ASCII")),
    (SEQUENCE, _matches(rb"\A\s*>")),
    (MMCIF, _matches(rb"^\s*_atom_site\.")),
    (DICTIONARY, _matches(rb"^\s*(_chem_comp_atom\.|_chem_link|_chem_mod|data_comp_list\b|data_link_|data_mod_)")),
    (REFLECTION_CIF, _matches(rb"^\s*_(diffrn_)?refln\.")),
    (CIF, _matches(rb"\A\s*(#.*\s+)*data_\S")),
    (PDB, _matches(rb"^(CRYST1|ATOM  |HETATM)")),
    (XML, _matches(rb"\A\s*<\?xml")),
    (Format(name="a JSON file"), _matches(rb"\A\s*[\[{]\s*[\"\[{]")),
    (Format(name="a PDF file"), _matches(rb"\A%PDF-")),
)
"""Formats of text with their tests, the first that matches counts. A bare CIF block comes after what it may contain."""
