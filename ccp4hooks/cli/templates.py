"""Templates of the files that `ccp4hooks new-plugin` writes: what all packages share, then each kind of plugin.

``$name`` is the name of the distribution, ``$module`` the import package, ``$task`` the TASKNAME, ``$cls`` the class of
its script, ``$kpi`` the key of its KPI, and ``$requires`` the range of contract versions that the plugin supports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# --- what all packages have in common -----------------------------------------------------------------------------

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
types = ["mypy>=1.11"]

[project.entry-points.ccp4hooks]
$name = "$module%(entry)s"

[tool.hatch.build.targets.wheel]
packages = ["src/$module"]

[tool.pytest.ini_options]
addopts = "--import-mode=importlib"
testpaths = ["tests"]

[tool.mypy]
strict = true
files = ["src", "tests"]

[[tool.mypy.overrides]]
module = ["ccp4i2.*", "gemmi.*"]
ignore_missing_imports = true
follow_imports = "skip"
"""

README = """\
# $name

A plugin for [ccp4hooks](https://pypi.org/project/ccp4hooks/).

```sh
pip install -e '.[test,types]'
pytest
mypy
ccp4hooks plugins
```

%(use)s
The plugin is in `src/$module/__init__.py`, and its tests are in `tests/test_$module.py`: those of the contract that
ccp4hooks has for plugins of this kind, and your own. `.github/workflows/ci.yml` runs them for each push. Disable the
plugin with `ccp4hooks -p no:$name`, or remove it with `pip uninstall $name`.
"""

WORKFLOW = """\
name: tests
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: ["3.10", "3.13"]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: $${{ matrix.python }}
      - run: pip install -e '.[test,types]'
      - run: pytest
      - run: mypy
"""

TEST_OF_ENTRY_POINT = """

def test_the_plugin_is_loaded_from_its_entry_point(
    entry_point: EntryPoints, hook_session: Callable[..., Session]
) -> None:
    entry_point("$name-here", "$module%(entry)s")
    found = {record.name: record for record in hook_session().plugins}
    assert (found["$name-here"].state.value, found["$name-here"].why) == ("loaded", "")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The templates of one kind of plugin.

    Attributes:
        help: What the option of `ccp4hooks new-plugin` says.
        use: What the README says about using the plugin.
        plugin: The module of the plugin.
        tests: The module of its tests, without that of the entry point.
        entry: What follows the name of the module in the entry point.
        files: Further files, by their path.
    """

    help: str
    use: str
    plugin: str
    tests: str
    entry: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """Return the template of each file by the template of its path."""
        return {
            "pyproject.toml": PYPROJECT.replace("%(entry)s", self.entry),
            "README.md": README.replace("%(use)s", self.use),
            ".github/workflows/ci.yml": WORKFLOW,
            "src/$module/__init__.py": self.plugin,
            "src/$module/py.typed": "",
            "tests/test_$module.py": self.tests + TEST_OF_ENTRY_POINT.replace("%(entry)s", self.entry),
            **self.files,
        }


# --- a gleaner ----------------------------------------------------------------------------------------------------

GLEANER = Kind(
    help="A plugin that extracts KPIs (the default).",
    use="When the plugin is installed, every job has the KPI `$kpi`. Run `ccp4hooks demo` to see it.\n",
    plugin='''\
"""Record the disk space that a job uses."""

from collections.abc import Iterator

from ccp4hooks import Job, Kpi, hookimpl

ccp4hooks_requires = "$requires"


@hookimpl.glean_kpi
def glean_kpi(job: Job) -> Iterator[Kpi]:
    """Return the size of the job directory."""
    sizes = [path.stat().st_size for path in job.directory.rglob("*") if path.is_file()]
    yield Kpi(key="$kpi", value=round(sum(sizes) / 1e6, 6), unit="MB", description="size of the job directory")
''',
    tests='''\
"""Tests of the plugin. The fixtures come with ccp4hooks."""

from collections.abc import Callable

import $module
from ccp4hooks import Outcome, Session
from ccp4hooks.testing import EntryPoints, GleanerContract


class TestGleaner(GleanerContract):
    plugin = $module


def test_a_job_has_the_kpi(run_task: Callable[..., Outcome]) -> None:
    (kpi,) = run_task($module).kpis
    assert kpi.key == "$kpi"
    assert isinstance(kpi.value, float)
    assert kpi.value > 0
''',
)

# --- a sink -------------------------------------------------------------------------------------------------------

SINK = Kind(
    help="A plugin that records jobs elsewhere.",
    use="""\
Name a directory in the settings, and the plugin writes a file for each job that has ended:

```toml
[plugins.$name]
directory = "/data/jobs"
```
""",
    entry=":Plugin",
    plugin='''\
"""Write what is known of each job that has ended into a file of its own."""

import json
from dataclasses import dataclass
from pathlib import Path

from ccp4hooks import Job, Outcome, hookimpl


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The settings of the plugin.

    Attributes:
        directory: Where the files are written; empty to write none.
    """

    directory: str = ""


class Plugin:
    """Writes the files. An exception tells ccp4hooks that a job is not recorded; `ccp4hooks replay` tries again."""

    ccp4hooks_requires = "$requires"
    ccp4hooks_settings = Options

    def __init__(self, options: Options) -> None:
        """Keep the settings."""
        self._options = options

    @hookimpl.job_finished
    def job_finished(self, job: Job, outcome: Outcome) -> None:
        """Write the file of a job. It is replaced in one step, so that a second call changes nothing."""
        if not self._options.directory:
            return
        directory = Path(self._options.directory)
        directory.mkdir(parents=True, exist_ok=True)
        kpis = {kpi.key: kpi.value for kpi in outcome.kpis}
        text = json.dumps({"job": job.number, "task": job.task, "status": outcome.status.name, "kpis": kpis})
        scratch = directory / f"{job.uuid}.new"
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(directory / f"{job.uuid}.json")
''',
    tests='''\
"""Tests of the plugin. The fixtures come with ccp4hooks."""

from collections.abc import Callable, Mapping
from pathlib import Path

import $module
from ccp4hooks import Outcome, Session
from ccp4hooks.testing import EntryPoints, SinkContract


class TestSink(SinkContract):
    plugin = $module.Plugin

    def options(self, directory: Path) -> Mapping[str, object]:
        return {"directory": str(directory)}


def test_a_job_has_a_file(run_task: Callable[..., Outcome], tmp_path: Path) -> None:
    plugin = $module.Plugin($module.Options(directory=str(tmp_path / "jobs")))
    outcome = run_task(plugin)
    assert [path.stem for path in (tmp_path / "jobs").iterdir()] == [str(outcome.job.uuid)]
''',
)

# --- a rule -------------------------------------------------------------------------------------------------------

RULE = Kind(
    help="A plugin that refuses jobs.",
    use="""\
The plugin refuses jobs with input files that are larger than the settings allow:

```toml
[plugins.$name]
largest_mb = 500.0
```
""",
    entry=":Plugin",
    plugin='''\
"""Refuse jobs with very large input files."""

from collections.abc import Iterator
from dataclasses import dataclass

from ccp4hooks import Problem, Script, Severity, hookimpl, input_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The settings of the plugin.

    Attributes:
        largest_mb: Size of the largest input file [MB].
    """

    largest_mb: float = 1000.0


class Plugin:
    """Judges the input files of a job before they are imported."""

    ccp4hooks_requires = "$requires"
    ccp4hooks_settings = Options

    def __init__(self, options: Options) -> None:
        """Keep the settings."""
        self._options = options

    @hookimpl.pre_import
    def pre_import(self, script: Script) -> Iterator[Problem]:
        """Return a problem for each file that is too large. A file that is missing is judged by others."""
        for file in input_files(script):
            size_mb = file.path.stat().st_size / 1e6 if file.path.is_file() else 0.0
            if size_mb > self._options.largest_mb:
                yield Problem(
                    severity=Severity.BLOCK,
                    message=f"{file.path.name} has {size_mb:.1f} MB; at most {self._options.largest_mb:g} are allowed.",
                    parameter=file.parameter,
                    path=file.path,
                    cure="Choose a smaller file, or raise largest_mb in [plugins.$name].",
                )
''',
    tests='''\
"""Tests of the plugin. The fixtures come with ccp4hooks."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import $module
from ccp4hooks import Outcome, RefusedError, Session
from ccp4hooks.testing import EntryPoints, RuleContract


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.pdb"
    path.write_bytes(b"END\\n".ljust(2_000_000))
    return path


class TestRule(RuleContract):
    plugin = $module.Plugin

    @pytest.fixture(autouse=True)
    def _refused(self, large: Path) -> None:
        self.refused = ({"XYZIN": large},)

    def options(self, directory: Path) -> Mapping[str, object]:
        return {"largest_mb": 1.0}


def test_a_job_with_a_large_file_does_not_run(run_task: Callable[..., Outcome], large: Path) -> None:
    plugin = $module.Plugin($module.Options(largest_mb=1.0))
    with pytest.raises(RefusedError, match="large.pdb has 2.0 MB"):
        run_task(plugin, values={"XYZIN": large})
''',
)

# --- a task -------------------------------------------------------------------------------------------------------

SCRIPT = '''\
"""The script of the task. CCP4i2 imports this module when the task is first used."""

from pathlib import Path

import gemmi
from ccp4i2.core.CCP4PluginScript import CPluginScript


class $cls(CPluginScript):  # type: ignore[misc]
    """Copy a model and count its atoms."""

    TASKNAME = "$task"

    def process(self) -> int:
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
        status: int = CPluginScript.SUCCEEDED
        self.reportStatus(status)
        return status
'''

DEF_FILE = """\
<?xml version="1.0" encoding="UTF-8"?>
<ccp4i2>
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
</ccp4i2>
"""

TASK = Kind(
    help="A task with its def file.",
    use="""\
The plugin provides a task:

```sh
ccp4hooks describe $task
ccp4hooks run $task XYZIN=model.pdb
```

The task is in `src/$module/script.py`, and its parameters are in `src/$module/$task.def.xml`.
""",
    plugin='''\
"""Register the task."""

from collections.abc import Iterator

from ccp4hooks import TaskDescription, hookimpl

ccp4hooks_requires = "$requires"


@hookimpl.register_tasks
def register_tasks() -> Iterator[TaskDescription]:
    """Describe the task without importing its module, which needs CCP4i2."""
    yield TaskDescription(
        name="$task",
        title="Count the atoms of a model",
        script="$module.script:$cls",
        def_file="$module:$task.def.xml",
        needs_ccp4=False,
    )
''',
    tests='''\
"""Tests of the plugin. The fixtures come with ccp4hooks."""

from collections.abc import Callable

import $module
from ccp4hooks import Outcome, Session
from ccp4hooks.testing import EntryPoints, TaskContract, sample


class TestTask(TaskContract):
    plugin = $module
    task = "$task"
    values = {"XYZIN": sample("pdb")}


def test_the_task_writes_a_model(run_task: Callable[..., Outcome]) -> None:
    outcome = run_task($module, task="$task", values={"XYZIN": sample("pdb")})
    assert [file.path.name for file in outcome.files] == ["XYZOUT.pdb"]
''',
    files={"src/$module/script.py": SCRIPT, "src/$module/$task.def.xml": DEF_FILE},
)

# --- an engine ----------------------------------------------------------------------------------------------------

ENGINE = Kind(
    help="A plugin that runs jobs elsewhere.",
    use="""\
Describe an engine in the settings, and submit jobs to it:

```toml
[engines.mine]
plugin = "$name"
```

```sh
ccp4hooks submit --on mine coordinate_selector XYZIN=model.pdb
```

As written, the engine runs each job at once, as a process of its own on this machine.
""",
    entry=":Plugin",
    plugin='''\
"""Run each job as a process of its own on this machine. Replace this with the queueing system of your site."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from ccp4hooks import Engine, Fate, Handle, NodeCommand, hookimpl

NAME = "$name"
"""Name of the plugin in the settings of an engine."""


class Plugin:
    """Keeps nothing of a job but its handle, so that another process can ask for the job."""

    ccp4hooks_requires = "$requires"

    @hookimpl.submit_job
    def submit_job(self, engine: Engine, command: NodeCommand) -> Handle | None:
        """Start the job, and do not wait for it."""
        if engine.plugin != NAME:
            return None
        command.directory.mkdir(parents=True, exist_ok=True)
        with (command.directory / "output.txt").open("wb") as output:
            # The environment may contain secrets, and must not be written where others can read it.
            program = subprocess.Popen(
                command.arguments,
                env={**os.environ, **command.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        program.returncode = 0  # Python would warn of a process that it does not wait for.
        return Handle(engine=engine.name, key=str(program.pid))

    @hookimpl.ask_engine
    def ask_engine(self, engine: Engine, handles: Sequence[Handle]) -> Mapping[Handle, Fate] | None:
        """Return the state of each job. A scheduler is to be asked once for all of them."""
        if engine.plugin != NAME:
            return None
        return {one: Fate.RUNNING if _is_running(one.key) else Fate.GONE for one in handles}

    @hookimpl.stop_job
    def stop_job(self, engine: Engine, handle: Handle) -> bool | None:
        """End a job. One that has ended already is stopped, too."""
        if engine.plugin != NAME:
            return None
        if _is_running(handle.key):
            with suppress(ProcessLookupError):
                os.killpg(int(handle.key), signal.SIGTERM)
        return True


def _is_running(key: str) -> bool:
    """Return whether a process leads a group, as a job does. Anything may stand in a key."""
    if not (key.isascii() and key.isdigit()) or int(key) <= 1:
        return False
    with suppress(ChildProcessError, OverflowError):
        os.waitpid(int(key), os.WNOHANG)  # Otherwise a child that has ended would be there for ever.
    try:
        os.killpg(int(key), 0)
    except (ProcessLookupError, PermissionError, OverflowError):
        return False
    return True
''',
    tests='''\
"""Tests of the plugin. The fixtures come with ccp4hooks."""

from collections.abc import Callable

import $module
from ccp4hooks import Session
from ccp4hooks.testing import EngineContract, EntryPoints


class TestEngine(EngineContract):
    plugin = $module.Plugin
    name = $module.NAME
''',
)

# --- a section ----------------------------------------------------------------------------------------------------

SECTION = Kind(
    help="A plugin that adds to reports.",
    use="The plugin adds a table to each report: `ccp4hooks demo` writes one, and `ccp4hooks report PROJECT`.\n",
    plugin='''\
"""Add a table of the tasks that have run to reports."""

from collections import Counter
from collections.abc import Iterator, Sequence

from ccp4hooks import Outcome, Section, hookimpl

ccp4hooks_requires = "$requires"


@hookimpl.report_section
def report_section(outcomes: Sequence[Outcome]) -> Iterator[Section]:
    """Return how many jobs of each task there are, and how many of them have finished."""
    jobs = Counter(one.job.task for one in outcomes)
    finished = Counter(one.job.task for one in outcomes if one.status.name == "FINISHED")
    if jobs:
        yield Section(title="Tasks", table=[_row(task, jobs[task], finished[task]) for task in sorted(jobs)])


def _row(task: str, number: int, finished: int) -> dict[str, str | int]:
    return {"Task": task, "Jobs": number, "Finished": finished}
''',
    tests='''\
"""Tests of the plugin. The fixtures come with ccp4hooks."""

from collections.abc import Callable

import $module
from ccp4hooks import Outcome, Session
from ccp4hooks.testing import EntryPoints, SectionContract


class TestSection(SectionContract):
    plugin = $module


def test_the_table_counts_the_jobs(run_task: Callable[..., Outcome]) -> None:
    (section,) = $module.report_section([run_task()])
    assert section.table == [{"Task": "coordinate_selector", "Jobs": 1, "Finished": 1}]
''',
)

KINDS: Mapping[str, Kind] = {
    "gleaner": GLEANER,
    "sink": SINK,
    "rule": RULE,
    "task": TASK,
    "engine": ENGINE,
    "section": SECTION,
}
"""The kinds of plugins by the name of the option."""
