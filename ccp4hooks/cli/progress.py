"""Show the progress of a running job on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccp4hooks.cli.output import is_quiet, note
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
        return
    if plain or not sys.stderr.isatty():
        yield lambda progress: note(describe_progress(progress, names))
        return
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
        yield lambda progress: bars.update(spinner, description=describe_progress(progress, names))


def describe_progress(progress: Progress, names: KpiDescriptions) -> str:
    """Return a line with the number, task, phase and cycle of a job, or its status once it has ended."""
    phase = progress.status.name if progress.phase == "finished" else progress.phase
    phase = f"{phase}, {names.progress_text(progress.program)}" if progress.program else phase
    return printable(f"{f'{progress.job.number} {progress.job.task}'.strip()}: {phase}")
