"""Place jobs and the files that they have imported on a plane: what led to what, from left to right, in bands.

Each job stands to the right of those whose files it has read. When a line of columns is full, the next one begins
below it, so that a chain of any length is as wide as the page. Jobs that have nothing to do with each other stand in
parts of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.model import JobNumber

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ccp4hooks.model import FileLink, JobGraph

WIDTH, HEIGHT = 140, 40
"""Size of a node."""

COLUMN, ROW = 176, 50
"""Distance of two columns, and of two rows of a column."""

COLUMNS = 6
"""Number of columns of a band."""

ROWS = 8
"""Largest number of rows of a column."""

GAP = 26
"""Distance of two bands, in which lines from one to another run."""

CROWD = 12
"""Largest number of lines that begin at a node. More of them would hide all others."""

MARGIN = 20
"""Distance of the nodes from the edges of the picture."""

Key = JobNumber | Path
"""A node: a job by its number, or an imported file by its path."""

Column = Sequence[Key]
"""Nodes below each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A job or an imported file in the picture.

    Attributes:
        key: The job or the file.
        band: Position of its band, from 0.
        column: Position of its column in the band, from 0.
        x: Its left edge.
        y: Its upper edge.
    """

    key: Key
    band: int
    column: int
    x: int
    y: int

    @property
    def middle(self) -> int:
        """The height at which lines begin and end."""
        return self.y + HEIGHT // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line from what was read to the job that has read it.

    Attributes:
        source: The job that has made the files, or the imported file.
        target: The job that has read them.
        files: Paths of the files.
        path: The line, in the commands of SVG.
        is_hidden: Whether the line is shown only if one of its ends is chosen: other lines lead from the same source to
            the same target, or the source has more than `CROWD` lines.
    """

    source: Key
    target: JobNumber
    files: tuple[Path, ...]
    path: str
    is_hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The picture.

    Attributes:
        nodes: The jobs and files.
        edges: The lines.
        width: Its width.
        height: Its height.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


def layout(shown: JobGraph) -> Layout:
    """Return the picture of the jobs of a graph, of the files that they have imported, and of jobs they have read."""
    sources = _sources(shown.links)
    hidden = _hidden(sources)
    parts = _parts([one.number for one in shown.jobs], sources, hidden)
    bands = _bands([column for layer in _layers(part, sources) for column in _split(layer)] for part in parts)
    nodes: dict[Key, Node] = {}
    top, ends = MARGIN, []
    for band, its_columns in enumerate(bands):
        for at, column in enumerate(its_columns):
            for row, key in enumerate(column):
                place = {"x": MARGIN + at * COLUMN, "y": top + row * ROW}
                nodes[key] = Node(key=key, band=band, column=at, **place)
        ends.append(top + max(map(len, its_columns)) * ROW - (ROW - HEIGHT))
        top = ends[-1] + GAP
    taken = {(node.band, node.column, node.y) for node in nodes.values()}
    edges = tuple(
        Edge(
            source=source,
            target=target,
            files=files,
            path=_line(nodes[source], nodes[target], ends, taken),
            is_hidden=(source, target) in hidden,
        )
        for target, read in sources.items()
        for source, files in read.items()
    )
    return Layout(
        nodes=tuple(nodes.values()),
        edges=edges,
        width=2 * MARGIN - (COLUMN - WIDTH) + COLUMN * max(map(len, bands), default=0),
        height=(ends[-1] if ends else 0) + MARGIN,
    )


def reached(start: Iterable[JobNumber], links: Sequence[FileLink]) -> list[JobNumber]:
    """Return the jobs from whose files some jobs came to be, directly or not, in the order of their numbers."""
    return _closure(start, ((link.job, link.made_by) for link in links if link.made_by is not None))


def led_to(start: Iterable[JobNumber], links: Sequence[FileLink]) -> list[JobNumber]:
    """Return the jobs that came to be from files of some jobs, directly or not, in the order of their numbers."""
    return _closure(start, ((link.made_by, link.job) for link in links if link.made_by is not None))


def _closure(start: Iterable[JobNumber], steps: Iterable[tuple[JobNumber, JobNumber]]) -> list[JobNumber]:
    """Return the jobs to which steps lead from some jobs, without these."""
    following: dict[JobNumber, set[JobNumber]] = {}
    for one, other in steps:
        following.setdefault(one, set()).add(other)
    given = set(start)
    found: set[JobNumber] = set()
    front = given
    while front:
        front = {other for number in front for other in following.get(number, ())} - found - given
        found |= front
    return sorted(found, key=lambda number: number.parts)


def _sources(links: Iterable[FileLink]) -> dict[JobNumber, dict[Key, tuple[Path, ...]]]:
    """Return what each job has read: the files of each other job, and each imported file."""
    found: dict[JobNumber, dict[Key, tuple[Path, ...]]] = {}
    for link in links:
        key = link.path if link.made_by is None else link.made_by
        read = found.setdefault(link.job, {})
        read[key] = (*read.get(key, ()), link.path)
    return found


def _hidden(sources: Mapping[JobNumber, Mapping[Key, object]]) -> set[tuple[Key, JobNumber]]:
    """Return the lines that would hide others: those that others imply, and those of what very many jobs have read."""
    keys = dict.fromkeys(key for target, read in sources.items() for key in (target, *read))
    parts = {key: key.parts for key in keys if isinstance(key, JobNumber)}
    # Each node is a bit: sets of all that is above each job of a long chain would need gigabytes.
    bits = {key: 1 << at for at, key in enumerate(keys)}
    above: dict[Key, int] = {}
    implied = set()
    for target in sorted(sources, key=parts.__getitem__):
        # A file of a later job, which a job that has run again may have read, is on no longer way.
        read = [key for key in sources[target] if isinstance(key, Path) or parts[key] < parts[target]]
        beyond = reduce(or_, (above.get(key, 0) for key in read), 0)
        above[target] = reduce(or_, map(bits.__getitem__, read), beyond)
        implied |= {(key, target) for key in read if beyond & bits[key]}
    lines = {(key, target) for target, read in sources.items() for key in read}
    counts = Counter(key for key, _ in lines - implied)
    return {(key, target) for key, target in lines if counts[key] > CROWD} | implied


def _parts(
    jobs: Iterable[JobNumber],
    sources: Mapping[JobNumber, Mapping[Key, object]],
    hidden: Collection[tuple[Key, JobNumber]],
) -> list[set[Key]]:
    """Return the nodes that lines connect, those without any line together, in the order of their first jobs."""
    lines: dict[Key, set[Key]] = {number: set() for number in jobs}
    for target, read in sources.items():
        for key in read:
            found = lines.setdefault(key, set())
            if (key, target) not in hidden:
                found.add(target)
                lines.setdefault(target, set()).add(key)
    single = {key for key, others in lines.items() if not others}
    parts = [single] if single else []
    left = lines.keys() - single
    while left:
        part: set[Key] = set()
        front = {next(iter(left))}
        while front:
            part |= front
            front = {other for key in front for other in lines[key]} - part
        parts.append(part)
        left -= part
    return sorted(parts, key=lambda part: min(map(_order, part)))


def _bands(parts: Iterable[Sequence[Column]]) -> list[list[Column]]:
    """Return the columns of all parts in bands; a part that fits beside the one before stands there."""
    bands: list[list[Column]] = []
    for columns in parts:
        if bands and len(bands[-1]) + len(columns) <= COLUMNS:
            bands[-1] += columns
        else:
            bands += [[*columns[start : start + COLUMNS]] for start in range(0, len(columns), COLUMNS)]
    return bands


def _layers(part: Collection[Key], sources: Mapping[JobNumber, Mapping[Key, object]]) -> list[list[Key]]:
    """Return nodes that lines connect by the length of the longest way that leads to them.

    A job that has run again may have read a file of a later job. Such a way counts for nothing.
    """
    numbers = sorted((key for key in part if isinstance(key, JobNumber)), key=lambda one: one.parts)
    depths: dict[Key, int] = {}
    readers: dict[Key, list[int]] = {key: [] for key in part if isinstance(key, Path)}
    for number in numbers:
        read = sources.get(number, {})
        depths[number] = 1 + max((depths.get(key, 0) for key in read), default=0)
        for key in readers.keys() & read.keys():
            readers[key].append(depths[number])
    depths |= {path: min(found, default=1) - 1 for path, found in readers.items()}
    layers: dict[int, list[Key]] = {}
    for key in sorted(depths, key=_order):
        layers.setdefault(depths[key], []).append(key)
    return [layers[depth] for depth in sorted(layers)]


def _order(key: Key) -> tuple[bool, tuple[int, ...], str]:
    """Return by what the nodes of a column are sorted: jobs by their numbers, then files by their names."""
    return (True, (), key.name) if isinstance(key, Path) else (False, key.parts, "")


def _split(layer: Column) -> list[Column]:
    """Return columns of about the same length."""
    count = -(-len(layer) // ROWS)
    rows = -(-len(layer) // count)
    return [layer[start : start + rows] for start in range(0, len(layer), rows)]


def _line(source: Node, target: Node, ends: Sequence[int], taken: Collection[tuple[int, int, int]]) -> str:
    """Return a line between two nodes; it runs below the band of its source if it leads to another band or back.

    Args:
        source: Where it begins.
        target: Where it ends.
        ends: The lower edge of each band.
        taken: Band, column and upper edge of each node, behind which no line may run.
    """
    start, end = source.x + WIDTH, target.x
    if source.band == target.band and start < end:
        level = _level(source, target, taken)
        bend = (COLUMN - WIDTH) // 2
        first = f"M{start} {source.middle}"
        if level is None:
            return f"{first}{_curve(start, source.middle, end, target.middle)}"
        turn, back = start + 2 * bend, end - 2 * bend
        way = f"{_curve(start, source.middle, turn, level)}H{back}"
        return f"{first}{way}{_curve(back, level, end, target.middle)}"
    # Each column has a lane of its own, so that lines to different jobs stay apart.
    lane = 8 + 2 * (target.column % COLUMNS)
    level = ends[source.band] + GAP // 2 + target.column - COLUMNS // 2
    return f"M{start} {source.middle}h{lane}V{level}H{end - lane}V{target.middle}H{end}"


def _curve(x: int, y: int, to_x: int, to_y: int) -> str:
    bend = x + (to_x - x) // 2
    return f"C{bend} {y} {bend} {to_y} {to_x} {to_y}"


def _level(source: Node, target: Node, taken: Collection[tuple[int, int, int]]) -> int | None:
    """Return the height at which a line passes the columns between two nodes; None if there are none.

    It is that of a row without nodes in these columns, or else the gap beside the row of the target.
    """
    between = range(source.column + 1, target.column)
    if not between:
        return None
    for one in (target, source):
        if not any((source.band, column, one.y) in taken for column in between):
            return one.middle
    gap = (ROW - HEIGHT) // 2
    # Lines from different rows stay apart.
    aside = (source.y // ROW) % 3 - 1
    return aside + (target.y - gap if source.y <= target.y else target.y + HEIGHT + gap)
