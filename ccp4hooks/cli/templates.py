"""What `ccp4hooks new-plugin` writes: every file's text, by its path in the package.

``$name`` is the distribution's name, ``$module`` the import package's, ``$task`` the TASKNAME, ``$cls`` its script, and
``$requires`` the hook contracts that it is written for.
"""

from __future__ import annotations

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$name"
version = "0.1.0"
description = "A plugin for ccp4hooks."
readme = "README.md"
requires-python = ">=3.10"
dependencies = ["ccp4hooks"]

[project.optional-dependencies]
test = ["pytest>=8"]

[project.entry-points.ccp4hooks]
$name = "$module"

[tool.hatch.build.targets.wheel]
packages = ["src/$module"]

[tool.pytest.ini_options]
addopts = "--import-mode=importlib"
testpaths = ["tests"]
"""

README = """\
# $name

A plugin for [ccp4hooks](https://pypi.org/project/ccp4hooks/).

```sh
pip install -e '.[test]'
pytest
ccp4hooks plugins
```

$use
The plugin is `src/$module/__init__.py`. `pip uninstall $name` takes it away, `ccp4hooks -p no:$name` switches it off.
"""

USE_OF_GLEANER = """\
From now on every job has the KPI `$kpi`: `ccp4hooks demo` shows it.
"""

USE_OF_TASK = """\
From now on every job has the KPI `$kpi`: `ccp4hooks demo` shows it. And there is a task of its own:

```sh
ccp4hooks describe $task
ccp4hooks run $task XYZIN=model.pdb
```

The task is `src/$module/script.py`, its parameters are in `src/$module/$task.def.xml`.
"""

GLEANER = '''\
"""Record how much disk space a job took."""

$imports

@hookimpl
def glean_kpi(job):
    """Return the size of the job directory."""
    sizes = [path.stat().st_size for path in job.directory.rglob("*") if path.is_file()]
    yield Kpi(key="$kpi", value=round(sum(sizes) / 1e6, 6), unit="MB", description="size of the job directory")
$register'''

IMPORTS = 'from ccp4hooks import Kpi, hookimpl\n\nccp4hooks_requires = "$requires"\n'

IMPORTS_OF_TASK = IMPORTS.replace("Kpi,", "Kpi, TaskDescription,")

REGISTER = '''

@hookimpl
def register_tasks():
    """Return the task; its module, which needs CCP4i2, is not imported for that."""
    yield TaskDescription(
        name="$task",
        title="Count the atoms of a model",
        script="$module.script:$cls",
        def_file="$module:$task.def.xml",
        needs_ccp4=False,
    )
'''

SCRIPT = '''\
"""The task as a CCP4i2 script; CCP4i2 imports it when the task is first used."""

from pathlib import Path

import gemmi
from ccp4i2.core.CCP4PluginScript import CPluginScript


class $cls(CPluginScript):
    """Copy a model and count its atoms."""

    TASKNAME = "$task"
    PERFORMANCECLASS = "CAtomCountPerformance"

    def process(self):
        """Do the work; return how it ended."""
        self.checkOutputData()
        model = gemmi.read_structure(str(self.container.inputData.XYZIN.fullPath))
        out = self.container.outputData
        target = Path(self.workDirectory) / "XYZOUT.pdb"
        model.write_pdb(str(target))
        out.XYZOUT.setFullPath(str(target))
        out.XYZOUT.annotation.set("Model as counted")
        out.PERFORMANCE.nAtoms.set(model[0].count_atom_sites())
        out.PERFORMANCE.nResidues.set(sum(len(chain) for chain in model[0]))
        self.reportStatus(CPluginScript.SUCCEEDED)
        return CPluginScript.SUCCEEDED
'''

DEF_FILE = """\
<?xml version="1.0" encoding="UTF-8"?>
<ccp4:ccp4i2 xmlns:ccp4="http://www.ccp4.ac.uk/ccp4ns">
  <ccp4i2_header>
    <function>DEF</function>
    <pluginName>$task</pluginName>
  </ccp4i2_header>
  <ccp4i2_body id="$task">
    <container id="inputData">
      <content id="XYZIN">
        <className>CPdbDataFile</className>
        <qualifiers>
          <guiLabel>Atomic model</guiLabel>
          <allowUndefined>False</allowUndefined>
          <mustExist>True</mustExist>
        </qualifiers>
      </content>
    </container>
    <container id="outputData">
      <content id="XYZOUT">
        <className>CPdbDataFile</className>
        <qualifiers>
          <guiLabel>Model</guiLabel>
        </qualifiers>
      </content>
      <content id="PERFORMANCE">
        <className>CAtomCountPerformance</className>
      </content>
    </container>
    <container id="controlParameters"/>
  </ccp4i2_body>
</ccp4:ccp4i2>
"""

TESTS = '''\
"""The fixtures come with ccp4hooks: see its docs/write-a-gleaner.md."""

import $module
from ccp4hooks.testing import GleanerContract


class TestGleaner(GleanerContract):
    plugin = $module


def test_a_job_has_the_kpi(run_task):
    outcome = run_task($module)
    assert [kpi.key for kpi in outcome.kpis] == ["$kpi"]
    assert outcome.kpis[0].value > 0


def test_it_is_found_by_its_entry_point(entry_point, hook_session):
    entry_point("$name-here", "$module")
    found = {record.name: record for record in hook_session().plugins}
    assert (found["$name-here"].state.value, found["$name-here"].why) == ("loaded", "")
'''

TESTS_OF_TASK = """

def test_the_task_runs(run_task):
    outcome = run_task($module, task="$task", values={"XYZIN": sample("pdb")})
    assert outcome.status.name == "FINISHED"
    assert [file.path.name for file in outcome.files] == ["XYZOUT.pdb"]


def test_the_task_has_no_fault(hook_session):
    assert hook_session($module).tasks_left_out() == ()
"""


def texts(*, task: bool) -> dict[str, str]:
    """Return every file's text, as a template, by the template of its path."""
    written = {
        "pyproject.toml": PYPROJECT,
        "README.md": README.replace("$use", USE_OF_TASK if task else USE_OF_GLEANER),
        "src/$module/__init__.py": GLEANER.replace("$imports", IMPORTS_OF_TASK if task else IMPORTS).replace(
            "$register", REGISTER if task else ""
        ),
        "tests/test_$module.py": TESTS,
    }
    if task:
        written["tests/test_$module.py"] = TESTS.replace("GleanerContract\n", "GleanerContract, sample\n", 1)
        written["tests/test_$module.py"] += TESTS_OF_TASK
        written |= {"src/$module/script.py": SCRIPT, "src/$module/$task.def.xml": DEF_FILE}
    return written
