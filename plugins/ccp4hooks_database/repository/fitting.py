"""Values of rows that come from a file which anybody may have changed: an archive, or the trash of a project."""

from __future__ import annotations

import math
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.serializers.base import DeserializationError
from django.db import DataError
from django.db.models import JSONField

from ccp4hooks import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_INTEGER = 2**63
"""No column of a database holds an integer of this size."""

YEARS = range(2, 9999)
"""Years of times that can be shown in all time zones."""

FAULTS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    ValidationError,
    DeserializationError,
    ObjectDoesNotExist,
    DataError,
)
"""What Python, Django and the database raise for values that do not fit."""


def fitted(field: Any, value: Any) -> Any:
    """Return a value as a column holds it.

    Args:
        field: The field of a model.
        value: The value, of any type. A text may be longer than the column.

    Raises:
        ValueError: The value does not fit. The message names the field.
    """
    try:
        found = field.to_python(value)
        if isinstance(found, int):
            field.run_validators(found)
        if isinstance(found, datetime):
            found.astimezone(timezone.utc)
        if isinstance(found, str):
            found.encode()
    except FAULTS as error:
        raise ValueError(f"{field.attname} has another type") from error
    fault = _fault(field, found)
    if fault:
        raise ValueError(f"{field.attname} {fault}")
    return found


def _fault(field: Any, value: Any) -> str:
    if value is None:
        return "" if field.null else "is empty"
    if isinstance(value, datetime) and (value.tzinfo is None or value.year not in YEARS):
        return "is no possible time"
    if isinstance(value, int) and abs(value) >= LARGEST_INTEGER:
        return "has too many digits"
    if isinstance(value, float) and not math.isfinite(value):
        return "is not finite"
    if isinstance(field, JSONField) and not isinstance(value, type(field.get_default())):
        return "has another type"
    return ""


@contextmanager
def refusing(message: str) -> Iterator[None]:
    """Refuse what the block cannot read or insert, because a value in it does not fit.

    Args:
        message: What is damaged, and what to do, in sentences.

    Raises:
        BadInputError: A value does not fit.
    """
    try:
        yield
    except FAULTS as error:
        why = f"{type(error).__name__}: {error}"
        raise BadInputError(f"{message} ({why[:200]})") from error
