"""The files in the docs on task packages are those of the tested package, and the programs run."""

import importlib
import re
import shutil
import sys
from dataclasses import fields
from pathlib import Path
from string import Template

import click
import pytest

from ccp4hooks import TaskDescription, UnknownTaskError, hookimpl, load_settings
from ccp4hooks.cdata import known_file_types, read_fault
from ccp4hooks.cli import cli
from ccp4hooks.cli.templates import DEF_FILE
from ccp4hooks.hookspecs import CONTRACT_VERSION
from ccp4hooks.i2.tasks.task_table import remove_tasks
from ccp4hooks.plugins.discovery import PluginState
from ccp4hooks.testing import SinkContract, sample
from ccp4hooks.testing.contracts.data_type import FORMS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tests" / "site_package"
SHIP = (ROOT / "docs" / "howto" / "ship-a-task-package.md").read_text(encoding="utf-8")
RUN = (ROOT / "docs" / "howto" / "run-a-site.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n<!-- /file -->", SHIP, re.DOTALL))
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", SHIP + RUN, re.DOTALL))
COMMANDS = re.findall(r"^ *(ccp4hooks .*)$", SHELL, re.MULTILINE)


def block(name, page=SHIP):
    (found,) = re.findall(rf"<!-- {name} -->\n```\w+\n(.*?)```", page, re.DOTALL)
    return found


@pytest.fixture(autouse=True)
def package(monkeypatch):
    monkeypatch.syspath_prepend(str(PACKAGE / "src"))
    yield
    for name in [name for name in sys.modules if name.startswith("site_crystals")]:
        del sys.modules[name]


@pytest.mark.parametrize("path", FILES)
def test_the_files_in_the_docs_are_those_of_the_tested_package(path):
    assert (PACKAGE / path).read_text(encoding="utf-8") == FILES[path]


def test_new_plugin_writes_the_def_file_that_the_docs_show():
    assert Template(DEF_FILE).substitute(task="site_count") == FILES["src/site_crystals/site_count.def.xml"]


def test_the_docs_show_every_file_of_a_task():
    assert {Path(path).name for path in FILES} == {
        "pyproject.toml",
        "tasks.py",
        "script.py",
        "site_count.def.xml",
        "report.py",
    }


def test_the_tests_in_the_docs_pass(run_task, hook_session):
    names = {}
    exec(compile(block("task-tests"), "ship-a-task-package.md", "exec"), names)  # noqa: S102 - our own page
    names["test_the_task_counts_atoms"](run_task)
    names["test_its_def_file_has_no_fault"](hook_session)


def test_the_sink_of_the_package_records_a_job_once_however_often_it_is_told(tmp_path):
    from site_crystals.sink import Sink

    class TestSink(SinkContract):
        plugin = Sink

        def options(self, directory):
            return {"directory": str(directory)}

    TestSink().test_recording_twice_changes_nothing(tmp_path)


def providing(def_file):
    class Bringer:
        @hookimpl
        def register_tasks(self):
            yield TaskDescription(name="site_count", title="T", script="its:Own", def_file=def_file)

    return Bringer


def test_the_docs_quote_the_message_about_an_invalid_def_file(hook_session, entry_point, tmp_path):
    path = tmp_path / "site_count.def.xml"
    shutil.copyfile(PACKAGE / "src/site_crystals/site_count.def.xml", path)
    path.write_text(path.read_text().replace("CPdbDataFile", "CPdbDatafile", 1))
    entry_point("site-tasks", providing(path))
    (problem,) = hook_session().tasks_left_out()
    assert problem.reason.replace(str(tmp_path), "/site") == block("fault").strip()


def test_the_docs_quote_the_message_about_a_clash(hook_session, entry_point):
    for name in ("site-tasks", "other-tasks"):
        entry_point(name, providing("site_crystals:site_count.def.xml"))
    (problem,) = hook_session().tasks_left_out()
    assert problem.reason == block("clash").strip()


def test_the_docs_describe_every_field_of_a_task():
    listed = {name for row in re.findall(r"^\| (`.*?) \|", SHIP, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert listed == {field.name for field in fields(TaskDescription)}


def test_the_docs_state_the_current_contract_version():
    assert f"It has a version, now {CONTRACT_VERSION}, that" in " ".join(SHIP.split())


def test_the_settings_in_the_docs_are_valid(tmp_path, monkeypatch):
    from site_crystals.sink import SinkSettings

    from ccp4hooks_database.settings import DatabaseSettings

    monkeypatch.delenv("DATABASE_URL", raising=False)
    path = tmp_path / "ccp4hooks.toml"
    path.write_text(block("settings", RUN))
    settings = load_settings(config=path)
    assert (settings.database, settings.projects_dir) == ("postgresql://i2@db.example.org/i2", Path("/data/projects"))
    assert settings.plugin("database", DatabaseSettings).wait_s == 60.0
    assert settings.plugin("site-sink", SinkSettings).directory == "/data/finished"
    assert {"site-tasks", "reflection-stats"} <= set(settings.allow)
    monkeypatch.setenv("CCP4HOOKS_DATABASE_WAIT_S", "90")
    assert load_settings(config=path).plugin("database", DatabaseSettings).wait_s == 90.0


def test_the_docs_explain_every_plugin_state():
    listed = re.findall(r"^\| `(\w+)` \|", RUN, re.MULTILINE)
    assert listed == [state.value for state in PluginState]


@pytest.fixture
def renamed(tmp_path, monkeypatch):
    """The package with a task that has a new name, as the page says."""
    copy = tmp_path / "src"
    shutil.copytree(PACKAGE / "src", copy)
    def_file = (copy / "site_crystals/site_count.def.xml").read_text(encoding="utf-8")
    (copy / "site_crystals/site_atoms.def.xml").write_text(def_file.replace("site_count", "site_atoms"), "utf-8")
    for name, text in (("site_renamed", "renamed"), ("site_deprecated", "deprecated")):
        (copy / f"{name}.py").write_text(block(text), encoding="utf-8")
    monkeypatch.syspath_prepend(str(copy))
    yield importlib.import_module("site_deprecated")
    for name in ("site_renamed", "site_deprecated"):
        sys.modules.pop(name, None)


def test_a_task_runs_under_both_names_and_the_old_one_is_deprecated(hook_session, renamed):
    session = hook_session(renamed)
    said = {}
    for task in ("site_count", "site_atoms"):
        outcome = session.run(task, {"XYZIN": sample("pdb")}, project="p").outcome
        said[task] = (outcome.status.name, [problem.message for problem in outcome.problems])
    assert said == {
        "site_count": ("FINISHED", ["The task site_count is now called site_atoms."]),
        "site_atoms": ("FINISHED", []),
    }


def test_a_job_of_a_task_that_no_longer_exists_is_shown_and_replayed_and_not_run(hook_session, memory_database):
    import site_crystals.tasks

    outcome = (
        hook_session(site_crystals.tasks, memory_database)
        .run("site_count", {"XYZIN": sample("pdb")}, project="p")
        .outcome
    )
    remove_tasks(["site_count"])
    later = hook_session(memory_database)
    assert [one.job for one in later.outcomes("p")] == [outcome.job]
    assert [one.job for one in later.replay("p", "1").outcomes] == [outcome.job]
    for call in (later.rerun, later.reglean):
        with pytest.raises(UnknownTaskError, match="Unknown task 'site_count'"):
            call("p", "1")


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_in_the_docs_are_valid(line):
    import shlex

    words = shlex.split(line)[1:]
    context = click.Context(cli, info_name="ccp4hooks")
    name, command, rest = cli.resolve_command(context, words)
    with command.make_context(name, rest, parent=context):
        pass


def test_the_docs_contain_commands():
    assert len(COMMANDS) > 10


def test_the_class_of_files_in_the_docs_is_used_and_its_reader_reads(hook_session, tmp_path, monkeypatch):
    (tmp_path / "site_spots.py").write_text(block("own-class"), encoding="utf-8")
    (tmp_path / "site_spots_plugin.py").write_text(block("own-type"), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugin = importlib.import_module("site_spots_plugin")
    assert hook_session(plugin).tasks_left_out() == ()
    assert "application/x-site-spots" in known_file_types()
    good, bad = tmp_path / "a.spots", tmp_path / "b.spots"
    good.write_text("1 2 3\n", encoding="utf-8")
    bad.write_text("1 2\n", encoding="utf-8")
    assert read_fault(good, "application/x-site-spots") == ""
    assert "it has no line with three values" in read_fault(bad, "application/x-site-spots")
    spots = importlib.import_module("site_spots").CSpotsFile()
    for text, flag in (("1 2 3\n", 1), ("indexed\n1 2 3\n", 2)):
        good.write_text(text, encoding="utf-8")
        spots.setFullPath(str(good))
        assert int(spots.contentFlag) == flag
    (tmp_path / "found.spots").write_text("1 2 3\n" * 100, encoding="utf-8")
    (tmp_path / "spots_contract.py").write_text(block("own-type-test"), encoding="utf-8")
    contract = importlib.import_module("spots_contract").TestSpots()
    contract.test_its_classes_can_be_used(hook_session)
    contract.test_its_classes_of_files_are_described()
    contract.test_each_reader_has_a_sample()
    for form in FORMS:
        contract.test_it_reads_or_says_why_not(tmp_path, form)
    for name in ("site_spots", "site_spots_plugin", "spots_contract"):
        monkeypatch.delitem(sys.modules, name)
