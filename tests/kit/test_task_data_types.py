"""A task brings data classes of its own, which its def file names."""

import importlib
import sys

import pytest

import ccp4hooks_file_import
import ccp4hooks_kpi
from ccp4hooks import BadInputError, TaskDescription, hookimpl
from ccp4hooks.i2.tasks import task_table
from ccp4hooks.testing import sample

TYPES = """
from ccp4i2.core.CCP4ModelData import CPdbDataFile
from ccp4i2.core.CCP4PerformanceData import CAtomCountPerformance


class CSiteModelFile(CPdbDataFile):
    pass


class CSiteCount(CAtomCountPerformance):
    pass
"""

SCRIPT = """
import shutil

from ccp4i2.core.CCP4PluginScript import CPluginScript


class own_types(CPluginScript):
    TASKNAME = "own_types"

    def process(self):
        outputs = self.container.outputData
        shutil.copyfile(str(self.container.inputData.MODELS[0]), str(outputs.MODEL))
        outputs.COUNT.nAtoms.set(7)
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
"""

DEF_FILE = """<?xml version="1.0"?>
<ccp4i2>
  <ccp4i2_body id="own_types">
    <container id="inputData">
      <content id="MODELS">
        <className>CList</className>
        <subItem><className>CSiteModelFile</className></subItem>
      </content>
    </container>
    <container id="outputData">
      <content id="MODEL"><className>CSiteModelFile</className></content>
      <content id="COUNT"><className>CSiteCount</className></content>
    </container>
    <container id="controlParameters"/>
  </ccp4i2_body>
</ccp4i2>
"""


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Write modules to a directory on the path, and forget them afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_types.def.xml").write_text(DEF_FILE)
    written = ["own_types_script"]

    def write(name, text):
        written.append(name)
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()

    write("own_types_script", SCRIPT)
    yield write
    for name in written:
        sys.modules.pop(name, None)


@pytest.fixture
def bringer(tmp_path):
    def make(*data_types, name="own_types", script="own_types_script:own_types"):
        class Bringer:
            @hookimpl
            def register_tasks(self):
                yield TaskDescription(
                    name=name,
                    title="Own types",
                    script=script,
                    def_file=tmp_path / "own_types.def.xml",
                    needs_ccp4=False,
                    data_types=data_types,
                )

        return Bringer()

    return make


def test_a_def_file_may_name_the_data_classes_of_its_task(run_task, bringer, modules):
    modules("own_types_classes", TYPES)
    plugins = (bringer("own_types_classes"), ccp4hooks_file_import, ccp4hooks_kpi)
    outcome = run_task(*plugins, task="own_types", values={"MODELS": sample("pdb")})
    assert outcome.status.name == "FINISHED"
    assert [(kpi.key, kpi.value) for kpi in outcome.kpis] == [("nAtoms", 7)]
    assert [file.class_name for file in outcome.imported] == ["CSiteModelFile"]
    assert [(file.parameter, file.class_name) for file in outcome.files] == [("outputData.MODEL", "CSiteModelFile")]
    assert outcome.files[0].file_type == "chemical/x-pdb"


def test_the_parameters_of_such_a_task_are_described_with_their_classes(hook_session, bringer, modules):
    modules("own_types_classes", TYPES)
    found = hook_session(bringer("own_types_classes")).describe("own_types")
    classes = {one.path: (one.class_name, one.is_file) for one in found.parameters}
    assert classes["MODEL"] == ("CSiteModelFile", True)


def left_out(session):
    (one,) = session.tasks_left_out()
    start = "the task 'own_types' of plugin 'Bringer' was left out: "
    assert one.reason.startswith(start)
    with pytest.raises(BadInputError, match="cannot be used"):
        session.run("own_types", project="p")
    return one.reason.removeprefix(start)


def test_without_data_types_the_class_is_unknown(hook_session, bringer, modules):
    session = hook_session(bringer())
    assert {one.name for one in session.tasks_left_out()} == {"own_types"}
    assert "CCP4i2 has no class 'CSiteModelFile'" in session.tasks_left_out()[0].reason


def test_the_classes_are_forgotten_with_the_task(hook_session, bringer, modules):
    modules("own_types_classes", TYPES)
    assert hook_session(bringer("own_types_classes")).tasks_left_out() == ()
    task_table.remove_tasks(["own_types"])
    assert len(hook_session(bringer()).tasks_left_out()) == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "the module own_types_classes in its data_types cannot be imported: ModuleNotFoundError: No module "),
        ("1 / 0", "the module own_types_classes in its data_types cannot be imported: ZeroDivisionError"),
        (
            "from ccp4i2.core.CCP4ModelData import CPdbDataFile",
            "the module own_types_classes in its data_types has no data class (CData) of its own. Define one, or",
        ),
        (
            "from ccp4i2.core.CCP4ModelData import CPdbDataFile as Base\n\n\nclass CPdbDataFile(Base):\n    pass\n",
            (
                "the module own_types_classes in its data_types has a class CPdbDataFile, but def files already know "
                "the class ccp4i2.core.CCP4ModelData.CPdbDataFile. Give it a name of its own."
            ),
        ),
    ],
)
def test_a_module_that_cannot_be_used_leaves_the_task_out(hook_session, bringer, modules, text, reason):
    if text is not None:
        modules("own_types_classes", text)
    assert left_out(hook_session(bringer("own_types_classes"))).startswith(reason)


def test_the_modules_must_be_a_tuple_of_names(hook_session, bringer, tmp_path, modules):
    class Bringer:
        @hookimpl
        def register_tasks(self):
            yield TaskDescription(
                name="own_types", title="T", script="a:B", def_file=tmp_path / "own_types.def.xml", data_types="a.b"
            )

    reason = left_out(hook_session(Bringer()))
    assert reason == "its data_types must be a tuple of modules such as ('package.module',), not 'a.b'."


def test_two_tasks_may_not_give_two_classes_one_name(hook_session, bringer, modules):
    modules("own_types_classes", TYPES)
    modules("own_types_others", TYPES)

    class Others:
        register_tasks = bringer("own_types_others", name="others", script="own_types_script:others").register_tasks

    session = hook_session(bringer("own_types_classes"), Others())
    reasons = [one.reason for one in session.tasks_left_out()]
    assert len(reasons) == 1
    assert "has a class CSiteCount, but def files already know the class" in reasons[0]


def test_two_tasks_may_share_a_module_of_classes(hook_session, bringer, modules):
    modules("own_types_classes", TYPES)

    class Both:
        @hookimpl
        def register_tasks(self):
            yield from bringer("own_types_classes").register_tasks()
            yield from bringer("own_types_classes", name="others", script="own_types_script:o").register_tasks()

    assert hook_session(Both()).tasks_left_out() == ()
