from pathlib import Path

import pytest

from ccp4hooks import UnknownTaskError
from ccp4hooks.i2 import scripts
from ccp4hooks.model.tasks import ParameterKind
from ccp4hooks.runtime import stdio
from ccp4hooks.tasks import catalog


@pytest.fixture(scope="module")
def freerflag():
    with stdio.output_dropped():
        contents = catalog.describe("freerflag", {})
    return {parameter.path: parameter for parameter in contents.parameters}


def test_all_tasks_are_listed_by_name_with_their_plugin():
    found = catalog.tasks({"freerflag": "site"})
    names = [task.name for task in found]
    assert names == sorted(names, key=str.casefold)
    assert len(names) > 150
    plugins = {task.name: task.plugin for task in found}
    assert (plugins["freerflag"], plugins["refmac"]) == ("site", "ccp4i2")


def test_tasks_that_run_without_ccp4_are_marked():
    without = {task.name for task in catalog.tasks({}) if not task.needs_ccp4}
    assert {"freerflag", "coordinate_selector", "splitMtz"} <= without
    # Its program comes with CCP4 only, while `refmacat` comes with servalcat, too.
    assert "pointless" not in without


def test_titles_and_descriptions_of_tasks_have_no_markup():
    for task in catalog.tasks({}):
        for text in (task.title, task.description):
            assert "<br" not in text
            assert "<i>" not in text
            assert "\n" not in text


def test_parameters_are_inputs_outputs_or_control_parameters(freerflag):
    kinds = {name: freerflag[name].kind for name in ("F_SIGF", "FREEROUT", "FRAC")}
    assert kinds == {"F_SIGF": ParameterKind.INPUT, "FREEROUT": ParameterKind.OUTPUT, "FRAC": ParameterKind.CONTROL}


def test_a_file_is_described_with_type_and_extensions(freerflag):
    file = freerflag["F_SIGF"]
    assert (file.is_file, file.required, file.full_path) == (True, True, "inputData.F_SIGF")
    assert (file.file_type, file.extensions) == ("application/CCP4-mtz-observed", ("mtz",))
    assert freerflag["FREERFLAG"].required is False


def test_the_description_of_a_task_that_writes_files_leaves_none_behind(tmp_path, monkeypatch):
    written = []

    class Writer(scripts.script_class("freerflag")):
        def __init__(self, workDirectory, **options):  # noqa: N803 - CCP4i2's name
            super().__init__(workDirectory=workDirectory, **options)
            written.append(Path(workDirectory) / "program.xml")
            written[0].write_text("<XML/>")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scripts, "script_class", lambda _: Writer)
    with stdio.output_dropped():
        catalog.describe("freerflag", {})
    assert (list(tmp_path.iterdir()), [path.exists() for path in written]) == ([], [False])


def test_a_parameter_is_described_with_its_limits_and_allowed_values(freerflag):
    assert (freerflag["FRAC"].minimum, freerflag["FRAC"].maximum) == (0.0, 1.0)
    assert freerflag["GEN_MODE"].allowed == ("GEN_NEW", "COMPLETE")


def test_a_file_has_no_parameters_of_its_own(freerflag):
    assert not any(name.startswith("F_SIGF.") for name in freerflag)


def test_the_error_about_an_unknown_task_gives_the_nearest_names():
    with pytest.raises(UnknownTaskError, match="did you mean freerflag"):
        catalog.describe("freerflga", {})
