"""A plugin brings data classes that any task may name, with types of files that CCP4i2 then knows."""

import importlib
import sys
from pathlib import Path

import pytest

import ccp4hooks_file_import
import ccp4hooks_kpi
from ccp4hooks import BadInputError, DataType, RefusedError, TaskDescription, hookimpl
from ccp4hooks.cdata import known_file_types, read_fault, type_label
from ccp4hooks.i2 import versions
from ccp4hooks_validation import ValidationPlugin

CLASSES = """
from ccp4i2.core.base_object.cdata_file import CDataFile
from ccp4i2.core.base_object.class_metadata import cdata_class
from ccp4i2.core.CCP4ModelData import CPdbDataFile
from ccp4i2.core.CCP4PerformanceData import CAtomCountPerformance


@cdata_class(qualifiers={"mimeTypeName": "application/x-site-spots", "fileExtensions": ["spots"], "fileLabel": "spots"})
class CSpotsFile(CDataFile):
    CONTENT_FLAG_INDEXED = 2
    SUBTYPE_STRONG = 3


class CStrongSpotsFile(CSpotsFile):
    pass


@cdata_class(qualifiers={"mimeTypeName": "application/x-site-spots"})
class COtherSpotsFile(CDataFile):
    pass


class CSpotCount(CAtomCountPerformance):
    pass


@cdata_class(qualifiers={"mimeTypeName": "application/x-site-misspelt", "fileExtension": ["spots"]})
class CMisspeltFile(CDataFile):
    pass


@cdata_class(qualifiers={"mimeTypeName": "application/CCP4-mtz-observed", "fileExtensions": ["spots"]})
class CBorrowedTypeFile(CDataFile):
    pass


@cdata_class(qualifiers={"mimeTypeName": "text/plain", "fileExtensions": ["log"]})
class CLogFile(CDataFile):
    pass


class CSiteModelFile(CPdbDataFile):
    pass


class CPdbDataFile(CPdbDataFile):
    pass


NOT_ONE = 7
"""

SCRIPT = """
import shutil

from ccp4i2.core.CCP4PluginScript import CPluginScript


class spots(CPluginScript):
    TASKNAME = "spots"
    sets_flag = True

    def process(self):
        inputs, outputs = self.container.inputData, self.container.outputData
        for target in (outputs.SPOTS, outputs.NOTES):
            target.setFullPath(str(self.workDirectory / f"{target.objectName()}.spots"))
            shutil.copyfile(str(inputs.SPOTSIN), str(target))
        if self.sets_flag:
            outputs.SPOTS.contentFlag.set(outputs.SPOTS.CONTENT_FLAG_INDEXED)
        outputs.SPOTS.subType.set(outputs.SPOTS.SUBTYPE_STRONG)
        outputs.COUNT.nAtoms.set(7)
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
"""

DEF_FILE = """<?xml version="1.0"?>
<ccp4i2>
  <ccp4i2_body id="spots">
    <container id="inputData">
      <content id="SPOTSIN"><className>CSpotsFile</className></content>
    </container>
    <container id="outputData">
      <content id="SPOTS"><className>CStrongSpotsFile</className></content>
      <content id="NOTES">
        <className>CDataFile</className>
        <qualifiers><mimeTypeName>application/x-site-notes</mimeTypeName></qualifiers>
      </content>
      <content id="COUNT"><className>CSpotCount</className></content>
    </container>
    <container id="controlParameters"/>
  </ccp4i2_body>
</ccp4i2>
"""

NAMES = ("CSpotsFile", "CStrongSpotsFile", "CSpotCount")


def read_spots(path):
    text = path.read_text(encoding="utf-8")
    if not text.startswith("spots"):
        raise ValueError(f"{path} begins with {text[:5]!r}, not with 'spots'")


class Detector:
    """Provides the classes of files, for tasks of any plugin."""

    names = NAMES

    @hookimpl
    def register_types(self):
        for name in self.names:
            yield DataType(data_class=f"site_types:{name}", read=read_spots if name.endswith("File") else None)


class Spots:
    """Provides the task."""

    directory = None

    @hookimpl
    def register_tasks(self):
        yield TaskDescription(
            name="spots",
            title="Spots",
            script="site_script:spots",
            def_file=self.directory / "spots.def.xml",
            needs_ccp4=False,
        )


@pytest.fixture(autouse=True)
def modules(tmp_path, monkeypatch):
    """Write the modules to a directory on the path, and forget them afterwards."""
    (tmp_path / "spots.def.xml").write_text(DEF_FILE)
    (tmp_path / "site_types.py").write_text(CLASSES)
    (tmp_path / "site_script.py").write_text(SCRIPT)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(Spots, "directory", tmp_path)
    importlib.invalidate_caches()
    yield
    for name in ("site_types", "site_script"):
        sys.modules.pop(name, None)


@pytest.fixture
def spots(tmp_path):
    path = tmp_path / "found.spots"
    path.write_text("spots 1 2 3\n", encoding="utf-8")
    return path


def run(run_task, path, **options):
    core = (ccp4hooks_file_import, ccp4hooks_kpi, ValidationPlugin)
    return run_task(Detector(), Spots(), *core, task="spots", values={"SPOTSIN": path}, **options)


def test_files_and_values_of_the_classes_are_recorded_without_a_warning(run_task, spots):
    outcome = run(run_task, spots)
    assert outcome.status.name == "FINISHED"
    files = {file.parameter: file for file in outcome.files}
    found = files["outputData.SPOTS"]
    assert (found.class_name, found.file_type) == ("CStrongSpotsFile", "application/x-site-spots")
    assert (found.content_flag, found.sub_type) == (2, 3)
    assert [one.file_type for one in outcome.imported] == ["application/x-site-spots"]
    assert [(kpi.key, kpi.value) for kpi in outcome.kpis] == [("nAtoms", 7)]
    # What the def file says of an object comes before CCP4i2's table, which says Unknown of its class.
    assert files["outputData.NOTES"].file_type == "application/x-site-notes"
    warned = [problem.message for problem in outcome.problems]
    assert len(warned) == 1, warned
    assert "the file type 'application/x-site-notes' (class CDataFile), which CCP4i2 does not know" in warned[0]


def test_a_file_that_the_reader_does_not_read_is_refused_with_its_reason(run_task, spots):
    spots.write_text("stops 1 2 3\n", encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        run(run_task, spots)
    fault = "cannot be read as spots: begins with 'stops', not with 'spots'"
    assert fault in str(refused.value)


def test_a_fault_of_the_reader_is_named_with_its_plugin(run_task, spots, monkeypatch):
    def read(path):
        return {}["first line"]

    monkeypatch.setattr(sys.modules[__name__], "read_spots", read)
    with pytest.raises(RefusedError) as refused:
        run(run_task, spots)
    told = "its reader failed with KeyError: 'first line', which may be a fault of the plugin 'Detector'"
    assert told in str(refused.value)


def test_a_class_reads_the_content_flag_of_a_file_where_a_task_does_not_set_it(run_task, spots, monkeypatch):
    def flag(obj):
        return int(Path(obj.getFullPath()).read_text(encoding="utf-8").split()[-1])

    monkeypatch.setattr("site_types.CSpotsFile._introspect_content_flag", flag, raising=False)
    monkeypatch.setattr("site_script.spots.sets_flag", False)
    spots.write_text("spots 7", encoding="utf-8")
    outcome = run(run_task, spots)
    assert [(one.parameter, one.content_flag) for one in outcome.files[:1]] == [("outputData.SPOTS", 7)]
    assert [one.content_flag for one in outcome.inputs] == [7]
    spots.write_text("spots many", encoding="utf-8")
    outcome = run(run_task, spots)
    assert (outcome.status.name, outcome.files[0].content_flag) == ("FINISHED", None)
    problem = next(one for one in outcome.problems if one.parameter == "outputData.SPOTS")
    assert problem.message.startswith("CStrongSpotsFile cannot read its content flag: ValueError: invalid literal")


def test_hook_register_types(hook_session):
    found = hook_session(Detector(), Spots()).describe("spots")
    classes = {one.path: (one.class_name, one.is_file) for one in found.parameters}
    assert classes["SPOTSIN"] == ("CSpotsFile", True)
    assert classes["SPOTS"] == ("CStrongSpotsFile", True)


def test_ccp4i2_knows_the_type_of_file(hook_session):
    from ccp4i2.db import ccp4i2_static_data as static

    hook_session(Detector(), Spots()).tasks()
    hook_session(Detector(), Spots()).tasks()
    assert static.FILETYPES_TEXT.count("application/x-site-spots") == 1
    assert static.FILETYPES_CLASS[static.FILETYPES_TEXT.index("application/x-site-spots")] == "SpotsFile"
    assert [title for _, name, title in static.FILETYPELIST if name == "application/x-site-spots"] == ["SpotsFile"]
    assert "application/x-site-spots" in known_file_types()
    assert versions.data_classes()["CSpotsFile"].__module__ == "site_types"


def test_a_type_has_the_label_of_its_class_or_the_title_of_ccp4i2(hook_session):
    hook_session(Detector()).tasks()
    assert type_label("application/x-site-spots") == "spots"
    assert type_label("chemical/x-pdb") == "Model coordinates"
    hook_session().tasks()
    assert type_label("application/x-site-spots") == "application/x-site-spots"


def test_another_session_without_the_plugin_does_not_know_the_classes(hook_session, tmp_path):
    wrong = tmp_path / "wrong.spots"
    wrong.write_text("stops", encoding="utf-8")
    assert hook_session(Detector(), Spots()).tasks_left_out() == ()
    assert "begins with 'stops'" in read_fault(wrong, "application/x-site-spots")
    assert read_fault(wrong, "application/x-other") == ""
    left_out = hook_session(Spots()).tasks_left_out()
    assert {one.name for one in left_out} == {"spots"}
    assert any("CCP4i2 has no class 'CSpotsFile'" in one.reason for one in left_out)
    assert read_fault(wrong, "application/x-site-spots") == ""


def test_two_plugins_with_the_same_class_name_are_named_and_neither_is_used(hook_session, tmp_path):
    (tmp_path / "more_types.py").write_text(CLASSES)

    class Rival:
        @hookimpl
        def register_types(self):
            yield DataType(data_class="more_types:CSpotCount")

    left_out = hook_session(Detector(), Rival()).tasks_left_out()
    sys.modules.pop("more_types")
    assert [(one.name, one.plugins) for one in left_out] == [("CSpotCount", ("Detector", "Rival"))]
    assert left_out[0].reason == (
        "plugins offer different data classes 'CSpotCount': site_types.CSpotCount of plugin 'Detector' and "
        "more_types.CSpotCount of plugin 'Rival'; none of them is used. Disable all but one of the plugins: "
        "`-p no:Detector` or `-p no:Rival`."
    )
    assert "CSpotCount" not in versions.data_classes()
    assert "CSpotsFile" in versions.data_classes()


def test_two_plugins_with_the_same_new_mime_type_are_named_and_neither_is_used(hook_session):
    class Rival:
        @hookimpl
        def register_types(self):
            yield DataType(data_class="site_types:COtherSpotsFile")
            yield DataType(data_class="site_types:CSpotCount")

    left_out = hook_session(Detector(), Rival()).tasks_left_out()
    assert {one.name for one in left_out} == {"CSpotsFile", "CStrongSpotsFile", "COtherSpotsFile"}
    assert {one.plugins for one in left_out} == {("Detector", "Rival")}
    assert "unrelated classes of files of the MIME type 'application/x-site-spots'" in left_out[0].reason
    # Both may offer the same class.
    assert "CSpotCount" in versions.data_classes()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("site_types:CPdbDataFile", "site_types has a class CPdbDataFile, but def files already know the class"),
        ("site_types:CMissing", "site_types:CMissing cannot be imported: KeyError: 'CMissing'"),
        ("no_such_module:C", "no_such_module:C cannot be imported: ModuleNotFoundError: No module named"),
        (
            "site_types:CMisspeltFile",
            "CMisspeltFile has an unknown qualifier 'fileExtension'. Did you mean 'fileExtensions'?",
        ),
        (
            "site_types:CBorrowedTypeFile",
            "but is not derived from CCP4i2's class of this type. Derive it from CObsDataFile, or give it a mime",
        ),
        ("site_types:NOT_ONE", "7 is no data class (CData). Derive it from one, such as CDataFile."),
        (dict, "<class 'dict'> is no data class (CData)."),
        ("site_types", "its data_class must be a class or text such as 'package.module:Class', not 'site_types'."),
        (None, "its data_class must be a class or text such as 'package.module:Class', not None."),
    ],
)
def test_a_class_that_cannot_be_used_is_left_out_with_the_reason(hook_session, given, reason):
    class Faulty:
        @hookimpl
        def register_types(self):
            yield DataType(data_class=given)
            yield DataType(data_class="site_types:CSpotCount")

    session = hook_session(Faulty())
    (one,) = session.tasks_left_out()
    assert one.plugins == ("Faulty",)
    assert reason in one.reason
    assert one.reason.startswith("the data class '")
    assert "CSpotCount" in versions.data_classes()


def test_a_task_that_names_a_class_that_was_left_out_gives_the_reason_of_the_class(hook_session, monkeypatch):
    monkeypatch.setattr("site_types.CSpotsFile", type("CSpotsFile", (int,), {}))
    session = hook_session(Detector(), Spots())
    of_class, of_task = session.tasks_left_out()
    with pytest.raises(BadInputError, match="The task 'spots' cannot be used:") as caught:
        session.describe("spots")
    assert of_class.reason in str(caught.value)
    # What cannot be used is told once, when the session begins.
    assert [one.message for one in session.problems] == [of_class.reason]
    assert of_class.reason.startswith("the data class 'CSpotsFile' of plugin 'Detector' was left out: ")
    assert of_task.name == "spots"
    assert of_task.reason.endswith(f'<content id="SPOTSIN"> has a class that cannot be used: {of_class.reason}')
    assert [one.name for one in hook_session(Spots()).tasks_left_out()] == ["spots"] * 3


def test_a_class_may_have_the_type_of_its_base_in_ccp4i2_or_that_of_any_text(hook_session):
    class Provider:
        @hookimpl
        def register_types(self):
            yield DataType(data_class="site_types:CSiteModelFile")
            yield DataType(data_class="site_types:CLogFile")

    assert hook_session(Provider()).tasks_left_out() == ()


def test_what_is_no_data_type_and_a_reader_that_is_no_function_are_told(hook_session):
    class Faulty:
        @hookimpl
        def register_types(self):
            yield DataType(data_class="site_types:CSpotCount", read="gemmi.read")

    (one,) = hook_session(Faulty()).tasks_left_out()
    assert "its read must be a function that takes a path, not 'gemmi.read'." in one.reason
