"""Each setting is shown with its value in force and the place that it comes from."""

import json

import pytest
from click.testing import CliRunner

from ccp4hooks.cli import cli

SECRET = "sw0rdfish"  # noqa: S105 - the test looks for it


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "CCP4I2_PROJECTS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))

    def make(*words, code=0):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == code, done.output
        return done

    return make


def settings(done):
    found = json.loads(done.stdout)["settings"]
    return {one["name"]: (one["value"], one["source"]) for one in found}


def test_without_settings_everything_is_a_default(call, tmp_path):
    found = settings(call("config", "--json"))
    assert {source for _, source in found.values()} == {"default"}
    assert found["project"] == ("ccp4hooks", "default")
    assert found["projects_dir"][0].startswith(str(tmp_path / "home"))
    assert found["database"] == (None, "default")
    assert found["plugins.validation.strict"] == (False, "default")


def test_each_source_is_named(call, tmp_path, monkeypatch):
    file = tmp_path / "ccp4hooks.toml"
    file.write_text(
        'project = "a"\nprojects_dir = "/from/file"\nslow_hook_s = 0\nuse = ["no:kpi"]\n'
        '[plugins]\nallow = ["database", "validation", "kpi"]\n[plugins.validation]\nstrict = true\n'
    )
    monkeypatch.setenv("CCP4HOOKS_PROJECT", "b")
    monkeypatch.setenv("CCP4HOOKS_DATABASE_WAIT_S", "7")
    found = settings(call("config", "--json", "--projects-dir", "/from/option", "--debug"))
    assert found["(settings file)"] == (str(file), "default")
    assert found["project"] == ("b", "$CCP4HOOKS_PROJECT")
    assert found["projects_dir"] == ("/from/option", "option --projects-dir")
    assert found["slow_hook_s"] == (0.0, str(file))
    assert found["use"] == ("no:kpi", str(file))
    assert found["plugins.allow"] == (["database", "validation", "kpi"], str(file))
    assert found["plugins.validation.strict"] == (True, str(file))
    assert found["plugins.database.wait_s"] == (7.0, "$CCP4HOOKS_DATABASE_WAIT_S")
    assert found["(debug)"] == (True, "option --debug")
    lines = call("config", "--config", str(file)).stdout.splitlines()
    assert lines[0].split() == ["Setting", "Value", "Source"]
    assert [line.split() for line in lines if line.startswith("projects_dir")] == [
        ["projects_dir", "/from/file", str(file)]
    ]
    assert settings(call("config", "--json", "--config", str(file)))["(settings file)"][1] == "option --config"


def test_no_secret_is_shown(call, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://ada:{SECRET}@host/name?password={SECRET}")
    monkeypatch.setenv("CCP4HOOKS_NOTIFY_URL", f"https://example.org/{SECRET}")
    words = ("config", "-p", "notify", "-v")
    for done in (call(*words), call(*words, "--json")):
        assert SECRET not in done.stdout + done.stderr
        assert "postgresql://***@host/name?***" in done.stdout


def test_a_quiet_command_writes_no_warning_and_a_verbose_one_names_what_is_in_use(call, tmp_path):
    (tmp_path / "broken.py").write_text("import nothing_of_this_name")
    words = ("projects", "-p", "no:database", "-p", "no:kpi")
    assert call(*words).stderr == "No projects yet. `ccp4hooks run` creates one.\n"
    assert call(*words, "-q").stderr == call("-q", *words).stderr == ""
    lines = call("-v", *words).stderr.splitlines()
    assert lines[:2] == ["settings file: none", "database: the default of CCP4i2"]
    assert lines[3] == "plugins: file-import, validation"
    assert lines[-1].startswith("duration: ")
    assert call(*words).stderr == "No projects yet. `ccp4hooks run` creates one.\n"


def test_an_error_is_written_by_a_quiet_command_too(call):
    words = ("jobs", "nothing", "-p", "no:database")
    assert "Error: Unknown project 'nothing'" in call(*words, "-q", code=4).stderr
    assert "Give only one of --quiet and --verbose." in call(*words, "-q", "-v", code=2).stderr


@pytest.mark.parametrize("word", ["-q", "-v"])
def test_every_command_takes_the_options(call, word):
    from ccp4hooks.cli import COMMANDS

    for name in COMMANDS:
        assert "Usage:" in call(name, word, "--help").stdout
