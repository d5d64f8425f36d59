"""Check the MIME type of a file."""

from __future__ import annotations

from ccp4hooks.cdata import known_file_types
from ccp4hooks_validation.finding import Finding

MTZ_PREFIX = "application/CCP4-mtz"


def bare_type(file_type: str) -> str:
    """Return a MIME type without the quotation marks that some of CCP4i2's classes have around it.

    >>> bare_type('"text/plain"')
    'text/plain'
    """
    return file_type.strip('" ')


def check_type(file_type: str, class_name: str) -> list[Finding]:
    """Return a warning where CCP4i2 does not know the MIME type, so that no other task would be offered the file."""
    if bare_type(file_type) in known_file_types():
        return []
    holder = f" (class {class_name})" if class_name else ""
    message = f"has the file type {file_type or 'Unknown'!r}{holder}, which CCP4i2 does not know."
    cure = "CCP4i2 will not offer it to other tasks; the parameter's class should name a known mimeTypeName."
    return [Finding.warning(message, cure)]
