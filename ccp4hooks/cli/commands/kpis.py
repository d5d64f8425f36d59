"""``ccp4hooks kpis``: show the KPIs of the jobs of a project as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.conditions import key_of, note_more, note_unknown, takes_conditions
from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, not_empty, start_session, takes_choices
from ccp4hooks.cli.output import note
from ccp4hooks.cli.subjects import names_a_job
from ccp4hooks.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.cli.conditions import Conditions
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import JobTable, Project
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions
    from ccp4hooks.session import Session


@click.command("kpis", short_help="Show the KPIs of the jobs of a project as a table.")
@click.argument("words", metavar="PROJECT [KEY]...", nargs=-1)
@click.option("--project", metavar="NAME", callback=not_empty, help="The project; all words are keys then.")
@takes_conditions
@click.option("--csv", "as_csv", is_flag=True, help="Write comma-separated values, numbers with all digits.")
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    words: tuple[str, ...],
    project: str | None,
    conditions: Conditions,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show the KPIs of the jobs and sub-jobs of PROJECT: one line per job, one column per KEY.

    Without a KEY, all KPIs are shown. Jobs without any of the KPIs are left out.
    """
    if as_csv and as_json:
        raise click.UsageError("Give only one of --csv and --json.")
    named, words = (words[0], words[1:]) if project is None and words else (None, words)
    session = start_session(choices.settings())
    session.require_store()
    found = _project(session, named) if named else session.project(project or session.settings.project)
    words = tuple(dict.fromkeys(key_of(session, found, word) for word in words))
    conditions = conditions.with_keys(session, found)
    rows, more = conditions.query(session, found, keys=words or None, only_with_kpis=True)
    keys = words or rows.keys
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        jobs = [{**_described(row), "kpis": row.kpi_values} for row in rows]
        write_json({"project": found, "keys": keys, "jobs": jobs, "more": more})
    elif as_csv:
        _write_csv(rows, keys)
    elif rows:
        _show(rows, keys, session.kpi_descriptions)
    if more:
        note_more(conditions)
    if not rows:
        fault = "No job has such a KPI." if words else "No job has a KPI."
        note("No job meets the conditions." if conditions.are_given else fault)
        note_unknown(session, found, words)
    exit_if_unreadable(session)


def _project(session: Session, word: str) -> Project:
    """Return the project that the first word names.

    Raises:
        UnknownNameError: There is no such project; the word may be a KPI.
    """
    try:
        return session.project(word)
    except UnknownNameError as error:
        if names_a_job(word):
            raise
        hint = "The first word is the PROJECT, and KEYs follow it; `ccp4hooks projects` lists all projects."
        raise UnknownNameError("project", word, error.near, hint) from error


def _described(row: Any) -> dict[str, Any]:
    from ccp4hooks.model.queries import facts

    return {"uuid": row.job.uuid, **facts(row), "tags": row.tags}


def _write_csv(rows: JobTable, keys: Sequence[str]) -> None:
    """Write a line with the names of the columns, and one line per job. Control characters are escaped."""
    from ccp4hooks.model.queries import FACTS, facts
    from ccp4hooks.texts import csv_text

    lines = ([*facts(row).values(), *(row.kpi_values.get(key) for key in keys)] for row in rows)
    click.echo(csv_text([*FACTS, *keys], lines), nl=False)


def _show(rows: JobTable, keys: Sequence[str], names: KpiDescriptions) -> None:
    from ccp4hooks.cli.kpi_columns import kpi_columns
    from ccp4hooks.cli.listing import aligned
    from ccp4hooks.cli.render import show

    columns = kpi_columns([row.kpis for row in rows], keys, names)
    lines = [
        (str(row.job.number), row.job.task, *(texts[at] or "-" for texts in columns.values()))
        for at, row in enumerate(rows)
    ]
    show(*aligned(("Job", "Task", *columns), lines))
