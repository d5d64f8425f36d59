"""Values in the record of an archive that no column can have, or that could not be read back."""

import json
from xml.etree import ElementTree as ET

import pytest
from plugins.database.helpers import WRONG

from ccp4hooks import BadInputError
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import ProjectRecord


def places(tables):
    """Yield where a record has its values: the object and the key; of each table, the first row only."""
    for name, table in tables.items():
        yield tables, name
        first = table[0] if isinstance(table, list) and table else table
        if isinstance(first, dict):
            yield from ((first, key) for key in first)


@pytest.fixture
def exported(plugin, project, made, rows):
    """The record of a project that is not in the database any more."""
    record = plugin.export_project(project, None)

    def delete():
        from ccp4i2.db.models import Project

        Project.objects.all().delete()

    rows(delete)
    for one in made:
        one.job.directory.mkdir(parents=True, exist_ok=True)
    return json.loads(json.dumps(record.rows)), record.xml


@pytest.fixture
def imported_and_read(plugin, project, rows):
    """Returns a function that records a project, reads it, and rolls everything back."""

    def run(record):
        from django.db import transaction

        from ccp4hooks_database.repository import importing
        from ccp4hooks_database.repository.read import read_outcomes

        with transaction.atomic():
            try:
                importing.import_record(project, record, ())
                return outcome_file.to_json([*read_outcomes(project, None), *read_outcomes(project, "1")])
            except BadInputError as error:
                return str(error)
            finally:
                transaction.set_rollback(True)

    return lambda record: rows(lambda: run(record))


@pytest.mark.sampled(30)
@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:12])
def test_a_hostile_value_of_an_archive_is_refused_or_harmless(exported, imported_and_read, value):
    tables, xml = exported
    assert len(imported_and_read(ProjectRecord(xml=xml, rows=tables))) == 6
    for container, key in list(places(tables)):
        old, container[key] = container[key], value
        answer = imported_and_read(ProjectRecord(xml=xml, rows=json.loads(json.dumps(tables))))
        container[key] = old
        if isinstance(answer, str):
            assert len(answer) < 400, key
        else:
            json.dumps(answer)


WRONG_TEXTS = ("", "x", "-1", "1.5", "9" * 400, "1e999", "nan", "../../x", "/etc/passwd", "9" * 20, "é" * 300)
"""Values of an attribute in CCP4i2's XML, each of which most attributes cannot have."""


@pytest.mark.sampled(6)
@pytest.mark.parametrize("value", WRONG_TEXTS, ids=lambda value: ascii(value)[:12])
def test_a_hostile_value_in_the_xml_of_ccp4i2_is_refused_or_harmless(exported, imported_and_read, value):
    root = ET.fromstring(exported[1])  # noqa: S314 - we have written it
    first = {row.tag: row for row in reversed(root.findall("ccp4i2_body/*/*"))}
    assert len(first) >= 6
    for row, key in [(one, key) for one in first.values() for key in one.attrib]:
        old, row.attrib[key] = row.attrib[key], value
        xml = ET.tostring(root, encoding="utf-8")
        row.attrib[key] = old
        answer = imported_and_read(ProjectRecord(xml=xml, rows=None))
        if isinstance(answer, str):
            assert len(answer) < 700, key
        else:
            json.dumps(answer)
