"""Plot values of KPIs with characters."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ccp4hooks.cli.listing import terminal_width
from ccp4hooks.errors import BadInputError
from ccp4hooks.reports import kpi_values, plots
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from ccp4hooks.model import KpiPlot

WIDTH, HEIGHT = 80, 20
"""Largest size of a plot, and its size if the output is not a terminal [columns, lines]."""

TICKS = 7
"""Largest number of jobs that are named below a plot."""

WITHOUT_UNICODE = str.maketrans("┌┐└┘├┤┬┴─│", "++++||++-|")
"""What stands for the frame if the output has no Unicode."""


def terminal_plot(plot: KpiPlot) -> list[Text]:
    """Return the lines of a plot.

    Raises:
        BadInputError: There are fewer than two values, or the library that draws is not installed.
    """
    kpi_values.require_two(plot)
    if find_spec("plotext") is None:
        raise BadInputError(
            "A plot in the terminal needs the library plotext. Install it by `pip install 'ccp4hooks[plot]'`, or write "
            "a page by `-o plot.html`."
        )
    has_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    drawn = _drawn(plot, min(terminal_width() or WIDTH, WIDTH), has_lines=has_unicode)
    lines = [f"Project {plot.project.name}: {plot.title}", *drawn.splitlines()]
    return [Text(printable(one if has_unicode else one.translate(WITHOUT_UNICODE)).rstrip()) for one in lines]


def _drawn(plot: KpiPlot, width: int, *, has_lines: bool) -> str:
    import plotext

    up, *across = ([one.values[at] for one in plot.jobs] for at in range(len(plot.kpis)))
    order = [float(at) for at in range(1, len(up) + 1)]
    x = across[0] if across else order
    # The library has one figure, and reads the size of the terminal itself.
    plotext.terminal.limit(False, False)
    figure: Any = plotext.figure
    figure.clear()
    figure.plot_size(width, HEIGHT)
    if has_lines and not across:
        figure.draw(figure.signal(x, up, marker="braille").lines())
    figure.draw(figure.signal(x, up, marker="o"))
    y_title, *x_titles = (printable(plots.titled(one)) for one in plot.kpis)
    figure.label(y_title, "y")
    figure.label(*(x_titles or ["Job"]), "x")
    if not across:
        step = -(-len(order) // TICKS)
        figure.ruler("x").ticks(order[::step], [str(one.number) for one in plot.jobs[::step]])
    return str(figure.build().string(colorless=True))
