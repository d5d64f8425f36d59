"""Make the page of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.reports.pages import document
from ccp4hooks.reports.pages.contents import contents
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from ccp4hooks.model import Report


def render(report: Report, *, scripts: bool = True) -> str:
    """Return the page of a report.

    Args:
        report: The report.
        scripts: Whether the page has scripts, which sort and filter its table and mark what led to what.
    """
    content = contents(report)
    for section in content["sections"]:
        if "markdown" in section:
            section["html"] = _html(section.pop("markdown"))
    plots, choice = content["plots"], content["choice"]
    content["has_plots"] = scripts and bool(choice or [one for one in plots if not one["is_of_section"]])
    names = ("report.js", *(document.PLOTTING if plots or choice else ())) if scripts else ()
    data = {
        "edges": content["graph"]["links"],
        "statuses": content["statuses"],
        "plots": [one["spec"] for one in plots],
        "choice": choice,
    }
    # The template asks only which plots there are, and not for the values of all jobs once more.
    content |= {
        "plots": [{"title": one["title"], "is_of_section": one["is_of_section"]} for one in plots],
        "choice": bool(choice),
    }
    return document.render("report.html", content, scripts=names, data=data)


def _html(markdown: str) -> str:
    from ccp4hooks.reports.pages.markdown import rendered  # noqa: PLC0415 - start-up time

    html: str = document.markup(rendered(printable(markdown, lines=True)))
    return html
