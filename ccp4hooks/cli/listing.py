"""Lists of jobs and projects as lines: columns that are aligned, and never folded, so that names can be copied."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from ccp4hooks.cli.output import wrapped
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from rich.console import Console

    from ccp4hooks.model import Labels

GAP = "  "
"""What separates two columns."""


PIPED_WIDTH = 10_000
"""Width in columns of output that is not a terminal, large enough that nothing is wrapped or truncated."""

SHORTEST_TEXT = 12
"""Width to which texts for people may be shortened [columns]."""

INDENT = " " * 4
"""What stands before a value below its row."""


FORCED = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""The environment variables by which a user can say whether standard output is a terminal."""


def terminal() -> Console | None:
    """Return the terminal to which standard output goes, or None if it is no terminal."""
    if not sys.stdout.isatty() and not any(name in os.environ for name in FORCED):
        return None
    from rich.console import Console

    console = Console(markup=False, highlight=False, emoji=False)
    return console if console.is_terminal else None


def terminal_width() -> int | None:
    """Return the width of the terminal to which standard output goes [columns], or None if it is no terminal."""
    console = terminal()
    return None if console is None else console.width


def prose(text: object) -> list[str]:
    """Return a text as lines for standard output: wrapped at words if that is a terminal. Empty texts have no line."""
    line, width = printable(text), terminal_width()
    return ([line] if width is None else wrapped(line, width, "  ")) if line else []


def aligned(
    headings: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    texts: Collection[str] = (),
    below: Sequence[str] = (),
) -> list[Text]:
    """Return a line with the headings, and one for each row. A column without any value is left out.

    On a terminal that is too narrow, texts for people are shortened; then columns are put below their rows; what does
    not fit even then follows in a second table with the same first column. Names and paths are never shortened nor
    folded. Control characters of headings and values are escaped, except in values that are a `Text`.

    Args:
        headings: Heading of each column.
        rows: Values of each row.
        texts: Headings of the columns with texts for people, such as titles.
        below: Headings of the columns that may be put below their rows, the first of them first.
    """
    width = terminal_width()
    if width is None:
        texts_only = [[printable(cell) if isinstance(cell, str) else cell.plain for cell in row] for row in rows]
        return [Text(line) for line in plain_columns([[printable(one) for one in headings], *texts_only])]
    heads = [Text(printable(heading), "dim") for heading in headings]
    cells = [[Text(printable(cell)) if isinstance(cell, str) else cell for cell in row] for row in rows]
    lines = [heads, *cells]
    kept = [index for index in range(len(headings)) if any(row[index].plain for row in cells)]
    widths = {index: max(cell_len(line[index].plain) for line in lines) for index in kept}
    if _total(widths) <= width:
        return [_joined(line, widths) for line in lines]
    short = [index for index in kept if headings[index] in texts]
    moved = _moved(widths, [headings.index(one) for one in below if headings.index(one) in kept], short, width)
    tables = _blocks(_shortened({at: widths[at] for at in kept if at not in moved}, short, width), width)
    made: list[Text] = []
    for table in tables:
        made += [Text("")] if made else []
        for line in lines:
            made.append(_joined(line, table))
            if table is tables[0] and line is not heads:
                made += [one for at in moved for one in _below(heads[at], line[at], width, wrap=at in short)]
    return made


def plain_columns(lines: Sequence[Sequence[str]], *, keep_empty: bool = False) -> list[str]:
    """Return lines of plain text with aligned columns.

    Args:
        lines: The headings, and the values of each row, all of them printable.
        keep_empty: Whether a column without any value below its heading is kept.
    """
    headings, *rows = lines
    kept = [at for at in range(len(headings)) if keep_empty or any(row[at] for row in rows)]
    lengths = {at: [cell_len(line[at]) for line in lines] for at in kept}
    widths = {at: max(found) for at, found in lengths.items()}
    return [
        GAP.join(line[at] + " " * (widths[at] - lengths[at][index]) for at in kept).rstrip()
        for index, line in enumerate(lines)
    ]


def _total(widths: Mapping[int, int]) -> int:
    return sum(widths.values()) + len(GAP) * (len(widths) - 1)


def _moved(widths: Mapping[int, int], below: Iterable[int], short: Collection[int], width: int) -> list[int]:
    """Return which columns are put below their rows."""
    moved: list[int] = []
    for index in below:
        left = {at: min(one, SHORTEST_TEXT) if at in short else one for at, one in widths.items() if at not in moved}
        if _total(left) > width:
            moved.append(index)
    return sorted(moved)


def _shortened(widths: Mapping[int, int], short: Collection[int], width: int) -> dict[int, int]:
    """Return the widths of columns after texts, the longest first, have been shortened as far as necessary."""
    left = dict(widths)
    for at in sorted((at for at in left if at in short), key=lambda at: -left[at]):
        left[at] -= max(0, min(_total(left) - width, left[at] - SHORTEST_TEXT))
    return left


def _blocks(widths: Mapping[int, int], width: int) -> list[dict[int, int]]:
    """Return the columns of each of the tables that fit on a screen; all have the first column."""
    first, *others = widths.items()
    blocks = [dict([first])]
    for at, one in others:
        if len(blocks[-1]) > 1 and _total({**blocks[-1], at: one}) > width:
            blocks.append(dict([first]))
        blocks[-1][at] = one
    return blocks


def _below(head: Text, cell: Text, width: int, *, wrap: bool) -> list[Text]:
    """Return the lines below a row for one of its values."""
    start = f"{INDENT}{head.plain}: "
    lines = wrapped(cell.plain, width, f"{INDENT}  ", start=start) if wrap else [start + cell.plain]
    return [Text(line) for line in lines] if cell.plain else []


def _joined(line: Sequence[Text], widths: Mapping[int, int]) -> Text:
    padded = []
    for at, width in widths.items():
        cell = line[at].copy()
        cell.truncate(width, overflow="ellipsis")
        cell.pad_right(width - cell_len(cell.plain))
        padded.append(cell)
    joined = Text(GAP).join(padded)
    joined.rstrip()
    return joined


def labels_line(labels: Labels) -> str:
    """Return the tags and the note of a job or a project as one line, empty if it has none of them."""
    tags = f"Tags: {', '.join(labels.tags)}" if labels.tags else ""
    note = f"Note: {labels.note}" if labels.note else ""
    return GAP.join(filter(None, (tags, note)))
