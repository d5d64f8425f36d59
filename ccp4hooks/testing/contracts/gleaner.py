"""What every gleaner must do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccp4hooks.i2 import file_objects
from ccp4hooks.model import Kpi
from ccp4hooks.plugins.hook_results import Remarks
from ccp4hooks.testing.contracts.base import CONTENTS, ScriptContract
from ccp4hooks.testing.kit import make_file, make_job, sample, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ccp4hooks.model import GleanedFile, Job

GLEANING = ("glean_file", "glean_kpi", "check_file")


class GleanerContract(ScriptContract):
    """Test that a gleaner handles damaged files, writes nothing, is deterministic, and is fast to import.

    Inherit from this class in a test module, in a class whose name begins with ``Test``, and set `plugin`.

    Attributes:
        plugin: The plugin: a module, a class or an object. Wrap a class in a tuple or in ``staticmethod``.
        samples: Real files that the gleaner reads. Default: a model and reflections from CCP4i2.
        task: Task whose script is passed to the gleaner. The script has not run. It may be a task of the plugin itself.
        others: Further plugins that register the task, or data classes that its def file names.
        heavy: Top-level modules that must not be loaded when the plugin is imported.
        max_modules: Maximum number of modules that importing the plugin loads, not counting those of ccp4hooks.
    """

    samples: Sequence[Path] = ()

    @pytest.fixture
    def gleaner_job(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
        """Return the job that is passed to the gleaner. The working directory is its project directory."""
        job = make_job(tmp_path / "contract", task=self.task)
        monkeypatch.chdir(job.project.directory)
        return job

    def test_it_is_a_gleaner(self) -> None:
        """The plugin is loaded and implements `glean_file`, `glean_kpi` or `check_file`."""
        assert [impl.hook for impl in self.implementations(*GLEANING)], (
            f"the plugin implements none of {', '.join(GLEANING)}"
        )

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

    def test_every_kpi_can_be_recorded(self, gleaner_job: Job) -> None:
        """Each KPI of a job is one that the core records, by its own check, and has a key of its own."""
        for file in self._files(gleaner_job, "whole"):
            taken: set[str] = set()
            for kpi in (item for answer in self._answers(gleaner_job, file) for item in _kpis(answer)):
                fault = kpi.fault(taken)
                assert fault == "", f"the KPI {kpi.key!r} would be left out: {fault}"
                taken.add(kpi.key)

    def test_its_descriptions_of_kpis_can_be_used(self) -> None:
        """What the plugin returns in `describe_kpis`, if it does, is complete, and describes each key once."""
        remarks, keys = Remarks(), []
        for implementation in self.implementations("describe_kpis"):
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
        script = self.script(job.project.directory)
        if self.task == GleanerContract.task:
            file_objects.set_path(script.container.outputData.XYZOUT, file.path)
        arguments = {"job": job, "script": script, "file": file}
        noted = Remarks() if remarks is None else remarks
        return [impl(arguments, noted) for impl in self.implementations(*GLEANING)]


def _kpis(answer: Any) -> tuple[Kpi, ...]:
    return tuple(one for one in answer if isinstance(one, Kpi)) if isinstance(answer, tuple) else ()
