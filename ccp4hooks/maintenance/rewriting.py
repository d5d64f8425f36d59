"""Write the outcome files of recorded jobs that lack one, for instance because the disk was full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import MaintenanceResult
from ccp4hooks.outcomes import checks, outcome_file
from ccp4hooks.runtime import os_errors

if TYPE_CHECKING:
    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Outcome, Project


def rewrite(session: SessionContext, project: Project, number: str | None = None) -> MaintenanceResult:
    """Write the missing outcome files of ended jobs from the database, and return their outcomes.

    Left out are jobs that CCP4i2 has run without ccp4hooks, and jobs whose directory was removed. Problems, timings
    and the details of files that only an outcome file has are lost.

    Args:
        session: The session.
        project: The project.
        number: For one job and its sub-jobs; None for all.
    """
    written, problems = [], []
    for one in session.queries.recorded_outcomes(project, number) or ():
        if not _lacks_file(one):
            continue
        found = _in_full(session, one)
        done = attempt(outcome_file.write, found)
        if isinstance(done, Failure):
            why = os_errors.message(done.error) if isinstance(done.error, OSError) else done.reason
            problems.append(f"job {one.job.number} of {project.name}: its outcome file cannot be written: {why}")
        else:
            written.append(found)
    return MaintenanceResult(outcomes=tuple(written), problems=tuple(problems))


def _in_full(session: SessionContext, recorded: Outcome) -> Outcome:
    """Return a recorded outcome with what a database returns for one job only: parameters, results, provenance."""
    job = recorded.job
    found = session.queries.recorded_outcomes(job.project, job.number) or ()
    return next((one for one in found if one.job.uuid == job.uuid), recorded)


def _lacks_file(recorded: Outcome) -> bool:
    return checks.is_rewritable(recorded) and not (recorded.job.directory / outcome_file.FILE_NAME).exists()
