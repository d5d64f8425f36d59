"""Move jobs into the trash where CCP4i2's REST API deletes them, and end the jobs of a project that it deletes.

CCP4i2 deletes a running job without ending it: its process and its program go on, in a directory that is gone. It
deletes the files of a job by their paths, among them an output that is a file of another job, and nothing brings them
back.

Source: ``ccp4i2.api.JobViewSet``, ``ccp4i2.api.ProjectViewSet``, ``ccp4i2.lib.utils.navigation.dependencies``, ccp4i2
3.0.1 and 3.1.0a105.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import Job as JobRow

from ccp4hooks import BadInputError, Ccp4HooksError, JobStatus
from ccp4hooks.store import JobNumber
from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.models import JobOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    Choice = Callable[[Any, Any], list[Any]]

CONFLICT = 409
"""HTTP status for a request that the current state of the resource does not allow."""

YES = ("1", "true", "yes")
"""Values of CCP4i2 3.1 for deleting the imported files of a job, and the jobs that use them."""


def to_trash(original: Callable[..., Any], chosen: Choice, *, several: bool) -> Callable[..., Any]:
    """Return a view that moves jobs into the trash of their project: running jobs end first.

    The process of a running job stops its programs and records the job, as if the job was cancelled. If a job cannot be
    ended from here, for instance because it runs on another machine, the answer is 409 and names it.

    Args:
        original: The view, which reports the errors of a request that names no job.
        chosen: Returns the rows of the jobs that a request deletes, from the request and the key in its address.
        several: Whether the request names several jobs, so that the answer has their number.
    """

    @wraps(original)
    def view(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        from ccp4i2.lib.response import api_error, api_success  # noqa: PLC0415 - start-up time

        try:
            tops = _tops(_rows(chosen, request, options))
            if not tops:
                return original(self, request, *arguments, **options)
            _end(tops)
        except Ccp4HooksError as error:
            return api_error(f"Nothing was deleted. {error}", status=CONFLICT)
        try:
            count = _delete(tops)
        except Ccp4HooksError as error:
            return api_error(str(error), status=CONFLICT)
        return api_success({"deleted": True, "count": count} if several else {"deleted": True})

    return view


def guarded_deletion(original: Callable[..., Any], chosen: Choice) -> Callable[..., Any]:
    """Return the view that deletes a project with a guard: its running jobs end first.

    Args:
        original: The view.
        chosen: See `to_trash`.
    """

    @wraps(original)
    def view(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        from ccp4i2.lib.response import api_error  # noqa: PLC0415 - start-up time

        try:
            _end(_tops(_rows(chosen, request, options)))
        except Ccp4HooksError as error:
            return api_error(f"Nothing was deleted. {error}", status=CONFLICT)
        return original(self, request, *arguments, **options)

    return view


def _rows(chosen: Choice, request: Any, options: dict[str, Any]) -> list[Any]:
    try:
        return chosen(request, options.get("pk"))
    except (TypeError, ValueError):
        return []  # CCP4i2 reports a key that is no number.


# --- which jobs ---------------------------------------------------------------------------------------------------


def one_job(request: Any, key: Any) -> list[Any]:
    """Return the jobs that a request for the deletion of one job deletes."""
    return _with_dependents([key], request.query_params)


def several_jobs(request: Any, key: Any) -> list[Any]:  # noqa: ARG001 - as `one_job`
    """Return the jobs that a request for the deletion of several jobs deletes."""
    return _with_dependents(request.data.get("job_ids", []), request.data)


def jobs_of_project(request: Any, key: Any) -> list[Any]:  # noqa: ARG001 - as `one_job`
    """Return the jobs of a project."""
    return list(JobRow.objects.select_related("project").filter(project_id=key))


def _with_dependents(keys: Sequence[Any], options: Any) -> list[Any]:
    """Return jobs, and those that CCP4i2 deletes with them; its pages show the same.

    Raises:
        BadInputError: A job is a sub-job.
    """
    from ccp4i2.lib.utils.navigation.dependencies import find_bulk_dependent_jobs  # noqa: PLC0415 - start-up time

    # CCP4i2 3.0 always follows imported files.
    flag = [True] if str(options.get("delete_imported_files", "")).lower() in YES else []
    found = find_bulk_dependent_jobs(list(keys), *flag)
    asked = found["selected_jobs"]
    tops = {(row.project_id, row.number) for row in asked if row.parent_id is None}
    for row in asked:
        top = JobNumber(row.number).top
        if (row.project_id, top) not in tops:
            raise BadInputError(f"{row.number} is a sub-job, and is deleted with its job. Delete job {top}.")
    every = [row.pk for row in found["all_jobs_to_delete"]]
    return list(JobRow.objects.select_related("project").filter(pk__in=every))


def _tops(rows: Collection[Any]) -> list[Any]:
    """Return the top-level jobs of some jobs and sub-jobs: a sub-job is deleted with its job."""
    found = []
    for project in {row.project_id for row in rows}:
        numbers = {JobNumber(row.number).top for row in rows if row.project_id == project}
        found += JobRow.objects.select_related("project").filter(project_id=project, number__in=numbers)
    return found


# --- deleting -----------------------------------------------------------------------------------------------------


def _end(tops: Collection[Any]) -> None:
    """Cancel the jobs that are starting, or that a process of ccp4hooks runs or ran when it died.

    Raises:
        Ccp4HooksError: A job cannot be cancelled from here.
    """
    for job in tops:
        owned = JobOwner.objects.filter(job_id=job.pk).exists()
        if job.status == JobStatus.QUEUED or (job.status == JobStatus.RUNNING and owned):
            shared_session().cancel(job.project.uuid, job.number, kill=True)


def _delete(tops: Collection[Any]) -> int:
    """Move jobs into the trash, and return how many there were, sub-jobs included.

    Raises:
        Ccp4HooksError: A job cannot be deleted. Those before it are in the trash.
    """
    count = 0
    for project in {job.project.uuid for job in tops}:
        numbers = [job.number for job in tops if job.project.uuid == project]
        done = shared_session().delete(project, *numbers, dependants=True)
        count += sum(1 + len(one.sub_jobs) for one in done)
    return count
