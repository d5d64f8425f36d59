"""Lists of jobs and projects as lines: columns that are aligned, and never folded, so that names can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ccp4hooks.model import Labels

MINUTE_S = 60

GAP = "  "
"""What separates two columns."""


def aligned(headings: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> list[Text]:
    """Return a line with the headings, and one for each row. A column without any value is left out.

    Control characters of headings and values are escaped, except in values that are a `Text`.

    Args:
        headings: Heading of each column.
        rows: Values of each row.
    """
    cells = [[Text(printable(cell)) if isinstance(cell, str) else cell for cell in row] for row in rows]
    kept = [index for index in range(len(headings)) if any(row[index].plain for row in cells)]
    lines = [
        [Text(printable(headings[index]), "dim") for index in kept],
        *([row[index] for index in kept] for row in cells),
    ]
    widths = [max(cell_len(line[column].plain) for line in lines) for column in range(len(kept))]
    return [_joined(line, widths) for line in lines]


def _joined(line: Sequence[Text], widths: Sequence[int]) -> Text:
    padded = [
        Text.assemble(cell, " " * (width - cell_len(cell.plain)))
        for cell, width in zip(line[:-1], widths, strict=False)
    ]
    joined = Text(GAP).join([*padded, *line[-1:]])
    joined.rstrip()
    return joined


def labels_line(labels: Labels) -> str:
    """Return the tags and the note of a job or a project as one line, empty if it has none of them."""
    tags = f"Tags: {', '.join(labels.tags)}" if labels.tags else ""
    note = f"Note: {labels.note}" if labels.note else ""
    return GAP.join(filter(None, (tags, note)))


def time_text(time: datetime, *, seconds: bool = False) -> str:
    """Return a time for people, in the zone of this machine, to the minute or to the second."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def zone_of(times: Iterable[datetime]) -> str:
    """Return the name of the zone of this machine at some times; two names if summer time begins or ends between."""
    return "/".join(dict.fromkeys(str(time.astimezone().tzname()) for time in times))


def duration_text(duration_s: float | None) -> str:
    """Return a duration for people, empty if it is not known.

    >>> duration_text(0.052), duration_text(75), duration_text(3.5 * 3600), duration_text(None)
    ('0.05 s', '1 min 15 s', '3 h 30 min', '')
    """
    if duration_s is None:
        return ""
    if duration_s < MINUTE_S:
        return f"{duration_s:.2f} s"
    minutes, seconds = divmod(round(duration_s), MINUTE_S)
    hours, minutes = divmod(minutes, MINUTE_S)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def size_text(size_bytes: int) -> str:
    """Return a size for people, in powers of 1000.

    >>> size_text(999), size_text(1500), size_text(2_340_000_000)
    ('999 bytes', '1.5 kB', '2.3 GB')
    """
    from rich.filesize import decimal

    return decimal(size_bytes)
