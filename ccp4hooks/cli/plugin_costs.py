"""What plugins cost: the time that each took in the hooks of the last jobs, as a table and for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ccp4hooks.cli.listing import aligned, prose
from ccp4hooks.cli.slow_plugins import time_taken
from ccp4hooks.errors import StoreError, UnknownNameError
from ccp4hooks.plugins.discovery import PluginRecord, PluginState
from ccp4hooks.queries.plugin_costs import PluginCost, plugin_costs
from ccp4hooks.texts import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccp4hooks.session import Session

DEFAULT_LIMIT = 20
"""Number of jobs whose hooks are read unless the user gives another one."""

ONLY_START_UP = "so only the time of the start-up is shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What plugins cost in the last jobs of a project.

    Attributes:
        by_plugin: The costs by the name of the plugin; empty if there are none.
        scope: Which jobs were read; empty if there are no costs.
        why_none: Why there are no costs; empty if there are.
    """

    by_plugin: Mapping[str, PluginCost] = field(default_factory=dict)
    scope: str = ""
    why_none: str = ""


def read_costs(session: Session, project: str | None, limit: int, hook: str | None) -> Costs:
    """Return what each plugin cost in the last jobs of a project.

    Args:
        session: The session.
        project: Name of the project; None for the one in the settings, which need not exist.
        limit: Largest number of jobs, without their sub-jobs; 0 for all.
        hook: The hook whose calls count; None for all hooks.

    Raises:
        UnknownNameError: The project was given and does not exist.
        StoreError: The project was given and the database cannot be used.
    """
    name = project or session.settings.project
    try:
        session.require_store()
        found = session.project(name)
    except UnknownNameError:
        if project is not None:
            raise
        return Costs(why_none=f"There is no project {name} yet, {ONLY_START_UP}.")
    except StoreError as error:
        if project is not None:
            raise
        return Costs(why_none=f"The jobs cannot be read, {ONLY_START_UP}. {error}")
    jobs = session.query(found, sub_jobs=False, limit=limit or None, keys=())
    if not jobs:
        return Costs(why_none=f"The project {name} has no jobs, {ONLY_START_UP}.")
    costs = plugin_costs((session.outcomes(found, row.job.number) for row in jobs), hook)
    which = f"the last {counted(len(jobs), 'job')}" if len(jobs) > 1 else "the last job"
    if not costs:
        called = "a call of a plugin" if hook is None else f"a call of {hook}"
        return Costs(why_none=f"No outcome file of {which} of the project {name} has {called}, {ONLY_START_UP}.")
    scope = f"Project {name}, {which}; the median and the longest time are per job with its sub-jobs."
    return Costs(by_plugin=costs, scope=scope)


def with_unknown(records: Sequence[PluginRecord], costs: Costs) -> list[PluginRecord]:
    """Return the records of plugins, and one for each plugin that jobs have used and that is not found here."""
    known = {record.name for record in records}
    unknown = [
        PluginRecord(
            name=name,
            module="",
            version=cost.origin.version,
            state=PluginState.DISABLED,
            why="jobs have used it; it is not found now",
        )
        for name, cost in costs.by_plugin.items()
        if name not in known
    ]
    return [*records, *unknown]


def described(record: PluginRecord, costs: Costs) -> dict[str, Any] | None:
    """Return the cost of a plugin for JSON, or None if the jobs have not called it."""
    cost = costs.by_plugin.get(record.name)
    if cost is None:
        return None
    facts = asdict(cost)
    del facts["origin"]
    return facts


def cost_lines(records: Iterable[PluginRecord], costs: Costs) -> list[Any]:
    """Return a table of the plugins that have cost time at the start-up or in jobs, and below it which jobs."""
    headings = ("Plugin", "Start-up", "Calls", "Total", "Median", "Longest", "Slowest hook")
    shown = headings if costs.by_plugin else headings[:2]
    rows = [
        (record.name, time_taken(start_up_s) if start_up_s else "-", *_cells(costs.by_plugin.get(record.name)))
        for record in records
        if (start_up_s := record.duration_s + record.setup_s) or record.name in costs.by_plugin
    ]
    return [*aligned(shown, [row[: len(shown)] for row in rows], below=shown[6:]), *prose(costs.scope)]


def _cells(cost: PluginCost | None) -> tuple[str, ...]:
    if cost is None:
        return ("-",) * 5
    times = map(time_taken, (cost.total_s, cost.median_s, cost.longest_s))
    return (str(cost.calls), *times, cost.slowest_hook)
