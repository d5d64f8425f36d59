"""What every task of a package must do."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from ccp4hooks.errors import nearest
from ccp4hooks.i2 import containers, file_objects, introspection, lost_values, required_content
from ccp4hooks.jobs.scripts.steps import make_script
from ccp4hooks.model import JobStatus, KpiValue
from ccp4hooks.model.numbers import JOB_PREFIX
from ccp4hooks.plugins.markers import hookimpl
from ccp4hooks.testing.contracts.base import Contract, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from ccp4hooks.i2.protocols import DataFile, Script
    from ccp4hooks.model import Job, Outcome, Problem
    from ccp4hooks.session import Session

    OpenSession = Callable[..., Session]
    Program = subprocess.Popen[Any]

SIMILAR = 0.8
"""The similarity from which the key of a description is taken for a misspelt one, 0 to 1."""

CODES = (("content flag", "content_flag", "CONTENT_FLAG_"), ("sub-type", "sub_type", "SUBTYPE_"))
"""What a file object says of its file by a number: its name, the key of the fact, the beginning of its constants."""

ENDING_S = 30.0
"""Maximum time for the programs of a cancelled job to end [s]."""

ASKED_S = 0.3
"""Time after which the programs of a cancelled job were asked to end [s]."""

POLL_S = 0.01
"""Interval between looks at the programs [s]."""


class TaskContract(Contract):
    """Test that a task is described well, runs on sample data, does the same again, and can be cancelled.

    Inherit from this class in a test module, in a class whose name begins with ``Test``. Set `plugin`, `task` and
    `values`. The task runs three or four times, so let it run on small data.

    Attributes:
        plugin: The plugin that registers the task, see `Contract`.
        task: TASKNAME.
        values: Parameters with which the task succeeds.
        optional: Output parameters that the task need not set with these values, such as ``"outputData.MAPOUT"``.
        others: Further plugins that the task needs.
        heavy: See `Contract`.
        max_modules: See `Contract`.
    """

    task: str
    values: Mapping[str, object] = {}
    optional: Collection[str] = ()
    others: Sequence[Any] = ()

    def content_of(self, path: Path) -> bytes:
        """Return what must be the same in an output file when the task runs again. Default: the whole content.

        Override it for files with the time of the run, or with random numbers.
        """
        return path.read_bytes()

    def test_its_description_is_valid(self, hook_session: OpenSession) -> None:
        """The plugin registers the task; its script has its name, and its def file has no fault.

        CCP4i2 reads neither ``pluginName`` nor the id of ``ccp4i2_body`` in a def file, so any name will do there.
        """
        session = hook_session(self.the_plugin(), *self.others)
        left_out = [one.reason for one in session.tasks_left_out()]
        assert left_out == [], f"the task cannot be used: {[one.message for one in session.problems]}"
        known = {one.name: one for one in session.tasks()}
        assert self.task in known, f"the plugin registers no task {self.task!r}"
        assert known[self.task].title, "set the title of the TaskDescription"
        for text in known[self.task].warnings:
            warnings.warn(f"the task {self.task!r}: {text}", stacklevel=2)
        script = make_script(self.task)
        assert self.task == type(script).TASKNAME, f"the TASKNAME of the script is not {self.task!r}"
        unknown = required_content.unknown_numbers(script)
        assert unknown == [], f"no file can have this content: {'; '.join(unknown)}"

    def test_it_runs_and_sets_every_output(self, hook_session: OpenSession) -> None:
        """The task ends with success, reports it, and sets every output that its def file declares, in its directory.

        A content flag or a sub-type of an output is one of its class, a KPI that the plugin describes has the name of a
        value, and no value is lost because its name is misspelt, in the container of the task or in that of a sub-job.
        """
        outcome, seen = self._run(hook_session)
        said = [str(one) for one in outcome.problems]
        assert outcome.status is JobStatus.FINISHED, f"the task ended as {outcome.status.name}: {said}"
        assert seen.has_reported, (
            "call reportStatus(status) at the end of process(); without it, CCP4i2 alone does not end the job"
        )
        assert list(seen.lost) == [], f"the script has set values that are lost: {'; '.join(seen.lost)}"
        assert seen.faults == [], f"the outputs have faults: {'; '.join(seen.faults)}"
        missing = sorted(name for name, is_set in seen.outputs.items() if not is_set and name not in self.optional)
        assert missing == [], f"these outputs were not set, or their files do not exist: {', '.join(missing)}"
        self._require_described_keys({key for values in seen.values.values() for key in values}, outcome)

    def _require_described_keys(self, keys: set[str], outcome: Outcome) -> None:
        """Refuse a description of a KPI whose key differs only a little from that of a value."""
        keys |= {kpi.key for kpi in outcome.kpis}
        described = {one.key for answer in answers(self.loaded(), "describe_kpis") for one in answer}
        for key in sorted(described - keys):
            near = nearest(key, keys - described, cutoff=SIMILAR)
            assert not near, f"describe_kpis describes {key!r}, but the task sets {near[0]!r}"

    def test_it_does_the_same_again(self, hook_session: OpenSession) -> None:
        """The task writes the same files and values when it runs again with the same parameters."""
        found = []
        for _ in range(2):
            outcome, seen = self._run(hook_session)
            files = {file.parameter: self.content_of(file.path) for file in outcome.files}
            found.append((files, seen.values, {kpi.key: kpi.value for kpi in outcome.kpis}))
        (files, *values), (again, *values_again) = found
        changed = sorted(name for name in files.keys() | again.keys() if files.get(name) != again.get(name))
        assert changed == [], f"these files differ when the task runs again: {', '.join(changed)}"
        assert values == values_again, "the values differ when the task runs again"

    def test_cancelling_ends_its_programs(self, hook_session: OpenSession, monkeypatch: pytest.MonkeyPatch) -> None:
        """No program is left when a job is cancelled while its first program runs. A task without programs passes."""
        if os.name != "posix":
            pytest.skip("a program can be stopped for a while on POSIX only")
        import asyncio  # noqa: PLC0415 - start-up time

        import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

        # The first run starts what stays: the process that watches over programs, and how ccp4hooks follows them.
        self._run(hook_session)
        session, own = self._session(hook_session), psutil.Process()
        before = set(own.children(recursive=True))
        first = asyncio.run(self._cancelled(session, monkeypatch, lambda: set(own.children(recursive=True)) - before))
        deadline = time.monotonic() + ENDING_S
        while (left := _running(set(own.children(recursive=True)) - before)) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for program in first:
            program.poll()  # The script may have been interrupted before it knew of its program.
        assert left == [], f"{len(left)} programs of the job were left running when it was cancelled"

    async def _cancelled(
        self, session: Session, monkeypatch: pytest.MonkeyPatch, started: Callable[[], Collection[Any]]
    ) -> Collection[Program]:
        """Run the task, cancel it as soon as it has started a program, and return this program.

        The program is stopped for a while, so that it cannot end.
        """
        import asyncio  # noqa: PLC0415 - start-up time

        from ccp4hooks.aio.tasks import run_task_async  # noqa: PLC0415 - start-up time

        with monkeypatch.context() as patch:
            stopped = _stop_first_program(patch)
            running = asyncio.ensure_future(run_task_async(session, self.task, self.values, project="cancelled"))
            while not running.done() and not started():  # noqa: ASYNC110 - nothing tells of such a program
                await asyncio.sleep(POLL_S)
            running.cancel()
            # By now it was asked to end, which it does as soon as it goes on. Otherwise it would be killed much later.
            asyncio.get_running_loop().call_later(ASKED_S, _go_on, stopped)
            await asyncio.gather(running, return_exceptions=True)
        return stopped

    def _session(self, hook_session: OpenSession, *more: Any) -> Session:
        return hook_session(self.the_plugin(), *self.others, *more)

    def _run(self, hook_session: OpenSession) -> tuple[Outcome, _Seen]:
        """Run the task, and return its outcome and what its script has set."""
        seen = _Seen()
        result = self._session(hook_session, seen).run(self.task, list(self.values.items()), project="contract")
        return result.outcome, seen


@dataclass(slots=True)
class _Seen:
    """A plugin that notes what the script of a top-level job has set, and what it and its sub-jobs have set in vain.

    Attributes:
        has_reported: Whether the script has reported its status.
        faults: What is wrong with the output files, one line each.
        lost: The values that are set where nothing keeps them, one sentence each, in the order in which they are found.
        outputs: Whether each output file and performance indicator is set, by parameter.
        values: The values of each performance indicator, by parameter.
    """

    has_reported: bool = False
    faults: list[str] = field(default_factory=list)
    lost: dict[str, None] = field(default_factory=dict)
    outputs: dict[str, bool] = field(default_factory=dict)
    values: dict[str, dict[str, KpiValue]] = field(default_factory=dict)

    @hookimpl.pre_import
    def pre_import(self, job: Job, script: Script) -> tuple[Problem, ...]:
        """Note the values that a script has set in vain for its sub-job. Return no problem."""
        if job.parent_uuid is not None:
            self._note_lost(job, script)
        return ()

    def _note_lost(self, job: Job, script: Script) -> None:
        place = f"sub-job {job.number} ({job.task}): " if job.parent_uuid is not None else ""
        self.lost |= dict.fromkeys(f"{place}{text}" for text in lost_values.lost_values(script))

    @hookimpl.post_execute
    def post_execute(self, job: Job, script: Script) -> None:
        """Note the outputs, and the values that the script itself has set in vain."""
        if not containers.is_of_ccp4i2(type(script)):
            self._note_lost(job, script)
        if job.parent_uuid is not None:
            return
        self.has_reported = script.get_status() is not None
        files = {}
        for parameter, obj, path in file_objects.existing_outputs(script):
            files[parameter] = path
            self.faults += (f"{parameter} {fault}" for fault in _faults(job, obj, path))
        top = dict(containers.children(script.container)).get("outputData")
        closed = ("CDataFile", "CPerformanceIndicator")
        for parameter, obj in () if top is None else containers.walk(top, "outputData", closed=closed):
            if containers.is_a(obj, "CDataFile"):
                self.outputs[parameter] = parameter in files
            elif containers.is_a(obj, "CPerformanceIndicator"):
                self.values[parameter] = introspection.extract_kpi_values(obj)
                self.outputs[parameter] = bool(self.values[parameter])


def _faults(job: Job, obj: DataFile, path: Path) -> Iterator[str]:
    """Yield what is wrong with an output file of a job."""
    cure = "copy it to the path that checkOutputData() has set"
    if job.directory not in path.parents:
        yield f"is {path}, outside the directory of the job: {cure}"
    elif any(part.startswith(JOB_PREFIX) for part in path.relative_to(job.directory).parts[:-1]):
        yield f"is the file of a sub-job, {path.relative_to(job.directory)}: {cure}"
    facts = file_objects.file_facts(obj)
    for name, field_name, beginning in CODES:
        known = containers.constants(type(obj), beginning)
        value = facts[field_name]
        if known and value is not None and value not in known.values():
            yield f"has the {name} {value}, which is none of its class: {', '.join(sorted(known))}"


def _stop_first_program(patch: pytest.MonkeyPatch) -> list[Program]:
    """Stop the first program that this process starts, and return a list that gets it."""
    start = subprocess.Popen.__init__
    stopped: list[Program] = []

    def stopping(program: Program, *arguments: Any, **options: Any) -> None:
        start(program, *arguments, **options)
        if not stopped:
            stopped.append(program)
            with suppress(ProcessLookupError):
                program.send_signal(signal.SIGSTOP)

    patch.setattr(subprocess.Popen, "__init__", stopping)
    return stopped


def _go_on(programs: Collection[Program]) -> None:
    for program in programs:
        with suppress(ProcessLookupError):
            program.send_signal(signal.SIGCONT)


def _running(processes: Collection[Any]) -> list[Any]:
    import psutil  # noqa: PLC0415 - start-up time

    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
