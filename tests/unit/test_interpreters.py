"""Another Python process runs no file of the working directory, and finds the modules that it needs."""

import os
import subprocess
import sys
import sysconfig

import pytest

from ccp4hooks.runtime.interpreters import run_python, words_of

NAMES = sorted({"json", "importlib", "linecache", "site", "sysconfig", "traceback", "re", "ccp4hooks", "sitecustomize"})


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A working directory whose files take the place of modules; the list of those that were run."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    ran = tmp_path / "ran"
    for name in NAMES:
        (folder / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write('{name} ')")
    monkeypatch.chdir(folder)
    return lambda: ran.read_text().split() if ran.exists() else []


CODE = "import json, linecache, re, sysconfig, sys; print(json.dumps(sys.argv[1:]))"


def test_the_files_of_the_working_directory_would_be_run_otherwise(hostile):
    subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=False)
    # Python 3.13 imports another of them first, and fails.
    assert hostile() != []


@pytest.mark.parametrize("python", [None, sys.executable])
def test_no_file_of_the_working_directory_is_run(hostile, python):
    done = run_python(CODE, "a b", "ä", python=python, timeout_s=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, '["a b", "\\u00e4"]\n', "")
    assert hostile() == []


def test_this_python_finds_what_this_process_finds(hostile, tmp_path, monkeypatch):
    folder = tmp_path / "späte module"
    folder.mkdir()
    (folder / "added_later.py").write_text("print('found')")
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    done = run_python("import added_later, ccp4hooks; print(ccp4hooks.__path__)", timeout_s=60)
    assert done.stdout.splitlines()[0] == "found", done.stderr
    assert hostile() == []


def test_another_python_finds_the_modules_of_its_installation_and_of_the_environment(hostile, tmp_path, monkeypatch):
    folder = tmp_path / "named"
    folder.mkdir()
    (folder / "of_environment.py").touch()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    code = "import of_environment, pluggy, sys; print(*sys.path, sep='\\n')"
    done = run_python(code, python=sys.executable, environment={**os.environ, "PYTHONPATH": str(folder)}, timeout_s=60)
    assert str(folder) in done.stdout.splitlines(), done.stderr
    assert sysconfig.get_path("purelib") in done.stdout.splitlines()
    assert str(tmp_path) not in done.stdout.splitlines()
    assert hostile() == []


def test_the_programs_of_a_worker_process_look_for_modules_as_usual(hostile, monkeypatch):
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    code = "import os; print(os.environ.get('PYTHONSAFEPATH'))"
    done = subprocess.run(words_of(code), capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("None\n", "")
