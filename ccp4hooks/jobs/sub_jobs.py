"""The jobs of one run: the job at the top, and the sub-jobs that its script makes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import lifecycle
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.opening import numbered_by_directory, open_job
from ccp4hooks.jobs.process import ScriptProcess
from ccp4hooks.model import FinishStatus, Job, JobRequest, JobStatus
from ccp4hooks.runtime import signals

if TYPE_CHECKING:
    from ccp4hooks.i2.protocols import Script, ScriptHandler
    from ccp4hooks.jobs.run_context import RunContext


class JobTree:
    """The jobs of one run.

    Args:
        context: What they share.

    Attributes:
        context: What they share.
        jobs: Each job by its identity, in the order in which they were opened.
        processes: The process of each job whose script is part of the run.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.jobs: dict[UUID, ActiveJob] = {}
        self.processes: dict[UUID, ScriptProcess] = {}

    def all_jobs(self) -> tuple[ActiveJob, ...]:
        """Return the jobs at this moment; other threads may add some."""
        return tuple(self.jobs.values())

    def open_child(self, parent_uuid: UUID, task: str, index: int | None, title: str | None) -> Job:
        """Open a sub-job; where the plugin that opens jobs fails, number it by its directory.

        CCP4i2 would let a sub-job whose opening failed act under its parent's identity.

        Args:
            parent_uuid: A job of this run.
            task: TASKNAME.
            index: N of its directory ``job_N``; None for the next free one.
            title: For people; empty or None for the task's name.
        """
        parent = self.jobs[parent_uuid]
        request = JobRequest(
            uuid=uuid4(),
            task=task,
            title=title or task,
            project=parent.job.project,
            owned=True,
            parent=parent.job,
            child_index=index,
        )
        with signals.deferred():
            opened = attempt(open_job, self.context, request, parent.journal)
            if isinstance(opened, Failure):
                parent.note(f"sub-job {parent.job.number}.{index or '?'} could not be opened: {opened.reason}")
                opened = numbered_by_directory(self.context, request)
            # The script does not exist yet: the caller who asked for the job makes it next.
            self.jobs[opened.uuid] = ActiveJob(self.context, opened)
        return opened

    def enter(self, active: ActiveJob, handler: ScriptHandler) -> None:
        """Make a job's script part of the run: its paths, its reports, its ``process()`` and its sub-jobs."""
        self.jobs[active.job.uuid] = active
        lifecycle.attach(active, handler)
        process = ScriptProcess(active, scripts.method(active.script, "process"), self)
        self.processes[active.job.uuid] = process
        scripts.replace_method(active.script, "process", process)
        scripts.watch_children(active.script, partial(self.add_script, handler))

    def process_of(self, active: ActiveJob) -> ScriptProcess | None:
        """Return the process of a job, None before its script is part of the run."""
        return self.processes.get(active.job.uuid)

    def add_script(self, handler: ScriptHandler, child: Script) -> None:
        """Make a sub-job's script part of the run, if a job was opened for it."""
        uuid = scripts.job_uuid(child)
        active = self.jobs.get(uuid) if uuid else None
        if active is None or active.has_script:
            # Its pipeline asked not to report it, so it must not report as its parent either.
            scripts.unbind(child)
            scripts.watch_children(child, partial(self.add_script, handler))
            return
        active.script = child
        self.enter(active, handler)

    def report(self, uuid: UUID, finish: FinishStatus) -> None:
        """Note the finish status that a script reports.

        A sub-job whose parent waits for its signal ends now: what the parent does next happens inside the signal.
        """
        active = self.jobs.get(uuid)
        if active is None or (active.has_script and scripts.program_running(active.script)):
            # CCP4i2 3.0.1 reports success once a program in the background has started, and again when it has ended.
            return
        active.reported = finish
        on_its_own = active.job.parent_uuid is not None and not active.tracked
        if on_its_own and (active.in_background or scripts.has_listeners(active.script)):
            lifecycle.end(active, finish)

    def close_children(self, parent: ActiveJob) -> None:
        """End the sub-jobs that a parent leaves behind: those that never ran, or that it did not wait for."""
        for active in self.all_jobs():
            if active.outcome is None and active.job.number.is_below(parent.job.number):
                ran = active.status is JobStatus.RUNNING
                active.note("was still running when its parent ended" if ran else "was opened but never ran")
                lifecycle.end(active, active.reported, JobStatus.INTERRUPTED)
