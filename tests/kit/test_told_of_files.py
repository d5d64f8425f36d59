"""What a request says of a file, such as its content flag, is a part of the request: recorded, compared, repeated."""

import importlib
import sys

import pytest

import ccp4hooks_file_import
import ccp4hooks_kpi
from ccp4hooks import BadInputError, DataType, TaskDescription, hookimpl, make_script
from ccp4hooks.testing import sample

MODULE = """
from ccp4i2.core.base_object.cdata_file import CDataFile
from ccp4i2.core.base_object.class_metadata import cdata_class
from ccp4i2.core.CCP4PluginScript import CPluginScript


@cdata_class(qualifiers={"mimeTypeName": "application/x-told-frames", "fileExtensions": ["frames"]})
class CToldFramesFile(CDataFile):
    CONTENT_FLAG_RAW = 1
    CONTENT_FLAG_INDEXED = 2
    SUBTYPE_WEAK = 1
    SUBTYPE_STRONG = 3


class Told(CPluginScript):
    TASKNAME = "told"

    def process(self):
        given = self.container.inputData.IN
        path = self.workDirectory / "OUT.frames"
        path.write_text(f"{given.contentFlag.value} {given.subType.value} {given.annotation.value}")
        self.container.outputData.OUT.setFullPath(str(path))
        self.container.outputData.OUT.contentFlag.set(1)
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
"""

FILE = "<className>CToldFramesFile</className>"
DEF_FILE = f"""<ccp4i2><ccp4i2_body id="told">
<container id="inputData"><content id="IN">{FILE}</content>
<content id="LIST"><className>CList</className><subItem>{FILE}</subItem></content></container>
<container id="outputData"><content id="OUT">{FILE}</content></container>
<container id="controlParameters"/></ccp4i2_body></ccp4i2>"""


class Frames:
    directory = None

    @hookimpl
    def register_types(self):
        yield DataType(data_class="told_frames:CToldFramesFile")

    @hookimpl
    def register_tasks(self):
        file = self.directory / "told.def.xml"
        yield TaskDescription(name="told", title="Told", script="told_frames:Told", def_file=file, needs_ccp4=False)


@pytest.fixture
def session(tmp_path, monkeypatch, hook_session, memory_database):
    (tmp_path / "told_frames.py").write_text(MODULE)
    (tmp_path / "told.def.xml").write_text(DEF_FILE)
    (tmp_path / "a.frames").write_text("frames")
    (tmp_path / "b.frames").write_text("other frames")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(Frames, "directory", tmp_path)
    importlib.invalidate_caches()
    yield hook_session(Frames(), ccp4hooks_file_import, ccp4hooks_kpi, memory_database)
    sys.modules.pop("told_frames", None)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.frames"


def done(result):
    """Return what the script has seen of its file."""
    (file,) = result.outcome.files
    return file.path.read_text()


def parameters(outcome):
    return {one.name: one.value for one in outcome.parameters if not one.is_file}


TOLD = {"IN.contentFlag": 2, "IN.subType": 3, "IN.annotation": "the best"}


def test_it_is_recorded_and_a_job_that_is_run_again_has_it(session, path):
    first = session.run("told", {"IN": path, **TOLD}, project="p")
    assert done(first) == "2 3 the best"
    assert parameters(first.outcome) == TOLD
    again = session.rerun("p", "1")
    assert done(again) == "2 3 the best"
    assert parameters(again.outcome) == TOLD
    assert parameters(session.run("told", {"IN": path}, project="p").outcome) == {}


def test_it_is_not_said_of_another_file(session, path):
    session.run("told", {"IN": path, **TOLD}, project="p")
    other = session.rerun("p", "1", {"IN": path.with_name("b.frames")})
    assert "best" not in done(other)
    assert parameters(other.outcome) == {}
    flagged = session.rerun("p", "1", {"IN": path.with_name("b.frames"), "IN.contentFlag": 1})
    assert parameters(flagged.outcome) == {"IN.contentFlag": 1}
    listed = session.run("told", [("LIST", path), ("LIST[0].contentFlag", "2")], project="p").outcome
    assert parameters(listed) == {"LIST[0].contentFlag": 2}
    assert parameters(session.rerun("p", listed.job.number).outcome) == {"LIST[0].contentFlag": 2}


def test_another_content_flag_is_another_request(session, path):
    one = session.run("told", {"IN": path, "IN.contentFlag": 1}, project="p", if_changed=True)
    two = session.run("told", {"IN": path, "IN.contentFlag": 2}, project="p", if_changed=True)
    assert [done(one)[0], done(two)[0]] == ["1", "2"]
    assert not two.unchanged
    same = session.run("told", {"IN": path, "IN.contentFlag": 2, "IN.annotation": "x"}, project="p", if_changed=True)
    assert (same.unchanged, same.outcome.job.number) == (True, "2")
    found = session.compare("p", "1", "2")
    rows = [(row.name, [one.value for one in row.values]) for row in found.parameters]
    assert rows == [("IN.contentFlag", [1, 2])]


@pytest.mark.parametrize("suffix", [".toml", ".json", ".xml"])
def test_saved_parameters_have_it(session, path, tmp_path, suffix):
    session.run("told", {"IN": path, "IN.contentFlag": 2}, project="p")
    saved = tmp_path / f"saved{suffix}"
    session.write_parameters(session.saved_parameters("p", "1"), saved)
    again = session.run("told", project="p", saved=session.read_parameters(saved))
    assert done(again)[0] == "2"
    assert parameters(again.outcome) == {"IN.contentFlag": 2}


def test_the_input_of_an_earlier_job_is_what_that_job_was_told(session, path):
    for flag in (1, 2):
        session.run("told", {"IN": path, "IN.contentFlag": flag}, project="p")
    found = [done(session.run("told", {"IN": f"@{job}.IN"}, project="p"))[0] for job in (1, 2)]
    assert found == ["1", "2"]


def test_a_job_of_a_script_of_ones_own_has_it(session, path):
    with session.track(script := make_script("told"), project="p"):
        script.container.inputData.IN.setFullPath(str(path))
        script.container.inputData.IN.contentFlag.set(2)
        script.process()
    (outcome,) = session.outcomes("p")
    assert parameters(outcome) == {"IN.contentFlag": 2}


@pytest.mark.parametrize(("given", "number"), [("INDEXED", 2), ("indexed", 2), ("1", 1)])
def test_a_code_is_given_by_its_name_or_number(session, path, given, number):
    outcome = session.run("told", {"IN": path, "IN.contentFlag": given}, project="p").outcome
    assert parameters(outcome) == {"IN.contentFlag": number}


@pytest.mark.parametrize(
    ("name", "given", "known"),
    [
        ("IN.contentFlag", "7", "1 (RAW), 2 (INDEXED)"),
        ("IN.contentFlag", "STRONG", "1 (RAW), 2 (INDEXED)"),
        ("IN.subType", "2", "1 (WEAK), 3 (STRONG)"),
    ],
)
def test_a_code_that_the_class_does_not_have_is_refused(session, path, name, given, known):
    with pytest.raises(BadInputError) as refused:
        session.run("told", {"IN": path, name: given}, project="p")
    assert str(refused.value) == f"inputData.{name}={given}: the value must be one of {known}."


def test_of_ccp4i2s_own_class_only_what_is_given_is_recorded(session):
    first = session.run("coordinate_selector", {"XYZIN": sample("pdb")}, project="p").outcome
    assert not any("contentFlag" in one.name for one in first.parameters)
    second = session.run("coordinate_selector", {"XYZIN": sample("pdb"), "XYZIN.subType": "1"}, project="p").outcome
    assert {one.name: one.value for one in second.parameters if not one.is_file} == {"XYZIN.subType": 1}
