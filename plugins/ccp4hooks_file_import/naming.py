"""Choose the name of an imported file: the name of the source, made legal, with a number if it is taken."""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NAME_BYTES = 255
"""The longest name of a directory entry on the usual file systems [bytes]."""

PART_PREFIX = ".ccp4hooks-import-"
PART_SUFFIX = ".part"

# A number goes before the whole ending. These endings have several parts that belong together.
_ENDING = re.compile(r"(?:\.[A-Za-z0-9]{1,8}\.(?:gz|bz2|xz|Z|zip)|\.(?:asu|scene|imosflm)\.xml|\.[^.]{1,32})$")


def legal_name(name: str) -> str:
    r"""Return the name of a source as one legal component of a path, unchanged if it is legal.

    Control characters, separators and bytes that are not UTF-8 become ``_``. The length is not limited here.

    >>> legal_name("native.mtz"), legal_name("two\nlines.mtz"), legal_name("..")
    ('native.mtz', 'two_lines.mtz', 'file')
    """
    cleaned = "".join("_" if _is_illegal(character) else character for character in name)
    if cleaned in {"", ".", ".."}:
        return "file"
    # The name must not look like the temporary copy of an interrupted import.
    return cleaned.lstrip(".") if cleaned.startswith(PART_PREFIX) else cleaned


def candidates(name: str, first: int = 0) -> Iterator[str]:
    """Yield names to try for a file, without end. Each has at most `MAX_NAME_BYTES` bytes.

    Args:
        name: A legal name.
        first: The first number; the first name of all, 0, has none.

    >>> [name for name, _ in zip(candidates("native.mtz"), range(3))]
    ['native.mtz', 'native_1.mtz', 'native_2.mtz']
    """
    stem, ending = _split(name)
    for number in itertools.count(first):
        tail = f"_{number}{ending}" if number else ending
        yield _shortened(stem, MAX_NAME_BYTES - len(tail.encode())) + tail


def _is_illegal(character: str) -> bool:
    # Cc: control, Cs: surrogate (a byte that is not UTF-8), Zl and Zp: line and paragraph separators.
    return character in "/\\" or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def _split(name: str) -> tuple[str, str]:
    found = _ENDING.search(name, 1)
    return (name[: found.start()], found.group()) if found else (name, "")


def _shortened(text: str, size_bytes: int) -> str:
    return text.encode()[:size_bytes].decode(errors="ignore")
