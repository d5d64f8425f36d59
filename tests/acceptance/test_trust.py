"""A settings file that was found runs no code until `ccp4hooks trust`; the README's commands need no extra step."""

import json
import re

import pytest

MODULE = """
from pathlib import Path
Path({ran!r}).touch()
from ccp4hooks import Kpi, hookimpl

@hookimpl
def glean_kpi(job):
    yield Kpi(key="evil", value=1)
"""


@pytest.fixture
def ran(tmp_path):
    """A file that exists once code of the directory has run; the settings file and the module are there."""
    path = tmp_path / "ran"
    (tmp_path / "evil_beside.py").write_text(MODULE.format(ran=str(path)), encoding="utf-8")
    (tmp_path / "ccp4hooks.toml").write_text(
        'project = "mine"\nuse = ["evil_beside", "notify"]\n'
        f'[plugins.notify]\ncommand = "touch {path}"\n[plugins.evil_beside]\n',
        encoding="utf-8",
    )
    tmp_path.chmod(0o755)
    return path


def kpis(done):
    return {kpi["key"] for outcome in json.loads(done.stdout)["outcomes"] for kpi in outcome["kpis"]}


def test_code_runs_only_after_trust_and_no_longer_after_a_change_or_revoke(command, ran, data, tmp_path):
    words = ["run", "coordinate_selector", f"XYZIN={data / 'chainsaw/test_data/1a80_A.pdb'}", "--json"]
    first = command(*words)
    assert (first.returncode, kpis(first), ran.exists()) == (0, {"nAtoms", "nResidues"}, False)
    said = [line for line in first.stderr.splitlines() if line.startswith("Warning: ")]
    assert [line.split(": ")[1] for line in said] == [
        "the plugin notify is not used (untrusted)",
        "the plugin evil_beside is not used (untrusted)",
    ]
    assert all(f"run `ccp4hooks trust {tmp_path}` if you trust it" in line for line in said)
    assert json.loads(first.stdout)["outcomes"][0]["job"]["project"]["name"] == "mine"

    done = command("trust")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"Trusted {tmp_path}/ccp4hooks.toml as it is now.\n", "")
    second = command(*words)
    assert (second.returncode, kpis(second), ran.exists()) == (0, {"nAtoms", "nResidues", "evil"}, True)
    listed = json.loads(command("trust", "--list", "--json").stdout)
    assert [(one["path"], one["state"]) for one in listed] == [(f"{tmp_path}/ccp4hooks.toml", "trusted")]

    done = command("trust", "--revoke", tmp_path)
    assert (done.returncode, done.stdout) == (0, f"No longer trusted: {tmp_path}/ccp4hooks.toml\n")
    ran.unlink()
    assert (command(*words).returncode, ran.exists()) == (0, False)

    command("trust", tmp_path / "ccp4hooks.toml")
    with (tmp_path / "ccp4hooks.toml").open("a") as stream:
        stream.write("# changed\n")
    assert (command(*words).returncode, ran.exists()) == (0, False)
    assert "changed; trust it again" in command("trust", "--list").stdout


def test_plugins_and_doctor_show_what_was_ignored_and_what_to_do(command, ran, tmp_path):
    assert command("init").returncode == 0
    for words in (["plugins"], ["doctor"]):
        done = command(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        for why in ("it is not an installed plugin, and", "the setting plugins.notify.command runs code and is in"):
            assert re.search(f"untrusted: {why} {tmp_path}/ccp4hooks.toml.*`ccp4hooks trust {tmp_path}`", done.stdout)
    done = command("plugins", "show", "notify")
    assert f"Ignored: the setting plugins.notify.command runs code and is in {tmp_path}/ccp4hooks.toml" in done.stdout
    (tmp_path / "ccp4hooks.toml").chmod(0o666)
    done = command("doctor")
    line = f"Ignored the settings file {tmp_path}/ccp4hooks.toml: every user can write to it."
    assert done.stderr.startswith(line)
    assert re.search(f"^settings +{re.escape(line)}", done.stdout, re.MULTILINE)
    assert not ran.exists()


@pytest.mark.parametrize("name", ["--config", "-p"])
def test_the_command_line_is_trusted(command, ran, tmp_path, name):
    done = command("plugins", name, tmp_path / "ccp4hooks.toml" if name == "--config" else "evil_beside")
    assert (done.returncode, ran.exists()) == (0, True)


def test_a_file_that_everyone_can_write_cannot_be_trusted(command, ran, tmp_path):
    (tmp_path / "ccp4hooks.toml").chmod(0o666)
    done = command("trust")
    assert done.returncode == 4
    assert done.stderr.startswith(
        f"Error: {tmp_path}/ccp4hooks.toml cannot be trusted: every user can write to it. Move it"
    )
    assert not ran.exists()


def test_a_link_in_a_directory_of_others_cannot_be_trusted(command, ran, tmp_path):
    path = tmp_path / "ccp4hooks.toml"
    assert command("trust").returncode == 0
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "ccp4hooks.toml").symlink_to(path)
    shared.chmod(0o777)
    done = command("trust", shared)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        f"Error: {shared}/ccp4hooks.toml cannot be trusted: every user can write to its directory {shared}. "
        f"It is a link to {path}. Work in the directory of that file, or use `--config {path}`.\n"
    )
    assert not ran.exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["trust", "{empty}"], 4, "There is no settings file ccp4hooks.toml in {empty} or above it."),
        (
            ["trust", "{empty}/nowhere.toml"],
            4,
            "{empty}/nowhere.toml does not exist, or cannot be reached. Give a directory",
        ),
        (["trust", "{empty}/no/where"], 4, "{empty}/no/where does not exist, or cannot be reached. Give a directory"),
        (["trust", "--revoke"], 4, "No settings file in {folder} or above it is trusted. No file is trusted."),
        (["trust", "--revoke", "--list"], 2, "Give only one of --list and --revoke."),
    ],
)
def test_errors_of_trust(command, tmp_path, words, code, message):
    (tmp_path / "empty").mkdir()
    names = {"empty": tmp_path / "empty", "folder": tmp_path}
    done = command(*(word.format(**names) for word in words))
    assert done.returncode == code
    assert message.format(**names) in done.stderr


def test_the_demo_directory_needs_no_trust(demo):
    done = demo.command("jobs")
    assert (done.returncode, done.stderr) == (0, "")
    assert "demo_pipeline" in demo.read("describe", "demo_pipeline")
