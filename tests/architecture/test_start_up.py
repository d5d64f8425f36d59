import json
import subprocess
import sys

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
