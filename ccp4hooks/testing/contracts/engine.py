"""What every plugin that runs jobs elsewhere must do."""

from __future__ import annotations

import stat
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.model import Engine, Fate, Handle, Job, Needs, NodeCommand
from ccp4hooks.settings import Settings
from ccp4hooks.testing.contracts.base import Contract, Plan, answers
from ccp4hooks.testing.kit import make_job

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENGINE_HOOKS = ("submit_job", "ask_engine", "stop_job")

FEW, MANY = 2, 200
"""Numbers of jobs about which the engine is asked."""

SECRET = "ccp4hooks-contract-secret"  # noqa: S105 - only other users must not see it
"""The value of an environment variable of a job."""

UNKNOWN_KEYS = ("999999999", "no-such-job", "", "-x", "../other", "1; false", "é\n")
"""Keys that the engine has never given."""

IS_OVER = frozenset({Fate.GONE, Fate.UNKNOWN})

POLL_S = 0.05
"""Interval between questions [s]."""


class EngineContract(Contract):
    """Test that an engine runs and ends jobs, answers for its own engines only, and asks once for many jobs.

    Inherit from this class in a test module, in a class whose name begins with ``Test``. Set `plugin` and `name`, and
    let `engine_options` return the settings of an engine that can be used here, such as a stand-in of a scheduler.

    Attributes:
        plugin: See `Contract`.
        name: Name of the plugin, as the settings of an engine give it.
        patience_s: Maximum time for a job to begin or to end [s].
        heavy: See `Contract`.
        max_modules: See `Contract`.
    """

    patience_s = 60.0

    def engine_options(self, directory: Path) -> Mapping[str, object]:  # noqa: ARG002 - for the classes below
        """Return the settings of the engine, as they stand in ``[engines.NAME]``, without ``plugin``.

        Args:
            directory: A directory for what the engine writes.
        """
        return {}

    def questions(self) -> int | None:
        """Return how often the engine was asked for states so far; None if it cannot be counted. Default: None."""
        return None

    def settings(self, directory: Path) -> Settings:
        """Return settings with one engine, ``contract``."""
        table = {"plugin": self.name, **self.engine_options(directory)}
        return Settings(projects_dir=directory, autoload=False, engine_tables={"contract": table})

    def test_it_is_an_engine(self, tmp_path: Path) -> None:
        """The plugin is loaded and implements the three hooks of engines."""
        plan = self.loaded(tmp_path)
        missing = [hook for hook in ENGINE_HOOKS if not plan.get(hook)]
        assert missing == [], f"the plugin does not implement {', '.join(missing)}"

    def test_it_answers_only_for_its_engines(self, tmp_path: Path) -> None:
        """The hooks return None for an engine of another plugin, and do nothing."""
        at = self._at(tmp_path)
        other = replace(at, engine=replace(at.engine, plugin=f"not-{self.name}"))
        mark = tmp_path / "ran"
        found = [*other.submit(_writing(mark)), *other.ask(other.handle("1")), *other.stop(other.handle("1"))]
        assert found == [], "the plugin must return None for the engine of another plugin"
        assert not mark.exists(), "the plugin has run a job for the engine of another plugin"

    def test_unknown_jobs_are_gone_or_unknown(self, tmp_path: Path) -> None:
        """For each handle that the engine does not know, the answer is GONE or UNKNOWN, and nothing is raised."""
        at = self._at(tmp_path)
        assert at.ask() == [{}], "the answer for no jobs must be an empty mapping"
        for key in UNKNOWN_KEYS:
            handle = at.handle(key)
            (fates,) = at.ask(handle)
            assert set(fates) == {handle}, "the answer must have each job that was asked for, and no other one"
            assert fates[handle] in IS_OVER, f"the job {key!r}, which the engine does not know, is {fates[handle]}"

    def test_it_runs_a_job(self, tmp_path: Path) -> None:
        """A submitted job runs with its environment, and another process can ask for it until it is gone."""
        at, mark = self._at(tmp_path), tmp_path / "ran"
        handle = at.submitted(_writing(mark))
        assert handle.engine == at.engine.name, "the handle must have the name of the engine"
        assert handle.key, "the handle must have a key"
        asking = self._at(tmp_path) if at.engine.outlives else at
        self._wait_until_over(asking, handle)
        assert mark.is_file(), "the job is gone, and its command has not run"
        assert mark.read_text("utf-8") == SECRET, "the command has not got its environment"
        public = [path.name for path in _files(at.directory) if _shows(path)]
        assert public == [], f"other users can read the environment of the job in {', '.join(public)}"

    def test_stopping_twice_is_as_good_as_once(self, tmp_path: Path) -> None:
        """A job that runs is stopped. Stopping it again, and stopping one that is gone, is accepted, too."""
        at, mark = self._at(tmp_path), tmp_path / "ended"
        handle = at.submitted(f"import time; time.sleep({self.patience_s * 2}); {_writing(mark)}")
        (fates,) = at.ask(handle)
        assert fates[handle] is not Fate.GONE, "submitting must not wait until the job has ended, nor lose it"
        for _ in range(2):
            assert at.stop(handle) == [True], "the engine has not accepted that a job is to end"
        self._wait_until_over(at, handle)
        assert at.stop(handle) == [True], "stopping a job that is gone must be accepted"
        assert not mark.exists(), "the job has ended by itself"

    def test_one_question_is_enough_for_many_jobs(self, tmp_path: Path) -> None:
        """The engine is asked as often for many jobs as for few. Override `questions` to count."""
        at, counts = self._at(tmp_path), []
        for number in (FEW, MANY):
            before = self.questions()
            if before is None:
                return
            at.ask(*(at.handle(str(900_000_000 + one)) for one in range(number)))
            counts.append((self.questions() or 0) - before)
        few, many = counts
        assert many <= max(few, 1), f"the engine was asked {few} times for {FEW} jobs, and {many} times for {MANY}"

    def _at(self, directory: Path) -> _Side:
        """Return the plugin as a new process has it, with an engine and a job."""
        settings = self.settings(directory)
        job = make_job(directory / "contract")
        plan = self.loaded(directory)
        return _Side(plan=plan, engine=settings.engine("contract"), job=job, directory=job.directory / "attempt_1")

    def _wait_until_over(self, at: _Side, handle: Handle) -> None:
        end = time.monotonic() + self.patience_s
        while (fate := at.ask(handle)[0][handle]) is not Fate.GONE and time.monotonic() < end:
            time.sleep(POLL_S)
        assert fate is Fate.GONE, f"the job is {fate} after {self.patience_s:g} s, and not gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """What submits jobs: a process with the plugin.

    Attributes:
        plan: The hooks of the plugin.
        engine: The engine.
        job: The job that is submitted.
        directory: The directory of the attempt.
    """

    plan: Plan
    engine: Engine
    job: Job
    directory: Path

    def submit(self, code: str) -> list[Handle]:
        """Submit a program in Python."""
        arguments = (sys.executable, "-c", code)
        secret = {"CCP4HOOKS_CONTRACT": SECRET}
        command = NodeCommand(attempt=1, arguments=arguments, environment=secret, directory=self.directory)
        return answers(self.plan, "submit_job", engine=self.engine, job=self.job, command=command, needs=Needs())

    def submitted(self, code: str) -> Handle:
        """Submit a program, and return its handle."""
        found = self.submit(code)
        assert len(found) == 1, "the plugin has returned no handle for a job of its engine"
        return found[0]

    def ask(self, *handles: Handle) -> list[Mapping[Handle, Fate]]:
        """Ask for the states of jobs."""
        return answers(self.plan, "ask_engine", engine=self.engine, handles=handles, limit_s=None)

    def stop(self, handle: Handle) -> Sequence[bool]:
        """Ask the engine to end a job."""
        return answers(self.plan, "stop_job", engine=self.engine, handle=handle)

    def handle(self, key: str) -> Handle:
        """Return a handle of the engine."""
        return Handle(engine=self.engine.name, key=key)


def _writing(mark: Path) -> str:
    """Return a program that writes what it got in its environment, in one step."""
    code = f"import os, pathlib; new = pathlib.Path({f'{mark}.new'!r}); "
    return f"{code}new.write_text(os.environ['CCP4HOOKS_CONTRACT']); new.replace({str(mark)!r})"


def _files(directory: Path) -> list[Path]:
    return [path for path in sorted(directory.rglob("*")) if path.is_file()]


def _shows(path: Path) -> bool:
    """Return whether other users can read the secret of the job in a file."""
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)) and SECRET.encode() in path.read_bytes()
