"""The graphs of a job, as the report of CCP4i2 declares them: a table, and which of its columns are plotted."""

from __future__ import annotations

import enum
from dataclasses import dataclass

Cell = float | str | None
"""A value of a table: a number, a text, or None for an empty cell."""


class LineKind(enum.Enum):
    """How a column is plotted."""

    LINE = "line"
    POINTS = "points"
    BARS = "bars"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphLine:
    """A column that is plotted over another one.

    Attributes:
        kind: How it is plotted.
        x: Position of the column over which it is plotted, from 0; for a histogram, that of the column itself.
        y: Position of the column, from 0.
        label: What it is called.
        is_right: Whether its axis stands on the right.
    """

    kind: LineKind
    x: int
    y: int
    label: str
    is_right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphAxis:
    """An axis of a plot.

    Attributes:
        title: Its title; empty if there is none.
        minimum: Where it begins; None if the values decide.
        maximum: Where it ends; None if the values decide.
        is_whole: Whether it has whole numbers only.
        is_inverse_square: Whether its values are 1/d² [1/Å²] for a resolution d [Å], which stands at the axis.
    """

    title: str = ""
    minimum: float | None = None
    maximum: float | None = None
    is_whole: bool = False
    is_inverse_square: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPlot:
    """A plot of some of the columns.

    Attributes:
        title: Its title; empty if there is none.
        lines: What is plotted.
        x: The horizontal axis.
        y: The vertical axis on the left.
        right: The vertical axis on the right, if a line needs it.
    """

    title: str
    lines: tuple[GraphLine, ...]
    x: GraphAxis
    y: GraphAxis
    right: GraphAxis


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGraph:
    """A table of a job with its plots.

    Attributes:
        title: Its title; empty if there is none.
        columns: Names of the columns.
        rows: The rows, each with one value for each column.
        plots: The plots. A table without plots is shown as a table only.
        more_rows: Number of further rows that were left out.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    plots: tuple[GraphPlot, ...] = ()
    more_rows: int = 0
