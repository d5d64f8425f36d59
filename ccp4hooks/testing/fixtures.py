"""The fixtures of the test kit."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from ccp4hooks.i2.task_table import added_tasks, remove_tasks
from ccp4hooks.session import Session, open_session
from ccp4hooks.settings import Settings
from ccp4hooks.testing.kit import HookRecorder, make_file, make_job, named, sample
from ccp4hooks.testing.memory_database import MemoryDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from ccp4hooks.model import GleanedFile, Job, Outcome

VALUES = {"coordinate_selector": ("XYZIN", "pdb"), "freerflag": ("F_SIGF", "mtz")}
"""Parameter and kind of real data of the tasks that `run_task` knows what to give to."""


class EntryPoints:
    """Adds plugins by entry point, as an installed distribution has them, until the test is over.

    Args:
        directory: Where the distributions are made.
        monkeypatch: Takes all back.

    Attributes:
        names: Of those added.
    """

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self._directory = directory
        self._monkeypatch = monkeypatch

    def __call__(self, name: str, plugin: Any, *, version: str = "1.0") -> None:
        """Add one.

        Args:
            name: Name of the entry point.
            plugin: Module, object or class; a text is taken for what the entry point names, ``"module:object"``.
            version: Of its distribution, which is called ``kit-NAME``.
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
    """Open a session that loads no plugin but those given, and those added by `entry_point`.

    ``hook_session(plugin, ...)``; its projects lie in `tmp_path`. Keyword arguments are fields of `Settings`. A
    plugin with settings of its own is added by `entry_point`: ``hook_session(tables={"mine": {"limit": 3}})``. The
    tasks that plugins bring are taken out of CCP4i2's table again.
    """

    def opened(*plugins: Any, **fields: Any) -> Session:
        found: dict[str, Any] = {
            "projects_dir": tmp_path / "projects",
            "autoload": bool(entry_point.names),
            "allow": tuple(entry_point.names),
        }
        settings = Settings(**{**found, **fields})
        return open_session(settings, extra=named(plugins))

    before = set(added_tasks())
    yield opened
    remove_tasks(added_tasks().keys() - before)


@pytest.fixture
def hook_recorder() -> HookRecorder:
    """Return a plugin that notes every call of every hook."""
    return HookRecorder()


@pytest.fixture
def memory_database() -> MemoryDatabase:
    """Return a plugin that keeps projects, jobs and outcomes in memory."""
    return MemoryDatabase()


@pytest.fixture
def hook_job(tmp_path: Path) -> Callable[..., Job]:
    """Make a job with a directory, in a project in `tmp_path`: ``hook_job(number="1.2")``, see `make_job`."""

    def made(**fields: Any) -> Job:
        return make_job(tmp_path / "kit", **fields)

    return made


@pytest.fixture
def hook_file(hook_job: Callable[..., Job]) -> Callable[..., GleanedFile]:
    """Make an output file of job 1: ``hook_file("XYZOUT.pdb", b"...")``, see `make_file`."""

    def made(name: str, content: bytes | None = b"", **fields: Any) -> GleanedFile:
        return make_file(hook_job(), name, content, **fields)

    return made


@pytest.fixture
def run_task(hook_session: Callable[..., Session]) -> Callable[..., Outcome]:
    """Run a real task of CCP4i2 with the plugins given and no other; return its outcome.

    ``run_task(plugin)`` runs ``coordinate_selector`` on a real model, ``run_task(plugin, task="freerflag")`` that
    on real reflections; other tasks need their `values`, a mapping or (parameter, value) pairs. Nothing is recorded
    but the outcome file, in `tmp_path`.
    """

    def ran(
        *plugins: Any,
        task: str = "coordinate_selector",
        values: Mapping[str, object] | Iterable[tuple[str, object]] = (),
        **fields: Any,
    ) -> Outcome:
        given: Any = values.items() if isinstance(values, dict) else values
        pairs: list[tuple[str, object]] = list(given)
        if not pairs and task in VALUES:
            parameter, kind = VALUES[task]
            pairs = [(parameter, sample(kind))]
        return hook_session(*plugins, **fields).run(task, pairs, project="kit").outcome

    return ran
