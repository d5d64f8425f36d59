"""A KPI, and the one definition of what may be one."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ccp4hooks.model.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Collection

KpiValue: TypeAlias = float | int | bool | str

KEY_LENGTH = 50
"""Longest key of a KPI (``JobValueKey.name``, ccp4i2 3.0.1)."""

TEXT_LENGTH = 255
"""Longest text of a KPI (``JobCharValue.value``, ccp4i2 3.0.1)."""

INTEGER_BITS = 1000
"""Longest whole number of a KPI [bit]; CCP4i2 stores it as a floating-point number, which ends at 1023."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One named performance value of a job.

    Attributes:
        key: For instance ``"RFree"``; at most 50 characters, unique in a job.
        value: A finite number, a bool, or a text of at most 255 characters.
        unit: For instance ``"A"``, ``"A^2"``, ``"%"``; empty for pure numbers and texts.
        description: What the key means, for people.
        indicator: Where it stands in the container, ``"outputData.PERFORMANCE"``; empty if nowhere.
        origin: The plugin that gave it; filled in by the core.
    """

    key: str
    value: KpiValue
    unit: str = ""
    description: str = ""
    indicator: str = ""
    origin: Origin | None = None

    def fault(self, taken: Collection[str] = ()) -> str:
        """Return why the KPI cannot be recorded, empty if it can.

        Args:
            taken: The keys of the other KPIs of the job.
        """
        if not isinstance(self.key, str):
            return f"its key must be a text, not {type(self.key).__name__}"
        if not self.key or len(self.key) > KEY_LENGTH:
            return f"its key has {len(self.key)} characters, of 1 to {KEY_LENGTH} allowed"
        if self.key in taken:
            return "its key is taken by an earlier value"
        if isinstance(self.value, str):
            too_long = len(self.value) > TEXT_LENGTH
            return f"its text has {len(self.value)} characters, of {TEXT_LENGTH} allowed" if too_long else ""
        return _number_fault(self.value)


def _number_fault(value: Any) -> str:
    if not isinstance(value, (bool, int, float)):
        return f"its value must be a number, a truth value or a text, not {type(value).__name__}"
    if isinstance(value, int):
        return "it has too many digits for a database" if value.bit_length() > INTEGER_BITS else ""
    return "" if math.isfinite(value) else f"{value} is not a finite number"


def kpi_key(parameter: str, name: str) -> str:
    """Return the key of a value of a file: the parameter in front, and never longer than a key may be.

    >>> kpi_key("outputData.XYZOUT", "meanB")
    'XYZOUT.meanB'

    Args:
        parameter: Of the file, as in ``GleanedFile.parameter``; a long one is shortened, told apart by its checksum.
        name: Of the value, at most 24 characters.
    """
    short = parameter.partition(".")[2] or parameter
    room = KEY_LENGTH - len(name) - 1
    if len(short) > room:
        short = f"{short[: room - 9]}~{zlib.crc32(short.encode()):08x}"
    return f"{short}.{name}"
