"""The progress of a program that `program.xml` has, as the wrappers of CCP4i2 write it."""

import os
from datetime import datetime, timezone

import pytest

from ccp4hooks import ProgramProgress
from ccp4hooks.i2 import program_xml
from ccp4hooks.i2.program_xml import ProgramXml, read_progress

REFMAC = """<REFMAC>
  <Cycle><number>0</number><WeightUsed>0.2</WeightUsed><r_factor>0.2512</r_factor><r_free>0.2871</r_free></Cycle>
  <Cycle><number>1</number>{}</Cycle>
</REFMAC>"""
SERVALCAT = """<SERVALCAT>
<cycle><Ncyc>0</Ncyc><data><summary><Rwork>0.25208</Rwork><Rfree>0.25654</Rfree></summary></data></cycle>
<cycle><Ncyc>1</Ncyc>
<geom><summary><rmsd><Bond>0.012</Bond></rmsd></summary></geom>
<data><summary><CCFworkavg>0.81</CCFworkavg>{}<minusLL>78472.4</minusLL></summary>
<binned><Rwork>0.99</Rwork><Rfree>0.98</Rfree></binned></data></cycle>
</SERVALCAT>"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "program.xml"


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        (REFMAC.format("<r_factor>0.2310</r_factor>"), (1, {"RFactor": 0.231})),
        (REFMAC.format("<WeightUsed>0.2</WeightUsed>"), (0, {"RFactor": 0.2512, "RFree": 0.2871})),
        (SERVALCAT.format("<Rwork>0.21</Rwork><Rfree>0.26</Rfree>"), (1, {"RFactor": 0.21, "RFree": 0.26})),
        (SERVALCAT.format("<R1work>0.21</R1work><R1free>0.26</R1free>"), (1, {"R1Factor": 0.21, "R1Free": 0.26})),
        (SERVALCAT.format("<R>0.21</R>"), (1, {"R": 0.21})),
        (SERVALCAT.format("<FSCaverage>0.83</FSCaverage>"), (1, {"FSCaverage": 0.83})),
        (SERVALCAT.format("<Rwork>nan</Rwork><Rfree>x</Rfree><R>inf</R>"), (0, {"RFactor": 0.25208, "RFree": 0.25654})),
        (f"<Pipeline>{REFMAC.format('<r_free>0.3</r_free>')}</Pipeline>", (1, {"RFree": 0.3})),
        ("<REFMAC><Cycle><number>3</number></Cycle></REFMAC>", (3, {})),
        ("<REFMAC><Cycle><number>" + "9" * 5000 + "</number></Cycle></REFMAC>", (None, {})),
        ("<REFMAC><Cycle/></REFMAC>", (None, {})),
    ],
)  # fmt: skip
def test_the_last_cycle_with_values_is_read(path, text, progress):
    path.write_text(text)
    cycle, values = progress
    assert read_progress(path) == ProgramProgress(cycle=cycle, values=values)


def test_a_file_without_cycles_has_no_progress(path):
    path.write_text("<FREERFLAG><Cell>1</Cell></FREERFLAG>")
    assert read_progress(path) is None


def test_the_progress_follows_the_file_and_stays_while_it_is_unfinished(path):
    program = ProgramXml(path.parent)
    assert program.progress(None) is None
    for text, expected in [
        (REFMAC.format(""), "cycle 0, RFactor 0.2512, RFree 0.2871"),
        ("<REFMAC><Cyc", "cycle 0, RFactor 0.2512, RFree 0.2871"),
        (REFMAC.format("<r_factor>0.23</r_factor>"), "cycle 1, RFactor 0.2300"),
        ("<!DOCTYPE x [<!ENTITY e 'x'>]><REFMAC>&e;</REFMAC>", "cycle 1, RFactor 0.2300"),
        ("<REFMAC/>", "cycle 1, RFactor 0.2300"),
    ]:
        path.write_text(text)
        assert str(program.progress(None)) == expected
    path.unlink()
    assert str(program.progress(None)) == "cycle 1, RFactor 0.2300"


def test_a_file_that_has_not_changed_or_is_too_large_is_not_read(path, monkeypatch):
    path.write_text(REFMAC.format(""))
    program = ProgramXml(path.parent)
    before = program.progress(None)
    monkeypatch.setattr(program_xml, "read_progress", lambda _: pytest.fail("it was read"))
    assert program.progress(None) == before
    os.truncate(path, program_xml.LARGEST_FILE + 1)
    assert program.progress(None) == before


def test_the_file_of_an_earlier_run_is_left_out(path):
    path.write_text(REFMAC.format(""))
    os.utime(path, (1_000, 1_000))
    began = datetime.fromtimestamp(1_001, tz=timezone.utc)
    assert ProgramXml(path.parent).progress(began) is None
    os.utime(path, (1_002, 1_002))
    assert ProgramXml(path.parent).progress(began).cycle == 0


def test_a_file_of_the_tick_before_the_beginning_is_that_of_this_run(path):
    path.write_text(REFMAC.format(""))
    os.utime(path, (1_000, 1_000))
    for late_s, cycle in ((0.01, 0), (0.1, None)):
        found = ProgramXml(path.parent).progress(datetime.fromtimestamp(1_000 + late_s, tz=timezone.utc))
        assert (found and found.cycle) == cycle
