import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property.strategies import outcomes

from ccp4hooks.outcomes import json_schema, outcome_file

PUBLISHED = Path(__file__).parents[2] / "docs" / "outcome.schema.json"


@pytest.fixture(scope="module")
def validator():
    loaded = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("job")


def test_the_published_schema_is_what_the_dataclasses_say():
    assert PUBLISHED.read_text(encoding="utf-8") == json_schema.text(), json_schema.__doc__


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(draw=st.data())
def test_any_outcome_file_fits_the_schema(directory, validator, draw):
    path = outcome_file.write(draw.draw(outcomes(directory)))
    validator.validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"status": "DONE"},
        {"surprise": 1},
        {"created_at": None},
        {"kpis": [{"key": "k", "value": None}]},
        {"kpis": [{"key": "k"}]},
    ],
)
@settings(max_examples=1, deadline=None, database=None)
@given(draw=st.data())
def test_what_the_reader_refuses_does_not_fit(directory, validator, change, draw):
    table = json.loads(outcome_file.write(draw.draw(outcomes(directory))).read_text(encoding="utf-8"))
    assert not validator.is_valid(table | change)


def test_every_field_is_explained():
    assert all(
        field["description"]
        for part in (json_schema.outcome_schema(), *json_schema.outcome_schema()["$defs"].values())
        for field in part["properties"].values()
    )
