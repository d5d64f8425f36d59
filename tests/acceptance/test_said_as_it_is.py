"""What the command line cannot use, although it looks like a default, is named; the exit code is 4."""

import json
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
    message = (
        "The working directory was removed or cannot be reached (No such file or directory). Change to another "
        "directory with `cd`, and try again."
    )
    assert (done.returncode, done.stderr) == (BadInputError.exit_code, f"Error: {message}\n")
    if "--json" in arguments:
        assert json.loads(done.stdout)["error"]["message"] == message
    else:
        assert done.stdout == ""


@pytest.mark.parametrize("word", ["xyz", "2", "-"])
def test_an_unknown_value_of_autoload_is_refused(command, word):
    done = command("plugins", CCP4HOOKS_AUTOLOAD=word)
    assert (done.returncode, done.stdout) == (BadInputError.exit_code, "")
    assert done.stderr == (
        f"Error: The environment variable CCP4HOOKS_AUTOLOAD is {word!r}. It must be one of 1, true, yes, on, 0, "
        "false, no, off.\n"
    )


# --- databases ---------------------------------------------------------------------------------------------------

URL_CURE = "Correct the database URL (--database, DATABASE_URL or the settings file)"
ABSENT = (
    "{path} does not exist. "
    + URL_CURE
    + ", or run `ccp4hooks init` to create it. With `-p no:database` the outcome files "
    "are read instead."
)
READING = [
    ["jobs", "p"],
    ["show", "1", "--project", "p"],
    ["projects"],
    ["recover"],
    ["cancel", "1", "--project", "p"],
    ["reglean", "1", "--project", "p"],
    ["projects", "move", "p", "."],
]


@pytest.fixture
def ran(command, data):
    """The command, after a job in the project p."""
    model = data / "chainsaw/test_data/1a80_A.pdb"
    done = command("run", "coordinate_selector", f"XYZIN={model}", "--project", "p")
    assert done.returncode == 0, done.stderr
    return command


def explained(done):
    """The exit code, and the text of the error."""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr.removeprefix("Error: ").strip()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("words", READING, ids=lambda words: words[0] + words[-1])
def test_a_database_that_does_not_exist_is_named_and_nothing_is_read_in_its_place(ran, tmp_path, words):
    path = tmp_path / "typo.sqlite3"
    expected = f"The database {ABSENT.format(path=path)}"
    assert explained(ran(*words, "--database", f"sqlite:///{path}")) == (7, "", expected)
    assert explained(ran(*words, DATABASE_URL=f"sqlite:///{path}")) == (7, "", expected)
    assert not path.exists()
    assert ran("jobs", "p", "--database", f"sqlite:///{path}", "-p", "no:database").returncode == 0


def test_a_database_whose_directory_does_not_exist_is_named(ran, tmp_path):
    path = tmp_path / "nowhere/db.sqlite3"
    assert explained(ran("jobs", "p", "--database", f"sqlite:///{path}")) == (
        7,
        "",
        f"The database {path} does not exist, and neither does its directory. {URL_CURE}.",
    )


def test_an_empty_file_and_a_text_are_no_databases(ran, tmp_path):
    (tmp_path / "empty").touch()
    assert explained(ran("jobs", "p", "--database", f"sqlite:///{tmp_path}/empty"))[2].startswith(
        f"The database {tmp_path}/empty has no tables. {URL_CURE}, or run `ccp4hooks init`"
    )
    (tmp_path / "text").write_text("Dear diary,\n" * 100)
    code, said, error = explained(ran("jobs", "p", "--database", f"sqlite:///{tmp_path}/text"))
    assert (code, said) == (7, "")
    assert error.startswith(f"The database {tmp_path}/text is not a SQLite database, or is damaged.")


@pytest.mark.postgresql
def test_a_postgresql_database_without_tables_or_that_does_not_exist_is_named(ran, server):
    url = server.new()
    label = f"postgresql://postgres@:5432/{server.name_of(url)}?host={server.directory}"
    assert explained(ran("jobs", "p", "--database", url)) == (
        7,
        "",
        (
            f"The database {label} has no tables. {URL_CURE}, or run `ccp4hooks init` to create "
            "it. With `-p no:database` the outcome files are read instead."
        ),
    )
    code, said, error = explained(ran("projects", "--database", url.replace(server.name_of(url), "absent")))
    assert (code, said) == (7, "")
    absent = label.replace(server.name_of(url), "absent")
    assert error.startswith(f"The database {absent} does not exist. Create the database and its user first")


def test_a_default_database_may_be_missing(command, tmp_path):
    done = command("projects", DATABASE_URL="", CCP4I2_HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stderr) == (0, "No projects yet. `ccp4hooks run` creates one.\n")


def problems(done):
    return [line.split("PROBLEM: ")[1] for line in done.stdout.splitlines() if "PROBLEM: " in line]


def test_doctor_reports_a_named_database_that_does_not_exist(ran, tmp_path):
    path = tmp_path / "typo.sqlite3"
    done = ran("doctor", "--database", f"sqlite:///{path}")
    assert (done.returncode, problems(done)) == (7, [f"The database {ABSENT.format(path=path)}"])


def test_doctor_reports_a_database_that_is_read_only(ran, tmp_path):
    from databases_away import ReadOnlyFile

    ReadOnlyFile(f"sqlite:///{tmp_path}/db.sqlite3", None).go()
    done = ran("doctor")
    assert done.returncode == 7
    (problem,) = problems(done)
    assert problem.startswith(f"The database {tmp_path}/db.sqlite3 cannot be written. Check the permissions")


@pytest.mark.postgresql
def test_doctor_reports_a_postgresql_database_that_is_read_only_or_forbids_writing(
    command, server, postgresql_template
):
    from databases_away import ReadOnlyServer

    url = server.new(postgresql_template)
    database = ReadOnlyServer(url, server)
    database.go()
    done = command("doctor", "--database", url)
    assert done.returncode == 7
    (problem,) = problems(done)
    assert problem.endswith(
        "is read-only at present. Wait, or name the server that accepts changes in the database URL."
    )
    database.come()
    reader = f"reader_{server.name_of(url)}"
    database.tell(f"CREATE ROLE {reader} LOGIN IN ROLE pg_read_all_data")
    done = command("doctor", "--database", url.replace("postgres:", f"{reader}:"))
    assert done.returncode == 7
    (problem,) = problems(done)
    assert problem.endswith(
        "does not permit this to its user. Grant the permission, or name another user in the database URL."
    )


# --- outcome files -----------------------------------------------------------------------------------------------


@pytest.fixture
def broken(ran, data, tmp_path):
    """The outcome file of the second job of three, which is cut off."""
    model = data / "chainsaw/test_data/1a80_A.pdb"
    for _ in range(2):
        assert ran("run", "coordinate_selector", f"XYZIN={model}", "--project", "p").returncode == 0
    path = tmp_path / "projects/p/CCP4_JOBS/job_2/ccp4hooks_outcome.json"
    path.write_bytes(path.read_bytes()[:300])
    return path


@pytest.mark.sampled(2)
def test_replay_tells_of_an_unreadable_outcome_file_by_its_exit_code(ran, broken, tmp_path):
    fault = f"Cannot read the outcome file {broken}: "
    for words in (["replay", "p"], ["replay", "--all"]):
        code, said, error = explained(ran(*words))
        assert (code, said) == (
            4,
            "p 1 coordinate_selector FINISHED (recorded before)\np 3 coordinate_selector FINISHED (recorded before)\n",
        )
        assert error.startswith(fault)
        assert error.endswith(
            "Restore it from a backup. The database knows the job: without a backup, delete the file and run "
            "`ccp4hooks recover p`, which writes it again."
        )
    code, said, error = explained(ran("replay", "2", "--project", "p"))
    assert (code, said, error.startswith(fault)) == (4, "", True)
    code, said, error = explained(ran("reglean", "2", "--project", "p"))
    assert (code, said, error.startswith(fault)) == (4, "", True)
    assert ran("replay", "3", "--project", "p").returncode == 0
    again = ran("replay", "p", "--database", f"sqlite:///{tmp_path}/new.sqlite3")
    assert (again.returncode, again.stdout.count("FINISHED")) == (4, 2)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("switch", ["database", "no:database"])
def test_commands_that_need_an_unreadable_outcome_file_say_so(ran, broken, switch):
    fault = f"Cannot read the outcome file {broken}: "
    done = ran("show", "2", "--project", "p", "-p", switch)
    assert (done.returncode, fault in done.stderr) == (4, True)
    assert ("coordinate_selector FINISHED" in done.stdout) is (switch == "database")
    done = ran("jobs", "p", "-p", switch)
    # The database has all that is needed for the list.
    assert (done.returncode, fault in done.stderr) == ((0, False) if switch == "database" else (4, True))
    assert done.stdout.count("FINISHED") == (3 if switch == "database" else 2)
    assert ran("show", "3", "--project", "p", "-p", switch).returncode == 0
