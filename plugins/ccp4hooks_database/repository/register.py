"""Register single files, uses and KPIs of a job, and look them up. Must be called in a transaction.

The returned rows are those of ``ccp4i2.db.models``, with the job, its project and the file's type loaded.
"""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import File
from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow

from ccp4hooks import BadInputError, GleanedFile, ImportedFile, Job, JobStatus, Kpi, Outcome, StoreError
from ccp4hooks.store import FileUse, Origin
from ccp4hooks_database.models import JobOwner
from ccp4hooks_database.repository import columns, jobs, opening, read, record
from ccp4hooks_database.repository.row_values import IMPORT_DIR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks_database.repository.values import ImportFile, InputUse, JobValue, OutputFile

API = Origin(plugin="api")
"""The origin of manually registered rows."""

NO_JOB = "No job has the UUID {}. Run `ccp4hooks jobs PROJECT` for a list of the jobs."


# --- looking up -----------------------------------------------------------------------------------------------


def project_row(project_uuid: UUID) -> Any:
    """Return a project's row.

    Raises:
        BadInputError: The project is not recorded.
    """
    row = next(iter(ProjectRow.objects.filter(uuid=project_uuid)), None)
    if row is None:
        raise BadInputError(
            f"No project has the UUID {project_uuid}. Run `ccp4hooks projects` for a list of the projects."
        )
    return row


def job_row(job_uuid: UUID) -> Any:
    """Return a job's row, its project and parent loaded.

    Raises:
        BadInputError: The job is not recorded.
    """
    row = next(iter(JobRow.objects.select_related("project", "parent").filter(uuid=job_uuid)), None)
    if row is None:
        raise BadInputError(NO_JOB.format(job_uuid))
    return row


def job_value(job_uuid: UUID) -> Job:
    """Return a job.

    Raises:
        BadInputError: The job is not recorded.
    """
    return found_job(job_uuid).job


def found_job(job_uuid: UUID) -> jobs.Found:
    """Return a job with its key and status.

    Raises:
        BadInputError: The job is not recorded.
    """
    found = jobs.find_job(job_uuid)
    if found is None:
        raise BadInputError(NO_JOB.format(job_uuid))
    return found


def find_imported_file(project_uuid: UUID, md5: str, file_type: str) -> Any:
    """Return a project's latest import of that content and type whose copy exists; None if the project has none."""
    same = _files().filter(
        job__project__uuid=project_uuid,
        directory=IMPORT_DIR,
        fileimport__checksum=md5,
        type_id=columns.shortened(file_type, columns.FILE_TYPE_LIMIT),
    )
    return next((row for row in same.order_by("-pk") if row.path.is_file()), None)


def find_file_by_path(project_uuid: UUID, job_number: str, filename: str) -> Any:
    """Return a job's latest file of that name; None if the job has none."""
    found = _files().filter(job__project__uuid=project_uuid, job__number=job_number, name=filename)
    return found.order_by("-pk").first()


def file_path(file_uuid: UUID) -> Path | None:
    """Return the path of a file; None if it is not recorded."""
    row = (
        File.objects.filter(uuid=file_uuid, job__isnull=False)
        .values(*read.OWN_FILE_COLUMNS, **read.FILE_COLUMNS)
        .first()
    )
    return read.file_path(row) if row else None


def _files() -> Any:
    return File.objects.select_related("job__project", "type")


def _in_order(uuids: Sequence[UUID]) -> list[Any]:
    found = {row.uuid: row for row in _files().filter(uuid__in=uuids)}
    return [found[uuid] for uuid in uuids]


# --- registering ----------------------------------------------------------------------------------------------


def register_output_files(job_uuid: UUID, items: Sequence[OutputFile]) -> list[Any]:
    """Record output files of a job and return their rows; a second call updates the rows.

    Raises:
        BadInputError: The job or a file does not exist, a MIME type is empty, or a file is outside the project.
    """
    job = job_value(job_uuid)
    return register_gleaned(job, [_output(job, item) for item in items])


def _output(job: Job, item: OutputFile) -> GleanedFile:
    path = _existing(job, job.directory / item.path, item)
    parameter = _parameter("outputData", item.param_name)
    return GleanedFile(
        uuid=job.file_uuid("out", parameter),
        parameter=parameter,
        path=path,
        size_bytes=path.stat().st_size,
        file_type=item.file_type,
        content_flag=item.content_flag,
        sub_type=item.sub_type,
        annotation=item.annotation,
        origins={"file": API},
    )


def _parameter(container: str, name: str) -> str:
    if not name:
        raise BadInputError("The name of a file's parameter is empty. Set `param_name`, for instance to 'XYZOUT'.")
    return f"{container}.{columns.without_container(name)}"


def _existing(job: Job, path: Path, item: OutputFile | ImportFile) -> Path:
    """Return the path of a file after checking that the file can be recorded.

    Raises:
        BadInputError: The file cannot be recorded.
    """
    if not item.file_type:
        raise BadInputError(
            f"{item.param_name}: {path} has no MIME type. Set `file_type`, for instance to 'chemical/x-pdb'."
        )
    if columns.relative_name(path, job.directory, job.project.directory) is None:
        raise BadInputError(
            f"{item.param_name}: {path} is outside the project directory {job.project.directory}. "
            "Copy the file into the project first."
        )
    if not path.is_file():
        raise BadInputError(f"{item.param_name}: the file {path} does not exist.")
    return path


def register_gleaned(job: Job, files: Sequence[GleanedFile]) -> list[Any]:
    """Record extracted output files and return their rows."""
    record.write(job, _outcome(job, files=tuple(files)), manual=True)
    return _in_order([file.uuid for file in files])


def register_inputs(job: Job, imported: Sequence[ImportedFile], uses: Sequence[FileUse]) -> None:
    """Record a job's imported files and uses of files."""
    record.write(job, _outcome(job, imported=tuple(imported), uses=tuple(uses)), manual=True)


def register_input_files(job_uuid: UUID, items: Sequence[InputUse]) -> None:
    """Record that a job reads recorded files.

    Raises:
        BadInputError: The job or a file is not recorded.
    """
    job = job_value(job_uuid)
    known = set(File.objects.filter(uuid__in=[item.file_uuid for item in items]).values_list("uuid", flat=True))
    for item in items:
        if item.file_uuid not in known:
            raise BadInputError(f"{item.param_name}: no recorded file has the UUID {item.file_uuid}.")
    uses = [
        FileUse(file_uuid=item.file_uuid, parameter=_parameter("inputData", item.param_name), path=job.directory)
        for item in items
    ]
    register_inputs(job, (), uses)


def register_imported_files(job_uuid: UUID, items: Sequence[ImportFile]) -> list[Any]:
    """Record files that were copied to ``CCP4_IMPORTED_FILES`` and return their rows.

    Raises:
        BadInputError: The job or a copy does not exist, or a MIME type is empty.
    """
    job = job_value(job_uuid)
    imported = [_import(job, item) for item in items]
    register_inputs(job, imported, ())
    return _in_order([file.uuid for file in imported])


def _import(job: Job, item: ImportFile) -> ImportedFile:
    folder = job.project.imports_directory
    path = _existing(job, folder / item.path, item)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadInputError(f"{item.param_name}: {path} is outside {folder}. Copy the file there first.")
    parameter = _parameter("inputData", item.param_name)
    source = item.source_path if item.source_path.exists() else path
    return ImportedFile(
        uuid=job.file_uuid("in", parameter),
        parameter=parameter,
        path=path,
        source=item.source_path,
        md5=item.checksum or "",
        sha256="",
        size_bytes=path.stat().st_size,
        modified_at=datetime.fromtimestamp(source.stat().st_mtime, timezone.utc),
        file_type=item.file_type,
        content_flag=item.content_flag,
        sub_type=item.sub_type,
        annotation=item.annotation,
        origin=API,
    )


def register_values(job_uuid: UUID, values: Sequence[JobValue]) -> int:
    """Record KPIs of a job and return their number; a second call updates them.

    Raises:
        BadInputError: The job is not recorded, or a KPI cannot be recorded.
    """
    job = job_value(job_uuid)
    # The last KPI with a name counts, as if the KPIs were registered one by one.
    by_key = {
        item.key: Kpi(key=item.key, value=item.value, unit=item.unit, description=item.description or "", origin=API)
        for item in values
    }
    try:
        record.write(job, _outcome(job, kpis=tuple(by_key.values())), manual=True)
    except StoreError as error:
        raise BadInputError(str(error)) from error
    return len(by_key)


def _outcome(job: Job, **contents: Any) -> Outcome:
    at = datetime.now(timezone.utc)
    return Outcome(job=job, status=JobStatus.UNKNOWN, created_at=at, finished_at=at, **contents)


def update_status(job_uuid: UUID, status: int, finish_time: datetime | None) -> None:
    """Record a job's status; a status that ends the job sets its finish time too.

    Raises:
        BadInputError: The job is not recorded, or the status does not exist.
    """
    if status not in set(JobStatus):
        known = ", ".join(f"{one.value} {one.name}" for one in JobStatus)
        raise BadInputError(f"Invalid job status {status}. Valid are: {known}.")
    new, job = JobStatus(status), found_job(job_uuid)
    JobRow.objects.filter(pk=job.pk).update(
        status=int(new),
        finish_time=None if new.is_waiting or new.is_running else finish_time or datetime.now(timezone.utc),
        process_id=os.getpid() if new is JobStatus.RUNNING else None,
    )
    if new is JobStatus.RUNNING:
        opening.own(job.pk, started_at=datetime.now(timezone.utc))
    elif new.is_waiting or new is JobStatus.RUNNING_REMOTELY:
        # The process that claims the job becomes its owner.
        JobOwner.objects.filter(job_id=job.pk).delete()
