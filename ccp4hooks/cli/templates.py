"""Templates of the files that `ccp4hooks new-plugin` writes.

``$name`` is the name of the distribution, ``$module`` the import package, ``$task`` the TASKNAME, ``$cls`` the class of
its script, and ``$requires`` the range of contract versions that the plugin supports.
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
The plugin is in `src/$module/__init__.py`. Disable it with `ccp4hooks -p no:$name`, or remove it with
`pip uninstall $name`.
"""

USE_OF_GLEANER = """\
When the plugin is installed, every job has the KPI `$kpi`. Run `ccp4hooks demo` to see it.
"""

USE_OF_TASK = """\
When the plugin is installed, every job has the KPI `$kpi`. Run `ccp4hooks demo` to see it. The plugin also provides a
task:

```sh
ccp4hooks describe $task
ccp4hooks run $task XYZIN=model.pdb
```

The task is in `src/$module/script.py`, and its parameters are in `src/$module/$task.def.xml`.
"""

GLEANER = '''\
"""Record the disk space that a job uses."""

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
    """Describe the task without importing its module, which needs CCP4i2."""
    yield TaskDescription(
        name="$task",
        title="Count the atoms of a model",
        script="$module.script:$cls",
        def_file="$module:$task.def.xml",
        needs_ccp4=False,
    )
'''

SCRIPT = '''\
"""The script of the task. CCP4i2 imports this module when the task is first used."""

from pathlib import Path

import gemmi
from ccp4i2.core.CCP4PluginScript import CPluginScript


class $cls(CPluginScript):
    """Copy a model and count its atoms."""

    TASKNAME = "$task"
    PERFORMANCECLASS = "CAtomCountPerformance"

    def process(self):
        """Run the task and return its finish status."""
        self.checkOutputData()
        model = gemmi.read_structure(str(self.container.inputData.XYZIN.fullPath))
        out = self.container.outputData
        target = Path(self.workDirectory) / "XYZOUT.pdb"
        model.write_pdb(str(target))
        out.XYZOUT.setFullPath(str(target))
        out.XYZOUT.annotation.set("Counted model")
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
"""Tests of the plugin. The fixtures come with ccp4hooks."""

import $module
from ccp4hooks.testing import GleanerContract


class TestGleaner(GleanerContract):
    plugin = $module


def test_a_job_has_the_kpi(run_task):
    outcome = run_task($module)
    assert [kpi.key for kpi in outcome.kpis] == ["$kpi"]
    assert outcome.kpis[0].value > 0


def test_the_plugin_is_loaded_from_its_entry_point(entry_point, hook_session):
    entry_point("$name-here", "$module")
    found = {record.name: record for record in hook_session().plugins}
    assert (found["$name-here"].state.value, found["$name-here"].why) == ("loaded", "")
'''

TESTS_OF_TASK = """

def test_the_task_runs(run_task):
    outcome = run_task($module, task="$task", values={"XYZIN": sample("pdb")})
    assert outcome.status.name == "FINISHED"
    assert [file.path.name for file in outcome.files] == ["XYZOUT.pdb"]


def test_the_description_of_the_task_is_valid(hook_session):
    assert hook_session($module).tasks_left_out() == ()
"""


def texts(*, task: bool) -> dict[str, str]:
    """Return the template of each file by the template of its path.

    Args:
        task: Whether the package provides a task.
    """
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
