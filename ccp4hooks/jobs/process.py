"""Run the ``process()`` of a script, and call the hooks before and after it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from ccp4hooks import hookspecs
from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import inputs, lifecycle
from ccp4hooks.model import FinishStatus, JobStatus
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.runtime import exits, signals, stdio
from ccp4hooks.runtime.subprocesses import Programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from ccp4hooks.jobs.active_job import ActiveJob

POLL_S = 0.05
"""Interval at which the state of a pipeline that returned early is read [s]."""

QUIET_S = 2.0
"""Time without a running job after which a pipeline that returned early without a report counts as ended [s]."""


class JobsOfRun(Protocol):
    """The jobs of one run, as `ScriptProcess` needs them."""

    def all_jobs(self) -> Iterable[ActiveJob]:
        """Return the jobs of the run."""

    def progress_watched(self) -> AbstractContextManager[None]:
        """Return a context in which the progress of the programs of the run is reported."""


class ScriptProcess:
    """Replaces the ``process`` of a script: calls it, captures its output, and notes its programs and its result.

    For a sub-job that its caller does not track, the call also imports the input files and ends the job.

    Args:
        active: The job.
        process: The script's own ``process``.
        run: The jobs of the run. A pipeline may have to wait for them.

    Attributes:
        called: Whether the script's ``process`` was called.
        failure: The exception that it raised, or None if it raised none.
        result: The value that it returned.
    """

    def __init__(self, active: ActiveJob, process: Callable[..., Any], run: JobsOfRun) -> None:
        self._active = active
        self._process = process
        self._run = run
        self._programs = Programs(active.job.uuid, self._note_program)
        self._interrupt: signals.Interrupt | None = None
        self._returned = threading.Event()
        self._noted = False
        self.called = False
        self.failure: Failure | None = None
        self.result: Any = None

    def _note_program(self, pid: int, group: int | None, name: str) -> None:
        self._active.log("program_started", program=name, pid=pid, process_group=group)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Run the script and return what it returns."""
        active = self._active
        if active.outcome is not None:
            # The job is recorded. Another run of its script is the caller's responsibility.
            return self._process(*arguments, **options)
        if active.tracked:
            return self._call(arguments, options)
        with self._output():
            try:
                result = attempt(self._whole_job, arguments, options)
            except BaseException:
                # `attempt` does not catch Ctrl-C, but the job must end.
                lifecycle.end(active, None, JobStatus.INTERRUPTED)
                raise
            if not isinstance(result, Failure):
                return result
            if self.failure is not None:
                lifecycle.end(active, None)
                raise result.error
            # A fault of ccp4hooks itself. A pipeline that waits for the signal of the sub-job must get one.
            active.note_failure("job", result, subject="ccp4hooks")
            lifecycle.end(active, None)
            return scripts.report(active.script, FinishStatus.FAILED)

    @contextmanager
    def _output(self) -> Iterator[None]:
        """Write the output of the script to a file in the job directory, and note if it is incomplete."""
        active = self._active
        with stdio.output_to(active.job.directory / OUTPUT_FILE) as file:
            try:
                yield
            finally:
                if file.error is not None:
                    active.note(f"{OUTPUT_FILE} lacks output of the task: {file.error.strerror}")

    def _whole_job(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        active = self._active
        if not _may_run(active):
            lifecycle.end(active, None)
            return scripts.report(active.script, FinishStatus.FAILED)
        # Without the reserve, the sub-job runs as well.
        attempt(outcome_file.reserve, active.job)
        scripts.set_output_paths(active.script, save=True)
        lifecycle.start(active)
        result = self._call(arguments, options)
        if scripts.still_running(active.script, result):
            active.in_background = True
            if active.reported is not None:
                # The program has ended between the last two statements.
                lifecycle.end(active, active.reported)
        else:
            lifecycle.end(active, self.finish())
        return result

    def end_uncalled(self, finish: FinishStatus) -> None:
        """End a sub-job whose script has reported its end although its ``process()`` was not called.

        The pipeline has called single steps of the script.
        """
        active = self._active
        noted = attempt(inputs.note_uses, active)
        if isinstance(noted, Failure):
            active.note(f"the files that it reads could not be noted: {noted.reason}")
        lifecycle.start(active)
        lifecycle.end(active, finish)

    def _call(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        active = self._active
        self.called = True
        self._returned.clear()
        try:
            with (
                self._output(),
                self._run.progress_watched(),
                self._programs.tracked(),
                signals.interruptible() as self._interrupt,
                exits.exits_raised(),
            ):
                threads = frozenset(threading.enumerate())
                result = attempt(self._process, *arguments, **options)
                if isinstance(result, Failure):
                    self.failure = result
                    active.note_failure("process", result)
                    raise result.error
                self._wait_for_the_rest(result, threads)
        except KeyboardInterrupt:
            self._programs.stop()
            raise
        finally:
            self._returned.set()
        self.result = result
        return result

    def _wait_for_the_rest(self, result: Any, threads: frozenset[threading.Thread]) -> None:
        """Wait for the programs and sub-jobs of a tracked job that run after its ``process()`` has returned."""
        active = self._active
        if not active.tracked:
            return
        if active.job.parent_uuid is None and (result is None or result == FinishStatus.RUNNING):
            self._wait_for_report(threads)
        elif scripts.still_running(active.script, result):
            active.in_background = True
        self._wait_for_programs()

    def _wait_for_report(self, threads: frozenset[threading.Thread]) -> None:
        """Wait for a pipeline that returned before its sub-jobs ended, until it reports or no job is running any more.

        Args:
            threads: The threads that existed before the pipeline began.
        """
        quiet_since = time.monotonic()
        while self._active.reported is None and time.monotonic() - quiet_since < QUIET_S:
            others = [other for other in self._run.all_jobs() if other is not self._active]
            if any(_is_busy(other) for other in others):
                quiet_since = time.monotonic()
            elif not set(threading.enumerate()) - threads:
                return
            time.sleep(POLL_S)

    def _wait_for_programs(self) -> None:
        """Wait for programs that sub-jobs started in the background and that no script waited for."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            left = [job for job in self._run.all_jobs() if job.in_background and not _has_ended(job)]
            if not left:
                return
            if any(_is_busy(job) for job in left):
                quiet_since = time.monotonic()
            time.sleep(POLL_S)

    def stop(self, patience_s: float) -> None:
        """Stop the script and its programs from another thread, and wait until it has returned.

        Args:
            patience_s: Time to wait for code that does not react [s].
        """
        if self.called and not self._returned.is_set():
            if self._interrupt is not None:
                self._interrupt.fire()
            self._programs.stop()
            self._returned.wait(patience_s)

    def finish(self) -> FinishStatus | None:
        """Return the worst of the finish statuses that the script has reported, set and returned.

        None if it raised an exception.
        """
        if self.failure is not None:
            return None
        active = self._active
        said = [finish for finish in (active.reported, scripts.reported_status(active.script)) if finish is not None]
        returned = FinishStatus.from_report(self.result)
        known = said if returned is None else [*said, returned]
        if said:
            # A script that has reported its end is not running any more, whatever it returned.
            known = [finish for finish in known if finish is not FinishStatus.RUNNING]
        if known:
            return max(known, key=_BADNESS.index)
        if not self.called:
            return FinishStatus.SUCCEEDED
        checked = _checked(active)
        if checked is FinishStatus.SUCCEEDED:
            self._note_no_status()
        return checked

    def _note_no_status(self) -> None:
        """Note once that a script has neither reported nor returned a finish status, which counts as success."""
        if self._noted:
            return
        self._noted = True
        kind = type(self.result).__name__
        result = "nothing" if self.result is None else f"an object of type {kind}, which is no finish status,"
        self._active.note(
            f"process() returned {result} and the task reported no finish status. CCP4i2 takes this for success.",
            cure="Return CPluginScript.SUCCEEDED or CPluginScript.FAILED from process().",
            hook="process",
        )


def _may_run(active: ActiveJob) -> bool:
    """Call `pre_import`, import the input files of a sub-job, and return whether it may run.

    Raises:
        Exception: A fault of ccp4hooks itself.
    """
    if active.check(hookspecs.pre_import, script=active.script):
        return False
    blocking = attempt(inputs.import_files, active)
    if isinstance(blocking, Failure):
        if not isinstance(blocking.error, (Ccp4HooksError, OSError)):
            raise blocking.error
        active.note(f"its input files could not be imported: {blocking.reason}")
        return False
    return not blocking


def _is_busy(active: ActiveJob) -> bool:
    """Return whether a job is in its ``process()``, its program is running, or its script does the work after that.

    CCP4i2 drops an exception in that work, and the script then never reports its end.
    """
    if active.finishing:
        return True
    return scripts.program_running(active.script) if active.in_background else active.status is JobStatus.RUNNING


def _has_ended(active: ActiveJob) -> bool:
    """Return whether a job has ended, or has reported its end to the caller that will end it."""
    return active.outcome is not None or (active.tracked and active.reported is not None)


def _checked(active: ActiveJob) -> FinishStatus:
    """Return the finish status of a script that has reported none, from the exit of its program."""
    checked = attempt(scripts.check_exit, active.script)
    return FinishStatus.FAILED if isinstance(checked, Failure) or checked else FinishStatus.SUCCEEDED


_BADNESS = (
    FinishStatus.SUCCEEDED,
    FinishStatus.MARK_TO_DELETE,
    FinishStatus.UNSATISFACTORY,
    FinishStatus.RUNNING,
    FinishStatus.DISPATCHED,
    FinishStatus.INTERRUPTED,
    FinishStatus.FAILED,
)
