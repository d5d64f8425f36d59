"""Job numbers; to be called while the project's row is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ccp4i2.db.models import Job as JobRow
from django.db.models import IntegerField, Max
from django.db.models.functions import Cast

from ccp4hooks import BadInputError, Project
from ccp4hooks.store import JobNumber, JobRequest
from ccp4hooks_database.sql.prepared import Prepared, slot

if TYPE_CHECKING:
    from ccp4hooks import Job


class Numbered(NamedTuple):
    """The job that has a number.

    Attributes:
        pk: Key of its row.
        task: TASKNAME.
    """

    pk: int
    task: str


NUMBERED = Prepared(
    lambda: JobRow.objects.filter(
        project_id=slot("project", JobRow, "project"), number=slot("number", JobRow, "number")
    ).values_list("pk", "task_name")
)


def numbered(project_pk: int, number: str) -> Numbered | None:
    """Return the job of a project that has a number, None if none has."""
    found = NUMBERED.first(project=project_pk, number=number)
    return Numbered(*found) if found else None


def number_for(request: JobRequest, row: Any, project: Project) -> JobNumber:
    """Return the number that a job is to get.

    Args:
        request: What is wanted.
        row: The project's row, locked; its counter is the number to try first.
        project: The project.

    Raises:
        BadInputError: The number asked for is none, or is taken.
    """
    if request.number is not None:
        return _asked_for(request, row.pk, project)
    if request.parent is None:
        return _next_number(row, project)
    index = request.child_index or _next_index(request.parent, row.pk)
    return request.parent.number.child(index)


def _asked_for(request: JobRequest, project_pk: int, project: Project) -> JobNumber:
    number, parent = JobNumber(request.number), request.parent
    if not number.is_valid or number.parent != (parent.number if parent else None):
        wanted = f"{parent.number}.N" if parent else "a whole number from 1"
        raise BadInputError(f"{str(number)!r} cannot be the number of this job; it must be {wanted}.")
    taken = numbered(project_pk, number)
    directory = project.job_directory(number)
    if taken is not None or (directory.exists() and not request.adopted):
        by = f"by a job of the task {taken.task}" if taken else "by a directory"
        raise BadInputError(
            f"The number {number} is taken in the project {project.name!r} {by}. Leave it out for the next one."
        )
    return number


def _next_number(row: Any, project: Project) -> JobNumber:
    """Return the next number that neither a row nor a directory has; constant time unless the counter lags behind."""
    number = row.last_job_number
    while True:
        if numbered(row.pk, str(number)) is not None:
            number = max(number, _highest_number(row.pk)) + 1
        elif project.job_directory(str(number)).exists():
            # A job made without a database.
            number += 1
        else:
            return JobNumber(number)


def _highest_number(project_pk: int) -> int:
    top = JobRow.objects.filter(project_id=project_pk, number__regex=r"^[0-9]+$")
    return int(top.aggregate(highest=Max(Cast("number", IntegerField())))["highest"] or 0)


def _next_index(parent: Job, project_pk: int) -> int:
    """Return the next place in a parent that neither a row nor a directory has."""
    below = JobRow.objects.filter(project_id=project_pk, number__startswith=f"{parent.number}.")
    numbers = [JobNumber(number) for number in below.values_list("number", flat=True)]
    index = 1 + max((number.parts[-1] for number in numbers if number.parent == parent.number), default=0)
    while parent.project.job_directory(parent.number.child(index)).exists():
        index += 1
    return index
