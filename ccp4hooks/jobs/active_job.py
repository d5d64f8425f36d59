"""A running job: its state, its log and its problems."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ccp4hooks import hookspecs
from ccp4hooks.i2 import containers, error_report, scripts
from ccp4hooks.jobs.progress import JobProgress
from ccp4hooks.model import (
    FileUse,
    FinishStatus,
    ImportedFile,
    Job,
    JobStatus,
    Outcome,
    Problem,
    ProgramProgress,
    Severity,
)
from ccp4hooks.model.plain import plain_text
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import FILE_NAME as LOG_FILE
from ccp4hooks.outcomes.job_log import JobLog
from ccp4hooks.plugins.dispatcher import Journal
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.failures import Failure
    from ccp4hooks.i2.protocols import DataFile, Script
    from ccp4hooks.i2.recorded_values import Reading
    from ccp4hooks.jobs.run_context import RunContext
    from ccp4hooks.outcomes.job_traces import JobTraces
    from ccp4hooks.runtime.usage import Usage


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(timezone.utc)


class NoScriptError(Exception):
    """The script of a job was requested before it was made. This indicates a bug in ccp4hooks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputsStep:
    """The result of a script's step ``processOutputFiles``.

    Attributes:
        result: The value that it returned, or the exception that it raised.
        finish: The finish status that follows from it, or None if the step succeeded.
        program: Number of the program in the background whose output it read, or None if there was none.
    """

    result: Any
    finish: FinishStatus | None
    program: int | None


class ActiveJob:
    """A job and its script while the hooks are called.

    Args:
        context: The data that it shares with the other jobs of the same run.
        job: The job. Before it is opened, this is the proposed job.
        script: The script, or None if it is not made yet.

    Attributes:
        status: The status of the job.
        journal: The problems so far, and the time that plugins took.
        outcome: The outcome, or None if the job has not ended.
        reported: The finish status that the script reported last, or None if it reported none.
        reported_end: The program in the background and the status that the script reported last, as the script gave it.
        outputs_step: The result of its step ``processOutputFiles``, or None if the step did not run.
        claimed: Whether the job was opened earlier. Such a job is not withdrawn if it cannot run.
        traces: What the log of the job contained when this process continued the job that another one began, or None.
        recovered: Whether this process ends the job of a process that has died.
        withdrawn: Whether the job was withdrawn.
        tracked: Whether the caller begins and ends the job, and not the script's ``process()``.
        in_background: Whether ``process()`` has returned while the program of the script is still running.
        finishing: The threads in which the script reads its outputs or reports its end, to the listeners of its signal,
            too.
        uses: Recorded files that the script reads.
        imported: Outside files that were imported for the script.
        created_at: Time at which the job was opened.
        started_at: Time at which its script began to run, or None if it did not run.
        progress: What its program and its script have reported.
        given: Full paths of the parameters that the request has given, each with the number of the job from which the
            value comes, or an empty text. None if the script came with its parameters.
        variation_of: The job with whose parameters the request has begun, or None.
        fingerprint: See `Provenance`. Until the job begins to run, it is that of the request, or empty.
        at_start: The parameters with which the script began to run, or None if they were not read.
        usage: Measures what the job uses, or None if the job has not begun to run in this process.
        ending: Lock that makes the job end only once.
        reading: Lock that makes only one thread do the work that follows the program of the script.
    """

    def __init__(self, context: RunContext, job: Job, script: Script | None = None) -> None:
        self.context = context
        self.job = job
        self._script = script
        self.status = JobStatus.PENDING
        self.journal = Journal(log=self.log)
        self.outcome: Outcome | None = None
        self.reported: FinishStatus | None = None
        self.reported_end: tuple[int | None, Any] = (None, None)
        self.outputs_step: OutputsStep | None = None
        self.claimed = False
        self.traces: JobTraces | None = None
        self.recovered = False
        self.withdrawn = False
        self.tracked = False
        self.in_background = False
        self.finishing: list[threading.Thread] = []
        self.uses: list[FileUse] = []
        self.imported: list[ImportedFile] = []
        self.created_at = now()
        self.started_at: datetime | None = None
        self.progress = JobProgress(self._directory, self._running_since, self._report_progress)
        self.given: Mapping[str, str] | None = None
        self.variation_of: Job | None = None
        self.fingerprint = ""
        self.at_start: Reading | None = None
        self.usage: Usage | None = None
        self.ending = threading.RLock()
        self.reading = threading.RLock()
        self._log: JobLog | None = None
        self._progress_failed = False

    @property
    def script(self) -> Script:
        """The script.

        Raises:
            NoScriptError: The script was not made yet; see `has_script`.
        """
        if self._script is None:
            raise NoScriptError(f"The script of job {self.job.number} was not made yet.")
        return self._script

    @script.setter
    def script(self, script: Script) -> None:
        self._script = script

    @property
    def has_script(self) -> bool:
        """Whether the script was made."""
        return self._script is not None

    @property
    def has_run(self) -> bool:
        """Whether the script began to run, and can be inspected."""
        return self.started_at is not None and self.has_script

    def resume(self, traces: JobTraces) -> None:
        """Continue a job that another process began: keep what its log contains, and append to it."""
        self.traces, self.created_at, self.started_at = traces, traces.created_at, traces.started_at
        self.uses, self.imported = list(traces.uses), list(traces.imported)
        if traces.request is not None:
            self.given, self.variation_of = traces.request.given, traces.request.variation_of
        self.open_log()

    def files_read(self) -> tuple[FileUse, ...]:
        """Return the recorded files that the script reads, with the imports that were not copied again."""
        shared = (one for one in self.imported if one.reused)
        again = (FileUse(file_uuid=one.uuid, parameter=one.parameter, path=one.path) for one in shared)
        return (*self.uses, *again)

    # --- notes ------------------------------------------------------------------------------------------------

    def open_log(self) -> None:
        """Open the log of the job in the job directory."""
        self._log = JobLog(self.job)

    def log(self, event: str, **details: Any) -> None:
        """Write an event to the log of the job. Before `open_log`, write nothing."""
        if self._log is not None:
            self._log.write(event, **details)

    def close_log(self) -> None:
        """Close the log of the job. Later events are not written."""
        if self._log is not None:
            self._log.close()

    def note_log_error(self) -> None:
        """Note if events are missing in the log."""
        error = self._log.error if self._log is not None else None
        if error is not None:
            self.note(f"{LOG_FILE} lacks events: {error.strerror}")

    def note(self, message: str, **details: Any) -> None:
        """Note a problem that the core has found. Its severity is a warning unless `severity` is given."""
        severity = details.pop("severity", Severity.WARNING)
        problem = Problem(severity=severity, message=plain_text(message), origin=self.context.core, **details)
        self.journal.add(problem)

    def note_use(self, use: FileUse) -> None:
        """Note that the script reads a recorded file."""
        self.uses.append(use)
        self.log("file_used", record=outcome_file.to_json(use))

    def note_import(self, file: ImportedFile) -> None:
        """Note that a file was imported for the script."""
        self.imported.append(file)
        plugin = (file.origin or self.context.core).plugin
        self.log("file_imported", plugin=plugin, record=outcome_file.to_json(file))

    def note_failure(self, step: str, failure: Failure, subject: str = "the task") -> None:
        """Note an exception in the error report of the script, which CCP4i2's GUI shows, and in the outcome.

        Args:
            step: The step that raised it.
            failure: The exception.
            subject: What raised it, for the message.
        """
        if self.has_script:
            error_report.add(self.script, step, failure.text)
        self.note_exception(failure, subject)

    def note_exception(self, failure: Failure, subject: str = "the task") -> None:
        """Note in the outcome an exception that is in the error report of the script."""
        message = f"{subject} raised {failure.reason.rstrip('.')}."
        where = self.job.directory.relative_to(self.job.project.directory).as_posix()
        meant = scripts.task_meant(failure.reason)
        cure = f"{meant} {where}/diagnostic.xml has the traceback.".lstrip()
        self.note(message, severity=Severity.BLOCK, cure=cure)

    def check(self, hook: Callable[..., Iterable[Problem]], **arguments: Any) -> list[Problem]:
        """Call a hook that returns problems, note them all and return those that block."""
        blocking = []
        for answer in self.context.dispatcher.call(hook, self.journal, job=self.job, **arguments).answers:
            for problem in answer.value:
                self.journal.add(problem, hook.__name__, answer.origin)
                if problem.severity is Severity.BLOCK:
                    blocking.append(self.journal.problems[-1])
        return blocking

    def report(self, phase: str, program: ProgramProgress | None = None) -> None:
        """Report the progress of the job to the caller of the run, whose exception does not affect the job.

        Args:
            phase: See `Progress`.
            program: What the program of the job has reported, or None to report the phase alone.
        """
        failed = self.context.report(self.job, phase, self.status, program)
        if failed is not None:
            self.note(f"its progress could not be reported: {failed.reason}")

    def _directory(self) -> Path:
        return self.job.directory

    def _running_since(self) -> datetime | None:
        """Return the time at which the script began, or None if it does not run, or nobody wants its progress."""
        runs = self.status is JobStatus.RUNNING and self.outcome is None
        return self.started_at if runs and self.context.wants_progress else None

    def _report_progress(self, progress: ProgramProgress) -> None:
        """Report the progress of the program to the plugins and to the caller of the run."""
        if not self._progress_failed:
            call, hook = self.context.dispatcher.call, hookspecs.job_progress
            # One problem is enough. The next call would fail as well.
            self._progress_failed = bool(call(hook, self.journal, job=self.job, progress=progress).failures)
        self.report("running", progress)

    def point(self, obj: DataFile, path: Path, uuid: UUID | None) -> None:
        """Make a file object of the script point at a file in the project.

        Args:
            obj: The file object.
            path: The file. If it is outside the project, nothing is changed.
            uuid: UUID of the file, or None if it is not recorded.
        """
        found = paths.name_in_project(path, self.job.project)
        if found is None:
            return
        directory, name = found
        in_database = uuid is not None and self.job.opened_by is not None
        containers.relocate(
            obj,
            project_uuid=str(self.job.project.uuid),
            directory=directory,
            name=name,
            file_uuid=str(uuid) if in_database else None,
        )
