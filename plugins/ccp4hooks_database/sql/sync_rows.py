"""Bring the rows of a table to what they should be, in as few statements as can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import F, Value

from ccp4hooks_database.sql.bulk_insert import upsert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row = dict[str, Any]

NONE = Value(False)
EVERY = Value(True)


@dataclass(frozen=True, slots=True)
class There:
    """What a table may hold already.

    Attributes:
        scope: A query set; its rows that are not wanted are deleted.
        keep: Expression that is true of rows that stay although they are not wanted.
    """

    scope: Any
    keep: Any = NONE


def sync(
    model: Any,
    key: Sequence[str],
    wanted: Sequence[Row],
    there: Callable[[], There] | None,
    stamp: Mapping[str, Any] | None = None,
) -> None:
    """Make some rows of a table those that are wanted: at most one SELECT, and one write per kind of difference.

    Args:
        model: The table.
        key: Column names that identify a row and are unique in the table.
        wanted: Values of the rows, all with the same columns, keys included.
        there: Returns which rows these are; None where there are known to be none.
        stamp: Further values, written with a row that is new or changed and never compared.
    """
    target = {_key(row, key): row for row in wanted}
    known = _known(there(), key, list(wanted[0]) if wanted else list(key)) if there else {}
    stale = [row["row_pk"] for at, row in known.items() if at not in target and not row["row_kept"]]
    if stale:
        model.objects.filter(pk__in=stale).delete()
    differing = [row for at, row in target.items() if at not in known or _differs(known[at], row)]
    if differing:
        upsert(model, key, [{**row, **(stamp or {})} for row in differing])


def _known(there: There, key: Sequence[str], columns: Sequence[str]) -> dict[tuple[Any, ...], Row]:
    found = there.scope.values(*columns, row_pk=F("pk"), row_kept=there.keep)
    return {_key(row, key): row for row in found}


def _key(row: Row, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in key)


def _differs(known: Row, wanted: Row) -> bool:
    return any(known[name] != value for name, value in wanted.items())


def add_missing(model: Any, descriptions: Mapping[str, str]) -> None:
    """Add named rows that are not there yet; those that are keep their description.

    In order of their names, so that two processes that add the same ones do not wait for each other.
    """
    new = sorted(descriptions.keys() - _named(model, list(descriptions)))
    upsert(model, ["name"], [{"name": name, "description": descriptions[name]} for name in new], changes=False)


def _named(model: Any, names: Sequence[str]) -> set[str]:
    """Return which of some names a table has; plain SQL, since Django takes longer over ``IN`` than the database."""
    connection = connections["default"]
    table, column = (connection.ops.quote_name(one) for one in (model._meta.db_table, "name"))  # noqa: SLF001
    most = connection.features.max_query_params or 1000
    found: set[str] = set()
    with connection.cursor() as cursor:
        for part in (names[start : start + most] for start in range(0, len(names), most)):
            places = ", ".join(["%s"] * len(part))
            cursor.execute(f"SELECT {column} FROM {table} WHERE {column} IN ({places})", part)  # noqa: S608 - no values
            found.update(name for (name,) in cursor.fetchall())
    return found
