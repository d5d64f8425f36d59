"""Show jobs: one with its results and parameters, or several side by side.

Each value stands on a line of its own, which the terminal may wrap, so that names and paths can be copied.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from ccp4hooks.cli.drawn import Tree
from ccp4hooks.cli.listing import PIPED_WIDTH, terminal_width
from ccp4hooks.cli.output import wrapped
from ccp4hooks.cli.render import SEVERITY_WORDS, extra_text, fits, job_line, render_outcomes, short_path
from ccp4hooks.cli.values import command_for, more_text
from ccp4hooks.model import ImportedFile, ParameterSource, Severity
from ccp4hooks.outcomes.few_results import LONGEST_VALUE, MOST_SINGLE, in_few_lines
from ccp4hooks.texts import kpi_text, printable, time_text, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccp4hooks.model import Job, JobNumber, Kpi, Origin, Outcome, ParameterValue
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions

SHOWN_FAILURES = 3
"""Number of failed sub-jobs whose reasons are shown with their top job, unless all are asked for."""

SHOWN_ROWS = 12
"""Number of rows of a section that are shown unless all are asked for."""

LINE_LENGTH = 76
"""Length of the lines into which the results of a group are wrapped [characters], without their indentation."""

NO_BREAK = "\xa0"
"""A space at which no line is wrapped."""

WIDEST_NAME = 32
"""Width of the widest column of names [characters]. A longer name moves the rest of its line."""

BUILT_IN = frozenset({"core", "kpi", "file-import", "database"})
"""The origins that are not shown unless all are asked for."""

MOST_HANGING = 30
"""Largest indentation of the lines that follow the first one of a long value [columns]."""

Row = tuple[str, ...]


class Whole(str):
    """A path or a command, which is not folded, so that it can be copied."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown of a job.

    Attributes:
        files: Whether the files are shown with all details.
        params: Whether the parameters are shown with all details, files among them.
        log: Whether the end of the log is shown, which is not a part of the report.
        everything: Whether nothing is left out.
    """

    files: bool = False
    params: bool = False
    log: bool = False
    everything: bool = False

    @property
    def is_part(self) -> bool:
        """Whether only some of the sections are shown."""
        return (self.files or self.params or self.log) and not self.everything


def job_report(outcomes: Sequence[Outcome], view: View, names: KpiDescriptions) -> list[Any]:
    """Return what is shown of a job, line by line.

    Args:
        outcomes: The outcome of the job, followed by those of its sub-jobs.
        view: What is shown.
        names: How the KPIs are shown.
    """
    outcome, below = outcomes[0], outcomes[1:]
    lines: list[Any] = list(_head(outcome))
    section = partial(_section, outcome.job, view)
    if not view.is_part:
        lines += section("Why it failed" if outcome.status.is_failure else "Problems", _problems(outcome))
        lines += [] if view.everything else _failures_below(below, view)
        lines += section("KPIs", _kpis(outcome, view, names))
        lines += _results(outcome, view)
    if view.params or not view.is_part:
        detailed = view.params or view.everything
        lines += section("Parameters", _parameters(outcome, view, detailed=detailed), whole=detailed)
    if view.files or not view.is_part:
        detailed = view.files or view.everything
        lines += section("Files", _files(outcome, detailed=detailed), whole=detailed)
    if not view.is_part:
        if below and not view.everything:
            lines += ["", _heading("Sub-jobs"), *_sub_jobs(outcome, below)]
        lines += ["", *_aligned(list(_circumstances(outcome, view)), indent="")]
    if view.everything:
        for one in below:
            lines += ["", *job_report([one], view, names)]
    return lines


def results(outcomes: Sequence[Outcome], names: KpiDescriptions) -> list[Any]:
    """Return the results of jobs that have just run: as tables, or job by job if the terminal is too narrow.

    Args:
        outcomes: The outcome of each job, followed by those of its sub-jobs.
        names: How the KPIs are shown.
    """
    tables = render_outcomes(outcomes, names)
    if fits(tables):
        return tables
    tops: list[list[Outcome]] = []
    for outcome in outcomes:
        if outcome.job.parent_uuid is None or not tops:
            tops.append([])
        tops[-1].append(outcome)
    return [line for group in tops for line in (*job_report(group, View(), names), "")][:-1]


def _head(outcome: Outcome) -> Iterator[Text]:
    """Yield the line that names a job. A title that does not fit on it follows, wrapped at words."""
    line, width, title = job_line(outcome), terminal_width(), printable(outcome.job.title)
    if width is None or cell_len(line.plain) <= width or not line.plain.endswith(title):
        yield line
        return
    line.right_crop(len(title))
    line.rstrip()
    yield line
    yield from (Text(one, "italic") for one in wrapped(title, width, "  ", start="  "))


def _heading(title: str) -> Text:
    return Text(title, "bold")


def _section(job: Job, view: View, title: str, rows: Iterable[Row], *, whole: bool = False) -> list[Any]:
    """Return a heading with rows, or nothing if there are none."""
    found = list(rows)
    if not found:
        return []
    shown = found if whole or view.everything or len(found) <= SHOWN_ROWS + 1 else found[:SHOWN_ROWS]
    lines: list[Any] = ["", _heading(title), *_aligned(shown)]
    return lines + _more(job, len(found) - len(shown))


def _more(job: Job, number: int) -> list[str]:
    """Return a line with the number of what is left out and the command that shows it, or nothing for 0."""
    return [f"  {more_text(job, number)}"] if number else []


def _failures_below(below: Sequence[Outcome], view: View) -> Iterator[Any]:
    """Yield why sub-jobs failed, which their top job often does not know, and the command that shows their logs."""
    failed = [one for one in below if one.status.is_failure]
    for one in failed[:SHOWN_FAILURES]:
        job = one.job
        heading = f"Sub-job {job.number} {job.task} is {one.status.name}"
        yield from _section(job, view, printable(heading), _problems(one)) or ["", _heading(printable(heading))]
        if not job.dry_run:
            yield f"  Its log: {command_for(job, 'log')} (of its program: --program)"
    if len(failed) > SHOWN_FAILURES:
        others = " ".join(one.job.number for one in failed[SHOWN_FAILURES:])
        yield f"  Other sub-jobs that failed: {others}"


def _results(outcome: Outcome, view: View) -> list[Any]:
    if view.everything or len(outcome.results) <= MOST_SINGLE:
        return _section(outcome.job, view, "Results", ((one.name, _shown(one.value, view)) for one in outcome.results))
    rows, more = in_few_lines(outcome.results)
    lines: list[Any] = ["", _heading("Results")]
    width = min(LINE_LENGTH, (terminal_width() or PIPED_WIDTH) - 4)
    for name, values in rows:
        # A value stays on the line of its name.
        text = ", ".join(value.replace(" ", NO_BREAK) for value in values)
        folded = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        lines += [f"  {name}", *(f"    {line.replace(NO_BREAK, ' ')}" for line in folded)]
    return lines + _more(outcome.job, more)


def _aligned(rows: Sequence[Row], indent: str = "  ") -> Iterator[str]:
    """Yield rows as lines with aligned columns. The last column of a row may have any length.

    A line that is longer than the terminal is wide is wrapped at words, or if its value is `Whole` and does not fit
    behind the other columns, the value follows on a line of its own.
    """
    width = terminal_width()
    count = max((len(row) for row in rows), default=0)
    widths = [
        min(WIDEST_NAME, max((len(row[at]) for row in rows if len(row) > at + 1), default=0)) for at in range(count)
    ]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        line = f"{indent}{'  '.join([*cells, row[-1]])}".rstrip()
        start = f"{indent}{'  '.join(cells)}".rstrip()
        if width is None or cell_len(line) <= width:
            yield line
        elif not isinstance(row[-1], Whole):
            hanging = cell_len(line) - cell_len(row[-1])
            more = " " * (hanging if hanging <= MOST_HANGING else len(indent) + 2)
            yield from wrapped(row[-1], width, more, start=line[: len(line) - len(row[-1])])
        elif start.strip() and len(cells) > 1:
            yield from (start, f"{indent}  {row[-1]}")
        else:
            yield line


def _shown(value: object, view: View, decimals: int | None = None) -> str:
    """Return a value as text in one line; see `kpi_text`."""
    text = kpi_text(value, decimals) if isinstance(value, (int, float, str)) else ""
    text = " ".join(text.split()) if text.strip() else repr(text)
    return text if view.everything or len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def _origin(origin: Origin | None, view: View) -> str:
    """Return who has given a value, if it is worth a mention."""
    return "" if origin is None or (origin.plugin in BUILT_IN and not view.everything) else f"[{origin.plugin}]"


def _problems(outcome: Outcome) -> Iterator[Row]:
    worst = [Severity.BLOCK, Severity.WARNING, Severity.INFO]
    for problem in sorted(outcome.problems, key=lambda one: worst.index(one.severity)):
        yield SEVERITY_WORDS[problem.severity], str(problem)


def _kpis(outcome: Outcome, view: View, names: KpiDescriptions) -> Iterator[Row]:
    titles = names.titles(kpi.key for kpi in outcome.kpis)
    for kpi in names.in_groups(outcome.kpis):
        key = f"(key {kpi.key})" if view.everything and titles[kpi.key] != kpi.key else ""
        words = (_kpi_value(kpi, view, names), names.unit(kpi), key, _origin(kpi.origin, view))
        yield titles[kpi.key], " ".join(filter(None, words))


def _kpi_value(kpi: Kpi, view: View, names: KpiDescriptions) -> str:
    # With nothing left out, all digits that are worth it are shown.
    return _shown(kpi.value, view, None if view.everything else names.decimals(kpi.key))


def set_by(value: ParameterValue) -> str:
    """Return where the value of a parameter comes from, in words."""
    return f"job {value.job}" if value.source is ParameterSource.JOB else value.source.value


def _parameters(outcome: Outcome, view: View, *, detailed: bool) -> Iterator[Row]:
    for one in outcome.parameters:
        if one.is_file and not detailed:
            continue
        notes = [] if one.default is None else [f"default {_shown(one.default, view)}"]
        notes += [] if one.replaced is None else [f"was {_shown(one.replaced, view)}"]
        # Most values come from the user.
        notes += [set_by(one)] if detailed or one.source is not ParameterSource.USER else []
        kind = [one.class_name] if detailed else []
        note = f"({', '.join(notes)})" if notes else ""
        # The path of a file is never cut.
        value = str(one.value) if one.is_file else _shown(one.value, view)
        text = " ".join(filter(None, (value, note)))
        yield (one.name, *kind, Whole(text) if one.is_file else text)


def _files(outcome: Outcome, *, detailed: bool) -> Iterator[Row]:
    project = outcome.job.project.directory
    for one in outcome.inputs:
        role = "import" if isinstance(one, ImportedFile) else "in"
        yield role, _parameter(one.parameter), Whole(short_path(one.path, project))
        if isinstance(one, ImportedFile) and detailed:
            same = "the same content as" if one.reused else "from"
            yield "", Whole(f"  {same} {one.source}")
            yield from _notes(f"{one.size_bytes} bytes", one.annotation)
    for file in outcome.files:
        yield "out", _parameter(file.parameter), Whole(short_path(file.path, project))
        if detailed:
            plugins = dict.fromkeys(origin.plugin for origin in file.origins.values())
            yield from _notes(file.annotation, file.file_type, f"{file.size_bytes} bytes", f"[{', '.join(plugins)}]")
        if file.extra:
            yield from _notes(extra_text(file.extra))


def _notes(*notes: str) -> Iterator[Row]:
    for note in filter(None, notes):
        yield "", f"  {note}"


def _parameter(path: str) -> str:
    """Return the name of an input or output as it is typed on the command line and in a reference.

    >>> _parameter("inputData.F_SIGF"), _parameter("prosmartProtein.REFERENCE_MODELS[0]")
    ('F_SIGF', 'prosmartProtein.REFERENCE_MODELS[0]')
    """
    container, _, rest = path.partition(".")
    return rest if container in ("inputData", "outputData") else path


def _sub_jobs(outcome: Outcome, below: Sequence[Outcome]) -> Iterator[Tree]:
    nodes: dict[JobNumber, Tree] = {}
    for one in below:
        parent = nodes.get(one.job.number.parent or outcome.job.number)
        nodes[one.job.number] = parent.add(job_line(one)) if parent else Tree(job_line(one))
        if parent is None:
            yield nodes[one.job.number]


def _circumstances(outcome: Outcome, view: View) -> Iterator[Row]:
    """Yield the times, the directory, the command and the versions of a job."""
    how = outcome.provenance
    if how.variation_of:
        yield "Variation of", f"job {how.variation_of}"
    used = [] if how.cpu_s is None else [f"CPU time {how.cpu_s:.2f} s"]
    used += [] if how.peak_memory_bytes is None else [f"memory {how.peak_memory_bytes / 1e6:.0f} MB"]
    times = [outcome.started_at or outcome.created_at, *([outcome.finished_at] if outcome.finished_at else [])]
    started, *ended = (time_text(time, seconds=True) for time in times)
    yield "Started", ", ".join([f"{started} {zone_of(times)}", *used])
    if ended:
        yield "Ended", ended[0]
    yield "Directory", Whole(outcome.job.directory)
    if how.command:
        yield "Command", Whole(how.command if view.everything else _cut(how.command, _command_length(outcome)))
    if how.user or how.host:
        yield "User", " on ".join(filter(None, (how.user, how.host)))
    if how.distribution:
        version = how.task_version
        own = f", its version is {version}" if version else ""
        yield "Task of", f"{how.distribution} {outcome.software.get(how.distribution, '')}".rstrip() + own
    versions = {**how.programs, **outcome.software}
    if versions:
        yield "Versions", ", ".join(f"{name} {version}".rstrip() for name, version in versions.items())


def _command_length(outcome: Outcome) -> int:
    """Return how much of a command is shown: one line of a terminal, elsewhere twice as much as of another value."""
    name = "Variation of  " if outcome.provenance.variation_of else "Directory  "
    room = (terminal_width() or PIPED_WIDTH) - len(name)
    return min(2 * LONGEST_VALUE, max(LONGEST_VALUE, room))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
