"""Which MIME types there are, and which way of reading belongs to each."""

from __future__ import annotations

import functools

from ccp4hooks_validation.finding import Finding

MTZ_PREFIX = "application/CCP4-mtz"


@functools.cache
def known_types() -> frozenset[str]:
    """Return the MIME types that CCP4i2 knows.

    Source: ``FILETYPES_TEXT`` and ``FILETYPELIST`` (they differ) of ``ccp4i2.db.ccp4i2_static_data``, 3.0.1.
    """
    from ccp4i2.db.ccp4i2_static_data import FILETYPELIST, FILETYPES_TEXT  # noqa: PLC0415 - start-up time

    return frozenset([*FILETYPES_TEXT, *(entry[1] for entry in FILETYPELIST)]) - {"Unknown"}


def bare_type(file_type: str) -> str:
    """Return a MIME type without the quotation marks that some of CCP4i2's classes have around it.

    >>> bare_type('"text/plain"')
    'text/plain'
    """
    return file_type.strip('" ')


def check_type(file_type: str, class_name: str) -> list[Finding]:
    """Return a warning where CCP4i2 does not know the MIME type, so that no other task would be offered the file."""
    if bare_type(file_type) in known_types():
        return []
    holder = f" (class {class_name})" if class_name else ""
    message = f"has the file type {file_type or 'Unknown'!r}{holder}, which CCP4i2 does not know."
    cure = "CCP4i2 will not offer it to other tasks; the parameter's class should name a known mimeTypeName."
    return [Finding.warning(message, cure)]
