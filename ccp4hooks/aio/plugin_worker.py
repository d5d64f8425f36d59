"""The process in which the hooks of one plugin are called, if it is not to run in the process of the job.

It reads messages from standard input: how it begins, then one message for each call. It answers each on standard
output: a call with the answer or the failure, and the remarks on the answer.
"""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt, portable
from ccp4hooks.model.jobs import read_tags_by
from ccp4hooks.plugin_settings import variable_name
from ccp4hooks.plugins.discovery import PluginState
from ccp4hooks.plugins.hook_results import Remarks
from ccp4hooks.plugins.isolation import SavedScript
from ccp4hooks.plugins.manager import PluginManager
from ccp4hooks.runtime.messages import framed, received
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.model import Project
    from ccp4hooks.settings import Settings


def main() -> None:
    """Answer calls until standard input ends."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out, suppress(BrokenPipeError):
        # What the plugin prints must not mix with the answers.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        # The data comes from the process that has started this one.
        sys.path[:], settings, name, memory_bytes = pickle.loads(received(sys.stdin.buffer) or b"")  # noqa: S301
        _limit_memory(memory_bytes)
        plugin = attempt(_Plugin, settings, name)
        out.write(framed(b"ready"))
        out.flush()
        while (request := received(sys.stdin.buffer)) is not None:
            answer: Any = plugin if isinstance(plugin, Failure) else attempt(plugin.call, *pickle.loads(request))  # noqa: S301
            if isinstance(answer, Failure):
                answer = (portable(answer), ())
            out.write(framed(pickle.dumps(answer)))
            out.flush()


class _Plugin:
    """One plugin, and a session with no other.

    Args:
        settings: The settings of the other process.
        name: Name of the plugin.

    Raises:
        BadInputError: The plugin cannot be loaded here.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        manager = PluginManager(_own(settings, name))
        record = next((one for one in manager.records if one.name == name), None)
        if record is None or record.state is not PluginState.LOADED:
            raise BadInputError(f"it cannot be loaded in a process of its own: {record.why if record else 'not found'}")
        self._session = Session(settings, manager)
        self._plan = manager.plan()
        self._script: tuple[SavedScript, Script] | None = None
        self._tags: Mapping[Project, tuple[str, ...]] = {}
        read_tags_by(self._tags_of)

    def call(
        self, hook: str, function: str, arguments: Mapping[str, Any], tags: Mapping[Project, tuple[str, ...]]
    ) -> tuple[Any, Any]:
        """Call a function that implements a hook, and return its answer and the problems of values left out of it."""
        self._tags = tags
        implementation = next(one for one in self._plan[hook] if one.function.__qualname__ == function)
        values = {
            name: self._built(value) if isinstance(value, SavedScript) else value for name, value in arguments.items()
        }
        remarks = Remarks()
        return implementation(values, remarks), remarks.problems

    def _tags_of(self, project: Project) -> tuple[str, ...] | None:
        return self._tags.get(project)

    def _built(self, saved: SavedScript) -> Script:
        """Return the script of a job, the same one as before for the same parameters."""
        if self._script is None or self._script[0] != saved:
            with scratch_directory() as scratch:
                path = scratch / "params.xml"
                path.write_bytes(saved.parameters)
                self._script = (saved, self._session.rebuilt_script(saved.job, path))
        return self._script[1]


def _own(settings: Settings, name: str) -> Settings:
    """Return the settings of a session with one plugin, whose hooks are called in this process."""
    mine, isolate = variable_name(name, ""), variable_name(name, "isolate")
    table = {key: value for key, value in settings.tables.get(name, {}).items() if key != "isolate"}
    environment = {key: one for key, one in settings.environment.items() if key.startswith(mine) and key != isolate}
    return replace(
        settings,
        plugins=tuple(one for one in settings.plugins if one == name),
        allow=(name,),
        tables={name: table} if table else {},
        engine_tables={},
        environment=environment,
        slow_hook_s=0.0,
    )


def _limit_memory(size_bytes: int) -> None:
    """Limit the address space of this process, write no core file, and let the kernel choose it if memory is short."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Unix only

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if size_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (size_bytes, size_bytes))
