"""No command runs code of the working directory, which may belong to another user."""

import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("ccp4hooks")
NAMES = ("ccp4hooks", "ccp4i2", "django", "importlib", "json", "linecache", "os", "pickle", "re", "site", "sysconfig")


@pytest.fixture
def ran(tmp_path):
    """Returns the modules of the working directory that were run."""
    path = tmp_path / "ran"
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"open({str(path)!r}, 'a').write('{name} ')")
    tmp_path.chmod(0o1777)
    return lambda: path.read_text().split() if path.exists() else []


@pytest.mark.skipif(not SCRIPT.exists(), reason="ccp4hooks is not installed as a command here")
@pytest.mark.parametrize("words", ["doctor", "enable", "disable"])
def test_a_command_that_starts_python_runs_no_file_of_the_working_directory(command, ran, tmp_path, words):
    user = {"PYTHONUSERBASE": str(tmp_path / "user")}
    target = "" if words == "doctor" else f"--python {sys.executable} --user"
    done = command.shell(f"{SCRIPT} {words} {target}", **user)
    assert "Traceback" not in done.stderr
    assert done.stdout + done.stderr
    assert ran() == []
