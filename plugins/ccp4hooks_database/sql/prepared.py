"""Queries that Django puts together once, and that run with other values afterwards.

Putting a query together takes Django several times as long as the database takes to answer it, and those of a job's
life are always the same. A query set is written as anywhere, with a `Slot` for each value that is given later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import Value
from django.db.models.sql.subqueries import UpdateQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Slot(Value):  # type: ignore[misc]
    """Stands in a query set for a value of a field.

    Args:
        name: What the value is called when the query runs.
        field: The model field that it is compared with or written to.
    """

    def __init__(self, name: str, field: Any) -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # noqa: ARG002 - Django's signature
        """Return a placeholder, with itself in place of the value."""
        return "%s", [self]


def slot(name: str, model: Any, field: str) -> Slot:
    """Return the stand-in for a value of a model's field."""
    return Slot(name, model._meta.get_field(field))  # noqa: SLF001 - Django's documented way to fields


@dataclass(frozen=True, slots=True)
class _Text:
    """A query as text.

    Attributes:
        sql: The statement.
        params: Values and slots, in order.
        compiler: Knows how to turn columns into values.
        converters: How, by column.
    """

    sql: str
    params: tuple[Any, ...]
    compiler: Any
    converters: Any


class Prepared:
    """A query, written once as a query set.

    Args:
        make: Returns the query set, of ``values_list`` if it is to be read; called when it is first needed.
        changes: For an update: values or slots by field.
    """

    def __init__(self, make: Callable[[], Any], changes: Callable[[], Mapping[str, Any]] | None = None) -> None:
        self._make = make
        self._changes = changes
        self._texts: dict[str, _Text] = {}

    def rows(self, **values: Any) -> list[Any]:
        """Return the rows, as lists or tuples of values in the order of the columns."""
        text, connection = self._text()
        with connection.cursor() as cursor:
            cursor.execute(text.sql, _filled(text.params, values, connection))
            rows = cursor.fetchall()
        return list(text.compiler.apply_converters(rows, text.converters)) if text.converters else rows

    def first(self, **values: Any) -> Any:
        """Return the first row, None if there is none."""
        return next(iter(self.rows(**values)), None)

    def update(self, **values: Any) -> int:
        """Run the update and return how many rows matched."""
        text, connection = self._text()
        with connection.cursor() as cursor:
            cursor.execute(text.sql, _filled(text.params, values, connection))
            return int(cursor.rowcount)

    def _text(self) -> tuple[_Text, Any]:
        connection = connections["default"]
        text = self._texts.get(connection.vendor)
        if text is None:
            text = self._texts[connection.vendor] = self._put_together(connection)
        return text, connection

    def _put_together(self, connection: Any) -> _Text:
        query = self._make().query
        if self._changes is not None:
            query = query.chain(UpdateQuery)
            query.add_update_values(self._changes())
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        reads = self._changes is None
        converters = compiler.get_converters([column for column, *_ in compiler.select]) if reads else {}
        return _Text(sql, tuple(params), compiler, converters)


def _filled(params: tuple[Any, ...], values: Mapping[str, Any], connection: Any) -> list[Any]:
    return [
        param.output_field.get_db_prep_value(values[param.value], connection) if isinstance(param, Slot) else param
        for param in params
    ]
