"""Recover jobs whose process has died: end and record them."""

from __future__ import annotations

import filecmp
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.jobs import lifecycle
from ccp4hooks.maintenance import debris, job_copies
from ccp4hooks.maintenance.engine_jobs import EngineJobs, cancel_sub_job, stop_all, unfinished_handles
from ccp4hooks.maintenance.recording import record, require_available, unless_unavailable
from ccp4hooks.maintenance.replay import replay
from ccp4hooks.maintenance.resumption import resumed
from ccp4hooks.model import FinishStatus, Job, JobStatus, MaintenanceResult, Outcome, Severity
from ccp4hooks.outcomes.checks import valid_outcome
from ccp4hooks.outcomes.job_traces import read_traces
from ccp4hooks.runtime import paths, sharing, stdio, subprocesses

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.jobs.active_job import ActiveJob
    from ccp4hooks.jobs.job_tree import JobTree
    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import OwnedJob, Project


_ONE_AT_A_TIME = threading.RLock()
"""Held by the recovery of this process; a job that this process owns to recover it is thus one that it gave up."""


def recover(
    session: SessionContext,
    project: Project | None,
    *,
    thorough: bool,
    gone: Collection[UUID] = (),
    limit_s: float | None = None,
) -> MaintenanceResult:
    """Mark jobs whose process has died as interrupted and record their output; see `Session.recover`.

    This process first becomes the owner of each job. It leaves out a job that it cannot own, because another process
    recovers that job, or because the job has ended or is alive after all.

    Args:
        session: The session.
        project: The project; None for all.
        thorough: Whether to look for debris in the directories of all jobs, and not only of those that are recovered.
        gone: Jobs whose process was ended by its engine, as the caller knows.
        limit_s: Longest time to wait for the answer of an engine [s]; None for what its settings say.
    """
    with _ONE_AT_A_TIME:
        # First the engines: what they have ended by then records nothing more.
        engines = EngineJobs.of(session, project, limit_s)
        return _recover(session, project, engines, thorough=thorough, gone=gone)


def _recover(
    session: SessionContext,
    project: Project | None,
    engines: EngineJobs,
    *,
    thorough: bool,
    gone: Collection[UUID],
) -> MaintenanceResult:
    engines = replace(engines, gone=engines.gone | frozenset(gone))
    owned = [replace(one, alive=engines.is_alive(one)) for one in session.queries.owned_jobs(project)]
    unstarted = engines.end_waiting(session)
    lost = [one for one in owned if not one.alive or valid_outcome(one.job) is not None]
    lost, problems = _within_reach(lost)
    alive = [one.job for one in owned if one.alive]
    lost = [one for one in lost if not _shares_import(one.job, alive) and engines.may_end(session, one)]
    left = [one for one in lost if not one.alive and not _is_taken_over(session, one)]
    alive += [one.job for one in left]
    lost = [one for one in lost if one not in left]
    # Sub-jobs first, as in a run, where a parent ends its sub-jobs.
    lost.sort(key=lambda one: len(one.job.number.parts), reverse=True)
    stopped = _stopped_programs([one.job for one in lost if not one.alive])
    done = [_ended(session, one, stopped) for one in lost]
    _remove_orphans(session, owned, lost)
    debris.sweep(session, lost, alive, project, thorough=thorough)
    _clean_up(session, owned, project, left)
    return MaintenanceResult(
        outcomes=(*unstarted, *(outcome for one in done for outcome in one.outcomes)),
        problems=(*engines.problems, *problems, *(problem for one in done for problem in one.problems)),
        silent=engines.silent,
    )


def _ended(session: SessionContext, one: OwnedJob, stopped: Sequence[str]) -> MaintenanceResult:
    """End one job and record it, with the sub-jobs that waited for its process.

    Args:
        session: The session.
        one: The job.
        stopped: The programs that its process and others have left behind, as far as they were found.

    Raises:
        StoreUnavailableError: No job can be recorded at present.
    """
    outcomes: list[Outcome] = []
    problems: list[str] = []
    job_copies.settle(one.job)
    if not one.alive:
        below = unless_unavailable(attempt(_cancelled_below, session, one.job))
        if isinstance(below, Failure):
            problems.append(f"waiting sub-jobs of job {one.job.number}: {below.reason}")
        else:
            outcomes.extend(below)
    unknown = _has_unknown(session, one.job)
    if not unknown:
        tree = session.new_tree(one.job.project)
        with stdio.output_dropped():
            ended = unless_unavailable(attempt(_recovered, tree, one, stopped))
        if isinstance(ended, Failure):
            problems.append(f"job {one.job.number} of {one.job.project.name}: {ended.reason}")
        else:
            outcomes.append(ended)
        problems.extend(tree.context.not_recorded)
    # A machine without the database may have run sub-jobs that only their directories know.
    if unknown or (session.engines.by_file and _has_unknown(session, one.job)):
        whole = replay(session, one.job.project, one.job.number)
        ended_now = {done.job.uuid for done in outcomes}
        outcomes.extend(new for new in whole.outcomes if new.job.uuid not in ended_now)
        problems.extend((*whole.problems, *whole.unreadable))
    return MaintenanceResult(outcomes=tuple(outcomes), problems=tuple(problems))


def _within_reach(lost: Sequence[OwnedJob]) -> tuple[list[OwnedJob], list[str]]:
    """Return the jobs whose directories exist and can be written, and for each other job why it is not recovered."""
    found, problems = [], []
    for one in lost:
        fault = attempt(paths.require_directory, one.job.project)
        if isinstance(fault, Failure):
            problems.append(f"job {one.job.number} of {one.job.project.name}: {fault.reason}")
        elif not sharing.is_writable(one.job.directory):
            problems.append(_belongs_to_another(one.job))
        else:
            found.append(one)
    return found, problems


def _belongs_to_another(job: Job) -> str:
    """Return why a job in a directory that this user cannot write is not recovered."""
    return (
        f"job {job.number} of {job.project.name}: its directory {job.directory} belongs to "
        f"{sharing.owner_of(job.directory)}, and you cannot write to it. Ask that user to run `ccp4hooks recover`."
    )


def _stopped_programs(jobs: Sequence[Job]) -> list[str]:
    """Stop the programs on this machine that the dead processes of these jobs have left behind, and return their names.

    A job whose program was dispatched to another machine has left nothing behind: its processes are CCP4i2's.
    """
    left = {str(job.uuid) for job in jobs if not read_traces(job).dispatched}
    return [f"{name} ({pid})" for name, pid in subprocesses.stop_marked(left)] if left else []


def _is_taken_over(session: SessionContext, one: OwnedJob) -> bool:
    """Make this process the owner of a job, and return whether it is; without a plugin that records owners, it is.

    Raises:
        StoreError: The owner cannot be recorded.
    """
    answer = session.dispatcher.call(hookspecs.take_over_job, session.queries.journal, owned=one).value
    return answer is not False


def _has_unknown(session: SessionContext, job: Job) -> bool:
    """Return whether a job has an outcome file, and a sub-job with an outcome file that is not recorded."""
    if valid_outcome(job) is None:
        return False
    recorded = session.queries.recorded_outcomes(job.project, job.number) or ()
    known = {one.job.uuid for one in recorded}
    return any(one.job.uuid not in known for one in session.queries.outcomes_on_disk(job.project, job.number))


def _cancelled_below(session: SessionContext, job: Job) -> list[Outcome]:
    """End the sub-jobs that wait for a process which has died, and return their outcomes.

    Engines are asked to end those that they have.
    """
    recorded = session.queries.recorded_outcomes(job.project, job.number) or ()
    below = [one for one in recorded if one.job.uuid != job.uuid]
    handles = unfinished_handles(session, [one.job for one in below if not one.status.is_over])
    # A sub-job that runs remotely does not depend on the process.
    waiting = [one for one in reversed(below) if one.status.is_waiting]
    ended = [outcome for one in waiting for outcome in cancel_sub_job(session, one)]
    stop_all(session, handles)
    return ended


def _recovered(tree: JobTree, owned: OwnedJob, stopped: Sequence[str]) -> Outcome:
    """End a job whose process has died: record its outcome file, or mark it as INTERRUPTED and extract its outputs.

    If the process had left the job to another machine and could not record that, the job becomes RUNNING_REMOTELY.

    Raises:
        StoreUnavailableError: No job can be recorded at present. The outcome file of the job remains valid.
    """
    written = valid_outcome(owned.job)
    if written is not None:
        tree.context.not_recorded.extend(record(tree.context.dispatcher, written))
        return written
    traces = read_traces(owned.job)
    dispatched = traces.dispatched
    active = resumed(tree, owned.job)
    if dispatched:
        ended = lifecycle.end(active, FinishStatus.DISPATCHED)
    else:
        active.note(f"The process that ran it ({owned.pid} on {owned.host}) has died.")
        if traces.request is not None:
            _end_carried(active, traces.request.attempt)
        for program in stopped:
            active.note(f"The program {program} was still running and was stopped.", severity=Severity.INFO)
        ended = lifecycle.end(active, None, JobStatus.INTERRUPTED)
    require_available(active.journal)
    return ended


def _end_carried(active: ActiveJob, number: int) -> None:
    """Note why an attempt has no result whose files were carried to another machine, and remove what it needed."""
    from ccp4hooks.outcomes import carried_files  # noqa: PLC0415 - start-up time

    why = carried_files.missing_result(active.job, number)
    if why:
        active.note(why)
    carried_files.remove(active.job, number, carried_files.INPUT)


# --- copies that were not finished --------------------------------------------------------------------------------


def _shares_import(job: Job, others: Collection[Job]) -> bool:
    """Return whether another job is importing a file whose import for this job did not finish.

    The copies cannot be assigned to the two jobs before the other job has logged its import.
    """
    mine = read_traces(job).unfinished
    return bool(mine) and any(mine & read_traces(one).unfinished for one in others if one.project == job.project)


def _remove_orphans(session: SessionContext, owned: Sequence[OwnedJob], lost: Sequence[OwnedJob]) -> None:
    noted = {file.path for one in owned for file in read_traces(one.job).imported} if lost else set()
    for one in lost:
        recorded = session.queries.recorded_outcomes(one.job.project) or ()
        imports = {file.path for outcome in recorded for file in outcome.imported}
        _remove_copies(one.job, imports | noted)


def _remove_copies(job: Job, known: Collection[Path]) -> None:
    """Remove copies that were made for a job whose process died before it logged them.

    A file is removed only if the source whose import had begun still exists with the same content.

    Args:
        job: The ended job.
        known: The imported files that are recorded, or that are in the log of a job that is not recorded yet.
    """
    folder = job.project.imports_directory
    sources = [path for path in read_traces(job).begun if path.is_file()]
    unknown = [path for path in folder.iterdir() if path not in known] if sources and folder.is_dir() else []
    for path in unknown:
        if path.is_file() and any(_is_copy(path, source) for source in sources):
            path.unlink(missing_ok=True)


def _is_copy(path: Path, source: Path) -> bool:
    return path.stat().st_size == source.stat().st_size and filecmp.cmp(path, source, shallow=False)


def _clean_up(
    session: SessionContext, owned: Sequence[OwnedJob], project: Project | None, left: Sequence[OwnedJob]
) -> None:
    """Call `clean_up` for the projects of these jobs in which no job is running or left to another process."""
    busy = {one.job.project.uuid for one in owned if one.alive or one in left}
    idle = {one.job.project.uuid: one.job.project for one in owned}
    if project is not None:
        idle[project.uuid] = project
    for uuid, one in idle.items():
        if uuid not in busy and one.directory.is_dir():
            session.dispatcher.call(hookspecs.clean_up, session.queries.journal, project=one)
