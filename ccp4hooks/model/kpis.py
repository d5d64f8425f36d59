"""The performance value of a job (KPI), and the only definition of a valid one."""

from __future__ import annotations

import enum
import sys
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from ccp4hooks.model.origins import Origin
from ccp4hooks.model.plain import NotPlainError, PlainValue, plain_text, plain_value, required_text, whole_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

KpiValue: TypeAlias = PlainValue
"""Type of the value of a KPI. Each value keeps its own type: 1, 1.0 and True differ."""

KEY_LENGTH = 50
"""Length of the longest key of a KPI [characters] (``JobValueKey.name``, ccp4i2 3.0.1)."""

TEXT_LENGTH = 255
"""Length of the longest text of a KPI [characters] (``JobCharValue.value``, ccp4i2 3.0.1)."""


MOST_VALUES = 100
"""Largest number of values in the list of a KPI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One named performance value of a job.

    Attributes:
        key: Name of the value, for instance ``"RFree"``; 1 to 50 characters, unique in a job.
        value: A finite number, a bool, or a text of at most 255 characters; a whole number of at most 2**53 in size.
            Numbers of numpy and members of subclasses are recorded as the number, bool or text that they stand for, a
            ``datetime`` or ``date`` as its ISO text. Of a list of at most 100 values, each becomes a KPI of its own:
            ``"RFree[0]"``, ``"RFree[1]"``, ...
        unit: Unit of the value, for instance ``"A"``, ``"A^2"`` or ``"%"``; empty for pure numbers and texts, and for
            the unit of the `KpiDescription` of the key.
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

    if TYPE_CHECKING:  # What is given as a value is not always what is recorded.

        def __init__(
            self,
            *,
            key: str,
            value: KpiValue | date | Iterable[KpiValue | date],
            unit: str = "",
            description: str = "",
            indicator: str = "",
            origin: Origin | None = None,
        ) -> None: ...

    def parts(self) -> tuple[Kpi, ...]:
        """Return one KPI for each value of a list, and the KPI itself if its value is no list.

        >>> [(one.key, one.value) for one in Kpi(key="shift", value=[0.1, 0.2]).parts()]
        [('shift[0]', 0.1), ('shift[1]', 0.2)]

        Raises:
            NotPlainError: The list has too many values. The message says so.
        """
        values = _listed(self.value)
        if values is None:
            return (self,)
        if len(values) > MOST_VALUES:
            raise NotPlainError(f"its list has {len(values)} values; at most {MOST_VALUES} are allowed")
        return tuple(replace(self, key=f"{self.key}[{index}]", value=value) for index, value in enumerate(values))

    def fault(self, taken: Collection[str] = ()) -> str:
        """Return the reason why the KPI cannot be recorded, or an empty text if it is valid.

        Args:
            taken: The keys of the earlier KPIs of the job.
        """
        try:
            keys = [one.plain().key for one in self.parts()]
        except NotPlainError as error:
            return str(error)
        return "an earlier KPI of the job has the same key" if any(key in taken for key in keys) else ""

    def plain(self) -> Kpi:
        """Return the KPI as it is recorded: with a value of an exact type, and without characters that databases lack.

        Raises:
            NotPlainError: The KPI cannot be recorded. The message gives the reason.
        """
        if not isinstance(self.key, str):
            raise NotPlainError(f"its key must be a text, not {type(self.key).__name__}")
        key, value = plain_text(self.key), plain_value(self.value)
        if not key or len(key) > KEY_LENGTH:
            raise NotPlainError(f"its key has {len(key)} characters; 1 to {KEY_LENGTH} are allowed")
        if isinstance(value, str) and len(value) > TEXT_LENGTH:
            raise NotPlainError(f"its text has {len(value)} characters; at most {TEXT_LENGTH} are allowed")
        # Not `replace`: a field that a subclass adds has no place in the outcome file.
        return Kpi(
            key=key,
            value=value,
            unit=required_text("unit", self.unit, TEXT_LENGTH),
            description=required_text("description", self.description),
            indicator=required_text("indicator", self.indicator),
            origin=self.origin,
        )


def _listed(value: Any) -> Sequence[Any] | None:
    """Return a list, a tuple or an array of numpy as it is, and None for any other value."""
    if isinstance(value, (list, tuple)):
        return value
    numpy: Any = sys.modules.get("numpy")
    is_array = numpy is not None and isinstance(value, numpy.ndarray) and value.ndim
    return value if is_array else None


class Better(enum.Enum):
    """Which of two values of a KPI is the better one."""

    HIGHER = "higher"
    LOWER = "lower"


MOST_DECIMALS = 15
"""Largest number of decimals with which a KPI can be shown: more digits than a floating-point number has."""

TITLE_LENGTH = 60
"""Length of the longest title of a KPI [characters]."""

OF_FILES = "*."
"""Beginning of the key of a description of values of files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiDescription:
    """How a KPI is shown to people. The recorded value is not affected.

    Attributes:
        key: Key of the KPI. ``"*.meanB"`` stands for all keys that `kpi_key` makes of a file and the name ``"meanB"``.
        title: What the KPI is called, for instance ``"R-free"``; 1 to 60 characters.
        unit: Unit of values that were recorded without one.
        better: Which values are better; None if neither are, or nobody knows.
        decimals: Number of digits after the decimal point of a floating-point number, 0 to 15; None for six significant
            digits.
        group: What the KPI belongs to, for instance ``"Refinement"``; the KPIs of a group are shown together.
        origin: The plugin that the description comes from. The core sets it.
    """

    key: str
    title: str
    unit: str = ""
    better: Better | None = None
    decimals: int | None = None
    group: str = ""
    origin: Origin | None = None

    def plain(self) -> KpiDescription:
        """Return the description with exact texts and numbers.

        Raises:
            NotPlainError: The description cannot be used. The message gives the reason.
        """
        key, title = required_text("key", self.key), required_text("title", self.title).strip()
        if not key.removeprefix(OF_FILES) or len(key) > KEY_LENGTH:
            raise NotPlainError(f"its key has {len(key)} characters; 1 to {KEY_LENGTH} are allowed")
        if not title or len(title) > TITLE_LENGTH:
            raise NotPlainError(f"its title has {len(title)} characters; 1 to {TITLE_LENGTH} are allowed")
        if self.better is not None and not isinstance(self.better, Better):
            raise NotPlainError(f"its better must be a Better or None, not {type(self.better).__name__}")
        decimals = None if self.decimals is None else whole_number("decimals", self.decimals)
        if decimals is not None and not 0 <= decimals <= MOST_DECIMALS:
            raise NotPlainError(f"its decimals are {decimals}; 0 to {MOST_DECIMALS} are allowed")
        return KpiDescription(
            key=key,
            title=title,
            unit=required_text("unit", self.unit, TEXT_LENGTH),
            better=self.better,
            decimals=decimals,
            group=required_text("group", self.group, TEXT_LENGTH),
            origin=self.origin,
        )


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
