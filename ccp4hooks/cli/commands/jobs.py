"""``ccp4hooks jobs``: list the jobs of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.conditions import note_more, note_unknown, takes_conditions
from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, project_argument, start_session, takes_choices
from ccp4hooks.cli.output import note
from ccp4hooks.cli.subjects import ProjectCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from ccp4hooks.cli.conditions import Conditions
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Attempt, JobSummary
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions

INDENT = "  "


@click.command("jobs", cls=ProjectCommand, short_help="List the jobs of a project, newest first.")
@project_argument
@takes_conditions
@click.option("--csv", "as_csv", is_flag=True, help="Write comma-separated values, without KPIs.")
@json_option
@takes_choices
def command(choices: Choices, *, project: str | None, conditions: Conditions, as_csv: bool, as_json: bool) -> None:
    """List the jobs of PROJECT, newest first, with date, duration, tags and title.

    Without a condition, each job is followed by its sub-jobs, which --limit does not count. With one, every job and
    sub-job that meets all conditions is listed. `ccp4hooks kpis` lists values of KPIs.

    The default PROJECT is $CCP4HOOKS_PROJECT, else the project in the settings file, else "ccp4hooks".
    """
    if as_csv and as_json:
        raise click.UsageError("Give only one of --csv and --json.")
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    conditions = conditions.with_keys(session, found)
    keys = conditions.keys
    rows, more = conditions.query(session, found, keys=keys, sub_jobs=conditions.are_given)
    every = rows if conditions.are_given else session.with_sub_jobs(rows, keys)
    tops = nested(every)
    attempts = {} if as_csv else session.attempts_of(row.job for row in every)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": found, "jobs": as_dictionaries(tops, attempts), "more": more})
    elif as_csv:
        _write_csv(tops)
    else:
        from ccp4hooks.cli.render import show

        show(f"Project {found.name} in {found.directory}", *_lines(tops, attempts, keys, session.kpi_descriptions))
    if more:
        note_more(conditions)
    if not rows and conditions.are_given:
        note("No job meets the conditions.")
        note_unknown(session, found, keys)
    exit_if_unreadable(session)


Node = tuple["JobSummary", list[Any]]
"""A job, and the nodes of those of its sub-jobs that are listed."""

Attempts = Mapping["UUID", tuple["Attempt", ...]]
"""The attempts to run jobs on engines, by the UUIDs of the jobs."""


def nested(rows: Iterable[JobSummary]) -> list[Node]:
    """Return the jobs as a tree, each sub-job below its parent if that is among them; the order is kept."""
    nodes: dict[Any, Node] = {row.job.uuid: (row, []) for row in rows}
    tops: list[Node] = []
    for row, below in nodes.values():
        parent = nodes.get(row.job.parent_uuid)
        (tops if parent is None else parent[1]).append((row, below))
    return tops


def as_dictionaries(nodes: Sequence[Node], attempts: Attempts) -> list[dict[str, Any]]:
    """Return the jobs as nested dictionaries, each with its sub-jobs under the key ``"jobs"``."""
    return [
        {**_described(row, attempts.get(row.job.uuid, ())), "jobs": as_dictionaries(below, attempts)}
        for row, below in nodes
    ]


def _described(row: JobSummary, attempts: Sequence[Attempt]) -> dict[str, Any]:
    from ccp4hooks.cli.json_output import job_facts

    others = {"duration_s": row.duration_s, "note": row.note, "tags": row.tags, "kpis": row.kpi_values}
    engine = attempts[-1].engine if attempts else None
    return {**job_facts(row), **others, "engine": engine, "attempts": len(attempts)}


def _write_csv(nodes: Sequence[Node]) -> None:
    """Write a line with the names of the columns, and one line per job and sub-job. Control characters are escaped."""
    from ccp4hooks.model.queries import FACTS, facts
    from ccp4hooks.texts import csv_text

    listed: list[JobSummary] = []
    _walk(nodes, lambda row, _: listed.append(row))
    click.echo(csv_text(FACTS, (facts(row).values() for row in listed)), nl=False)


def _lines(nodes: Sequence[Node], attempts: Attempts, keys: Sequence[str], names: KpiDescriptions) -> list[Any]:
    from rich.text import Text

    from ccp4hooks.cli.attempts import where_text
    from ccp4hooks.cli.kpi_columns import kpi_columns
    from ccp4hooks.cli.listing import aligned
    from ccp4hooks.cli.render import STATUS_STYLES
    from ccp4hooks.texts import duration_text, time_text, zone_of

    listed: list[JobSummary] = []
    _walk(nodes, lambda row, _: listed.append(row))
    columns = kpi_columns([row.kpis for row in listed], keys, names)
    rows: list[list[str | Text]] = []

    def add(row: JobSummary, depth: int) -> None:
        tags = f"[{', '.join(row.tags)}]" if row.tags else ""
        title = "" if row.job.title == row.job.task else row.job.title
        cells: list[str | Text] = [
            f"{INDENT * depth}{row.job.number}",
            row.job.task,
            Text(row.status.name, STATUS_STYLES.get(row.status, "bold")),
            time_text(row.created_at),
            duration_text(row.duration_s),
            where_text(attempts.get(row.job.uuid, ())),
            *(texts[len(rows)] or "" for texts in columns.values()),
            " ".join(filter(None, (tags, title))),
        ]
        rows.append(cells)

    _walk(nodes, add)
    date = f"Date ({zone_of(row.created_at for row in listed)})"
    headings = ("Job", "Task", "Status", date, "Time", "Engine", *columns, "Title")
    below = ("Engine", *(("Title",) if columns else ()))
    return aligned(headings, rows, texts=("Title",), below=below) if rows else []


def _walk(nodes: Sequence[Node], visit: Callable[[JobSummary, int], None], depth: int = 0) -> None:
    for row, below in nodes:
        visit(row, depth)
        _walk(below, visit, depth + 1)
