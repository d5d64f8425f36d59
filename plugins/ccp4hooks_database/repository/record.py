"""Record the outcome of a job in one transaction, the status last.

In every table the job's rows are made equal to the outcome. Rows that are equal already are not touched, so recording
an outcome twice changes nothing. New and changed rows are written with one statement per table for any number of rows.
Rows that the outcome no longer contains are deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

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

from ccp4hooks import GleanedFile, ImportedFile, Job, JobStatus, Kpi, Outcome, StoreError
from ccp4hooks_database.connection import processes
from ccp4hooks_database.models import (
    FileOrigin,
    JobOwner,
    JobProvenance,
    PendingUse,
    RecordedValue,
    UseOrigin,
    ValueOrigin,
)
from ccp4hooks_database.repository import columns, owners, row_values
from ccp4hooks_database.repository.opening import unknown_job
from ccp4hooks_database.repository.row_values import Use
from ccp4hooks_database.sql.bulk_insert import upsert
from ccp4hooks_database.sql.prepared import Prepared, slot
from ccp4hooks_database.sql.sync_rows import Existing, add_missing, sync

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from ccp4hooks.store import FileUse as FileRead


class By(Enum):
    """Who has made an outcome."""

    RUNNER = "the process that has run the job"
    RECOVERY = "a process that has taken over the job of one that has died"
    ANYONE = "a process that records an outcome file"


class Locked(NamedTuple):
    """A job whose row is locked.

    Attributes:
        pk: Key of the job.
        project_pk: Key of its project.
        runs_elsewhere: Whether another process runs the job.
    """

    pk: int
    project_pk: int
    runs_elsewhere: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How to write the rows of a job.

    Attributes:
        manual: Whether to add to the recorded rows instead of replacing them.
        empty: Whether the job is known to have no files, KPIs and other rows yet; it may have uses.
        unused: Whether the job is known to have no uses of files yet.
    """

    manual: bool = False
    empty: bool = False
    unused: bool = False

    def existing(self, scope: Callable[[], Any], keep: Callable[[], Any]) -> Callable[[], Existing] | None:
        """Return the function that `sync` calls for the existing rows; None if the job has none.

        The arguments are functions because building a query is expensive.

        Args:
            scope: Returns the query set of the rows.
            keep: Returns the expression that is true for the rows that stay; not called if all rows stay.
        """
        return None if self.empty else lambda: Existing(scope(), True if self.manual else keep())

    def of_uses(self) -> Mode:
        """Return how to write the uses of files. Those of a job that runs are recorded when it begins."""
        return replace(self, empty=self.unused)


def _parts() -> list[Exists]:
    """Return the conditions that a job has rows in the tables of uses, and then those for all other tables."""
    uses = (FileUse, PendingUse)
    kinds = (*uses, File, JobFloatValue, JobCharValue, ValueOrigin, RecordedValue, JobProvenance)
    return [Exists(kind.objects.filter(job_id=OuterRef("pk"))) for kind in kinds]


SAME_START = timedelta(seconds=1)
"""A start is recorded when the sink has been called, which is a moment after the start itself."""


def _runs_elsewhere() -> Exists:
    """Return whether another process runs the job; one that only recovers it does not count."""
    me = slot("process", JobOwner, "process")
    return Exists(
        JobOwner.objects.filter(job_id=OuterRef("pk"), recovers=False, process__isnull=False).exclude(process=me)
    )


USE_KEY = ("file_id", "job_id", "role", "job_param_name")
PK = slot("pk", JobRow, "id")
LOCKED = Prepared(
    lambda: (
        JobRow.objects.select_for_update()
        .filter(uuid=slot("uuid", JobRow, "uuid"))
        .values_list("pk", "project_id", _runs_elsewhere())
    )
)
STATE = Prepared(lambda: JobRow.objects.filter(pk=PK).values_list(F("ccp4hooks_owner__started_at"), *_parts()))
KEYS = Prepared(lambda: File.objects.filter(job_id=PK).values_list("uuid", "pk"))
USES = Prepared(lambda: FileUse.objects.filter(job_id=PK).values_list("file_id", "role", "job_param_name", "pk"))
PENDING = Prepared(
    lambda: PendingUse.objects.filter(file_uuid__in=File.objects.filter(job_id=PK).values("uuid")).values_list(
        "pk", "job_id", "file_uuid", "parameter", "job__project_id"
    )
)
"""The pending uses of a job's files. A condition on the project would make SQLite look at all jobs of the project."""

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


def record(job: Job, outcome: Outcome, by: By = By.ANYONE) -> None:
    """Record an outcome. Must be called in a transaction.

    A recovery records nothing if the process of the job, which seemed to be dead, has recorded the job in the meantime.

    A use of a file that is not recorded yet is recorded as pending, and becomes a file use when the file is recorded: a
    sub-job is recorded before its parent, whose imports it may have read. Bools become 0.0 and 1.0 in ccp4i2's table of
    numbers; the side table has their type. Manually registered rows stay. Sub-jobs of an earlier run of the job that
    this run did not open again are deleted.

    Args:
        job: The job.
        outcome: Its outcome.
        by: Who has made the outcome.

    Raises:
        StoreError: The job is not in this database, another process has started it again, or a KPI cannot be recorded.
    """
    found = _locked(job)
    if by is By.RECOVERY and not owners.is_recovered_here(found.pk):
        return
    if by is By.RUNNER and found.runs_elsewhere:
        raise StoreError(
            f"Job {job.number} ({job.task}) of the project {job.project.name} was started again by another process "
            "while this one ran it, so this outcome is not recorded."
        )
    job_pk = _write(found, outcome, manual=False)
    if outcome.started_at is not None:
        # Sub-jobs of an earlier run that this run did not open again.
        stale = STALE.rows(parent=job_pk, started_at=outcome.started_at)
        if stale:
            JobRow.objects.filter(pk__in=[pk for (pk,) in stale]).delete()
    ENDED.update(pk=job_pk, status=int(outcome.status), finished_at=outcome.finished_at)


def write(job: Job, outcome: Outcome, *, manual: bool = False) -> int:
    """Write the files, uses and KPIs of an outcome, not its status, and return the key of the job's row.

    If the job began in an earlier process, which left it to another machine, its start is corrected.

    Args:
        job: The job.
        outcome: What to write.
        manual: Whether to add to the recorded rows instead of replacing them.

    Raises:
        StoreError: The job is not in this database, or a KPI cannot be recorded.
    """
    return _write(_locked(job), outcome, manual=manual)


def _locked(job: Job) -> Locked:
    """Lock the row of a job until the end of the transaction.

    Raises:
        StoreError: The job is not in this database.
    """
    found = LOCKED.first(uuid=job.uuid, process=processes.this_process().token)
    if found is None:
        raise StoreError(unknown_job(job))
    return Locked(*found)


def _write(found: Locked, outcome: Outcome, *, manual: bool) -> int:
    kpis = row_values.recordable_kpis(outcome)
    job_pk, project_pk = found.pk, found.project_pk
    recorded_start, is_empty, is_unused = _state(job_pk)
    if recorded_start and outcome.started_at and recorded_start - outcome.started_at > SAME_START:
        JobOwner.objects.filter(job_id=job_pk).update(started_at=outcome.started_at)
    mode = Mode(manual=manual, empty=is_empty, unused=is_unused)
    files = row_values.written_files(outcome)
    used = [use.file_uuid for use in outcome.uses] + [file.uuid for file in outcome.imported if file.reused]
    keys = _record_files(job_pk, files, used, mode)
    uses = row_values.file_uses(outcome, [file for file, _ in files])
    _record_uses(job_pk, uses, keys, mode.of_uses())
    settle_pending(job_pk, project_pk, keys)
    _record_kpis(job_pk, kpis, mode)
    if not manual:
        _record_how(job_pk, outcome, mode)
    return job_pk


def _state(job_pk: int) -> tuple[datetime | None, bool, bool]:
    """Return the recorded start of a job, whether it has only uses of files, if any, and whether it has none of them.

    Not part of the statement that locks the job: PostgreSQL would return values from before it waited for the lock.
    """
    started_at, is_used, is_pending, *parts = STATE.first(pk=job_pk)
    return started_at, not any(parts), not (is_used or is_pending)


def _record_files(
    job_pk: int,
    files: Sequence[tuple[GleanedFile | ImportedFile, dict[str, Any]]],
    used: Sequence[UUID],
    mode: Mode,
) -> dict[UUID, int]:
    """Record files, imports and their origins, and return the keys of the files by identity."""
    now = timezone.now()
    types = {values["type_id"]: f"{file.class_name or 'File'} ({values['type_id']})" for file, values in files}
    add_missing(FileType, types)
    sync(
        File,
        ["uuid"],
        [{**values, "job_id": job_pk} for _, values in files],
        mode.existing(lambda: File.objects.filter(job_id=job_pk), lambda: _kept_files(job_pk, used)),
    )
    keys = dict(KEYS.rows(pk=job_pk)) if files or not mode.empty else {}
    imported = [file for file, _ in files if isinstance(file, ImportedFile)]
    sync(
        FileImport,
        ["file_id"],
        [{"file_id": keys[file.uuid], **row_values.import_values(file)} for file in imported],
        mode.existing(
            lambda: FileImport.objects.filter(file__job_id=job_pk), lambda: _kept_files(job_pk, used, "file__")
        ),
        stamp={"time": now},
    )
    sync(
        FileOrigin,
        ["file_id"],
        [{"file_id": keys[file.uuid], **row_values.file_origin(file, manual=mode.manual)} for file, _ in files],
        mode.existing(
            lambda: FileOrigin.objects.filter(file__job_id=job_pk), lambda: _kept_files(job_pk, used, "file__")
        ),
        stamp={"recorded_at": now},
    )
    return keys


def _kept_files(job_pk: int, used: Sequence[UUID], prefix: str = "") -> Any:
    """Return the expression that is true for files that stay: manually registered, or imported by an earlier run.

    The present run, or another job, reads such an import as a recorded file of the project.
    """
    elsewhere = FileUse.objects.filter(file_id=OuterRef(f"{prefix}pk")).exclude(job_id=job_pk)
    imported = Q(**{f"{prefix}fileimport__isnull": False}) & (Q(**{f"{prefix}uuid__in": used}) | Exists(elsewhere))
    return imported | Q(**{f"{prefix}ccp4hooks_origin__by_hand": True})


def begin(job_pk: int, uses: Sequence[FileRead]) -> None:
    """Record which recorded files a job reads that begins to run, so that nobody deletes one of them.

    The uses are those that the outcome of the job will have; a file that is not recorded yet is left out until then.

    Args:
        job_pk: Key of the job.
        uses: The files that it reads.
    """
    known = dict(File.objects.filter(uuid__in={use.file_uuid for use in uses}).values_list("uuid", "pk"))
    found = [use for use in uses if use.file_uuid in known]
    if found:
        read = [Use(file_uuid=use.file_uuid, role=row_values.IN, parameter=use.parameter) for use in found]
        values = {(use.file_uuid, use.parameter): _use_values(job_pk, known[use.file_uuid], use) for use in read}
        upsert(FileUse, USE_KEY, list(values.values()), changes=False)


def wait(job: Job, uses: Sequence[FileRead], imported: Sequence[ImportedFile]) -> None:
    """Record the files of a job that is to wait for an engine: nobody deletes them, and other jobs find its imports.

    Must be called in a transaction. Do nothing if the job has begun: the process that runs it records them.

    Args:
        job: The job.
        uses: The recorded files that it reads.
        imported: The files that were imported for it.

    Raises:
        StoreError: The job is not in this database.
    """
    found = _locked(job)
    waits = [int(JobStatus.PENDING), int(JobStatus.QUEUED)]
    if not JobRow.objects.filter(pk=found.pk, status__in=waits).exists():
        return
    waiting = Outcome(job=job, status=JobStatus.QUEUED, created_at=timezone.now(), imported=tuple(imported))
    _record_files(found.pk, row_values.written_files(waiting), [], Mode(empty=True))
    begin(found.pk, uses)


def _record_uses(job_pk: int, uses: Sequence[Use], keys: dict[UUID, int], mode: Mode) -> None:
    elsewhere = {use.file_uuid for use in uses} - keys.keys()
    known = keys | dict(File.objects.filter(uuid__in=elsewhere).values_list("uuid", "pk") if elsewhere else ())
    pending = [use for use in uses if use.file_uuid not in known]
    settled = [use for use in uses if use.file_uuid in known]
    sync(
        FileUse,
        USE_KEY,
        [_use_values(job_pk, known[use.file_uuid], use) for use in settled],
        mode.existing(lambda: FileUse.objects.filter(job_id=job_pk), lambda: F("ccp4hooks_origin__by_hand")),
    )
    sync(
        PendingUse,
        ["job_id", "file_uuid", "parameter"],
        [{"job_id": job_pk, "file_uuid": use.file_uuid, "parameter": use.parameter} for use in pending],
        mode.existing(lambda: PendingUse.objects.filter(job_id=job_pk), lambda: False),
    )
    _record_use_origins(job_pk, [use for use in settled if mode.manual or use.needs_origin], known, mode)


def _use_values(job_pk: int, file_pk: int, use: Use) -> dict[str, Any]:
    name = columns.column_name(use.parameter)
    return {"file_id": file_pk, "job_id": job_pk, "role": use.role, "job_param_name": name}


def _record_use_origins(job_pk: int, uses: Sequence[Use], known: dict[UUID, int], mode: Mode) -> None:
    keys = {(file_pk, role, name): pk for file_pk, role, name, pk in USES.rows(pk=job_pk)} if uses else {}
    wanted = [
        {
            "use_id": keys[known[use.file_uuid], use.role, columns.column_name(use.parameter)],
            "parameter": use.parameter,
            "source": use.source,
            "modified_at": use.modified_at,
            "by_hand": mode.manual,
        }
        for use in uses
    ]
    existing = mode.existing(lambda: UseOrigin.objects.filter(use__job_id=job_pk), lambda: F("by_hand"))
    sync(UseOrigin, ["use_id"], wanted, existing)


def settle_pending(job_pk: int, project_pk: int, keys: dict[UUID, int]) -> None:
    """Convert the pending uses of these files by other jobs of the project to file uses."""
    found = PENDING.rows(pk=job_pk) if keys else []
    pending = [row for row in found if row[-1] == project_pk]
    by_job: dict[int, list[Use]] = {}
    for _, user_pk, file_uuid, parameter, _ in pending:
        by_job.setdefault(user_pk, []).append(Use(file_uuid=file_uuid, role=row_values.IN, parameter=parameter))
    for user_pk, uses in by_job.items():
        values = [_use_values(user_pk, keys[use.file_uuid], use) for use in uses]
        upsert(FileUse, USE_KEY, values)
        origins = [use for use in uses if use.needs_origin]
        if origins:
            _record_use_origins(user_pk, origins, keys, Mode())
    if pending:
        PendingUse.objects.filter(pk__in=[pk for pk, *_ in pending]).delete()


def _record_kpis(job_pk: int, kpis: Sequence[Kpi], mode: Mode) -> None:
    add_missing(JobValueKey, {kpi.key: kpi.description or kpi.key for kpi in kpis})
    texts = [kpi for kpi in kpis if isinstance(kpi.value, str)]
    numbers = [(kpi.key, float(kpi.value)) for kpi in kpis if not isinstance(kpi.value, str)]
    keys = [kpi.key for kpi in kpis]
    sync(
        JobFloatValue,
        ["job_id", "key_id"],
        [{"job_id": job_pk, "key_id": key, "value": value} for key, value in numbers],
        _existing_values(JobFloatValue, job_pk, keys, mode),
    )
    sync(
        JobCharValue,
        ["job_id", "key_id"],
        [{"job_id": job_pk, "key_id": kpi.key, "value": kpi.value} for kpi in texts],
        _existing_values(JobCharValue, job_pk, keys, mode),
    )
    sync(
        ValueOrigin,
        ["job_id", "key"],
        [{"job_id": job_pk, **row_values.value_origin(kpi, manual=mode.manual)} for kpi in kpis],
        mode.existing(lambda: ValueOrigin.objects.filter(job_id=job_pk), lambda: F("by_hand")),
        stamp={"recorded_at": timezone.now()},
    )


def _record_how(job_pk: int, outcome: Outcome, mode: Mode) -> None:
    """Record the parameters and results of a job, and how it was started."""
    sync(
        RecordedValue,
        ["job_id", "role", "name"],
        [{"job_id": job_pk, **values} for values in row_values.recorded_values(outcome)],
        mode.existing(lambda: RecordedValue.objects.filter(job_id=job_pk), lambda: False),
    )
    sync(
        JobProvenance,
        ["job_id"],
        [{"job_id": job_pk, **row_values.provenance_values(outcome)}],
        mode.existing(lambda: JobProvenance.objects.filter(job_id=job_pk), lambda: False),
    )


def _existing_values(model: Any, job_pk: int, keys: Sequence[str], mode: Mode) -> Callable[[], Existing] | None:
    """Return the function that `sync` calls for the existing KPIs.

    A KPI whose type changes must leave its former table.
    """
    if mode.empty:
        return None
    return lambda: Existing(model.objects.filter(job_id=job_pk), _kept_values(keys, manual=mode.manual))


def _kept_values(keys: Sequence[str], *, manual: bool) -> Any:
    """Return the expression that is true for KPIs that stay."""
    if manual:
        return ~Q(key_id__in=keys)
    manual_origin = ValueOrigin.objects.filter(job_id=OuterRef("job_id"), key=OuterRef("key_id"), by_hand=True)
    return Exists(manual_origin.exclude(key__in=keys))
