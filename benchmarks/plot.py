"""Plot cost against size on logarithmic axes as SVG."""

from math import ceil, floor, log10

from benchmarks.report import TITLES
from benchmarks.running import SIDES

COLOURS = {
    "ours": "#0b6e4f",
    "theirs": "#c1292e",
    "theirs_immediate": "#e58e26",
    "theirs_newest": "#8c1d40",
    "theirs_newest_snapshots": "#d4a5a5",
    "mlflow_batch": "#6a4c93",
    "mlflow_files": "#9d7fc7",
    "mlflow_flushed": "#cdbce3",
    "bulk": "#1f78b4",
    "fair": "#74a9cf",
    "floor": "#777777",
}
WIDTH, HEIGHT, GAP = 360, 260, 60


def as_svg(results, cases):
    """Return an SVG with one panel per case with several sizes, and a legend."""
    plotted = [case for case in cases if case.plotted and len({size for _, size in results.medians(case.name)}) > 1]
    panels = [_panel(case, results, GAP + n * (WIDTH + GAP)) for n, case in enumerate(plotted)]
    width = max(1, len(plotted)) * (WIDTH + GAP) + GAP
    legend = "".join(
        f'<rect x="{GAP + n * 230}" y="{HEIGHT + 110}" width="12" height="12" fill="{COLOURS[side]}"/>'
        f'<text x="{GAP + 18 + n * 230}" y="{HEIGHT + 121}">{TITLES[side].replace("`", "")}</text>'
        for n, side in enumerate(SIDES)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {max(width, 1440)} {HEIGHT + 140}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(panels)}{legend}</svg>\n"
    )


def _panel(case, results, left):
    # Size 0 is plotted as 1, because the axis is logarithmic.
    points = {key: (max(key[1], 1), took) for key, took in results.medians(case.name).items()}
    across = _scale([x for x, _ in points.values()], left, left + WIDTH)
    up = _scale([y for _, y in points.values()], HEIGHT + 40, 40)
    frame = f'<rect x="{left}" y="40" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>'
    words = f'<text x="{left}" y="28" font-weight="bold">{case.title} [{case.unit}]</text>'
    sizes = f'<text x="{left + WIDTH}" y="{HEIGHT + 80}" text-anchor="end">{case.size_is}</text>'
    ticks = "".join(_tick(10**e, across(10**e), HEIGHT + 58, "middle") for e in across.exponents)
    ticks += "".join(_tick(10**e, left - 6, up(10**e) + 4, "end") for e in up.exponents)
    lines = "".join(_line(side, points, across, up) for side in SIDES)
    return frame + words + sizes + ticks + lines


def _tick(value, x, y, anchor):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{value:g}</text>'


def _line(side, points, across, up):
    found = sorted(point for (name, _), point in points.items() if name == side)
    places = [(across(x), up(y)) for x, y in found]
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[side]}"/>' for x, y in places)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{path}" fill="none" stroke="{COLOURS[side]}" stroke-width="2"/>{dots}'


class _scale:  # noqa: N801 - used like a function
    """Map a number to a coordinate on a logarithmic axis that covers whole decades."""

    def __init__(self, values, start, end):
        lowest, highest = floor(log10(min(values))), ceil(log10(max(values)))
        highest = max(highest, lowest + 1)
        self.exponents = range(lowest, highest + 1)
        self._start, self._per_decade = start, (end - start) / (highest - lowest)

    def __call__(self, value):
        return self._start + (log10(value) - self.exponents[0]) * self._per_decade
