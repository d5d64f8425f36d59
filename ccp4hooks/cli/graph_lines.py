"""Show a graph of jobs as lines on a terminal."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from ccp4hooks.cli.listing import terminal_width
from ccp4hooks.cli.output import wrapped
from ccp4hooks.cli.render import STATUS_STYLES
from ccp4hooks.cli.values import BEST
from ccp4hooks.reports.data import graph_tree
from ccp4hooks.reports.pages import contents
from ccp4hooks.texts import counted, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.model import FileLink, GraphedJob, JobGraph
    from ccp4hooks.reports.data.graph_tree import Row

GAP = "  "
"""What separates the parts of a line."""

SHORTEST_TITLE = 8
"""Width from which on a title is shown [columns]."""

WITHOUT_UNICODE = str.maketrans({"┌": "+", "├": "+", "└": "`", "┬": "+", "─": "-", "│": "|", "←": "<"})
"""What stands for the lines if the output has no Unicode."""


def graph_lines(shown: JobGraph, *, up: bool, down: bool) -> list[Text]:
    """Return the lines of a graph: a heading, and each job with what it has read.

    Args:
        shown: The graph.
        up: Whether it has the jobs that led to its job.
        down: Whether it has the jobs to which its job led.
    """
    width = terminal_width()
    links: dict[str, list[FileLink]] = {}
    for link in shown.links:
        links.setdefault(link.job, []).append(link)
    drawn = (_job(row, links.get(row.job.number, ()), shown, width) for row in graph_tree.rows(shown))
    lines = [Text(line) for line in _heading(shown, up=up, down=down)] + [*chain.from_iterable(drawn)]
    if (sys.stdout.encoding or "").lower().startswith("utf"):
        return lines
    return [Text(line.plain.translate(WITHOUT_UNICODE)) for line in lines]


def _heading(shown: JobGraph, *, up: bool, down: bool) -> Iterator[str]:
    name = printable(shown.project.name)
    count = counted(len(shown.jobs), "job")
    if shown.job is None:
        yield f"Project {name}: {count}"
    else:
        what = [*(["what led to it"] if up else []), *(["what it led to"] if down else [])]
        yield f"Job {shown.job} of the project {name}, {' and '.join(what)}: {count}"
    if shown.decisive and any(one.is_best for one in shown.jobs):
        yield f"{BEST} the best by {printable(shown.decisive.title)}"


def _job(row: Row, links: Sequence[FileLink], shown: JobGraph, width: int | None) -> Iterator[Text]:
    """Yield the line of a job, and those below it."""
    job = row.job
    style = STATUS_STYLES.get(job.status, "bold")
    line = Text(row.rail)
    line.append(f"{job.number} {printable(job.task)}", "bold" if job.number == shown.job else "")
    line.append(GAP + contents.status_name(job), "bold red" if job.has_died else style)
    value = printable(shown.titled_value(job))
    mark = BEST if job.is_best else ""
    line.append("".join(GAP + one for one in filter(None, [value + mark if value else mark])))
    if job.sub_jobs:
        line.append(f"{GAP}{counted(job.sub_jobs, 'sub-job')}")
    sources = _sources(links, shown)
    has_room = width is None or line.cell_len + cell_len(GAP + sources) <= width
    if shown.job is None and sources and has_room:
        line.append(GAP + sources, "dim")
    _add_title(line, job, width)
    yield line
    start = f"{row.below}    "
    if shown.job is not None:
        yield from (Text(start + one) for one in _files(links, shown))
    elif sources and not has_room:
        yield from (Text(one) for one in wrapped(sources, width or 0, f"{start}  ", start=start))


def _add_title(line: Text, job: GraphedJob, width: int | None) -> None:
    """Add the title of a job to its line, shortened to the width of the terminal."""
    title = Text(printable(job.own_title))
    room = None if width is None else width - line.cell_len - len(GAP)
    if not title.plain or (room is not None and room < min(SHORTEST_TITLE, title.cell_len)):
        return
    if room is not None:
        title.truncate(room, overflow="ellipsis")
    line.append(GAP).append_text(title)


def _sources(links: Sequence[FileLink], shown: JobGraph) -> str:
    """Return the jobs and imported files that a job has read, in a few words."""
    known = {one.number for one in shown.jobs}
    jobs = sorted({link.made_by for link in links if link.made_by is not None}, key=lambda one: one.parts)
    named = [one if one in known else f"{one} ({contents.absent(shown)})" for one in jobs]
    files = dict.fromkeys(printable(link.path.name) for link in links if link.made_by is None)
    return f"← {', '.join([*named, *files])}" if links else ""


def _files(links: Sequence[FileLink], shown: JobGraph) -> Iterator[str]:
    """Yield the parameter, the name and the origin of each file that a job has read."""
    known = {one.number for one in shown.jobs}
    for link in links:
        origin = "imported" if link.made_by is None else f"job {link.made_by}"
        origin += f" ({contents.absent(shown)})" if link.made_by not in known and link.made_by is not None else ""
        name = " ".join(filter(None, [link.short_parameter, "←", link.path.name]))
        yield f"{printable(name)}, {origin}"
