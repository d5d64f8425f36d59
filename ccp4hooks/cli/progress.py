"""Show the progress of a running job on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ccp4hooks.cli.output import is_quiet, note, sentences
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccp4hooks.model import Progress
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions


@contextmanager
def progress_shown(names: KpiDescriptions, *, plain: bool = False) -> Iterator[Callable[[Progress], None]]:
    """Yield a function that shows progress: as a spinner on a terminal, as plain lines elsewhere.

    A quiet command shows nothing.

    Args:
        names: How KPIs are shown.
        plain: Whether to write plain lines on a terminal as well, because other lines are written in between.
    """
    if is_quiet():
        yield lambda _: None
    elif plain or not sys.stderr.isatty():
        yield lambda progress: note(describe_progress(progress, names))
    else:
        with _spinner() as (show, _):
            yield lambda progress: show(describe_progress(progress, names))


@contextmanager
def progress_below_notes(
    names: KpiDescriptions,
) -> Iterator[tuple[Callable[[Progress], None] | None, Callable[[str], None]]]:
    """Yield two functions: one that shows progress as a spinner, on a terminal only, and one that writes a note above.

    Args:
        names: How KPIs are shown.
    """
    if is_quiet() or not sys.stderr.isatty():
        yield None, note
        return
    with _spinner() as (show, write):
        yield lambda progress: show(describe_progress(progress, names)), lambda text: write(sentences(printable(text)))


@contextmanager
def _spinner() -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Show a spinner on standard error, and yield two functions: one for its text, and one for a line above it."""
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    console = Console(stderr=True, markup=False, highlight=False)
    # It takes what the others leave, also on a narrow terminal.
    one_line = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    text = TextColumn("{task.description}", markup=False, table_column=one_line)
    columns = (SpinnerColumn(), text, TimeElapsedColumn())
    with Bars(
        *columns, console=console, transient=True, expand=True, redirect_stdout=False, redirect_stderr=False
    ) as bars:
        spinner = bars.add_task("starting")
        yield lambda text: bars.update(spinner, description=text), partial(console.print, soft_wrap=True)


def describe_progress(progress: Progress, names: KpiDescriptions) -> str:
    """Return a line with the number, task, phase and cycle of a job, or its status once it has ended."""
    phase = progress.status.name if progress.phase == "finished" else progress.phase
    phase = f"{phase}, {names.progress_text(progress.program)}" if progress.program else phase
    return printable(f"{f'{progress.job.number} {progress.job.task}'.strip()}: {phase}")
