"""What ``ccp4hooks init`` does to the rows after an upgrade of CCP4i2."""

import pytest
from plugins.database.helpers import gleaned, opened, outcome_of

from ccp4hooks_database.versions import parameter_limit

LONG = "outputData.A_MODEL_WITH_A_NAME_LONGER_THAN_THE_OLD_COLUMN"
SHORT = "A_MODEL_WITH~c8e14d~E_OLD_COLUMN"


@pytest.fixture
def names(plugin, rows, project):
    """Record a file with a long parameter, and return a function for the names in CCP4i2's columns."""
    from ccp4i2.db.models import File, FileUse

    job = opened(plugin, project)
    plugin.job_finished(job, outcome_of(job, files=(gleaned(job, parameter=LONG),)))
    return lambda: rows(
        lambda: [
            list(model.objects.order_by("pk").values_list("job_param_name", flat=True)) for model in (File, FileUse)
        ]
    )


def test_init_restores_long_names_where_the_column_has_room(plugin, rows, names):
    from ccp4i2.db.models import File, FileUse

    from ccp4hooks_database import models as own

    recorded = names()
    assert recorded == [[LONG.partition(".")[2] if parameter_limit() > 32 else SHORT]] * 2

    def shorten():
        File.objects.update(job_param_name=SHORT)
        FileUse.objects.update(job_param_name=SHORT)
        own.UseOrigin.objects.all().delete()
        own.UseOrigin.objects.create(use=FileUse.objects.get(), parameter=LONG)

    rows(shorten)
    restored = ["Restored 2 names of parameters that older tables had no room for."] if parameter_limit() > 32 else []
    assert list(plugin.init_store())[1:] == restored
    assert names() == recorded
    assert list(plugin.init_store())[1:] == []


def test_init_removes_a_short_use_that_was_recorded_again_with_its_long_name(plugin, rows, names):
    from ccp4i2.db.models import FileUse

    from ccp4hooks_database import models as own

    recorded = names()

    def add_short():
        known = FileUse.objects.get()
        short = FileUse.objects.create(file=known.file, job=known.job, role=known.role, job_param_name=SHORT[:-1])
        own.UseOrigin.objects.create(use=short, parameter=LONG, by_hand=True)

    rows(add_short)
    plugin.init_store()
    assert names() == recorded


def test_init_restores_the_indexes_that_a_rewritten_table_has_lost(plugin, rows):
    from django.db import connection

    from ccp4hooks_database.sql import indexes

    names = {*indexes.FOR_QUERIES, *indexes.FOR_IMPORTS, *indexes.FOR_PATHS}

    def present():
        with connection.cursor() as cursor:
            tables = ("ccp4i2_job", "ccp4i2_jobfloatvalue", "ccp4i2_jobcharvalue", "ccp4i2_fileimport", "ccp4i2_file")
            return names & {
                name for table in tables for name in connection.introspection.get_constraints(cursor, table)
            }

    def lose():
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"DROP INDEX {name}")

    assert rows(present) == names
    rows(lose)
    assert rows(present) == set()
    plugin.init_store()
    assert rows(present) == names
