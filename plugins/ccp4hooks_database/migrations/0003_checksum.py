"""Find earlier imports by their checksum without reading all: an index on a column of CCP4i2's, which has none."""

from django.db import migrations

NAME = "ccp4hooks_fileimport_checksum"


def add(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Make the index; CCP4i2's own code neither sees nor needs it."""
    table = schema_editor.quote_name(apps.get_model("ccp4i2", "FileImport")._meta.db_table)
    schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {NAME} ON {table} (checksum)")


def remove(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Take it away."""
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):  # type: ignore[misc]
    dependencies = [
        ("ccp4hooks", "0002_by_hand"),
    ]

    operations = [migrations.RunPython(add, remove)]
