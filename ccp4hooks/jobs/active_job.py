"""One job's life, from its script's parameters to its outcome file."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ccp4hooks.i2 import containers, error_report, file_objects, patches, scripts, zero_values
from ccp4hooks.jobs import outputs
from ccp4hooks.model import (
    FileUse,
    FinishStatus,
    ImportedFile,
    Job,
    JobStatus,
    Outcome,
    Problem,
    Severity,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import OUTPUT_FILE, JobLog
from ccp4hooks.plugins.dispatcher import Failure, Journal, attempt
from ccp4hooks.runtime import paths, signals

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.jobs.process import Execution
    from ccp4hooks.jobs.run_context import Run

REASONS = 5
"""How many of a failed script's own error messages are repeated in its outcome."""

REASON_LENGTH = 500
"""How long such a message may become there."""


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(timezone.utc)


class Life:
    """A job and its script, taken through the hooks.

    Args:
        run: What it shares with the other jobs of the same run.
        script: The script, with its parameters set.
        job: The job; for one not yet opened what it is going to be.

    Attributes:
        status: Where the job stands.
        journal: What came up so far.
        outcome: None until the job has ended.
        reported: What the script last said of its end, None if nothing.
        claimed: Whether the job was opened earlier, by somebody else: it is not taken back.
        guided: Whether whoever tracks the job begins and ends it, and not its script's ``process()``.
        left: Whether ``process()`` has returned while its program runs on.
        execution: Runs the script; None before the script is part of the run.
    """

    def __init__(self, run: Run, script: Any, job: Job) -> None:
        self.run = run
        self.script = script
        self.job = job
        self.status = JobStatus.PENDING
        self.journal = Journal()
        self.outcome: Outcome | None = None
        self.reported: FinishStatus | None = None
        self.output_finish: FinishStatus | None = None
        self.withdrawn = False
        self.claimed = False
        self.guided = False
        self.left = False
        self.execution: Execution | None = None
        self._ending = threading.RLock()
        self._log: JobLog | None = None
        self._created_at = now()
        self._started_at: datetime | None = None
        self.uses: list[FileUse] = []
        self.imported: list[ImportedFile] = []

    def resume(self, created_at: datetime, started_at: datetime | None) -> None:
        """Take up where another process has left the job."""
        self._created_at, self._started_at = created_at, started_at
        self._log = JobLog(self.job)

    # --- before ---------------------------------------------------------------------------------------------

    def ask(self) -> list[Problem]:
        """Ask all plugins whether the job may run; return what speaks against it."""
        return self.judge("pre_import", script=self.script)

    def attach(self, handler: Any) -> None:
        """Make the script the job's own: what it does from now on is known."""
        job = self.job
        self.bind(handler)
        original = scripts.replace_method(self.script, "processOutputFiles", self._process_output_files)
        self._original_output = original
        self._log = JobLog(job)
        self._log.write("job_opened", record=outcome_file.to_json(job))
        for _, indicator in file_objects.indicators(self.script):
            zero_values.notice_zeros(indicator)

    def bind(self, handler: Any) -> None:
        """Tie the script to the job, so that CCP4i2 resolves paths and reports through `handler`."""
        job = self.job
        patches.mend()
        scripts.bind(
            self.script,
            handler,
            uuid=str(job.uuid),
            number=job.number,
            directory=job.directory,
            project_name=job.project.name,
            project_uuid=str(job.project.uuid),
        )

    def withdraw(self) -> None:
        """Take back a job that cannot run: its directory, its imports, its record."""
        self.withdrawn = True
        self.close_log()
        paths.remove(self.job, [file.path for file in self.imported if not file.reused])
        if not self.job.dry_run:
            self.run.dispatcher.sink("job_withdrawn", self.journal, job=self.job, new_project=self.run.new_project)

    def start(self) -> None:
        """Note that the script begins to run."""
        self._started_at = now()
        self._change(JobStatus.RUNNING)
        self.run.tell(self, "running")

    # --- after ----------------------------------------------------------------------------------------------

    def end(self, finish: FinishStatus | None, status: JobStatus | None = None) -> Outcome:
        """Glean, write the outcome file, tell the sinks; a second call changes nothing.

        Args:
            finish: What the script says, None if it raised or was never run.
            status: What the job's status becomes; None for what `finish` says.
        """
        with self._ending:
            if self.outcome is None:
                # What has run is recorded, also when somebody has lost patience.
                with signals.held():
                    self.outcome = self._ended(finish, status)
                    self._publish(self.outcome)
            return self.outcome

    def _ended(self, finish: FinishStatus | None, status: JobStatus | None) -> Outcome:
        finished_at = now()
        if self._started_at is not None and self.script is not None:
            self.run.dispatcher.collect("post_execute", self.journal, job=self.job, script=self.script, finish=finish)
        self.run.tell(self, "gleaning")
        ran = self._started_at is not None and self.script is not None
        files = outputs.files(self) if ran else ()
        kpis = outputs.kpis(self) if ran else ()
        for file in files:
            self.judge("check_file", file=file)
        if not ran:
            self._report_refusal()
        outputs.save_for_gui(self)
        attempt(self.journal.write_tracebacks, self.job.directory)
        if finish is FinishStatus.SUCCEEDED and self.output_finish is not None:
            finish = self.output_finish
        if finish is FinishStatus.FAILED:
            self._tell_why()
        self.status = status or JobStatus.from_finish(finish)
        return Outcome(
            job=self.job,
            status=self.status,
            finish=finish,
            created_at=self._created_at,
            started_at=self._started_at,
            finished_at=finished_at,
            uses=tuple(self.uses),
            imported=tuple(self.imported),
            files=files,
            kpis=kpis,
            problems=tuple(self.journal.problems),
            timings=self.journal.timings(),
            software=self.run.software,
        )

    def note(self, message: str, **details: Any) -> None:
        """Note a problem of the core's own, a warning unless `severity` says otherwise."""
        severity = details.pop("severity", Severity.WARNING)
        self.journal.add(Problem(severity=severity, message=message, origin=self.run.core, **details))

    def log(self, event: str, **details: Any) -> None:
        """Write an event to the job's log; nothing before the job has a directory."""
        if self._log is not None:
            self._log.write(event, **details)

    def close_log(self) -> None:
        """Close the job's log; nothing is written into it from now on."""
        if self._log is not None:
            self._log.close()

    def note_use(self, use: FileUse) -> None:
        """Note that the script reads a recorded file."""
        self.uses.append(use)
        self.log("file_used", record=outcome_file.to_json(use))

    def note_import(self, file: ImportedFile) -> None:
        """Note that a file was imported for the script."""
        self.imported.append(file)
        self.log("file_imported", plugin=(file.origin or self.run.core).plugin, record=outcome_file.to_json(file))

    def fail(self, step: str, failure: Failure) -> None:
        """Note that the script raised: in its own report, which CCP4i2's GUI shows, and in the outcome."""
        error_report.add(self.script, step, failure.text)
        self.note(
            f"the task raised {failure.reason}", severity=Severity.BLOCK, cure="diagnostic.xml has the traceback."
        )

    def judge(self, hook: str, **arguments: Any) -> list[Problem]:
        """Call a hook that returns problems, note them all and return those that block."""
        blocking = []
        for answer in self.run.dispatcher.collect(hook, self.journal, job=self.job, **arguments):
            for problem in answer.value:
                self.journal.add(problem, hook, answer.origin)
                if problem.severity is Severity.BLOCK:
                    blocking.append(self.journal.problems[-1])
        return blocking

    def point(self, obj: Any, path: Path, uuid: Any) -> None:
        """Make a file object of the script point at a file in the project."""
        place = paths.name_in_project(path, self.job.project)
        if place is None:
            return
        directory, name = place
        in_database = uuid is not None and self.job.opened_by is not None
        containers.relocate(
            obj,
            project_uuid=str(self.job.project.uuid),
            directory=directory,
            name=name,
            file_uuid=str(uuid) if in_database else None,
        )

    def _report_refusal(self) -> None:
        """Put what kept the job from running where CCP4i2's GUI looks for it: into the script's own report."""
        for problem in self.journal.problems if self.script is not None else ():
            if problem.severity is not Severity.INFO:
                error_report.add(self.script, problem.hook or "job", str(problem))

    def _tell_why(self) -> None:
        """Note what a failed script has in its report: the first lines of it, `diagnostic.xml` has all."""
        said = error_report.lines(self.script.errorReport, 0)[:REASONS] or [("", "the task does not say why it failed")]
        for name, text in said:
            self.note(f"{name}: {text}".removeprefix(": ")[:REASON_LENGTH], hook="process")
        self.note(f"What the task printed is in {OUTPUT_FILE} of the job directory.", severity=Severity.INFO)

    # --- inside ---------------------------------------------------------------------------------------------

    def _process_output_files(self) -> Any:
        """Stand in for the script's own step, whose failure CCP4i2 3.0.1 takes for success."""
        result = attempt(self._original_output)
        if isinstance(result, Failure):
            self.output_finish = FinishStatus.FAILED
            self.fail("processOutputFiles", result)
            raise result.error
        self.output_finish = error_report.step_finish(result)
        return result

    def _change(self, status: JobStatus) -> None:
        old, self.status = self.status, status
        self.log("status_changed", old=old.name, new=status.name)
        if not self.job.dry_run:
            self.run.dispatcher.sink("job_status", self.journal, job=self.job, old=old, new=status)

    def _publish(self, result: Outcome) -> None:
        written = attempt(outcome_file.write, result)
        if isinstance(written, Failure):
            self.run.not_recorded.append(f"the outcome file of job {self.job.number}: {written.reason}")
        if not self.job.dry_run:
            failed = self.run.dispatcher.sink("job_finished", self.journal, job=self.job, outcome=result)
            self.run.not_recorded.extend(f"job {self.job.number}: {problem.message}" for problem in failed)
            attempt(self.journal.write_tracebacks, self.job.directory)
        for cost in self.journal.timings():
            self.log(
                "hook_called", plugin=cost.origin.plugin, hook=cost.hook, calls=cost.calls, duration_s=cost.duration_s
            )
        for problem in self.journal.problems:
            who = (problem.origin or self.run.core).plugin
            self.log("problem_noted", plugin=who, severity=problem.severity.value, message=str(problem))
        self.log("job_ended", status=result.status.name, files=len(result.files), kpis=len(result.kpis))
        self.close_log()
        self.run.tell(self, "finished")
