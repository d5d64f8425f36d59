"""The steps of a job: attach it to its script, start it, end and record it, or withdraw it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ccp4hooks import hookspecs
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import error_report, patches, scripts
from ccp4hooks.i2.tasks.requirements import LIBRARY_CURE, monomer_library, monomer_library_fault, named_programs
from ccp4hooks.jobs import outputs, parameters
from ccp4hooks.jobs.active_job import OutputsStep, now
from ccp4hooks.jobs.fingerprint import note_request
from ccp4hooks.jobs.provenance import note_provenance, provenance
from ccp4hooks.jobs.run_context import software
from ccp4hooks.model import FinishStatus, JobStatus, Outcome, Severity
from ccp4hooks.model.plain import plain_text
from ccp4hooks.outcomes import outcome_file, output_lines
from ccp4hooks.outcomes.checks import valid_outcome
from ccp4hooks.outcomes.job_log import JOB_SUBMITTED
from ccp4hooks.outcomes.job_traces import SubmittedRequest
from ccp4hooks.runtime import paths, signals
from ccp4hooks.runtime.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from ccp4hooks.i2.protocols import ScriptHandler
    from ccp4hooks.jobs.active_job import ActiveJob
    from ccp4hooks.model import FileUse, ImportedFile, Job, Problem

REASONS = 5
"""Number of messages in the error report of a script that are repeated in its outcome."""

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
    scripts.wrap_method(active.script, "postProcessCheck", partial(_check_program, active))
    scripts.wrap_method(active.script, "processOutputFiles", partial(_read_outputs, active))
    scripts.wrap_method(active.script, "reportStatus", partial(_report_status, active))
    if active.context.wants_progress:
        scripts.watch_progress(active.script, active.progress.tell)
    if active.traces is None:
        active.open_log()
        active.log("job_opened", record=outcome_file.to_json(active.job))


def _check_program(active: ActiveJob, original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Replace the script's own step ``postProcessCheck``, the first one after its program has ended."""
    scripts.note_background_program(active.script)
    return original(*arguments, **options)


def _read_outputs(active: ActiveJob, original: Callable[[], Any]) -> Any:
    """Replace the script's own step ``processOutputFiles``.

    CCP4i2 also takes this step when it has just started a program in the background, which has no output yet. If that
    program ends at once, CCP4i2 takes the step in two threads.
    """
    program = scripts.background_program(active.script)
    if scripts.program_running(active.script):
        return FinishStatus.SUCCEEDED
    with _finishing(active), active.reading:
        done = active.outputs_step
        if done is None or program is None or done.program != program:
            done = active.outputs_step = _read_outputs_once(active, original, program)
    if isinstance(done.result, Failure):
        raise done.result.error
    return done.result


@contextmanager
def _finishing(active: ActiveJob) -> Iterator[None]:
    """Note that this thread does the work that follows the program of a script."""
    thread = threading.current_thread()
    active.finishing.append(thread)
    try:
        yield
    finally:
        active.finishing.remove(thread)


def _report_status(active: ActiveJob, original: Callable[[Any], Any], status: Any) -> Any:
    """Replace the script's own ``reportStatus``: report the end of a program in the background once, when it has ended.

    CCP4i2 reports a success once the program has started. 3.0 reports its end as well; 3.1 does so only if the status
    differs from the one that was reported. If the program ends at once, CCP4i2 reports its end in two threads.
    """
    program = scripts.background_program(active.script)
    if scripts.program_running(active.script):
        return status
    with active.reading:
        if program is not None and active.reported_end == (program, status):
            return status
        active.reported_end = program, status
    with _finishing(active):
        return original(status)


def _read_outputs_once(active: ActiveJob, original: Callable[[], Any], program: int | None) -> OutputsStep:
    """Take the script's own step, and note its failure, because CCP4i2 3.0 treats that as a success."""
    result = attempt(original)
    if isinstance(result, Failure):
        active.note_exception(result)
        return OutputsStep(result=result, finish=FinishStatus.FAILED, program=program)
    return OutputsStep(result=result, finish=error_report.step_finish(result), program=program)


def start(active: ActiveJob) -> None:
    """Note that the script begins to run, and call the sinks."""
    parameters.note_start(active)
    note_request(active)
    note_provenance(active)
    active.started_at = active.started_at or now()
    active.usage = Usage(active.job.uuid, active.job.parent_uuid)
    _change_status(active, JobStatus.RUNNING, active.files_read())
    active.report("running")


def note_submission(active: ActiveJob, attempt: int) -> None:
    """Write into the log of a job what another process needs to run it as it was asked, and call the sinks."""
    parameters.note_start(active)
    note_request(active)
    note_provenance(active)
    asked = SubmittedRequest(attempt=attempt, given=active.given, variation_of=active.variation_of)
    active.log(JOB_SUBMITTED, record=outcome_file.to_json(asked))
    _change_status(active, JobStatus.QUEUED, active.files_read(), tuple(active.imported))


def leave(active: ActiveJob) -> None:
    """End the work for a job that an engine has accepted, and which another process will run, or runs by now."""
    outcome_file.release(active.job)
    for problem in active.journal.problems:
        active.log("problem_noted", severity=problem.severity.value, message=str(problem))
    active.close_log()
    active.report("submitted")


def _change_status(
    active: ActiveJob, new: JobStatus, uses: tuple[FileUse, ...] = (), imported: tuple[ImportedFile, ...] = ()
) -> tuple[Problem, ...]:
    """Change the status of a job that has not ended, and return the failures of the sinks.

    Args:
        active: The job.
        new: The status.
        uses: The recorded files that the job reads, if it begins to run or waits for an engine.
        imported: The files that were imported for it, if it waits for an engine.
    """
    old, active.status = active.status, new
    active.log("status_changed", old=old.name, new=new.name)
    if active.job.dry_run:
        return ()
    failures = active.context.dispatcher.call(
        hookspecs.job_status, active.journal, job=active.job, old=old, new=new, uses=uses, imported=imported
    ).failures
    return tuple(failures)


def withdraw(active: ActiveJob) -> None:
    """Undo a job that cannot run: remove its directory, its imports and its record."""
    active.withdrawn = True
    active.close_log()
    paths.remove(active.job, [file.path for file in active.imported if not file.reused])
    if not active.job.dry_run:
        active.context.withdraw(active.job, active.journal)


# --- the end ------------------------------------------------------------------------------------------------------


def end(active: ActiveJob, finish: FinishStatus | None, status: JobStatus | None = None) -> Outcome:
    """Extract files and KPIs, write the outcome file, and call the sinks. A second call changes nothing.

    A job whose program runs on another machine does not end; see `_leave_remote`.

    Args:
        active: The job.
        finish: The finish status of the script, or None if the script raised an exception or never ran.
        status: The status of the job, or None to derive it from `finish`.
    """
    with active.ending:
        if active.outcome is None:
            # A job that has run is recorded, even if the user presses Ctrl-C once more.
            with signals.deferred():
                active.progress.close()
                finish = _with_outputs_step(active, finish)
                active.outcome = _reached(active, finish, status or JobStatus.from_finish(finish))
                _publish(active, active.outcome)
        return active.outcome


def _with_outputs_step(active: ActiveJob, finish: FinishStatus | None) -> FinishStatus | None:
    """Return the finish status of a script, which has not succeeded if it could not read its outputs."""
    step = active.outputs_step
    return step.finish if finish is FinishStatus.SUCCEEDED and step is not None and step.finish is not None else finish


def _leave_remote(active: ActiveJob) -> Outcome:
    """Leave a job whose program runs on another machine, and return its present state.

    CCP4i2 watches the program and runs the script again when the program has ended. Only then the job ends.
    """
    outputs.save_for_gui(active)
    outcome_file.release(active.job)
    parameters = active.job.directory / "input_params.xml"
    if active.has_script and not parameters.exists():
        # CCP4i2 writes none for a sub-job, and would run its script again with default parameters.
        scripts.save_parameters(active.script, parameters)
    failures = _change_status(active, JobStatus.RUNNING_REMOTELY)
    active.context.not_recorded.extend(f"job {active.job.number}: {problem.message}" for problem in failures)
    return _outcome(active, FinishStatus.DISPATCHED, finished_at=None)


def _reached(active: ActiveJob, finish: FinishStatus | None, status: JobStatus) -> Outcome:
    """Bring a job to a status, and return its outcome. After a fault of ccp4hooks itself, the job is FAILED."""
    reached = (
        attempt(_leave_remote, active)
        if status is JobStatus.RUNNING_REMOTELY
        else attempt(_ended, active, finish, status)
    )
    if not isinstance(reached, Failure):
        return reached
    active.note_failure("job", reached, subject="ccp4hooks")
    active.status = JobStatus.FAILED
    saved = attempt(outputs.save_for_gui, active) if active.has_script else None
    if isinstance(saved, Failure):
        active.note(f"its parameters and errors could not be written: {saved.reason}")
    return _outcome(active, None, finished_at=now())


def _ended(active: ActiveJob, finish: FinishStatus | None, status: JobStatus) -> Outcome:
    finished_at = now()
    if active.usage is not None:
        active.usage.stop()
    if active.has_run:
        active.context.dispatcher.call(
            hookspecs.post_execute, active.journal, job=active.job, script=active.script, finish=finish
        )
    active.report("extracting")
    found = _extracted(active) if active.has_run and status is not JobStatus.TO_DELETE else {}
    if active.has_script:
        if not active.has_run:
            _report_refusal(active)
        _report_outputs_step(active)
        outputs.save_for_gui(active)
    _write_tracebacks(active)
    active.note_log_error()
    if finish in {FinishStatus.FAILED, FinishStatus.UNSATISFACTORY}:
        _note_reasons(active, is_failed=finish is FinishStatus.FAILED)
    elif finish is FinishStatus.SUCCEEDED:
        _note_warnings(active)
    if active.has_run and status is JobStatus.FAILED:
        _note_output(active)
    active.status = status
    return _outcome(active, finish, finished_at=finished_at, **found)


def _extracted(active: ActiveJob) -> dict[str, Any]:
    """Return the files, KPIs and results of a job that has ended, as fields of its outcome."""
    files, kpis = outputs.extract_files(active), outputs.extract_kpis(active)
    for file in files:
        active.check(hookspecs.check_file, file=file)
    return {"files": files, "kpis": kpis, "results": outputs.extract_results(active)}


def _outcome(active: ActiveJob, finish: FinishStatus | None, *, finished_at: datetime | None, **found: Any) -> Outcome:
    """Return the present state of a job as an outcome."""
    values, secrets = parameters.recorded(active)
    return Outcome(
        job=active.job,
        status=active.status,
        finish=finish,
        created_at=active.created_at,
        started_at=active.started_at,
        finished_at=finished_at,
        uses=tuple(active.uses),
        imported=tuple(active.imported),
        problems=tuple(active.journal.problems),
        timings=active.journal.timings(),
        software={**software(), **active.context.software},
        parameters=values,
        provenance=provenance(active, secrets),
        **found,
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


def _report_outputs_step(active: ActiveJob) -> None:
    """Add the exception of the step ``processOutputFiles`` to the error report of the script, as CCP4i2 3.1 does."""
    step = active.outputs_step
    reported = {entry.name for entry in error_report.reported(active.script)}
    if step is not None and isinstance(step.result, Failure) and error_report.OUTPUTS_STEP not in reported:
        error_report.add(active.script, error_report.OUTPUTS_STEP, step.result.text)


def _note_reasons(active: ActiveJob, *, is_failed: bool) -> None:
    """Note the first errors that a script has reported, or what else it has reported if there are none.

    An exception in the step ``processOutputFiles`` was noted when it was raised.

    Args:
        active: The job.
        is_failed: Whether the job has failed, so that there should be a reason; otherwise its result is unsatisfactory.
    """
    step = active.outputs_step
    noted = error_report.OUTPUTS_STEP if step is not None and isinstance(step.result, Failure) else None
    reported = [entry for entry in error_report.reported(active.script) if entry.name != noted]
    reported = [entry for entry in reported if entry.severity is Severity.BLOCK] or reported
    _note_entries(active, reported)
    if is_failed and not reported and noted is None:
        _note_silence(active)


def _note_silence(active: ActiveJob) -> None:
    """Note that a script has failed without a reason, and what tells more."""
    failed = ", ".join(_failed_below(active.job))
    where = f" itself; see the problems of its sub-job {failed}, which failed" if failed else ""
    cure = ""
    if active.reported is FinishStatus.SUCCEEDED:
        where += ". It reported the finish status SUCCEEDED, but process() returned or set FAILED, which counts."
        cure = "Give reportStatus() the status that process() returns."
    active.note(f"the task reported no reason for its failure{where}", hook="process", cure=cure)


def _note_warnings(active: ActiveJob) -> None:
    """Note the first warnings and errors that a script has reported although it has succeeded, as warnings."""
    found = attempt(error_report.reported, active.script)
    if isinstance(found, Failure):
        active.note(f"the warnings of the task could not be read: {found.reason}")
        return
    worse = [replace(one, severity=Severity.WARNING) for one in found if one.severity is not Severity.INFO]
    _note_entries(active, worse)


def _note_entries(active: ActiveJob, entries: Sequence[error_report.Entry]) -> None:
    """Note the first entries of the error report of a script, and where the others are."""
    for entry in entries[:REASONS]:
        text = entry.text if entry.name in entry.text else f"{entry.name}: {entry.text}"
        cure = entry.cure or scripts.task_meant(entry.text)
        active.note(plain_text(text, REASON_LENGTH), hook="process", severity=entry.severity, cure=cure)
    if len(entries) > REASONS:
        path = active.job.directory / "diagnostic.xml"
        more = f"{len(entries) - REASONS} more are in {_in_project(active, path)}."
        active.note(more, severity=Severity.INFO, path=path)


def _failed_below(job: Job) -> list[str]:
    """Return the numbers of the sub-jobs of a job that failed, as far as their outcome files tell."""
    folders = outcome_file.job_directories(job.directory)
    read = [attempt(outcome_file.read, folder / outcome_file.FILE_NAME) for folder in folders]
    return [one.job.number for one in read if isinstance(one, Outcome) and one.status.is_failure]


def _note_output(active: ActiveJob) -> None:
    """Note the last lines about errors in the output of a failed script and its programs, and where the output is."""
    files = output_lines.errors_by_file(active.job.directory)
    for path, lines in files.items():
        if lines:
            active.note(f"{path.name}: {output_lines.SEPARATOR.join(lines)}", severity=Severity.INFO, path=path)
    library = monomer_library(named_programs(active.job.task)) if monomer_library_fault() else ""
    if library:
        active.note(library.removesuffix(LIBRARY_CURE).rstrip(), severity=Severity.INFO, cure=LIBRARY_CURE)
    names = ", ".join(path.name for path in files)
    where = f"The output of the task is in {_in_project(active, active.job.directory)}: {names}."
    active.note(where if files else "The task has written no output.", severity=Severity.INFO)


def _in_project(active: ActiveJob, path: Path) -> Path:
    """Return a path of the job relative to the directory of its project, which is short and does not change."""
    project = active.job.project.directory
    return path.relative_to(project) if path.is_relative_to(project) else path


def _publish(active: ActiveJob, outcome: Outcome) -> None:
    """Write and record the outcome of a job that has ended, and close its log."""
    recorded = attempt(_record, active, outcome) if outcome.status.is_over else None
    if isinstance(recorded, Failure):
        active.context.not_recorded.append(f"job {active.job.number}: {recorded.reason}")
    active.close_log()
    active.report("finished")


def _write_outcome(active: ActiveJob, outcome: Outcome) -> Outcome:
    """Write the outcome file of a job, and return the outcome in it.

    A recovery does not replace the outcome of the process that ran the job, which may end the job at the same time.
    """
    try:
        outcome_file.write(outcome, overwrite=not active.recovered)
    except FileExistsError:
        known = valid_outcome(active.job)
        if known is not None:
            return known
        outcome_file.write(outcome)
    return outcome


def _record(active: ActiveJob, outcome: Outcome) -> None:
    job, journal, context = active.job, active.journal, active.context
    written = attempt(_write_outcome, active, outcome)
    if isinstance(written, Failure):
        context.not_recorded.append(f"the outcome file of job {job.number}: {written.reason}")
    else:
        active.outcome = outcome = written
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
