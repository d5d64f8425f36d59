"""XML that declares nothing: no entities that grow without bounds, none that read other files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from ccp4hooks.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path


READ_BY_HOST = frozenset({"application/CCP4-asu-content"})
"""Types of the input files in XML that CCP4i2 reads itself, with entities and all; others are read by programs."""


def require_plain_xml(path: Path) -> None:
    """Refuse an XML file with a document type declaration, the only place where entities are declared.

    CCP4i2's own files have none. Their loader must see no other: it would expand what they declare.

    Raises:
        BadInputError: It has one, or is no XML.
    """
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise BadInputError(f"{path} declares a document type, which no file of CCP4i2 does; it is not read.")

    parser.StartDoctypeDeclHandler = refuse
    try:
        with path.open("rb") as stream:
            parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise BadInputError(f"{path} is not XML: {error}.") from error
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error
