"""The steps of a job: attach it to its script, start it, end and record it, or withdraw it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ccp4hooks import hookspecs
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import error_report, patches, scripts
from ccp4hooks.jobs import outputs
from ccp4hooks.jobs.active_job import now
from ccp4hooks.jobs.run_context import software
from ccp4hooks.model import FinishStatus, JobStatus, Outcome, Severity
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.runtime import paths, signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.i2.protocols import ScriptHandler
    from ccp4hooks.jobs.active_job import ActiveJob

REASONS = 5
"""Number of error messages of a failed script that are repeated in its outcome."""

REASON_LENGTH = 500
"""Length of the longest such message in the outcome [characters]."""


# --- before -------------------------------------------------------------------------------------------------------


def bind(active: ActiveJob, handler: ScriptHandler) -> None:
    """Tie the script to the job, so that CCP4i2 resolves paths and reports through `handler`."""
    job = active.job
    patches.apply()
    scripts.bind(
        active.script,
        handler,
        uuid=str(job.uuid),
        number=job.number,
        directory=job.directory,
        project_name=job.project.name,
        project_uuid=str(job.project.uuid),
    )


def attach(active: ActiveJob, handler: ScriptHandler) -> None:
    """Tie the script to the job, and begin to log its events."""
    bind(active, handler)
    scripts.replace_output_step(active.script, partial(_process_output_files, active))
    active.open_log()
    active.log("job_opened", record=outcome_file.to_json(active.job))


def _process_output_files(active: ActiveJob, original: Callable[[], Any]) -> Any:
    """Replace the script's own step, because CCP4i2 3.0.1 treats a failure of it as a success."""
    result = attempt(original)
    if isinstance(result, Failure):
        active.output_finish = FinishStatus.FAILED
        active.note_failure("processOutputFiles", result)
        raise result.error
    active.output_finish = error_report.step_finish(result)
    return result


def start(active: ActiveJob) -> None:
    """Note that the script begins to run, and call the sinks."""
    active.started_at = now()
    old, active.status = active.status, JobStatus.RUNNING
    active.log("status_changed", old=old.name, new=active.status.name)
    if not active.job.dry_run:
        dispatcher = active.context.dispatcher
        dispatcher.call(hookspecs.job_status, active.journal, job=active.job, old=old, new=active.status)
    active.report("running")


def withdraw(active: ActiveJob) -> None:
    """Undo a job that cannot run: remove its directory, its imports and its record."""
    active.withdrawn = True
    active.close_log()
    paths.remove(active.job, [file.path for file in active.imported if not file.reused])
    if not active.job.dry_run:
        context = active.context
        context.dispatcher.call(
            hookspecs.job_withdrawn, active.journal, job=active.job, new_project=context.new_project
        )


# --- the end ------------------------------------------------------------------------------------------------------


def end(active: ActiveJob, finish: FinishStatus | None, status: JobStatus | None = None) -> Outcome:
    """Extract files and KPIs, write the outcome file, and call the sinks. A second call changes nothing.

    Args:
        active: The job.
        finish: The finish status of the script, or None if the script raised an exception or never ran.
        status: The status of the job, or None to derive it from `finish`.
    """
    with active.ending:
        if active.outcome is None:
            # A job that has run is recorded, even if the user presses Ctrl-C once more.
            with signals.deferred():
                active.outcome = _outcome(active, finish, status)
                _publish(active, active.outcome)
        return active.outcome


def _outcome(active: ActiveJob, finish: FinishStatus | None, status: JobStatus | None) -> Outcome:
    finished_at = now()
    if active.has_run:
        active.context.dispatcher.call(
            hookspecs.post_execute, active.journal, job=active.job, script=active.script, finish=finish
        )
    active.report("extracting")
    files = outputs.extract_files(active) if active.has_run else ()
    kpis = outputs.extract_kpis(active) if active.has_run else ()
    for file in files:
        active.check(hookspecs.check_file, file=file)
    if active.has_script:
        if not active.has_run:
            _report_refusal(active)
        outputs.save_for_gui(active)
    _write_tracebacks(active)
    if finish is FinishStatus.SUCCEEDED and active.output_finish is not None:
        finish = active.output_finish
    if finish is FinishStatus.FAILED:
        _note_reasons(active)
    active.status = status or JobStatus.from_finish(finish)
    return Outcome(
        job=active.job,
        status=active.status,
        finish=finish,
        created_at=active.created_at,
        started_at=active.started_at,
        finished_at=finished_at,
        uses=tuple(active.uses),
        imported=tuple(active.imported),
        files=files,
        kpis=kpis,
        problems=tuple(active.journal.problems),
        timings=active.journal.timings(),
        software=dict(software()),
    )


def _write_tracebacks(active: ActiveJob) -> None:
    written = attempt(active.journal.write_tracebacks, active.job.directory)
    if isinstance(written, Failure):
        active.note(f"tracebacks of plugins could not be written: {written.reason}", path=active.job.directory)


def _report_refusal(active: ActiveJob) -> None:
    """Add the reason why the job did not run to the error report of the script, which CCP4i2's GUI shows."""
    for problem in active.journal.problems:
        if problem.severity is not Severity.INFO:
            error_report.add(active.script, problem.hook or "job", str(problem))


def _note_reasons(active: ActiveJob) -> None:
    """Note the first errors that a failed script has reported. `diagnostic.xml` contains all of them."""
    reported = error_report.reported(active.script)[:REASONS]
    for name, text in reported or [("", "the task reported no reason for its failure")]:
        active.note(f"{name}: {text}".removeprefix(": ")[:REASON_LENGTH], hook="process")
    active.note(f"The output of the task is in {OUTPUT_FILE} in the job directory.", severity=Severity.INFO)


def _publish(active: ActiveJob, outcome: Outcome) -> None:
    job, journal, context = active.job, active.journal, active.context
    written = attempt(outcome_file.write, outcome)
    if isinstance(written, Failure):
        context.not_recorded.append(f"the outcome file of job {job.number}: {written.reason}")
    if not job.dry_run:
        failed = context.dispatcher.call(hookspecs.job_finished, journal, job=job, outcome=outcome).failures
        context.not_recorded.extend(f"job {job.number}: {problem.message}" for problem in failed)
        _write_tracebacks(active)
    for cost in journal.timings():
        plugin = cost.origin.plugin
        active.log("hook_called", plugin=plugin, hook=cost.hook, calls=cost.calls, duration_s=cost.duration_s)
    for problem in journal.problems:
        plugin = (problem.origin or context.core).plugin
        active.log("problem_noted", plugin=plugin, severity=problem.severity.value, message=str(problem))
    active.log("job_ended", status=outcome.status.name, files=len(outcome.files), kpis=len(outcome.kpis))
    active.close_log()
    active.report("finished")
