"""What plugins cost: the time that they took in the hooks of jobs that have ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ccp4hooks.model import JobNumber, Origin
from ccp4hooks.outcomes.job_traces import timings_of_last_hook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccp4hooks.model import Outcome, Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginCost:
    """The time that a plugin took in the hooks of some jobs. What is said per job includes its sub-jobs.

    Attributes:
        origin: The plugin, with the version that the first of the jobs has used.
        jobs: Number of jobs in which it was called.
        calls: Number of calls.
        total_s: Total duration of the calls [s].
        median_s: Median of the durations per job [s].
        longest_s: Longest duration per job [s].
        longest_job: The job with that duration.
        slowest_hook: The hook in which it took most time.
        slowest_hook_s: The time in this hook [s].
    """

    origin: Origin
    jobs: int
    calls: int
    total_s: float
    median_s: float
    longest_s: float
    longest_job: JobNumber
    slowest_hook: str
    slowest_hook_s: float


def summed(timings: Iterable[Timing]) -> tuple[Timing, ...]:
    """Return the time that each plugin took in each hook, one `Timing` for all calls."""
    found: dict[tuple[str, str], Timing] = {}
    for one in timings:
        key = (one.origin.plugin, one.hook)
        known = found.get(key, replace(one, calls=0, duration_s=0.0))
        found[key] = replace(known, calls=known.calls + one.calls, duration_s=known.duration_s + one.duration_s)
    return tuple(found.values())


def timings_of(outcomes: Iterable[Outcome]) -> tuple[Timing, ...]:
    """Return the time that each plugin took in each hook of a job and its sub-jobs, `job_finished` included.

    Args:
        outcomes: The outcomes of the job and its sub-jobs, with the details that only the outcome files contain.
    """
    return summed(one for outcome in outcomes for one in (*outcome.timings, *timings_of_last_hook(outcome.job)))


def plugin_costs(jobs: Iterable[Sequence[Outcome]], hook: str | None = None) -> dict[str, PluginCost]:
    """Return what each plugin cost in some jobs, by the name of the plugin.

    Args:
        jobs: For each job its outcome, followed by those of its sub-jobs; see `timings_of`.
        hook: The hook whose calls count; None for all hooks.
    """
    found: dict[str, dict[JobNumber, list[Timing]]] = {}
    for outcomes in jobs:
        for one in timings_of(outcomes):
            if hook is None or one.hook == hook:
                found.setdefault(one.origin.plugin, {}).setdefault(outcomes[0].job.number, []).append(one)
    return {plugin: _cost(by_job) for plugin, by_job in found.items()}


def _cost(by_job: dict[JobNumber, list[Timing]]) -> PluginCost:
    """Return the cost of a plugin from its timings in each job."""
    from statistics import median  # noqa: PLC0415 - start-up time

    durations = {number: sum(one.duration_s for one in timings) for number, timings in by_job.items()}
    every = [one for timings in by_job.values() for one in timings]
    longest = max(durations, key=durations.__getitem__)
    slowest = max(summed(every), key=lambda one: one.duration_s)
    return PluginCost(
        origin=every[0].origin,
        jobs=len(by_job),
        calls=sum(one.calls for one in every),
        total_s=sum(durations.values()),
        median_s=median(durations.values()),
        longest_s=durations[longest],
        longest_job=longest,
        slowest_hook=slowest.hook,
        slowest_hook_s=slowest.duration_s,
    )
