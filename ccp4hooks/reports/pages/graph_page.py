"""Make the page of a graph: the picture of a report, and a table with the files that each job has read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.reports.pages import contents, document
from ccp4hooks.texts import counted, time_text, zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccp4hooks.model import FileLink, GraphedJob, JobGraph, JobNumber


def render(shown: JobGraph) -> str:
    """Return the page of a graph."""
    drawn = contents.picture(shown)
    links: dict[JobNumber, list[FileLink]] = {one.number: [] for one in shown.jobs}
    for link in shown.links:
        if link.job in links:
            links[link.job].append(link)
    content = {
        "project": shown.project.name,
        "kind": "what led to what",
        "directory": str(shown.project.directory),
        "made_at": f"{time_text(shown.made_at)} {zone_of([shown.made_at])}",
        "sentence": _sentence(shown),
        "graph": drawn,
        "kpi": shown.decisive.title if shown.decisive else "",
        "jobs": [_job(one, shown, links) for one in shown.jobs],
        "problems": shown.problems,
    }
    keys = [node["key"] for node in drawn["nodes"]]
    data = {"edges": drawn["links"], "chosen": None if shown.job is None else keys.index(str(shown.job))}
    return document.render("graph_page.html", content, scripts=["report.js"], data=data)


def _sentence(shown: JobGraph) -> str:
    count = counted(len(shown.jobs), "job")
    if shown.job is None:
        return f"What led to what among {count}." if shown.jobs else "This project has no jobs."
    return f"Job {shown.job} with what led to it, and what it led to: {count}."


def _job(job: GraphedJob, shown: JobGraph, links: Mapping[JobNumber, Sequence[FileLink]]) -> dict[str, Any]:
    """Return what the table says of a job.

    Args:
        job: The job.
        shown: The graph.
        links: The files that each job has read, with an entry for each job of the graph.
    """
    return {
        "number": job.number,
        "task": job.task,
        "title": job.own_title,
        "status": contents.status_of(job.status, has_died=job.has_died),
        "value": shown.value_text(job),
        "is_best": job.is_best,
        "is_asked_for": job.number == shown.job,
        "files": [_file(link, is_shown=link.made_by in links) for link in links[job.number]],
    }


def _file(link: FileLink, *, is_shown: bool) -> dict[str, Any]:
    return {
        "parameter": link.short_parameter,
        "name": link.path.name,
        "made_by": link.made_by or "",
        "is_shown": is_shown,
    }
