"""Take a task from a user's request through its whole job."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError, Ccp4HooksError, NotRecordedError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import fingerprint, inputs, lifecycle, outputs
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.scripts.db_handler import JobHandler
from ccp4hooks.jobs.scripts.resolve_job import proposed_job
from ccp4hooks.jobs.tracking import Tracked
from ccp4hooks.model import (
    Job,
    JobStatus,
    Outcome,
    Project,
    RunResult,
    SavedParameters,
    Severity,
    project_uuid,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_traces import read_traces
from ccp4hooks.runtime import paths, stdio
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.tasks.parameters import Context, Lookups, missing_inputs, set_parameters, still_valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ccp4hooks.jobs.job_tree import JobTree


def run_task(
    tree: JobTree,
    task: str,
    values: Iterable[tuple[str, str]],
    *,
    title: str,
    lookups: Lookups,
    keep: Path | None = None,
    saved: SavedParameters | None = None,
    find_same: Callable[[Project, str], RunResult | None] | None = None,
) -> RunResult:
    """Run a task and return the outcomes of its job and sub-jobs.

    A dry run uses a project of the same name in a scratch directory, which is removed at the end unless it is kept.

    Args:
        tree: The jobs of the run, none so far.
        task: TASKNAME.
        values: (name, value) pairs, see `ccp4hooks.tasks.parameters.set_parameters`.
        title: Title for users; if empty, the name of the task is used.
        lookups: Look up what the values refer to.
        keep: A new or empty directory for the project of a dry run, or None to keep nothing.
        saved: Parameters with which to begin, or None.
        find_same: Returns the result of an earlier job with a fingerprint, which is returned instead of a new one; None
            to run the task in any case.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The request is invalid. Nothing is left behind.
        RefusedError: A plugin refused the job.
        PluginError: A plugin whose answer was needed failed.
        NotRecordedError: The task ran, but a sink failed. The exception carries the result.
    """
    _require_empty(keep)
    run = tree.context
    with scratch_directory() as scratch, stdio.output_dropped():
        project = run.project
        context = Context(
            project=project,
            lookups=lookups,
            scratch=scratch,
            extracts=run.extracts,
        )
        scripts.require_batch_task(task)
        script = scripts.build_script(task, title, scratch)
        for file in () if saved is None else saved.files:
            run.remember(file)
        pairs = list(values)
        given = set_parameters(script, pairs, context, saved)
        missing = missing_inputs(script)
        if missing:
            raise BadInputError(f"The task {task!r} cannot run with these inputs:", missing)
        inputs.require_own_files(script, project)
        same = find_same(project, fingerprint.of_request(run, script)) if find_same is not None else None
        problems = () if saved is None else tuple(still_valid(script, saved.problems, pairs))
        if same is not None:
            return replace(same, problems=problems)
        where = _scratch_project(project, keep or scratch / project.name) if run.dry_run else project
        job = proposed_job(task, title, where, dry_run=run.dry_run)
        active = ActiveJob(run, job, script)
        active.given = given
        if saved is not None:
            active.variation_of = saved.job
        active.journal.problems.extend(problems)
        tracked = Tracked(tree, active)
        _run(tree, tracked)
    result = gather(tree, tracked.end())
    if not run.dry_run:
        return result
    return replace(result, outcomes=tuple(outcome_file.relocated(one, where, project) for one in result.outcomes))


def _run(tree: JobTree, tracked: Tracked) -> None:
    """Begin, run and end a job. An exception that its script raises is recorded in the outcome and is not raised.

    Raises:
        OSError: A file could not be read or written before the job was opened.
    """
    try:
        with tracked:
            result = attempt(tracked.process)
            if isinstance(result, Failure):
                tracked.end(result.error)
    except OSError as error:
        if tracked.outcome is None:
            raise
        tree.context.not_recorded.append(f"job {tracked.job.number}: {Failure.of(error).reason}")


def _scratch_project(project: Project, directory: Path) -> Project:
    directory = directory.absolute()
    return Project(name=project.name, directory=directory, uuid=project_uuid(directory))


def _require_empty(keep: Path | None) -> None:
    if keep is not None and keep.exists() and not (keep.is_dir() and not any(keep.iterdir())):
        raise BadInputError(f"{keep} exists and is not an empty directory. Keep the dry run in a new one.")


def run_claimed(tree: JobTree, job: Job) -> RunResult:
    """Run a job that was opened earlier, with the parameters in its directory.

    Args:
        tree: The jobs of the run, none so far.
        job: As `claim_job` returned it; it ends in any case.

    Raises:
        RefusedError: A plugin refused the job. Its status is FAILED.
        BadInputError: The parameters cannot be read or name a file outside the project, or a file could not be
            imported. The status of the job is FAILED.
        NotRecordedError: The job ran, but a sink failed. The exception carries the result.
    """
    with stdio.output_dropped():
        tracked = track_claimed(tree, job)
        _run(tree, tracked)
    return gather(tree, tracked.end())


def track_claimed(tree: JobTree, job: Job) -> Tracked:
    """Return the tracker of a claimed job. The parameters of its script are loaded.

    Raises:
        BadInputError: The task does not exist, or its parameters cannot be read or name a file outside the project.
    """
    active = ActiveJob(tree.context, job)
    active.claimed = True
    loaded = attempt(_load, tree, active)
    if isinstance(loaded, Failure):
        active.note(loaded.reason, severity=Severity.BLOCK)
        lifecycle.end(active, None, JobStatus.FAILED)
        known = isinstance(loaded.error, Ccp4HooksError)
        raise loaded.error if known else BadInputError(f"Job {job.number} cannot run: {loaded.reason}")
    return Tracked(tree, active)


def _load(tree: JobTree, active: ActiveJob) -> None:
    """Make the script of a claimed job, and load its parameters from the job directory.

    A job whose program has run on another machine continues: its input files were imported before.
    """
    job = active.job
    lost = not job.directory.exists()
    paths.make_job_directory(job)
    if lost:
        raise BadInputError(
            f"The job directory {job.directory} did not exist, so the parameters of job {job.number} are lost. "
            "Open a new job."
        )
    begun = read_traces(job)
    if begun.dispatched:
        active.resume(begun)
        for file in begun.imported:
            tree.context.remember_import(file)
    active.script = scripts.build_script(job.task, job.title, job.directory)
    tree.enter(active, JobHandler(tree, job.project, active.journal))
    parameters = job.directory / "input_params.xml"
    if parameters.exists():
        scripts.load_parameters_for_run(active.script, parameters)
        outputs.require_inside(active)


def gather(tree: JobTree, top: Outcome) -> RunResult:
    """Return the outcomes of the jobs of a run, beginning with the given one.

    Raises:
        NotRecordedError: A part of the outcomes could not be recorded.
    """
    below = [job.outcome for job in tree.all_jobs() if job.outcome is not None and job.outcome is not top]
    ordered = sorted(below, key=lambda one: one.job.number.parts)
    failures = tree.context.not_recorded
    result = RunResult(outcomes=(top, *ordered), recorded=not failures)
    if failures:
        has_files = all((one.job.directory / outcome_file.FILE_NAME).is_file() for one in result.outcomes)
        raise NotRecordedError(result, failures, has_files=has_files)
    return result
