"""The rows of a project as plain values, to be read into another database: UUIDs stand for the keys of rows.

All tables are treated alike: those of CCP4i2, and our side tables. A column that the other database lacks is left out,
and one that is missing has its default.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4i2.db.models import File, FileImport, FileType, FileUse, JobCharValue, JobFloatValue, JobValueKey
from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow
from django.db.models import Q

from ccp4hooks import BadInputError
from ccp4hooks.store import plain_text, type_fault
from ccp4hooks_database.models import JobProvenance, RecordedValue
from ccp4hooks_database.repository import columns, fitting
from ccp4hooks_database.repository.labels import batches
from ccp4hooks_database.repository.orphans import SIDES
from ccp4hooks_database.repository.row_values import recorded_value
from ccp4hooks_database.sql.bulk_insert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Row = dict[str, Any]

WAYS = {JobRow: "", File: "job__", FileUse: "job__"}
"""How the rows of a table lead to their job."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows belong to a job, to a file of a job, or to the use of a file by a job.

    Attributes:
        model: Its model.
        to_job: Prefix of the columns of the job in a condition.
        key: Columns that are unique together.
    """

    model: Any
    to_job: str
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in the exported rows."""
        return str(self.model.__name__)

    @property
    def fields(self) -> list[Any]:
        """Its columns, without the key that the database counts up, and without the process of a job."""
        meta = self.model._meta  # noqa: SLF001 - Django's documented way to fields
        own = [one for one in meta.concrete_fields if one.is_relation or not one.primary_key]
        return [one for one in own if (self.model, one.attname) not in LEFT_OUT]


LEFT_OUT = {(JobRow, "project_id"), (JobRow, "process_id")}


def _side(model: Any, column: str, owner: Any) -> Table:
    meta = model._meta  # noqa: SLF001 - as above
    unique = [one.fields for one in meta.constraints if vars(one).get("fields")]
    key = (meta.pk.attname,) if meta.pk.is_relation else tuple(meta.get_field(one).attname for one in unique[0])
    return Table(model, f"{column.removesuffix('_id')}__{WAYS[owner]}", key)


TABLES = (
    Table(JobRow, "", ("uuid",)),
    Table(File, "job__", ("uuid",)),
    Table(FileImport, "file__job__", ("file_id",)),
    Table(FileUse, "job__", ("file_id", "job_id", "role", "job_param_name")),
    Table(JobFloatValue, "job__", ("job_id", "key_id")),
    Table(JobCharValue, "job__", ("job_id", "key_id")),
    *(_side(*one) for one in SIDES),
)
"""All tables, each after those to which it refers."""

NAMED = (FileType, JobValueKey)
"""Tables whose key is a name: the rows of both databases are the same."""

PROJECT_COLUMNS = ("uuid", "name", "directory", "follow_from_job_id", "id")
"""Columns of a project that are not exported with the others."""


# --- reading ----------------------------------------------------------------------------------------------------


def read(project_pk: int, jobs: Sequence[int] | None) -> Mapping[str, Any]:
    """Return the rows of a project as plain values.

    Args:
        project_pk: Key of the project.
        jobs: Keys of the jobs; None for all jobs.
    """
    keys: dict[Any, dict[int, Any]] = {JobRow: {}, File: {}, FileUse: {}}
    found: dict[str, Any] = {"Project": _project(project_pk)}
    for table in TABLES:
        rows = dict(_rows(table, project_pk, jobs))
        if table.model is JobRow:  # A job may refer to one that comes later.
            keys[JobRow] = {pk: str(row["uuid"]) for pk, row in rows.items()}
        rows = {pk: row for pk, row in rows.items() if _plain_keys(table, row, keys)}
        if table.model in keys:
            keys[table.model] = {pk: row.get("uuid", at) for at, (pk, row) in enumerate(rows.items())}
        found[table.name] = list(rows.values())
    for model in NAMED:
        found[model.__name__] = _descriptions(model, sorted(_names(found, model)))
    return found


def _project(pk: int) -> Row:
    meta = ProjectRow._meta  # noqa: SLF001 - as above
    wanted = [one.attname for one in meta.concrete_fields if one.attname not in PROJECT_COLUMNS]
    row = ProjectRow.objects.filter(pk=pk).values(*wanted, "follow_from_job__uuid").get()
    return {name: _plain(value) for name, value in row.items()}


def _descriptions(model: Any, names: Sequence[str]) -> Row:
    return {
        name: description
        for batch in batches(names)
        for name, description in model.objects.filter(name__in=batch).values_list("name", "description")
    }


def _rows(table: Table, project_pk: int, jobs: Sequence[int] | None) -> Iterator[tuple[int, Row]]:
    """Yield the key and the values of each row, in the order in which the rows were inserted."""
    names = [one.attname for one in table.fields]
    whole = [Q(**{f"{table.to_job}project_id": project_pk})]
    chosen = whole if jobs is None else [Q(**{f"{table.to_job}pk__in": batch}) for batch in batches(jobs)]
    for condition in chosen:
        for pk, *values in table.model.objects.filter(condition).order_by("pk").values_list("pk", *names):
            yield pk, dict(zip(names, values, strict=True))


def _plain_keys(table: Table, row: Row, keys: Mapping[Any, Mapping[int, Any]]) -> bool:
    """Replace the keys in a row, and return whether all of them are exported, too."""
    for field in table.fields:
        value = row[field.attname]
        owner = field.related_model if field.is_relation else None
        if owner in keys and value is not None:
            if value not in keys[owner]:
                return False
            row[field.attname] = keys[owner][value]
        elif isinstance(value, float) and not math.isfinite(value):
            return False
        else:
            row[field.attname] = _plain(value)
    return True


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


# --- writing ----------------------------------------------------------------------------------------------------


def write(project_pk: int, rows: Mapping[str, Any]) -> None:
    """Insert the rows of a project, which has no rows yet. Must be called in a transaction.

    Args:
        project_pk: Key of the project.
        rows: What `read` has returned, maybe in a database with other columns.

    Raises:
        BadInputError: A row is not complete, or refers to one that is missing.
    """
    for model in NAMED:
        known = dict.fromkeys(_names(rows, model), "") | rows.get(model.__name__, {})
        texts = [{"name": _text(name, 50), "description": str(text or name)} for name, text in sorted(known.items())]
        upsert(model, ["name"], texts, changes=False)
    keys: dict[Any, dict[Any, int]] = {JobRow: {}, File: {}, FileUse: {}}
    for table in TABLES:
        given = rows.get(table.name, [])
        # A job comes before its sub-jobs, so that each level finds the keys of the one above.
        for level in _levels(table, given):
            values = [_values(table, row, keys) for row in level]
            if table.model is JobRow:
                values = [{**one, "project_id": project_pk} for one in values]
            upsert(table.model, table.key, values, changes=False)
            keys.get(table.model, {}).update(_keys(table, project_pk, values if table.model is FileUse else ()))
    follow = str(rows["Project"].get("follow_from_job__uuid"))
    ProjectRow.objects.filter(pk=project_pk).update(follow_from_job_id=keys[JobRow].get(follow))


def project_values(rows: Mapping[str, Any]) -> Row:
    """Return the columns of the row of the project."""
    meta = ProjectRow._meta  # noqa: SLF001 - as above
    given = rows["Project"]
    wanted = [one for one in meta.concrete_fields if one.attname in given and one.attname not in PROJECT_COLUMNS]
    return {one.attname: _converted(one, given[one.attname], "Project") for one in wanted}


def _names(rows: Mapping[str, Any], model: Any) -> set[str]:
    """Return the names of rows of a table to which exported rows refer."""
    column = "type_id" if model is FileType else "key_id"
    tables = [rows.get(table.name, []) for table in TABLES]
    return {str(row[column]) for table in tables for row in table if column in row}


def _levels(table: Table, rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    if table.model is not JobRow:
        return [rows]
    levels: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        levels[str(row.get("number", "")).count(".")].append(row)
    return [levels[depth] for depth in sorted(levels)]


def _values(table: Table, row: Row, keys: Mapping[Any, Mapping[Any, int]]) -> Row:
    values = {}
    for field in table.fields:
        owner = field.related_model if field.is_relation else None
        value = row.get(field.attname)
        if owner in keys and value is not None:
            if not isinstance(value, (str, int)) or value not in keys[owner]:
                which = plain_text(str(value), 100)
                raise BadInputError(f"the row of {table.name} refers to {which}, which is missing")
            values[field.attname] = keys[owner][value]
        elif field.attname in row:
            values[field.attname] = _converted(field, value, table.name)
        else:
            values[field.attname] = field.get_default()
    _refuse_unreadable(table, values)
    return values


_UNFIT = "{} is {!r}, which cannot be recorded"


def _converted(field: Any, value: Any, table: str) -> Any:
    try:
        converted = fitting.fitted(field, value)
    except ValueError as error:
        if value is None:
            raise BadInputError(f"{table}.{field.attname} is empty") from error
        raise BadInputError(_UNFIT.format(f"{table}.{field.attname}", plain_text(str(value), 100))) from error
    return _text(converted, field.max_length) if isinstance(converted, str) else converted


def _refuse_unreadable(table: Table, values: Row) -> None:
    """Refuse a row with JSON that could not be read back.

    Raises:
        BadInputError: A part of the JSON has another type.
    """
    fault = ""
    if table.model is RecordedValue and values["details"]:
        with fitting.refusing(f"{table.name}.details cannot be read"):
            fault = type_fault(recorded_value(values))
    elif table.model is JobProvenance:
        texts = [text for name in ("programs", "software") for pair in values[name].items() for text in pair]
        fault = "" if all(isinstance(text, str) for text in texts) else "programs and software have texts only"
    if fault:
        raise BadInputError(f"a row of {table.name} cannot be read: {fault}")


def _text(value: str, limit: int | None) -> str:
    """Return a text that fits its column: one from a later version of CCP4i2 may be longer."""
    text = columns.printable(value)
    return text if limit is None else columns.shortened(text, limit)


def _keys(table: Table, project_pk: int, uses: Sequence[Row]) -> dict[Any, int]:
    """Return the new keys of rows by what stands for them in the exported rows."""
    rows = table.model.objects.filter(**{f"{table.to_job}project_id": project_pk})
    if table.model is FileUse:
        pks = {tuple(key): pk for pk, *key in rows.values_list("pk", *table.key)}
        return {at: pks[tuple(use[name] for name in table.key)] for at, use in enumerate(uses)}
    if table.model in (JobRow, File):
        return {str(uuid): pk for uuid, pk in rows.values_list("uuid", "pk")}
    return {}
