"""Jobs: find rows and convert them to values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ccp4i2.db.models import Job as JobRow

from ccp4hooks import Job, Project
from ccp4hooks.store import JobNumber
from ccp4hooks_database.sql.prepared import Prepared, slot

if TYPE_CHECKING:
    from uuid import UUID

    from ccp4hooks_database.repository import rows


class Found(NamedTuple):
    """A recorded job.

    Attributes:
        pk: Key of its row.
        status: Number of its `JobStatus`.
        job: The job.
    """

    pk: int
    status: int
    job: Job


COLUMNS = ("pk", "status", "uuid", "number", "task_name", "title", "parent__uuid")
OF_PROJECT = ("project__name", "project__directory", "project__uuid")
BY_UUID = Prepared(lambda: JobRow.objects.filter(uuid=slot("uuid", JobRow, "uuid")).values_list(*COLUMNS, *OF_PROJECT))


def project_of(name: str, directory: str, uuid: UUID) -> Project:
    """Return a project from the columns of its row."""
    return Project(name=name, directory=Path(directory), uuid=uuid)


def find_job(uuid: UUID) -> Found | None:
    """Return the job with that UUID; None if it is not recorded."""
    row = BY_UUID.first(uuid=uuid)
    if row is None:
        return None
    pk, status, *own, name, directory, project_uuid = row
    return Found(int(pk), int(status), job_from(project_of(name, directory, project_uuid), *own))


def job_of(row: rows.JobRow) -> Job:
    """Return a job from its row, whose project and parent are loaded."""
    parent_uuid = row.parent.uuid if row.parent else None
    project = project_of(row.project.name, row.project.directory, row.project.uuid)
    return job_from(project, row.uuid, row.number, row.task_name, row.title, parent_uuid)


def job_from(project: Project, uuid: UUID, number: str, task: str, title: str, parent_uuid: UUID | None) -> Job:
    """Return a job from the columns of its row."""
    return Job(
        uuid=uuid,
        number=JobNumber(number),
        task=task,
        title=title,
        project=project,
        directory=project.job_directory(number),
        parent_uuid=parent_uuid,
        opened_by="database",
    )
