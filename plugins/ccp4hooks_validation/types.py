"""Check the MIME type of a file."""

from __future__ import annotations

from ccp4hooks.cdata import known_file_types
from ccp4hooks_validation.finding import Finding


def bare_type(file_type: str) -> str:
    """Return a MIME type without the quotation marks that some classes of CCP4i2 put around it.

    >>> bare_type('"text/plain"')
    'text/plain'
    """
    return file_type.strip('" ')


def check_type(file_type: str, class_name: str) -> list[Finding]:
    """Return a warning if CCP4i2 does not know the MIME type, because it would offer the file to no other task.

    Args:
        file_type: The MIME type.
        class_name: The CData class of the parameter, empty if it is unknown.
    """
    if bare_type(file_type) in known_file_types():
        return []
    of_class = f" (class {class_name})" if class_name else ""
    message = f"has the file type {file_type or 'Unknown'!r}{of_class}, which CCP4i2 does not know."
    cure = "Give the class of the parameter a known mimeTypeName, or CCP4i2 will not offer the file to other tasks."
    return [Finding.warning(message, cure)]
