"""Guards for the views of CCP4i2's REST API that delete jobs and projects.

CCP4i2 deletes a running job without ending it: its process and its program go on, in a directory that is gone. It
deletes the files of a job by their paths, among them an output that is a file of another job.

Source: ``ccp4i2.api.JobViewSet``, ``ccp4i2.api.ProjectViewSet``, ``ccp4i2.lib.utils.navigation.dependencies``, ccp4i2
3.0.1 and 3.1.0a105.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import File
from ccp4i2.db.models import Job as JobRow
from django.db.models import Q

from ccp4hooks import Ccp4HooksError, JobStatus
from ccp4hooks.store import JobNumber
from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.repository import columns, owners
from ccp4hooks_database.repository.row_values import IMPORT_DIR
from ccp4hooks_database.settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    Choice = Callable[[Any, Any], list[Any]]

CONFLICT = 409
"""HTTP status for a request that the current state of the resource does not allow."""

YES = ("1", "true", "yes")
"""Values of CCP4i2 3.1 for deleting the imported files of a job, and the jobs that use them."""


def guarded_deletion(original: Callable[..., Any], chosen: Choice) -> Callable[..., Any]:
    """Return a view that deletes jobs with a guard: running jobs end first, and files of other jobs stay.

    The process of a running job stops its programs and records the job, as if the job was cancelled. If a job cannot be
    ended from here, for instance because it runs on another machine, nothing is deleted and the answer is 409.

    Args:
        original: The view.
        chosen: Returns the rows of the jobs that a request deletes, from the request and the key in its address.
    """

    @wraps(original)
    def view(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        from ccp4i2.lib.response import api_error  # noqa: PLC0415 - start-up time

        try:
            rows = chosen(request, options.get("pk"))
        except (TypeError, ValueError):
            rows = []  # CCP4i2 reports a key that is no number.
        try:
            _end(rows)
        except Ccp4HooksError as error:
            return api_error(f"Nothing was deleted. {error}", status=CONFLICT)
        _release_files_of_others(rows)
        return original(self, request, *arguments, **options)

    return view


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
    from ccp4i2.lib.utils.navigation.dependencies import find_bulk_dependent_jobs  # noqa: PLC0415 - start-up time

    # CCP4i2 3.0 always follows imported files.
    flag = [True] if str(options.get("delete_imported_files", "")).lower() in YES else []
    found = find_bulk_dependent_jobs(list(keys), *flag)["all_jobs_to_delete"]
    return list(JobRow.objects.select_related("project").filter(pk__in=[job.pk for job in found]))


def _end(rows: Collection[Any]) -> None:
    """Cancel the jobs that are starting, or that a living process of ccp4hooks runs.

    Raises:
        Ccp4HooksError: A job cannot be cancelled from here.
    """
    tops = {(job.project_id, JobNumber(job.number)) for job in rows if job.parent_id is None}
    silence_s = shared_session().settings.plugin("database", DatabaseSettings).silence_s
    for job in rows:
        # A sub-job ends with its job.
        if job.parent_id is not None and (job.project_id, JobNumber(job.number).top) in tops:
            continue
        starts = job.status == JobStatus.QUEUED
        if starts or (job.status == JobStatus.RUNNING and owners.has_living_owner(job.pk, silence_s)):
            shared_session().cancel(job.project.uuid, job.number, kill=True)


def _release_files_of_others(rows: Collection[Any]) -> None:
    """Delete the rows of outputs that are also files of a job that stays, so that CCP4i2 does not delete the files."""
    keys = [job.pk for job in rows]
    beside = File.objects.filter(Q(name__startswith="../") | Q(directory=IMPORT_DIR), fileimport__isnull=True)
    for file in beside.filter(job__in=keys).select_related("job__project"):
        path = columns.path_of(file.path.parent, file.path.name)
        same_name = Q(name=path.name) | Q(name__endswith=f"/{path.name}")
        others = File.objects.filter(same_name, job__project=file.job.project).exclude(job__in=keys)
        places = (
            columns.path_of(other.path.parent, other.path.name) for other in others.select_related("job__project")
        )
        if path in places:
            file.delete()
