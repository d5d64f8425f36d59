"""What the contracts of all plugins have in common."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from ccp4hooks.errors import UnknownTaskError
from ccp4hooks.i2 import scripts
from ccp4hooks.i2.tasks.task_table import added_tasks, remove_tasks
from ccp4hooks.jobs.scripts.steps import make_script
from ccp4hooks.plugins.discovery import PluginState
from ccp4hooks.plugins.hook_results import Remarks
from ccp4hooks.plugins.manager import PluginManager
from ccp4hooks.runtime.interpreters import run_python
from ccp4hooks.session import open_session
from ccp4hooks.settings import Settings
from ccp4hooks.testing.kit import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.plugins.dispatcher import Implementation

HEAVY = frozenset({"ccp4i2", "django", "gemmi", "numpy", "pandas", "scipy", "matplotlib", "requests", "httpx"})
"""Slow modules, which a plugin must import inside functions so that commands start quickly."""

CONTENTS: dict[str, Callable[[bytes], bytes | None]] = {
    "whole": lambda content: content,
    "cut in half": lambda content: content[: len(content) // 2],
    "cut in its header": lambda content: content[:100],
    "empty": lambda _: b"",
    "missing": lambda _: None,
}
"""How to change the content of a sample file, by the state that it has in a test. None deletes the file."""

IMPORT_S = 120
"""Timeout for importing a plugin in another process [s]."""


Plan: TypeAlias = "Mapping[str, Sequence[Implementation]]"
"""The implementations of a plugin by hook."""


class Contract:
    """Test what every plugin must do: it is loaded, and importing it loads little.

    Attributes:
        plugin: The plugin: a module, a class or an object. Wrap a class in a tuple or in ``staticmethod``.
        name: Name of the plugin in the settings.
        heavy: Top-level modules that must not be loaded when the plugin is imported.
        max_modules: Maximum number of modules that importing the plugin loads, not counting those of ccp4hooks.
    """

    plugin: Any
    name = "under-test"
    heavy = HEAVY
    max_modules = 100

    def test_importing_it_loads_little(self) -> None:
        """Importing the plugin loads none of the slow modules and few modules in total."""
        loaded = _loaded_by(self._module())
        heavy = sorted({name.partition(".")[0] for name in loaded} & self.heavy)
        assert heavy == [], f"import {', '.join(heavy)} inside the functions that need it"
        assert len(loaded) <= self.max_modules, f"importing the plugin loads {len(loaded)} modules: {', '.join(loaded)}"

    def the_plugin(self) -> Any:
        """Return the plugin without its wrapping."""
        plugin = inspect.getattr_static(self, "plugin")
        plugin = plugin.__func__ if isinstance(plugin, staticmethod) else plugin
        return plugin[0] if isinstance(plugin, tuple) else plugin

    def _module(self) -> str:
        plugin = self.the_plugin()
        if inspect.ismodule(plugin):
            return plugin.__name__
        return str(plugin.__module__ if inspect.isclass(plugin) else type(plugin).__module__)

    def options(self, directory: Path) -> Mapping[str, object]:  # noqa: ARG002 - for the classes below
        """Return the plugin's own settings. Default: none.

        Args:
            directory: A directory for what the plugin writes.
        """
        return {}

    def settings(self, directory: Path) -> Settings:
        """Return all settings with which the plugin is loaded. Default: `options`.

        Args:
            directory: See `options`.
        """
        options = dict(self.options(directory))
        return Settings(projects_dir=directory, autoload=False, tables={self.name: options} if options else {})

    def loaded(self, directory: Path | None = None) -> Plan:
        """Load the plugin, and return its implementations by hook. A class is built anew, as in a new process.

        Args:
            directory: See `options`; None for the working directory.
        """
        manager = PluginManager(self.settings(directory or Path.cwd()), {self.name: self.the_plugin()})
        record = manager.records[-1]
        assert record.state is PluginState.LOADED, f"the plugin is {record.state.value}: {record.why}"
        return manager.plan()

    def implementations(self, *hooks: str) -> list[Implementation]:
        """Return the implementations of hooks by the plugin, which is loaded again."""
        plan = self.loaded()
        return [impl for hook in hooks for impl in plan.get(hook, ())]


class ScriptContract(Contract):
    """Test a plugin that is given the script of a task, which may be a task of a plugin.

    Attributes:
        plugin: See `Contract`.
        task: Task whose script is passed to the plugin. The script has not run.
        others: Further plugins that register the task, or data classes that its def file names.
        heavy: See `Contract`.
        max_modules: See `Contract`.
    """

    task = "coordinate_selector"
    others: Sequence[Any] = ()

    @pytest.fixture(autouse=True)
    def _remove_tasks(self) -> Iterator[None]:
        """Remove the tasks of the plugins from CCP4i2's table of tasks after the test."""
        before = set(added_tasks())
        yield
        remove_tasks(added_tasks().keys() - before)

    def script(self, directory: Path) -> Script:
        """Return a new script of the task. The tasks of the plugin and of `others` are known.

        Args:
            directory: See `options`.
        """
        if self.others or not scripts.is_known(self.task):
            self._register_tasks(directory)
        try:
            return make_script(self.task)
        except UnknownTaskError as error:
            cure = "If it is a task of a plugin, name the plugin in `others`."
            raise AssertionError(f"{error} {cure}") from error

    def _register_tasks(self, directory: Path) -> None:
        others = named(one for one in self.others if one is not self.the_plugin())
        session = open_session(self.settings(directory), extra={self.name: self.the_plugin(), **others})
        unused = [f"{one.name}: {one.why}" for one in session.plugins if one.name in others and one.why]
        assert unused == [], f"these plugins of others are not used: {'; '.join(unused)}"
        session.tasks_left_out()  # It registers the tasks of the plugins.


def answers(plan: Plan, hook: str, **arguments: Any) -> list[Any]:
    """Call a hook of a plugin as the core does, and return its answers that are not None.

    Raises:
        AssertionError: A value in an answer would be left out or changed.
    """
    remarks = Remarks()
    found = [implementation(arguments, remarks) for implementation in plan.get(hook, ())]
    unfit = [problem.message for problem in remarks.problems]
    assert unfit == [], f"these values of {hook} would be left out or changed: {unfit}"
    return [one for one in found if one is not None]


def _loaded_by(module: str) -> list[str]:
    code = (
        "import sys, importlib, ccp4hooks.session; known = set(sys.modules); "
        f"importlib.import_module({module!r}); print(*sorted(set(sys.modules) - known))"
    )
    done = run_python(code, timeout_s=IMPORT_S)
    assert done.returncode == 0, f"{module} cannot be imported in a new Python process:\n{done.stderr}"
    return done.stdout.split()
