"""Open a job: a plugin, or else the existing directories, determine its number and its directory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError, PluginError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Job, JobNumber, JobRequest, Problem, Severity
from ccp4hooks.model.plain import LONGEST_TEXT, plain_text
from ccp4hooks.runtime import paths

LONGEST_NUMBER = 50
"""Length of the longest job number (``number`` of ``ccp4i2.db.models.Job``, ccp4i2 3.0.1)."""

if TYPE_CHECKING:
    from ccp4hooks.jobs.run_context import RunContext
    from ccp4hooks.plugins.dispatcher import Journal


class TooDeepError(BadInputError):
    """A sub-job is nested too deeply: CCP4i2's database has no room for its number.

    Args:
        request: The request for the sub-job.
        parent: Its parent.
    """

    def __init__(self, request: JobRequest, parent: Job) -> None:
        super().__init__(
            f"A sub-job {request.task} of job {parent.number[:60]} cannot be made: the number of a job has at most "
            f"{LONGEST_NUMBER} characters, and this job is at level {len(parent.number.parts) + 1}. "
            "Check whether the task calls itself."
        )


def open_job(context: RunContext, request: JobRequest, journal: Journal) -> Job:
    """Give a job its number, and create its directory.

    Raises:
        PluginError: The plugin that opens jobs failed.
        BadInputError: The requested number is invalid or in use, or the directory cannot be created.
        TooDeepError: The number of the job would be too long.
    """
    if request.parent is not None and len(request.parent.number.child(request.child_index or 1)) > LONGEST_NUMBER:
        raise TooDeepError(request, request.parent)
    title = plain_text(request.title, LONGEST_TEXT)
    if title != request.title:
        message = "characters that cannot be recorded were removed from the title or escaped"
        journal.add(Problem(severity=Severity.INFO, message=message, origin=context.core))
    request = replace(request, title=title)
    opened = _opened_by_plugin(context, request, journal)
    job = opened or numbered_by_directory(context, request)
    made = attempt(paths.make_job_directory, job)
    if isinstance(made, Failure):
        if opened is not None:
            context.withdraw(job, journal)
        raise made.error
    if title and job.title != title:
        message = f"title truncated from {len(title)} to {len(job.title)} characters: {job.title!r}"
        journal.add(Problem(severity=Severity.INFO, message=message, origin=context.core))
    return job


def _opened_by_plugin(context: RunContext, request: JobRequest, journal: Journal) -> Job | None:
    """Return the job that a plugin has opened, or None if no plugin opens jobs.

    Raises:
        PluginError: The plugin failed, or the job is not the requested one or has no place of its own.
    """
    if context.dry_run:
        return None
    result = context.dispatcher.call(hookspecs.open_job, journal, request=request)
    for answer in result.answers:
        job, plugin = answer.value, answer.origin.plugin
        fault = ""
        if job.uuid != request.uuid:
            fault = f"it returned a job with the UUID {job.uuid}, not {request.uuid}"
        elif not job.number.is_valid:
            fault = f"{job.number!r} is not a job number"
        elif job.directory != job.project.job_directory(job.number):
            fault = f"the directory of job {job.number} is {job.project.job_directory(job.number)}, not {job.directory}"
        if fault:
            message = f"The plugin {plugin!r} failed in open_job: {fault}. Report it to the author of the plugin."
            raise PluginError(message, plugin=plugin, hook="open_job")
    return result.value


def numbered_by_directory(context: RunContext, request: JobRequest) -> Job:
    """Return a job with the number that follows from the existing directories. Call no plugin.

    Raises:
        BadInputError: The requested number is invalid.
    """
    parent = request.parent
    if parent is not None:
        number = parent.number.child(request.child_index or paths.next_free_number(parent.directory))
    elif request.number is not None:
        number = _top_level(request.number)
    else:
        jobs = request.project.jobs_directory
        number = JobNumber(paths.next_free_number(jobs, after=context.project.jobs_directory))
    return Job(
        uuid=request.uuid,
        number=number,
        task=request.task,
        title=request.title,
        project=request.project,
        directory=request.project.job_directory(number),
        parent_uuid=parent.uuid if parent else None,
        dry_run=context.dry_run,
    )


def _top_level(number: str) -> JobNumber:
    """Return the requested number, which becomes part of the name of a directory.

    Raises:
        BadInputError: The number is not a whole number from 1.
    """
    asked = JobNumber(number)
    if asked.is_sub_job or not asked.is_valid:
        raise BadInputError(f"{number!r} cannot be the number of a job; it must be a whole number from 1.")
    return asked
