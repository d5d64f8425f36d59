"""Find jobs by status, task, time and KPI without reading all: indexes on tables of CCP4i2, which has none for these."""

from django.db import migrations

from ccp4hooks_database.sql.indexes import FOR_QUERIES, statements


def add(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Make the indexes; CCP4i2's own code neither sees nor needs them."""
    for statement in statements(FOR_QUERIES, apps, schema_editor.quote_name):
        schema_editor.execute(statement)


def remove(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Take them away."""
    for name in FOR_QUERIES:
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):  # type: ignore[misc]
    dependencies = [
        ("ccp4hooks", "0006_job_tags"),
    ]

    operations = [migrations.RunPython(add, remove)]
