"""Check that XML declares no entities, which could grow without bounds or read other files, and is not too large."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from xml.parsers import expat

from ccp4hooks.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


LARGEST_FILE = 2**26
"""Size of the largest file [byte]. The parameters of a job have less than a hundredth of it."""

DEEPEST = 100
"""Largest number of elements inside each other. The parameters of a job have less than 20."""

MOST_ELEMENTS = 1_000_000
"""Largest number of elements."""

MOST_IN_RECORD = 20_000_000
"""Largest number of elements in the record of a project. One with 100,000 jobs has less than a tenth of it."""

PARSED_BY_CCP4I2 = frozenset({"application/CCP4-asu-content"})
"""MIME types of input files in XML that CCP4i2 parses itself, expanding entities. Programs parse the others."""


def require_plain_xml(path: Path, cure: str = "Correct the file.") -> None:
    """Refuse an XML file with a document type declaration, which is the only place where entities are declared.

    The files that CCP4i2 writes have none. Its parser would expand the entities of any other file. Files that are too
    large, or have too many elements or too many inside each other, are refused, too.

    Args:
        path: The file.
        cure: What to do if the file is not XML, a sentence.

    Raises:
        BadInputError: The file has a document type declaration, is too large, is not XML, or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_size > LARGEST_FILE:
                raise BadInputError(f"{path} is larger than {LARGEST_FILE} bytes, the limit.")
            _parser(str(path)).ParseFile(stream)
    except expat.ExpatError as error:
        raise BadInputError(f"{path} is not XML: {error}. {cure}") from error
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error


def plain_elements(content: bytes, tag: str, name: str, cure: str) -> list[dict[str, str]]:
    """Return the attributes of all elements with a tag, and refuse XML that `require_plain_xml` refuses, too.

    The record of a project has more elements than a file of parameters, so `MOST_IN_RECORD` holds.

    Args:
        content: The XML. Its size was checked.
        tag: The tag.
        name: What the messages call the XML.
        cure: What to do if it is not XML, a sentence.

    Raises:
        BadInputError: See `require_plain_xml`.
    """
    found: list[dict[str, str]] = []

    def seen(element: str, attributes: dict[str, str]) -> None:
        if element == tag:
            found.append(attributes)

    try:
        _parser(name, MOST_IN_RECORD, seen).Parse(content, True)
    except expat.ExpatError as error:
        raise BadInputError(f"{name} is not XML: {error}. {cure}") from error
    return found


def _parser(
    name: str, most: int = MOST_ELEMENTS, seen: Callable[[str, dict[str, str]], None] = lambda *_: None
) -> expat.XMLParserType:
    """Return a parser that refuses what is not allowed.

    Args:
        name: What the messages call the XML.
        most: Largest number of elements.
        seen: Called with the tag and the attributes of each element.
    """
    parser = expat.ParserCreate()
    depth = count = 0

    def refuse(*_: object) -> None:
        raise BadInputError(f"{name} declares a document type, which is not allowed. Remove the declaration.")

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > DEEPEST:
            raise BadInputError(f"{name} has more than {DEEPEST} elements inside each other, the limit.")
        if count > most:
            raise BadInputError(f"{name} has more than {most} elements, the limit.")
        seen(element, attributes)

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler, parser.StartElementHandler, parser.EndElementHandler = refuse, start, end
    return parser
