"""Tables of jobs as comma-separated values."""

import csv

import pytest
from click.testing import CliRunner
from unit.reports.samples import chain, recorded

from ccp4hooks.cli import cli
from ccp4hooks.model.queries import FACTS


@pytest.fixture
def call(project, monkeypatch):
    """Calls a command without a database, and returns the rows that it writes."""
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", str(project.directory.parent))
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "no:database")

    def run(*words, code=0):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == code, done.output
        return [*csv.DictReader(done.stdout.splitlines())]

    return run


def test_jobs_are_written_with_their_sub_jobs_one_per_line(call, project):
    chain(project.directory)
    recorded(project.directory, "6", title='a, "b"\nc')
    rows = call("jobs", "demo", "--csv")
    assert [*rows[0]] == [*FACTS]
    assert {row["number"] for row in rows} == {"1", "2", "2.1", "3", "3.1", "4", "4.1", "5", "6"}
    assert rows[0]["title"] == 'a, "b"\\nc'
    assert [row["number"] for row in call("jobs", "demo", "--csv", "--status", "FAILED")] == ["5"]


def test_csv_and_json_are_not_written_at_once(call, project):
    chain(project.directory)
    call("jobs", "demo", "--csv", "--json", code=2)
