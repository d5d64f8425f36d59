"""Plain values and texts, which the outcome file and every database keep unchanged: their only definition.

Plugins return numbers of numpy, members of enumerations, and texts with characters that no database accepts. The
functions of this module return the plain value that people mean, or raise a `NotPlainError` that gives the reason why
there is none.
"""

from __future__ import annotations

import math
import numbers
import re
import sys
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import Any, TypeAlias

PlainValue: TypeAlias = float | int | bool | str
"""Exactly one of these types, no subclass. Each value keeps its own type: 1, 1.0 and True differ."""

LARGEST_WHOLE = 2**53
"""Size of the largest whole number. CCP4i2 stores a floating-point number, which is exact up to this size."""

LARGEST_CODE = 2**31 - 1
"""Size of the largest code of CCP4i2, such as a content flag (``IntegerField`` of its tables, ccp4i2 3.0.1)."""

LARGEST_SIZE = 2**63 - 1
"""Size of the largest file [byte]."""

LONGEST_TEXT = 100_000
"""Length of the longest text for people, such as a message or a description [characters]. A longer text is cut."""

ELLIPSIS = "..."


class NotPlainError(ValueError):
    """A value has no plain form, so it cannot be recorded. The message gives the reason."""


def plain_text(text: str, limit: int | None = None) -> str:
    r"""Return an exact ``str`` without characters that cannot be written as UTF-8 or stored by a database.

    A lone surrogate, which Python makes of a byte that is not UTF-8, becomes an escape sequence. A NUL, which nobody
    sees, is removed.

    >>> plain_text("caf\udce9\x00"), plain_text("resolution", 8)
    ('caf\\udce9', 'resol...')

    Args:
        text: A text, possibly of a subclass of ``str``.
        limit: Length of the longest text [characters], from which on it is cut; None for any length.
    """
    exact = str.__str__(text)
    if not exact.isascii():
        exact = exact.encode(errors="backslashreplace").decode()
    if "\x00" in exact:
        exact = exact.replace("\x00", "")
    if limit is not None and len(exact) > limit:
        exact = exact[: limit - len(ELLIPSIS)] + ELLIPSIS
    return exact


def required_text(name: str, value: object, limit: int | None = LONGEST_TEXT) -> str:
    """Return a value that must be a text as a plain text; an empty text for None.

    Args:
        name: Name of the value, for the message.
        value: The value.
        limit: See `plain_text`.

    Raises:
        NotPlainError: The value is not a text.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotPlainError(f"its {name} must be a text, not {type(value).__name__}")
    return plain_text(value, limit)


def plain_value(value: object, name: str = "value") -> PlainValue:
    """Return a number, a bool or a text as an exact ``int``, ``float``, ``bool`` or ``str``.

    Subclasses and numbers of numpy become the type that they stand for. A `Decimal` becomes a float if its digits are
    the same afterwards, and a text otherwise. Another real number becomes the nearest float. A `datetime` or a `date`
    becomes its text by ISO 8601.

    >>> from decimal import Decimal
    >>> plain_value(Decimal("1.20")), plain_value(Decimal("0.10000000000000000001"))
    (1.2, '0.10000000000000000001')
    >>> plain_value(datetime(2026, 11, 28, 14, 30)), plain_value(date(2026, 11, 28))
    ('2026-11-28T14:30:00', '2026-11-28')

    Args:
        value: The value.
        name: Name of the value, for the message.

    Raises:
        NotPlainError: The value is of another type, is not finite, or is a whole number of more than 2**53 in size.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, int):
        return _whole(int.__index__(value))
    if isinstance(value, float):
        return _finite(float.__float__(value))
    # A value is of such a module only if it is loaded. To import it takes longer than a small job.
    decimal, numpy = sys.modules.get("decimal"), sys.modules.get("numpy")
    if decimal is not None and isinstance(value, decimal.Decimal):
        return _decimal(value)
    return _other(value, name, numpy)


def _whole(value: int) -> int:
    if abs(value) > LARGEST_WHOLE:
        raise NotPlainError(f"it has too many digits for the database, which keeps whole numbers up to {LARGEST_WHOLE}")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise NotPlainError(f"{value} is not a finite number")
    return value


def _iso_text(value: date) -> str:
    if value != value:  # noqa: PLR0124 - a time that is not known, of pandas
        raise NotPlainError(f"{value} is not a time")
    return datetime.isoformat(value) if isinstance(value, datetime) else date.isoformat(value)


def _decimal(value: Any) -> float | str:
    if not value.is_finite():
        raise NotPlainError(f"{value} is not a finite number")
    nearest = float(value)
    return nearest if math.isfinite(nearest) and type(value)(repr(nearest)) == value else str(value)


def _other(value: Any, name: str, numpy: Any) -> PlainValue:
    if isinstance(value, date):
        return _iso_text(value)
    if numpy is not None and isinstance(value, numpy.bool_):
        return bool(value)
    has_unit = numpy is not None and isinstance(value, numpy.timedelta64)
    if isinstance(value, numbers.Integral) and not has_unit:
        return _whole(int(value))
    if isinstance(value, numbers.Real) and not has_unit:
        try:
            return _finite(float(value))
        except OverflowError as error:
            raise NotPlainError("it is too large for a floating-point number") from error
    raise NotPlainError(f"its {name} must be a number, a bool or a text, not {type(value).__name__}")


def plain_path(path: object) -> Path:
    """Return a path, or a text that names one, as a path.

    Raises:
        NotPlainError: The value is neither a path nor a text, or has a NUL character, which no file name has.
    """
    if not isinstance(path, (str, PurePath)):
        raise NotPlainError(f"its path must be a path, not {type(path).__name__}")
    if "\x00" in str(path):
        raise NotPlainError("its path has a NUL character, which no file name has")
    return path if isinstance(path, Path) else Path(str(path))


def whole_number(name: str, value: object) -> int:
    """Return a value that must be a whole number, a code of CCP4i2 or a size, as an exact ``int``.

    Raises:
        NotPlainError: The value is not a whole number, or is out of the limits of its name.
    """
    plain = plain_value(value, name)
    if not isinstance(plain, int):
        raise NotPlainError(f"its {name} must be a whole number, not {type(value).__name__}")
    fault = number_fault(name, plain)
    if fault:
        raise NotPlainError(fault)
    return int(plain)


def number_fault(name: str, value: int) -> str:
    """Return why a code of CCP4i2 or the size of a file cannot be recorded, or an empty text if it can."""
    if name == "size_bytes":
        return "" if 0 <= value <= LARGEST_SIZE else f"{value} is not the size of a file"
    return "" if abs(value) <= LARGEST_CODE else f"{value} is too large; the limit is {LARGEST_CODE}"


CHECKSUMS = {"md5": 32, "sha256": 64, "source_md5": 32}
"""Numbers of hexadecimal digits of checksums, by the names of their fields."""


def checksum_fault(name: str, text: str) -> str:
    """Return why a text is not a checksum, or an empty text if it is one, or is empty."""
    digits = CHECKSUMS[name]
    if not text or re.fullmatch(f"[0-9a-f]{{{digits}}}", text):
        return ""
    return f"{plain_text(text, 80)!r} is not a checksum of {digits} hexadecimal digits"
