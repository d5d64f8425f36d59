import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HEAVY = {"django", "ccp4i2", "asyncio", "structlog", "gemmi", "numpy"}
WATCH = """
import json, runpy, sys
sys.argv = ["ccp4hooks", *{arguments!r}]
try:
    {code}
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def loaded(code, *arguments):
    """Top-level names of all modules that are loaded once the code has run in a Python of its own."""
    script = WATCH.format(code=code, arguments=arguments)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in json.loads(done.stderr)}


def test_importing_ccp4hooks_loads_nothing_heavy():
    assert loaded("from ccp4hooks import *") & HEAVY == set()


def test_a_name_costs_only_what_it_is_made_of():
    script = WATCH.format(code="from ccp4hooks import Kpi, hookimpl", arguments=())
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert {"ccp4hooks.session", "importlib.metadata"} & set(json.loads(done.stderr)) == set()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_command_tells_of_itself_without_loading_anything_heavy(option):
    names = loaded("runpy.run_module('ccp4hooks.cli', run_name='__main__')", option)
    assert "ccp4hooks" in names
    assert names & HEAVY == set()


@pytest.mark.parametrize("line", ["ccp4hooks ru", "ccp4hooks run freerflag F", "ccp4hooks kpis toxd R"])
def test_words_are_completed_without_loading_anything_heavy(line, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CCP4HOOKS_COMPLETION_REFRESH", "0")
    monkeypatch.setenv("_CCP4HOOKS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    names = loaded("runpy.run_module('ccp4hooks.cli', run_name='__main__')")
    assert "click" in names
    # Python 3.10 itself loads subprocess with uuid, which click loads.
    assert (names - loaded("import click")) & {*HEAVY, "msgspec", "pluggy", "rich", "subprocess"} == set()


def test_loading_the_plugins_loads_nothing_heavy():
    code = "import ccp4hooks; ccp4hooks.open_session(ccp4hooks.Settings(projects_dir='/nowhere'))"
    names = loaded(code)
    assert {"ccp4hooks_database", "ccp4hooks_kpi"} <= names
    assert names & HEAVY == set()


def test_the_watch_sees_what_is_loaded():
    assert {"asyncio", "gemmi"} <= loaded("import asyncio, gemmi")


RUN = """
import atexit, dataclasses, gc, json, sys

made = []
collected = []


def counted(make):
    def counting(kind, *arguments, **options):
        made.append(kind.__module__)
        return make(kind, *arguments, **options)

    return counting


def write():
    facts = {"modules": sorted(sys.modules), "dataclasses": made, "collections": collected}
    print(json.dumps({**facts, "frozen": gc.get_freeze_count()}), file=sys.stderr)


dataclasses._process_class = counted(dataclasses._process_class)
gc.callbacks.append(lambda phase, facts: phase == "start" and collected.append(facts["generation"]))
atexit.register(write)
from ccp4hooks.cli import main

main()
"""
"""Runs the command, and writes what it has loaded, made and searched."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """What a process that runs a task has loaded and made, and how often it has looked for garbage."""
    home = tmp_path_factory.mktemp("home")
    file = Path(find_spec("ccp4i2").origin).with_name("wrappers") / "freerflag/test_data/rnase25_fsigf.mtz"
    words = ["--projects-dir", str(home / "projects"), "--database", f"sqlite:///{home}/db.sqlite3", "-q"]
    ran = ["run", "freerflag", f"F_SIGF={file}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CCP4HOOKS_")}
    environment |= {"CCP4I2_HOME": str(home), "HOME": str(home)}
    for count in (1, 2):  # The first run creates the database.
        done = subprocess.run(
            [sys.executable, "-c", RUN, *words, *ran],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=home,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert f"{count} freerflag FINISHED" in done.stdout
    return json.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize(
    "name", ["attr", "Bio.Align", "msgspec", "pygments", "rest_framework", "rich.console", "sqlparse.engine", "uvicorn"]
)
def test_a_run_does_not_load_what_it_does_not_use(running, name):
    assert name not in running["modules"]


def test_a_run_loads_few_modules_and_makes_few_dataclasses_of_ours(running):
    """Each module takes about 0.3 ms, and each frozen dataclass 0.5 ms."""
    ours = [name for name in running["modules"] if name.startswith("ccp4hooks")]
    made = [name for name in running["dataclasses"] if name.startswith("ccp4hooks")]
    assert len(ours) <= 226, ours
    assert len(made) <= 135, made
    assert sum(name.startswith("django") for name in running["modules"]) <= 275


def test_a_run_rarely_looks_for_garbage_and_exempts_what_it_has_imported(running):
    assert len(running["collections"]) <= 60
    assert running["collections"].count(2) <= 3
    assert running["frozen"] > 50_000
