"""Record the new directory of a project. Its files and jobs are recorded relative to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow
from django.utils import timezone

from ccp4hooks import BadInputError, JobStatus, Project
from ccp4hooks_database.repository import owners
from ccp4hooks_database.settings import DatabaseSettings

if TYPE_CHECKING:
    from pathlib import Path


def is_recorded(project: Project) -> bool:
    """Return whether a project is recorded."""
    return bool(ProjectRow.objects.filter(uuid=project.uuid).exists())


def move_project(project: Project, directory: Path) -> Project | None:
    """Record the new directory of a project and return the project; None if it is not recorded.

    Must be called in a transaction. The first statement locks the row of the project, so that no job of it is opened in
    the old directory in the meantime.

    Raises:
        BadInputError: A job of the project is running, or another project has the directory.
    """
    row = ProjectRow.objects.filter(uuid=project.uuid)
    if not row.update(last_access=timezone.now()):
        return None
    places = {str(directory), str(directory.resolve())}
    other = ProjectRow.objects.filter(directory__in=places).exclude(uuid=project.uuid).values_list("name").first()
    if other is not None:
        raise BadInputError(f"{directory} is recorded as the directory of the project {other[0]!r}.")
    refuse_running(project)
    row.update(directory=str(directory))
    return replace(project, directory=directory)


def refuse_running(project: Project) -> None:
    """Refuse a project with a job that is running.

    Raises:
        BadInputError: A job is running.
    """
    owned = [one.job.number for one in owners.find_owned(project, DatabaseSettings().silence_s) if one.alive]
    running = [int(JobStatus.RUNNING), int(JobStatus.RUNNING_REMOTELY)]
    rows = JobRow.objects.filter(project__uuid=project.uuid, status__in=running, ccp4hooks_owner__isnull=True)
    numbers = [*owned, *rows.order_by("pk").values_list("number", flat=True)]
    if numbers:
        raise BadInputError(
            f"Job {numbers[0]} of the project {project.name!r} is running. Wait until it has ended, or cancel it."
        )
