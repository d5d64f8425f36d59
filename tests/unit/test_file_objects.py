"""Input and output files read from a container."""

import pytest
from unit.samples import make_job

from ccp4hooks import input_files
from ccp4hooks.i2 import file_objects
from ccp4hooks.store import Origin

CORE = Origin(plugin="core")


@pytest.fixture
def gleaned(build, data, project):
    obj = build("freerflag").container.outputData.FREEROUT
    obj.setFullPath(str(data["freer"]))
    return file_objects.output_file(make_job(project.directory), "outputData.FREEROUT", obj, data["freer"], CORE)


def test_the_input_files_that_are_set_come_in_the_order_of_declaration(build, data):
    script = build("freerflag")
    assert input_files(script) == []
    script.container.inputData.FREERFLAG.setFullPath(str(data["freer"]))
    script.container.inputData.F_SIGF.setFullPath("/not/there.mtz")
    files = input_files(script)
    assert [file.parameter for file in files] == ["inputData.F_SIGF", "inputData.FREERFLAG"]
    assert [str(file.path) for file in files] == ["/not/there.mtz", str(data["freer"])]


def test_an_attribute_of_a_file_that_is_not_set_is_none_and_never_zero(build):
    script = build("freerflag")
    script.container.inputData.F_SIGF.setFullPath("/not/there.mtz")
    (file,) = input_files(script)
    assert (file.content_flag, file.annotation) == (None, "")
    assert (file.class_name, file.file_type) == ("CObsDataFile", "application/CCP4-mtz-observed")
    assert (file.is_directory, file.in_place) == (False, False)


def test_a_content_flag_that_a_task_did_not_set_is_read_from_the_file(gleaned, data):
    assert gleaned.content_flag == 1
    assert gleaned.size_bytes == data["freer"].stat().st_size
    assert gleaned.origins["content_flag"] == CORE


def test_an_output_has_the_annotation_of_its_def_file_if_the_task_sets_none(build, data, project):
    obj = build("servalcat").container.outputData.MAP_FO
    job = make_job(project.directory)
    obj.setFullPath(str(data["freer"]))
    made = file_objects.output_file(job, "outputData.MAP_FO", obj, data["freer"], CORE)
    assert (made.annotation, made.origins["annotation"]) == ("Density map (in real space)", CORE)
    obj.annotation.set("of the task")
    assert file_objects.output_file(job, "outputData.MAP_FO", obj, data["freer"], CORE).annotation == "of the task"


def test_an_output_has_the_same_identity_whenever_it_is_read(gleaned, project):
    assert gleaned.uuid == make_job(project.directory).file_uuid("out", "outputData.FREEROUT")
