"""The checks of ``ccp4hooks doctor``."""

import json
import os
import sys

import pytest
from click.testing import CliRunner
from unit.samples import make_settings, tiny

from ccp4hooks import PluginError, StoreError, open_session
from ccp4hooks.cli import cli
from ccp4hooks.cli.commands import doctor
from ccp4hooks.i2 import versions


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in an empty directory without the database plugin; return its exit code and findings."""
    for name in [one for one in os.environ if one.startswith(("CCP4", "DATABASE_URL", "DJANGO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "no:database")
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", str(tmp_path / "projects"))
    monkeypatch.chdir(tmp_path)

    def doctor_says(*words):
        result = CliRunner().invoke(cli, ["doctor", "--json", *words])
        said = json.loads(result.stdout)
        assert result.exit_code == said["exit_code"]
        return said["exit_code"], [(found["about"], found["text"], found["exit_code"]) for found in said["findings"]]

    return doctor_says


@pytest.fixture
def with_plugin(tmp_path, monkeypatch):
    """Return the findings for a session with one tiny plugin."""

    def findings(function):
        session = open_session(make_settings(tmp_path), extra={"tiny": tiny(function)})
        return [(one.about, one.text, one.exit_code) for one in doctor.session_findings(session)][1:]

    return findings


def texts(findings, about):
    return [text for topic, text, _ in findings if topic == about]


def wrong(findings):
    return [(about, code) for about, _, code in findings if code]


def test_a_working_installation_exits_with_0_and_shows_versions_settings_and_projects(run, tmp_path):
    code, findings = run()
    assert code == 0
    assert wrong(findings) == []
    assert texts(findings, "ccp4i2")[0][0].isdecimal()
    assert sys.executable in texts(findings, "Python")[0]
    assert "no settings file found" in texts(findings, "settings")[0]
    assert texts(findings, "projects") == [
        f"in {tmp_path / 'projects'} (does not exist yet; the first project creates it)"
    ]


def test_an_untested_version_of_ccp4i2_is_named_and_is_not_a_problem(run, monkeypatch):
    assert len(texts(run()[1], "ccp4i2")) == 1
    monkeypatch.setattr(versions, "TESTED", ("2.9", "3.0"))
    code, findings = run()
    assert code == 0
    number, warning = texts(findings, "ccp4i2")
    assert warning == f"ccp4hooks has not been tested with CCP4i2 {number}. It was tested with 2.9 and 3.0."


@pytest.mark.parametrize(
    ("words", "code"), [(["describe", "nothing"], 4), (["run", "freerflag"], 4), (["projects"], 0), (["--nothing"], 2)]
)
def test_a_command_that_fails_with_an_untested_version_names_it_first(run, monkeypatch, words, code):
    monkeypatch.setattr(versions, "TESTED", ("2.9", "3.0"))
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == code
    warning = f"Warning: ccp4hooks has not been tested with CCP4i2 {versions.installed()}."
    assert result.stderr.startswith(warning) is (code == 4)
    monkeypatch.undo()
    assert "tested" not in CliRunner().invoke(cli, words).stderr


def test_a_disabled_plugin_is_listed_with_the_reason_and_is_not_a_problem(run):
    code, findings = run()
    assert code == 0
    assert "database: disabled: switched off by no:database ($CCP4HOOKS_PLUGINS)" in texts(findings, "plugin")


def test_without_autoload_installed_plugins_are_still_listed(run, entry_point):
    entry_point("beside", "no_such_module_anywhere")
    said = texts(run("--no-autoload")[1], "plugin")
    assert "beside: disabled: not requested, and autoload is off (option --no-autoload)" in said


def test_the_settings_file_in_use_is_shown(run, tmp_path):
    (tmp_path / "ccp4hooks.toml").write_text('project = "toxd"\n')
    assert texts(run()[1], "settings") == [f"from {tmp_path / 'ccp4hooks.toml'}"]


def test_an_unreadable_settings_file_is_a_problem_and_the_other_checks_still_run(run, tmp_path):
    (tmp_path / "ccp4hooks.toml").write_text("project = \n")
    code, findings = run()
    assert code == 4
    assert wrong(findings) == [("settings", 4)]
    assert texts(findings, "Python")
    assert texts(findings, "CCP4")


def test_an_unknown_plugin_is_a_problem(run):
    code, findings = run("-p", "nowhere")
    assert code == 4
    assert wrong(findings) == [("plugins", 4)]


def test_a_plugin_that_fails_to_configure_is_a_problem(run, tmp_path, monkeypatch):
    (tmp_path / "broken_at_start.py").write_text(
        "from ccp4hooks import hookimpl\n\n\n@hookimpl\ndef configure(settings):\n    raise ValueError('no licence')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    code, findings = run("-p", "broken_at_start")
    assert code == PluginError.exit_code
    assert wrong(findings) == [("plugin", PluginError.exit_code)]
    (finding,) = [text for text in texts(findings, "plugin") if "broken_at_start" in text]
    assert "no licence" in finding


def test_a_projects_directory_that_is_a_file_is_a_problem(run, tmp_path):
    (tmp_path / "projects").touch()
    code, findings = run()
    assert code == 4
    assert wrong(findings) == [("projects", 4)]


def test_the_results_of_examine_are_shown_and_its_errors_set_the_exit_code(with_plugin):
    def examine():
        return ["the store is at home", StoreError("The store\nis full.")]

    assert with_plugin(examine) == [
        ("tiny", "the store is at home", 0),
        ("tiny", "The store is full.", StoreError.exit_code),
    ]


def test_a_plugin_that_raises_in_examine_is_a_problem(with_plugin):
    def examine():
        raise RuntimeError("lost")

    ((about, text, code),) = with_plugin(examine)
    assert (about, code) == ("plugin", PluginError.exit_code)
    assert "RuntimeError: lost" in text


def test_ccp4_is_shown_with_its_python_and_whether_ccp4hooks_is_installed_there(run, tmp_path, monkeypatch):
    monkeypatch.delenv("CLIBD_MON", raising=False)
    assert "$CCP4 is not set" in texts(run()[1], "CCP4")[0]
    programs = tmp_path / "ccp4" / "bin"
    programs.mkdir(parents=True)
    python = programs / "ccp4-python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("CCP4", str(programs.parent))
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    home, library, program = texts(run()[1], "CCP4")
    assert library.startswith("$CLIBD_MON is not set: refinements find no monomer library. Set it to the directory of")
    assert home == f"$CCP4 is {programs.parent}"
    assert program.startswith(f"ccp4-python, which CCP4i2's server uses to run jobs, is {python}; ")
    assert program.endswith("ccp4hooks is installed there")
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    assert "ccp4hooks is not installed there" in texts(run()[1], "CCP4")[2]
    python.write_text("#!/nowhere/python\n")
    assert "cannot be run" in texts(run()[1], "CCP4")[2]
    (tmp_path / "monomers").mkdir()
    monkeypatch.setenv("CLIBD_MON", str(tmp_path / "monomers"))
    assert texts(run()[1], "CCP4")[1] == f"$CLIBD_MON is {tmp_path / 'monomers'}, the monomer library for refinements"


def test_a_missing_ccp4_directory_is_reported(run, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4", str(tmp_path / "gone"))
    assert "which is not a directory" in texts(run()[1], "CCP4")[0]


def test_problems_are_marked_in_the_text_output(run, tmp_path):
    (tmp_path / "projects").touch()
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == 4
    (line,) = [line for line in result.stdout.splitlines() if "PROBLEM" in line]
    assert line.split()[:2] == ["projects", "PROBLEM:"]
