"""What ``jobs`` and ``kpis`` share: the options that choose jobs, and the query that they make."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.output import note
from ccp4hooks.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.model import JobTable, KpiCondition, Project  # noqa: TC004 - start-up time: completion needs no model
    from ccp4hooks.session import Session

RECENT = 200
"""Number of jobs whose KPIs are looked at for the nearest key, if no job meets a condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The options that choose jobs; see `Session.query`."""

    status: tuple[str, ...]
    task: tuple[str, ...]
    since: str | None
    tags: tuple[str, ...]
    kpis: tuple[KpiCondition, ...]
    limit: int
    sort: str

    @property
    def are_given(self) -> bool:
        """Whether there is a condition on the jobs."""
        return bool(self.status or self.task or self.since or self.tags or self.kpis)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the KPIs by which jobs are chosen or sorted."""
        from ccp4hooks.model.queries import ORDERS

        word = self.sort.strip().removeprefix("-").strip()
        return tuple(dict.fromkeys([*(one.key for one in self.kpis), *([] if word in ORDERS else [word])]))

    def with_keys(self, session: Session, project: Project) -> Conditions:
        """Return these conditions with the keys of KPIs in the place of titles; see `key_of`."""
        from ccp4hooks.model.queries import ORDERS

        sign, word = self.sort[: self.sort.startswith("-")], self.sort.removeprefix("-")
        return replace(
            self,
            kpis=tuple(replace(one, key=key_of(session, project, one.key)) for one in self.kpis),
            sort=self.sort if word in ORDERS else sign + key_of(session, project, word),
        )

    def query(self, session: Session, project: Project, **others: Any) -> tuple[JobTable, bool]:
        """Return the jobs that meet the conditions, and whether there are more of them than the limit.

        Args:
            session: The session.
            project: The project.
            **others: Further arguments of `Session.query`.

        Raises:
            BadInputError: A condition cannot be read.
        """
        found = session.query(
            project,
            status=self.status,
            task=self.task,
            since=self.since,
            tags=self.tags,
            kpis=self.kpis,
            sort=self.sort,
            limit=self.limit + 1 if self.limit else None,
            **others,
        )
        if self.limit and len(found) > self.limit:
            return type(found)(found[: self.limit]), True
        return found, False


OPTIONS = (
    click.option("--status", multiple=True, metavar="STATUS", help="Only jobs with this status. Can be repeated."),
    click.option("--task", multiple=True, metavar="TASK", help="Only jobs that run this task. Can be repeated."),
    click.option(
        "--since",
        metavar="TIME",
        help="Only jobs that were opened at or after this time: 2026-11-28, '2026-11-28 14:30', today, yesterday, or "
        "how long ago: 30min, 12h, 7d, 2w.",
    ),
    click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only jobs with all these tags. Can be repeated."),
    click.option(
        "--kpi",
        "kpis",
        multiple=True,
        metavar="CONDITION",
        help="Only jobs whose KPIs meet this condition, for instance 'RFree<0.25' or \"spaceGroup='P 1'\". "
        "Operators: <, <=, >, >=, =, !=. The title of a KPI can stand for its key. Can be repeated.",
    ),
    click.option(
        "--limit",
        type=click.IntRange(0),
        default=50,
        show_default=True,
        metavar="N",
        help="Largest number of jobs; 0 for all.",
    ),
    click.option(
        "--sort",
        default="-created",
        show_default=True,
        metavar="KEY",
        help="Sort by created, finished, duration, task, title, status, or the key of a KPI; -KEY for the greatest "
        "first.",
    ),
)


def takes_conditions(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose jobs to a command, and pass their values as `Conditions`."""
    names = [item.name for item in fields(Conditions)]

    @wraps(function)
    def command(*arguments: Any, **given: Any) -> Any:
        from ccp4hooks.queries.query_text import condition

        given["kpis"] = tuple(map(condition, given["kpis"]))
        conditions = Conditions(**{name: given.pop(name) for name in names})
        return function(*arguments, conditions=conditions, **given)

    for option in reversed(OPTIONS):
        command = option(command)
    return command


def note_more(conditions: Conditions) -> None:
    """Write that there are more jobs than the limit."""
    these = "this one" if conditions.limit == 1 else f"these {conditions.limit}"
    note(f"There are more jobs than {these}; --limit 0 shows all.")


def key_of(session: Session, project: Project, word: str) -> str:
    """Return the key of a KPI that a word denotes: a key, or a title as the tables of KPIs show it.

    Raises:
        BadInputError: Several KPIs have this title.
    """
    names = session.kpi_descriptions
    key = names.key(word)
    if key != word and session.query(project, keys=(word,), only_with_kpis=True, limit=1):
        return word  # It is also a key that no plugin describes.
    for other in names.others_called(key):
        note(f"{key} is the key of {names.titles([key])[key]!r}. The KPI with the title {key!r} has the key {other}.")
    return key


def note_unknown(session: Session, project: Project, keys: tuple[str, ...]) -> None:
    """Write which KPIs the recent jobs of a project have, if they do not have these."""
    known = session.query(project, limit=RECENT).keys
    titles = session.kpi_descriptions.titles(known)
    for key in keys:
        if key not in known:
            near = nearest(key, known) or nearest(key, titles.values())
            meant = f"; did you mean {' or '.join(near)}?" if near else "."
            note(f"No recent job of the project {project.name} has the KPI {key!r}{meant}")
