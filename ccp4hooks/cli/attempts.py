"""The attempts to run jobs on engines: as a table of one job, and in few words in a list of jobs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rich.text import Text

from ccp4hooks.cli.listing import aligned, terminal_width
from ccp4hooks.cli.render import STATUS_STYLES
from ccp4hooks.texts import duration_text, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import Attempt

COLUMNS = ("  #", "Engine", "Number", "Machine", "Status", "Waited", "Ran")
"""The headings of the table. The number is the one that the engine has given."""

LONGEST_NUMBER = 12
"""Length of the number of an engine that is shown whole on a terminal [characters]."""


def attempt_lines(attempts: Sequence[Attempt], now: datetime | None = None) -> list[Text]:
    """Return a table of the attempts to run a job, and how many may still follow; nothing for no attempts.

    Args:
        attempts: The attempts, by their number.
        now: The time until which those that have not ended have waited or run (UTC); None for the present time.
    """
    if not attempts:
        return []
    now = now or datetime.now(timezone.utc)
    is_narrow = terminal_width() is not None
    rows = [
        (
            f"  {one.number}",
            one.engine,
            shortened_number(one.key) if is_narrow else one.key,
            one.host,
            Text(one.state, STATUS_STYLES.get(one.end, "bold") if one.end else "bold"),
            duration_text(one.waited_s(now)),
            duration_text(one.ran_s(now)),
        )
        for one in attempts
    ]
    lines = aligned(COLUMNS, rows, texts=("Engine", "Machine"), below=("Number",))
    left = retries_left(attempts)
    return [*lines, *([Text(f"  {left}", "dim")] if left else [])]


def retries_left(attempts: Sequence[Attempt]) -> str:
    """Return how many attempts may follow the latest one, if it has not ended; empty for none."""
    last = attempts[-1]
    if last.end is not None or not last.retries:
        return ""
    return f"{last.retries} {'retry' if last.retries == 1 else 'retries'} left"


def shortened_number(key: str) -> str:
    """Return the number that an engine has given, without its middle if it is long.

    >>> shortened_number("4711"), shortened_number("ccp4hooks-1f0b7ac2-9d3e")
    ('4711', 'ccp4h...9d3e')
    """
    text = printable(key)
    return text if len(text) <= LONGEST_NUMBER else f"{text[:5]}...{text[-4:]}"


def where_text(attempts: Sequence[Attempt]) -> str:
    """Return the engine of the latest attempt, and its number unless it is the first; empty for no attempts."""
    if not attempts:
        return ""
    last = attempts[-1]
    return last.engine if last.number == 1 else f"{last.engine}, attempt {last.number}"
