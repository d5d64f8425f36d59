"""Check that XML declares no entities, which could grow without bounds or read other files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from ccp4hooks.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path


PARSED_BY_CCP4I2 = frozenset({"application/CCP4-asu-content"})
"""MIME types of input files in XML that CCP4i2 parses itself, expanding entities. Programs parse the others."""


def require_plain_xml(path: Path) -> None:
    """Refuse an XML file with a document type declaration, which is the only place where entities are declared.

    The files that CCP4i2 writes have none. Its parser would expand the entities of any other file.

    Raises:
        BadInputError: The file has a document type declaration, is not XML, or cannot be read.
    """
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise BadInputError(f"{path} declares a document type, which is not allowed. Remove the declaration.")

    parser.StartDoctypeDeclHandler = refuse
    try:
        with path.open("rb") as stream:
            parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise BadInputError(f"{path} is not XML: {error}. Correct the file.") from error
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error
