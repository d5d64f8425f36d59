"""The functions of `ccp4hooks.cdata` on objects of CCP4i2."""

import io
from pathlib import Path

import ccp4i2
import pytest

from ccp4hooks import BadInputError, cdata, make_script
from ccp4hooks.i2 import containers

FSIGF = Path(ccp4i2.__file__).parent / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"


@pytest.fixture
def script():
    return make_script("freerflag")


@pytest.fixture
def files():
    """Return a list of two objects with one file each."""
    script = make_script("mergeMtz")
    made = script.container.inputData.MINIMTZINLIST
    while len(made) < 2:
        containers.new_item(made)
    # The script owns the containers and must stay alive.
    yield made
    assert script is not None


def names(objects):
    return [cdata.extract_parameter_name(obj) for obj in objects]


def test_files_are_found_in_the_order_of_declaration_whether_set_or_not(script):
    assert names(cdata.find_all_files(script.container.inputData)) == ["F_SIGF", "FREERFLAG"]
    assert names(cdata.find_all_files(script.container))[:2] == ["F_SIGF", "FREERFLAG"]
    assert names(cdata.find_all_files(script.container)) == names(script_files(script))


def script_files(script):
    """Return the files that CCP4i2's own method finds, in the order of declaration."""
    found = {id(file): file for file in script.container.find_all_files()}
    return [obj for _, obj in containers.walk(script.container) if id(obj) in found]


def test_items_of_a_list_have_the_name_of_their_list_and_an_index(files):
    assert names(files) == ["MINIMTZINLIST[0]", "MINIMTZINLIST[1]"]
    assert names(cdata.find_all_files(files)) == ["MINIMTZINLIST[0].fileName", "MINIMTZINLIST[1].fileName"]


def test_objects_are_found_by_class_by_class_name_and_by_predicate(script):
    from ccp4i2.core.CCP4XtalData import CObsDataFile

    foreign = type("CObsDataFile", (), {})
    for kind in (CObsDataFile, "CObsDataFile", foreign):
        assert names(cdata.find_objects_by_type(script.container, kind)) == ["F_SIGF"]
    is_mtz = [
        obj
        for obj in cdata.find_objects_matching(
            script.container.inputData, lambda obj: containers.is_a(obj, "CDataFile")
        )
        if cdata.get_merged_metadata(obj, "qualifiers")["mimeTypeName"] == "application/CCP4-mtz-observed"
    ]
    assert names(is_mtz) == ["F_SIGF"]


def test_none_has_no_objects():
    assert cdata.find_all_files(None) == []


@pytest.mark.parametrize("call", [cdata.find_all_files, cdata.extract_parameter_name, cdata.get_merged_metadata])
def test_an_object_that_is_not_cdata_is_an_error(call):
    with pytest.raises(BadInputError, match="Expected a CData object of CCP4i2, not a dict"):
        call({})


@pytest.mark.parametrize("call", [cdata.extract_file_metadata, cdata.get_file_full_path, cdata.check_file_attributes])
def test_an_object_that_is_not_a_file_is_an_error(call, script):
    with pytest.raises(BadInputError, match="Expected a CDataFile object of CCP4i2, not a CContainer"):
        call(script.container)


def test_metadata_have_no_entry_for_an_attribute_that_is_not_set(script):
    file = script.container.outputData.FREEROUT
    found = cdata.extract_file_metadata(file)
    assert found["name"] == "FREEROUT"
    assert found["file_type"] == "application/CCP4-mtz-freerflag"
    assert not {"content_flag", "sub_type", "annotation"} & found.keys()
    file.contentFlag.set(1)
    file.annotation.set("free")
    assert cdata.extract_file_metadata(file) | {"content_flag": 1, "annotation": "free"} == cdata.extract_file_metadata(
        file
    )


def test_values_of_an_indicator_are_those_that_were_assigned():
    script = make_script("coordinate_selector")
    (indicator,) = cdata.find_objects_by_type(script.container.outputData, "CPerformanceIndicator")
    assert cdata.extract_kpi_values(indicator) == {}
    indicator.nAtoms.set(7)
    assert cdata.extract_kpi_values(indicator) == {"nAtoms": 7}


def test_the_path_of_a_file_object_is_none_until_it_is_set(script):
    file = script.container.inputData.F_SIGF
    assert cdata.get_file_full_path(file) is None
    file.setFullPath(str(FSIGF))
    assert cdata.get_file_full_path(file) == FSIGF


def test_missing_attributes_of_a_file_object_are_reported(script):
    file = script.container.inputData.F_SIGF
    has = cdata.check_file_attributes(file)
    assert (has["is_set"], has["exists"], has["content_flag"], has["database_id"]) == (False,) * 4
    messages = [problem.message for problem in cdata.validate_file_metadata_completeness(file)]
    assert messages[0] == "no path is set."
    file.setFullPath(str(FSIGF))
    file.setContentFlag()
    has = cdata.check_file_attributes(file)
    assert (has["is_set"], has["exists"], has["content_flag"], has["database_id"]) == (True, True, True, False)
    assert cdata.validate_file_metadata_completeness(file) == []
    file.setFullPath("/not/there.mtz")
    (problem,) = cdata.validate_file_metadata_completeness(file)
    assert (problem.parameter, problem.path) == ("F_SIGF", Path("/not/there.mtz"))


def test_metadata_of_an_object_take_precedence_over_those_of_its_classes(script):
    file = script.container.inputData.F_SIGF
    assert cdata.get_merged_metadata(file, "qualifiers")["allowUndefined"] is False
    file.set_qualifier("guiLabel", "mine")
    assert cdata.get_merged_metadata(file)["guiLabel"] == "mine"
    assert cdata.get_merged_metadata(script.container.inputData, "attributes") == {
        "F_SIGF": "CObsDataFile",
        "FREERFLAG": "CFreeRDataFile",
    }
    with pytest.raises(BadInputError, match="did you mean qualifiers"):
        cdata.get_merged_metadata(file, "qualifier")


def test_objects_that_refer_to_each_other_are_visited_once(script, monkeypatch):
    top, visits = script.container, []
    original = containers.children

    def children(obj):
        visits.append(id(obj))
        found = original(obj)
        # inputData contains its own container.
        return [*found, ("LOOP", top)] if obj is top.inputData else found

    monkeypatch.setattr(containers, "children", children)
    assert names(cdata.find_all_files(top))[:2] == ["F_SIGF", "FREERFLAG"]
    assert len(visits) == len(set(visits))


def test_each_object_is_visited_once_however_many_there_are(files, monkeypatch):
    visits, original = [], containers.children

    def children(obj):
        visits.append(id(obj))
        return original(obj)

    monkeypatch.setattr(containers, "children", children)
    cdata.find_all_files(files)
    of_two = len(visits)
    for _ in range(98):
        containers.new_item(files)
    visits.clear()
    assert len(cdata.find_all_files(files)) == 100
    assert len(visits) == len(set(visits)) == 1 + 50 * (of_two - 1)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_container_is_shown_as_plain_text_or_as_a_tree(script):
    script.container.inputData.F_SIGF.setFullPath(str(FSIGF))
    plain, tree = io.StringIO(), Terminal()
    cdata.debug_print_container_structure(script.container.inputData, file=plain)
    cdata.debug_print_container_structure(script.container.inputData, file=tree)
    assert plain.getvalue().splitlines() == [
        "inputData CContainer",
        f"  F_SIGF CObsDataFile {FSIGF}",
        "  FREERFLAG CFreeRDataFile not set",
    ]
    assert "── FREERFLAG CFreeRDataFile not set" in tree.getvalue()
    short = io.StringIO()
    cdata.debug_print_container_structure(script.container, file=short, max_depth=0)
    assert short.getvalue() == "container CContainer\n"
