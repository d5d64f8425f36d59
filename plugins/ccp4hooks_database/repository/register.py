"""Register single facts of a job, and look them up; to be called with a connection, writes in a transaction.

Rows that are returned are those of ``ccp4i2.db.models``, with the job, its project and the file's type loaded.
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
from ccp4hooks_database.repository import columns as repository_columns
from ccp4hooks_database.repository import jobs, opening, read, record
from ccp4hooks_database.repository.row_values import IMPORT_DIR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks_database.repository.values import ImportFile, InputUse, JobValue, OutputFile

API = Origin(plugin="api")
"""Who gave what was registered by hand."""

NO_JOB = "No job has the identity {}. `ccp4hooks jobs PROJECT` lists those there are."


# --- looking up -----------------------------------------------------------------------------------------------


def project_row(project_uuid: UUID) -> Any:
    """Return a project's row.

    Raises:
        BadInputError: There is none.
    """
    row = next(iter(ProjectRow.objects.filter(uuid=project_uuid)), None)
    if row is None:
        raise BadInputError(f"No project has the identity {project_uuid}. `ccp4hooks projects` lists those there are.")
    return row


def job_row(job_uuid: UUID) -> Any:
    """Return a job's row, its project and parent loaded.

    Raises:
        BadInputError: There is none.
    """
    row = next(iter(JobRow.objects.select_related("project", "parent").filter(uuid=job_uuid)), None)
    if row is None:
        raise BadInputError(NO_JOB.format(job_uuid))
    return row


def job_value(job_uuid: UUID) -> Job:
    """Return a job.

    Raises:
        BadInputError: There is none.
    """
    return found_job(job_uuid).job


def found_job(job_uuid: UUID) -> jobs.Found:
    """Return a job with its key and status.

    Raises:
        BadInputError: There is none.
    """
    found = jobs.find_job(job_uuid)
    if found is None:
        raise BadInputError(NO_JOB.format(job_uuid))
    return found


def find_imported_file(project_uuid: UUID, md5: str, file_type: str) -> Any:
    """Return a project's latest import of that content and type that is still there, None if there is none."""
    same = _files().filter(
        job__project__uuid=project_uuid,
        directory=IMPORT_DIR,
        fileimport__checksum=md5,
        type_id=repository_columns.shortened(file_type, repository_columns.FILE_TYPE_LIMIT),
    )
    return next((row for row in same.order_by("-pk") if row.path.is_file()), None)


def find_file_by_path(project_uuid: UUID, job_number: str, filename: str) -> Any:
    """Return a job's latest file of that name, None if there is none."""
    found = _files().filter(job__project__uuid=project_uuid, job__number=job_number, name=filename)
    return found.order_by("-pk").first()


def file_path(file_uuid: UUID) -> Path | None:
    """Return where a file lies, None if it is not recorded."""
    columns = read.OWN_FILE_COLUMNS
    row = File.objects.filter(uuid=file_uuid, job__isnull=False).values(*columns, **read.FILE_COLUMNS).first()
    return read.file_path(row) if row else None


def _files() -> Any:
    return File.objects.select_related("job__project", "type")


def _in_order(uuids: Sequence[UUID]) -> list[Any]:
    found = {row.uuid: row for row in _files().filter(uuid__in=uuids)}
    return [found[uuid] for uuid in uuids]


# --- registering ----------------------------------------------------------------------------------------------


def register_output_files(job_uuid: UUID, items: Sequence[OutputFile]) -> list[Any]:
    """Record output files of a job and return their rows; done again, it updates them.

    Raises:
        BadInputError: No such job, no MIME type, no such file, or it lies outside the project.
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
        raise BadInputError("A file needs the name of its parameter, for instance 'XYZOUT'.")
    return f"{container}.{repository_columns.without_container(name)}"


def _existing(job: Job, path: Path, item: OutputFile | ImportFile) -> Path:
    """Return where a file lies, if it may be recorded.

    Raises:
        BadInputError: It may not.
    """
    if not item.file_type:
        raise BadInputError(f"{item.param_name}: {path} has no MIME type; give one, for instance 'chemical/x-pdb'.")
    if repository_columns.relative_name(path, job.directory, job.project.directory) is None:
        raise BadInputError(
            f"{item.param_name}: {path} lies outside the project directory {job.project.directory}; "
            "only files inside can be recorded."
        )
    if not path.is_file():
        raise BadInputError(f"{item.param_name}: there is no file {path}.")
    return path


def register_gleaned(job: Job, files: Sequence[GleanedFile]) -> list[Any]:
    """Record output files that were gleaned and return their rows."""
    record.write(job, _facts(job, files=tuple(files)), by_hand=True)
    return _in_order([file.uuid for file in files])


def register_brought_in(job: Job, imported: Sequence[ImportedFile], uses: Sequence[FileUse]) -> None:
    """Record what became of a job's input files."""
    record.write(job, _facts(job, imported=tuple(imported), uses=tuple(uses)), by_hand=True)


def register_input_files(job_uuid: UUID, items: Sequence[InputUse]) -> None:
    """Record that a job reads files that are recorded already.

    Raises:
        BadInputError: No such job, or no such file.
    """
    job = job_value(job_uuid)
    known = set(File.objects.filter(uuid__in=[item.file_uuid for item in items]).values_list("uuid", flat=True))
    for item in items:
        if item.file_uuid not in known:
            raise BadInputError(f"{item.param_name}: no file has the identity {item.file_uuid}.")
    uses = [
        FileUse(file_uuid=item.file_uuid, parameter=_parameter("inputData", item.param_name), path=job.directory)
        for item in items
    ]
    register_brought_in(job, (), uses)


def register_imported_files(job_uuid: UUID, items: Sequence[ImportFile]) -> list[Any]:
    """Record files that were copied to ``CCP4_IMPORTED_FILES`` and return their rows.

    Raises:
        BadInputError: No such job, no MIME type, or no such copy there.
    """
    job = job_value(job_uuid)
    imported = [_import(job, item) for item in items]
    register_brought_in(job, imported, ())
    return _in_order([file.uuid for file in imported])


def _import(job: Job, item: ImportFile) -> ImportedFile:
    folder = job.project.imports_directory
    path = _existing(job, folder / item.path, item)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadInputError(f"{item.param_name}: {path} lies outside {folder}, where imported files are kept.")
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
    """Record performance values of a job and return how many; done again, it updates them.

    Raises:
        BadInputError: No such job, or a value cannot be recorded.
    """
    job = job_value(job_uuid)
    # The last one of a name counts, as if they were registered one by one.
    by_key = {
        item.key: Kpi(key=item.key, value=item.value, unit=item.unit, description=item.description or "", origin=API)
        for item in values
    }
    try:
        record.write(job, _facts(job, kpis=tuple(by_key.values())), by_hand=True)
    except StoreError as error:
        raise BadInputError(str(error)) from error
    return len(by_key)


def _facts(job: Job, **facts: Any) -> Outcome:
    at = datetime.now(timezone.utc)
    return Outcome(job=job, status=JobStatus.UNKNOWN, created_at=at, finished_at=at, **facts)


def own_job(job_uuid: UUID) -> None:
    """Record the calling process as the owner of a job that it is about to run.

    Raises:
        BadInputError: No such job.
    """
    opening.own(found_job(job_uuid).pk, started_at=None)


def update_status(job_uuid: UUID, status: int, finish_time: datetime | None) -> None:
    """Record a job's status; one that ends it sets its finish time, too.

    Raises:
        BadInputError: No such job or status.
    """
    if status not in set(JobStatus):
        known = ", ".join(f"{one.value} {one.name}" for one in JobStatus)
        raise BadInputError(f"{status} is no status of a job; there are {known}.")
    new, job = JobStatus(status), found_job(job_uuid)
    JobRow.objects.filter(pk=job.pk).update(
        status=int(new),
        finish_time=None if new.is_waiting or new.is_running else finish_time or datetime.now(timezone.utc),
        process_id=os.getpid() if new is JobStatus.RUNNING else None,
    )
    if new is JobStatus.RUNNING:
        opening.own(job.pk, started_at=datetime.now(timezone.utc))
    elif new.is_waiting:
        # It waits to be run again, by whoever claims it.
        JobOwner.objects.filter(job_id=job.pk).delete()
