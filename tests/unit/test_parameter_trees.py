"""The parameters of every task are written as CCP4i2 writes them, byte by byte."""

import random
from xml.etree import ElementTree as ET

import pytest
from ccp4i2.core.base_object.cdata import CData
from ccp4i2.core.tasks import TASKS

from ccp4hooks import BadInputError
from ccp4hooks.i2 import containers, patches, scripts, versions
from ccp4hooks.i2.tasks import task_table

PARTS = 24
"""The tasks are tested in so many parts, of which one runs by default."""

NOT_MADE = {"TestObsConversions", "pisa"}
"""Tasks that cannot be made without CCP4."""

TEXTS = ("a & b", "", "two\nlines", "é")
NUMBERS = (0, 1, 7)


@pytest.fixture(autouse=True)
def _patched(monkeypatch, tmp_path):
    patches.apply()
    # Some tasks write into the working directory.
    monkeypatch.chdir(tmp_path)


def by_ccp4i2(obj):
    """Return the text that CCP4i2's own method makes."""
    ours, theirs = CData.getEtree, getattr(CData.getEtree, "__wrapped__", CData.getEtree)
    CData.getEtree = theirs
    try:
        return ET.tostring(obj.getEtree(excludeUnset=True))
    finally:
        CData.getEtree = ours


def filled(container):
    """Add items to lists and set most values, some of them to their defaults, to empty texts or to 0."""
    chance = random.Random(0)  # noqa: S311 - not a secret
    for _, items in list(containers.walk(container)):
        if containers.is_a(items, "CList") and not len(items):
            for _ in range(2):
                items.append(items.makeItem())
    for path, obj in list(containers.walk(container)):
        if chance.random() < 0.3:
            continue
        kinds = {"CInt": NUMBERS, "CFloat": NUMBERS, "CBoolean": (True, False), "CString": TEXTS}
        values = next((values for kind, values in kinds.items() if containers.is_a(obj, kind)), ())
        if containers.is_a(obj, "CDataFile"):
            obj.setFullPath(f"/somewhere/{path}.pdb")
        elif values:
            set_if_possible(obj, chance.choice(values))


def set_if_possible(obj, value):
    try:
        obj.set(value)
    except (TypeError, ValueError):
        # The class accepts some values only.
        return


def by_names(obj):
    """Return the objects below an object in the order in which CCP4i2 gives their names."""
    named = {child.objectName(): child for child in obj.children() if child.objectName()}
    return [(name, named[name]) for name in dict.fromkeys(obj.dataOrder())]


def is_same(ours, theirs):
    # Numbers of CCP4i2 are equal if their values are.
    return [(name, id(obj)) for name, obj in ours] == [(name, id(obj)) for name, obj in theirs]


ONLY_3_0 = pytest.mark.skipif(not versions.searches_for_children(), reason="CCP4i2 3.1 writes parameters itself")


@ONLY_3_0
@pytest.mark.sampled(PARTS)
@pytest.mark.parametrize("part", range(PARTS))
def test_the_parameters_of_every_task_are_those_that_ccp4i2_writes(tmp_path, part):
    # Not those of plugins, which other tests of the same process have added.
    for task in sorted(TASKS.keys() - task_table.added_tasks().keys())[part::PARTS]:
        try:
            # The container does not keep its children without the script.
            script = scripts.build_script(task, "", tmp_path)
        except BadInputError:
            assert task in NOT_MADE
            continue
        container = script.container
        assert ET.tostring(container.getEtree(excludeUnset=True)) == by_ccp4i2(container), task
        filled(container)
        made = container.getEtree(excludeUnset=True)
        assert ET.tostring(made) == by_ccp4i2(container), task
        assert len(made.findall("*")) > 0, task
        for path, obj in containers.walk(container):
            assert containers.is_a(obj, "CList") or is_same(containers.children(obj), by_names(obj)), (task, path)


def test_the_values_of_an_ended_job_are_those_that_ccp4i2_writes(build):
    container = build("coordinate_selector").container
    container.outputData.NATOMS.nAtoms.set(0)
    container.outputData.XYZOUT.setFullPath("/p/CCP4_JOBS/job_1/XYZOUT.pdb")
    container.outputData.XYZOUT.annotation.set("kept")
    written = ET.tostring(container.getEtree(excludeUnset=True))
    assert written == by_ccp4i2(container)
    assert b"<nAtoms>0</nAtoms>" in written


@pytest.mark.parametrize("method", ["isSet", "getEtree", "dataOrder", "objectName", "children"])
def test_a_method_that_a_class_replaces_is_called(build, monkeypatch, method):
    inputs = build("freerflag").container.inputData
    inputs.F_SIGF.setFullPath("/somewhere/native.mtz")
    inputs.F_SIGF.annotation.set("observed")
    kind, called = type(inputs.F_SIGF), []
    original = getattr(kind, method)

    def replaced(self, *arguments, **options):
        called.append(self)
        return original(self, *arguments, **options)

    # Another class, so that what is known of the class does not count.
    own = type(kind.__name__, (kind,), {method: replaced})
    object.__setattr__(inputs.F_SIGF, "__class__", own)
    written = ET.tostring(inputs.getEtree(excludeUnset=True))
    assert called
    assert written == by_ccp4i2(inputs)
    assert b"native.mtz" in written


def test_all_values_are_written_by_ccp4i2_itself(build):
    container = build("freerflag").container
    assert ET.tostring(container.getEtree()) == ET.tostring(CData.getEtree(container))
    assert len(container.getEtree()) >= len(container.getEtree(excludeUnset=True))


@ONLY_3_0
def test_no_value_is_asked_whether_it_is_set_by_a_method(build, monkeypatch):
    inputs = build("freerflag").container.inputData
    inputs.F_SIGF.setFullPath("/somewhere/native.mtz")
    asked, original = [], CData.isSet

    def noted(self, *arguments, **options):
        asked.append(self)
        return original(self, *arguments, **options)

    inputs.getEtree(excludeUnset=True)
    monkeypatch.setattr(CData, "isSet", noted)
    inputs.getEtree(excludeUnset=True)
    assert asked == []
