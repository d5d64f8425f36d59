"""Run the ``process()`` of a script, and call the hooks before and after it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from ccp4hooks import hookspecs
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import inputs, lifecycle
from ccp4hooks.model import FinishStatus, JobStatus
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.runtime import signals, stdio
from ccp4hooks.runtime.subprocesses import Programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccp4hooks.jobs.active_job import ActiveJob

POLL_S = 0.05
"""Interval at which the state of a pipeline that returned early is read [s]."""

QUIET_S = 2.0
"""Time without a running job after which a pipeline that returned early without a report counts as ended [s]."""


class JobsOfRun(Protocol):
    """The jobs of one run, as `ScriptProcess` needs them."""

    def all_jobs(self) -> Iterable[ActiveJob]:
        """Return the jobs of the run."""


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
        self._programs = Programs()
        self._interrupt: signals.Interrupt | None = None
        self._returned = threading.Event()
        self.called = False
        self.failure: Failure | None = None
        self.result: Any = None

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Run the script and return what it returns."""
        active = self._active
        if active.outcome is not None:
            # The job is recorded. Another run of its script is the caller's responsibility.
            return self._process(*arguments, **options)
        if active.tracked:
            return self._call(arguments, options)
        with stdio.output_to(active.job.directory / OUTPUT_FILE):
            if not _may_run(active):
                lifecycle.end(active, None)
                return scripts.report(active.script, FinishStatus.FAILED)
            return self._whole_job(arguments, options)

    def _whole_job(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        active = self._active
        scripts.set_output_paths(active.script, save=True)
        lifecycle.start(active)
        status: JobStatus | None = JobStatus.INTERRUPTED
        try:
            result = attempt(self._call, arguments, options)
            status = None
        finally:
            # `attempt` does not catch Ctrl-C, but the job must end.
            if status is not None:
                lifecycle.end(active, None, status)
        if isinstance(result, Failure):
            lifecycle.end(active, None)
            raise result.error
        if scripts.still_running(active.script, result):
            active.in_background = True
        else:
            lifecycle.end(active, self.finish())
        return result

    def _call(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        active = self._active
        self.called = True
        self._returned.clear()
        threads = frozenset(threading.enumerate())
        try:
            with (
                stdio.output_to(active.job.directory / OUTPUT_FILE),
                self._programs.tracked(),
                signals.interruptible() as self._interrupt,
            ):
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
            if any(other.status.is_running for other in others):
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
            if any(scripts.program_running(job.script) for job in left):
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
        """Return the finish status of the script, or None if it raised an exception."""
        if self.failure is not None:
            return None
        if not self.called and self._active.reported is None:
            # The caller that tracks the job has done the work itself, without an exception.
            return FinishStatus.SUCCEEDED
        return _finish(self._active, self.result)


def _may_run(active: ActiveJob) -> bool:
    """Call `pre_import`, import the input files of a sub-job, and return whether it may run."""
    if active.check(hookspecs.pre_import, script=active.script):
        return False
    blocking = attempt(inputs.import_files, active)
    if isinstance(blocking, Failure):
        active.note(f"its input files could not be imported: {blocking.reason}")
        return False
    return not blocking


def _has_ended(active: ActiveJob) -> bool:
    """Return whether a job has ended, or has reported its end to the caller that will end it."""
    return active.outcome is not None or (active.tracked and active.reported is not None)


def _finish(active: ActiveJob, result: Any) -> FinishStatus:
    """Return the worst of the finish statuses that a script has reported and returned.

    Args:
        active: Its job.
        result: The value that ``process()`` returned, possibly None.
    """
    returned = FinishStatus(result) if isinstance(result, int) and result in _FINISHES else None
    # A script that has reported its end is not running any more, whatever it returned.
    known = [
        finish
        for finish in (active.reported, returned)
        if finish is not None and (finish is not FinishStatus.RUNNING or active.reported is None)
    ]
    if not known:
        checked = attempt(scripts.check_exit, active.script)
        known = [FinishStatus.FAILED if isinstance(checked, Failure) or checked else FinishStatus.SUCCEEDED]
    return max(known, key=_BADNESS.index)


_FINISHES = frozenset(int(status) for status in FinishStatus)
_BADNESS = (FinishStatus.SUCCEEDED, FinishStatus.UNSATISFACTORY, FinishStatus.RUNNING, FinishStatus.FAILED)
