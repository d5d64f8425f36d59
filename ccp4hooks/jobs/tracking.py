"""One script's job from its beginning to its end, guided by whoever runs the script."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ccp4hooks.errors import BadInputError, Ccp4HooksError, RefusedError
from ccp4hooks.i2 import file_objects, scripts
from ccp4hooks.jobs import inputs
from ccp4hooks.jobs.active_job import Life
from ccp4hooks.jobs.db_handler import JobHandler
from ccp4hooks.jobs.resolve_job import (
    child_life,
    claimed_life,
    keep_outputs_inside,
    opened_below,
    own_life,
    proposed_job,
    require_own_files,
    required_task,
)
from ccp4hooks.model import Job, JobRequest, JobStatus, Outcome, Problem
from ccp4hooks.plugins.dispatcher import Failure
from ccp4hooks.runtime import paths, signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from uuid import UUID

    from ccp4hooks.jobs.run_context import Run

PATIENCE_S = 10.0
"""How long code that does not listen is waited for when a job is stopped [s]."""

_begun: WeakValueDictionary[UUID, Tracked] = WeakValueDictionary()


def tracked_job(uuid: UUID) -> Tracked | None:
    """Return who guides a job that is under way in this process, None if nobody does."""
    return _begun.get(uuid)


def tracked_script(script: Any, *, title: str, claim: Callable[[UUID], Job], new_run: Callable[[], Run]) -> Tracked:
    """Return what takes a script through its job; see `Session.track`.

    Args:
        script: The script.
        title: For people; empty for the script's name.
        claim: Takes over a job opened earlier.
        new_run: Makes the run of a job at top level.

    Raises:
        BadInputError: It is no script, has no TASKNAME, or its job has ended.
    """
    task = required_task(script)
    life = own_life(script) or child_life(script, task, title) or claimed_life(script, claim, new_run)
    if life is None:
        run = new_run()
        require_own_files(script, run.project)
        life = Life(run, script, proposed_job(task, title or scripts.title_of(script), run.project))
    return _free(life)


def _free(life: Life) -> Tracked:
    """Return what takes a job through its life, if nobody has done so.

    Raises:
        BadInputError: Somebody has.
    """
    if life.outcome is not None or life.guided:
        state = "is under way" if life.outcome is None else "has already finished"
        raise BadInputError(f"Job {life.job.number} of this script {state}; make a new script to run the task again.")
    scripts.wait_for_program(life.script)
    return Tracked(life)


class Tracked:
    """A script's job: opened, its files brought in, running; and in the end gleaned and recorded.

    Used as a context manager, or by `begin` and `end`. However it ends, also by an exception or Ctrl-C, the job's
    status and finish time are true afterwards.

    Args:
        life: The job; one not yet opened, one claimed, or a sub-job that its parent's script has made.
    """

    def __init__(self, life: Life) -> None:
        self._life = life
        self._proposed = life.job
        life.guided = True

    @property
    def job(self) -> Job:
        """The job; before `begin` what it is going to be."""
        return self._life.job

    @property
    def script(self) -> Any:
        """The ``CPluginScript``."""
        return self._life.script

    @property
    def outcome(self) -> Outcome | None:
        """What is known of it; None until it has ended."""
        return self._life.outcome

    @property
    def not_recorded(self) -> tuple[str, ...]:
        """What could not be recorded, one line each."""
        return tuple(self._life.run.not_recorded)

    def sub_job(self, script: Any, title: str = "") -> Tracked:
        """Return what takes a script through a sub-job of this job.

        Args:
            script: A ``CPluginScript``; also one that this job's script has made.
            title: For people; empty for the script's name.

        Raises:
            BadInputError: It is no script, has no TASKNAME, or has a job that is under way or has ended.
        """
        task = required_task(script)
        return _free(own_life(script) or opened_below(self._life, script, task, title))

    def begin(self) -> Job:
        """Ask whether the job may run, open it, bring its files in, and note that it runs.

        Raises:
            RefusedError: A plugin objects. A job opened for this is taken back; one claimed, or a sub-job, has failed.
            BadInputError: A file could not be brought in, or an output is to lie outside the project; as above.
            PluginError: A plugin whose answer was needed failed.
        """
        life = self._life
        if life.outcome is not None:
            raise BadInputError(f"Job {life.job.number} has already finished; make a new script to run it again.")
        known = life.job.uuid in life.run.lives
        refusals = life.ask()
        if refusals and not known:
            raise RefusedError(f"The task {life.job.task!r} was refused:", refusals)
        if known:
            self._prepare(refusals)
        else:
            with paths.jobs_directory(life.job.project):
                self._open()
                self._prepare([])
        _begun[life.job.uuid] = self
        life.start()
        return life.job

    def _open(self) -> None:
        life, asked = self._life, self._proposed
        request = JobRequest(uuid=asked.uuid, task=asked.task, title=asked.title, project=asked.project, owned=True)
        with signals.held():
            life.job = life.run.open(request, life.journal)
            life.script.workDirectory = life.job.directory
            life.run.enter(life, JobHandler(life.run, life.job.project, life.journal))

    def _prepare(self, refusals: list[Problem]) -> None:
        """Bring the files in and set the output paths, all of them in the project, or let the job go.

        Raises:
            RefusedError: A plugin objects to the job or to an imported file.
            Ccp4HooksError: A file could not be imported, or the script would write outside of the project.
        """
        life = self._life
        try:
            if not refusals:
                keep_outputs_inside(life)
                refusals = inputs.bring_in(life)
                _keep_extracts(life)
                if life.job.parent_uuid is None:
                    scripts.save_parameters(life.script, life.job.directory / "input_params.xml")
        except (Ccp4HooksError, OSError) as error:
            self._let_go(str(error))
            if isinstance(error, Ccp4HooksError):
                raise
            raise BadInputError(f"The job cannot be prepared: {error}.") from error
        if refusals:
            self._let_go("")
            raise RefusedError(f"Job {life.job.number} was refused:", refusals)
        # One at top level has just written them.
        scripts.set_output_paths(life.script, save=life.job.parent_uuid is not None)

    def _let_go(self, why: str) -> None:
        life = self._life
        if life.job.parent_uuid is None and not life.claimed:
            life.withdraw()
            return
        if why:
            life.note(f"the job cannot be prepared: {why}")
        life.end(None, JobStatus.FAILED)

    def process(self) -> Any:
        """Run the script and return what its ``process()`` returns."""
        return self.script.process()

    def stop(self) -> None:
        """Stop the script, and the programs it has started, from another thread."""
        if self._life.execution is not None:
            self._life.execution.stop(PATIENCE_S)

    def end(self, error: BaseException | None = None) -> Outcome:
        """Glean and record the job with all its sub-jobs, and return what is known of it.

        Args:
            error: What came in the way; an exception that is none of a program's faults (Ctrl-C, the cancellation of a
                task) makes it INTERRUPTED, any other FAILED.
        """
        life = self._life
        if life.outcome is None and not life.withdrawn:
            try:
                with signals.held():
                    self._end(error)
            finally:
                # Left by a second Ctrl-C, if it has not ended by now.
                life.end(None, JobStatus.INTERRUPTED)
        if life.outcome is None:
            raise BadInputError(f"The job of {life.job.task!r} was taken back; there is nothing to record.")
        return life.outcome

    def _end(self, error: BaseException | None) -> None:
        life, execution = self._life, self._life.execution
        life.run.close_children(life)
        if execution is None or (error is not None and not isinstance(error, (Exception, SystemExit))):
            self.stop()
            life.end(None, JobStatus.INTERRUPTED)
        elif error is not None:
            if execution.failure is None:
                life.fail("job", Failure.of(error))
            life.end(None)
        else:
            life.end(execution.finish())

    def __enter__(self) -> Tracked:  # noqa: PYI034 - Self came with Python 3.11
        """Begin; see `begin`."""
        try:
            self.begin()
        except BaseException as error:
            self.abandon(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; see `end`."""
        self.end(error)

    def abandon(self, error: BaseException) -> None:
        """End a job whose beginning raised, if there is anything to end."""
        if self._life.execution is not None and not self._life.withdrawn:
            self.end(error)


def _keep_extracts(life: Life) -> None:
    """Move mini-MTZ files that nobody imported into the job directory, where the script still finds them."""
    for file, obj in file_objects.input_objects(life.script) if life.run.extracts else ():
        if file.path in life.run.extracts:
            kept = life.job.directory / file.path.name
            shutil.move(file.path, kept)
            life.point(obj, kept, None)
