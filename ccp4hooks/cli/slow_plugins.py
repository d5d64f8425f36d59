"""Name the plugins that were slow in jobs that have ended, on standard error."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING

from ccp4hooks.texts import counted, duration_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccp4hooks.model import Outcome, RunResult, Timing
    from ccp4hooks.plugins.discovery import PluginRecord
    from ccp4hooks.session import Session


def time_taken(duration_s: float) -> str:
    """Return the duration of calls, in milliseconds if it is short.

    >>> time_taken(0.0123), time_taken(1.5), time_taken(75)
    ('12.30 ms', '1.50 s', '1 min 15 s')
    """
    return f"{1e3 * duration_s:.2f} ms" if duration_s < 1 else duration_text(duration_s)


def slow_in_job(session: Session, result: RunResult) -> list[str]:
    """Return a line for each plugin that took longer in all calls of a hook in a job than its ``hook_warning_s``.

    Args:
        session: The session, whose settings have the limits.
        result: The job with its sub-jobs. One that was not run again has cost nothing.
    """
    return [f"plugin {plugin!r} took {_in_words(slow)}" for plugin, slow in _slow(session, result).items()]


def slow_in_jobs(session: Session, results: Iterable[RunResult]) -> list[str]:
    """Return a line for each plugin that was slow in a job, with the job in which it was slowest; see `slow_in_job`."""
    found: dict[str, list[tuple[str, list[Timing]]]] = {}
    for result in results:
        for plugin, slow in _slow(session, result).items():
            found.setdefault(plugin, []).append((str(result.outcome.job.number), slow))
    lines = []
    for plugin, jobs in found.items():
        number, slow = max(jobs, key=lambda job: job[1][0].duration_s)
        others = f", and was slow in {counted(len(jobs) - 1, 'other job')}" if len(jobs) > 1 else ""
        lines.append(f"job {number}: plugin {plugin!r} took {_in_words(slow)}{others}")
    return lines


def _slow(session: Session, result: RunResult) -> dict[str, list[Timing]]:
    """Return by plugin the hooks in which it was slow, the slowest first."""
    found: dict[str, list[Timing]] = {}
    if result.unchanged:
        return found
    limits = {record.name: _warning_s(session, record) for record in session.plugins if record.hooks}
    for one in sorted(_timings(session, result.outcomes), key=lambda timing: -timing.duration_s):
        limit_s = limits.get(one.origin.plugin, session.settings.slow_hook_s)
        if limit_s and one.duration_s > limit_s:
            found.setdefault(one.origin.plugin, []).append(one)
    return found


def _timings(session: Session, outcomes: Sequence[Outcome]) -> tuple[Timing, ...]:
    """Return the timings of a job with its sub-jobs; of a dry run without its log, which was removed."""
    from ccp4hooks.queries.plugin_costs import summed, timings_of

    if session.settings.dry_run:
        return summed(one for outcome in outcomes for one in outcome.timings)
    return timings_of(outcomes)


def _warning_s(session: Session, record: PluginRecord) -> float:
    declared = record.settings_type if is_dataclass(record.settings_type) else None
    return session.settings.limits(record.name, declared).hook_warning_s


def _in_words(slow: Sequence[Timing]) -> str:
    return " and ".join(f"{time_taken(one.duration_s)} in {one.hook}" for one in slow)
