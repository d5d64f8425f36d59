"""The pytest fixtures of the test kit."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from ccp4hooks.i2.tasks.task_table import added_tasks, remove_tasks
from ccp4hooks.plugins.discovery import PluginState
from ccp4hooks.session import Session, open_session
from ccp4hooks.settings import Settings
from ccp4hooks.tasks.given_values import value_pairs
from ccp4hooks.testing.kit import HookRecorder, make_file, make_job, named, sample
from ccp4hooks.testing.memory_database import MemoryDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ccp4hooks.model import GleanedFile, Job, Outcome
    from ccp4hooks.plugins.discovery import PluginRecord
    from ccp4hooks.tasks.given_values import GivenValues

VALUES = {"coordinate_selector": ("XYZIN", "pdb"), "freerflag": ("F_SIGF", "mtz")}
"""Input parameter and kind of sample data of each task that `run_task` can run without values."""


class EntryPoints:
    """Adds plugins as entry points of installed distributions until the end of the test.

    Args:
        directory: Where to create the distributions.
        monkeypatch: Removes the distributions at the end of the test.

    Attributes:
        names: Names of the entry points added.
    """

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self._directory = directory
        self._monkeypatch = monkeypatch

    def __call__(self, name: str, plugin: Any, *, version: str = "1.0") -> None:
        """Add an entry point in a distribution ``kit-NAME``.

        Args:
            name: Name of the entry point.
            plugin: A module, an object or a class, or the value of the entry point as a string, ``"module:object"``.
            version: Version of the distribution.
        """
        place = self._directory / f"entry_points_{len(self.names)}"
        info = place / f"kit_{re.sub(r'[^A-Za-z0-9]', '_', name)}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: kit-{name}\nVersion: {version}\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[ccp4hooks]\n{name} = {self._value(plugin)}\n", "utf-8")
        self._monkeypatch.syspath_prepend(str(place))
        importlib.invalidate_caches()
        self.names.append(name)

    def _value(self, plugin: Any) -> str:
        if isinstance(plugin, str):
            return plugin
        if inspect.ismodule(plugin):
            self._monkeypatch.setitem(sys.modules, plugin.__name__, plugin)
            return plugin.__name__
        module = ModuleType(f"ccp4hooks_kit_{len(self.names)}")
        vars(module)["plugin"] = plugin
        self._monkeypatch.setitem(sys.modules, module.__name__, module)
        return f"{module.__name__}:plugin"


@pytest.fixture
def entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EntryPoints:
    """Add a plugin by entry point for this test: ``entry_point("name", plugin)``."""
    return EntryPoints(tmp_path, monkeypatch)


@pytest.fixture
def hook_session(tmp_path: Path, entry_point: EntryPoints) -> Iterator[Callable[..., Session]]:
    """Open a session with only the given plugins and those added with `entry_point`: ``hook_session(plugin, ...)``.

    Projects are created in `tmp_path`. Keyword arguments are fields of `Settings`; `allow` names installed plugins to
    load. To pass settings to a plugin, load it by its name: ``hook_session(allow=("mine",), tables={"mine":
    {"limit": 3}})`` if its package is installed, otherwise after ``entry_point("mine", plugin)``; `project_tables` are
    the settings for one project. A plugin that is not loaded is an error. After the test, the tasks of the plugins are
    removed from CCP4i2's task table.
    """

    def opened(*plugins: Any, **fields: Any) -> Session:
        given = named(plugins)
        found: dict[str, Any] = {
            "projects_dir": tmp_path / "projects",
            "autoload": bool(entry_point.names or fields.get("allow")),
            "allow": tuple(entry_point.names),
        }
        settings = Settings(**{**found, **fields})
        session = open_session(settings, extra=given)
        of_projects = (name for tables in settings.project_tables.values() for name in tables)
        wanted = entry_point.names if settings.allow is None else settings.allow
        _require_loaded(session, [*given, *wanted, *settings.tables, *of_projects])
        return session

    before = set(added_tasks())
    yield opened
    remove_tasks(added_tasks().keys() - before)


def _require_loaded(session: Session, names: Iterable[str]) -> None:
    """Fail the test if one of the plugins is not loaded, unless the settings disable it by ``no:NAME``."""
    loaded = {one.name for one in session.plugins if one.state is PluginState.LOADED}
    wanted = [name for name in dict.fromkeys(names) if f"no:{name}" not in session.settings.plugins]
    reasons = {one.name: _reason(one) for one in session.plugins}
    unused = [f"{name}: {reasons.get(name, 'no plugin has this name')}" for name in wanted if name not in loaded]
    if unused:
        pytest.fail(f"these plugins are not used: {'; '.join(unused)}")


def _reason(record: PluginRecord) -> str:
    """Return why a plugin is not loaded, with the cure in a test."""
    name = record.name
    if record.state is PluginState.CONFLICT:
        return f"{record.why}, or leave out entry_point({name!r}, ...) and call hook_session(allow=({name!r},))"
    if record.state is PluginState.DISABLED:
        return f"{record.why}. Call hook_session(allow=({name!r},))"
    return record.why


@pytest.fixture
def hook_recorder() -> HookRecorder:
    """Return a plugin that records each hook call, see `HookRecorder`."""
    return HookRecorder()


@pytest.fixture
def memory_database() -> MemoryDatabase:
    """Return a database plugin that stores projects, jobs and outcomes in memory, see `MemoryDatabase`."""
    return MemoryDatabase()


@pytest.fixture
def hook_job(tmp_path: Path) -> Callable[..., Job]:
    """Create a job and its directory in a project in `tmp_path`: ``hook_job(number="1.2")``, see `make_job`."""

    def made(**fields: Any) -> Job:
        return make_job(tmp_path / "kit", **fields)

    return made


@pytest.fixture
def hook_file(hook_job: Callable[..., Job]) -> Callable[..., GleanedFile]:
    """Create an output file of job 1: ``hook_file("XYZOUT.pdb", b"...")``, see `make_file`."""

    def made(name: str, content: bytes | None = b"", **fields: Any) -> GleanedFile:
        return make_file(hook_job(), name, content, **fields)

    return made


@pytest.fixture
def run_task(hook_session: Callable[..., Session]) -> Callable[..., Outcome]:
    """Run a real CCP4i2 task with only the given plugins and return its outcome.

    ``run_task(plugin)`` runs ``coordinate_selector`` on a real model, and ``run_task(plugin, task="freerflag")`` runs
    ``freerflag`` on real reflections. Other tasks need `values`: a mapping, or (parameter, value) pairs. The job and
    its outcome file are in `tmp_path`; no database is used. A plugin that cannot be loaded is an error: that of a
    module whose plugin is a class is the class.
    """

    def ran(
        *plugins: Any,
        task: str = "coordinate_selector",
        values: GivenValues = (),
        **fields: Any,
    ) -> Outcome:
        pairs = value_pairs(values)
        if not pairs and task in VALUES:
            parameter, kind = VALUES[task]
            pairs = ((parameter, sample(kind)),)
        session = hook_session(*plugins, **fields)
        return session.run(task, pairs, project="kit").outcome

    return ran
