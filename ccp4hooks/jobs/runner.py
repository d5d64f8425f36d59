"""Take a task from a user's request through its whole job."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

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
    Problem,
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
    from collections.abc import Callable, Iterator

    from ccp4hooks.jobs.job_tree import JobTree

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRequest:
    """A task that a user asks for, with its parameters.

    Attributes:
        task: TASKNAME.
        values: (name, value) pairs, see `ccp4hooks.tasks.parameters.set_parameters`.
        title: Title for users; if empty, the name of the task is used.
        lookups: Look up what the values refer to.
        saved: Parameters with which to begin, or None.
        keep: A new or empty directory for the project of a dry run, or None to keep nothing.
    """

    task: str
    values: Sequence[tuple[str, str]]
    title: str
    lookups: Lookups
    saved: SavedParameters | None = None
    keep: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Generic[Found]):
    """What makes a new job unnecessary.

    Attributes:
        found: What was found.
        problems: What is to be said about the request.
    """

    found: Found
    problems: tuple[Problem, ...]


def run_task(
    tree: JobTree, request: TaskRequest, find_same: Callable[[Project, str], RunResult | None] | None = None
) -> RunResult:
    """Run a task and return the outcomes of its job and sub-jobs.

    A dry run uses a project of the same name in a scratch directory, which is removed at the end unless it is kept.

    Args:
        tree: The jobs of the run, none so far.
        request: The task.
        find_same: Returns the result of an earlier job with a fingerprint, which is returned instead of a new one; None
            to run the task in any case.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The request is invalid. Nothing is left behind.
        RefusedError: A plugin refused the job.
        PluginError: A plugin whose answer was needed failed.
        NotRecordedError: The task ran, but a sink failed. The exception carries the result.
    """
    with proposed(tree, request, find_same) as found:
        if isinstance(found, Known):
            return replace(found.found, problems=found.problems)
        where = found.job.project
        _run(tree, found)
    result = gather(tree, found.end())
    if not tree.context.dry_run:
        return result
    project = tree.context.project
    return replace(result, outcomes=tuple(outcome_file.relocated(one, where, project) for one in result.outcomes))


@contextmanager
def proposed(
    tree: JobTree, request: TaskRequest, find_same: Callable[[Project, str], Found | None] | None = None
) -> Iterator[Tracked | Known[Found]]:
    """Yield the tracker of a new job, its parameters set, or what makes the job unnecessary.

    Temporary files of the request exist as long as the block, and what is printed in the block is dropped.

    Args:
        tree: The jobs of the run, none so far.
        request: The task.
        find_same: Returns what makes a new job with a fingerprint unnecessary, or None; None to look for nothing.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The request is invalid. Nothing is left behind.
    """
    _require_empty(request.keep)
    run, saved = tree.context, request.saved
    with scratch_directory() as scratch, stdio.output_dropped():
        project = run.project
        context = Context(
            project=project,
            lookups=request.lookups,
            scratch=scratch,
            extracts=run.extracts,
        )
        scripts.require_batch_task(request.task)
        script = scripts.build_script(request.task, request.title, scratch)
        for file in () if saved is None else saved.files:
            run.remember(file)
        pairs = list(request.values)
        given = set_parameters(script, pairs, context, saved)
        missing = missing_inputs(script)
        if missing:
            raise BadInputError(f"The task {request.task!r} cannot run with these inputs:", missing)
        inputs.require_own_files(script, project)
        asked = "" if find_same is None else fingerprint.of_request(run, script, given)
        same = None if find_same is None else find_same(project, asked)
        problems = () if saved is None else tuple(still_valid(script, saved.problems, pairs))
        if same is not None:
            yield Known(found=same, problems=problems)
            return
        where = _scratch_project(project, request.keep or scratch / project.name) if run.dry_run else project
        job = proposed_job(request.task, request.title, where, dry_run=run.dry_run)
        active = ActiveJob(run, job, script)
        active.given, active.fingerprint = given, asked
        if saved is not None:
            active.variation_of = saved.job
        active.journal.problems.extend(problems)
        yield Tracked(tree, active)


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


def track_claimed(tree: JobTree, job: Job, *, resubmits: bool = False) -> Tracked:
    """Return the tracker of a claimed job. The parameters of its script are loaded.

    Args:
        tree: The jobs of the run, none so far.
        job: The job, as `claim_job` or `reopen_job` returned it.
        resubmits: Whether the job is not to run here, but is submitted again.

    Raises:
        BadInputError: The task does not exist, or its parameters cannot be read or name a file outside the project.
    """
    active = ActiveJob(tree.context, job)
    active.claimed = True
    loaded = attempt(partial(_load, tree, active, resubmits=resubmits))
    if isinstance(loaded, Failure):
        active.note(loaded.reason, severity=Severity.BLOCK)
        lifecycle.end(active, None, JobStatus.FAILED)
        known = isinstance(loaded.error, Ccp4HooksError)
        raise loaded.error if known else BadInputError(f"Job {job.number} cannot run: {loaded.reason}")
    return Tracked(tree, active)


def _load(tree: JobTree, active: ActiveJob, *, resubmits: bool) -> None:
    """Make the script of a claimed job, and load its parameters from the job directory.

    A job that was submitted, or whose program has run on another machine, continues: its input files were imported
    before.
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
    if resubmits:
        begun.started_at = None
    if begun.dispatched or begun.waits or (resubmits and begun.request is not None):
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
