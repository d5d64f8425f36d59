import pytest
from unit.samples import make_job

from ccp4hooks import FileMetadata, Kpi, input_files, kpi_key
from ccp4hooks.cdata import extract_kpi_values
from ccp4hooks.i2 import file_objects, zero_values
from ccp4hooks.plugins.dispatcher import Answer
from ccp4hooks.store import Origin

CORE = Origin(plugin="core")


def answer(plugin, **fields):
    return Answer(origin=Origin(plugin=plugin), value=FileMetadata(**fields))


@pytest.fixture
def gleaned(build, data, project):
    obj = build("freerflag").container.outputData.FREEROUT
    obj.setFullPath(str(data["freer"]))
    return file_objects.output_file(make_job(project.directory), "outputData.FREEROUT", obj, data["freer"], CORE)


def test_input_files_are_those_that_are_set_in_the_order_of_declaration(build, data):
    script = build("freerflag")
    assert input_files(script) == []
    script.container.inputData.FREERFLAG.setFullPath(str(data["freer"]))
    script.container.inputData.F_SIGF.setFullPath("/not/there.mtz")
    files = input_files(script)
    assert [file.parameter for file in files] == ["inputData.F_SIGF", "inputData.FREERFLAG"]
    assert [str(file.path) for file in files] == ["/not/there.mtz", str(data["freer"])]


def test_what_is_not_set_of_a_file_is_none_and_never_zero(build):
    script = build("freerflag")
    script.container.inputData.F_SIGF.setFullPath("/not/there.mtz")
    (file,) = input_files(script)
    assert (file.content_flag, file.annotation) == (None, "")
    assert (file.class_name, file.file_type) == ("CObsDataFile", "application/CCP4-mtz-observed")
    assert (file.is_directory, file.in_place) == (False, False)


def test_an_open_content_flag_of_an_output_is_read_off_the_file(gleaned, data):
    assert gleaned.content_flag == 1
    assert gleaned.size_bytes == data["freer"].stat().st_size
    assert gleaned.origins["content_flag"] == CORE


def test_an_output_has_the_same_identity_at_every_reading(gleaned, project):
    assert gleaned.uuid == make_job(project.directory).file_uuid("out", "outputData.FREEROUT")


def test_a_later_answer_replaces_an_earlier_one_and_every_field_keeps_its_origin(gleaned):
    merged = file_objects.merge(
        gleaned,
        [
            answer("a", annotation="from a", sub_type=2, extra={"resolution": 2.5, "cell": "P1"}),
            answer("b", annotation="from b", extra={"resolution": 1.5}),
        ],
    )
    assert (merged.annotation, merged.sub_type, merged.content_flag) == ("from b", 2, 1)
    assert merged.extra == {"resolution": 1.5, "cell": "P1"}
    givers = {name: origin.plugin for name, origin in merged.origins.items()}
    assert (givers["annotation"], givers["sub_type"], givers["resolution"]) == ("b", "a", "b")
    assert givers["file"] == "core"


def test_no_answer_changes_nothing(gleaned):
    assert file_objects.merge(gleaned, [answer("a")]) == gleaned


def test_an_empty_annotation_and_a_flag_of_zero_are_answers(gleaned):
    merged = file_objects.merge(
        gleaned, [answer("a", annotation="x", sub_type=3), answer("b", annotation="", sub_type=0)]
    )
    assert (merged.annotation, merged.sub_type) == ("", 0)


def test_performance_values_are_those_that_were_assigned_as_declared(build):
    script = build("coordinate_selector")
    assert file_objects.performance_values(script) == []
    indicator = script.container.outputData.NATOMS
    zero_values.notice_zeros(indicator)
    indicator.nResidues.set(0)
    indicator.nAtoms.set(12)
    indicator.value.set(0.0)
    indicator.annotation.set("")
    assert extract_kpi_values(indicator) == {"value": 0.0, "nAtoms": 12, "nResidues": 0}
    assert {kpi.indicator for kpi in file_objects.performance_values(script)} == {"outputData.NATOMS"}


def test_values_of_one_name_in_two_indicators_are_told_apart(build):
    script = build("coordinate_selector")
    first = script.container.outputData.NATOMS
    second = type(first)(name="SECOND", parent=script.container.outputData)
    script.container.outputData.SECOND = second
    first.nAtoms.set(1)
    script.container.outputData.SECOND.nAtoms.set(2)
    found = {kpi.key: (kpi.value, kpi.indicator) for kpi in file_objects.performance_values(script)}
    assert found == {"nAtoms": (1, "outputData.NATOMS"), "SECOND.nAtoms": (2, "outputData.SECOND")}


@pytest.mark.parametrize(
    ("kpi", "why"),
    [
        (Kpi(key="", value=1), "0 characters"),
        (Kpi(key="k" * 51, value=1), "51 characters"),
        (Kpi(key="taken", value=1), "taken by an earlier value"),
        (Kpi(key="k", value="t" * 256), "256 characters"),
        (Kpi(key="k", value=float("nan")), "nan is not a finite number"),
        (Kpi(key="k", value=float("-inf")), "-inf is not a finite number"),
        (Kpi(key="k", value=None), "NoneType"),
        (Kpi(key=5, value=1), "key"),
    ],
)
def test_a_value_that_cannot_be_recorded_is_told_with_the_reason(kpi, why):
    assert why in kpi.fault({"taken"})


@pytest.mark.parametrize("value", [0, 0.0, False, "", "t" * 255, -1e308, 10**30])
def test_everything_else_can_be_recorded(value):
    assert Kpi(key="k" * 50, value=value).fault({"taken"}) == ""


def test_a_whole_number_too_large_for_any_column_is_no_traceback():
    assert isinstance(Kpi(key="k", value=10**400).fault(()), str)


def test_the_keys_of_files_values_are_short_enough_and_told_apart():
    long = "outputData.A_LIST_OF_FILES_WITH_A_VERY_LONG_NAME_INDEED"
    keys = {kpi_key(f"{long}[{index}]", "resolutionHigh") for index in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {50}
    assert kpi_key("outputData.XYZOUT", "meanB") == "XYZOUT.meanB"
