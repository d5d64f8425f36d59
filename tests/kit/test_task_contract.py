"""The contract of tasks holds for the demo and for a task with a program, and catches tasks that break one promise."""

import sys
from types import ModuleType

import pytest

import ccp4hooks_demo
from ccp4hooks import KpiDescription, TaskDescription, hookimpl
from ccp4hooks.testing import TaskContract, sample

SCRIPT = """
import itertools, os, pathlib, subprocess, time
from ccp4i2.core.CCP4PluginScript import CPluginScript

COUNT = itertools.count()

class Script(CPluginScript):
    TASKNAME = {taskname!r}

    def process(self):
        self.checkOutputData()
        source = str(self.container.inputData.XYZIN.fullPath)
        target = pathlib.Path(self.workDirectory) / "XYZOUT.pdb"
        {body}
        self.container.outputData.XYZOUT.setFullPath(str(target))
        self.container.outputData.COUNT.nAtoms.set(7)
        {status}
        return CPluginScript.SUCCEEDED
"""

DEF_FILE = """
<ccp4i2>
  <ccp4i2_header><function>DEF</function><pluginName>{task}</pluginName></ccp4i2_header>
  <ccp4i2_body id="{task}">
    <container id="inputData">
      <content id="XYZIN"><className>CPdbDataFile</className>
        <qualifiers><allowUndefined>False</allowUndefined><mustExist>True</mustExist>{required}</qualifiers></content>
    </container>
    <container id="outputData">
      <content id="XYZOUT"><className>CPdbDataFile</className></content>
      <content id="COUNT"><className>CAtomCountPerformance</className></content>
    </container>
    <container id="controlParameters"/>
  </ccp4i2_body>
</ccp4i2>
"""

COPY = "subprocess.run(['cp', source, str(target)], check=True)"
"""The work of a task that follows all rules."""

ESCAPE = "os.posix_spawn('/bin/sleep', ['sleep', '6'], {}, setsid=True); [time.sleep(0.05) for _ in range(20)]"
"""Starts a program that nobody can find: in no group of the job, and with an empty environment."""

REPORT = "self.reportStatus(CPluginScript.SUCCEEDED)"
"""How a task ends that follows all rules."""

ELSEWHERE = "target = pathlib.Path(source).parent / 'XYZOUT.pdb'; subprocess.run(['cp', source, str(target)])"
"""Writes the output beside the input."""

OF_SUB_JOB = "target = target.parent / 'job_1' / 'XYZOUT.pdb'; target.parent.mkdir(); target.write_text('REMARK')"
"""Leaves the output in the directory of a sub-job."""

FLAGGED = f"self.container.outputData.XYZOUT.contentFlag.set(7); {REPORT}"
"""Gives the output a content flag that its class does not have."""

RUNS = "test_it_runs_and_sets_every_output"

MISSPELT = f"self.container.outputData.COUNT.nAtom = 8; {REPORT}"
"""Sets a value that no class declares."""

MISSPELT_PARAMETER = f"self.container.controlParameters.MINIMUN = 3; {REPORT}"
"""Sets a parameter that the def file does not declare, and none of a similar name."""

OF_CCP4I2_TASK = """job = self.makePluginObject("coordinate_selector")
        job.container.inputData.XYZIN.set(source)
        job.container.inputData.XYZIM = source
        job.process()
        target.write_text("REMARK")"""
"""Runs a sub-job of CCP4i2, and misspells its parameter."""

NINTH = "<requiredContentFlag>1,9</requiredContentFlag>"
"""Requires a content flag that the class does not have."""

BROKEN = {
    "required": (
        {"required": NINTH},
        "test_its_description_is_valid",
        "XYZIN has the requiredContentFlag 9, but .*: 1 ",
    ),
    "misspelt": ({"status": MISSPELT}, RUNS, "outputData.COUNT.nAtom was set to 8, but .* did you mean nAtoms"),
    "undeclared": (
        {"status": MISSPELT_PARAMETER},
        RUNS,
        "lost: controlParameters.MINIMUN was set to 3, but CCP4i2 has no",
    ),
    "sub_job": ({"body": OF_CCP4I2_TASK}, RUNS, r"sub-job 1\.1 \(coordinate_selector\): inputData.XYZIM .* mean XYZIN"),
    "unnamed": ({"taskname": "other_name"}, "test_its_description_is_valid", "TASKNAME"),
    "failing": ({"body": "raise ValueError(3)"}, "test_it_runs_and_sets_every_output", "the task ended as FAILED"),
    "silent": ({"status": "pass"}, "test_it_runs_and_sets_every_output", "call reportStatus"),
    "elsewhere": ({"body": ELSEWHERE}, "test_it_runs_and_sets_every_output", "XYZOUT is .*outside the directory"),
    "of_sub_job": ({"body": OF_SUB_JOB}, "test_it_runs_and_sets_every_output", "is the file of a sub-job, job_1"),
    "flagged": ({"status": FLAGGED}, "test_it_runs_and_sets_every_output", "content flag 7.*CONTENT_FLAG_PDB"),
    "misdescribed": ({"key": "natoms"}, "test_it_runs_and_sets_every_output", "'natoms', but the task sets 'nAtoms'"),
    "empty": ({"body": "pass"}, "test_it_runs_and_sets_every_output", "these outputs were not set.*XYZOUT"),
    "changing": (
        {"body": "target.write_text(f'REMARK {next(COUNT)}')"},
        "test_it_does_the_same_again",
        "these files differ when the task runs again: outputData.XYZOUT",
    ),
    "escaping": ({"body": ESCAPE}, "test_cancelling_ends_its_programs", "1 programs of the job were left running"),
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a plugin with a task that copies a model."""

    def make(task, taskname="", body=COPY, status=REPORT, key="nAtoms", required=""):
        script = SCRIPT.format(taskname=taskname or task, body=body, status=status)
        (tmp_path / f"{task}_script.py").write_text(script)
        def_file = tmp_path / f"{task}.def.xml"
        def_file.write_text(DEF_FILE.format(task=task, required=required))
        monkeypatch.syspath_prepend(tmp_path)
        plugin = ModuleType(f"{task}_plugin")

        @hookimpl
        def register_tasks():
            yield TaskDescription(name=task, title="Copy", script=f"{task}_script:Script", def_file=def_file)

        @hookimpl
        def describe_kpis():
            yield KpiDescription(key=key, title="Atoms")

        plugin.register_tasks, plugin.describe_kpis = register_tasks, describe_kpis
        monkeypatch.setitem(sys.modules, plugin.__name__, plugin)
        return plugin

    return make


class TestDemo(TaskContract):
    plugin = ccp4hooks_demo
    task = "demo_pipeline"
    values = {"F_SIGF": sample("mtz"), "XYZIN": sample("pdb")}  # noqa: RUF012 - as an author writes it


class TestProgram(TaskContract):
    task = "kit_copy"
    values = {"XYZIN": sample("pdb")}  # noqa: RUF012 - as an author writes it
    test_importing_it_loads_little = None  # no other process can import it

    @pytest.fixture(autouse=True)
    def _package(self, package, monkeypatch):
        monkeypatch.setattr(type(self), "plugin", package(self.task), raising=False)


@pytest.mark.parametrize("name", BROKEN)
def test_the_contract_of_tasks_catches(name, package, hook_session, monkeypatch):
    fields, test, words = BROKEN[name]
    contract = type("Broken", (TaskContract,), {"plugin": package(f"kit_{name}", **fields), "task": f"kit_{name}"})()
    contract.values = {"XYZIN": sample("pdb")}
    monkeypatch.setattr("ccp4hooks.testing.contracts.task.ENDING_S", 0.5)
    arguments = (hook_session, monkeypatch) if "cancelling" in test else (hook_session,)
    with pytest.raises(AssertionError, match=words):
        getattr(contract, test)(*arguments)
