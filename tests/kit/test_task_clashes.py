"""Two plugins that provide the same task cause an error that names both, and all other tasks can be used."""

import importlib
import sys
from pathlib import Path

import pytest

import ccp4hooks_demo
from ccp4hooks import BadInputError, TaskDescription, UnknownTaskError, hookimpl, make_script
from ccp4hooks.cli.commands.doctor import session_findings
from ccp4hooks.i2 import scripts as i2_scripts
from ccp4hooks.i2.tasks import task_table
from ccp4hooks.testing import sample

DEF_FILE = Path(ccp4hooks_demo.__file__).with_name("demo_pipeline.def.xml")
SELECTOR = "ccp4i2.wrappers.coordinate_selector.script.coordinate_selector:coordinate_selector"


def providing(**scripts):
    """Return a plugin class that registers tasks, given their scripts by name."""

    class Bringer:
        @hookimpl
        def register_tasks(self):
            for name, script in scripts.items():
                yield TaskDescription(name=name, title="T", script=script, def_file=DEF_FILE, needs_ccp4=False)

    return Bringer


@pytest.fixture(autouse=True)
def table_as_before():
    """Check that the fixtures of the kit leave no task in the table. This fixture ends after them."""
    before = set(i2_scripts.task_table())
    yield
    assert set(i2_scripts.task_table()) == before
    assert task_table.added_tasks().keys() <= before


@pytest.fixture
def session_of(hook_session, entry_point):
    def opened(**plugins):
        for name, scripts in plugins.items():
            entry_point(name, providing(**scripts))
        return hook_session()

    return opened


def names_of(session):
    return {task.name: task.plugin for task in session.tasks()}


def test_a_task_name_used_by_two_plugins_is_disabled_and_the_error_names_both(session_of):
    session = session_of(one={"twice": "one:A", "alone": "one:C"}, two={"twice": "two:A"})
    names = names_of(session)
    assert "twice" not in names
    assert names["alone"] == "one"
    (left_out,) = session.tasks_left_out()
    assert (left_out.name, left_out.plugins) == ("twice", ("one", "two"))
    words = "the plugins 'one' and 'two' offer a task 'twice'; none of them is used. "
    assert left_out.reason == f"{words}Disable all but one of the plugins: `-p no:one` or `-p no:two`."
    assert [problem.message for problem in session.problems] == [left_out.reason]
    for use in (session.describe, lambda task: session.run(task, project="p")):
        with pytest.raises(BadInputError, match="The task 'twice' cannot be used:\n  - the plugins 'one' and 'two'"):
            use("twice")


def test_a_script_used_by_two_plugins_is_disabled_and_the_error_names_both(session_of):
    session = session_of(one={"first": "both:Same"}, two={"second": "both:Same"})
    assert not {"first", "second"} & names_of(session).keys()
    assert {one.name for one in session.tasks_left_out()} == {"first", "second"}
    (problem,) = session.problems
    assert "'one' and 'two' offer tasks ('first' and 'second') with the same script both:Same" in problem.message


def test_one_plugin_may_use_one_script_for_two_tasks(session_of):
    assert {"first", "second"} <= names_of(session_of(one={"first": "both:Same", "second": "both:Same"})).keys()


def test_a_plugin_that_describes_a_task_twice_is_an_error(hook_session):
    class Twice:
        @hookimpl
        def register_tasks(self):
            return [
                TaskDescription(name="echo", title="T", script=script, def_file=DEF_FILE) for script in ("a:A", "a:B")
            ]

    session = hook_session(Twice())
    assert "echo" not in names_of(session)
    (problem,) = session.problems
    assert problem.message == (
        "plugin 'Twice' repeatedly offers a task 'echo'; none of them is used. Give each task a name of its own."
    )


def test_a_task_name_of_ccp4i2_cannot_be_replaced_and_the_error_names_the_plugin(session_of):
    before = i2_scripts.task_table()["coordinate_selector"]
    session = session_of(one={"coordinate_selector": "one:Mine", "alone": "one:C"})
    names = names_of(session)
    assert (names["coordinate_selector"], names["alone"]) == ("ccp4i2", "one")
    assert i2_scripts.task_table()["coordinate_selector"] is before
    words = (
        "the task 'coordinate_selector' of plugin 'one' was left out: CCP4i2 has a task of this name. "
        "Give it another name, or disable the plugin with `-p no:one`."
    )
    assert [one.reason for one in session.tasks_left_out()] == [words]
    with pytest.raises(BadInputError, match="CCP4i2 has a task of this name"):
        session.run("coordinate_selector", [("XYZIN", sample("pdb"))], project="p")
    assert not session.settings.projects_dir.exists()
    # CCP4i2 knows only its own task, and it can still open and run it.
    (session.settings.projects_dir / "p" / "CCP4_JOBS").mkdir(parents=True)
    assert session.open_job("coordinate_selector", project="p").task == "coordinate_selector"


def test_a_clash_does_not_affect_other_sessions(session_of, hook_session):
    session_of(one={"twice": "one:A"}, two={"twice": "two:A"}).tasks()
    after = hook_session(allow=())
    assert after.tasks_left_out() == ()
    with pytest.raises(UnknownTaskError):
        after.run("twice", project="p")


def test_a_task_of_another_session_in_the_process_is_not_replaced(hook_session):
    first, second = (hook_session(providing(shared=script)()) for script in ("one:A", "one:B"))
    renamed = hook_session()
    assert names_of(first)["shared"] == "Bringer"
    assert "shared" not in names_of(renamed)
    # The same plugin again.
    assert names_of(second)["shared"] == "Bringer"
    third = hook_session(type("Other", (providing(shared="other:B"),), {})())
    assert "shared" not in names_of(third)
    assert "the plugin 'Bringer', loaded earlier in this process, has a task of this name" in third.problems[0].message


@pytest.fixture
def misnamed(tmp_path, monkeypatch):
    """A plugin with one task whose script has another TASKNAME, and one whose script cannot be imported."""
    (tmp_path / "misnamed.py").write_text(
        "from ccp4i2.core.CCP4PluginScript import CPluginScript\nclass Mine(CPluginScript):\n    TASKNAME = 'other'\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield providing(mine="misnamed:Mine", gone="misnamed_gone:Mine")
    sys.modules.pop("misnamed", None)


def test_a_script_with_another_taskname_is_found_by_the_kit_and_by_doctor(hook_session, misnamed):
    session = hook_session(misnamed())
    fault = (
        "the TASKNAME of its script misnamed:Mine is 'other'. "
        "Give both the same name, because CCP4i2 finds the def file by it."
    )
    (left_out,) = session.tasks_left_out()
    assert (left_out.name, left_out.plugins) == ("mine", ("Bringer",))
    assert left_out.reason == f"the task 'mine' of plugin 'Bringer' cannot run: {fault}"
    findings = [(one.about, one.text, one.exit_code) for one in session_findings(session) if one.exit_code]
    assert findings == [("task", left_out.reason, 6)]
    unavailable = {one.name: one.unavailable for one in session.tasks()}
    assert unavailable["mine"] == f"It cannot run: {fault}"
    assert unavailable["gone"].startswith("The task 'gone' cannot be imported here: No module named 'misnamed_gone'")
    for use in (session.describe, lambda task: session.run(task, project="p")):
        with pytest.raises(BadInputError) as caught:
            use("mine")
        assert str(caught.value) == f"The task 'mine' of plugin 'Bringer' cannot run: {fault}"


def test_a_script_of_a_plugin_can_be_made_before_the_tasks_are_listed(hook_session, tmp_path, monkeypatch):
    (tmp_path / "well_named.py").write_text(
        "from ccp4i2.core.CCP4PluginScript import CPluginScript\n"
        "class Mine(CPluginScript):\n    TASKNAME = 'well_named'\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    session = hook_session(providing(well_named="well_named:Mine")())
    assert make_script("well_named").TASKNAME == "well_named"
    assert session.plugins
    with pytest.raises(UnknownTaskError):
        make_script("well_namde")


def test_a_task_whose_module_was_corrected_can_be_used_in_the_same_process(hook_session, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "corrected_script.py"
    module.write_text("import no_such_module\n")
    bringer = providing(corrected="corrected_script:Corrected")
    hook_session(bringer()).tasks()
    with pytest.raises(BadInputError, match="cannot be imported here: No module named 'no_such_module'"):
        i2_scripts.script_class("corrected")
    module.write_text("from ccp4i2.core.CCP4PluginScript import CPluginScript\nclass Corrected(CPluginScript): pass\n")
    importlib.invalidate_caches()
    hook_session(bringer()).tasks()
    assert i2_scripts.script_class("corrected").__name__ == "Corrected"
    sys.modules.pop("corrected_script")
