"""Draw a graph of jobs as lines of text: each job once, below what led to it.

A job is followed, in the same column, by the job to which most others trace back, so that a chain of any length is a
single column. Jobs that branch off stand one column further to the right, so that ten columns are enough for a thousand
jobs. What else a job has read is named in its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccp4hooks.model import GraphedJob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.model import JobGraph, JobNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A job of the drawing.

    Attributes:
        job: The job.
        rail: The lines before the job.
        below: The lines before whatever else is written below the job.
    """

    job: GraphedJob
    rail: str
    below: str


Branches = Mapping["JobNumber | None", Sequence["JobNumber"]]
"""The jobs that stand below each job, the one that continues its column last; below None those that begin a column."""


def rows(shown: JobGraph) -> list[Row]:
    """Return the jobs of a graph in the order in which they are drawn."""
    jobs = {one.number: one for one in shown.jobs}
    branches = _branches(shown)
    starts = branches.get(None, ())
    return [row for start in starts for row in _chain(start, branches, jobs, first=("", ""), prefix="")]


def _branches(shown: JobGraph) -> Branches:
    """Return below which job each job stands: of those that it has read, the one with the longest way before it."""
    numbers = sorted((one.number for one in shown.jobs), key=lambda one: one.parts)
    makers: dict[JobNumber, set[JobNumber]] = {number: set() for number in numbers}
    for link in shown.links:
        # A file of a later job, which a job that has run again may have read, would make a circle.
        if link.made_by in makers and link.made_by.parts < link.job.parts:
            makers[link.job].add(link.made_by)
    depths: dict[JobNumber, int] = {}
    above: dict[JobNumber, JobNumber | None] = {}
    for number in numbers:
        above[number] = max(makers[number], key=lambda one: (depths[one], one.parts), default=None)
        depths[number] = max((1 + depths[one] for one in makers[number]), default=0)
    sizes = dict.fromkeys(numbers, 1)
    for number in reversed(numbers):
        maker = above[number]
        if maker is not None:
            sizes[maker] += sizes[number]
    found: dict[JobNumber | None, list[JobNumber]] = {}
    for number in numbers:
        found.setdefault(above[number], []).append(number)
    for maker, below in found.items():
        if maker is not None:
            longest = max(below, key=lambda one: (sizes[one], one.parts))
            below.append(below.pop(below.index(longest)))
    return found


def _chain(
    start: JobNumber, branches: Branches, jobs: Mapping[JobNumber, GraphedJob], *, first: tuple[str, str], prefix: str
) -> Iterator[Row]:
    """Yield a column of jobs, each followed by what branches off.

    Args:
        start: The first job.
        branches: What stands below each job.
        jobs: The jobs by their numbers.
        first: What stands before the first job, and the corner of a column with one job and with several.
        prefix: What stands before all other lines.
    """
    lead, corner = first
    at: JobNumber | None = start
    while at is not None:
        *aside, after = branches.get(at, (None,))
        mark = "├" if at != start else corner or "┌"
        end = "└" if at != start else "─"
        rail = lead if at == start else prefix
        yield Row(
            job=jobs[at],
            rail=f"{rail}{mark if after is not None else end} ",
            below=f"{prefix}{'│' if after is not None else ' '} ",
        )
        for other in aside:
            if other is not None:
                yield from _chain(other, branches, jobs, first=(f"{prefix}├─", "┬"), prefix=f"{prefix}│ ")
        at = after
