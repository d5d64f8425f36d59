import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property.strategies import kpi_values, numbers, outcomes

from ccp4hooks import BadInputError
from ccp4hooks.model import JobNumber
from ccp4hooks.outcomes import outcome_file

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("job")


@SLOW
@given(draw=st.data())
def test_any_outcome_is_read_back_as_it_was_written(directory, draw):
    outcome = draw.draw(outcomes(directory))
    assert outcome_file.read(outcome_file.write(outcome)) == outcome


@SLOW
@given(draw=st.data())
def test_any_kpi_keeps_the_type_of_its_value(directory, draw):
    outcome = draw.draw(outcomes(directory))
    read = outcome_file.read(outcome_file.write(outcome))
    assert type(read.job.number) is JobNumber
    assert [type(kpi.value) for kpi in read.kpis] == [type(kpi.value) for kpi in outcome.kpis]


@given(
    value=st.recursive(st.none() | kpi_values, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(), one))
)
def test_any_other_json_is_bad_input(directory, value):
    path = directory / "other.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(BadInputError):
        outcome_file.read(path)


@given(content=st.binary(max_size=60))
def test_any_other_bytes_are_bad_input(directory, content):
    path = directory / "other.json"
    path.write_bytes(content)
    with pytest.raises(BadInputError):
        outcome_file.read(path)


@SLOW
@given(draw=st.data())
def test_an_outcome_file_cut_anywhere_is_invalid(directory, draw):
    path = outcome_file.write(draw.draw(outcomes(directory)))
    whole = path.read_bytes()
    path.write_bytes(whole[: draw.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(BadInputError):
        outcome_file.read(path)


@settings(max_examples=30, deadline=None)
@given(found=st.sets(numbers, max_size=8))
def test_job_directories_are_listed_in_the_order_of_their_numbers(found):
    with tempfile.TemporaryDirectory() as folder:
        for number in found:
            place = Path(folder).joinpath(*(f"job_{part}" for part in number.split(".")))
            place.mkdir(parents=True, exist_ok=True)
            (place / outcome_file.FILE_NAME).touch()
        listed = [
            tuple(int(part[4:]) for part in path.parent.relative_to(folder).parts)
            for path in outcome_file.below(Path(folder))
        ]
    assert listed == sorted(tuple(map(int, number.split("."))) for number in found)
