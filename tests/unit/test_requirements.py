"""What is known of the programs and modules that a task needs."""

import importlib
import os
import subprocess
import sys

import pytest

from ccp4hooks import JobStatus, TaskDescription
from ccp4hooks.cli.commands.describe import example, notes
from ccp4hooks.cli.commands.tasks import missing_text
from ccp4hooks.i2 import versions
from ccp4hooks.i2.tasks import descriptions, task_table
from ccp4hooks.model.tasks import Program
from ccp4hooks.runtime import stdio

NAME_NONE = (
    "ImportObs",
    "ImportSequence",
    "ImportCoordinate",
    "ImportFreeR",
    "ImportPhases",
    "matthews",
    "ProvideSequence",
    "freerflag",
)


def info(task, plugin="ccp4i2"):
    with stdio.output_dropped():
        return descriptions.task_info(task, plugin)


@pytest.fixture
def no_programs(monkeypatch, tmp_path):
    """An empty directory as the only one of the search path, and no CCP4."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CCP4", raising=False)
    return tmp_path


def add_program(directory, name):
    path = directory / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize("task", NAME_NONE)
def test_a_task_that_names_no_program_is_not_known_to_need_ccp4(task):
    found = info(task)
    assert (found.needs_ccp4, found.programs, found.missing, found.unavailable) == (False, (), (), "")
    assert list(notes(found)) == ["Provided by ccp4i2.", "It names no program."]


BASE = """
import shutil
from ccp4i2.core.CCP4PluginScript import CPluginScript

class Base(CPluginScript):
    TASKNAME = "site_computing"
    TASKCOMMAND = "site-base"

"""
ITS, NONE = "The name of its program is computed when the task runs.", "It names no program."
NAMED = "Programs that it names: site-base (not found)."


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@property\n    def TASKCOMMAND(self):\n        return shutil.which('a')", [ITS]),
        ("TASKCOMMAND = shutil.which('a')", [ITS]),
        ("TASKCOMMAND: str = (\n        PROGRAM or 'a'\n    )", [ITS]),
        ("TASKCOMMAND = 'a' if shutil.which('a') else 'b'", [ITS]),
        ("TASKCOMMAND = f'{Base.TASKCOMMAND}-2'", [ITS]),
        (
            "def __init__(self, **more):\n        super().__init__(**more)\n        self.TASKCOMMAND = self.find()",
            [NAMED, "The name of another program is computed when the task runs."],
        ),
        ("TASKCOMMAND = None  # no program", [NONE]),
        ("TASKCOMMAND = 'site-two'  # a literal", [NAMED.replace("site-base", "site-two")]),
        ("TASKCOMMAND = (\n        'site-two'\n    )", [NAMED.replace("site-base", "site-two")]),
        ("pass", [NAMED]),
    ],
)
def test_a_program_whose_name_is_computed_is_said_to_be(site_task, body, expected):
    found = site_task(f"{BASE}\nclass Site(Base):\n    {body}\n")
    assert list(notes(found))[-len(expected) :] == expected
    computes = expected[-1].endswith("is computed when the task runs.")
    assert found.computing_tasks == (("site_computing",) if computes else ())


@pytest.mark.usefixtures("no_programs")
def test_a_task_that_computes_its_only_program_can_run(site_task):
    body = "@property\n    def TASKCOMMAND(self):\n        return 'a'"
    text = BASE.replace('    TASKCOMMAND = "site-base"\n', f"    {body}\n").replace("class Base", "class Site")
    found = site_task(text)
    assert (found.unavailable, found.computing_tasks) == ("", ("site_computing",))


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(
    ("own", "others"), [("pass", []), ("TASKCOMMAND = PROGRAM or 'a'", [ITS]), ("TASKCOMMAND = 'site-base'", [NAMED])]
)
def test_a_sub_task_that_computes_the_name_of_its_program_is_named(site_task, own, others):
    # CCP4i2 has no such task, so that it is the same in all versions.
    site_task(BASE.replace('"site-base"', "PROGRAM or 'b'"), "Base", task="site_below")
    top = (
        f"class Top(CPluginScript):\n    {own}\n\n    def process(self):\n        self.makePluginObject('site_below')\n"
    )
    found = site_task(f"from ccp4i2.core.CCP4PluginScript import CPluginScript\n\n{top}", "Top")
    below = "The name of the program of its sub-task site_below is computed when the task runs."
    assert list(notes(found))[2:] == [*others, below]


@pytest.fixture
def site_task(monkeypatch, tmp_path):
    """Returns a function that writes the script of a task and returns the summary of the task."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(task_table, "taskname_fault", lambda task: "")
    made = {}

    def make(text, script="Site", task="site_computing"):
        module = made.setdefault(task, f"{task}_{tmp_path.name}")
        (tmp_path / f"{module}.py").write_text(f"PROGRAM = ''\n{text}", encoding="utf-8")
        importlib.invalidate_caches()
        description = TaskDescription(name=task, title="T", script=f"{module}:{script}", def_file="/x")
        task_table.add_task(description, "site")
        return info(task, "site")

    yield make
    task_table.remove_tasks(made)
    for module in made.values():
        sys.modules.pop(module, None)


@pytest.mark.usefixtures("no_programs")
def test_a_program_that_is_not_found_is_named():
    found = info("pdbset_ui")
    assert (found.needs_ccp4, found.programs) == (True, (Program(name="pdbset", path=None),))
    assert found.missing == ("pdbset",)
    assert missing_text(found) == "pdbset"
    assert list(notes(found)) == ["Provided by ccp4i2.", "Programs that it names: pdbset (not found)."]


def test_a_program_that_is_found_needs_ccp4_only_inside_of_it(no_programs, monkeypatch):
    program = add_program(no_programs, "pdbset")
    found = info("pdbset_ui")
    assert (found.needs_ccp4, found.programs) == (False, (Program(name="pdbset", path=program),))
    assert list(notes(found)) == ["Provided by ccp4i2.", f"Programs that it names: pdbset ({program})."]
    monkeypatch.setenv("CCP4", str(no_programs))
    assert info("pdbset_ui").needs_ccp4 is True
    assert info("pdbset_ui").missing == ()


@pytest.mark.usefixtures("no_programs")
def test_a_pipeline_needs_the_programs_of_the_tasks_that_it_starts():
    found = info("prosmart_refmac")
    assert {"prosmart", "platonyzer"} <= {program.name for program in found.programs}
    assert missing_text(found).endswith(" more")
    assert missing_text(found).count(",") == 3


def test_a_module_that_is_not_installed_is_named_and_an_optional_one_is_not():
    found = info("phaser_MR_AUTO")
    assert (found.programs, found.missing_modules, found.needs_ccp4) == ((), ("phaser",), True)
    assert list(notes(found))[-1] == "Python modules that it imports and that are not installed: phaser."
    # Its script imports phaser_ext as well, in a `try` only.


@pytest.mark.parametrize(
    ("task", "modules"), [("validate_protein", ("iris_validation",)), ("editbfac", ("iotbx", "mmtbx"))]
)
def test_a_module_whose_absence_is_never_tested_is_not_optional(task, modules):
    """The script sets the names to None if the module is not installed, and fails when it uses them."""
    assert (info(task).missing_modules, info(task).missing) == (modules, modules)


@pytest.mark.usefixtures("no_programs")
def test_a_task_that_cannot_be_run_at_all_says_why(monkeypatch):
    monkeypatch.setattr(versions, "is_interactive", lambda task: task == "freerflag")
    found = info("freerflag")
    assert found.unavailable.startswith("The task 'freerflag' works in a window of the CCP4i2 app, which ccp4hooks")
    assert missing_text(found) == "cannot be run here"
    assert list(notes(found))[1] == found.unavailable
    assert info("pisa").unavailable == "The task 'pisa' has no script."


@pytest.mark.parametrize(("declared", "words"), [(True, True), (False, False)])
def test_a_plugin_declares_whether_its_task_calls_programs_of_ccp4(declared, words):
    script = "ccp4i2.wrappers.mtzheader.script.mtzheader:mtzheader"
    description = TaskDescription(name="site_header", title="T", script=script, def_file="/x", needs_ccp4=declared)
    task_table.add_task(description, "site")
    try:
        found = info("site_header", "site")
    finally:
        task_table.remove_tasks(["site_header"])
    assert found.needs_ccp4 is declared
    assert ("Its plugin declares that it calls programs of CCP4." in list(notes(found))) is words


def test_to_list_all_tasks_changes_nothing_in_the_environment(tmp_path):
    script = (
        "import os\n"
        "from ccp4hooks import load_settings, open_session\n"
        "session = open_session(load_settings(plugins=['no:database']))\n"
        "before = dict(os.environ)\n"
        "assert len(session.tasks()) > 100\n"
        "assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


NO_LIBRARY = (
    "servalcat needs a monomer library, and {}. Set it to the directory of a library, as CCP4's setup script does; "
    "Debian's package refmac-dictionary has one."
)


@pytest.mark.parametrize("found", ["unset", "empty", "missing", "there"])
def test_a_task_that_refines_names_its_monomer_library_or_says_how_to_set_one(tmp_path, monkeypatch, found):
    monkeypatch.delenv("CLIBD_MON", raising=False)
    library = tmp_path / "monomers"
    if found != "unset":
        monkeypatch.setenv("CLIBD_MON", "" if found == "empty" else str(library))
    if found == "there":
        library.mkdir()
    fault = f"$CLIBD_MON is {library}, which is not a directory" if found == "missing" else "$CLIBD_MON is not set"
    said = (
        f"servalcat needs a monomer library: $CLIBD_MON is {library}." if found == "there" else NO_LIBRARY.format(fault)
    )
    for task in ("servalcat", "servalcat_pipe"):
        assert said in notes(info(task))
    assert "monomer" not in " ".join(notes(info("freerflag")))


def test_a_refinement_that_fails_says_that_there_is_no_monomer_library(open_with, data, no_programs, monkeypatch):
    monkeypatch.delenv("CLIBD_MON", raising=False)
    values = [("XYZIN", data["model"]), ("HKLIN", data["fsigf"])]
    outcome = open_with().run("servalcat", values, project="demo").outcome
    assert outcome.status is JobStatus.FAILED
    assert NO_LIBRARY.format("$CLIBD_MON is not set") in [str(one) for one in outcome.problems]


@pytest.mark.parametrize("task", ["servalcat", "servalcat_pipe"])
def test_the_example_of_a_refinement_has_its_data(open_with, task):
    with stdio.output_dropped():
        words = example(open_with().describe(task)).split()
    assert words[3:5] == ["XYZIN=xyzin.pdb", "HKLIN=hklin.mtz"]
