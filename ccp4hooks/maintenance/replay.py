"""Record the outcome files of a project in the database, again or for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.maintenance.recording import record, unless_unavailable
from ccp4hooks.maintenance.rewriting import rewrite
from ccp4hooks.model import Job, JobRequest, MaintenanceResult, Outcome
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from uuid import UUID

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Project


def replay(session: SessionContext, project: Project, number: str | None) -> MaintenanceResult:
    """Record the outcome files of a project; see `Session.replay`."""
    queries = session.queries
    queries.require_database()
    paths.require_directory(project)
    missing = rewrite(session, project, number).problems
    found, faults = queries.read_on_disk(project, number)
    if faults and not found and number is not None:
        raise BadInputError(faults[0])
    if not found and not faults and not missing:
        which = f"job {number}" if number else "any job"
        raise BadInputError(
            f"No outcome file of {which} exists below {project.jobs_directory}, so there is nothing to record. "
            f"`ccp4hooks jobs {project.name}` lists the recorded jobs; `ccp4hooks replay --from DIR` adopts jobs from "
            "another directory."
        )
    before = {one.job.uuid: one for one in queries.recorded_outcomes(project) or ()}
    known = {uuid: one.job.number for uuid, one in before.items()}
    jobs: dict[str, Job] = {}
    opened: list[Outcome] = []
    problems = list(missing)
    for one in found:
        jobs[one.job.number] = one.job
        if known.get(one.job.uuid, one.job.number) != one.job.number:
            problems.append(
                f"job {one.job.number}: its outcome file contains the UUID of job {known[one.job.uuid]}, so the "
                "directory seems to be a copy. Remove one of them."
            )
            continue
        failure = None if one.job.uuid in known else unless_unavailable(attempt(_open, session, one, jobs))
        if isinstance(failure, Failure):
            problems.append(f"job {one.job.number}: {failure.reason}")
        else:
            opened.append(one)
    # Parents last, as in a run: the sub-jobs of a recorded parent are then recorded, even if this process dies.
    failed = {one.job.uuid: record(session.dispatcher, one) for one in reversed(opened)}
    for one in opened:
        problems.extend(failed[one.job.uuid])
    recorded = tuple(one for one in opened if not failed[one.job.uuid])
    unchanged = tuple(one.job.uuid for one in recorded if _is_recorded(before.get(one.job.uuid), one))
    return MaintenanceResult(outcomes=recorded, problems=tuple(problems), unreadable=faults, unchanged=unchanged)


def _is_recorded(before: Outcome | None, outcome: Outcome) -> bool:
    """Return whether a recorded outcome has the status, the files and the KPIs of an outcome file."""
    return before is not None and _content(before) == _content(outcome)


def _content(outcome: Outcome) -> tuple[object, ...]:
    files = {(file.uuid, file.path) for file in outcome.files}
    return outcome.status, files, {file.uuid for file in outcome.imported}, {kpi.key: kpi.value for kpi in outcome.kpis}


def _open(session: SessionContext, outcome: Outcome, jobs: dict[str, Job]) -> None:
    """Add a job that has run without a database to the database."""
    job = outcome.job
    request = JobRequest(
        uuid=job.uuid,
        task=job.task,
        title=job.title,
        project=job.project,
        owned=True,
        parent=jobs.get(job.number.parent or ""),
        number=job.number,
        replayed=True,
        created_at=outcome.created_at,
        started_at=outcome.started_at,
    )
    session.dispatcher.call(hookspecs.open_job, session.queries.journal, request=request)


def replay_all(session: SessionContext) -> MaintenanceResult:
    """Record the outcome files of all projects; see `Session.replay_all`."""
    queries = session.queries
    queries.require_database()
    projects = {one.directory.resolve(): one for one in (*queries.projects_on_disk(), *queries.projects())}
    outcomes: list[Outcome] = []
    problems: list[str] = []
    unreadable: list[str] = []
    unchanged: list[UUID] = []
    for one in projects.values():
        if not any(outcome_file.below(one.jobs_directory)):
            continue
        done = unless_unavailable(attempt(replay, session, one, None))
        if isinstance(done, Failure):
            problems.append(f"project {one.name}: {done.reason}")
        else:
            outcomes.extend(done.outcomes)
            problems.extend(done.problems)
            unreadable.extend(done.unreadable)
            unchanged.extend(done.unchanged)
    return MaintenanceResult(
        outcomes=tuple(outcomes),
        problems=tuple(problems),
        unreadable=tuple(unreadable),
        unchanged=tuple(unchanged),
    )
