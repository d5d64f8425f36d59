"""Save, delete and restore all that is recorded of a job and its sub-jobs.

The rows that belong to a job are found by the relations between the models, so that a table which a later version of
CCP4i2 adds is saved and restored, too. They are written as Django's serializer returns them, and inserted again with
their old keys, which no database gives twice.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4i2.db.models import File, FileImport, FileType, FileUse, JobValueKey, XData
from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow
from django.apps import apps
from django.core import serializers
from django.db.models import CASCADE, RESTRICT, SET_NULL, Q
from django.utils import timezone

from ccp4hooks import BadInputError, Job, JobStatus
from ccp4hooks.store import FileReader, JobNumber, type_fault
from ccp4hooks_database.models import FileOrigin, JobOwner, PendingUse, UseOrigin
from ccp4hooks_database.repository import columns, fitting, jobs, owners, read, record
from ccp4hooks_database.repository.labels import batches
from ccp4hooks_database.repository.row_values import IMPORT_DIR, IN
from ccp4hooks_database.sql.bulk_insert import upsert
from ccp4hooks_database.sql.sync_rows import add_missing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ccp4hooks import Project

VERSION = 1
"""Version of the saved record."""

ACTIVE = (int(JobStatus.QUEUED), int(JobStatus.RUNNING), int(JobStatus.RUNNING_REMOTELY))

Rows = dict[Any, dict[Any, Any]]
"""Rows by key, by model."""


def _meta(model: Any) -> Any:
    return model._meta  # noqa: SLF001 - Django's documented way to fields and relations


def _all(model: Any) -> Any:
    """Return the manager that hides no row."""
    return model._base_manager  # noqa: SLF001 - documented by Django


# --- who reads a file ---------------------------------------------------------------------------------------------


def find_readers(project: Project, files: Sequence[UUID]) -> list[FileReader] | None:
    """Return the jobs that read files, or that have recorded one of them as an output; None for an unknown project."""
    if not ProjectRow.objects.filter(uuid=project.uuid).exists():
        return None
    found: list[FileReader] = []
    for batch in batches(files):
        uses = FileUse.objects.filter(file__uuid__in=batch, role=IN)
        found += [_reader(use.job, use.file.uuid) for use in uses.select_related("file", "job__project", "job__parent")]
    return found + _owners_of_same_files(project, files)


def _reader(row: Any, uuid: UUID) -> FileReader:
    return FileReader(job=jobs.job_of(row), status=JobStatus(row.status), file_uuid=uuid)


def _owners_of_same_files(project: Project, files: Sequence[UUID]) -> list[FileReader]:
    """Return the jobs that have recorded one of the files as a file of their own.

    Two jobs that ran without a database may share an import, and an output may be a file of another job.
    """
    places: dict[Path, UUID] = {}
    for batch in batches(files):
        places |= {_place(row): row.uuid for row in File.objects.filter(uuid__in=batch).select_related("job__project")}
    imports = [path.name for path in places if path.parent == project.imports_directory]
    found: list[FileReader] = []
    outside = Q(name__startswith="../")
    for condition in (outside, *(Q(directory=IMPORT_DIR, name__in=batch) for batch in batches(imports))):
        rows = File.objects.filter(condition, job__project__uuid=project.uuid)
        for row in rows.select_related("job__project", "job__parent"):
            uuid = places.get(_place(row))
            if uuid is not None and row.uuid not in files:
                found.append(_reader(row.job, uuid))
    return found


def _place(file: Any) -> Path:
    return columns.path_of(_folder(file), file.name)


def _folder(file: Any) -> Path:
    project = jobs.project_of(file.job.project.name, file.job.project.directory, file.job.project.uuid)
    return project.imports_directory if file.directory == IMPORT_DIR else project.job_directory(file.job.number)


# --- what belongs to a job ----------------------------------------------------------------------------------------


def save(job: Job) -> bytes | None:
    """Return all that is recorded of a job and its sub-jobs; None if the job is not recorded."""
    found = JobRow.objects.filter(uuid=job.uuid).first()
    return None if found is None else _saved(_belongings(found))


class Belongings:
    """The rows of a job and its sub-jobs.

    Attributes:
        rows: The rows that are deleted with the job.
        kept: The rows of the imports that another job reads, which keeps them.
        heirs: The keys of these jobs, by the key of the file.
        set_null: Model, key and column of each other row that points at one of the rows, and points at none afterwards.
        used: The UUIDs of the files of other jobs that the job reads, by key.
    """

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.kept: Rows = {}
        self.heirs: dict[int, int] = {}
        self.set_null: list[tuple[str, Any, str, Any]] = []
        self.used: dict[int, UUID] = {}

    @property
    def job_keys(self) -> list[int]:
        """Keys of the job and its sub-jobs."""
        return list(self.rows[JobRow])


def _belongings(top: Any) -> Belongings:
    found = Belongings()
    _add(found, JobRow, [top])
    readers = _readers_of_imports(top, found.job_keys, list(found.rows.get(File, {})))
    for file_pk, users in readers.items():
        found.heirs[file_pk] = min(users, key=lambda row: JobNumber(row.number).parts).pk
    _set_aside(found)
    own = found.rows.get(File, {})
    uses = [use for use in found.rows.get(FileUse, {}).values() if use.file_id not in own]
    found.used = dict(File.objects.filter(pk__in={use.file_id for use in uses}).values_list("pk", "uuid"))
    return found


def _add(found: Belongings, model: Any, rows: Iterable[Any]) -> None:
    """Add rows, and all rows that are deleted with them."""
    known = found.rows.setdefault(model, {})
    new = {row.pk: row for row in rows if row.pk not in known}
    known.update(new)
    for relation in _meta(model).related_objects if new else ():
        name, other = relation.field.name, relation.related_model
        for batch in batches(list(new)):
            pointing = _all(other).filter(**{f"{name}__in": batch})
            if relation.on_delete in (CASCADE, RESTRICT):
                _add(found, other, pointing)
            elif relation.on_delete is SET_NULL:
                column = relation.field.attname
                label = _meta(other).label
                found.set_null += [(label, pk, column, value) for pk, value in pointing.values_list("pk", column)]


def _readers_of_imports(top: Any, job_keys: Collection[int], file_keys: Sequence[int]) -> dict[int, list[Any]]:
    """Return the rows of other jobs of the project that read an import, by the key of the file."""
    readers: dict[int, list[Any]] = {}
    mine = Q(role=IN, file__fileimport__isnull=False, job__project_id=top.project_id)
    for batch in batches(file_keys):
        for use in FileUse.objects.filter(mine, file_id__in=batch).exclude(job_id__in=job_keys).select_related("job"):
            readers.setdefault(use.file_id, []).append(use.job)
    return readers


def _set_aside(found: Belongings) -> None:
    """Take the imports that another job keeps, and what belongs to them, out of the rows that are deleted."""
    below = Belongings()
    _add(below, File, [found.rows[File][pk] for pk in found.heirs])
    deleted = set(found.job_keys)
    mine = {use.pk for use in below.rows.get(FileUse, {}).values() if use.job_id in deleted}
    for model, rows in below.rows.items():
        # The job still reads the file, until it is deleted.
        keys = rows.keys() - mine if model in (FileUse, UseOrigin) else rows.keys()
        taken = {key: found.rows[model].pop(key) for key in keys}
        if model in (File, FileImport, FileOrigin):
            found.kept[model] = taken


def _saved(found: Belongings) -> bytes:
    content = {
        "version": VERSION,
        "rows": _serialized(found.rows),
        "kept": _serialized(found.kept),
        "set_null": sorted(found.set_null, key=str),
        "used": sorted((pk, str(uuid)) for pk, uuid in found.used.items()),
    }
    return json.dumps(content, default=_plain, sort_keys=True).encode()


def _serialized(rows: Rows) -> list[Any]:
    ordered = sorted(rows, key=lambda model: _meta(model).label)
    every = [rows[model][pk] for model in ordered for pk in sorted(rows[model], key=str)]
    found: list[Any] = serializers.serialize("python", every)
    return found


def _plain(value: Any) -> str:
    # Django's own JSON encoder drops the microseconds.
    return value.isoformat() if isinstance(value, (datetime, date, time)) else str(value)


# --- deleting -----------------------------------------------------------------------------------------------------


def delete(job: Job, saved: bytes, silence_s: float) -> bool | None:
    """Delete a job and its sub-jobs; False if something has changed, None if the job is not recorded.

    Must be called in a transaction. The first statement locks the row of the project, so that no job of it is opened in
    the meantime.

    Raises:
        BadInputError: The job is queued or running, another job reads its outputs, or a job is being prepared.
    """
    if not ProjectRow.objects.filter(uuid=job.project.uuid).update(last_access=timezone.now()):
        return None
    # The lock keeps other processes from claiming a job, or from beginning it, which change its row.
    top = JobRow.objects.select_for_update(of=("self",)).filter(project__uuid=job.project.uuid, uuid=job.uuid).first()
    if top is None:
        return None
    _refuse_prepared(job, silence_s)
    found = _belongings(top)
    _refuse_active(found, job, silence_s)
    _refuse_read(found, job)
    if _saved(found) != saved:
        return False
    _hand_over(found)
    XData.objects.filter(job_id__in=found.job_keys).delete()
    JobRow.objects.filter(pk__in=found.job_keys).delete()
    number = job.number.parts[0]
    ProjectRow.objects.filter(uuid=job.project.uuid, last_job_number__lt=number).update(last_job_number=number)
    return True


def _refuse_prepared(job: Job, silence_s: float) -> None:
    """Refuse while a process prepares another job of the project: it may have found a file that it will read.

    A sub-job reads files of its job, whose uses are recorded, or of other sub-jobs.
    """
    for one in owners.find_owned(job.project, silence_s):
        if one.alive and one.status is JobStatus.PENDING and not one.job.number.is_sub_job and one.job.uuid != job.uuid:
            raise BadInputError(
                f"Job {one.job.number} of the project {job.project.name!r} is being prepared (process {one.pid} on "
                f"{one.host}), and may be about to read a file of job {job.number}. Try again in a moment."
            )


def _refuse_active(found: Belongings, job: Job, silence_s: float) -> None:
    alive = [one.job.uuid for one in owners.find_owned(job.project, silence_s)]
    for row in found.rows[JobRow].values():
        if row.status in ACTIVE or row.uuid in alive:
            raise BadInputError(
                f"Job {row.number} is {JobStatus(row.status).name}. Wait until it has ended, or cancel it."
            )


def _refuse_read(found: Belongings, job: Job) -> None:
    mine = set(found.job_keys)
    readers = {use.job_id for use in found.rows.get(FileUse, {}).values() if use.job_id not in mine}
    if readers:
        numbers = sorted(JobRow.objects.filter(pk__in=readers).values_list("number", flat=True), key=_parts)
        raise BadInputError(
            f"Job {numbers[0]} has begun to read a file of job {job.number}, which is not deleted. Delete that job, "
            "too, or give --dependants."
        )


def _parts(number: str) -> tuple[int, ...]:
    return JobNumber(number).parts


def _hand_over(found: Belongings) -> None:
    """Make each import that another job reads one of that job, under the parameter with which it reads the file."""
    for file_pk, job_pk in found.heirs.items():
        use = FileUse.objects.filter(file_id=file_pk, job_id=job_pk, role=IN).order_by("pk").first()
        name = use.job_param_name
        File.objects.filter(pk=file_pk).update(job_id=job_pk, job_param_name=name)
        origin = UseOrigin.objects.filter(use_id=use.pk).values_list("parameter").first()
        parameter = origin[0] if origin else f"inputData.{name}"
        FileOrigin.objects.filter(file_id=file_pk).update(parameter=parameter)


# --- restoring ----------------------------------------------------------------------------------------------------


def restore(job: Job, saved: bytes) -> bool | None:
    """Insert the saved rows of a job again; None if they do not fit into this database.

    Must be called in a transaction.

    Raises:
        BadInputError: A number is taken, or the record was changed.
    """
    with fitting.refusing(_DAMAGED.format(job.number)):
        return _restored(job, saved)


def _restored(job: Job, saved: bytes) -> bool | None:
    project_pk = ProjectRow.objects.filter(uuid=job.project.uuid).values_list("pk", flat=True).first()
    if project_pk is None:
        return None
    ProjectRow.objects.filter(pk=project_pk).update(last_access=timezone.now())
    if JobRow.objects.filter(uuid=job.uuid).exists():
        return True
    content = _content(job, saved)
    rows, kept = content.rows, content.kept
    _refuse_foreign(content, job)
    _refuse_unfit(content)
    _refuse_unended(rows)
    if any(row.project_id != project_pk for row in rows[JobRow].values()) or _any_exists(rows):
        return None
    _refuse_taken(rows, job, project_pk)
    _restore_names(rows, kept)
    pending = _without_lost_files(rows, kept, content.used)
    for model in _parents_first(rows):
        _insert(model, rows[model].values())
    _take_back(kept, project_pk)
    upsert(PendingUse, ["job_id", "file_uuid", "parameter"], pending, changes=False)
    for label, pk, column, value in content.set_null:
        # Only the project of the job may point at it.
        if pk == project_pk and value in rows[JobRow]:
            _point_again(label, pk, column, value)
    for row in rows[JobRow].values():
        keys = {
            file.uuid: file.pk
            for model in (rows, kept)
            for file in model.get(File, {}).values()
            if file.job_id == row.pk
        }
        record.settle_pending(row.pk, project_pk, keys)
    _require_readable(job)
    return True


def _require_readable(job: Job) -> None:
    """Refuse rows that are recorded now, and that could not be read: then no job of the project could be shown.

    Raises:
        BadInputError: A value has another type.
    """
    for one in read.read_outcomes(job.project, job.number) or ():
        fault = type_fault(one)
        if fault:
            raise BadInputError(f"{_DAMAGED.format(job.number)} {fault}")


def _any_exists(rows: Rows) -> bool:
    """Return whether the database has other rows with these keys, so that it is not the one that had the job."""
    return any(
        _all(model).filter(pk__in=batch).exists() for model, some in rows.items() for batch in batches(list(some))
    )


def _content(job: Job, saved: bytes) -> Belongings:
    """Return the saved rows.

    Raises:
        BadInputError: The record is damaged, or somebody has changed it: a row does not belong to the job.
    """
    found = Belongings()
    content = json.loads(saved)
    is_known = content["version"] == VERSION
    found.rows, found.kept = _read(content["rows"]), _read(content["kept"])
    found.set_null = [(label, pk, column, value) for label, pk, column, value in content["set_null"]]
    found.used = {pk: UUID(uuid) for pk, uuid in content["used"]}
    numbers = [row.number for row in found.rows.get(JobRow, {}).values() if row.uuid == job.uuid]
    allowed = set(_models(JobRow))
    if not is_known or numbers != [job.number] or not allowed.issuperset([*found.rows, *found.kept]):
        raise BadInputError(_DAMAGED.format(job.number))
    if any(apps.get_model(label) is not ProjectRow for label, *_ in found.set_null):
        raise BadInputError(_DAMAGED.format(job.number))
    return found


_DAMAGED = "What the trash contains of the record of job {} is damaged. Restore it from a backup."


def _read(serialized: Any) -> Rows:
    found: Rows = {}
    for one in serializers.deserialize("python", serialized, ignorenonexistent=True):
        found.setdefault(type(one.object), {})[one.object.pk] = one.object
    return found


def _models(model: Any, known: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Yield a model, and all models whose rows are deleted with its rows."""
    yield model
    for relation in _meta(model).related_objects:
        if relation.on_delete in (CASCADE, RESTRICT) and relation.related_model not in (*known, model):
            yield from _models(relation.related_model, (*known, model))


def _refuse_foreign(content: Belongings, job: Job) -> None:
    """Refuse rows that point at rows of other jobs: whoever can write to the trash could change these.

    Only the uses of files may point at files of other jobs.

    Raises:
        BadInputError: A row does not belong to the job.
    """
    rows, kept = content.rows, content.kept
    known = {model: {*rows.get(model, {}), *kept.get(model, {})} for model in _models(JobRow)}
    allowed = {**known, File: known[File] | content.used.keys()}
    for model, some in [*rows.items(), *kept.items()]:
        targets = allowed if model in (FileUse, UseOrigin) else known
        for field in (one for one in _meta(model).concrete_fields if one.remote_field and one.related_model in known):
            if any(not _is_own(row, field, targets[field.related_model], job) for row in some.values()):
                raise BadInputError(f"{_DAMAGED.format(job.number)} A row of {_meta(model).label} is of another job.")


def _is_own(row: Any, field: Any, targets: Collection[Any], job: Job) -> bool:
    """Return whether a row points at a row of the job, or at none where that may be: each file has a job, for instance.

    Args:
        row: The row.
        field: A column of it that is a key of another row.
        targets: The keys of the rows at which it may point.
        job: The job, which has no parent.
    """
    value = field.value_from_object(row)
    is_top = isinstance(row, JobRow) and row.uuid == job.uuid
    if value is None:
        return is_top or not isinstance(row, (JobRow, File))
    return value in targets and not is_top


def _refuse_unfit(content: Belongings) -> None:
    """Refuse values that no column holds.

    Raises:
        ValueError: A value does not fit.
    """
    for model, some in [*content.rows.items(), *content.kept.items()]:
        for field in _meta(model).concrete_fields:
            for row in some.values():
                fitting.fitted(field, field.value_from_object(row))


def _refuse_unended(rows: Rows) -> None:
    """Refuse a job that has not ended, and that a process owns: no such job is deleted.

    Raises:
        ValueError: A job has not ended.
    """
    for row in rows[JobRow].values():
        is_prepared = row.status == JobStatus.PENDING and row.pk in rows.get(JobOwner, {})
        if row.status in ACTIVE or is_prepared:
            raise ValueError(f"job {row.number} has not ended")


def _refuse_taken(rows: Rows, job: Job, project_pk: int) -> None:
    numbers = [row.number for row in rows[JobRow].values()]
    taken = JobRow.objects.filter(project_id=project_pk, number__in=numbers).values_list("number", "task_name").first()
    if taken is not None:
        raise BadInputError(
            f"Job {job.number} cannot be restored: the project {job.project.name!r} has another job {taken[0]} "
            f"({taken[1]}). Delete that one first."
        )


def _restore_names(rows: Rows, kept: Rows) -> None:
    """Insert the names of file types and KPIs that are missing; nobody deletes them as a rule."""
    types = {file.type_id for some in (rows, kept) for file in some.get(File, {}).values()}
    add_missing(FileType, {name: name for name in types})
    keys = {
        row.key_id
        for model, some in rows.items()
        for row in some.values()
        if any(field.related_model is JobValueKey for field in _meta(model).concrete_fields)
    }
    add_missing(JobValueKey, {name: name for name in keys})


def _without_lost_files(rows: Rows, kept: Rows, used: Mapping[int, UUID]) -> list[dict[str, Any]]:
    """Remove the uses of files that are not recorded any more, and return them as uses that wait for their files."""
    uuids = {**used} | {pk: row.uuid for pk, row in kept.get(File, {}).items()}
    present = {uuid: pk for pk, uuid in File.objects.filter(uuid__in=set(uuids.values())).values_list("pk", "uuid")}
    for model in list(kept):
        kept[model] = {pk: row for pk, row in kept[model].items() if uuids[pk] in present}
    pending = []
    for pk, use in list(rows.get(FileUse, {}).items()):
        uuid = uuids.get(use.file_id)
        if uuid is None:
            continue
        if uuid in present:
            use.file_id = present[uuid]
            continue
        origin = rows.get(UseOrigin, {}).pop(pk, None)
        parameter = origin.parameter if origin else f"inputData.{use.job_param_name}"
        pending.append({"job_id": use.job_id, "file_uuid": uuid, "parameter": parameter})
        del rows[FileUse][pk]
    return pending


def _parents_first(rows: Rows) -> list[Any]:
    """Return the models of rows, each after those at which it points."""
    left, ordered = sorted(rows, key=lambda model: _meta(model).label), list[Any]()
    while left:
        free = next(
            model
            for model in left
            if not {field.related_model for field in _meta(model).concrete_fields} & {*left} - {model}
        )
        ordered.append(free)
        left.remove(free)
    return ordered


def _insert(model: Any, rows: Collection[Any]) -> None:
    """Insert rows as they are, without a signal; a sub-job after its job."""
    names = [field.attname for field in _meta(model).concrete_fields]
    values = [{name: row.__dict__[name] for name in names} for row in rows]
    if model is JobRow:
        values.sort(key=lambda row: _parts(row["number"]))
    upsert(model, [_meta(model).pk.attname], values, changes=False)


def _take_back(kept: Rows, project_pk: int) -> None:
    for file in kept.get(File, {}).values():
        mine = File.objects.filter(uuid=file.uuid, job__project_id=project_pk)
        mine.update(job_id=file.job_id, job_param_name=file.job_param_name)
    for origin in kept.get(FileOrigin, {}).values():
        mine = FileOrigin.objects.filter(file_id=origin.pk, file__job__project_id=project_pk)
        mine.update(parameter=origin.parameter)


def _point_again(label: str, pk: Any, column: str, value: Any) -> None:
    """Let another row point at the job again, unless it points at something else by now."""
    model = apps.get_model(label)
    _all(model).filter(pk=pk, **{f"{column}__isnull": True}).update(**{column: value})
