import pytest
from ccp4i2.core.base_object.cdata import CData

from ccp4hooks.i2 import containers, patches, versions

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
