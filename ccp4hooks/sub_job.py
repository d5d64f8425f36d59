"""A sub-job's script, run with the hooks around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks import adapter, capture, intake
from ccp4hooks.dispatch import Failure, attempt
from ccp4hooks.log import OUTPUT_FILE
from ccp4hooks.model import FinishStatus, JobStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.life import Life


class SubJob:
    """Stands in for a sub-job script's ``process``: the same call, with the hooks around it.

    Args:
        life: The sub-job.
        process: The script's own ``process``.
    """

    def __init__(self, life: Life, process: Callable[..., Any]) -> None:
        self._life = life
        self._process = process

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Run the sub-job and return what its script returns."""
        life = self._life
        if life.outcome is not None:
            # A script run a second time: its job is recorded, this is the parent's own affair.
            return self._process(*arguments, **options)
        with capture.output_to(life.job.directory / OUTPUT_FILE):
            if self._refused():
                return adapter.report(life.script, FinishStatus.FAILED)
            return self._executed(arguments, options)

    def _refused(self) -> bool:
        life = self._life
        if life.ask() or attempt_import(life):
            life.end(None)
            return True
        return False

    def _executed(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        life = self._life
        adapter.set_output_paths(life.script)
        life.start()
        result = None
        status: JobStatus | None = JobStatus.INTERRUPTED
        try:
            result = attempt(self._process, *arguments, **options)
            status = None
        finally:
            # Left by Ctrl-C: that passes, but the job's end is true.
            if status is not None:
                life.end(None, status)
        if isinstance(result, Failure):
            life.fail("process", result)
            life.end(None)
            raise result.error
        if adapter.still_running(life.script, result):
            life.left = True
        else:
            life.end(finish_of(life, result))
        return result


def attempt_import(life: Life) -> bool:
    """Bring in a sub-job's files; return whether something speaks against running it."""
    refusals = attempt(intake.bring_in, life)
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
        checked = attempt(adapter.check_exit, life.script)
        words = [FinishStatus.FAILED if isinstance(checked, Failure) or checked else FinishStatus.SUCCEEDED]
    return max(words, key=_BADNESS.index)


_FINISHES = frozenset(int(status) for status in FinishStatus)
_BADNESS = (FinishStatus.SUCCEEDED, FinishStatus.UNSATISFACTORY, FinishStatus.RUNNING, FinishStatus.FAILED)
