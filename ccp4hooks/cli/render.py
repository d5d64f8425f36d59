"""Format outcomes and tables as text with rich."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from ccp4hooks.cli.drawn import ASCII_GUIDES, GUIDES, Table, Tree
from ccp4hooks.cli.listing import PIPED_WIDTH, terminal
from ccp4hooks.cli.values import more_text
from ccp4hooks.model import FileUse, JobStatus, Outcome, Severity
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.few_results import in_few_lines
from ccp4hooks.outcomes.job_traces import timings_of_last_hook
from ccp4hooks.texts import kpi_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ccp4hooks.model import Job, JobState, KpiValue, Origin, Project
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions

STATUS_STYLES = {
    JobStatus.FINISHED: "green",
    JobStatus.UNSATISFACTORY: "yellow",
    JobStatus.INTERRUPTED: "red",
    JobStatus.FAILED: "red",
    JobStatus.TO_DELETE: "dim",
}

SHOWN_PROBLEMS = 30
"""Number of problems of a job that the table of problems shows."""

SEVERITY_WORDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.BLOCK: "error"}
"""What the table of problems says of each severity. In a job that has ended, a problem that blocks is an error."""

SEVERITY_STYLES = {Severity.INFO: "dim", Severity.WARNING: "yellow", Severity.BLOCK: "red"}


def show(*renderables: Any) -> None:
    """Write to standard output, styled on a terminal and as plain text elsewhere.

    Args:
        *renderables: Texts, whose control characters are escaped, and tables, trees and `Text`, which must have none.
    """
    renderables = tuple(printable(one) if isinstance(one, str) else one for one in renderables)
    console = terminal()
    if console is None:
        click.echo(plain(*renderables, encoding=sys.stdout.encoding or "utf-8"))
        return
    for renderable in renderables:
        # The terminal wraps strings, so that paths and commands can be copied as one line.
        console.print(renderable, soft_wrap=isinstance(renderable, (str, Text)))


def fits(renderables: Iterable[Any]) -> bool:
    """Return whether the terminal, if the output is one, is wide enough for tables whose cells are not folded."""
    console = terminal()
    if console is None:
        return True
    options = console.options.update(width=PIPED_WIDTH)
    tables = [one for one in renderables if isinstance(one, Table)]
    return all(console.measure(one.__rich__(), options=options).maximum <= console.width for one in tables)


def plain(*renderables: str | Text | Table | Tree, encoding: str = "utf-8") -> str:
    """Return the plain text that `show` writes, without the last line break.

    Args:
        renderables: What to write.
        encoding: Encoding of the output. If it is not a Unicode encoding, trees are drawn with ASCII characters.
    """
    lines: list[str] = []
    for one in renderables:
        if isinstance(one, Table):
            lines += one.plain()
        elif isinstance(one, Tree):
            lines += one.plain(GUIDES if encoding.lower().startswith("utf") else ASCII_GUIDES)
        else:
            text = one if isinstance(one, str) else one.plain
            lines += [line.rstrip() for line in text.splitlines()] or [""]
    return "\n".join(lines)


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, whole: Sequence[str] = ()
) -> Table:
    """Return a table without borders. Long values are folded, never truncated.

    Control characters of cells are escaped, except in cells that are a `Text`.

    Args:
        title: Heading; empty for none.
        columns: Heading of each column.
        rows: Values of each row.
        whole: Headings of the columns whose values are not folded, so that they can be copied.
    """
    printed = tuple(tuple(printable(cell) if isinstance(cell, str) else cell for cell in row) for row in rows)
    return Table(title=title, columns=tuple(columns), rows=printed, whole=frozenset(whole))


def render_outcomes(outcomes: Sequence[Outcome], names: KpiDescriptions) -> list[Any]:
    """Return a job and its sub-jobs as a tree, followed by tables of files, KPIs, other results and problems.

    Args:
        outcomes: The outcomes.
        names: How the KPIs are shown.
    """
    parts: list[Any] = [*job_trees(outcomes)]
    for title, columns, rows in (
        ("Files", ("Job", "Role", "Parameter", "File", "Size [B]", "Description", "Plugin"), list(_files(outcomes))),
        ("KPIs", ("Job", "KPI", "Value", "Unit", "Plugin"), list(_kpis(outcomes, names))),
        ("Results", ("Job", "Name", "Value"), list(_results(outcomes))),
        ("Problems", ("Job", "Severity", "Description", "Plugin"), list(_problems(outcomes))),
    ):
        if rows:
            parts += ["", table(title, columns, rows)]
    return parts


def timing_table(outcomes: Sequence[Outcome]) -> Table:
    """Return a table with the time that each plugin took per job and hook."""
    rows = [
        (outcome.job.number, one.origin.plugin, one.hook, str(one.calls), f"{1e3 * one.duration_s:.2f}")
        for outcome in outcomes
        for one in (*outcome.timings, *timings_of_last_hook(outcome.job))
    ]
    return table("Timing", ("Job", "Plugin", "Hook", "Calls", "Time [ms]"), rows)


def job_trees(outcomes: Sequence[Outcome]) -> list[Tree]:
    """Return one tree per top-level job, with its sub-jobs as branches.

    A job whose parent is not among the outcomes is a top-level job.
    """
    return _trees([(outcome.job, job_line(outcome)) for outcome in outcomes])


def _trees(lines: Iterable[tuple[Job, Text]]) -> list[Tree]:
    nodes: dict[str, Tree] = {}
    tops = []
    for job, line in lines:
        number = job.number
        parent = nodes.get(number.parent or "")
        nodes[number] = parent.add(line) if parent else Tree(line)
        if parent is None:
            tops.append(nodes[number])
    return tops


def job_line(outcome: Outcome) -> Text:
    """Return a line with the number, task, status, duration and title of a job."""
    line = Text(printable(f"{outcome.job.number} {outcome.job.task} ".lstrip()))
    line.append(outcome.status.name, STATUS_STYLES.get(outcome.status, "bold"))
    if outcome.started_at and outcome.finished_at:
        line.append(f" {(outcome.finished_at - outcome.started_at).total_seconds():.2f} s", "dim")
    if outcome.job.title and outcome.job.title != outcome.job.task:
        line.append(f"  {printable(outcome.job.title)}", "italic")
    return line


def state_trees(project: Project, states: Sequence[JobState], height: int, names: KpiDescriptions) -> list[Any]:
    """Return the jobs of a project as trees that fit on a screen: those that ended first are left out if necessary.

    Args:
        project: The project.
        states: The states of its jobs, in the order of their numbers.
        height: Number of lines of the screen.
        names: How KPIs are shown.
    """
    groups: dict[str, list[JobState]] = {}
    for state in states:
        groups.setdefault(state.outcome.job.number.top, []).append(state)
    over = [top for top, group in groups.items() if not any(state.is_active for state in group)]
    left_out = 0
    # One line is for the project, one for the number of jobs left out, and one is where the cursor stays.
    while over and sum(map(len, groups.values())) > height - 3:
        del groups[over.pop(0)]
        left_out += 1
    lines: list[Any] = [_one_line(f"Project {project.name}{'' if states else ': no job waits or runs'}")]
    lines += [_one_line(f"Jobs that have ended and are not shown: {left_out}")] if left_out else []
    shown = [(state.outcome.job, state_line(state, names)) for one in groups.values() for state in one]
    return [*lines, *_trees(shown)]


def state_line(state: JobState, names: KpiDescriptions) -> Text:
    """Return a line with the number, task, status and progress of a job, which is cut at the edge of a terminal."""
    line = job_line(state.outcome)
    if state.outcome.status.is_running and state.outcome.started_at:
        line.append(f" {(datetime.now(timezone.utc) - state.outcome.started_at).total_seconds():.0f} s", "dim")
    if state.has_died:
        line.append("  its process has died: `ccp4hooks recover`", "red")
    if state.progress is not None:
        line.append(f"  {names.progress_text(state.progress)}", "cyan")
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _one_line(text: str) -> Text:
    return Text(printable(text), no_wrap=True, overflow="ellipsis")


def short_path(path: Path, project: Path) -> str:
    """Return a path relative to the project directory if it is inside, or else the path itself."""
    return str(path.relative_to(project)) if path.is_relative_to(project) else str(path)


def _files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    for outcome in outcomes:
        number, project = outcome.job.number, outcome.job.project.directory
        for one in outcome.inputs:
            where = short_path(one.path, project)
            if isinstance(one, FileUse):
                yield number, "in", one.parameter, where, "", "recorded before", "core"
                continue
            note = f"{'same as' if one.reused else 'from'} {one.source.name}"
            yield number, "import", one.parameter, where, str(one.size_bytes), note, _plugin(one.origin)
        for file in outcome.files:
            where, note = short_path(file.path, project), file.annotation or file.file_type
            note += f" ({extra_text(file.extra)})" if file.extra else ""
            # The plugin that extracted the file comes first, then the plugins that added metadata.
            origins = ", ".join(dict.fromkeys(map(_plugin, file.origins.values())))
            yield number, "out", file.parameter, where, str(file.size_bytes), note, origins


def _kpis(outcomes: Sequence[Outcome], names: KpiDescriptions) -> Iterator[tuple[str, ...]]:
    titles = names.titles(kpi.key for outcome in outcomes for kpi in outcome.kpis)
    for outcome in outcomes:
        for kpi in names.in_groups(outcome.kpis):
            value = kpi_text(kpi.value, names.decimals(kpi.key))
            yield outcome.job.number, titles[kpi.key], value, names.unit(kpi), _plugin(kpi.origin)


def _results(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    for outcome in outcomes:
        rows, more = in_few_lines(outcome.results)
        for name, values in rows:
            yield outcome.job.number, name, ", ".join(values)
        if more:
            yield outcome.job.number, "...", more_text(outcome.job, more)


def extra_text(extra: Mapping[str, KpiValue]) -> str:
    """Return the values that plugins have added to a file, in one line."""
    return ", ".join(f"{name} {kpi_text(value)}" for name, value in extra.items())


def _problems(outcomes: Sequence[Outcome]) -> Iterator[tuple[str | Text, ...]]:
    for outcome in outcomes:
        number, project = outcome.job.number, outcome.job.project.directory
        for problem in outcome.problems[:SHOWN_PROBLEMS]:
            severity = Text(SEVERITY_WORDS[problem.severity], SEVERITY_STYLES[problem.severity])
            parts = (f"{problem.parameter}:" if problem.parameter else "", problem.message, problem.cure)
            what = " ".join(part for part in parts if part)
            if problem.traceback_file:
                what += f" (traceback: {short_path(problem.traceback_file, project)})"
            yield number, severity, what, _plugin(problem.origin)
        more = len(outcome.problems) - SHOWN_PROBLEMS
        if more > 0:
            where = short_path(outcome.job.directory / outcome_file.FILE_NAME, project)
            yield (
                number,
                Text("info", SEVERITY_STYLES[Severity.INFO]),
                f"{more} more problems are in {where} and in the JSON output.",
                "core",
            )


def _plugin(origin: Origin | None) -> str:
    return origin.plugin if origin else ""
