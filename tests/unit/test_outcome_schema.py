import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property.strategies import outcomes

from ccp4hooks.outcomes import json_schema, outcome_file

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "outcome.schema.json"


@pytest.fixture(scope="module")
def validator():
    loaded = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("job")


def loaded(text):
    """Load a schema, its alternatives sorted: their order depends on the version of msgspec."""
    return json.loads(text, object_hook=lambda part: part | {"anyOf": sorted(part.get("anyOf", ()), key=str)})


def test_the_published_schema_is_that_of_the_dataclasses():
    assert loaded(PUBLISHED.read_text(encoding="utf-8")) == loaded(json_schema.text()), json_schema.__doc__


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(draw=st.data())
def test_any_outcome_file_fits_the_schema(directory, validator, draw):
    path = outcome_file.write(draw.draw(outcomes(directory)))
    validator.validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 3},
        {"status": "DONE"},
        {"surprise": 1},
        {"created_at": None},
        {"kpis": [{"key": "k", "value": None}]},
        {"kpis": [{"key": "k"}]},
        {"kpis": [{"key": "k", "value": 1, "surprise": 1}]},
        {"status": 6},
        {"software": {"python": 3}},
    ],
)
@settings(max_examples=1, deadline=None, database=None)
@given(draw=st.data())
def test_a_file_that_the_reader_rejects_does_not_fit_the_schema(directory, validator, change, draw):
    table = json.loads(outcome_file.write(draw.draw(outcomes(directory))).read_text(encoding="utf-8"))
    assert not validator.is_valid(table | change)


def test_every_object_and_every_field_has_a_description():
    schema = json_schema.outcome_schema()
    objects = [part for part in (schema, *schema["$defs"].values()) if part.get("type") == "object"]
    assert len(objects) == 13
    assert all(part["description"] and part["additionalProperties"] is False for part in objects)
    assert all(field["description"] for part in objects for field in part["properties"].values())


def test_paths_times_and_identities_are_texts_with_their_formats():
    fields = json_schema.outcome_schema()["$defs"]["ImportedFile"]["properties"]
    assert fields["path"]["type"] == "string"
    assert (fields["uuid"]["type"], fields["uuid"]["format"]) == ("string", "uuid")
    assert (fields["modified_at"]["type"], fields["modified_at"]["format"]) == ("string", "date-time")
