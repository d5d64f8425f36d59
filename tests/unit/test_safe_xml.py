"""XML with a document type is refused before CCP4i2 parses it."""

import pytest

from ccp4hooks import BadInputError, make_script
from ccp4hooks.i2 import scripts
from ccp4hooks.i2.safe_xml import require_plain_xml

BOMB = """<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<x>&b;</x>
"""
THIEF = """<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hosts">]><x>&a;</x>"""


@pytest.mark.parametrize("text", [BOMB, THIEF])
def test_a_file_that_declares_entities_is_rejected_before_ccp4i2_reads_it(tmp_path, text):
    path = tmp_path / "input_params.xml"
    path.write_text(text)
    with pytest.raises(BadInputError, match="declares a document type"):
        scripts.load_parameters(make_script("freerflag"), path)


@pytest.mark.parametrize(("text", "reason"), [("", "is not XML"), ("<x>", "is not XML"), (None, "cannot be read")])
def test_a_file_that_is_not_xml_is_rejected(tmp_path, text, reason):
    path = tmp_path / "params.xml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadInputError, match=reason):
        require_plain_xml(path)


def test_parameters_that_ccp4i2_writes_are_accepted(tmp_path):
    path = tmp_path / "params.xml"
    scripts.save_parameters(make_script("freerflag"), path)
    require_plain_xml(path)


LIMITS = {
    "elements inside each other": (
        "<x>" * 101 + "</x>" * 101,
        "has more than 100 elements inside each other, the limit.",
    ),
    "a million levels": ("<x>" * 1_000_000, "has more than 100 elements inside each other, the limit."),
    "elements": ("<r>" + "<x/>" * 1_000_001 + "</r>", "has more than 1000000 elements, the limit."),
    "bytes": ("<x>" + " " * 2**26 + "</x>", "is larger than 67108864 bytes, the limit."),
}


@pytest.mark.parametrize("case", LIMITS)
def test_a_file_that_is_too_large_or_too_deep_is_rejected(tmp_path, case):
    text, reason = LIMITS[case]
    path = tmp_path / "input_params.xml"
    path.write_text(text)
    with pytest.raises(BadInputError) as caught:
        scripts.load_parameters(make_script("freerflag"), path)
    assert str(caught.value) == f"{path} {reason}"


def test_a_file_at_the_limit_of_depth_is_accepted(tmp_path):
    path = tmp_path / "params.xml"
    path.write_text("<x>" * 100 + "</x>" * 100)
    require_plain_xml(path)
