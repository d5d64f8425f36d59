"""Projects and outcomes from their rows, including those of jobs that CCP4i2 ran without ccp4hooks. Reads only."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from dataclasses import fields, replace
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ccp4i2.db.models import File, FileUse, JobCharValue, JobFloatValue
from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from ccp4hooks import (
    GleanedFile,
    ImportedFile,
    Job,
    JobStatus,
    Kpi,
    KpiValue,
    Outcome,
    ParameterValue,
    Project,
    Provenance,
    ResultValue,
)
from ccp4hooks.store import IMPORTS_FOLDER, JobNumber, Origin
from ccp4hooks.store import FileUse as Use
from ccp4hooks_database import versions
from ccp4hooks_database.models import JobProvenance, RecordedValue, ValueOrigin
from ccp4hooks_database.repository import columns
from ccp4hooks_database.repository.jobs import project_of
from ccp4hooks_database.repository.row_values import IMPORT_DIR, IN, recorded_value
from ccp4hooks_database.sql.prepared import Prepared, slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

NEVER = datetime.fromtimestamp(0, tz=timezone.utc)
"""Time of an import without a recorded time."""

MOST_KEYS = 500
"""Largest number of keys in one query. Databases limit the number of the parameters of a query."""

STATUSES = frozenset(JobStatus)

READERS: Mapping[str, Callable[[Any], KpiValue]] = {"int": int, "bool": bool, "float": float, "str": str}

FILE_COLUMNS = {
    "file_id": F("pk"),
    "md5": F("fileimport__checksum"),
    "source_md5": F("fileimport__source_checksum") if versions.has_source_checksum() else Value(""),
    "source": F("fileimport__name"),
    "modified_at": Coalesce("fileimport__last_modified", "fileimport__time"),
    "parameter": F("ccp4hooks_origin__parameter"),
    "class_name": F("ccp4hooks_origin__class_name"),
    "plugin": F("ccp4hooks_origin__plugin"),
    "version": F("ccp4hooks_origin__version"),
    "sha256": F("ccp4hooks_origin__sha256"),
    "size_bytes": F("ccp4hooks_origin__size_bytes"),
    "number": F("job__number"),
    "project_directory": F("job__project__directory"),
}
PROVENANCE = tuple(item.name for item in fields(Provenance))

OWN_FILE_COLUMNS = (
    "uuid",
    "name",
    "directory",
    "type_id",
    "sub_type",
    "content",
    "annotation",
    "job_param_name",
    "job_id",
)

Row = dict[str, Any]


class ProjectColumns(Protocol):
    """The columns of a project's row that make a `Project`."""

    @property
    def uuid(self) -> UUID:
        """UUID."""
        ...

    @property
    def name(self) -> str:
        """Name."""
        ...

    @property
    def directory(self) -> str:
        """Directory."""
        ...


def project_value(row: ProjectColumns) -> Project:
    """Return a project from its row."""
    return project_of(row.name, row.directory, row.uuid)


def list_projects() -> list[Project]:
    """Return all projects, oldest first."""
    return [project_value(row) for row in ProjectRow.objects.order_by("creation_time", "pk")]


PROJECT_COLUMNS = ("name", "directory", "uuid")
NAMED = Prepared(lambda: ProjectRow.objects.filter(name=slot("name", ProjectRow, "name")).values_list(*PROJECT_COLUMNS))
IDENTIFIED = Prepared(
    lambda: ProjectRow.objects.filter(uuid=slot("uuid", ProjectRow, "uuid")).values_list(*PROJECT_COLUMNS)
)


def find_project(name: str | None, uuid: UUID | None) -> Project | None:
    """Return the project with that name or UUID; None if it is not recorded."""
    row = NAMED.first(name=name) if uuid is None else IDENTIFIED.first(uuid=uuid)
    return project_of(*row) if row else None


def read_outcomes(project: Project, number: str | None) -> list[Outcome] | None:
    """Return the recorded outcomes of a project's jobs in the order of their numbers; None for an unknown project.

    Makes seven queries for any number of jobs. Columns, extra fields, problems and timings are only in the outcome
    files. Parameters, results and provenance are read for one job and its sub-jobs only, with two more queries for each
    500 of them, and one for each level of sub-jobs.
    """
    row = _project_row(project)
    if row is None:
        return None
    if number is None:
        return _outcomes(project_value(row), lambda to_job: Q(**{f"{to_job}project_id": row.pk}))
    return _of_keys(project_value(row), _tree(row.pk, number), with_how=True)


def read_active(project: Project, since: datetime) -> list[Outcome] | None:
    """Return the outcomes of the jobs that have not ended, or ended after a time; None for an unknown project."""
    row = _project_row(project)
    if row is None:
        return None
    lately = Q(finish_time__isnull=True) | Q(finish_time__gt=since)
    # One look at all jobs; the other queries look at the chosen ones only.
    keys = list(JobRow.objects.filter(lately, project_id=row.pk).values_list("pk", flat=True))
    return _of_keys(project_value(row), keys, with_how=False)


def _of_keys(project: Project, keys: Sequence[int], *, with_how: bool) -> list[Outcome]:
    """Return the outcomes of the jobs with these keys, in the order of their numbers."""
    parts = [_in(keys[start : start + MOST_KEYS]) for start in range(0, len(keys), MOST_KEYS)]
    found = [outcome for part in parts for outcome in _outcomes(project, part, with_how=with_how)]
    return sorted(found, key=lambda outcome: outcome.job.number.parts)


def _in(keys: Sequence[int]) -> Callable[[str], Q]:
    return lambda to_job: Q(**{f"{to_job}pk__in": keys})


def _project_row(project: Project) -> ProjectRow | None:
    return ProjectRow.objects.filter(Q(uuid=project.uuid) | Q(directory=str(project.directory))).first()


def _outcomes(project: Project, chosen: Callable[[str], Q], *, with_how: bool = False) -> list[Outcome]:
    """Return the outcomes of jobs in the order of their numbers.

    Args:
        project: The project of the jobs.
        chosen: Returns the condition for the jobs, for a table from which a prefix leads to the job.
        with_how: Whether to read their parameters and results, and how they were started, with two more queries.
    """
    related = {"started_at": F("ccp4hooks_owner__started_at"), "parent_uuid": F("parent__uuid")}
    own = ("pk", "uuid", "number", "task_name", "title", "status", "creation_time", "finish_time")
    jobs = sorted(
        JobRow.objects.filter(chosen("")).values(*own, **related),
        key=lambda job: JobNumber(job["number"]).parts,
    )
    # After the jobs: of a job that is recorded at this moment, the status may be old, but never newer than its files.
    files, uses, kpis = (read(chosen("job__")) for read in (_files, _uses, _kpis))
    found = {job["pk"]: _outcome(job, project, files[job["pk"]], uses[job["pk"]], kpis[job["pk"]]) for job in jobs}
    return list(_with_how(found, chosen("job__")) if with_how else found.values())


def _with_how(outcomes: Mapping[int, Outcome], condition: Q) -> Iterator[Outcome]:
    """Yield outcomes with their parameters and results, and how their jobs were started."""
    values = _grouped(RecordedValue.objects.filter(condition).order_by("pk").values())
    how = {row["job_id"]: row for row in JobProvenance.objects.filter(condition).values()}
    for pk, outcome in outcomes.items():
        found = [recorded_value(row) for row in values[pk]]
        row = how.get(pk, {})
        yield replace(
            outcome,
            parameters=tuple(one for one in found if isinstance(one, ParameterValue)),
            results=tuple(one for one in found if isinstance(one, ResultValue)),
            software=row.get("software", {}),
            provenance=Provenance(**{name: row[name] for name in PROVENANCE if name in row}),
        )


def _tree(project_pk: int, number: str) -> list[int]:
    """Return the keys of a job and its sub-jobs, level by level: no index finds the numbers that begin with another."""
    level = list(JobRow.objects.filter(project_id=project_pk, number=number).values_list("pk", flat=True))
    keys = level
    while level:
        parts = (level[start : start + MOST_KEYS] for start in range(0, len(level), MOST_KEYS))
        level = [pk for part in parts for pk in JobRow.objects.filter(parent_id__in=part).values_list("pk", flat=True)]
        keys = [*keys, *level]
    return keys


def _grouped(found: Iterable[Row]) -> defaultdict[int, list[Row]]:
    groups: defaultdict[int, list[Row]] = defaultdict(list)
    for row in found:
        groups[row["job_id"]].append(row)
    return groups


def _files(condition: Q) -> defaultdict[int, list[Row]]:
    return _grouped(File.objects.filter(condition).order_by("pk").values(*OWN_FILE_COLUMNS, **FILE_COLUMNS))


def _uses(condition: Q) -> defaultdict[int, list[Row]]:
    """Return the uses of files of other jobs, each with the columns of its file."""
    of_file = {name: F(f"file__{name}") for name in OWN_FILE_COLUMNS if name not in {"job_id", "job_param_name"}}
    of_file |= {name: F(f"file__{column.name}") for name, column in FILE_COLUMNS.items() if isinstance(column, F)}
    shared = {
        "use_parameter": F("ccp4hooks_origin__parameter"),
        "use_source": F("ccp4hooks_origin__source"),
        "use_modified_at": F("ccp4hooks_origin__modified_at"),
    }
    of_file.pop("file_id")
    found = FileUse.objects.filter(condition, role=IN, file__job__isnull=False)
    # A job's own imports are returned by `_files`; a second parameter that reads one of them is a use of its own.
    own_import = Q(file__job_id=F("job_id"), file__directory=IMPORT_DIR, job_param_name=F("file__job_param_name"))
    foreign = found.exclude(own_import).order_by("pk")
    return _grouped(foreign.values("job_id", "job_param_name", **of_file, **shared))


def kpis_of(condition: Q) -> dict[int, tuple[Kpi, ...]]:
    """Return the KPIs of jobs by the keys of their rows, in the order in which they were recorded.

    Args:
        condition: On ``job`` and ``key``, which all tables of KPIs have.
    """
    return {job: tuple(map(_kpi, rows)) for job, rows in _kpis(condition).items()}


def _kpis(condition: Q) -> defaultdict[int, list[Row]]:
    """Return the KPIs in the order in which they were recorded."""
    origins = {(row["job_id"], row["key"]): row for row in ValueOrigin.objects.filter(condition).values()}
    found = [
        {**row, "kind": kind, "id": row["pk"], **origins.get((row["job_id"], row["key_id"]), {})}
        for model, kind in ((JobFloatValue, "float"), (JobCharValue, "str"))
        for row in model.objects.filter(condition).values(
            "pk", "job_id", "key_id", "value", description=F("key__description")
        )
    ]
    return _grouped(sorted(found, key=lambda row: (row["kind"] == "str" and "unit" not in row, row["id"])))


def _outcome(row: Row, project: Project, files: Sequence[Row], uses: Sequence[Row], kpis: Sequence[Row]) -> Outcome:
    job = Job(
        uuid=row["uuid"],
        number=JobNumber(row["number"]),
        task=row["task_name"],
        title=row["title"],
        project=project,
        directory=project.job_directory(row["number"]),
        parent_uuid=row["parent_uuid"],
        opened_by="database",
    )
    # A later version of CCP4i2 may have more statuses.
    status = JobStatus(row["status"]) if row["status"] in STATUSES else JobStatus.UNKNOWN
    imported = [_imported(file) for file in files if _is_import(file)]
    return Outcome(
        job=job,
        status=status,
        finish=status.finish,
        created_at=row["creation_time"],
        started_at=row["started_at"],
        finished_at=row["finish_time"],
        uses=tuple(_use(use) for use in uses if not use["use_source"]),
        imported=(*imported, *(_shared(use) for use in uses if use["use_source"])),
        files=tuple(_gleaned(file) for file in files if not _is_import(file)),
        kpis=tuple(_kpi(kpi) for kpi in kpis),
    )


def _is_import(row: Row) -> bool:
    """Return whether a job has imported a file; an output may be in the directory of imports, too."""
    is_output = row["source"] is None and (row["parameter"] or "").startswith("outputData.")
    return row["directory"] == IMPORT_DIR and not is_output


def origin_of(row: Row) -> Origin | None:
    """Return the origin of a row; None if the row has none."""
    return Origin(plugin=row["plugin"], version=row["version"]) if row.get("plugin") else None


def file_path(row: Row) -> Path:
    """Return the path of a recorded file."""
    number = "" if row["directory"] == IMPORT_DIR else row["number"]
    return columns.path_of(_folder(row["project_directory"], number), row["name"])


@lru_cache(maxsize=1000)
def _folder(project: str, number: str) -> str:
    """Return the directory of a job, or that of the imported files of a project if no job is given."""
    at = Path(project)
    return str(JobNumber(number).directory(at) if number else at / IMPORTS_FOLDER)


def _size(row: Row, path: Path) -> int:
    """Return the recorded size, or else the size of the existing file, or else 0 [bytes]."""
    if row["size_bytes"] is not None:
        return int(row["size_bytes"])
    # Unlike Path.is_file, this is also false for a name that no file system accepts.
    return path.stat().st_size if os.path.isfile(path) else 0  # noqa: PTH113


def _common(row: Row) -> Row:
    path = file_path(row)
    return {
        "uuid": row["uuid"],
        "path": path,
        "size_bytes": _size(row, path),
        "file_type": row["type_id"],
        "class_name": row["class_name"] or "",
        "content_flag": row["content"],
        "sub_type": row["sub_type"],
        "annotation": row["annotation"],
    }


def _gleaned(row: Row) -> GleanedFile:
    origin = origin_of(row)
    return GleanedFile(
        **_common(row),
        parameter=row["parameter"] or f"outputData.{row['job_param_name']}",
        origins={"file": origin} if origin else {},
    )


def _imported(row: Row) -> ImportedFile:
    path = file_path(row)
    return ImportedFile(
        **_common(row),
        parameter=row["parameter"] or f"inputData.{row['job_param_name']}",
        source=Path(row["source"] or path),
        md5=row["md5"] or "",
        sha256=row["sha256"] or "",
        modified_at=row["modified_at"] or NEVER,
        origin=origin_of(row),
        source_md5="" if row["source_md5"] in (row["md5"], None) else row["source_md5"],
    )


def _shared(row: Row) -> ImportedFile:
    return ImportedFile(
        **_common(row),
        parameter=row["use_parameter"],
        source=Path(row["use_source"]),
        md5=row["md5"] or "",
        sha256=row["sha256"] or "",
        modified_at=row["use_modified_at"] or NEVER,
        reused=True,
        origin=origin_of(row),
    )


def _use(row: Row) -> Use:
    parameter = row["use_parameter"] or f"inputData.{row['job_param_name']}"
    return Use(file_uuid=row["uuid"], parameter=parameter, path=file_path(row))


def _value(row: Row) -> KpiValue:
    """Return the value of a KPI in its recorded type, or as it is in its column if that type is unknown.

    Earlier versions recorded the names of other types, such as ``float64``.
    """
    value: KpiValue = row["value"]
    reader = READERS.get(row["kind"])
    # A text never becomes a number. ccp4i2's column of numbers may have values that are not finite.
    if reader is None or isinstance(value, str) or not math.isfinite(value):
        return value
    return reader(value)


def _kpi(row: Row) -> Kpi:
    return Kpi(
        key=row["key_id"],
        value=_value(row),
        unit=row.get("unit", ""),
        description="" if row["description"] == row["key_id"] else row["description"],
        indicator=row.get("indicator", ""),
        origin=origin_of(row),
    )
