"""Outcomes and tables for people, with rich."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ccp4hooks.model import JobStatus, Outcome, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ccp4hooks.model import KpiValue, Origin

PIPED_WIDTH = 10_000
"""Columns of output that is not a terminal: enough that nothing is wrapped or cut."""

STATUS_STYLES = {
    JobStatus.FINISHED: "green",
    JobStatus.UNSATISFACTORY: "yellow",
    JobStatus.INTERRUPTED: "red",
    JobStatus.FAILED: "red",
}

SEVERITY_STYLES = {Severity.INFO: "dim", Severity.WARNING: "yellow", Severity.BLOCK: "red"}


def show(*renderables: Any) -> None:
    """Write to standard output: styled on a terminal, as plain text elsewhere."""
    console = Console(markup=False, highlight=False, emoji=False)
    if console.is_terminal:
        for renderable in renderables:
            # Lines are left to the terminal to wrap, so that paths and commands can be copied whole.
            console.print(renderable, soft_wrap=isinstance(renderable, str))
        return
    click.echo(plain(*renderables))


def plain(*renderables: Any) -> str:
    """Return what `show` writes where there is no terminal, without the last line break."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=PIPED_WIDTH,
        color_system=None,
        force_terminal=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(*renderables, sep="\n")
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Return a table without lines; nothing in it is ever cut, long values are folded."""
    made = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold", header_style="dim")
    for row in rows:
        made.add_row(*row)
    return made


def report(outcomes: Sequence[Outcome]) -> list[Any]:
    """Return all that people want to know of a job and its sub-jobs: tree, files, values, problems."""
    parts: list[Any] = [*job_trees(outcomes)]
    for title, columns, rows in (
        ("Files", ("Job", "Role", "Parameter", "File", "Size [B]", "What", "By"), list(_files(outcomes))),
        ("KPIs", ("Job", "Key", "Value", "Unit", "By"), list(_kpis(outcomes))),
        ("Problems", ("Job", "Severity", "What", "By"), list(_problems(outcomes))),
    ):
        if rows:
            parts += ["", table(title, columns, rows)]
    return parts


def timing_table(outcomes: Sequence[Outcome]) -> Table:
    """Return what each plugin cost in each hook of each job."""
    rows = [
        (outcome.job.number, one.origin.plugin, one.hook, str(one.calls), f"{1e3 * one.duration_s:.2f}")
        for outcome in outcomes
        for one in outcome.timings
    ]
    return table("Timing", ("Job", "Plugin", "Hook", "Calls", "Time [ms]"), rows)


def job_trees(outcomes: Sequence[Outcome]) -> list[Tree]:
    """Return one tree per job whose parent is not among the outcomes, its sub-jobs below it."""
    nodes: dict[str, Tree] = {}
    tops = []
    for outcome in outcomes:
        number = outcome.job.number
        parent = nodes.get(number.parent or "")
        nodes[number] = parent.add(job_line(outcome)) if parent else Tree(job_line(outcome), guide_style="dim")
        if parent is None:
            tops.append(nodes[number])
    return tops


def job_line(outcome: Outcome) -> Text:
    """Return one job in one line: number, task, status, duration, title."""
    line = Text(f"{outcome.job.number} {outcome.job.task} ".lstrip())
    line.append(outcome.status.name, STATUS_STYLES.get(outcome.status, "bold"))
    if outcome.started_at and outcome.finished_at:
        line.append(f" {(outcome.finished_at - outcome.started_at).total_seconds():.2f} s", "dim")
    if outcome.job.title and outcome.job.title != outcome.job.task:
        line.append(f"  {outcome.job.title}", "italic")
    return line


def kpi_text(value: KpiValue) -> str:
    """Return a value for people, floats with six significant digits.

    >>> kpi_text(0.1 + 0.2), kpi_text(277), kpi_text(True)
    ('0.3', '277', 'True')
    """
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def short_path(path: Path, project: Path) -> str:
    """Return a path relative to the project's directory if it lies there, else as it is."""
    return str(path.relative_to(project)) if path.is_relative_to(project) else str(path)


def _files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    for outcome in outcomes:
        number, project = outcome.job.number, outcome.job.project.directory
        for use in outcome.uses:
            yield number, "in", use.parameter, short_path(use.path, project), "", "recorded before", "core"
        for brought in outcome.imported:
            note = f"{'same as' if brought.reused else 'from'} {brought.source.name}"
            where = short_path(brought.path, project)
            yield number, "import", brought.parameter, where, str(brought.size_bytes), note, _who(brought.origin)
        for file in outcome.files:
            # Who found it, then whoever gave something to it.
            where, who = short_path(file.path, project), ", ".join(dict.fromkeys(map(_who, file.origins.values())))
            yield number, "out", file.parameter, where, str(file.size_bytes), file.annotation or file.file_type, who


def _kpis(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    for outcome in outcomes:
        for kpi in outcome.kpis:
            yield outcome.job.number, kpi.key, kpi_text(kpi.value), kpi.unit, _who(kpi.origin)


def _problems(outcomes: Sequence[Outcome]) -> Iterator[tuple[str | Text, ...]]:
    for outcome in outcomes:
        for problem in outcome.problems:
            severity = Text(problem.severity.value, SEVERITY_STYLES[problem.severity])
            parts = (f"{problem.parameter}:" if problem.parameter else "", problem.message, problem.cure)
            what = " ".join(part for part in parts if part)
            if problem.traceback_file:
                what += f" (traceback: {short_path(problem.traceback_file, outcome.job.project.directory)})"
            yield outcome.job.number, severity, what, _who(problem.origin)


def _who(origin: Origin | None) -> str:
    return origin.plugin if origin else ""
