"""A parameter of a plugin's own class of files takes only files with the content and the sub-type that it requires."""

import importlib
import sys

import pytest

import ccp4hooks_file_import
from ccp4hooks import BadInputError, DataType, TaskDescription, hookimpl

MODULE = """
from ccp4i2.core.base_object.cdata_file import CDataFile
from ccp4i2.core.base_object.class_metadata import cdata_class
from ccp4i2.core.CCP4PluginScript import CPluginScript


@cdata_class(qualifiers={"mimeTypeName": "application/x-site-frames", "fileExtensions": ["frames"]})
class CFramesFile(CDataFile):
    CONTENT_FLAG_RAW = 1
    CONTENT_FLAG_INDEXED = 2
    SUBTYPE_WEAK = 1
    SUBTYPE_STRONG = 3


class Make(CPluginScript):
    TASKNAME = "make_frames"

    def process(self):
        for name, flag, sub_type in (("RAW", 1, 3), ("WEAK", 2, 1), ("GOOD", 2, 3)):
            out = getattr(self.container.outputData, name)
            path = self.workDirectory / f"{name}.frames"
            path.write_text(name)
            out.setFullPath(str(path))
            out.contentFlag.set(flag)
            out.subType.set(sub_type)
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED


class Use(CPluginScript):
    TASKNAME = "use_frames"

    def process(self):
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
"""

FILE = "<className>CFramesFile</className>"
REQUIRED = "<requiredContentFlag>2</requiredContentFlag><requiredSubType>2,3</requiredSubType>"
INPUT = f"{FILE}<qualifiers>{REQUIRED}</qualifiers>"
INPUTS = (
    f'<content id="IN">{INPUT}</content>'
    f'<content id="LIST"><className>CList</className><subItem>{INPUT}</subItem></content>'
)
OUTPUTS = "".join(f'<content id="{name}">{FILE}</content>' for name in ("RAW", "WEAK", "GOOD"))
DEF_FILE = """<ccp4i2><ccp4i2_body id="x"><container id="inputData">{}</container>
<container id="outputData">{}</container><container id="controlParameters"/></ccp4i2_body></ccp4i2>"""


class Frames:
    @hookimpl
    def register_types(self):
        yield DataType(data_class="site_frames:CFramesFile")

    @hookimpl
    def register_tasks(self):
        for name, kind in (("make_frames", "Make"), ("use_frames", "Use")):
            file = self.directory / f"{name}.def.xml"
            yield TaskDescription(name=name, title=name, script=f"site_frames:{kind}", def_file=file, needs_ccp4=False)


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    (tmp_path / "site_frames.py").write_text(MODULE)
    (tmp_path / "make_frames.def.xml").write_text(DEF_FILE.format("", OUTPUTS))
    (tmp_path / "use_frames.def.xml").write_text(DEF_FILE.format(INPUTS, ""))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    found = Frames()
    found.directory = tmp_path
    yield found
    sys.modules.pop("site_frames", None)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_file_with_other_content_or_of_another_sub_type_is_refused(
    hook_session, memory_database, plugin, tmp_path, recorded
):
    session = hook_session(plugin, ccp4hooks_file_import, *([memory_database] if recorded else []))
    made = {file.path.stem: file.path for file in session.run("make_frames", project="p").outcome.files}
    flag = "the file has the content flag 1 (RAW), but the parameter requires 2 (INDEXED). Choose another file."
    sub_type = "the file has the sub-type 1 (WEAK), but the parameter requires 2 or 3 (STRONG). Choose another file."
    for value, text in (("@1.RAW", flag), (made["RAW"], flag), ("@1.WEAK", sub_type), (made["WEAK"], sub_type)):
        with pytest.raises(BadInputError) as refused:
            session.run("use_frames", project="p", values={"IN": value, "LIST": value})
        lines = str(refused.value).splitlines()[1:]
        assert lines == [f"  - inputData.IN: {text}", f"  - inputData.LIST[0]: {text}"]
    bare = tmp_path / "bare.frames"
    bare.write_text("nobody knows its content")
    for value in ("@1.GOOD", bare):
        outcome = session.run("use_frames", project="p", values={"IN": value, "LIST": value}).outcome
        assert (outcome.status.name, outcome.problems) == ("FINISHED", ())


def test_a_number_that_no_constant_of_the_class_has_is_told_by_describe(hook_session, plugin):
    told = [line for line in hook_session(plugin).describe("use_frames").task.warnings if "requiredSubType" in line]
    text = "has the requiredSubType 2, but no sub-type of CFramesFile has this number: 1 (WEAK), 3 (STRONG)."
    assert told == [f"inputData.{name} {text} Correct the def file." for name in ("IN", "LIST[]")]
