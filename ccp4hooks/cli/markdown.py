"""Markdown as a terminal shows it: like rich's, but no word of a table is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markdown import Markdown, TableElement
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


class _WholeTable(TableElement):
    """A table whose words are folded if its columns are too narrow for them, so that names can be read."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table."""
        for drawn in super().__rich_console__(console, options):
            if isinstance(drawn, Table):
                for column in drawn.columns:
                    column.overflow = "fold"
            yield drawn


class Page(Markdown):
    """A text in Markdown, with the addresses of links in brackets.

    Args:
        text: The text.
    """

    elements = {**Markdown.elements, "table_open": _WholeTable}  # noqa: RUF012 - that of the base class is one

    def __init__(self, text: str) -> None:
        super().__init__(text, hyperlinks=False, code_theme="ansi_dark")
