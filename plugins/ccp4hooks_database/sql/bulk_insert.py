"""Rows written by statements that Django puts together once for a table, however many rows there are.

``bulk_create`` puts every row together anew, from an object made for it; that takes several times as long as the
writing. Here one row is put together once by Django, and its values are repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import AutoField
from django.db.models.constants import OnConflict
from django.db.models.sql.subqueries import InsertQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class _Insert:
    """A statement that adds rows to a table.

    Attributes:
        head: What comes before the rows.
        row: The placeholders of one row.
        tail: What comes after the rows.
        by_column: The same for several rows where the database takes a list per column, as PostgreSQL does; else empty.
        given: Fields by the name of the column that a row gives.
        others: Fields that take their default.
        most: How many rows one statement takes.
    """

    head: str
    row: str
    tail: str
    by_column: str
    given: tuple[tuple[str, Any], ...]
    others: tuple[Any, ...]
    most: int

    def run(self, connection: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows, in one statement unless they are more than it takes."""
        values = [self._values(row, connection) for row in rows]
        with connection.cursor() as cursor:
            if self.by_column and len(values) > 1:
                cursor.execute(self.by_column, [list(column) for column in zip(*values, strict=True)])
                return
            for start in range(0, len(values), self.most):
                part = values[start : start + self.most]
                sql = f"{self.head}{', '.join([self.row] * len(part))}{self.tail}"
                cursor.execute(sql, list(chain.from_iterable(part)))

    def _values(self, row: Mapping[str, Any], connection: Any) -> list[Any]:
        given = [field.get_db_prep_save(row[name], connection) for name, field in self.given]
        return given + [field.get_db_prep_save(field.get_default(), connection) for field in self.others]


_INSERTS: dict[tuple[Any, ...], _Insert] = {}


def insert(model: Any, row: Mapping[str, Any]) -> None:
    """Add a row to a table.

    Args:
        model: The table.
        row: Values by name of the column; other columns take their default.
    """
    _write(model, [row], None, (), ())


def upsert(model: Any, key: Sequence[str], rows: Sequence[Mapping[str, Any]], *, changes: bool = True) -> None:
    """Add rows to a table.

    Args:
        model: The table.
        key: Names of columns that are unique together.
        rows: Values by name of the column; all have the same columns, the key's among them.
        changes: Whether a row of the same key that is there takes the other values; else it stays as it is.
    """
    changed = [name for name in rows[0] if name not in key] if changes and rows else []
    conflict = OnConflict.UPDATE if changed else OnConflict.IGNORE
    _write(model, rows, conflict, key if changed else (), changed)


def _write(
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    conflict: OnConflict | None,
    key: Sequence[str],
    changed: Sequence[str],
) -> None:
    if rows:
        connection = connections["default"]
        at = (connection.vendor, model, tuple(rows[0]), conflict, tuple(key))
        if at not in _INSERTS:
            _INSERTS[at] = _put_together(connection, model, list(rows[0]), conflict, (key, changed))
        _INSERTS[at].run(connection, rows)


def _put_together(
    connection: Any,
    model: Any,
    columns: Sequence[str],
    conflict: OnConflict | None,
    target: tuple[Sequence[str], Sequence[str]],
) -> _Insert:
    meta = model._meta  # noqa: SLF001 - Django's documented way to fields
    given = {name: meta.get_field(name) for name in columns}
    others = [one for one in meta.concrete_fields if one not in given.values() and not isinstance(one, AutoField)]
    fields = [*given.values(), *others]
    key, changed = ([given[name] for name in named] for named in target)
    query = InsertQuery(model, on_conflict=conflict, update_fields=changed, unique_fields=key)
    one, two = (_sql(query, fields, [model()] * count, connection) for count in (1, 2))
    row = f"({', '.join(['%s'] * len(fields))})"
    head, found, tail = one.partition(row)
    if not found:
        raise AssertionError(one)
    by_column = two if two.count("%s") == len(fields) else ""
    limit = connection.features.max_query_params or len(fields) * 1000
    return _Insert(head, row, tail, by_column, tuple(given.items()), tuple(others), max(1, limit // len(fields)))


def _sql(query: InsertQuery, fields: Sequence[Any], rows: Sequence[Any], connection: Any) -> str:
    query.insert_values(fields, rows, raw=True)
    ((sql, _),) = query.get_compiler(connection=connection).as_sql()
    return str(sql)
