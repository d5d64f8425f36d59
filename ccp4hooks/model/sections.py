"""What plugins add to a report, as data: tables, plots and texts. How they look is the business of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ccp4hooks.model.origins import Origin
from ccp4hooks.model.plain import NotPlainError, PlainValue, plain_value, required_text

TITLE_LENGTH = 200
"""Length of the longest title of a section [characters]."""

MOST_ROWS = 1_000
"""Largest number of rows of a table."""

MOST_COLUMNS = 50
"""Largest number of columns of a table."""

CELL_LENGTH = 1_000
"""Length of the longest text in a table [characters]."""

MARKDOWN_LENGTH = 20_000
"""Length of the longest text [characters]."""

PLOT_LENGTH = 1_000_000
"""Length of the longest specification of a plot, as JSON [characters]."""

DEEPEST = 50
"""Largest number of levels of the specification of a plot."""

OUTSIDE = frozenset({"url", "href"})
"""Names by which the specification of a plot would refer to something outside of the page."""

DATA = frozenset({"values", "datasets"})
"""Names of the data in the specification of a plot. What they contain may have any names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table in a report.

    Attributes:
        title: Its title, 1 to 200 characters.
        table: Its rows, at most 1,000: values by the headings of at most 50 columns, which stand in the order in which
            they occur. A value is a number, a bool, a text of at most 1,000 characters, or None for an empty cell.
        origin: The plugin that the table comes from. The core sets it.
    """

    title: str
    table: Sequence[Mapping[str, PlainValue | None]]
    origin: Origin | None = None

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of the columns."""
        return tuple(dict.fromkeys(name for row in self.table for name in row))

    def plain(self) -> Section:
        """Return the table with exact texts and numbers.

        Raises:
            NotPlainError: The table cannot be shown. The message gives the reason.
        """
        rows = _sequence("table", self.table)
        if len(rows) > MOST_ROWS:
            raise NotPlainError(f"its table has {len(rows)} rows; at most {MOST_ROWS} are allowed")
        made = Section(title=_title(self.title), table=tuple(map(_row, rows)), origin=self.origin)
        if len(made.headings) > MOST_COLUMNS:
            raise NotPlainError(f"its table has {len(made.headings)} columns; at most {MOST_COLUMNS} are allowed")
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot in a report.

    Attributes:
        title: Its title, 1 to 200 characters.
        vega_lite: A Vega-Lite specification with its data in itself, under ``data.values``: mappings, sequences, texts,
            numbers, bools and None, at most 1,000,000 characters as JSON. Without ``url`` and ``href``, because a
            report asks for nothing outside.
        origin: The plugin that the plot comes from. The core sets it.
    """

    title: str
    vega_lite: Mapping[str, Any]
    origin: Origin | None = None

    def plain(self) -> Plot:
        """Return the plot with exact texts and numbers.

        Raises:
            NotPlainError: The plot cannot be shown. The message gives the reason.
        """
        if not isinstance(self.vega_lite, Mapping):
            raise NotPlainError(f"its vega_lite must be a mapping, not {type(self.vega_lite).__name__}")
        spec = _json(self.vega_lite, level=0, in_data=False)
        length = len(json.dumps(spec))
        if length > PLOT_LENGTH:
            raise NotPlainError(f"its vega_lite has {length} characters as JSON; at most {PLOT_LENGTH} are allowed")
        return Plot(title=_title(self.title), vega_lite=spec, origin=self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in a report.

    Attributes:
        title: Its title, 1 to 200 characters.
        markdown: The text in CommonMark, at most 20,000 characters. HTML in it is shown as it is written, and pictures
            are not shown.
        origin: The plugin that the text comes from. The core sets it.
    """

    title: str
    markdown: str
    origin: Origin | None = None

    def plain(self) -> Text:
        """Return the text with exact texts.

        Raises:
            NotPlainError: The text cannot be shown. The message gives the reason.
        """
        markdown = required_text("markdown", self.markdown, MARKDOWN_LENGTH)
        return Text(title=_title(self.title), markdown=markdown, origin=self.origin)


def _title(title: object) -> str:
    text = required_text("title", title).strip()
    if not text or len(text) > TITLE_LENGTH:
        raise NotPlainError(f"its title has {len(text)} characters; 1 to {TITLE_LENGTH} are allowed")
    return text


def _sequence(name: str, value: object) -> Sequence[object]:
    if isinstance(value, (str, bytes, bytearray, memoryview)) or not isinstance(value, Sequence):
        raise NotPlainError(f"its {name} must be a sequence, not {type(value).__name__}")
    return value


def _row(row: object) -> dict[str, PlainValue | None]:
    if not isinstance(row, Mapping):
        raise NotPlainError(f"a row of its table must be a mapping, not {type(row).__name__}")
    return {required_text("heading", name, TITLE_LENGTH): _cell(value) for name, value in row.items()}


def _cell(value: object) -> PlainValue | None:
    if value is None:
        return None
    plain = plain_value(value)
    return required_text("cell", plain, CELL_LENGTH) if isinstance(plain, str) else plain


def _json(value: object, *, level: int, in_data: bool) -> Any:
    """Return JSON data with exact types.

    Args:
        value: A part of the specification of a plot.
        level: On which level it is.
        in_data: Whether it is a part of the data.
    """
    if level > DEEPEST:
        raise NotPlainError(f"its vega_lite has more than {DEEPEST} levels")
    if isinstance(value, Mapping):
        names = [required_text("key", name) for name in value]
        outside = sorted(OUTSIDE & set(names)) if not in_data else []
        if outside:
            raise NotPlainError(f"its vega_lite has {outside[0]!r}, and a report asks for nothing outside")
        return {
            name: _json(one, level=level + 1, in_data=in_data or name in DATA)
            for name, one in zip(names, value.values(), strict=True)
        }
    if value is None or isinstance(value, (str, bool)) or not isinstance(value, Sequence):
        return None if value is None else plain_value(value)
    return [_json(one, level=level + 1, in_data=in_data) for one in _sequence("vega_lite", value)]
