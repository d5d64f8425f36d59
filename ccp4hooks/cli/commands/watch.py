"""``ccp4hooks watch``: show the jobs of a project while they run."""

from __future__ import annotations

from contextlib import suppress
from time import sleep
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, project_argument, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.subjects import ProjectCommand
from ccp4hooks.queries.watching import changed
from ccp4hooks.runtime import descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import JobState
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions
    from ccp4hooks.queries.watching import ProjectWatch

POLL_S = 1.0
"""Interval at which the jobs are read [s]."""


@click.command("watch", cls=ProjectCommand, short_help="Show the jobs of a project while they run.")
@project_argument
@json_option
@takes_choices
def command(choices: Choices, *, project: str | None, as_json: bool) -> None:
    """Show the jobs of PROJECT that wait or run, with the progress of their programs, until Ctrl-C.

    On a terminal, a tree of the jobs is kept up to date; jobs that end stay in it. Elsewhere, and with --json, one line
    is written for each job now and for each change.

    The default PROJECT is $CCP4HOOKS_PROJECT, else the project in the settings file, else "ccp4hooks".
    """
    session = start_session(choices.settings())
    session.require_store()
    watch = session.watch(project or session.settings.project)
    # Ctrl-C is the way to end this command.
    with suppress(KeyboardInterrupt):
        if as_json:
            _write_json(watch)
        elif descriptors.is_terminal():
            _show(watch, session.kpi_descriptions)
        else:
            _write(watch, session.kpi_descriptions)


def _changes(watch: ProjectWatch) -> Iterator[JobState]:
    """Yield the state of each job, and again whenever it changes, until nobody reads standard output any more."""
    before: tuple[JobState, ...] = ()
    while not descriptors.reader_has_gone():
        now = watch.read()
        yield from changed(before, now)
        before = now
        sleep(POLL_S)


def _write(watch: ProjectWatch, names: KpiDescriptions) -> None:
    from ccp4hooks.cli.following import line_of

    for state in _changes(watch):
        echo(line_of(state, names))


def _write_json(watch: ProjectWatch) -> None:
    from ccp4hooks.cli.following import summary
    from ccp4hooks.cli.json_output import write_json_line

    for state in _changes(watch):
        write_json_line({"job": summary(state.outcome), "has_died": state.has_died, "progress": state.progress})


def _show(watch: ProjectWatch, names: KpiDescriptions) -> None:
    from rich.console import Console, Group
    from rich.live import Live

    from ccp4hooks.cli.render import state_trees

    console = Console(markup=False, highlight=False, emoji=False)
    with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        while True:
            shown = state_trees(watch.project, watch.read(), console.height, names)
            live.update(Group(*shown), refresh=True)
            sleep(POLL_S)
