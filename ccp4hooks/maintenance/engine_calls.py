"""Call the engines of the settings: submit a job, ask for the state of jobs, stop a job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError, EngineUnavailableError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Fate, Handle, RecordsBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccp4hooks.model import Engine, Job, Needs, NodeCommand
    from ccp4hooks.plugins.dispatcher import Dispatcher, Journal


BRIEF_S = 5.0
"""Longest time that an engine has to answer if nobody waits for its jobs [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAnswer:
    """What engines have said of jobs.

    Attributes:
        fates: The state of each job.
        silent: Why nothing is known of the jobs of engines that have not answered, one line each.
    """

    fates: Mapping[Handle, Fate]
    silent: tuple[str, ...]


class EngineCalls:
    """The engines that the settings describe, and the plugins that submit to them.

    Args:
        dispatcher: Calls the hooks.
        journal: Receives the problems of the plugins.
        names: Names of the engines.
        engine: Returns an engine by its name; see `Settings.engine`.

    Attributes:
        names: Names of the engines.
        engine: See the argument.
    """

    def __init__(
        self, dispatcher: Dispatcher, journal: Journal, names: Iterable[str], engine: Callable[[str], Engine]
    ) -> None:
        self._dispatcher = dispatcher
        self._journal = journal
        self.names = tuple(names)
        self.engine = engine

    @cached_property
    def by_file(self) -> frozenset[str]:
        """Names of the engines whose machines do without the database; not of those with wrong settings."""
        return frozenset(one.name for one in self._engines() if one.records is RecordsBy.BY_FILE)

    @cached_property
    def carried(self) -> frozenset[str]:
        """Names of the engines whose machines share no files with this one; they are among `by_file`."""
        return frozenset(one.name for one in self._engines() if one.transfer is not None)

    def is_local(self, name: str) -> bool:
        """Return whether an engine runs jobs in processes of this machine only."""
        return any(one.name == name and one.is_local for one in self._engines())

    def _engines(self) -> list[Engine]:
        """Return the engines; not those with wrong settings."""
        found = [attempt(self.engine, name) for name in self.names]
        return [one for one in found if not isinstance(one, Failure)]

    def submit(self, engine: Engine, job: Job, command: NodeCommand, needs: Needs) -> Handle:
        """Submit a job; see the hook `submit_job`.

        Raises:
            BadInputError: The engine has refused the job, or no plugin submits to it.
            Ccp4HooksError: It is not known whether the engine has accepted the job.
        """
        call = self._dispatcher.call
        handle = call(hookspecs.submit_job, self._journal, engine=engine, job=job, command=command, needs=needs).value
        if handle is None:
            raise BadInputError(_no_plugin(engine))
        return handle

    def ask(self, handles: Iterable[Handle], limit_s: float | None) -> EngineAnswer:
        """Return the state of jobs. It is `Fate.UNKNOWN` if the engine, or its plugin, does not answer.

        Args:
            handles: The jobs. An engine that has none of them is not asked.
            limit_s: Longest time to wait for the answer of an engine [s]; None for what its settings say.
        """
        by_engine: dict[str, list[Handle]] = defaultdict(list)
        for handle in handles:
            by_engine[handle.engine].append(handle)
        found = {handle: Fate.UNKNOWN for some in by_engine.values() for handle in some}
        silent = []
        for name, some in by_engine.items():
            answer = attempt(self._answer, name, some, limit_s)
            if not isinstance(answer, Failure):
                found.update(answer)
            elif isinstance(answer.error, EngineUnavailableError):
                silent.append(answer.reason)
        return EngineAnswer(fates=found, silent=tuple(silent))

    def _answer(self, name: str, handles: list[Handle], limit_s: float | None) -> dict[Handle, Fate]:
        engine, call = self.engine(name), self._dispatcher.call
        answer = call(hookspecs.ask_engine, self._journal, engine=engine, handles=handles, limit_s=limit_s).value
        return {one: fate for one in handles if isinstance(fate := (answer or {}).get(one), Fate)}

    def stop(self, handle: Handle) -> bool:
        """Ask an engine to end a job, and return whether it has accepted that.

        Raises:
            BadInputError: The settings do not describe the engine, or no plugin submits to it.
            Ccp4HooksError: The engine cannot be asked.
        """
        engine = self.engine(handle.engine)
        answer = self._dispatcher.call(hookspecs.stop_job, self._journal, engine=engine, handle=handle).value
        if answer is None:
            raise BadInputError(_no_plugin(engine))
        return answer


def _no_plugin(engine: Engine) -> str:
    return (
        f"No plugin submits jobs to the engine {engine.name!r}: its plugin is {engine.plugin!r}, which is not enabled "
        "or does not know it. `ccp4hooks plugins` lists the plugins."
    )
