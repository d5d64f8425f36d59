"""Take a task from a user's request through its whole life."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ccp4hooks import adapter, capture, facts, intake, interrupts, outcome, places, values
from ccp4hooks.dispatch import Failure, attempt
from ccp4hooks.errors import BadInputError, Ccp4HooksError, NotRecordedError, RefusedError
from ccp4hooks.handler import JobHandler
from ccp4hooks.life import Life
from ccp4hooks.log import OUTPUT_FILE
from ccp4hooks.model import (
    FileQuery,
    FinishStatus,
    Job,
    JobRequest,
    JobStatus,
    Outcome,
    Project,
    RunResult,
    project_uuid,
)
from ccp4hooks.sub_job import finish_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccp4hooks.model import KnownFile
    from ccp4hooks.run import Run


def run_task(
    run: Run,
    task: str,
    parameters: Iterable[tuple[str, str]],
    *,
    title: str,
    find_file: Callable[[FileQuery], KnownFile | None],
) -> RunResult:
    """Run a task and return what came of it and of its sub-jobs.

    A dry run uses a project of the same name in a scratch directory, which is gone when this returns.

    Args:
        run: Calls the hooks.
        task: TASKNAME.
        parameters: (name, value) pairs, see `values.set_parameters`.
        title: For people; empty for the task's name.
        find_file: Answers references to outputs of earlier jobs.

    Raises:
        UnknownTaskError: No such task.
        BadInputError: The request cannot be run as it stands; nothing is left behind.
        RefusedError: A plugin refused the job.
        PluginError: A plugin whose answer was needed failed.
        NotRecordedError: The task ran, but a sink failed; carries the result.
    """
    with tempfile.TemporaryDirectory(prefix="ccp4hooks-") as folder, capture.output_dropped():
        scratch, project = Path(folder), run.project
        context = values.Context(project=project, find_file=find_file, scratch=scratch, extracts=run.extracts)
        script = adapter.build_script(task, title, project.jobs_directory)
        values.set_parameters(script, parameters, context)
        missing = values.missing_inputs(script)
        if missing:
            raise BadInputError(f"The task {task!r} cannot run with these inputs:", missing)
        for file in facts.input_files(script):
            places.require_not_foreign(file.path, project, file.parameter)
        where = _scratch_project(project, scratch) if run.dry_run else project
        life = _ask(run, script, _proposed(task, title, where, dry_run=run.dry_run))
        top = _live(life)
    result = _result(run, top)
    if not run.dry_run:
        return result
    return replace(result, outcomes=tuple(outcome.moved(one, where, project) for one in result.outcomes))


def _scratch_project(project: Project, scratch: Path) -> Project:
    directory = scratch / project.name
    return Project(name=project.name, directory=directory, uuid=project_uuid(directory))


def _proposed(task: str, title: str, project: Project, *, dry_run: bool) -> Job:
    return Job(
        uuid=uuid4(),
        number="",
        task=task,
        title=title or task,
        project=project,
        directory=project.jobs_directory,
        dry_run=dry_run,
    )


def _ask(run: Run, script: Any, job: Job) -> Life:
    life = Life(run, script, job)
    refusals = life.ask()
    if refusals:
        raise RefusedError(f"The task {job.task!r} was refused:", refusals)
    return life


def _live(life: Life) -> Outcome:
    """Open the job and take it to its end, whatever happens on the way."""
    proposed = life.job
    request = JobRequest(uuid=proposed.uuid, task=proposed.task, title=proposed.title, project=proposed.project)
    try:
        with places.jobs_directory(proposed.project):
            with interrupts.held():
                life.job = life.run.open(request, life.journal)
                life.script.workDirectory = life.job.directory
                life.run.enter(life, JobHandler(life.run, life.job.project, life.journal))
            _prepare(life)
        with capture.output_to(life.job.directory / OUTPUT_FILE):
            return _executed(life)
    finally:
        # Left by Ctrl-C, if it has not ended by now.
        if life.job is not proposed and not life.withdrawn:
            life.run.close_children(life)
            life.end(None, JobStatus.INTERRUPTED)


def _executed(life: Life) -> Outcome:
    life.start()
    threads = frozenset(threading.enumerate())
    result = attempt(life.script.process)
    if isinstance(result, Failure):
        life.fail("process", result)
        finish: FinishStatus | None = None
    else:
        if result is None or result == FinishStatus.RUNNING:
            life.run.wait(life, threads)
        life.run.wait_for_programs()
        finish = finish_of(life, result)
    life.run.close_children(life)
    return life.end(finish)


def _prepare(life: Life) -> None:
    """Bring the files in and set the output paths, or take the job back.

    Raises:
        RefusedError: A plugin objects to an imported file.
        Ccp4HooksError: A file could not be imported.
    """
    try:
        refusals = intake.bring_in(life)
        _keep_extracts(life)
        adapter.save_parameters(life.script, life.job.directory / "input_params.xml")
    except (Ccp4HooksError, OSError) as error:
        life.withdraw()
        if isinstance(error, Ccp4HooksError):
            raise
        raise BadInputError(f"The job cannot be prepared: {error}.") from error
    if refusals:
        life.withdraw()
        raise RefusedError(f"Job {life.job.number} was refused:", refusals)
    adapter.set_output_paths(life.script)


def _keep_extracts(life: Life) -> None:
    """Move mini-MTZ files that nobody imported into the job directory, where the script still finds them."""
    for file, obj in intake.inputs(life):
        if file.path in life.run.extracts:
            kept = life.job.directory / file.path.name
            shutil.move(file.path, kept)
            life.point(obj, kept, None)


def _result(run: Run, top: Outcome) -> RunResult:
    below = [life.outcome for life in run.lives.values() if life.outcome is not None and life.outcome is not top]
    ordered = sorted(below, key=lambda one: [int(part) for part in one.job.number.split(".")])
    result = RunResult(outcomes=(top, *ordered), recorded=not run.not_recorded)
    if run.not_recorded:
        raise NotRecordedError(
            f"Job {top.job.number} ran ({top.status.name}), but not everything was recorded: "
            f"{'; '.join(run.not_recorded)}. What is known of it stands in {top.job.directory}.",
            result,
        )
    return result


def on_event_loop() -> bool:
    """Return whether the calling thread is running an asyncio event loop."""
    if "asyncio" not in sys.modules:
        return False
    import asyncio  # noqa: PLC0415 - start-up time

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
