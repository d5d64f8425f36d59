"""Name the plugin whose hook takes long, while it runs, so that a plugin that hangs does not hold a job unnoticed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ccp4hooks.failures import attempt
from ccp4hooks.runtime import stdio

SHORTEST_POLL_S, LONGEST_POLL_S = 0.01, 5.0
"""Limits of the interval at which the running calls are inspected [s]."""

POLLS = 10
"""Number of inspections within the time after which a call is slow."""


@dataclass(slots=True, eq=False)
class RunningCall:
    """A call of a hook that has not returned.

    Attributes:
        plugin: Name of the plugin.
        hook: Name of the hook.
        started_s: Time of its start, as `time.monotonic` returns it [s].
        due_s: Duration after which it is reported next [s].
        log: Writes an event to the log of the job, or None without a job.
    """

    plugin: str
    hook: str
    started_s: float
    due_s: float
    log: Callable[..., None] | None

    def __str__(self) -> str:
        """Return the line for users."""
        return f"plugin {self.plugin!r} has been in {self.hook} for {self.due_s:g} s"


class SlowCalls:
    """Reports each call of a hook that takes long: after a limit, after twice the limit, after four times, and so on.

    One thread inspects the running calls. It is started with the first call, so that a job never sees it start.

    Args:
        limit_s: Duration after which a call is reported [s]; 0 to report none.
        warn: Called with a line for users, or None to write to the logs of the jobs only.
    """

    def __init__(self, limit_s: float, warn: Callable[[str], None] | None = None) -> None:
        self._limit_s = self._shortest_s = limit_s
        self._warn = warn
        self._running: dict[int, RunningCall] = {}
        self._thread: threading.Thread | None = None

    def begin(
        self, plugin: str, hook: str, log: Callable[..., None] | None, limit_s: float | None = None
    ) -> RunningCall | None:
        """Note that a call begins, and return it for `end`. Without a limit, return None.

        Args:
            plugin: Name of the plugin.
            hook: Name of the hook.
            log: Writes an event to the log of the job, or None without a job.
            limit_s: Duration after which the call is reported [s]; 0 for never, None for that of all plugins.
        """
        limit_s = self._limit_s if limit_s is None else limit_s
        if not limit_s:
            return None
        self._shortest_s = min(self._shortest_s or limit_s, limit_s)
        call = RunningCall(plugin=plugin, hook=hook, started_s=time.monotonic(), due_s=limit_s, log=log)
        self._running[id(call)] = call
        # After a fork, the thread is not alive in the child process.
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._watch, name="ccp4hooks-slow-calls", daemon=True)
            self._thread.start()
        return call

    def end(self, call: RunningCall | None) -> None:
        """Note that a call has returned."""
        if call is not None:
            self._running.pop(id(call), None)

    def close(self) -> None:
        """End the thread. The next call of a hook starts another one."""
        self._thread = None

    def _watch(self) -> None:
        while self._thread is threading.current_thread():
            time.sleep(min(max(self._shortest_s / POLLS, SHORTEST_POLL_S), LONGEST_POLL_S))
            now_s = time.monotonic()
            for call in list(self._running.values()):
                if now_s - call.started_s >= call.due_s:
                    # A log that was closed meanwhile, or a terminal that has gone, must not end the thread.
                    attempt(self._report, call)
                    call.due_s *= 2

    def _report(self, call: RunningCall) -> None:
        if call.log is not None:
            attempt(call.log, "hook_delayed", plugin=call.plugin, hook=call.hook, duration_s=call.due_s)
        if self._warn is not None:
            with stdio.output_shown():
                self._warn(str(call))
