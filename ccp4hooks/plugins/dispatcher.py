"""Call hooks.

pluggy's own ``pm.hook.x()`` stops at the first exception, discards the answers that it has, and does not report which
plugin gave an answer. The dispatcher therefore calls the implementations one by one, in an order fixed at start-up.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, TypeVar

from ccp4hooks.errors import Ccp4HooksError, PluginError, StoreUnavailableError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.hookspecs import HOOKS, Kind
from ccp4hooks.model import Origin, Problem, Severity, Timing
from ccp4hooks.plugins.hook_results import Remarks, checked
from ccp4hooks.plugins.slow_calls import SlowCalls
from ccp4hooks.runtime.os_errors import os_cure

if TYPE_CHECKING:
    from pathlib import Path

Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Implementation:
    """The implementation of one hook by one plugin. Compared by identity.

    Attributes:
        hook: Name of the hook.
        origin: The plugin.
        function: The function to call.
        argnames: Names of those arguments of the hook that the function takes.
        limit_s: Longest duration of a call, if the function is a coroutine [s]; 0 for none.
        warning_s: Duration after which the plugin is named [s]; 0 for never, None for that of the session.
    """

    hook: str
    origin: Origin
    function: Callable[..., Any]
    argnames: tuple[str, ...]
    limit_s: float = 0.0
    warning_s: float | None = None

    def __call__(self, arguments: Mapping[str, Any], remarks: Remarks) -> Any:
        """Call the function, await a coroutine, and return the answer as it is recorded.

        Args:
            arguments: All arguments of the hook by name.
            remarks: Receives a remark on each value of the answer that was left out or changed.

        Raises:
            TypeError: The answer has the wrong type.
            ValueError: The answer cannot be recorded.
            Ccp4HooksError: The coroutine took longer than it may.
        """
        value = self.function(*[arguments[name] for name in self.argnames])
        if value is None:
            # The most frequent answer; isawaitable would take longer than the call.
            return None
        if inspect.isawaitable(value):
            value = _await(value, self.limit_s)
        return checked(self.hook, value, remarks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[Value]):
    """A value and the plugin that returned it."""

    origin: Origin
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class HookResult(Generic[Value]):
    """The result of calling the implementations of a hook.

    Attributes:
        answers: The answers that are not None, in the order of the calls; at most one for a hook of kind FIRST or
            LOOKUP, none for a NOTICE or SINK.
        failures: One problem per implementation that raised; empty for a hook of kind FIRST or SETUP, which raises.
    """

    answers: Sequence[Answer[Value]] = ()
    failures: Sequence[Problem] = ()

    @property
    def value(self) -> Value | None:
        """The value of the first answer, or None if no implementation gave one."""
        return self.answers[0].value if self.answers else None


@dataclass(slots=True)
class Journal:
    """Problems, tracebacks and durations of the hook calls of one job.

    Attributes:
        problems: In the order in which they occurred.
        tracebacks: Tracebacks by index in `problems`.
        durations: Number of calls and total duration [s] by implementation.
        unavailable: The last error of a plugin whose database was unavailable.
        log: Writes an event to the log of the job; None outside of any job.
    """

    problems: list[Problem] = field(default_factory=list)
    tracebacks: dict[int, str] = field(default_factory=dict)
    durations: dict[Implementation, tuple[int, float]] = field(default_factory=dict)
    unavailable: StoreUnavailableError | None = None
    log: Callable[..., None] | None = None

    def add(self, problem: Problem, hook: str = "", origin: Origin | None = None) -> None:
        """Add a problem with the hook and the plugin that it comes from."""
        self.problems.append(replace(problem, hook=hook or problem.hook, origin=origin or problem.origin))

    def add_failure(self, implementation: Implementation, failure: Failure) -> Problem:
        """Add and return a problem that describes the failure of an implementation."""
        problem = Problem(
            severity=Severity.WARNING,
            message=f"plugin {implementation.origin.plugin!r} failed in {implementation.hook}: {failure.reason}",
            hook=implementation.hook,
            origin=implementation.origin,
        )
        if isinstance(failure.error, StoreUnavailableError):
            self.unavailable = failure.error
        self.tracebacks[len(self.problems)] = failure.text
        self.problems.append(problem)
        return problem

    def add_call(self, implementation: Implementation, duration_s: float) -> None:
        """Add the duration of one call."""
        calls, total_s = self.durations.get(implementation, (0, 0.0))
        self.durations[implementation] = (calls + 1, total_s + duration_s)

    def write_tracebacks(self, directory: Path) -> None:
        """Write each traceback to its own file and set the path in its problem.

        Raises:
            OSError: A file cannot be written.
        """
        for index, text in self.tracebacks.items():
            path = directory / f"ccp4hooks_traceback_{index + 1}.txt"
            path.write_text(text, encoding="utf-8")
            self.problems[index] = replace(self.problems[index], traceback_file=path)
        self.tracebacks.clear()

    def timings(self) -> tuple[Timing, ...]:
        """Return the number and duration of the calls of each plugin in each hook."""
        return tuple(
            Timing(hook=implementation.hook, origin=implementation.origin, calls=calls, duration_s=total_s)
            for implementation, (calls, total_s) in self.durations.items()
        )


class Dispatcher:
    """Calls hooks in an order fixed at start-up.

    Args:
        plan: Implementations by hook, in the order of the calls.
        slow_calls: Reports the calls that take long; None to report none.
    """

    def __init__(self, plan: Mapping[str, Sequence[Implementation]], slow_calls: SlowCalls | None = None) -> None:
        self.plan = plan
        self._slow_calls = slow_calls or SlowCalls(0)

    def call(
        self,
        hook: Callable[Arguments, Value | None],
        journal: Journal,
        /,
        *positional: Arguments.args,
        **named: Arguments.kwargs,
    ) -> HookResult[Value]:
        """Call the implementations of a hook as its kind demands (see `Kind`).

        Args:
            hook: The function of `ccp4hooks.hookspecs` that specifies the hook.
            journal: Receives the problems and the durations of the calls.
            positional: Arguments of the hook.
            named: Arguments of the hook.

        Raises:
            PluginError: An implementation failed, and the kind of the hook demands that this is raised.
            Ccp4HooksError: An implementation raised it, and the kind of the hook demands that this is raised.
        """
        specified = HOOKS[hook.__name__]
        plan = self.plan.get(specified.name)
        if not plan:
            return HookResult()
        arguments = {**dict(zip(specified.arguments, positional, strict=False)), **named} if positional else named
        return off_loop(_called, specified.kind, plan, arguments, journal, self._slow_calls)


def _called(
    kind: Kind,
    plan: Sequence[Implementation],
    arguments: Mapping[str, Any],
    journal: Journal,
    slow_calls: SlowCalls,
) -> HookResult[Any]:
    """Call the implementations of one hook; all of them in one thread, so that a hook call costs one thread hop."""
    answers: list[Answer[Any]] = []
    failures: list[Problem] = []
    for implementation in plan:
        value = _timed(implementation, arguments, journal, slow_calls)
        if isinstance(value, Failure) and kind.raises:
            _raise(implementation, value)
        if isinstance(value, Failure):
            failures.append(journal.add_failure(implementation, value))
        elif value is not None:
            answers.append(Answer(origin=implementation.origin, value=value))
        if answers and kind.stops_at_first_answer:
            break
    return HookResult(answers=answers, failures=failures)


def on_event_loop() -> bool:
    """Return whether the calling thread is running an asyncio event loop."""
    if "asyncio" not in sys.modules:
        return False
    import asyncio  # noqa: PLC0415 - start-up time

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def off_loop(function: Callable[..., Value], *arguments: Any) -> Value:
    """Call a function, in another thread if the calling thread is running an event loop.

    In a thread with a running event loop Django refuses queries, and a coroutine cannot be awaited synchronously.
    """
    if not on_event_loop():
        return function(*arguments)
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - start-up time

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, function, *arguments).result()


def _timed(
    implementation: Implementation, arguments: Mapping[str, Any], journal: Journal, slow_calls: SlowCalls
) -> Any:
    remarks = Remarks()
    running = slow_calls.begin(implementation.origin.plugin, implementation.hook, journal.log, implementation.warning_s)
    started_s = time.perf_counter()
    try:
        value = attempt(implementation, arguments, remarks)
    finally:
        slow_calls.end(running)
    journal.add_call(implementation, time.perf_counter() - started_s)
    for problem in remarks.problems:
        journal.add(problem, implementation.hook, implementation.origin)
    return value


def _raise(implementation: Implementation, failure: Failure) -> NoReturn:
    """Raise the error for the failure of a plugin whose answer was required.

    Raises:
        Ccp4HooksError: The plugin raised it.
        PluginError: The plugin raised another exception.
    """
    if isinstance(failure.error, Ccp4HooksError):
        # Not from itself: whoever follows the causes would never end.
        raise failure.error
    plugin = implementation.origin.plugin
    cure = f"Report it to the author of the plugin, or disable the plugin with `-p no:{plugin}`."
    if isinstance(failure.error, OSError):
        cure = os_cure(failure.error, cure)
    raise PluginError(
        f"The plugin {plugin!r} failed in {implementation.hook}: {failure.reason}. {cure}",
        plugin=plugin,
        hook=implementation.hook,
    ) from failure.error


def _await(value: Any, limit_s: float) -> Any:
    import asyncio  # noqa: PLC0415 - start-up time

    from asgiref.sync import async_to_sync  # noqa: PLC0415 - start-up time: it imports asyncio

    async def waiting() -> Any:
        if not limit_s:
            return await value
        task = asyncio.ensure_future(value)
        done, _ = await asyncio.wait([task], timeout=limit_s)
        if not done:
            task.cancel()
            raise Ccp4HooksError(f"it took longer than {limit_s:g} s and was cancelled")
        return task.result()

    return async_to_sync(waiting)()
