"""Find pending uses, the owners of jobs, and files outside of the directories of their jobs without reading all."""

from django.db import migrations, models

from ccp4hooks_database.sql.indexes import FOR_PATHS, statements


def add(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Make the index on a table of CCP4i2; CCP4i2's own code neither sees nor needs it."""
    for statement in statements(FOR_PATHS, apps, schema_editor.quote_name):
        schema_editor.execute(statement)


def remove(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Take it away."""
    for name in FOR_PATHS:
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):  # type: ignore[misc]
    dependencies = [
        ("ccp4hooks", "0009_attempts"),
    ]

    operations = [
        migrations.AddIndex("PendingUse", models.Index(fields=["file_uuid"], name="ccp4hooks_pending_file")),
        migrations.AddIndex("JobOwner", models.Index(fields=["process"], name="ccp4hooks_owner_process")),
        migrations.RunPython(add, remove),
    ]
