"""Tables of jobs without a database, and as a DataFrame of pandas."""

import json
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from uuid import uuid4

import pytest
from click.testing import CliRunner
from unit.samples import make_job, make_outcome

from ccp4hooks import JobStatus, Kpi
from ccp4hooks.cli import cli
from ccp4hooks.outcomes import outcome_file

AT = datetime(2026, 1, 2, tzinfo=timezone.utc)


@pytest.fixture
def session(open_with, tmp_path):
    """A session without a database, and a project with two jobs and a sub-job."""
    folder = tmp_path / "projects" / "demo"
    uuids = {number: uuid4() for number in ("1", "2", "2.1")}
    for number, r_free in (("1", 0.3), ("2", 0.2), ("2.1", 0.1)):
        at = AT + timedelta(hours=float(number))
        kpis = (Kpi(key="RFree", value=r_free), *([Kpi(key="group", value="P 1")] if number == "2" else []))
        times = {"created_at": at, "started_at": at, "finished_at": at + timedelta(seconds=2)}
        job = replace(make_job(folder, number), uuid=uuids[number], parent_uuid=uuids.get(number[:-2]))
        outcome_file.write(make_outcome(folder, number, job=job, kpis=kpis, **times))
    return open_with()


def test_the_outcome_files_are_queried_if_no_plugin_records_jobs(session):
    assert [row.job.number for row in session.query("demo")] == ["2.1", "2", "1"]
    assert [row.job.number for row in session.query(kpis="RFree<0.25", sort="RFree")] == ["2.1", "2"]
    assert [row.job.number for row in session.query("demo", since=datetime(2026, 1, 2, 2, tzinfo=timezone.utc))] == [
        "2.1",
        "2",
    ]
    assert session.query("demo", status=JobStatus.FAILED).rows == ()


def test_a_table_has_a_column_for_each_kpi(session):
    pandas = pytest.importorskip("pandas")
    table = session.query("demo", sort="created")
    assert table.keys == ("RFree", "group")
    frame = table.to_pandas()
    assert list(frame.columns[-3:]) == ["tags", "RFree", "group"]
    assert frame["number"].tolist() == ["1", "2", "2.1"]
    assert frame["RFree"].tolist() == [0.3, 0.2, 0.1]
    assert frame["duration_s"].tolist() == [2.0, 2.0, 2.0]
    assert pandas.isna(frame["group"][0])
    assert list(session.query("demo", tags="none").to_pandas().columns) == list(frame.columns[:-2])


def test_without_pandas_the_error_says_what_to_install(session, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="`to_pandas` needs pandas, which is not installed: pip install pandas"):
        session.query("demo").to_pandas()


def listed(tmp_path, *words):
    """Return what a command says of the project without a database: its exit code, output, and messages."""
    every = ["-p", "no:database", "--projects-dir", str(tmp_path / "projects"), *words]
    done = CliRunner().invoke(cli, every)
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("number", "left"), [("1", {"2": ["2.1"]}), ("2", {"2.1": [], "1": []}), ("2.1", {"2": [], "1": []})]
)
def test_one_invalid_outcome_file_hides_no_other_job(session, tmp_path, number, left):
    path = session.project("demo").job_directory(number) / outcome_file.FILE_NAME
    path.write_text("{")
    code, said, warning = listed(tmp_path, "jobs", "demo", "--json")
    jobs = {row["number"]: [one["number"] for one in row["jobs"]] for row in json.loads(said)["jobs"]}
    assert (code, jobs) == (4, left)
    assert warning.startswith(f"Warning: Cannot read the outcome file {path}: JSONDecodeError: ")


def test_a_project_whose_uuid_is_not_that_of_its_directory_is_listed(session, tmp_path):
    path = session.project("demo").job_directory("1") / outcome_file.FILE_NAME
    written = outcome_file.read(path)
    project = replace(written.job.project, uuid=uuid4())
    outcome_file.write(replace(written, job=replace(written.job, project=project)))
    assert [row.job.number for row in session.query("demo")] == ["2.1", "2", "1"]
    assert session.query("demo", kpis="RFree=0.3").rows[0].job.project.uuid == project.uuid


def test_kpis_that_no_job_has_are_told_from_those_that_were_asked_for(session, tmp_path):
    none = "No job has such a KPI.\nNo recent job of the project demo has the KPI 'x'.\n"
    assert listed(tmp_path, "kpis", "demo", "x") == (0, "", none)
    for folder in ("1", "2", "2.1"):
        path = session.project("demo").job_directory(folder) / outcome_file.FILE_NAME
        outcome_file.write(replace(outcome_file.read(path), kpis=()))
    assert listed(tmp_path, "kpis", "demo") == (0, "", "No job has a KPI.\n")
    assert listed(tmp_path, "kpis", "demo", "--task", "x") == (0, "", "No job meets the conditions.\n")
