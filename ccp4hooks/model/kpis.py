"""The performance value of a job (KPI), and the only definition of a valid one."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ccp4hooks.model.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Collection

KpiValue: TypeAlias = float | int | bool | str
"""Type of the value of a KPI. Each value keeps its own type: 1, 1.0 and True differ."""

KEY_LENGTH = 50
"""Length of the longest key of a KPI [characters] (``JobValueKey.name``, ccp4i2 3.0.1)."""

TEXT_LENGTH = 255
"""Length of the longest text of a KPI [characters] (``JobCharValue.value``, ccp4i2 3.0.1)."""

INTEGER_BITS = 1000
"""Size of the largest whole number of a KPI [bit]. CCP4i2 stores a floating-point number, whose limit is 1023 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One named performance value of a job.

    Attributes:
        key: Name of the value, for instance ``"RFree"``; 1 to 50 characters, unique in a job.
        value: A finite number, a bool, or a text of at most 255 characters.
        unit: Unit of the value, for instance ``"A"``, ``"A^2"`` or ``"%"``; empty for pure numbers and texts.
        description: Meaning of the key, for display.
        indicator: Parameter that holds the value, for instance ``"outputData.PERFORMANCE"``; empty if there is none.
        origin: The plugin that the value comes from. The core sets it.
    """

    key: str
    value: KpiValue
    unit: str = ""
    description: str = ""
    indicator: str = ""
    origin: Origin | None = None

    def fault(self, taken: Collection[str] = ()) -> str:
        """Return the reason why the KPI cannot be recorded, or an empty text if it is valid.

        Args:
            taken: The keys of the earlier KPIs of the job.
        """
        if not isinstance(self.key, str):
            return f"its key must be a text, not {type(self.key).__name__}"
        if not self.key or len(self.key) > KEY_LENGTH:
            return f"its key has {len(self.key)} characters; 1 to {KEY_LENGTH} are allowed"
        if self.key in taken:
            return "an earlier KPI of the job has the same key"
        if isinstance(self.value, str):
            too_long = len(self.value) > TEXT_LENGTH
            return f"its text has {len(self.value)} characters; at most {TEXT_LENGTH} are allowed" if too_long else ""
        return _number_fault(self.value)


def _number_fault(value: Any) -> str:
    if not isinstance(value, (bool, int, float)):
        return f"its value must be a number, a bool or a text, not {type(value).__name__}"
    if isinstance(value, int):
        return "it has too many digits for the database" if value.bit_length() > INTEGER_BITS else ""
    return "" if math.isfinite(value) else f"{value} is not a finite number"


def kpi_key(parameter: str, name: str) -> str:
    """Return the key of a KPI of a file: the parameter, a dot, and the name, in at most 50 characters.

    >>> kpi_key("outputData.XYZOUT", "meanB")
    'XYZOUT.meanB'

    Args:
        parameter: Parameter of the file, as in ``GleanedFile.parameter``. A long parameter is truncated and receives
            a checksum, so that the keys of two files differ.
        name: Name of the value, at most 24 characters.
    """
    short = parameter.partition(".")[2] or parameter
    room = KEY_LENGTH - len(name) - 1
    if len(short) > room:
        short = f"{short[: room - 9]}~{zlib.crc32(short.encode()):08x}"
    return f"{short}.{name}"
