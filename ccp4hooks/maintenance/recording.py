"""Record the outcome of an ended job again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ccp4hooks import hookspecs
from ccp4hooks.errors import StoreUnavailableError
from ccp4hooks.failures import Failure
from ccp4hooks.plugins.dispatcher import Journal

if TYPE_CHECKING:
    from ccp4hooks.model import Outcome
    from ccp4hooks.plugins.dispatcher import Dispatcher

T = TypeVar("T")


def record(dispatcher: Dispatcher, outcome: Outcome) -> list[str]:
    """Call the sinks with an outcome again, and return their failures, one line each.

    Raises:
        StoreUnavailableError: No job can be recorded at present.
    """
    journal = Journal()
    failed = dispatcher.call(hookspecs.job_finished, journal, job=outcome.job, outcome=outcome).failures
    require_available(journal)
    return [f"job {outcome.job.number}: {problem.message}" for problem in failed]


def require_available(journal: Journal) -> None:
    """Stop before the next job if the database was unavailable, because each job would wait for it.

    Raises:
        StoreUnavailableError: The database was unavailable.
    """
    if journal.unavailable is not None:
        raise journal.unavailable


def unless_unavailable(done: T | Failure) -> T | Failure:
    """Return a result, or the failure of one job.

    Raises:
        StoreUnavailableError: The database is unavailable. The calls that follow would wait for it and fail as well.
    """
    if isinstance(done, Failure) and isinstance(done.error, StoreUnavailableError):
        raise done.error
    return done
