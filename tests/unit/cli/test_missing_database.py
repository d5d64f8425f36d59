"""A command that reads outcome files says why: there is no database, or the database does not know the project."""

import pytest
from click.testing import CliRunner
from unit.reports.samples import recorded

from ccp4hooks.cli import cli
from ccp4hooks.testing.memory_database import MemoryDatabase

MISSING = "There is no database yet: this is what the outcome files say."
UNKNOWN = "The database does not know the project demo: this is what the outcome files in"


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Calls a command in a directory of projects with one that has two jobs."""
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    for name in ("DATABASE_URL", "CCP4I2_DB_FILE"):
        monkeypatch.delenv(name, raising=False)
    for number in "12":
        recorded(tmp_path / "projects/demo", number)

    def run(*words, code=0):
        done = CliRunner().invoke(cli, [*words, "--projects-dir", str(tmp_path / "projects")])
        assert done.exit_code == code, done.output
        return done

    return run


@pytest.mark.parametrize(
    "words",
    [("jobs", "demo"), ("show", "1", "--project", "demo"), ("kpis", "--project", "demo"), ("projects",), ("trash",)],
    ids=lambda words: words[0],
)
def test_a_missing_database_is_noted_once(call, words):
    assert call(*words).stderr.count(MISSING) == 1
    assert MISSING not in call(*words, "-q").stderr


def test_an_unknown_project_without_a_database_is_noted(call):
    assert MISSING in call("jobs", "other", code=4).stderr


@pytest.mark.parametrize("words", [("jobs", "demo"), ("projects",)], ids=lambda words: words[0])
def test_who_asks_for_outcome_files_gets_no_note(call, words):
    assert call(*words, "-p", "no:database").stderr == ""


def test_a_database_that_does_not_know_the_project_is_noted(tmp_path, open_with):
    recorded(tmp_path / "projects/demo", "1")
    made = open_with(memory=MemoryDatabase())
    made.outcomes("demo")
    assert made.replacements == ()
    made.require_store()
    for _ in range(2):
        assert len(made.outcomes("demo")) == 1
    (line,) = made.replacements
    assert line.startswith(f"{UNKNOWN} {tmp_path / 'projects/demo'} say. `ccp4hooks replay demo` records them.")
