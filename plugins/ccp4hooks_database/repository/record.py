"""The end of a job: all that is known of it, in one transaction, the status last.

Every table is brought from what it holds to what the outcome says: rows that are as they should be are not touched, so
that an outcome recorded twice changes nothing; new and changed ones are written in one statement per table however
many they are; those that the outcome no longer has are deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import (
    File,
    FileImport,
    FileType,
    FileUse,
    JobCharValue,
    JobFloatValue,
    JobValueKey,
)
from ccp4i2.db.models import Job as JobRow
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from ccp4hooks import GleanedFile, ImportedFile, Job, Kpi, Outcome, StoreError
from ccp4hooks_database.models import FileOrigin, PendingUse, UseOrigin, ValueOrigin
from ccp4hooks_database.repository import columns, row_values
from ccp4hooks_database.repository.opening import unknown_job
from ccp4hooks_database.repository.row_values import Use
from ccp4hooks_database.sql.bulk_insert import upsert
from ccp4hooks_database.sql.prepared import Prepared, slot
from ccp4hooks_database.sql.sync_rows import EVERY, NONE, There, add_missing, sync

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How to write.

    Attributes:
        by_hand: Whether to add to what is recorded, and not to replace it.
        empty: Whether the job is known to have no files, uses and values yet.
    """

    by_hand: bool = False
    empty: bool = False

    def there(self, scope: Callable[[], Any], keep: Callable[[], Any]) -> Callable[[], There] | None:
        """Return what gives the rows that may be there, None if there are none: building a query is what costs.

        Args:
            scope: Gives the rows.
            keep: Gives the expression that is true of those that stay unless all do.
        """
        return None if self.empty else lambda: There(scope(), EVERY if self.by_hand else keep())


def _parts() -> list[Exists]:
    kinds = (File, FileUse, PendingUse, JobFloatValue, JobCharValue, ValueOrigin)
    return [Exists(kind.objects.filter(job_id=OuterRef("pk"))) for kind in kinds]


USE_KEY = ("file_id", "job_id", "role", "job_param_name")
PK = slot("pk", JobRow, "id")
LOCKED = Prepared(
    lambda: JobRow.objects.select_for_update().filter(uuid=slot("uuid", JobRow, "uuid")).values_list("pk", "project_id")
)
THERE = Prepared(lambda: JobRow.objects.filter(pk=PK).values_list(*_parts()))
KEYS = Prepared(lambda: File.objects.filter(job_id=PK).values_list("uuid", "pk"))
USES = Prepared(lambda: FileUse.objects.filter(job_id=PK).values_list("file_id", "role", "job_param_name", "pk"))
WAITING = Prepared(
    lambda: PendingUse.objects.filter(
        job__project_id=slot("project", JobRow, "project"),
        file_uuid__in=File.objects.filter(job_id=PK).values("uuid"),
    ).values_list("pk", "job_id", "file_uuid", "parameter")
)
STALE = Prepared(
    lambda: JobRow.objects.filter(
        parent_id=slot("parent", JobRow, "id"), finish_time__lt=slot("started_at", JobRow, "finish_time")
    ).values_list("pk")
)
ENDED = Prepared(
    lambda: JobRow.objects.filter(pk=PK),
    lambda: {
        "status": slot("status", JobRow, "status"),
        "finish_time": slot("finished_at", JobRow, "finish_time"),
        "process_id": None,
    },
)


def record(job: Job, outcome: Outcome) -> None:
    """Record an outcome; must be called in a transaction.

    A use of a file that is not recorded yet is kept aside, and becomes a file use together with the file: a sub-job
    is recorded before its parent, whose imports it may have read. Bools become 0.0 and 1.0 in ccp4i2's table of
    numbers; the side table keeps their type. What was registered by hand stays. A job that ran before keeps none of
    the sub-jobs that it did not make again.

    Raises:
        StoreError: The job is not in this database, or a KPI cannot be recorded.
    """
    job_pk = write(job, outcome)
    if outcome.started_at is not None:
        # Sub-jobs of an earlier run that this one did not make again.
        stale = STALE.rows(parent=job_pk, started_at=outcome.started_at)
        if stale:
            JobRow.objects.filter(pk__in=[pk for (pk,) in stale]).delete()
    ENDED.update(pk=job_pk, status=int(outcome.status), finished_at=outcome.finished_at)


def write(job: Job, outcome: Outcome, *, by_hand: bool = False) -> int:
    """Write the files, uses and values of an outcome, not its status, and return the key of the job's row.

    Args:
        job: The job.
        outcome: What to write.
        by_hand: Whether to add to what is recorded, and not to replace it.

    Raises:
        StoreError: The job is not in this database, or a KPI cannot be recorded.
    """
    row_values.check_kpis(outcome)
    found = LOCKED.first(uuid=job.uuid)
    if found is None:
        raise StoreError(unknown_job(job))
    job_pk, project_pk = found
    how = How(by_hand=by_hand, empty=_is_empty(job_pk))
    files = row_values.written_files(outcome)
    used = [use.file_uuid for use in outcome.uses]
    keys = _record_files(job_pk, files, used, how)
    uses = row_values.file_uses(outcome, [file for file, _ in files])
    _record_uses(job_pk, uses, keys, how)
    _settle_pending(job_pk, project_pk, keys)
    _record_kpis(job_pk, outcome.kpis, how)
    return int(job_pk)


def _is_empty(job_pk: int) -> bool:
    """Return whether a job has no rows yet in any table; those that hang on rows of another are not asked.

    Not part of the statement that locks the job: PostgreSQL answers that from before it waited.
    """
    return not any(THERE.first(pk=job_pk))


def _record_files(
    job_pk: int,
    files: Sequence[tuple[GleanedFile | ImportedFile, dict[str, Any]]],
    used: Sequence[UUID],
    how: How,
) -> dict[UUID, int]:
    """Record files, imports and their origins, and return the keys of the files by identity."""
    now = timezone.now()
    types = {values["type_id"]: f"{file.class_name or 'File'} ({values['type_id']})" for file, values in files}
    add_missing(FileType, types)
    sync(
        File,
        ["uuid"],
        [{**values, "job_id": job_pk} for _, values in files],
        how.there(lambda: File.objects.filter(job_id=job_pk), lambda: _kept_files(job_pk, used)),
    )
    keys = dict(KEYS.rows(pk=job_pk)) if files or not how.empty else {}
    imported = [file for file, _ in files if isinstance(file, ImportedFile)]
    sync(
        FileImport,
        ["file_id"],
        [{"file_id": keys[file.uuid], **row_values.import_values(file)} for file in imported],
        how.there(lambda: FileImport.objects.filter(file__job_id=job_pk), lambda: _kept_files(job_pk, used, "file__")),
        stamp={"time": now},
    )
    sync(
        FileOrigin,
        ["file_id"],
        [{"file_id": keys[file.uuid], **row_values.file_origin(file, by_hand=how.by_hand)} for file, _ in files],
        how.there(lambda: FileOrigin.objects.filter(file__job_id=job_pk), lambda: _kept_files(job_pk, used, "file__")),
        stamp={"recorded_at": now},
    )
    return keys


def _kept_files(job_pk: int, used: Sequence[UUID], prefix: str = "") -> Any:
    """Return the expression that is true of files that stay: registered by hand, or imported by an earlier run.

    What the job imported then it reads now as a file of the project; another job may read it, too.
    """
    elsewhere = FileUse.objects.filter(file_id=OuterRef(f"{prefix}pk")).exclude(job_id=job_pk)
    imported = Q(**{f"{prefix}directory": row_values.IMPORT_DIR}) & (
        Q(**{f"{prefix}uuid__in": used}) | Exists(elsewhere)
    )
    return imported | Q(**{f"{prefix}ccp4hooks_origin__by_hand": True})


def _record_uses(job_pk: int, uses: Sequence[Use], keys: dict[UUID, int], how: How) -> None:
    elsewhere = {use.file_uuid for use in uses} - keys.keys()
    known = keys | dict(File.objects.filter(uuid__in=elsewhere).values_list("uuid", "pk") if elsewhere else ())
    pending = [use for use in uses if use.file_uuid not in known]
    settled = [use for use in uses if use.file_uuid in known]
    sync(
        FileUse,
        USE_KEY,
        [_use_values(job_pk, known[use.file_uuid], use) for use in settled],
        how.there(lambda: FileUse.objects.filter(job_id=job_pk), lambda: F("ccp4hooks_origin__by_hand")),
    )
    sync(
        PendingUse,
        ["job_id", "file_uuid", "parameter"],
        [{"job_id": job_pk, "file_uuid": use.file_uuid, "parameter": use.parameter} for use in pending],
        how.there(lambda: PendingUse.objects.filter(job_id=job_pk), lambda: NONE),
    )
    _record_use_origins(job_pk, [use for use in settled if how.by_hand or use.needs_origin], known, how)


def _use_values(job_pk: int, file_pk: int, use: Use) -> dict[str, Any]:
    name = columns.column_name(use.parameter)
    return {"file_id": file_pk, "job_id": job_pk, "role": use.role, "job_param_name": name}


def _record_use_origins(job_pk: int, uses: Sequence[Use], known: dict[UUID, int], how: How) -> None:
    keys = {(f, r, p): pk for f, r, p, pk in USES.rows(pk=job_pk)} if uses else {}
    wanted = [
        {
            "use_id": keys[known[use.file_uuid], use.role, columns.column_name(use.parameter)],
            "parameter": use.parameter,
            "source": use.source,
            "modified_at": use.modified_at,
            "by_hand": how.by_hand,
        }
        for use in uses
    ]
    there = how.there(lambda: UseOrigin.objects.filter(use__job_id=job_pk), lambda: F("by_hand"))
    sync(UseOrigin, ["use_id"], wanted, there)


def _settle_pending(job_pk: int, project_pk: int, keys: dict[UUID, int]) -> None:
    """Turn what other jobs of the project were waiting for into file uses."""
    waiting = WAITING.rows(pk=job_pk, project=project_pk) if keys else []
    by_job: dict[int, list[Use]] = {}
    for _, waiting_pk, file_uuid, parameter in waiting:
        by_job.setdefault(waiting_pk, []).append(Use(file_uuid=file_uuid, role=row_values.IN, parameter=parameter))
    for waiting_pk, uses in by_job.items():
        values = [_use_values(waiting_pk, keys[use.file_uuid], use) for use in uses]
        upsert(FileUse, USE_KEY, values)
        origins = [use for use in uses if use.needs_origin]
        if origins:
            _record_use_origins(waiting_pk, origins, keys, How())
    if waiting:
        PendingUse.objects.filter(pk__in=[pk for pk, *_ in waiting]).delete()


def _record_kpis(job_pk: int, kpis: Sequence[Kpi], how: How) -> None:
    add_missing(JobValueKey, {kpi.key: kpi.description or kpi.key for kpi in kpis})
    texts = [kpi for kpi in kpis if isinstance(kpi.value, str)]
    numbers = [(kpi.key, float(kpi.value)) for kpi in kpis if not isinstance(kpi.value, str)]
    kept = [kpi.key for kpi in kpis]
    sync(
        JobFloatValue,
        ["job_id", "key_id"],
        [{"job_id": job_pk, "key_id": key, "value": value} for key, value in numbers],
        _values_there(JobFloatValue, job_pk, kept, how),
    )
    sync(
        JobCharValue,
        ["job_id", "key_id"],
        [{"job_id": job_pk, "key_id": kpi.key, "value": columns.printable(str(kpi.value))} for kpi in texts],
        _values_there(JobCharValue, job_pk, kept, how),
    )
    sync(
        ValueOrigin,
        ["job_id", "key"],
        [{"job_id": job_pk, **row_values.value_origin(kpi, by_hand=how.by_hand)} for kpi in kpis],
        how.there(lambda: ValueOrigin.objects.filter(job_id=job_pk), lambda: F("by_hand")),
        stamp={"recorded_at": timezone.now()},
    )


def _values_there(model: Any, job_pk: int, keys: Sequence[str], how: How) -> Callable[[], There] | None:
    """Return what gives the values that may be there; one that changes its type must leave the other table."""
    if how.empty:
        return None
    return lambda: There(model.objects.filter(job_id=job_pk), _kept_values(keys, by_hand=how.by_hand))


def _kept_values(keys: Sequence[str], *, by_hand: bool) -> Any:
    """Return the expression that is true of values to be kept."""
    if by_hand:
        return ~Q(key_id__in=keys)
    mine = ValueOrigin.objects.filter(job_id=OuterRef("job_id"), key=OuterRef("key_id"), by_hand=True)
    return Exists(mine.exclude(key__in=keys))
