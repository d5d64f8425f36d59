"""What the command line cannot use, although it looks like a default, is named; the exit code is 4."""

import subprocess
import sys

import pytest

from ccp4hooks.errors import BadInputError

EMPTY = {
    "--project": ["jobs", "--project", ""],
    "PROJECT": ["jobs", " "],
    "--database": ["--database", "", "jobs"],
    "--projects-dir": ["projects", "--projects-dir", ""],
    "JOB|PROJECT": ["replay", ""],
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_value_is_not_replaced_by_the_default(command, name):
    done = command(*EMPTY[name])
    assert (done.returncode, done.stdout) == (BadInputError.exit_code, "")
    assert done.stderr == f"Error: The value of {name} is empty. Give a value, or omit {name}.\n"


def test_an_empty_project_of_a_run_is_refused_and_leaves_nothing(command, reflections):
    done = command("run", "freerflag", f"F_SIGF={reflections}", "--project", "")
    assert done.returncode == BadInputError.exit_code
    assert done.stderr == "Error: The value of --project is empty. Give a value, or omit --project.\n"
    assert list(command.directory.iterdir()) == []


@pytest.mark.parametrize("arguments", [["jobs"], ["run", "freerflag"], ["projects", "--json"], ["demo"], ["doctor"]])
def test_a_removed_working_directory_is_named(command, tmp_path, arguments):
    gone = tmp_path / "gone"
    gone.mkdir()
    words = [sys.executable, "-m", "ccp4hooks.cli", *arguments]
    code = f"import os, sys; os.rmdir({str(gone)!r}); os.execv(sys.executable, {words!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=gone, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (BadInputError.exit_code, "")
    assert done.stderr == (
        "Error: The working directory was removed or cannot be reached (No such file or directory). Change to another "
        "directory with `cd`, and try again.\n"
    )


@pytest.mark.parametrize("word", ["xyz", "2", "-"])
def test_an_unknown_value_of_autoload_is_refused(command, word):
    done = command("plugins", CCP4HOOKS_AUTOLOAD=word)
    assert (done.returncode, done.stdout) == (BadInputError.exit_code, "")
    assert done.stderr == (
        f"Error: The environment variable CCP4HOOKS_AUTOLOAD is {word!r}. It must be one of 1, true, yes, on, 0, "
        "false, no, off.\n"
    )
