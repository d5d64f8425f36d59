"""Take a task from a user's request through its whole life."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError, Ccp4HooksError, NotRecordedError
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs.active_job import Life
from ccp4hooks.jobs.db_handler import JobHandler
from ccp4hooks.jobs.resolve_job import keep_outputs_inside, proposed_job, require_own_files
from ccp4hooks.jobs.tracking import Tracked
from ccp4hooks.model import (
    FileQuery,
    Job,
    JobStatus,
    Outcome,
    Project,
    RunResult,
    Severity,
    project_uuid,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.plugins.dispatcher import attempt
from ccp4hooks.runtime import stdio
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.tasks import parameters as tasks_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ccp4hooks.jobs.run_context import Run
    from ccp4hooks.model import KnownFile


def run_task(
    run: Run,
    task: str,
    parameters: Iterable[tuple[str, str]],
    *,
    title: str,
    find_file: Callable[[FileQuery], KnownFile | None],
    keep: Path | None = None,
) -> RunResult:
    """Run a task and return what came of it and of its sub-jobs.

    A dry run uses a project of the same name in a scratch directory, which is gone when this returns unless it is to be
    kept.

    Args:
        run: Calls the hooks.
        task: TASKNAME.
        parameters: (name, value) pairs, see `values.set_parameters`.
        title: For people; empty for the task's name.
        find_file: Answers references to outputs of earlier jobs.
        keep: A new or empty directory for the project of a dry run; None to keep nothing of it.

    Raises:
        UnknownTaskError: No such task.
        BadInputError: The request cannot be run as it stands; nothing is left behind.
        RefusedError: A plugin refused the job.
        PluginError: A plugin whose answer was needed failed.
        NotRecordedError: The task ran, but a sink failed; carries the result.
    """
    _require_empty(keep)
    with scratch_directory() as scratch, stdio.output_dropped():
        project = run.project
        context = tasks_parameters.Context(project=project, find_file=find_file, scratch=scratch, extracts=run.extracts)
        script = scripts.build_script(task, title, scratch)
        tasks_parameters.set_parameters(script, parameters, context)
        missing = tasks_parameters.missing_inputs(script)
        if missing:
            raise BadInputError(f"The task {task!r} cannot run with these inputs:", missing)
        require_own_files(script, project)
        where = _scratch_project(project, keep or scratch / project.name) if run.dry_run else project
        tracked = Tracked(Life(run, script, proposed_job(task, title, where, dry_run=run.dry_run)))
        with tracked:
            attempt(tracked.process)
    result = gathered(run, tracked.end())
    if not run.dry_run:
        return result
    return replace(result, outcomes=tuple(outcome_file.moved(one, where, project) for one in result.outcomes))


def _scratch_project(project: Project, directory: Path) -> Project:
    directory = directory.absolute()
    return Project(name=project.name, directory=directory, uuid=project_uuid(directory))


def _require_empty(keep: Path | None) -> None:
    if keep is not None and keep.exists() and not (keep.is_dir() and not any(keep.iterdir())):
        raise BadInputError(f"{keep} is there already and not an empty directory. Keep the dry run in a new one.")


def run_claimed(run: Run, job: Job) -> RunResult:
    """Run a job that was opened earlier, with the parameters that lie in its directory.

    Args:
        run: Calls the hooks.
        job: As `claim_job` gave it; whatever comes in the way, it ends.

    Raises:
        RefusedError: A plugin refused it; it has failed.
        BadInputError: Its parameters cannot be read or lead outside, or a file could not be imported; it has failed.
        NotRecordedError: It ran, but a sink failed; carries the result.
    """
    with stdio.output_dropped():
        tracked = taken(run, job)
        with tracked:
            attempt(tracked.process)
    return gathered(run, tracked.end())


def taken(run: Run, job: Job) -> Tracked:
    """Return what takes a claimed job through its life, its script's parameters loaded.

    Raises:
        BadInputError: The task is not there, or its parameters cannot be read or lead outside the project.
    """
    life = Life(run, None, job)
    life.claimed = True
    try:
        life.script = scripts.build_script(job.task, job.title, job.directory)
        run.enter(life, JobHandler(run, job.project, life.journal))
        parameters = job.directory / "input_params.xml"
        if parameters.exists():
            scripts.load_parameters(life.script, parameters)
            keep_outputs_inside(life)
    except Ccp4HooksError as error:
        life.note(str(error), severity=Severity.BLOCK)
        life.end(None, JobStatus.FAILED)
        raise
    return Tracked(life)


def gathered(run: Run, top: Outcome) -> RunResult:
    """Return the outcomes of a run's jobs.

    Raises:
        NotRecordedError: Something could not be recorded.
    """
    below = [life.outcome for life in run.lives.values() if life.outcome is not None and life.outcome is not top]
    ordered = sorted(below, key=lambda one: one.job.number.parts)
    result = RunResult(outcomes=(top, *ordered), recorded=not run.not_recorded)
    if run.not_recorded:
        raise NotRecordedError(
            f"Job {top.job.number} ran ({top.status.name}), but not everything was recorded: "
            f"{'; '.join(run.not_recorded)}. What is known of it stands in {top.job.directory}.",
            result,
        )
    return result
