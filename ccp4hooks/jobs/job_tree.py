"""The jobs of one run: the top-level job, and the sub-jobs that its script makes."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import lifecycle
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.opening import TooDeepError, numbered_by_directory, open_job
from ccp4hooks.jobs.process import ScriptProcess
from ccp4hooks.jobs.progress import ProgressWatch
from ccp4hooks.model import FinishStatus, Job, JobRequest, JobStatus
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import signals
from ccp4hooks.texts import job_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from ccp4hooks.i2.protocols import Script, ScriptHandler
    from ccp4hooks.jobs.run_context import RunContext


_title: ContextVar[str] = ContextVar("title", default="")
"""The title of the sub-job whose script this thread makes."""


class JobTree:
    """The jobs of one run.

    Args:
        context: The data that the jobs share.

    Attributes:
        context: The data that the jobs share.
        jobs: The jobs by UUID, in the order in which they were opened.
        processes: The process of each job whose script is part of the run.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.jobs: dict[UUID, ActiveJob] = {}
        self.processes: dict[UUID, ScriptProcess] = {}
        self._refused: dict[int, TooDeepError] = {}
        self._watch = ProgressWatch(self.all_jobs, lambda: context.wants_progress)

    def all_jobs(self) -> tuple[ActiveJob, ...]:
        """Return the present jobs. Other threads may add jobs later."""
        return tuple(self.jobs.values())

    def progress_watched(self) -> AbstractContextManager[None]:
        """Return a context in which the progress of the programs of the run is reported."""
        return self._watch.watching()

    def open_child(self, parent_uuid: UUID, task: str, index: int | None, title: str | None) -> Job:
        """Open a sub-job. If the plugin that opens jobs fails, number the sub-job by its directory.

        Without a number, CCP4i2 would let the sub-job act under the UUID of its parent.

        Args:
            parent_uuid: A job of this run.
            task: TASKNAME.
            index: N of its directory ``job_N``, or None for the next free one.
            title: Title for users; if empty or None, that with which the script of the parent makes the script of the
                sub-job at present, else the name of the task.

        Raises:
            TooDeepError: The number of the sub-job would be too long.
        """
        parent = self.jobs[parent_uuid]
        request = JobRequest(
            uuid=uuid4(),
            task=task,
            title=title or _title.get() or task,
            project=parent.job.project,
            owned=True,
            parent=parent.job,
            child_index=index,
        )
        with signals.deferred():
            opened = attempt(open_job, self.context, request, parent.journal)
            if isinstance(opened, Failure) and isinstance(opened.error, TooDeepError):
                parent.note(opened.reason)
                self._refused[threading.get_ident()] = opened.error
                raise opened.error
            if isinstance(opened, Failure):
                parent.note(f"sub-job {parent.job.number}.{index or '?'} could not be opened: {opened.reason}")
                opened = numbered_by_directory(self.context, request)
            # The script does not exist yet. The caller makes it next.
            self.jobs[opened.uuid] = ActiveJob(self.context, opened)
        return opened

    @staticmethod
    @contextmanager
    def _titled(title: str) -> Iterator[None]:
        """Give the sub-jobs that this thread opens inside the block a title, unless it is empty."""
        token = _title.set(title)
        try:
            yield
        finally:
            _title.reset(token)

    def enter(self, active: ActiveJob, handler: ScriptHandler) -> None:
        """Make a job's script part of the run: its paths, its reports, its ``process()`` and its sub-jobs."""
        self.jobs[active.job.uuid] = active
        lifecycle.attach(active, handler)
        process = ScriptProcess(active, scripts.method(active.script, "process"), self)
        self.processes[active.job.uuid] = process
        scripts.replace_method(active.script, "process", process)
        scripts.watch_children(active.script, partial(self.add_script, handler), self._titled)

    def process_of(self, active: ActiveJob) -> ScriptProcess | None:
        """Return the process of a job, or None if its script is not part of the run yet."""
        return self.processes.get(active.job.uuid)

    def add_script(self, handler: ScriptHandler, child: Script) -> None:
        """Make a sub-job's script part of the run, if a job was opened for it.

        Raises:
            TooDeepError: The sub-job was refused. CCP4i2 has ignored the error, and would run its script.
        """
        refused = self._refused.pop(threading.get_ident(), None)
        if refused is not None:
            scripts.unbind(child)
            raise refused
        uuid = scripts.job_uuid(child)
        active = self.jobs.get(uuid) if uuid else None
        if active is None or active.has_script:
            # The pipeline requested no job for it, so it must not report in place of its parent.
            scripts.unbind(child)
            scripts.watch_children(child, partial(self.add_script, handler), self._titled)
            return
        active.script = child
        self.enter(active, handler)

    def report(self, uuid: UUID, finish: FinishStatus) -> None:
        """Note the finish status that a script reports.

        If the parent waits for the signal of a sub-job, the sub-job ends now, because the parent continues inside the
        handler of the signal. It also ends now if the parent has not called its ``process()``.
        """
        active, process = self.jobs.get(uuid), self.processes.get(uuid)
        if active is None:
            return
        active.reported = finish
        if process is None or active.outcome is not None or active.job.parent_uuid is None or active.tracked:
            return
        if active.started_at is None:
            process.end_uncalled(finish)
        elif active.in_background or scripts.has_listeners(active.script):
            lifecycle.end(active, finish)

    def note_remote(self, parent: ActiveJob) -> None:
        """Note the sub-jobs whose programs run on another machine, although their parent ends."""
        for active in self.all_jobs():
            if active.status is JobStatus.RUNNING_REMOTELY and active.job.number.is_below(parent.job.number):
                number = active.job.number
                cancel = job_command("cancel", number.top, project=active.job.project.name)
                cure = f"{cancel} ends the sub-job, but not that program."
                parent.note(f"The program of sub-job {number} runs on another machine.", cure=cure)

    def remove_unopened(self) -> None:
        """Remove the empty directories that CCP4i2 made for sub-jobs which an interrupt kept from being opened."""
        jobs = [active.job for active in self.all_jobs()]
        known = {job.directory for job in jobs}
        for folder in (below for job in jobs for below in outcome_file.job_directories(job.directory)):
            if folder not in known:
                # It may be in use.
                with suppress(OSError):
                    folder.rmdir()

    def close_children(self, parent: ActiveJob) -> None:
        """End the sub-jobs of a parent that never ran, or for which the parent did not wait."""
        for active in self.all_jobs():
            if active.outcome is None and active.job.number.is_below(parent.job.number):
                ran = active.status is JobStatus.RUNNING
                active.note("was still running when its parent ended" if ran else "was opened but never ran")
                lifecycle.end(active, active.reported, JobStatus.INTERRUPTED)
