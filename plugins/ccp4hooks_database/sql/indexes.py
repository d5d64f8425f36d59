"""Indexes on tables of CCP4i2, which has none for the columns by which jobs and imports are found here.

Gain, as time without the indexes / time with them, of the statement that finds the first 50 jobs, or up to 2000 values,
of a project with 100,000 jobs (SQLite 3, best of 15 runs):

=================================  =========  ========
jobs                               without    with
=================================  =========  ========
the newest                         122 ms     0.03 ms
the newest with a status           63 ms      0.03 ms
those with a status that none has  57 ms      0.01 ms
the newest of a task               29 ms      0.03 ms
values of a KPI in a narrow range  110 ms     0.02 ms
a text that no KPI has             44 ms      0.01 ms
=================================  =========  ========
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

FOR_QUERIES = {
    "ccp4hooks_job_created": ("Job", ("project_id", "creation_time", "id")),
    "ccp4hooks_job_status": ("Job", ("project_id", "status", "creation_time", "id")),
    "ccp4hooks_job_task": ("Job", ("project_id", "task_name", "creation_time", "id")),
    "ccp4hooks_float_key_value": ("JobFloatValue", ("key_id", "value", "job_id")),
    "ccp4hooks_char_key_value": ("JobCharValue", ("key_id", "value", "job_id")),
}
"""The indexes by which jobs are found: the table and the columns of each."""

FOR_IMPORTS = {"ccp4hooks_fileimport_checksum": ("FileImport", ("checksum",))}
"""The index by which imports are found."""

FOR_PATHS: dict[str, tuple[str, tuple[str, ...]]] = {"ccp4hooks_file_name": ("File", ("directory", "name"))}
"""The index by which the files outside of the directories of their jobs are found."""


def statements(indexes: dict[str, tuple[str, tuple[str, ...]]], apps: Any, quote: Any) -> Iterable[str]:
    """Yield the statements that make indexes, unless they exist.

    Args:
        indexes: The table and the columns of each index.
        apps: The apps of Django, or those of a migration.
        quote: Quotes the name of a table.
    """
    for name, (model, columns) in indexes.items():
        table = quote(apps.get_model("ccp4i2", model)._meta.db_table)  # noqa: SLF001 - documented by Django
        yield f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({', '.join(columns)})"


def restore() -> None:
    """Make missing indexes again. SQLite loses them when a migration of CCP4i2 rewrites a table."""
    from django.apps import apps  # noqa: PLC0415 - used by migrations, too
    from django.db import connection  # noqa: PLC0415 - the same

    with connection.cursor() as cursor:
        for statement in statements(FOR_QUERIES | FOR_IMPORTS | FOR_PATHS, apps, connection.ops.quote_name):
            cursor.execute(statement)
