"""A script's ``process()`` with the hooks around it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import inputs
from ccp4hooks.model import FinishStatus, JobStatus
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.plugins.dispatcher import Failure, attempt
from ccp4hooks.runtime import signals, stdio
from ccp4hooks.runtime.subprocesses import Programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.jobs.active_job import Life


class Execution:
    """Stands in for a script's ``process``: the same call, what it prints, starts and returns noted.

    A sub-job's takes it from its input files to its end, unless somebody else sees to that.

    Args:
        life: The job.
        process: The script's own ``process``.

    Attributes:
        called: Whether the script's ``process`` was called.
        failure: What it raised.
        result: What it returned.
    """

    def __init__(self, life: Life, process: Callable[..., Any]) -> None:
        self._life = life
        self._process = process
        self._programs = Programs()
        self._interrupt: signals.Interrupt | None = None
        self._over = threading.Event()
        self.called = False
        self.failure: Failure | None = None
        self.result: Any = None

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Run the script and return what it returns."""
        life = self._life
        if life.outcome is not None:
            # Run once more: the job is recorded, this is its maker's own affair.
            return self._process(*arguments, **options)
        if life.guided:
            return self._run(arguments, options)
        with stdio.output_to(life.job.directory / OUTPUT_FILE):
            if life.ask() or attempt_import(life):
                life.end(None)
                return scripts.report(life.script, FinishStatus.FAILED)
            return self._whole(arguments, options)

    def _whole(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        life = self._life
        scripts.set_output_paths(life.script, save=True)
        life.start()
        status: JobStatus | None = JobStatus.INTERRUPTED
        try:
            result = attempt(self._run, arguments, options)
            status = None
        finally:
            # Left by Ctrl-C: that passes, but the job's end is true.
            if status is not None:
                life.end(None, status)
        if isinstance(result, Failure):
            life.end(None)
            raise result.error
        if scripts.still_running(life.script, result):
            life.left = True
        else:
            life.end(self.finish())
        return result

    def _run(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        life = self._life
        self.called = True
        self._over.clear()
        threads = frozenset(threading.enumerate())
        try:
            with (
                stdio.output_to(life.job.directory / OUTPUT_FILE),
                self._programs.noted(),
                signals.interruptible() as self._interrupt,
            ):
                result = attempt(self._process, *arguments, **options)
                if isinstance(result, Failure):
                    self.failure = result
                    life.fail("process", result)
                    raise result.error
                self._await_end(result, threads)
        except KeyboardInterrupt:
            self._programs.stop()
            raise
        finally:
            self._over.set()
        self.result = result
        return result

    def _await_end(self, result: Any, threads: frozenset[threading.Thread]) -> None:
        """Wait for what a job that somebody guides has left running when it returned."""
        life = self._life
        if not life.guided:
            return
        if life.job.parent_uuid is None and (result is None or result == FinishStatus.RUNNING):
            life.run.wait(life, threads)
        elif scripts.still_running(life.script, result):
            life.left = True
        life.run.wait_for_programs()

    def stop(self, patience_s: float) -> None:
        """Stop the script and its programs from another thread, and wait until it has returned.

        Args:
            patience_s: How long to wait for code that does not listen [s].
        """
        if self.called and not self._over.is_set():
            if self._interrupt is not None:
                self._interrupt.fire()
            self._programs.stop()
            self._over.wait(patience_s)

    def finish(self) -> FinishStatus | None:
        """Return how the script ended; None if it raised."""
        if self.failure is not None:
            return None
        if not self.called and self._life.reported is None:
            # The work was done by whoever guides the job, and nothing went wrong.
            return FinishStatus.SUCCEEDED
        return finish_of(self._life, self.result)


def attempt_import(life: Life) -> bool:
    """Bring in a sub-job's files; return whether something speaks against running it."""
    refusals = attempt(inputs.bring_in, life)
    if isinstance(refusals, Failure):
        life.note(f"its files could not be brought in: {refusals.reason}")
        return True
    return bool(refusals)


def finish_of(life: Life, result: Any) -> FinishStatus:
    """Return how a script ended, of all that it says the worst.

    Args:
        life: Its job; `reported` is what it reported.
        result: What ``process()`` returned, None included.
    """
    said = [life.reported, FinishStatus(result) if isinstance(result, int) and result in _FINISHES else None]
    # One that has reported since is not running any more, whatever it returned.
    words = [word for word in said if word is not None and (word is not FinishStatus.RUNNING or life.reported is None)]
    if not words:
        checked = attempt(scripts.check_exit, life.script)
        words = [FinishStatus.FAILED if isinstance(checked, Failure) or checked else FinishStatus.SUCCEEDED]
    return max(words, key=_BADNESS.index)


_FINISHES = frozenset(int(status) for status in FinishStatus)
_BADNESS = (FinishStatus.SUCCEEDED, FinishStatus.UNSATISFACTORY, FinishStatus.RUNNING, FinishStatus.FAILED)
