"""Each fault of CCP4i2's own tracking occurs with its handler and does not occur with ccp4hooks."""

import re
from pathlib import Path

import ccp4i2
import pytest
from faults.table import FAULTS

IS_3_0 = ccp4i2.__version__.startswith("3.0.")
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "faults.md"
SLOW = {"jobs_are_lost_when_many_are_created"}
"""Faults that take much longer than the others."""


def marks(fault):
    on_server = [pytest.mark.postgresql] if fault.database == "postgresql" else []
    return on_server + ([pytest.mark.slow] if fault.name in SLOW else [])


EACH = pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name, marks=marks(fault)) for fault in FAULTS])


def seen(request, fault, side):
    observation = request.getfixturevalue(fault.database)[side][fault.scene]
    assert "broken" not in observation, observation["broken"]
    return observation


@EACH
def test_the_fault_occurs_with_the_handler_of_ccp4i2_in_the_versions_of_the_table(fault, request):
    occurs = bool(fault.wrong(seen(request, fault, "theirs")))
    assert occurs is (IS_3_0 or fault.in_3_1), "correct the versions in the table"


@EACH
def test_the_fault_does_not_occur_with_ccp4hooks(fault, request):
    observation = seen(request, fault, "ours")
    assert not fault.wrong(observation), observation


def rows_of_page():
    """Return the rows of the page: heading, name, behaviour of CCP4i2, its versions, behaviour of ccp4hooks."""
    rows, heading = [], ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if re.match(r"\| `\w+` \|", line):
            rows.append((heading, cells[0].strip("` "), *cells[1:]))
    return rows


def test_the_docs_and_the_table_of_faults_agree():
    assert rows_of_page() == [(one.topic, one.name, one.theirs, one.versions, one.ours) for one in FAULTS]


def test_no_fault_is_listed_twice():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
