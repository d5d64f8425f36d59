import json

import pytest
from click.testing import CliRunner

from ccp4hooks import TaskDescription, __version__, hookimpl
from ccp4hooks.cli import cli
from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.testing import HookRecorder


def providing(task):
    class Bringer:
        @hookimpl
        def register_tasks(self):
            yield TaskDescription(
                name=task, title="T", script="its:Own", def_file="ccp4hooks_demo:demo_pipeline.def.xml"
            )

    return Bringer


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def make(*words):
        return CliRunner().invoke(cli, ["plugins", *words])

    return make


def test_the_list_explains_how_to_enable_an_optional_plugin(call):
    assert "disabled: off by default; enable it with `-p model-stats`" in call().output
    states = {one["name"]: one["state"] for one in json.loads(call("--json", "-p", "model-stats").output)}
    assert (states["model-stats"], states["reflection-stats"]) == ("loaded", "disabled")


def test_the_settings_of_a_plugin_are_shown_with_their_sources(call, tmp_path, monkeypatch):
    (tmp_path / "ccp4hooks.toml").write_text("[plugins.validation]\nstrict = true")
    found = json.loads(call("show", "validation", "--json").output)["settings"]
    assert [(one["name"], one["type"], one["default"], one["value"]) for one in found] == [
        ("strict", "bool", False, True)
    ]
    assert found[0]["source"] == str(tmp_path / "ccp4hooks.toml")
    monkeypatch.setenv("CCP4HOOKS_VALIDATION_STRICT", "off")
    assert "$CCP4HOOKS_VALIDATION_STRICT" in call("show", "validation").output
    assert "wait_s" in call("show", "database").output
    assert "It declares no settings." in call("show", "kpi").output
    assert "It declares no settings." in call("show", "model-stats").output


def test_the_error_for_an_unknown_setting_is_one_line_with_plugin_file_and_suggestion(call, tmp_path):
    (tmp_path / "ccp4hooks.toml").write_text("[plugins.validation]\nstrickt = true")
    done = call()
    assert done.exit_code == 4
    (line,) = done.output.splitlines()
    assert "Unknown setting 'plugins.validation.strickt'; did you mean plugins.validation.strict? " in line
    assert line.endswith(f"It is set in {tmp_path / 'ccp4hooks.toml'}.")


def test_the_error_for_an_unknown_plugin_gives_the_nearest_name(call):
    assert "did you mean validation" in call("show", "validaton").output


def test_a_task_that_two_plugins_provide_is_reported_by_plugins_tasks_run_and_describe(call, entry_point, monkeypatch):
    for name in ("one", "two"):
        entry_point(name, providing("twice"))
    shown = {one["name"]: one["left_out"] for one in json.loads(call("--json").stdout)}
    (reason,) = shown["one"]
    assert reason.startswith("the plugins 'one' and 'two' offer a task 'twice'; none of them is used.")
    assert (shown["two"], shown["kpi"]) == ([reason], [])
    monkeypatch.setenv("COLUMNS", "500")
    assert call().stdout.count(reason) == 2
    listed = CliRunner().invoke(cli, ["tasks", "twice"])
    assert (listed.stdout, reason in listed.stderr) == ("", True)
    for command in ("run", "describe"):
        refused = CliRunner().invoke(cli, [command, "twice"])
        assert refused.exit_code == 4, refused.stderr
        assert f"The task 'twice' cannot be used:\n  - {reason}" in refused.stderr


def test_the_faults_of_a_plugin_are_shown_with_it_and_counted_in_the_list(call, entry_point):
    class Faulty:
        @hookimpl
        def register_tasks(self):
            for at in range(3):
                yield TaskDescription(name=f"site_{at}", title="T", script="its:Own", def_file=f"/no_{at}.def.xml")

    entry_point("faulty", Faulty)
    head, settings, *faults = call("show", "faulty").stdout.splitlines()
    assert (head, settings) == ("faulty: loaded", "It declares no settings.")
    assert [line.partition(" of plugin")[0] for line in faults] == [f"Fault: the task 'site_{at}'" for at in range(3)]
    listed = call().stdout
    assert (listed.count("was left out"), "`ccp4hooks plugins show faulty` lists 2 more faults." in listed) == (1, True)


def test_the_start_up_time_of_each_plugin_is_shown(call):
    head, *rows = call("--timing").stdout.splitlines()
    assert head.split() == ["Plugin", "Start-up"]
    assert [row.split()[0] for row in rows][:2] == ["database", "file-import"]
    assert rows[0].split()[2] in {"ms", "s"}


def test_the_settings_of_a_disabled_plugin_are_shown(call):
    head, *rows = call("show", "notify").output.splitlines()
    assert head.startswith("notify: disabled: off by default")
    assert "timeout_s" in {row.split()[0] for row in rows}
    assert "strict" in call("show", "validation", "-p", "no:validation").output
    assert "wait_s" in call("show", "database", "--no-autoload").output


def test_a_plugin_that_is_not_allowed_is_not_imported_to_show_its_settings(call, tmp_path, entry_point):
    entry_point("costly", "no_such_module_anywhere")
    (tmp_path / "ccp4hooks.toml").write_text('[plugins]\nallow = ["kpi"]')
    done = call("show", "costly")
    assert done.output.splitlines()[1:] == [
        "Its settings are unknown: it is not in the list plugins.allow and was not imported."
    ]
    (tmp_path / "ccp4hooks.toml").write_text('use = ["no:costly"]')
    assert "is disabled and cannot be imported: ModuleNotFoundError" in call("show", "costly").output


def test_the_warning_about_two_plugins_of_the_same_name_gives_both_distributions(call, entry_point):
    entry_point("kpi", HookRecorder())
    (line,) = [line for line in call().output.splitlines() if line.startswith("Warning")]
    assert "the plugin kpi is not used (conflict): kit-kpi 1.0 (ccp4hooks_kit_0:plugin in " in line
    assert f" and ccp4hooks {__version__} (ccp4hooks_kpi in " in line
    assert line.endswith(" provide a plugin with this name; uninstall all but one")
    assert not [line for line in call("-p", "no:kpi").output.splitlines() if line.startswith("Warning")]


def test_without_autoload_all_installed_plugins_are_listed(call, entry_point):
    entry_point("beside", HookRecorder())
    whys = {one["name"]: one["why"] for one in json.loads(call("--json", "--no-autoload").output)}
    assert whys["beside"] == whys["kpi"] == "not requested, and autoload is off (option --no-autoload)"


def test_all_hooks_are_listed_with_kind_and_the_plugins_that_implement_them(call, entry_point):
    entry_point("recorder", HookRecorder())
    head, *rows = call("--hooks").output.splitlines()
    assert head.split() == ["Hook", "Kind", "Called", "Plugins"]
    assert [row.split("(")[0] for row in rows] == list(HOOKS)
    (row,) = [row for row in rows if row.startswith("glean_kpi(job, script)")]
    assert " COLLECT " in row
    assert HOOKS["glean_kpi"].when in row
    assert row.endswith("recorder, kpi")


def test_all_hooks_are_listed_as_json(call):
    listed = json.loads(call("--hooks", "--json", "-p", "no:database").output)
    assert [one["name"] for one in listed] == list(HOOKS)
    (opens,) = [one for one in listed if one["name"] == "open_job"]
    assert opens == {
        "name": "open_job",
        "arguments": ["request"],
        "kind": "FIRST",
        "when": HOOKS["open_job"].when,
        "plugins": [],
    }


def test_one_hook_is_shown(call):
    found = json.loads(call("--hooks", "--hook", "glean_kpi", "--json").output)
    assert [(one["name"], one["plugins"]) for one in found] == [("glean_kpi", ["kpi"])]
    lines = call("--hooks", "--hook", "glean_kpi").output.splitlines()
    assert [line.split()[0] for line in lines] == ["Hook", "glean_kpi(job,"]
    unknown = call("--hooks", "--hook", "glean_kpis")
    assert (unknown.exit_code, "did you mean glean_kpi" in unknown.output) == (4, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nan", "it must be a finite number."),
        ("inf", "it must be a finite number."),
        ("-1.0", "it must be at least 0."),
        ("1e300", "it must be at most 2.592e+06."),
    ],
)
def test_a_setting_that_is_not_finite_or_out_of_its_limits_is_bad_input(call, tmp_path, monkeypatch, text, why):
    (tmp_path / "ccp4hooks.toml").write_text(f"[plugins.database]\nwait_s = {text}")
    done = call()
    place = f"The setting plugins.database.wait_s in {tmp_path / 'ccp4hooks.toml'}"
    assert (done.exit_code, done.output) == (4, f"Error: {place} is {float(text)}; {why}\n")
    (tmp_path / "ccp4hooks.toml").unlink()
    monkeypatch.setenv("CCP4HOOKS_DATABASE_WAIT_S", text)
    done = call()
    place = "The environment variable CCP4HOOKS_DATABASE_WAIT_S"
    assert (done.exit_code, done.output) == (4, f"Error: {place} is {float(text)}; {why}\n")


REQUIRED = """
from dataclasses import dataclass
from ccp4hooks import hookimpl

@dataclass
class Own:
    url: str
    size: float = 1.5

ccp4hooks_settings = Own

@hookimpl
def glean_kpi():
    return ()
"""


def test_a_setting_without_a_default_is_shown_and_must_be_set(call, tmp_path, monkeypatch):
    (tmp_path / "req_plugin.py").write_text(REQUIRED)
    monkeypatch.syspath_prepend(str(tmp_path))
    done = call("-p", "req_plugin")
    message = (
        "Error: The plugin 'req_plugin' needs the setting plugins.req_plugin.url. Set it in the settings file, or set "
        "the environment variable CCP4HOOKS_REQ_PLUGIN_URL.\n"
    )
    assert (done.exit_code, done.output) == (4, message)
    monkeypatch.setenv("CCP4HOOKS_REQ_PLUGIN_URL", "http://a")
    found = json.loads(call("-p", "req_plugin", "show", "req_plugin", "--json").output)["settings"]
    assert [(one["name"], one["type"], one["default"], one["value"], one["source"]) for one in found] == [
        ("url", "str", None, "http://a", "$CCP4HOOKS_REQ_PLUGIN_URL"),
        ("size", "float", 1.5, 1.5, "default"),
    ]
