"""Job numbers. Must be called while the project's row is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ccp4i2.db.models import Job as JobRow
from django.db.models import IntegerField, Max
from django.db.models.functions import Cast

from ccp4hooks import BadInputError, Project
from ccp4hooks.store import JobNumber, JobRequest
from ccp4hooks_database.sql.prepared import Prepared, slot

if TYPE_CHECKING:
    from uuid import UUID

    from ccp4hooks import Job


class LockedProject(NamedTuple):
    """A project whose row this transaction has locked.

    Attributes:
        pk: Key of the row.
        uuid: UUID.
        name: Name.
        directory: Directory.
        last_job_number: The counter.
    """

    pk: int
    uuid: UUID
    name: str
    directory: str
    last_job_number: int


class Numbered(NamedTuple):
    """The job with a certain number.

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
    """Return the job of a project with that number; None if the project has none."""
    found = NUMBERED.first(project=project_pk, number=number)
    return Numbered(*found) if found else None


def number_for(request: JobRequest, row: LockedProject, project: Project) -> JobNumber:
    """Return the number of a new job.

    Args:
        request: The request.
        row: The project's locked row; its counter is the first number to try.
        project: The project.

    Raises:
        BadInputError: The requested number is invalid or taken.
    """
    if request.number is not None:
        return _requested_number(request, row.pk, project)
    if request.parent is None:
        return _next_number(row, project)
    index = request.child_index or _next_index(request.parent, row.pk)
    return request.parent.number.child(index)


def _requested_number(request: JobRequest, project_pk: int, project: Project) -> JobNumber:
    number, parent = JobNumber(request.number), request.parent
    if not number.is_valid or number.parent != (parent.number if parent else None):
        wanted = f"{parent.number}.N" if parent else "a whole number from 1"
        raise BadInputError(f"Invalid number {str(number)!r} of a new job: it must be {wanted}.")
    # A sub-job of a further run of its parent takes the place of the earlier one, as its directory has done.
    taken = None if parent is not None and request.replayed else numbered(project_pk, number)
    directory = project.job_directory(number)
    if taken is not None or (directory.exists() and not request.replayed):
        by = f"by a job of the task {taken.task}" if taken else f"by the directory {directory}"
        raise BadInputError(
            f"The number {number} is taken in the project {project.name!r} {by}. Omit it to get the next free number."
        )
    return number


def _next_number(row: LockedProject, project: Project) -> JobNumber:
    """Return the next number without a row or directory; in constant time unless the counter is too low."""
    number = row.last_job_number
    while True:
        if numbered(row.pk, str(number)) is not None:
            number = max(number, _highest_number(row.pk)) + 1
        elif project.job_directory(str(number)).exists():
            # The directory of a job that ran without a database.
            number += 1
        else:
            return JobNumber(number)


def _highest_number(project_pk: int) -> int:
    top = JobRow.objects.filter(project_id=project_pk, number__regex=r"^[0-9]+$")
    return int(top.aggregate(highest=Max(Cast("number", IntegerField())))["highest"] or 0)


def _next_index(parent: Job, project_pk: int) -> int:
    """Return the next index below a parent without a row or directory."""
    below = JobRow.objects.filter(project_id=project_pk, number__startswith=f"{parent.number}.")
    numbers = [JobNumber(number) for number in below.values_list("number", flat=True)]
    index = 1 + max((number.parts[-1] for number in numbers if number.parent == parent.number), default=0)
    while parent.project.job_directory(parent.number.child(index)).exists():
        index += 1
    return index
