"""Jobs on machines that share no files with this one: whether they are alive, and what of them has arrived here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure
from ccp4hooks.failures import attempt as attempted
from ccp4hooks.model import Fate
from ccp4hooks.outcomes import carried_files
from ccp4hooks.outcomes.carried_results import take_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccp4hooks.model import Attempt, Handle
    from ccp4hooks.outcomes.attempt_files import Began

LONG_S = 86_400.0
"""Silence of a process that is known to have ended [s]."""


def note_gone(attempts: Iterable[Attempt], fates: Mapping[Handle, Fate]) -> None:
    """Note since when jobs are gone, as their engine says. No answer changes nothing."""
    for one in attempts:
        fate = Fate.UNKNOWN if one.handle is None else fates[one.handle]
        if fate is not Fate.UNKNOWN:
            attempted(partial(carried_files.note_gone, one.job, one.number, gone=fate is Fate.GONE))


def is_gone_for(attempt: Attempt, time_s: float) -> bool:
    """Return whether a job has been gone for so long that its files have arrived, if they were sent."""
    return carried_files.gone_s(attempt.job, attempt.number) >= time_s


def take_result(attempt: Attempt) -> Failure | None:
    """Take the result of an attempt into the job directory if it has arrived; return why that is not possible now."""
    taken = attempted(take_in, attempt.job, attempt.number)
    return taken if isinstance(taken, Failure) else None


def silence_s(attempt: Attempt, began: Began, taken: Failure | None) -> float:
    """Return for how long nobody has said that a job is alive whose machine sends nothing while it runs [s].

    It counts as alive as long as its engine does not say the contrary. A machine that has ended the job without a
    result says so itself.

    Args:
        attempt: The attempt.
        began: What its machine has said of its beginning.
        taken: What `take_result` has returned.
    """
    if taken is not None:
        return 0.0  # The result is here, and is not lost.
    note = carried_files.read_note(attempt.job, attempt.number)
    if note is not None and note.failure:
        return LONG_S
    if attempt.handle is None:
        return began.silent_s  # Nobody can be asked.
    return carried_files.gone_s(attempt.job, attempt.number)


def missing_result(attempt: Attempt) -> str:
    """Return why an attempt has no result, as its machine says; empty if it says nothing."""
    return carried_files.missing_result(attempt.job, attempt.number)


def remove_input(attempt: Attempt) -> None:
    """Remove the archive for an attempt that does not begin."""
    carried_files.remove(attempt.job, attempt.number, carried_files.INPUT)
