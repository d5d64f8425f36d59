"""Control characters in texts from data do not reach the terminal, whatever command shows them."""

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from acceptance.conftest import Command

from ccp4hooks.cli import COMMANDS

HOSTILE = "H\x1b]0;owned\x07\x1b[31m\x9b2J\x7f\u202e\u2066\u2028\r\nError: forged\x08"
FILE = "m\x1b]0;owned\x07\n\u202e.pdb"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
OWNED = re.compile("\x1b]0|\x9b|\x7f|[\u2028\u202e\u2066]|^Error: forged", re.MULTILINE)

PLUGIN = f"""
from ccp4hooks import FileMetadata, Kpi, KpiDescription, Problem, Severity, TaskDescription, hookimpl

HOSTILE = {HOSTILE!r}

@hookimpl
def register_tasks():
    yield TaskDescription(
        name="hostile_task", title=HOSTILE, description=HOSTILE, script="no_script:Nothing", def_file="/no" + HOSTILE
    )

@hookimpl
def examine():
    return [HOSTILE]

@hookimpl
def init_store():
    return [HOSTILE]

@hookimpl
def glean_file(job, file):
    return FileMetadata(annotation=HOSTILE, extra={{"text": HOSTILE}})

@hookimpl
def glean_kpi(job):
    yield Kpi(key="kpi", value=HOSTILE, unit="u\\x1b]0;", description=HOSTILE)
    yield Kpi(key="second", value=1)

@hookimpl
def describe_kpis():
    yield KpiDescription(key="second", title=HOSTILE, unit="u\\x1b]0;", group=HOSTILE)

@hookimpl
def check_file(job, file):
    yield Problem(severity=Severity.WARNING, message=HOSTILE, cure=HOSTILE, parameter=HOSTILE)

@hookimpl
def post_execute(job):
    raise ValueError(HOSTILE)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory, data):
    """A directory with a hostile name, in which a job with hostile texts has run; the command, and what `run` said."""
    folder = tmp_path_factory.mktemp("hostile") / "d\x1b]0;owned\x07"
    folder.mkdir()
    (folder / "hostile_plugin.py").write_text(PLUGIN, encoding="utf-8")
    shutil.copy(data / "chainsaw/test_data/1a80_A.pdb", folder / FILE)
    (folder / "shared").mkdir()
    (folder / "shared" / "ccp4hooks.toml").touch()
    (folder / "shared").chmod(0o777)
    command = Command(
        folder,
        DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}",
        CCP4I2_PROJECTS_DIR=str(folder / "projects"),
        CCP4HOOKS_PLUGINS="hostile_plugin",
        CCP4HOOKS_PROJECT="p",
    )
    said = command("run", "coordinate_selector", f"XYZIN={FILE}", "--title", HOSTILE, "--trace", "--timing")
    assert said.returncode == 0, said.stderr
    return command, said


CASES = {
    "run": ["run", "coordinate_selector", f"XYZIN=no{FILE}"],
    "rerun": ["rerun", "1", HOSTILE],
    "sweep": ["sweep", "coordinate_selector", f"XYZIN={FILE}", f"TITLE={HOSTILE}"],
    "submit": ["submit", "coordinate_selector", f"XYZIN={FILE}", "--on", HOSTILE],
    "retry": ["retry", "1", "--on", "local", "--queue", HOSTILE],
    "execute": ["execute", HOSTILE, "--attempt", "1"],
    "save-params": ["save-params", "1", "-o", f"no{FILE}/x.toml"],
    "export": ["export", "1", "--csv", f"made{FILE}"],
    "import": ["import", f"no{FILE}"],
    "tasks": ["tasks", HOSTILE],
    "describe": ["describe", HOSTILE],
    "plugins": ["plugins"],
    "projects": ["projects"],
    "jobs": ["jobs"],
    "kpis": ["kpis", "p"],
    "show": ["show", "1"],
    "compare": ["compare", "--task", HOSTILE],
    "cite": ["cite", "p"],
    "report": ["report", "p", "-o", f"made{FILE}.html"],
    "graph": ["graph", "p"],
    "plot": ["plot", HOSTILE],
    "log": ["log", "1"],
    "serve": ["serve", "--host", HOSTILE],
    "watch": ["watch", HOSTILE],
    "wait": ["wait", HOSTILE],
    "rename": ["rename", "1", HOSTILE],
    "note": ["note", HOSTILE, "n"],
    "tag": ["tag", "1", HOSTILE, "--remove"],
    "init": ["init"],
    "config": ["config"],
    "doctor": ["doctor"],
    "enable": ["enable", "--python", f"/no{FILE}"],
    "disable": ["disable", "--python", f"/no{FILE}"],
    "cancel": ["cancel", HOSTILE],
    "recover": ["recover", HOSTILE],
    "replay": ["replay", "1"],
    "reglean": ["reglean", "1"],
    "delete": ["delete", "1", "--dry-run"],
    "trash": ["trash", HOSTILE],
    "restore": ["restore", HOSTILE],
    "purge": ["purge", HOSTILE],
    "clean": ["clean", "p", HOSTILE],
    "verify": ["verify", "p"],
    "trust": ["trust", "shared"],
    "docs": ["docs", HOSTILE],
    "completion": ["completion", HOSTILE],
    "new-plugin": ["new-plugin", HOSTILE],
    "demo": ["demo", f"no\n{FILE}"],
}
MORE = {
    "run a task that fails": ["--debug", "run", "hostile_task"],
    "a usage error": ["run", "freerflag", HOSTILE],
    "an option": [f"--{HOSTILE}"],
    "a command": [HOSTILE],
    "a plugin": ["-p", HOSTILE, "plugins"],
    "a settings file": ["--config", f"no{FILE}", "plugins"],
    "a database": ["--database", f"sqlite:////{FILE}/x", "jobs"],
    "a project": ["jobs", HOSTILE],
    "a new project": ["projects", "create", HOSTILE],
    "kpis as CSV": ["kpis", "p", "--csv"],
    "a title of a KPI": ["jobs", "--kpi", "second=1"],
    "everything of a job": ["show", "1", "--all"],
    "a condition": ["jobs", "--kpi", HOSTILE],
    "a search": ["docs", "--search", HOSTILE],
    "pages": ["docs", HOSTILE, HOSTILE],
    "a new name": ["projects", "rename", "p", HOSTILE],
    "a directory to adopt": ["replay", "--from", f"no{FILE}"],
    "a shared directory": ["plugins"],
    "debug": ["--debug", "show", HOSTILE],
}


@pytest.fixture(scope="module")
def finished(place):
    """The results of all cases by name."""
    command, _ = place
    shared = Command(command.directory / "shared", **command.variables | {"CCP4HOOKS_PLUGINS": ""})
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {
            case: pool.submit(shared if case == "a shared directory" else command, *words)
            for case, words in (CASES | MORE).items()
        }
    return {case: future.result() for case, future in running.items()}


def test_every_command_is_tested():
    assert sorted(CASES) == sorted(COMMANDS)


@pytest.mark.parametrize("case", [*CASES, *MORE])
def test_no_control_character_is_written(finished, case):
    done = finished[case]
    assert done.stdout + done.stderr
    for text in (done.stdout, done.stderr):
        assert not CONTROL.findall(text), text
        # A traceback has lines of its own.
        assert "--debug" in (CASES | MORE)[case] or not OWNED.findall(text), text


def test_progress_trace_and_result_of_a_job_are_escaped(place):
    _, said = place
    for text in (said.stdout, said.stderr):
        assert not CONTROL.findall(text), text
        assert not OWNED.findall(text), text
    shown = "H\\x1b]0;owned\\x07\\x1b[31m\\x9b2J\\x7f\\u202e\\u2066\\u2028"
    assert said.stdout.count(shown) > 4
    kpi = next(line for line in said.stdout.splitlines() if re.match(r"1 +kpi ", line))
    assert f"{shown}\\r\\nError: forged\\x08" in kpi


@pytest.mark.parametrize("words", [["show", "1"], ["jobs"], ["plugins"], ["projects"]])
def test_the_styled_output_of_a_terminal_is_escaped(place, words):
    command, _ = place
    done = command(*words, FORCE_COLOR="1", TERM="xterm-256color", COLUMNS="4000")
    assert done.returncode == 0, done.stderr
    assert "\x1b[" in done.stdout
    assert not OWNED.findall(done.stdout)


@pytest.mark.parametrize("words", [["show", "1"], ["jobs"], ["projects"], ["plugins"]])
def test_json_keeps_the_data_and_escapes_them_as_json(place, words):
    command, _ = place
    done = command(*words, "--json")
    assert done.returncode == 0, done.stderr
    assert not CONTROL.findall(done.stdout)
    read = json.loads(done.stdout)
    if words[0] == "show":
        (outcome,) = read["outcomes"]
        assert outcome["job"]["title"] == HOSTILE
        assert {kpi["key"]: kpi["value"] for kpi in outcome["kpis"]}["kpi"] == HOSTILE
        assert outcome["files"][0]["extra"] == {"text": HOSTILE}
    if words[0] == "projects":
        assert read[0]["directory"] == os.fspath(command.directory / "projects" / "p")
