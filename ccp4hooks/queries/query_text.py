"""Read the conditions of a query that a user writes as texts."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.model import JobStatus, KpiCondition
from ccp4hooks.model.kpis import KEY_LENGTH
from ccp4hooks.model.queries import COMPARISONS, ORDERS
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 60
"""Number of characters of a condition that an error message repeats on each side of the fault."""

_OPERATOR = re.compile("|".join(map(re.escape, COMPARISONS)))
_QUOTED = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')\s*""")
_WORDS = {"true": True, "false": False}
_AGO = re.compile(r"(\d{1,6})\s*(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


LARGEST_LIMIT = 2**62
"""The largest number of jobs that is asked for; databases count them in 64 bits."""


def require_unicode(*texts: object) -> None:
    """Refuse a text that is not Unicode: bytes of a command line that no encoding has explained.

    Raises:
        BadInputError: A text has a surrogate.
    """
    for text in texts:
        if any("\ud800" <= character <= "\udfff" for character in str(text)):
            raise BadInputError(
                f"{printable(str(text))[:SHOWN]} is not a text in UTF-8. Nothing recorded has such a text."
            )


class QueryError(BadInputError):
    """A condition of a query cannot be read. The message shows the condition, and points at the fault.

    Args:
        what: What is wrong, without a full stop.
        text: The condition.
        at: Position of the fault in the text.
        cure: What to write, in a sentence.
    """

    def __init__(self, what: str, text: str, at: int, cure: str) -> None:
        before = printable(text[max(0, at - SHOWN) : at])
        after = printable(text[at : at + SHOWN])
        super().__init__(f"{what}:\n    {before}{after}\n    {' ' * len(before)}^\n  {cure}")
        self.cure = cure


HOW = (
    "Write a key, an operator and a value, for instance 'RFree<0.25'. The operators are <, <=, >, >=, = and !=; "
    "quote a text that looks like a number."
)


def condition(text: str) -> KpiCondition:
    """Return the condition on a KPI that a text denotes: ``"RFree<0.25"``, ``"spaceGroup='P 1'"``.

    >>> condition("RFree <= 0.25").value, condition("ok=true").value, condition("spaceGroup = P 1").value
    (0.25, True, 'P 1')

    Raises:
        QueryError: The text is not a condition.
    """
    quoted = _QUOTED.match(text)
    found = _OPERATOR.search(text, quoted.end() if quoted else 0)
    if found is None:
        raise QueryError("A condition on a KPI has no operator", text, len(text.rstrip()), HOW)
    key = (quoted[1] or quoted[2] or "") if quoted and quoted.end() == found.start() else text[: found.start()].strip()
    if not key:
        raise QueryError(f"The key of a KPI must stand before {found[0]}", text, found.start(), HOW)
    if len(key) > KEY_LENGTH:
        raise QueryError(f"The key of a KPI has at most {KEY_LENGTH} characters, not {len(key)}", text, 0, HOW)
    return KpiCondition(key=key, operator=found[0], value=_value(text, found[0], found.end()))


def _value(text: str, operator: str, start: int) -> float | bool | str:
    raw = text[start:]
    at = start + len(raw) - len(raw.lstrip())
    if not raw.strip():
        raise QueryError(f"A value must stand after {operator}", text, len(text), HOW)
    quoted = _QUOTED.fullmatch(raw)
    if quoted is None and raw.strip()[0] in "\"'":
        raise QueryError("A quotation mark is not closed, or something follows it", text, at, HOW)
    second = None if quoted else _OPERATOR.search(text, start)
    if second is not None:
        raise QueryError("A condition has one operator, not two", text, second.start(), HOW)
    value = (quoted[1] or quoted[2] or "") if quoted else _number_or_text(raw.strip(), text, at)
    if isinstance(value, str) and operator not in ("=", "==", "!="):
        raise QueryError(f"A number must stand after {operator}, because texts are only equal or not", text, at, HOW)
    return value


def _number_or_text(word: str, text: str, at: int) -> float | bool | str:
    if word.casefold() in _WORDS:
        return _WORDS[word.casefold()]
    try:
        number = float(word)
    except ValueError:
        return word
    if not math.isfinite(number):
        raise QueryError("A number must be finite", text, at, HOW)
    return number


SINCE = (
    "Write a date (2026-11-28), a date and time (2026-11-28 14:30), today, yesterday, or how long ago: 30min, 12h, 7d, "
    "2w."
)


def since(text: str, now: datetime | None = None) -> datetime:
    """Return the time that a text denotes. A date or a time without a zone is in the zone of this machine.

    >>> since("36h", datetime(2026, 11, 28, 12, tzinfo=timezone.utc)).isoformat()
    '2026-11-27T00:00:00+00:00'

    Args:
        text: A date, a date and time in the form of ISO 8601, or how long ago.
        now: The present time; None to look at the clock.

    Raises:
        QueryError: The text is no time.
    """
    word = text.strip().casefold()
    present = now or datetime.now(timezone.utc)
    midnight = present.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    if word in ("today", "yesterday"):
        return midnight - timedelta(days=word == "yesterday")
    ago = _AGO.fullmatch(word)
    try:
        found = present - timedelta(**{_UNITS[ago[2]]: int(ago[1])}) if ago else datetime.fromisoformat(text.strip())
        return found.astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise QueryError("A time cannot be read", text, 0, SINCE) from error


def statuses(names: Iterable[str | JobStatus]) -> tuple[JobStatus, ...]:
    """Return the statuses with the given names; upper and lower case are equal.

    Raises:
        UnknownNameError: There is no such status.
    """
    return tuple(name if isinstance(name, JobStatus) else _status(name) for name in names)


def _status(name: str) -> JobStatus:
    found = JobStatus.__members__.get(name.strip().upper().replace(" ", "_"))
    if found is None:
        known = [status.name for status in JobStatus]
        raise UnknownNameError("status", name[:SHOWN], known, f"The statuses are {', '.join(known)}.")
    return found


def order(text: str) -> tuple[str, bool]:
    """Return by what to sort, and whether the greatest value comes first: ``"-created"``, ``"RFree"``.

    Raises:
        QueryError: Nothing follows the minus, or the text is too long for the key of a KPI.
    """
    name = text.strip().removeprefix("-").strip()
    if not name or len(name) > KEY_LENGTH:
        cure = f"Write one of {', '.join(ORDERS)} or the key of a KPI, with a minus in front for the greatest first."
        raise QueryError("The jobs cannot be sorted by this", text, 0, cure)
    return name, text.strip().startswith("-")
