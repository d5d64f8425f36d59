"""Tables and trees: drawn by rich on a terminal, and as plain text elsewhere without importing most of rich."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.text import Text

from ccp4hooks.cli.listing import plain_columns

if TYPE_CHECKING:
    from rich.table import Table as RichTable
    from rich.tree import Tree as RichTree

GUIDES = ("├── ", "└── ", "│   ", "    ")
"""What stands before a branch, before the last branch, and before what is below each of them."""

ASCII_GUIDES = ("+-- ", "`-- ", "|   ", "    ")
"""The same for outputs that have only ASCII characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table without borders.

    Attributes:
        title: Heading; empty for none.
        columns: Heading of each column.
        rows: Values of each row, without control characters.
        whole: Headings of the columns whose values a terminal does not fold, so that they can be copied.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | Text, ...], ...]
    whole: frozenset[str]

    def __rich__(self) -> RichTable:
        """Return the table as rich draws it."""
        from rich.table import Table as RichTable

        made = RichTable(title=self.title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for column in self.columns:
            made.add_column(column, overflow="fold", no_wrap=column in self.whole, header_style="dim")
        for row in self.rows:
            made.add_row(*row)
        return made

    def plain(self) -> list[str]:
        """Return the table as lines of plain text. No value is folded."""
        cells = [[cell if isinstance(cell, str) else cell.plain for cell in row] for row in self.rows]
        return [*([self.title] if self.title else []), *plain_columns([self.columns, *cells], keep_empty=True)]


@dataclass(slots=True)
class Tree:
    """A line with branches.

    Attributes:
        line: The line.
        branches: What is below it.
    """

    line: Text
    branches: list[Tree] = field(default_factory=list)

    def add(self, line: Text) -> Tree:
        """Add a branch below all others, and return it."""
        self.branches.append(Tree(line))
        return self.branches[-1]

    def __rich__(self) -> RichTree:
        """Return the tree as rich draws it."""
        from rich.tree import Tree as RichTree

        made = RichTree(self.line, guide_style="dim")
        for branch in self.branches:
            made.children.append(branch.__rich__())
        return made

    def plain(self, guides: tuple[str, str, str, str]) -> list[str]:
        """Return the tree as lines of plain text, drawn with `GUIDES` or `ASCII_GUIDES`."""
        inner, last, below_inner, below_last = guides
        lines = [self.line.plain.rstrip()]
        for branch in self.branches:
            is_last = branch is self.branches[-1]
            first, *others = branch.plain(guides)
            lines += [(last if is_last else inner) + first]
            lines += [(below_last if is_last else below_inner) + line for line in others]
        return lines
