"""What every gleaner must keep to, as tests to inherit."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccp4hooks.jobs.scripts.steps import make_script
from ccp4hooks.model import Kpi
from ccp4hooks.plugins.discovery import PluginState
from ccp4hooks.plugins.manager import PluginManager
from ccp4hooks.settings import Settings
from ccp4hooks.testing.kit import make_file, make_job, sample, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ccp4hooks.model import GleanedFile, Job
    from ccp4hooks.plugins.dispatcher import Implementation

HEAVY = frozenset({"ccp4i2", "django", "gemmi", "numpy", "pandas", "scipy", "matplotlib", "requests", "httpx"})
"""What a plugin may import inside of its functions only: it would cost every command its start."""

CONTENTS: dict[str, Callable[[bytes], bytes | None]] = {
    "whole": lambda content: content,
    "cut in half": lambda content: content[: len(content) // 2],
    "cut in its header": lambda content: content[:100],
    "empty": lambda _: b"",
    "missing": lambda _: None,
}
"""What becomes of a sample file, by the name of its state."""

GLEANING = ("glean_file", "glean_kpi", "check_file")


class GleanerContract:
    """Put a gleaner through what every gleaner must survive.

    Inherit it in a test module, in a class whose name begins with ``Test``, and say what is to be tested.

    Attributes:
        plugin: The plugin: a module, a class or an object. Give a class in a tuple of one, or as ``staticmethod``.
        samples: Files such as the gleaner reads, real ones; by default a model and reflections that CCP4i2 brings.
        task: A task whose script the gleaner is called with; it has not run.
        heavy: Top-level modules that importing the plugin must not load.
        max_modules: How many modules importing the plugin may load besides those of ccp4hooks.
    """

    plugin: Any
    samples: Sequence[Path] = ()
    task = "coordinate_selector"
    heavy = HEAVY
    max_modules = 100

    @pytest.fixture
    def gleaner_job(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
        """Return the job to glean; the working directory is inside its project."""
        job = make_job(tmp_path / "contract", task=self.task)
        monkeypatch.chdir(job.project.directory)
        return job

    def test_it_is_a_gleaner(self) -> None:
        """It is accepted, and implements a hook that gleans."""
        assert [impl.hook for impl in self._hooks()], f"it implements none of {', '.join(GLEANING)}"

    @pytest.mark.parametrize("state", CONTENTS)
    def test_it_gives_the_right_types_whatever_the_file(self, gleaner_job: Job, state: str) -> None:
        """It raises for no file, and what it returns can be recorded."""
        for file in self._files(gleaner_job, state):
            for answer in self._answers(gleaner_job, file):
                kpis = [item for item in answer if isinstance(item, Kpi)] if isinstance(answer, tuple) else []
                unfit = {kpi.key: kpi.fault() for kpi in kpis}
                assert {key: why for key, why in unfit.items() if why} == {}, "these KPIs would be left out"

    @pytest.mark.parametrize("state", CONTENTS)
    def test_it_writes_nothing(self, gleaner_job: Job, state: str) -> None:
        """It leaves job, project and working directory as they are."""
        for file in self._files(gleaner_job, state):
            before = snapshot(gleaner_job.project.directory)
            self._answers(gleaner_job, file)
            after = snapshot(gleaner_job.project.directory)
            changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
            assert changed == [], f"a gleaner must write nothing; it changed {', '.join(changed)}"

    def test_it_gives_the_same_twice(self, gleaner_job: Job) -> None:
        """Asked again, and anew, it says the same."""
        for file in self._files(gleaner_job, "whole"):
            first = self._answers(gleaner_job, file)
            assert self._answers(gleaner_job, file) == first

    def test_importing_it_loads_little(self) -> None:
        """Importing it loads nothing heavy, and not many modules."""
        loaded = _loaded_by(self._module())
        heavy = sorted({name.partition(".")[0] for name in loaded} & self.heavy)
        assert heavy == [], f"import {', '.join(heavy)} inside of the functions that need it"
        assert len(loaded) <= self.max_modules, f"importing it loads {len(loaded)} modules: {', '.join(loaded)}"

    def _given(self) -> Any:
        held = inspect.getattr_static(self, "plugin")
        held = held.__func__ if isinstance(held, staticmethod) else held
        return held[0] if isinstance(held, tuple) else held

    def _module(self) -> str:
        given = self._given()
        if inspect.ismodule(given):
            return given.__name__
        return str(given.__module__ if inspect.isclass(given) else type(given).__module__)

    def _hooks(self) -> list[Implementation]:
        manager = PluginManager(Settings(projects_dir=Path.cwd(), autoload=False), {"under-test": self._given()})
        record = manager.records[-1]
        assert record.state is PluginState.LOADED, f"the plugin is {record.state.value}: {record.why}"
        plan = manager.plan()
        return [impl for hook in GLEANING for impl in plan[hook]]

    def _files(self, job: Job, state: str) -> Iterable[GleanedFile]:
        for path in self.samples or (sample("pdb"), sample("mtz")):
            file = make_file(job, f"XYZOUT{path.suffix}", CONTENTS[state](path.read_bytes()))
            yield file
            file.path.unlink(missing_ok=True)

    def _answers(self, job: Job, file: GleanedFile) -> list[Any]:
        # Kept here while it is asked: a container holds its children by weak references.
        script = make_script(self.task)
        if self.task == GleanerContract.task:
            script.container.outputData.XYZOUT.setFullPath(str(file.path))
        arguments = {"job": job, "script": script, "file": file}
        return [impl(arguments) for impl in self._hooks()]


def _loaded_by(module: str) -> list[str]:
    code = (
        "import sys, importlib, ccp4hooks.session; known = set(sys.modules); "
        f"importlib.import_module({module!r}); print(*sorted(set(sys.modules) - known))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{module} cannot be imported in a Python of its own:\n{done.stderr}"
    return done.stdout.split()
