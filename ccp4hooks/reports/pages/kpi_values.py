"""Choose the values of KPIs for a plot from a report, and write them as a table, a page or a picture."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.model import JobNumber, KpiPlot, PlottedJob
from ccp4hooks.reports.data import graph, job_graph
from ccp4hooks.reports.pages import document, plots
from ccp4hooks.texts import counted, csv_text, kpi_text, printable, time_text, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks.model import Report, ReportedJob, ReportedKpi
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions

MOST_KPIS = 2
"""Number of KPIs of a plot of one against another."""

AGAINST = "a plot of the first against the second"

WIDTH = 640
"""Width of a picture, without its axes [pixel]."""

LOOK = {
    "background": "white",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 12, "titleFontSize": 13},
    "axisQuantitative": plots.FEW_TICKS,
    "legend": {"orient": "top", "labelFontSize": 12},
    "point": {"filled": True, "size": 60},
}
"""The configuration of Vega-Lite for pictures. That of pages follows their style sheet, see ``plots.js``."""


def choose(
    report: Report, names: KpiDescriptions, words: Sequence[str], along: str | None, *, together: bool
) -> KpiPlot:
    """Return the values of KPIs over the jobs of a report, or of one KPI against another.

    Args:
        report: The report on all jobs of a project.
        names: How KPIs are shown.
        words: Keys or titles of the KPIs: one, or that of the vertical axis and that of the horizontal axis.
        along: Number of the job to which the jobs of the plot have led; None for all jobs.
        together: Whether all KPIs are plotted over the jobs.

    Raises:
        UnknownNameError: A KPI or the job is not recorded.
        BadInputError: No job has a number for each of the KPIs, or there are too many of them.
    """
    kpis = tuple(_kpi(report, names, word) for word in words)
    if not 1 <= len(kpis) <= (plots.LINES if together else MOST_KPIS) or len({one.key for one in kpis}) < len(kpis):
        what = f"one to {plots.LINES} different KPIs" if together else f"one KPI, or two different ones for {AGAINST}"
        raise BadInputError(f"Give {what}.")
    asked_for = None if along is None else job_graph.top_of(report, along)
    chosen = report if asked_for is None else _led_to(report, asked_for)
    keys = [one.key for one in kpis]
    jobs = plots.with_values(chosen, keys)
    if not jobs:
        raise BadInputError(_without_numbers(report, chosen, kpis, asked_for))
    return KpiPlot(
        project=report.project,
        made_at=report.made_at,
        along=asked_for,
        kpis=kpis,
        is_together=together,
        jobs=tuple(_point(one, keys) for one in jobs),
        left_out=tuple(_left_out(chosen, keys, jobs)),
        problems=report.problems,
    )


def require_two(plot: KpiPlot) -> None:
    """Check that there is something to plot.

    Raises:
        BadInputError: There are fewer than two values.
    """
    if len(plot.jobs) < plots.FEW_POINTS:
        values = ", ".join(
            f"{one.title} {kpi_text(value, one.decimals)}"
            for one, value in zip(plot.kpis, plot.jobs[0].values, strict=True)
        )
        raise BadInputError(f"Only job {plot.jobs[0].number} can be plotted ({values}). A plot needs two jobs or more.")


def csv_table(plot: KpiPlot) -> str:
    """Return the values as comma-separated values, numbers with all digits."""
    columns = ["number", "task", "title", *(one.key for one in plot.kpis)]
    return csv_text(columns, ([one.number, one.task, one.title, *one.values] for one in plot.jobs))


def page(plot: KpiPlot) -> str:
    """Return the page of a plot.

    Raises:
        BadInputError: There are fewer than two values.
    """
    require_two(plot)
    spec = plots.of_values(plot)
    content = {
        "project": plot.project.name,
        "kind": plot.title,
        "directory": str(plot.project.directory),
        "made_at": f"{time_text(plot.made_at)} {zone_of([plot.made_at])}",
        "title": plot.title,
        "columns": [plots.titled(one) for one in plot.kpis],
        "rows": [
            {
                "number": one.number,
                "task": one.task,
                "title": "" if one.title == one.task else one.title,
                "values": [kpi_text(value, kpi.decimals) for kpi, value in zip(plot.kpis, one.values, strict=True)],
            }
            for one in plot.jobs
        ],
        "left_out": plot.left_out,
        "problems": plot.problems,
    }
    return document.render("plot_page.html", content, scripts=document.PLOTTING, data={"plots": [spec], "choice": None})


def picture(plot: KpiPlot, *, is_png: bool) -> bytes:
    """Return a picture of a plot, as SVG or PNG.

    Raises:
        BadInputError: There are fewer than two values, or the library that draws is not installed.
    """
    require_two(plot)
    if find_spec("vl_convert") is None:
        raise BadInputError(
            "A picture needs the library vl-convert-python. Install it by `pip install 'ccp4hooks[plot]'`."
        )
    import vl_convert  # noqa: PLC0415 - optional, and large

    title = {"text": printable(plot.title), "subtitle": f"Project {printable(plot.project.name)}"}
    spec: dict[str, Any] = document.safe({**plots.of_values(plot), "width": WIDTH, "title": title})
    drawn = plots.with_labels_apart(vl_convert.vegalite_to_vega(spec, config=LOOK))
    if is_png:
        return bytes(vl_convert.vega_to_png(drawn, scale=2, allowed_base_urls=[]))
    return str(vl_convert.vega_to_svg(drawn, allowed_base_urls=[])).encode()


# --- what is chosen -----------------------------------------------------------------------------------------------


def _kpi(report: Report, names: KpiDescriptions, word: str) -> ReportedKpi:
    """Return the KPI that a key or a title denotes."""
    by_key = {one.key: one for one in report.kpis}
    by_title = {one.title.casefold(): one for one in report.kpis}
    found = by_key.get(word) or by_title.get(word.strip().casefold()) or by_key.get(names.key(word))
    if found is None:
        where = f"of the project {report.project.name}"
        hint = f"`ccp4hooks kpis {report.project.name}` shows all."
        known = [*by_key, *(one.title for one in report.kpis)]
        raise UnknownNameError("KPI", word, known, hint, fault=f"No job {where} has the KPI {word!r}")
    return found


def _led_to(report: Report, job: JobNumber) -> Report:
    """Return a report with a job and the jobs that led to it."""
    tops = {*graph.reached([job], report.links), job}
    jobs = tuple(one for top, group in report.tops.items() if top in tops for one in group)
    return replace(report, is_whole=False, jobs=jobs)


def _point(job: ReportedJob, keys: Sequence[str]) -> PlottedJob:
    own, values = job.outcome.job, plots.numbers(job)
    return PlottedJob(
        number=own.number,
        uuid=own.uuid,
        task=own.task,
        title=job.labels.title,
        values=tuple(float(values[key]) for key in keys),
    )


def _with_any(report: Report, keys: Sequence[str]) -> list[ReportedJob]:
    return [one for one in report.jobs if any(kpi.key in keys for kpi in one.outcome.kpis)]


def _without_numbers(report: Report, chosen: Report, kpis: Sequence[ReportedKpi], along: JobNumber | None) -> str:
    """Return why there is nothing to plot."""
    for kpi in kpis:
        texts = [(one.number, value.value) for one in report.jobs for value in one.outcome.kpis if value.key == kpi.key]
        if not any(isinstance(value, (int, float)) and not isinstance(value, bool) for _, value in texts):
            number, value = texts[0]
            return f"{kpi.title} is no number: in job {number} it is {str(value)[:50]!r}. Give a KPI with numbers."
    names = " and ".join(one.title for one in kpis)
    where = f"led to job {along}" if along else f"of the project {report.project.name} has finished"
    why = next(iter(_left_out(chosen, [one.key for one in kpis], ())), "")
    return f"No job that {where} has a number for {names}.{' ' + why if why else ''}"


def _left_out(chosen: Report, keys: Sequence[str], plotted: Sequence[ReportedJob]) -> Iterator[str]:
    """Yield why jobs are not in the plot: all jobs that are no sub-jobs, or if sub-jobs are plotted, these."""
    are_tops = bool(plotted) and plotted[0].number in chosen.tops
    candidates = [one for one in chosen.jobs if one.number in chosen.tops] if are_tops else _with_any(chosen, keys)
    shown = {one.number for one in plotted}
    others = [one for one in candidates if one.number not in shown]
    failed = [one for one in others if not one.status.is_success]
    incomplete = [one for one in others if one.status.is_success]
    if failed:
        yield f"Left out, because they have not finished: {_jobs(failed)}."
    if incomplete:
        which = {1: "the KPI", 2: "both KPIs"}.get(len(keys), "all KPIs")
        yield f"Left out, because they have no number for {which}: {_jobs(incomplete)}."


MOST_NAMED = 10
"""Number of jobs that are named in a sentence."""


def _jobs(jobs: Sequence[ReportedJob]) -> str:
    more = len(jobs) - MOST_NAMED
    named = ", ".join(f"job {one.number}" for one in jobs[:MOST_NAMED])
    return f"{named} and {counted(more, 'more job')}" if more > 0 else named
