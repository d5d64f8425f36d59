"""Rows of CCP4i2's tables: the attributes of its models on which this plugin and its callers rely.

Source: ``ccp4i2.db.models``, ccp4i2 3.0.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID


class ProjectRow(Protocol):
    """A row of ``Project``."""

    pk: int
    uuid: UUID
    name: str
    directory: str
    last_job_number: int


class JobRow(Protocol):
    """A row of ``Job``."""

    pk: int
    uuid: UUID
    number: str
    title: str
    task_name: str
    status: int
    process_id: int | None
    project: ProjectRow
    parent: JobRow | None

    @property
    def directory(self) -> Path:
        """Directory of the job."""
        ...


class FileRow(Protocol):
    """A row of ``File``."""

    pk: int
    uuid: UUID
    name: str
    job: JobRow
    job_param_name: str
    annotation: str
    sub_type: int | None
    content: int | None

    @property
    def path(self) -> Path:
        """Path of the file."""
        ...
