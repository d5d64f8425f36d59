import pytest

from ccp4hooks.i2 import containers, patches, simple_values


def test_children_are_always_in_the_order_of_declaration(build):
    for _ in range(5):
        names = [name for name, _ in containers.children(build("freerflag").container)]
        assert names[:3] == ["inputData", "outputData", "controlParameters"]


def test_walk_visits_each_object_once_and_does_not_enter_closed_classes(build):
    container = build("coordinate_selector").container
    closed = [path for path, _ in containers.walk(container, closed=("CDataFile", "CPerformanceIndicator"))]
    assert closed[:5] == ["inputData", "inputData.XYZIN", "outputData", "outputData.XYZOUT", "outputData.NATOMS"]
    everything = list(containers.walk(container))
    assert len({id(obj) for _, obj in everything}) == len(everything)
    assert "outputData.NATOMS.nAtoms" in dict(everything)


def test_list_items_are_named_by_their_index(build, data):
    items = build("mergeMtz").container.inputData.MINIMTZINLIST
    while len(items) < 2:
        containers.new_item(items)
    assert [name for name, _ in containers.children(items)][:2] == ["[0]", "[1]"]
    assert "L[1].fileName" in dict(containers.walk(items, "L"))


def test_a_list_grows_by_one_item_at_its_end_only(build):
    items = build("mergeMtz").container.inputData.MINIMTZINLIST
    before = len(items)
    assert containers.list_item(items, before + 1) is None
    assert containers.list_item(items, before) is items[before]
    assert len(items) == before + 1


def test_an_object_that_is_not_cdata_has_no_children():
    assert containers.children("text") == []
    assert list(containers.walk(3)) == []


def test_is_a_accepts_subclasses_and_rejects_other_classes(build):
    obj = build("freerflag").container.inputData.F_SIGF
    assert containers.is_a(obj, "CDataFile")
    assert containers.is_a(obj, "CInt", "CDataFile")
    assert not containers.is_a(obj, "CList", "CString")


def test_a_value_is_assigned_only_after_an_assignment(build):
    atoms = build("coordinate_selector").container.outputData.NATOMS.nAtoms
    assert not simple_values.was_assigned(atoms)
    atoms.set(5)
    assert simple_values.was_assigned(atoms)
    assert simple_values.simple_value(atoms) == 5


def test_exactly_zero_is_assigned_if_zero_assignments_are_detected(build):
    indicator = build("coordinate_selector").container.outputData.NATOMS
    patches.detect_zero_assignments(indicator)
    assert not simple_values.was_assigned(indicator.value)
    assert float(indicator.value) == 0.0
    indicator.value.set(0.0)
    assert simple_values.was_assigned(indicator.value)
    assert simple_values.simple_value(indicator.value) == 0.0


def test_an_unset_or_missing_attribute_is_none(build):
    obj = build("freerflag").container.inputData.F_SIGF
    assert containers.value_of(obj, "annotation") is None
    assert containers.value_of(obj, "noSuchAttribute") is None
    containers.set_value(obj, "annotation", "native")
    assert containers.value_of(obj, "annotation") == "native"
    containers.set_value(obj, "noSuchAttribute", 1)
    assert containers.value_of(obj, "noSuchAttribute") is None


@pytest.mark.parametrize(
    ("task", "name", "mime"),
    [
        ("freerflag", "F_SIGF", "application/CCP4-mtz-observed"),
        ("freerflag", "FREERFLAG", "application/CCP4-mtz-freerflag"),
        ("coordinate_selector", "XYZIN", "chemical/x-pdb"),
    ],
)
def test_the_mime_type_of_a_file_object_is_that_of_its_class(build, task, name, mime):
    obj = dict(containers.children(build(task).container.inputData))[name]
    assert containers.file_type(obj) == mime


def test_a_subclass_of_a_known_file_class_has_the_same_type(build):
    kind = type(build("coordinate_selector").container.inputData.XYZIN)
    subclass = type("CSiteModelFile", (kind,), {})
    assert containers.file_type(subclass(name="X")) == "chemical/x-pdb"


def test_a_mini_mtz_class_has_columns_for_each_content_flag(build):
    inputs = build("freerflag").container.inputData
    assert ("F", "SIGF") in containers.signatures(inputs.F_SIGF)
    assert containers.signatures(build("coordinate_selector").container.inputData.XYZIN) == ()


def test_a_file_object_without_a_value_has_no_path(build, data):
    obj = build("freerflag").container.inputData.F_SIGF
    assert containers.file_path(obj) is None
    obj.setFullPath(str(data["fsigf"]))
    assert containers.file_path(obj) == data["fsigf"]


def test_bounds_are_numbers_or_none(build):
    control = build("freerflag").container.controlParameters
    assert (simple_values.bound(control.FRAC, "min"), simple_values.bound(control.FRAC, "max")) == (0.0, 1.0)
    assert simple_values.bound(control.GEN_MODE, "max") is None


def test_a_relocated_file_is_stored_as_ccp4i2_stores_it(build, project):
    obj = build("freerflag").container.inputData.F_SIGF
    containers.relocate(
        obj, project_uuid=str(project.uuid), directory="CCP4_IMPORTED_FILES", name="a.mtz", file_uuid=None
    )
    assert (str(obj.relPath), str(obj.baseName)) == ("CCP4_IMPORTED_FILES", "a.mtz")
    assert str(obj.project).replace("-", "") == project.uuid.hex
    assert containers.value_of(obj, "dbFileId") is None


def test_a_file_object_whose_name_is_a_plain_text_is_relocated(build, project):
    obj = build("coordinate_selector").container.outputData.XYZOUT
    obj.set({})
    obj.setFullPath("/elsewhere/a.pdb")
    assert isinstance(obj.baseName, str), "CCP4i2 keeps the object now; this test and its cause can go"
    containers.relocate(obj, project_uuid=str(project.uuid), directory="CCP4_JOBS/job_1", name="b.pdb", file_uuid=None)
    assert (str(obj.baseName), str(obj.relPath)) == ("b.pdb", "CCP4_JOBS/job_1")
