import subprocess
import sys

import pytest
from ccp4i2.core.base_object.cdata import CData

from ccp4hooks import cdata
from ccp4hooks.i2 import containers, patches, scripts, versions

TASKS = ("freerflag", "csymmatch", "servalcat_pipe", "phaser_pipeline", "import_merged")


@pytest.fixture(autouse=True)
def _patched():
    patches.apply()


def plain(script):
    """Return the objects of a script's container whose order is that of any CData."""
    return [obj for _, obj in containers.walk(script.container) if type(obj).dataOrder is CData.dataOrder]


def original(obj):
    """Return the order of an object without the patch, which only CCP4i2 3.0 needs."""
    return getattr(CData.dataOrder, "__wrapped__", CData.dataOrder)(obj)


@pytest.mark.parametrize("task", TASKS)
def test_the_order_of_an_object_is_the_one_that_ccp4i2_gives(build, task):
    found = plain(build(task))
    assert {bool(obj.children()) for obj in found} == {True, False}
    assert [obj.dataOrder() for obj in found] == [original(obj) for obj in found]


def test_an_object_without_children_is_searched_for_them_by_3_1_only(build, monkeypatch):
    (text, *_) = (obj for obj in plain(build("freerflag")) if not obj.children())
    searched = []
    monkeypatch.setattr(type(text), "children", lambda self: searched.append(self) or [])
    assert text.dataOrder() == []
    assert bool(searched) is not versions.is_3_0()


def test_an_indicator_that_is_made_later_detects_exactly_zero(build):
    indicator = build("coordinate_selector").container.outputData.NATOMS
    made = type(indicator)(name="LATE")
    assert cdata.extract_kpi_values(made) == {}
    made.value.set(0.0)
    assert cdata.extract_kpi_values(made) == {"value": 0.0}


def test_values_of_indicators_in_the_parameters_of_a_run_are_not_assigned(build, tmp_path):
    earlier = build("coordinate_selector")
    earlier.container.outputData.NATOMS.nAtoms.set(12)
    earlier.container.outputData.NATOMS.annotation.set("of another job")
    earlier.container.outputData.XYZOUT.annotation.set("kept")
    earlier.saveDataToXml(str(tmp_path / "all.xml"), exclude_unset=False)
    script = build("coordinate_selector")
    scripts.load_parameters_for_run(script, tmp_path / "all.xml")
    outputs = script.container.outputData
    assert cdata.extract_kpi_values(outputs.NATOMS) == {}
    assert (int(outputs.NATOMS.nAtoms), float(outputs.NATOMS.value)) == (0, 0.0)
    assert containers.value_of(outputs.XYZOUT, "annotation") == "kept"
    outputs.NATOMS.nAtoms.set(0)
    assert cdata.extract_kpi_values(outputs.NATOMS) == {"nAtoms": 0}
    scripts.save_parameters(script, tmp_path / "saved.xml")
    _, _, saved = (tmp_path / "saved.xml").read_text().partition("<NATOMS>")
    assert saved.split("</NATOMS>")[0].split() == ["<nAtoms>0</nAtoms>"]


def test_parameters_of_an_ended_run_keep_the_values_of_indicators(build, tmp_path):
    ended = build("gesamt")
    ended.container.outputData.PERFORMANCE.RMSxyz.set(0.0)
    scripts.save_parameters(ended, tmp_path / "params.xml")
    script = build("gesamt")
    scripts.load_parameters(script, tmp_path / "params.xml")
    assert cdata.extract_kpi_values(script.container.outputData.PERFORMANCE) == {"RMSxyz": 0.0}


SLOW_LOOP = """
import asyncio, time
from ccp4hooks.i2 import patches

patches.apply()
made = asyncio.new_event_loop

def slowly():
    time.sleep(0.5)
    return made()

asyncio.new_event_loop = slowly
from ccp4i2.core.async_process_manager import ASYNC_PROCESSMANAGER
print(ASYNC_PROCESSMANAGER()._get_loop().is_running())
"""


def test_the_event_loop_of_background_programs_is_awaited_on_a_busy_machine():
    done = subprocess.run([sys.executable, "-c", SLOW_LOOP], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
