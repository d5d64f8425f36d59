"""Plot values of KPIs with characters."""

from __future__ import annotations

import math
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ccp4hooks.cli.listing import terminal_width
from ccp4hooks.errors import BadInputError
from ccp4hooks.reports.pages import kpi_values, plots
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import KpiPlot

WIDTH, HEIGHT = 80, 20
"""Largest size of a plot, and its size if the output is not a terminal [columns, lines]."""

TICKS = 6
"""Largest number of values that are named at an axis."""

AXIS_WIDTH = 10
"""Width of the names of values beside a plot [columns]."""

MARKERS = "ox+*#%"
"""The marks of the KPIs of a plot."""

MOST_FIXED, MOST_DECIMALS = 1e6, 5
"""Size from which on numbers are named with an exponent, and number of decimals from which on they are, too."""

MOST_STEPS = 1e12
"""Distance of a value from 0 [ticks] from which on ticks cannot be told apart."""

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
    keys = [f"{marker} {plots.titled(one)}" for marker, one in zip(MARKERS, plot.kpis, strict=False)]
    legend = ["  ".join(keys)] if plot.is_over_jobs and len(plot.kpis) > 1 else []
    lines = [f"Project {plot.project.name}: {plot.title}", *legend, *drawn.splitlines()]
    return [Text(printable(one if has_unicode else one.translate(WITHOUT_UNICODE)).rstrip()) for one in lines]


def _drawn(plot: KpiPlot, width: int, *, has_lines: bool) -> str:
    import plotext

    shown = [[one.values[at] for one in plot.jobs] for at in range(len(plot.kpis))]
    order = [float(at) for at in range(1, len(plot.jobs) + 1)]
    ups, x = (shown, order) if plot.is_over_jobs else (shown[:1], shown[1])
    # The library has one figure, and reads the size of the terminal itself.
    plotext.terminal.limit(False, False)
    figure: Any = plotext.figure
    figure.clear()
    figure.plot_size(width, HEIGHT)
    if has_lines and plot.is_over_jobs:
        for up in ups:
            figure.draw(figure.signal(x, up, marker="braille").lines())
    for up, marker in zip(ups, MARKERS, strict=False):
        figure.draw(figure.signal(x, up, marker=marker))
    titles = [printable(plots.titled(one)) for one in plot.kpis]
    figure.label(titles[0] if len(ups) == 1 else "", "y")
    figure.label("Job" if plot.is_over_jobs else titles[1], "x")
    y_ticks = ticks([value for up in ups for value in up])
    x_ticks = _jobs(plot, width) if plot.is_over_jobs else ticks(x)
    for axis, found in (("x", x_ticks), ("y", y_ticks)):
        if found:
            figure.ruler(axis).ticks(list(found), list(found.values()))
    return str(figure.build().string(colorless=True))


def _jobs(plot: KpiPlot, width: int) -> dict[float, str]:
    """Return the names of as many jobs as fit below a plot, at their places."""
    names = [str(one.number) for one in plot.jobs]
    room = (width - AXIS_WIDTH) / max(1, len(names) - 1)
    step = math.ceil((max(map(len, names)) + 1) / room)
    return {float(at + 1): names[at] for at in range(0, len(names), step)}


def ticks(values: Sequence[float]) -> dict[float, str]:
    """Return round numbers from below to above values, with their texts; nothing if they cannot be told apart.

    An axis reaches from its first number to its last one.

    >>> list(ticks([0.2001, 0.2503]).values())
    ['0.20', '0.21', '0.22', '0.23', '0.24', '0.25', '0.26']
    """
    low, high = min(values), max(values)
    least = (high - low) / TICKS
    if not 0 < least < math.inf:
        return {}
    power = math.floor(math.log10(least))
    factor = next((one for one in (1, 2, 5) if one * 10.0**power >= least), None)
    factor, power = (factor, power) if factor else (1, power + 1)
    step = factor * 10.0**power
    first, last = (low / step, high / step) if step else (math.inf, math.inf)
    if max(abs(first), abs(last)) > MOST_STEPS:
        return {}
    decimals = max(0, -power)
    is_fixed = max(abs(low), abs(high)) < MOST_FIXED and decimals <= MOST_DECIMALS
    numbers = [at * step for at in range(math.floor(first), math.ceil(last) + 1)]
    found = {one: f"{one:.{decimals}f}" if is_fixed else f"{one:.3g}" for one in numbers}
    return found if len({*found.values()}) == len(numbers) > 1 else {}
