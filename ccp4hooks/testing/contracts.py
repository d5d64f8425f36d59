"""Tests that every gleaner, and every plugin that adds to reports, must pass, as classes to inherit from."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccp4hooks.i2 import file_objects
from ccp4hooks.jobs.scripts.steps import make_script
from ccp4hooks.model import JobStatus, Kpi, Outcome, Project, project_uuid
from ccp4hooks.plugins.discovery import PluginState
from ccp4hooks.plugins.hook_results import Remarks
from ccp4hooks.plugins.manager import PluginManager
from ccp4hooks.runtime.interpreters import run_python
from ccp4hooks.settings import Settings
from ccp4hooks.testing.kit import make_file, make_job, sample, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ccp4hooks.model import GleanedFile, Job
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

GLEANING = ("glean_file", "glean_kpi", "check_file")


class _Contract:
    """What is tested of every plugin."""

    plugin: Any
    heavy = HEAVY
    max_modules = 100

    def test_importing_it_loads_little(self) -> None:
        """Importing the plugin loads none of the slow modules and few modules in total."""
        loaded = _loaded_by(self._module())
        heavy = sorted({name.partition(".")[0] for name in loaded} & self.heavy)
        assert heavy == [], f"import {', '.join(heavy)} inside the functions that need it"
        assert len(loaded) <= self.max_modules, f"importing the plugin loads {len(loaded)} modules: {', '.join(loaded)}"

    def _plugin(self) -> Any:
        plugin = inspect.getattr_static(self, "plugin")
        plugin = plugin.__func__ if isinstance(plugin, staticmethod) else plugin
        return plugin[0] if isinstance(plugin, tuple) else plugin

    def _module(self) -> str:
        plugin = self._plugin()
        if inspect.ismodule(plugin):
            return plugin.__name__
        return str(plugin.__module__ if inspect.isclass(plugin) else type(plugin).__module__)

    def _hooks(self, *hooks: str) -> list[Implementation]:
        manager = PluginManager(Settings(projects_dir=Path.cwd(), autoload=False), {"under-test": self._plugin()})
        record = manager.records[-1]
        assert record.state is PluginState.LOADED, f"the plugin is {record.state.value}: {record.why}"
        plan = manager.plan()
        return [impl for hook in hooks for impl in plan.get(hook, ())]


class GleanerContract(_Contract):
    """Test that a gleaner handles damaged files, writes nothing, is deterministic, and is fast to import.

    Inherit from this class in a test module, in a class whose name begins with ``Test``, and set `plugin`.

    Attributes:
        plugin: The plugin: a module, a class or an object. Wrap a class in a tuple or in ``staticmethod``.
        samples: Real files that the gleaner reads. Default: a model and reflections from CCP4i2.
        task: Task whose script is passed to the gleaner. The script has not run.
        heavy: Top-level modules that must not be loaded when the plugin is imported.
        max_modules: Maximum number of modules that importing the plugin loads, not counting those of ccp4hooks.
    """

    samples: Sequence[Path] = ()
    task = "coordinate_selector"

    @pytest.fixture
    def gleaner_job(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
        """Return the job that is passed to the gleaner. The working directory is its project directory."""
        job = make_job(tmp_path / "contract", task=self.task)
        monkeypatch.chdir(job.project.directory)
        return job

    def test_it_is_a_gleaner(self) -> None:
        """The plugin is loaded and implements `glean_file`, `glean_kpi` or `check_file`."""
        assert [impl.hook for impl in self._hooks(*GLEANING)], f"the plugin implements none of {', '.join(GLEANING)}"

    @pytest.mark.parametrize("state", CONTENTS)
    def test_it_gives_the_right_types_whatever_the_file(self, gleaner_job: Job, state: str) -> None:
        """The gleaner raises no exception, whatever the state of the file, and returns values that can be recorded."""
        for file in self._files(gleaner_job, state):
            remarks = Remarks()
            self._answers(gleaner_job, file, remarks)
            unfit = [problem.message for problem in remarks.problems]
            assert unfit == [], "these values would be left out or changed"

    @pytest.mark.parametrize("state", CONTENTS)
    def test_it_writes_nothing(self, gleaner_job: Job, state: str) -> None:
        """The gleaner changes nothing in the job, project and working directories."""
        for file in self._files(gleaner_job, state):
            before = snapshot(gleaner_job.project.directory)
            self._answers(gleaner_job, file)
            after = snapshot(gleaner_job.project.directory)
            changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
            assert changed == [], f"a gleaner must not write files, but it changed {', '.join(changed)}"

    def test_it_gives_the_same_twice(self, gleaner_job: Job) -> None:
        """The gleaner returns the same values when it is called again, and after it is loaded again."""
        for file in self._files(gleaner_job, "whole"):
            first = self._answers(gleaner_job, file)
            assert self._answers(gleaner_job, file) == first

    def test_its_descriptions_of_kpis_can_be_used(self) -> None:
        """What the plugin returns in `describe_kpis`, if it does, is complete, and describes each key once."""
        remarks, keys = Remarks(), []
        for implementation in self._hooks("describe_kpis"):
            keys += [one.key for one in implementation({}, remarks) or ()]
        assert [problem.message for problem in remarks.problems] == [], "these descriptions would be left out"
        assert sorted(set(keys)) == sorted(keys), "a key is described more than once"

    def _files(self, job: Job, state: str) -> Iterable[GleanedFile]:
        for path in self.samples or (sample("pdb"), sample("mtz")):
            file = make_file(job, f"XYZOUT{path.suffix}", CONTENTS[state](path.read_bytes()))
            yield file
            file.path.unlink(missing_ok=True)

    def _answers(self, job: Job, file: GleanedFile, remarks: Remarks | None = None) -> list[Any]:
        # This reference keeps the script alive: a container refers to its children by weak references only.
        script = make_script(self.task)
        if self.task == GleanerContract.task:
            file_objects.set_path(script.container.outputData.XYZOUT, file.path)
        arguments = {"job": job, "script": script, "file": file}
        noted = Remarks() if remarks is None else remarks
        return [impl(arguments, noted) for impl in self._hooks(*GLEANING)]


class ReportSectionContract(_Contract):
    """Test that a plugin that adds to reports copes with all jobs, returns data, writes nothing, and is fast to import.

    Inherit from this class in a test module, in a class whose name begins with ``Test``, and set `plugin`.

    Attributes:
        plugin: See `GleanerContract`.
        kpis: KPIs of the jobs that have ended, so that the plugin has something to show. Default: an R-free.
        samples: Real files that each of these jobs has written. Default: a model and reflections from CCP4i2.
        heavy: See `GleanerContract`.
        max_modules: See `GleanerContract`.
    """

    kpis: Sequence[Kpi] = (Kpi(key="RFree", value=0.25),)
    samples: Sequence[Path] = ()

    @pytest.fixture
    def report_outcomes(self, tmp_path: Path) -> dict[str, tuple[Outcome, ...]]:
        """Return the jobs of some projects: with results, failed, waiting, and none."""
        jobs = [make_job(tmp_path / "contract", number=str(number)) for number in range(1, 4)]
        at = datetime(2026, 1, 2, tzinfo=timezone.utc)
        waiting = tuple(Outcome(job=job, status=JobStatus.PENDING, created_at=at) for job in jobs)
        over = [replace(one, started_at=at, finished_at=at) for one in waiting]
        failed = tuple(replace(one, status=JobStatus.FAILED) for one in over)
        ended = tuple(
            replace(one, status=JobStatus.FINISHED, kpis=tuple(self.kpis), files=self._files_of(one.job))
            for one in over
        )
        mixed = (ended[0], failed[1], waiting[2])
        return {"ended": ended, "failed": failed, "waiting": waiting, "mixed": mixed, "none": ()}

    def test_it_adds_to_reports(self) -> None:
        """The plugin is loaded and implements `report_section`."""
        assert self._hooks("report_section"), "the plugin does not implement report_section"

    def test_it_returns_data_whatever_the_jobs(self, report_outcomes: dict[str, tuple[Outcome, ...]]) -> None:
        """The plugin raises no exception and returns tables, plots and texts that can be shown."""
        for kind, outcomes in report_outcomes.items():
            remarks = Remarks()
            self._sections(outcomes, remarks)
            unfit = [problem.message for problem in remarks.problems]
            assert unfit == [], f"this would be left out ({kind} jobs)"

    def test_it_shows_something_of_jobs_with_results(self, report_outcomes: dict[str, tuple[Outcome, ...]]) -> None:
        """The plugin has something to show of jobs with a result; set `kpis` to what it shows."""
        assert self._sections(report_outcomes["ended"]), "the plugin shows nothing of jobs with these KPIs"

    def test_it_writes_nothing(self, report_outcomes: dict[str, tuple[Outcome, ...]]) -> None:
        """The plugin changes nothing in the project directory."""
        directory = report_outcomes["ended"][0].job.project.directory
        before = snapshot(directory)
        self._sections(report_outcomes["ended"])
        assert snapshot(directory) == before, "a plugin that adds to reports must not write files"

    def test_it_gives_the_same_twice(self, report_outcomes: dict[str, tuple[Outcome, ...]]) -> None:
        """The plugin returns the same when it is called again, and after it is loaded again."""
        assert self._sections(report_outcomes["mixed"]) == self._sections(report_outcomes["mixed"])

    def _files_of(self, job: Job) -> tuple[GleanedFile, ...]:
        """Write files of a job."""
        paths = self.samples or (sample("pdb"), sample("mtz"))
        return tuple(
            make_file(job, path.name, path.read_bytes(), parameter=f"outputData.OUT{at}")
            for at, path in enumerate(paths)
        )

    def _sections(self, outcomes: Sequence[Outcome], remarks: Remarks | None = None) -> list[Any]:
        project = Project(name="contract", directory=Path.cwd(), uuid=project_uuid(Path.cwd()))
        arguments = {"project": outcomes[0].job.project if outcomes else project, "outcomes": tuple(outcomes)}
        noted = Remarks() if remarks is None else remarks
        return [one for impl in self._hooks("report_section") for one in impl(arguments, noted) or ()]


def _loaded_by(module: str) -> list[str]:
    code = (
        "import sys, importlib, ccp4hooks.session; known = set(sys.modules); "
        f"importlib.import_module({module!r}); print(*sorted(set(sys.modules) - known))"
    )
    done = run_python(code, timeout_s=IMPORT_S)
    assert done.returncode == 0, f"{module} cannot be imported in a new Python process:\n{done.stderr}"
    return done.stdout.split()
