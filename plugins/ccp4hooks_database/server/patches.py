"""Patches of CCP4i2: its server, `run_job` and `i2run` run their jobs through a session of ccp4hooks.

All of them call ``ccp4i2.lib.async_run_job.run_job_async``. Several modules import ``AsyncDatabaseHandler`` by name, so
methods of that class are replaced, and the class itself stays.

Source: ``ccp4i2.lib.async_run_job``, ``ccp4i2.db.async_db_handler``, ``ccp4i2.db.management.commands.run_job``, 3.0.1.
"""

from __future__ import annotations

import inspect
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.management.base import CommandError
from django.core.signals import request_started
from django.db import connection

from ccp4hooks import (
    BadInputError,
    Ccp4HooksError,
    JobStatus,
    NotRecordedError,
    Severity,
    run_opened_async,
)
from ccp4hooks.store import keep_paths, termination_as_interrupt
from ccp4hooks_database import versions
from ccp4hooks_database.api.handler import AsyncDatabaseHandler
from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.connection import processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from ccp4hooks import Job, Outcome, RunResult, Session
    from ccp4hooks_database.repository.jobs import Found

BY_NAME = (
    ("ccp4i2.db.management.commands.run_job", "run_job_async"),
    ("ccp4i2.cli.i2run.CCP4i2RunnerDjango", "create_job"),
    ("ccp4i2.db.management.commands.clone_job", "clone_job"),
    ("ccp4i2.api.JobViewSet", "clone_job"),
    ("ccp4i2.lib.utils.jobs.context_run", "run_job_local"),
)
"""Modules that import a function by name, and the function."""

OUTPUT_FILE = "ccp4hooks_output.txt"


FAILED_EXIT_CODE = 1


class HostError(Ccp4HooksError, CommandError):  # type: ignore[misc]
    """A job that CCP4i2 started failed, was interrupted or was refused; a management command prints this and exits.

    Attributes:
        exit_code: Exit code of the error that is the cause; 1 for a task that failed.
        returncode: The same under the name that Django uses.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = self.returncode = exit_code


# --- replacement of CCP4i2's runner -----------------------------------------------------------------------------


async def run_job_async(job_uuid: UUID | str, project_uuid: UUID | str | None = None) -> int:  # noqa: ARG001 - as CCP4i2
    """Run a job that CCP4i2 has opened through the hooks, and return its finish status; an ended job runs again.

    Args:
        job_uuid: UUID of the job, with or without hyphens.
        project_uuid: Not used.

    Raises:
        HostError: The job failed, was interrupted or was refused; its outcome is recorded.
        NotRecordedError: The task ran, but a part of its outcome could not be recorded.
    """
    try:
        found = await sync_to_async(_known_job)(job_uuid)
        # A job that waits is not run again if it is cancelled before it is claimed.
        again = JobStatus(found.status).is_over and not await sync_to_async(_is_cancelled)(found)
        result = await _run(found.job, again=again)
    except (NotRecordedError, HostError):
        raise
    except Ccp4HooksError as error:
        raise HostError(str(error), error.exit_code) from error
    if result.outcome.status.is_failure:
        raise HostError(_failure_message(result.outcome), FAILED_EXIT_CODE)
    return int(result.outcome.finish or 0)


def _known_job(job_uuid: UUID | str) -> Found:
    from ccp4hooks_database.repository import register  # noqa: PLC0415 - its models need Django

    try:
        uuid = UUID(str(job_uuid))
    except ValueError as error:
        raise BadInputError(f"{job_uuid!r} is not the UUID of a job.") from error
    return register.found_job(uuid)


def _is_cancelled(found: Found) -> bool:
    """Return whether the job was cancelled after CCP4i2's server had started this process for it."""
    from ccp4hooks_database.repository import opening  # noqa: PLC0415 - its models need Django

    return opening.was_cancelled(found.job.uuid, processes.this_process().started_at)


def _session() -> Session:
    """Return the session of this process.

    Raises:
        BadInputError: No plugin of the session can claim CCP4i2's jobs.
    """
    session = shared_session()
    if not session.hook_order("claim_job"):
        raise BadInputError(
            "CCP4i2 runs its jobs through ccp4hooks in this process, but the plugin `database`, which claims them, is "
            "not in use. Run `ccp4hooks doctor` for the reason, or set DJANGO_SETTINGS_MODULE=ccp4i2.config.settings "
            "to run jobs without ccp4hooks."
        )
    return session


async def _run(job: Job, *, again: bool) -> RunResult:
    """Run a job in the main thread if that waits for it, as in a process started for the job; else in another thread.

    Signals arrive in the main thread, so Ctrl-C interrupts the job only there.
    """
    session = _session()
    if await sync_to_async(threading.current_thread)() is not threading.main_thread():
        return await run_opened_async(session, job.task, job.uuid, again=again)
    try:
        return await sync_to_async(_run_alone)(job, partial(session.run_opened, job.uuid, again=again))
    except KeyboardInterrupt as error:
        raise HostError(f"Job {job.number} ({job.task}) was interrupted.", FAILED_EXIT_CODE) from error


def _run_alone(job: Job, run: Callable[[], RunResult]) -> RunResult:
    sys.stdout.write(f"The output of the task {job.task} is in {job.directory / OUTPUT_FILE}\n")
    sys.stdout.flush()
    if not connection.in_atomic_block:
        # A server or a proxy may drop a connection that is idle for the hours of a job.
        connection.close()
    with termination_as_interrupt():
        return run()


def _failure_message(outcome: Outcome) -> str:
    job = outcome.job
    reasons = "".join(f"\n  - {problem}" for problem in outcome.problems if problem.severity is not Severity.INFO)
    summary = f"Job {job.number} ({job.task}) of the project {job.project.name!r} is {outcome.status.name}"
    return f"{summary}:{reasons}\nSee {job.directory}." if reasons else f"{summary}. See {job.directory}."


# --- replacements of methods of CCP4i2's handler ----------------------------------------------------------------


def _handler(ccp4i2_handler: Any) -> AsyncDatabaseHandler:
    return AsyncDatabaseHandler(ccp4i2_handler.project_uuid)


def _track_job(self: Any, plugin: Any) -> AbstractAsyncContextManager[Any]:
    """Run a script as a job; see `AsyncDatabaseHandler.track_job`."""
    return _handler(self).track_job(plugin)


async def _create_job(
    self: Any,
    task_name: str,
    title: str | None = None,
    parent_job_uuid: UUID | None = None,
    job_number: str | None = None,
) -> Any:
    """Open a job and return its row; see `AsyncDatabaseHandler.create_job`."""
    return await _handler(self).create_job(task_name, title, parent_job_uuid, job_number)


def _create_sub_job(
    self: Any,
    taskName: str,  # noqa: N803 - CCP4i2's names
    parentJobId: str,  # noqa: N803
    jobNumber: str,  # noqa: N803
    jobTitle: str | None = None,  # noqa: N803
) -> str:
    """Open a sub-job in the directory of its number; see `AsyncDatabaseHandler.createSubJob`."""
    return _handler(self).createSubJob(taskName, parentJobId, jobNumber, jobTitle)


def _run_sub_job(self: Any, plugin: Any, parent_job_uuid: UUID) -> int:
    """Run a script as a sub-job; see `AsyncDatabaseHandler.run_subjob`."""
    return _handler(self).run_subjob(plugin, parent_job_uuid)


async def _find_import(self: Any, checksum: str, file_type: str, project: Any = None) -> Any:  # noqa: ARG001 - as CCP4i2
    """Return this project's import of a content; see `AsyncDatabaseHandler.find_imported_file_by_checksum`."""
    return await _handler(self).find_imported_file_by_checksum(checksum, file_type)


METHODS: dict[str, Callable[..., Any]] = {
    "track_job": _track_job,
    "create_job": _create_job,
    "createSubJob": _create_sub_job,
    "run_subjob": _run_sub_job,
    "find_imported_file_by_checksum": _find_import,
}
"""The replacements by the name of the method of CCP4i2's ``AsyncDatabaseHandler``."""


# --- install and uninstall --------------------------------------------------------------------------------------

_originals: list[tuple[Any, str, Any]] = []


def install() -> None:
    """Patch CCP4i2 in this process; a second call changes nothing."""
    if _originals:
        return
    from ccp4i2.db import async_db_handler  # noqa: PLC0415 - its models need Django
    from ccp4i2.db.management.commands import set_job_status  # noqa: PLC0415 - the same
    from ccp4i2.lib import async_run_job  # noqa: PLC0415 - the same
    from ccp4i2.lib.utils.jobs import clone, create  # noqa: PLC0415 - start-up time
    from django.core.management.commands import migrate  # noqa: PLC0415 - the same

    from ccp4hooks_database.server import (  # noqa: PLC0415 - their models need Django
        following,
        guards,
        numbering,
        run_targets,
    )

    starter = versions.job_starter()
    functions: dict[str, tuple[Any, Callable[..., Any]]] = {
        "run_job_async": (async_run_job, run_job_async),
        "create_job": (create, numbering.create_job),
        "clone_job": (clone, numbering.guarded_clone(clone.clone_job)),
        "run_job_local": (starter, guards.guarded_start(starter.run_job_local)),
    }
    for name, (module, function) in functions.items():
        _replace(module, name, function)
    for importer, name in BY_NAME:
        module, function = functions[name]
        if importer in sys.modules and importer != module.__name__:
            _replace(sys.modules[importer], name, function)
    dispatch = versions.run_targets()
    if dispatch is not None:
        _replace(dispatch, "run_target_paths", run_targets.with_engines(dispatch.run_target_paths))
    _replace(set_job_status.Command, "handle", guards.guarded_status(set_job_status.Command.handle))
    _replace(migrate.Command, "execute", guards.guarded_migrate(migrate.Command.execute))
    for name, function in METHODS.items():
        _replace(async_db_handler.AsyncDatabaseHandler, name, function)
    request_started.connect(_patch_views)
    request_started.connect(following.follow)
    keep_paths()


def _patch_views(**_: Any) -> None:
    """Patch the views of the REST API at the first request: a process that runs a job does not import them."""
    from ccp4i2.api.JobViewSet import JobViewSet  # noqa: PLC0415 - start-up time
    from ccp4i2.api.ProjectViewSet import ProjectViewSet  # noqa: PLC0415 - the same

    from ccp4hooks_database.server import deletion, guards  # noqa: PLC0415 - their models need Django

    if not request_started.disconnect(_patch_views):
        return
    if versions.run_targets() is not None:
        _show_whereabouts()
    _replace(JobViewSet, "cancel", guards.guarded_cancel(vars(JobViewSet)["cancel"]))
    for name, chosen in (("destroy", deletion.one_job), ("bulk_delete", deletion.several_jobs)):
        several = name == "bulk_delete"
        _replace(JobViewSet, name, deletion.to_trash(vars(JobViewSet)[name], chosen, several=several))
    guarded = deletion.guarded_deletion(vars(ProjectViewSet)["destroy"], deletion.jobs_of_project)
    _replace(ProjectViewSet, "destroy", guarded)


def _show_whereabouts() -> None:
    """Let CCP4i2's app show the jobs of other machines as such."""
    from ccp4i2.api.serializers import JobSerializer  # noqa: PLC0415 - start-up time
    from ccp4i2.lib.utils.reporting import i2_report  # noqa: PLC0415 - the same

    from ccp4hooks_database.server import whereabouts  # noqa: PLC0415 - its models need Django

    _replace(JobSerializer, "to_representation", whereabouts.shown_job(JobSerializer.to_representation))
    _replace(i2_report, "pending_report", whereabouts.located_report(i2_report.pending_report))


def _replace(owner: Any, name: str, function: Callable[..., Any]) -> None:
    _originals.append((owner, name, inspect.getattr_static(owner, name)))
    setattr(owner, name, function)


def is_installed() -> bool:
    """Return whether CCP4i2 runs its jobs through the hooks in this process."""
    return bool(_originals)


def uninstall() -> None:
    """Restore CCP4i2 in this process to its state before `install`."""
    from ccp4hooks_database.server import following  # noqa: PLC0415 - as in `install`

    request_started.disconnect(_patch_views)
    request_started.disconnect(following.follow)
    originals = {vars(owner)[name]: original for owner, name, original in _originals}
    for owner, name, original in _originals:
        setattr(owner, name, original)
    _originals.clear()
    for importer, name in BY_NAME:
        module = sys.modules.get(importer)
        # If it was loaded after `install`, it has imported the replacement by name.
        if module is not None and vars(module)[name] in originals:
            setattr(module, name, originals[vars(module)[name]])
