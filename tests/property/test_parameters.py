"""Any text as the name or the value of a parameter."""

from pathlib import Path

import ccp4i2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ccp4hooks import Ccp4HooksError, Project
from ccp4hooks.i2 import containers
from ccp4hooks.i2 import scripts as i2_scripts
from ccp4hooks.runtime import stdio
from ccp4hooks.store import project_uuid
from ccp4hooks.tasks.parameters import Context, Lookups, set_parameters

MONSTER = Path(ccp4i2.__file__).parent / "wrappers/freerflag/test_data/rnase25.mtz"
SIMPLE = ["FRAC", "RESMAX", "COMPLETE", "GEN_MODE", "guiAdmin.jobTitle", "guiAdmin.jobStatus"]
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

numbers = st.integers().map(str) | st.floats().map(repr) | st.from_regex(r"-?[0-9]{1,20}(e[0-9]{1,4})?", fullmatch=True)
tails = st.sampled_from(["", "[FNAT,SIGFNAT]", "[", "[]", "]", "[,]", "[FNAT]", "[0]", "/", "/.."])
file_texts = st.builds(
    "{}{}{}".format, st.sampled_from(["", "@", "@1.", "~", "~x", "/", "./", str(MONSTER)]), st.text(max_size=8), tails
)
texts = st.text(max_size=30) | numbers | file_texts
paths = st.sampled_from(["inputData", "F_SIGF", "FRAC", "outputData", "FREEROUT", "guiAdmin", "[0]", "[99]", "", "x"])
parameters = st.text(max_size=12) | st.lists(paths, min_size=1, max_size=4).map(".".join)


@pytest.fixture(scope="module")
def put(tmp_path_factory):
    """Return a function that sets one parameter. All calls for a task share a script, because building one is slow."""
    folder = tmp_path_factory.mktemp("values")
    (folder / "scratch").mkdir()
    project = Project(name="p", directory=folder / "p", uuid=project_uuid(folder / "p"))
    context = Context(
        project=project,
        lookups=Lookups(
            find_file=lambda query: None, find_outcomes=lambda project, number: (), find_last=lambda project, text: "1"
        ),
        scratch=folder / "scratch",
        extracts={},
    )
    scripts = {}

    def make(task, name, text):
        with stdio.output_dropped():
            script = scripts.setdefault(task, None) or i2_scripts.build_script(task, "", folder)
            scripts[task] = script
            set_parameters(script, [(name, text)], context)
        return script

    return make


def accepted(put, task, name, text):
    """Return the script, or None if the value was refused with a `Ccp4HooksError`."""
    try:
        return put(task, name, text)
    except Ccp4HooksError:
        return None


@QUICK
@given(name=parameters, text=texts)
def test_any_name_and_value_is_set_or_raises_a_ccp4hooks_error(put, name, text):
    accepted(put, "freerflag", name, text)


@QUICK
@given(name=st.sampled_from(SIMPLE), text=texts)
@example(name="FRAC", text="nan")
@example(name="guiAdmin.jobStatus", text="1" + "0" * 5000)
def test_any_text_for_a_simple_parameter_is_set_within_its_bounds_or_rejected(put, name, text):
    script = accepted(put, "freerflag", name, text)
    if script is not None and name == "FRAC":
        assert 0.0 <= float(script.container.controlParameters.FRAC) <= 1.0


@QUICK
@given(text=texts)
@example(text="1" + "0" * 400)
@example(text="-1" + "0" * 400)
def test_any_whole_number_is_within_its_bound_or_rejected(put, text):
    script = accepted(put, "servalcat", "NCYCLES_AFTER_ADD_WATERS", text)
    if script is not None:
        assert int(script.container.controlParameters.NCYCLES_AFTER_ADD_WATERS) >= 0


@QUICK
@given(text=file_texts)
@example(text="~no-such-user/x.mtz")
@example(text="a" * 300)
@example(text="a" * 300 + "[F,SIGF]")
@example(text="\0")
def test_any_text_for_a_file_is_a_regular_file_or_rejected(put, text):
    script = accepted(put, "freerflag", "F_SIGF", text)
    if script is not None:
        assert containers.file_path(script.container.inputData.F_SIGF).is_file()
