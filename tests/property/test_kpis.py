import math

from hypothesis import given
from hypothesis import strategies as st
from property.strategies import files, origins

from ccp4hooks import FileMetadata, Kpi
from ccp4hooks.errors import nearest
from ccp4hooks.jobs import outputs
from ccp4hooks.plugins.dispatcher import Answer

keys = st.text(max_size=60)
values = st.one_of(
    st.booleans(), st.integers(), st.integers().map(lambda n: n * 10**400), st.floats(), st.text(max_size=300)
)
metadata = st.builds(
    FileMetadata,
    file_type=st.none() | st.text(max_size=5),
    content_flag=st.none() | st.integers(0, 3),
    sub_type=st.none() | st.integers(0, 3),
    annotation=st.none() | st.text(max_size=5),
    extra=st.dictionaries(st.sampled_from(["a", "b"]), st.integers()),
)
answers = st.lists(st.builds(Answer, origin=origins, value=metadata), max_size=4)


@given(key=keys, value=values, taken=st.sets(keys, max_size=3))
def test_a_value_is_recordable_exactly_if_it_fits_ccp4i2s_tables(key, value, taken):
    recorded = key.replace("\0", "")
    fits = 1 <= len(recorded) <= 50 and recorded not in taken
    if isinstance(value, str):
        fits = fits and len(value.replace("\0", "")) <= 255
    elif isinstance(value, float):
        fits = fits and math.isfinite(value)
    elif abs(value) > 2**53:
        fits = False
    assert (Kpi(key=key, value=value).fault(taken) == "") is fits


@given(file=files, given_by=answers)
def test_merged_metadata_are_the_last_opinion_on_each_field_with_its_giver(file, given_by):
    merged = outputs.merged(file, given_by)
    for name in ("file_type", "content_flag", "sub_type", "annotation"):
        said = [answer for answer in given_by if getattr(answer.value, name) is not None]
        assert getattr(merged, name) == (getattr(said[-1].value, name) if said else getattr(file, name))
    for name in {name for answer in given_by for name in answer.value.extra}:
        last = [answer for answer in given_by if name in answer.value.extra][-1]
        assert (merged.extra[name], merged.origins[name]) == (last.value.extra[name], last.origin)
    assert (merged.uuid, merged.path) == (file.uuid, file.path)


@given(name=st.text(max_size=10), known=st.lists(st.text(max_size=10), max_size=6))
def test_names_suggested_are_known_ones_and_at_most_three(name, known):
    found = nearest(name, known)
    assert len(found) <= 3
    assert set(found) <= set(known)
    if name in known:
        assert found[0].casefold() == name.casefold()
