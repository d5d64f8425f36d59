"""Begin and end the job of a script. The caller runs the script in between."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError, Ccp4HooksError, RefusedError
from ccp4hooks.failures import Failure
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import inputs, lifecycle, outputs
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.opening import open_job
from ccp4hooks.jobs.scripts.db_handler import JobHandler
from ccp4hooks.jobs.scripts.resolve_job import (
    child_job,
    claimed_job,
    known_job,
    open_below,
    proposed_job,
    required_task,
)
from ccp4hooks.model import FinishStatus, Job, JobRequest, JobStatus, Outcome, Problem
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import paths, signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from uuid import UUID

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.jobs.job_tree import JobTree

T = TypeVar("T")

PATIENCE_S = 10.0
"""Time that a stopped job may take to react [s]."""

_running: WeakValueDictionary[UUID, Tracked] = WeakValueDictionary()


def tracked_job(uuid: UUID) -> Tracked | None:
    """Return the tracker of a job that runs in this process, or None if it is not tracked here."""
    return _running.get(uuid)


def track_script(
    script: Script, *, title: str, claim: Callable[[UUID], Job], new_tree: Callable[[], JobTree]
) -> Tracked:
    """Return the tracker of a script's job; see `Session.track`.

    Args:
        script: The script.
        title: Title for users; if empty, the name of the script is used.
        claim: Claims a job opened earlier.
        new_tree: Begins the run of a top-level job.

    Raises:
        BadInputError: The object is not a script, the script has no TASKNAME, or its job has ended.
    """
    task = required_task(script)
    found = known_job(script) or child_job(script, task, title) or claimed_job(script, claim, new_tree)
    if found is None:
        tree = new_tree()
        project = tree.context.project
        inputs.require_own_files(script, project)
        job = proposed_job(task, title or scripts.title_of(script), project)
        found = tree, ActiveJob(tree.context, job, script)
    return _untracked(*found)


def _untracked(tree: JobTree, active: ActiveJob) -> Tracked:
    """Return the tracker of a job that no caller tracks yet.

    Raises:
        BadInputError: A caller tracks the job, or the job has ended.
    """
    if active.outcome is not None or active.tracked:
        state = "is running" if active.outcome is None else "has already ended"
        raise BadInputError(f"Job {active.job.number} of this script {state}. Make a new script to run the task again.")
    scripts.wait_for_program(active.script)
    return Tracked(tree, active)


class Tracked:
    """The tracker of the job of a script.

    It opens the job, imports its input files, and at the end extracts and records its outputs. Use it as a context
    manager, or call `begin` and `end`. The status and finish time of the job are correct even if it ends by an
    exception or Ctrl-C.

    Args:
        tree: The jobs of the run.
        active: The job: a proposed one, a claimed one, or a sub-job that the script of its parent has made.
    """

    def __init__(self, tree: JobTree, active: ActiveJob) -> None:
        self._tree = tree
        self._active = active
        active.tracked = True

    @property
    def job(self) -> Job:
        """The job. Before `begin`, this is the proposed job."""
        return self._active.job

    @property
    def script(self) -> Script:
        """The ``CPluginScript``."""
        return self._active.script

    @property
    def outcome(self) -> Outcome | None:
        """The outcome, or None if the job has not ended."""
        return self._active.outcome

    @property
    def not_recorded(self) -> tuple[str, ...]:
        """The parts that could not be recorded, with the reasons, one line each."""
        return tuple(self._tree.context.not_recorded)

    def sub_job(self, script: Script, title: str = "") -> Tracked:
        """Return the tracker of a sub-job of this job.

        Args:
            script: A ``CPluginScript``, possibly one that the script of this job has made.
            title: Title for users; if empty, the name of the script is used.

        Raises:
            BadInputError: The object is not a script, the script has no TASKNAME, or its job is running or has ended.
        """
        task = required_task(script)
        found = known_job(script) or (self._tree, open_below(self._tree, self._active, script, task, title))
        return _untracked(*found)

    def begin(self) -> Job:
        """Check whether the job may run, open it, import its input files, and mark it as running.

        Raises:
            RefusedError: A plugin refuses the job. If `begin` opened the job, it is withdrawn. Otherwise its status is
                FAILED.
            BadInputError: A file could not be imported, or an output file would be outside the project. The job is
                withdrawn, or its status is FAILED, as for `RefusedError`.
            PluginError: A plugin whose answer was needed failed.
        """
        self.prepare()
        _running[self.job.uuid] = self
        lifecycle.start(self._active)
        return self.job

    def prepare(self, *, engine: str = "", retries: int = 0) -> None:
        """Check whether the job may run, open it, and import its input files; see `begin`, which raises the same.

        Args:
            engine: See `JobRequest`.
            retries: See `JobRequest`.
        """
        active = self._active
        if active.outcome is not None:
            raise BadInputError(f"Job {active.job.number} has already ended. Make a new script to run the task again.")
        if active.withdrawn or active.status.is_running:
            state = "was withdrawn" if active.withdrawn else "is running already"
            raise BadInputError(f"Job {active.job.number} {state}. Make a new script to run the task again.")
        opened = active.job.uuid in self._tree.jobs
        # A job that continues was checked when it began.
        blocking = [] if active.traces is not None else active.check(hookspecs.pre_import, script=active.script)
        if blocking and not opened:
            raise RefusedError(f"The task {active.job.task!r} was refused:", blocking)
        if opened:
            self._prepare(blocking)
        else:
            with active.context.jobs_directory(active.job.project):
                self._open(engine, retries)
                self._prepare([])

    def take_over(self, job: Job) -> None:
        """Let a job that this process owns, and whose input was never complete, be this one, which is not opened.

        Args:
            job: The job, as `reopen_job` returned it.

        Raises:
            BadInputError: Its directory cannot be created.
        """
        paths.make_job_directory(job)
        self._active.claimed = True
        with signals.deferred():
            self._enter(job)

    def submit(self, attempt: int, send: Callable[[Job, str], T], *, engine: str = "", retries: int = 0) -> T:
        """Open the job and import its input files, and let another process run it.

        Args:
            attempt: Number of the attempt.
            send: Submits the job, whose fingerprint it gets too. A `BadInputError` means that nobody will run it.
            engine: Name of the engine, if the job is to be opened; see `JobRequest`.
            retries: See `JobRequest`.

        Raises:
            Ccp4HooksError: See `begin`, and what `send` raises. After a `BadInputError` a new job is withdrawn. After
                any other exception, or if the job was opened earlier, it is INTERRUPTED.
        """
        active = self._active
        is_new = active.job.uuid not in self._tree.jobs
        # The directory of a new project is removed again if its only job was not submitted.
        with active.context.jobs_directory(active.job.project) if is_new else nullcontext():
            try:
                self.prepare(engine=engine, retries=retries)
                lifecycle.note_submission(active, attempt)
                with signals.deferred():
                    sent = send(active.job, active.fingerprint)
                    lifecycle.leave(active)
            except BaseException as error:
                self._give_up(error)
                raise
        return sent

    def _give_up(self, error: BaseException) -> None:
        """End a job that could not be submitted, or withdraw it if nobody knows of it."""
        active = self._active
        if active.withdrawn or active.outcome is not None or active.job.uuid not in self._tree.jobs:
            return
        if isinstance(error, BadInputError) and not active.claimed:
            lifecycle.withdraw(active)
            return
        active.note(f"The job could not be submitted: {Failure.of(error).reason}")
        lifecycle.end(active, None, JobStatus.INTERRUPTED)

    def _open(self, engine: str, retries: int) -> None:
        active, asked = self._active, self._active.job
        request = JobRequest(
            uuid=asked.uuid,
            task=asked.task,
            title=asked.title,
            project=asked.project,
            owned=True,
            engine=engine,
            retries=retries,
            fingerprint=active.fingerprint,
        )
        with signals.deferred():
            self._enter(open_job(self._tree.context, request, active.journal))

    def _enter(self, job: Job) -> None:
        active = self._active
        active.job = job
        scripts.set_directory(active.script, job.directory)
        self._tree.enter(active, JobHandler(self._tree, job.project, active.journal))

    def _prepare(self, blocking: list[Problem]) -> None:
        """Import the input files and set the output paths, or abort the job.

        Raises:
            RefusedError: A plugin refuses the job or an imported file.
            Ccp4HooksError: A file could not be imported, or the script would write a file outside the project.
        """
        active = self._active
        try:
            if not blocking:
                outputs.require_inside(active)
                if not active.job.dry_run:
                    outcome_file.reserve(active.job)
                blocking = [] if active.traces is not None else inputs.import_files(active)
                if active.job.parent_uuid is None:
                    scripts.save_parameters(active.script, active.job.directory / "input_params.xml")
        except (Ccp4HooksError, OSError) as error:
            self._abort(str(error))
            if isinstance(error, Ccp4HooksError):
                raise
            raise BadInputError(f"The job cannot be prepared: {error}.") from error
        if blocking:
            self._abort("")
            raise RefusedError(f"Job {active.job.number} was refused:", blocking)
        # The parameters of a top-level job were just written.
        scripts.set_output_paths(active.script, save=active.job.parent_uuid is not None)

    def _abort(self, reason: str) -> None:
        """Withdraw a job that was opened for this run, and let any other job fail."""
        active = self._active
        if active.job.parent_uuid is None and not active.claimed:
            lifecycle.withdraw(active)
            return
        if reason:
            active.note(f"the job cannot be prepared: {reason}")
        lifecycle.end(active, None, JobStatus.FAILED)

    def process(self) -> Any:
        """Run the script and return what its ``process()`` returns."""
        return self.script.process()

    def stop(self) -> None:
        """Stop the script, and the programs it has started, from another thread."""
        process = self._tree.process_of(self._active)
        if process is not None:
            process.stop(PATIENCE_S)

    def end(self, error: BaseException | None = None) -> Outcome:
        """Extract and record the job with all its sub-jobs, and return its outcome.

        Args:
            error: The exception that ended the work, or None if there was none. Ctrl-C and the cancellation of a task
                make the job INTERRUPTED. Any other exception makes it FAILED.
        """
        active = self._active
        if active.outcome is None and not active.withdrawn:
            try:
                with signals.deferred():
                    self._end(error)
            finally:
                # A second Ctrl-C may have prevented the end of the job.
                lifecycle.end(active, None, JobStatus.INTERRUPTED)
        if active.outcome is None:
            raise BadInputError(f"The job of {active.job.task!r} was withdrawn, so it cannot be recorded.")
        return active.outcome

    def _end(self, error: BaseException | None) -> None:
        active, process = self._active, self._tree.process_of(self._active)
        self._tree.close_children(active)
        finish = process.finish() if process is not None and error is None else None
        if finish is not FinishStatus.DISPATCHED:
            self._tree.note_remote(active)
        # The script itself may raise any exception, even one by which a caller is interrupted.
        of_script = process is not None and process.failure is not None and process.failure.error is error
        if process is None or not (error is None or of_script or isinstance(error, (Exception, SystemExit))):
            self.stop()
            lifecycle.end(active, None, JobStatus.INTERRUPTED)
            self._tree.remove_unopened()
        elif error is not None:
            if process.failure is None:
                active.note_failure("job", Failure.of(error))
            lifecycle.end(active, None)
        else:
            lifecycle.end(active, finish)

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
        """End a job whose `begin` raised, if it was opened."""
        if self._tree.process_of(self._active) is not None and not self._active.withdrawn:
            self.end(error)
