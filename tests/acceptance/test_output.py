"""What is written to standard output: the result of the command and nothing else; and if it cannot be written."""

import json
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from acceptance.conftest import Command

HERE = Path(__file__).parent / "output"
PLUGIN = ("-p", "noisy_tasks")
TITLE = "Ünïcode Δ 😀"

COMMANDS = {
    "tasks": ["tasks", "noisy"],
    "describe": ["describe", "noisy"],
    "plugins": ["plugins"],
    "plugins --hooks": ["plugins", "--hooks"],
    "plugins show": ["plugins", "show", "kpi"],
    "projects": ["projects"],
    "jobs": ["jobs", "p"],
    "show": ["show", "1", "--project", "p"],
    "report": ["report", "p"],
    "graph": ["graph", "p"],
    "recover": ["recover", "p"],
    "replay": ["replay", "1", "--project", "p"],
    "reglean": ["reglean", "1", "--project", "p"],
    "doctor": ["doctor"],
}

ERRORS = {
    "unknown task": (["run", "noisi"], 4, "UnknownTaskError", "Unknown task 'noisi'; did you mean noisy?"),
    "unknown parameter": (["run", "noisy", "X=1"], 4, "UnknownNameError", "Unknown parameter 'X'."),
    "unknown job": (["show", "99", "--project", "p"], 4, "UnknownNameError", "Unknown job '99'."),
    "unknown project": (["jobs", "nowhere"], 4, "UnknownNameError", "Unknown project 'nowhere'."),
    "unknown plugin": (["plugins", "show", "kpj"], 4, "UnknownNameError", "Unknown plugin 'kpj'; did you mean kpi?"),
    "invalid database": (["jobs", "p", "--database", "x://y"], 7, "StoreError", "Invalid database URL"),
    "no value": (["run", "noisy", "X"], 2, "BadParameter", "'X' does not have the form NAME=VALUE."),
    "no task": (["run"], 2, "UsageError", "Missing argument 'TASK'."),
    "unknown option": (["tasks", "--nothing"], 2, "NoSuchOption", "--nothing"),
    "unknown command": (["taskz"], 2, "", "taskz"),
    "a command without JSON": (["cancel", "1"], 2, "NoSuchOption", "--json"),
}


@pytest.fixture(scope="module")
def noisy(tmp_path_factory, sqlite_template):
    """The command with the noisy plugin, in a directory with the project `p` and its job 1."""
    folder = tmp_path_factory.mktemp("noisy")
    shutil.copy(sqlite_template, folder / "db.sqlite3")
    command = Command(
        folder,
        DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}",
        CCP4I2_PROJECTS_DIR=str(folder / "projects"),
        PYTHONPATH=str(HERE),
        LC_ALL="C.UTF-8",
    )
    command.first = command(*PLUGIN, "run", "noisy", "--project", "p", "--title", TITLE, "--json")
    return command


def output_of(noisy, number):
    return (noisy.directory / f"projects/p/CCP4_JOBS/job_{number}/ccp4hooks_output.txt").read_text(encoding="utf-8")


def recorded(noisy, number):
    """Return the status of a job in the database and in its outcome file."""
    with closing(sqlite3.connect(noisy.directory / "db.sqlite3")) as connection:
        rows = connection.execute("SELECT status FROM ccp4i2_job WHERE number = ?", [str(number)]).fetchall()
    file = noisy.directory / f"projects/p/CCP4_JOBS/job_{number}/ccp4hooks_outcome.json"
    return [status for (status,) in rows], json.loads(file.read_text(encoding="utf-8"))["status"]


# --- JSON -------------------------------------------------------------------------------------------------------


def test_a_run_writes_one_document_whatever_writes_to_standard_output(noisy):
    assert noisy.first.returncode == 0, noisy.first.stderr
    result = json.loads(noisy.first.stdout)
    assert [one["status"] for one in result["outcomes"]] == ["FINISHED"]
    assert result["outcomes"][0]["kpis"][0]["value"] == "Δ 😀 é"


def test_the_output_of_a_task_is_in_its_output_file(noisy):
    lines = output_of(noisy, 1).splitlines()
    kinds = (
        "python",
        "original",
        "descriptor",
        "program",
        "shell",
        "C library",
        "program of a thread",
        "bytes",
        "line",
    )
    kinds += ("wrapped", "opened", "given", "after closing", "error")
    assert [f"{kind} in the task" for kind in kinds if f"{kind} in the task" not in lines] == []
    assert lines.count("wrapped in the task") == 2
    assert "in the task" not in noisy.first.stderr


def test_the_standard_output_of_a_task_answers_as_a_file(noisy):
    answers = json.loads((noisy.directory / "projects/p/CCP4_JOBS/job_1/answers.json").read_text())
    assert answers == ["<stdout>", "w", "utf-8", "backslashreplace", False, False, True]


def test_what_a_plugin_prints_outside_of_the_task_goes_to_standard_error(noisy):
    for kind in ("python", "descriptor", "program", "shell"):
        assert f"{kind} at import\n" in noisy.first.stderr


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_every_command_writes_one_document(noisy, words):
    done = noisy(*PLUGIN, *words, "--json")
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)


def test_the_option_may_stand_before_the_subcommand(noisy):
    done = noisy(*PLUGIN, "plugins", "--json", "show", "kpi")
    assert json.loads(done.stdout)["plugin"]["name"] == "kpi"


@pytest.mark.parametrize(("words", "exit_code", "kind", "message"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_a_document_as_well(noisy, words, exit_code, kind, message):
    done = noisy(*PLUGIN, *words, "--json")
    document = json.loads(done.stdout)
    assert list(document) == ["error"]
    error = document["error"]
    assert list(error) == ["type", "message", "cure", "exit_code", "problems"]
    assert (done.returncode, error["exit_code"]) == (exit_code, exit_code)
    assert kind in error["type"]
    assert message in error["message"]
    assert error["cure"].endswith(".")
    # People read the same on standard error.
    assert error["message"].splitlines()[0] in done.stderr


def test_an_error_without_the_option_writes_nothing_to_standard_output(noisy):
    done = noisy(*PLUGIN, "show", "99", "--project", "p", "--no-autoload")
    assert (done.returncode, [line for line in done.stdout.splitlines() if line[:1] == "{"]) == (4, [])


# --- output that cannot be written --------------------------------------------------------------------------------

FULL = "Error: Standard output cannot be written: No space left on device. The command itself has succeeded.\n"
CLOSED = "Error: Standard output cannot be written: it is closed. The command itself has succeeded.\n"

REDIRECTIONS = {
    "a full disk": ("> /dev/full", 8, FULL),
    "closed": (">&-", 8, CLOSED),
    "no reader": ("| true", 8, "FINISHED\n"),
    "all on a full disk": ("> /dev/full 2>&1", 8, ""),
    "all closed": ("<&- >&- 2>&-", 8, ""),
    "messages on a full disk": ("2> /dev/full", 0, ""),
    "messages closed": ("2>&-", 0, ""),
    "a reader of one line": ("| head -1", 0, "FINISHED\n"),
}


def piped(noisy, redirection, *words):
    """Run the command in a shell that redirects its streams."""
    line = f"{shlex.join([sys.executable, '-m', 'ccp4hooks.cli', *words])} {redirection}"
    return noisy.shell(line, QUIET_PLUGIN="1")


@pytest.mark.sampled(4)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(("redirection", "exit_code", "message"), REDIRECTIONS.values(), ids=REDIRECTIONS)
def test_an_output_error_changes_nothing_about_the_job(noisy, redirection, exit_code, message, as_json):
    before = len(list((noisy.directory / "projects/p/CCP4_JOBS").glob("job_*")))
    words = [*PLUGIN, "run", "noisy", "--project", "p", *["--json"] * as_json]
    done = piped(noisy, redirection, *words)
    assert done.returncode == exit_code
    assert done.stderr.endswith(message)
    assert "Traceback" not in done.stderr
    assert recorded(noisy, before + 1) == ([6], "FINISHED")
    assert "program in the task\n" in output_of(noisy, before + 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_error_of_the_command_has_its_own_exit_code_if_its_output_is_lost_too(noisy):
    done = piped(noisy, "> /dev/full", *PLUGIN, "show", "99", "--project", "p", "--json")
    assert done.returncode == 4
    assert done.stderr.endswith("Error: Standard output cannot be written: No space left on device.\n")


# --- locales ------------------------------------------------------------------------------------------------------

LOCALES = {
    "Latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


SHOWN = [*([words, LOCALES["Latin-1"]] for words in COMMANDS.values())]
SHOWN += [(words, LOCALES["C"]) for words in (COMMANDS["jobs"], COMMANDS["show"], ["jobs", "Δ"], ["replay", "Δ"])]


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("words", "locale"), SHOWN)
def test_a_character_that_the_locale_lacks_is_written_as_its_code(noisy, words, locale):
    done = noisy(*PLUGIN, *words, **locale)
    assert "Traceback" not in done.stderr
    assert done.returncode == (4 if words[-1] == "Δ" else 0)


@pytest.mark.parametrize("locale", LOCALES.values(), ids=LOCALES)
def test_json_has_every_character_in_every_locale(noisy, locale):
    found = json.loads(noisy(*PLUGIN, "show", "1", "--project", "p", "--json", **locale).stdout)
    assert found["outcomes"][0]["job"]["title"] == TITLE
    assert found["outcomes"][0]["kpis"][0]["value"] == "Δ 😀 é"


def test_latin_1_shows_what_it_has_and_the_codes_of_the_rest(noisy):
    done = subprocess.run(
        [sys.executable, "-m", "ccp4hooks.cli", *PLUGIN, "jobs", "p"],
        cwd=noisy.directory,
        env=noisy.environment(PYTHONIOENCODING="latin-1"),
        capture_output=True,
        encoding="latin-1",
        check=False,
    )
    assert r"Ünïcode \u0394 \U0001f600" in done.stdout
