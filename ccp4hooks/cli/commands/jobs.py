"""``ccp4hooks jobs``: show the jobs of a project as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import json_option, project_argument, start_session, takes_choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Outcome


@click.command("jobs", short_help="Show the jobs of a project as a tree.")
@project_argument
@json_option
@takes_choices
def command(choices: Choices, *, project: str | None, as_json: bool) -> None:
    """Show the jobs of PROJECT as a tree, sub-jobs below their parent job.

    The default PROJECT is $CCP4HOOKS_PROJECT, else the project in the settings file, else "ccp4hooks".
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(project or session.settings.project)
    outcomes = session.outcomes(found)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"project": found, "jobs": nested(outcomes)})
    else:
        from ccp4hooks.cli.render import job_trees, show

        show(f"Project {found.name} in {found.directory}", *job_trees(outcomes))
    exit_if_unreadable(session)


def nested(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the jobs as nested dictionaries, each with its sub-jobs under the key ``"jobs"``."""
    nodes: dict[str, dict[str, Any]] = {}
    tops: list[dict[str, Any]] = []
    for outcome in outcomes:
        number = outcome.job.number
        nodes[number] = summary(outcome)
        parent = nodes.get(number.parent or "")
        (tops if parent is None else parent["jobs"]).append(nodes[number])
    return tops


def summary(outcome: Outcome) -> dict[str, Any]:
    """Return the facts about a job that fit in a list of jobs, for JSON; its sub-jobs are not among them."""
    job = outcome.job
    return {
        "number": job.number,
        "uuid": job.uuid,
        "task": job.task,
        "title": job.title,
        "status": outcome.status,
        "created_at": outcome.created_at,
        "started_at": outcome.started_at,
        "finished_at": outcome.finished_at,
        "directory": job.directory,
        "jobs": [],
    }
