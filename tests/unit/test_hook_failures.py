"""Failures of plugins in the hooks of a real run: the errors reported and the data kept."""

import sys
from pathlib import Path

import pytest
from unit.samples import tiny

from ccp4hooks import (
    Ccp4HooksError,
    FileMetadata,
    JobStatus,
    Kpi,
    NotRecordedError,
    PluginError,
    Problem,
    RefusedError,
    Severity,
)
from ccp4hooks.outcomes import outcome_file


def test_an_exception_in_init_store_is_an_error_that_names_the_plugin(open_with):
    def init_store():
        raise RuntimeError("no disk")

    with pytest.raises(Ccp4HooksError, match=r"tiny.*no disk"):
        open_with(tiny=tiny(init_store)).init_store()


def test_an_exception_in_pre_import_does_not_refuse_the_job(run):
    def pre_import():
        raise ValueError("a bug")

    outcome = run(pre_import)
    assert outcome.status is JobStatus.FINISHED
    problem = next(one for one in outcome.problems if one.hook == "pre_import")
    assert "ValueError: a bug" in problem.traceback_file.read_text()


def test_an_invalid_severity_is_reported_and_the_outcome_file_is_written(run):
    def pre_import():
        return [Problem(severity="block", message="no.")]

    outcome = run(pre_import)
    assert (outcome.job.directory / outcome_file.FILE_NAME).is_file()
    assert [(one.severity, one.message, one.origin.plugin) for one in outcome.problems] == [
        (Severity.WARNING, "a Problem was changed: its severity must be a Severity, not 'block'.", "tiny"),
        (Severity.WARNING, "no.", "tiny"),
    ]


def test_an_exception_in_open_job_stops_the_job_and_leaves_no_files(run, tmp_path):
    def open_job():
        raise OSError("no database")

    with pytest.raises(PluginError, match="'tiny' failed in open_job: OSError: no database"):
        run(open_job)
    assert not (tmp_path / "projects").exists()


def test_an_exception_in_import_file_stops_the_job_and_leaves_no_files(run, tmp_path):
    def import_file():
        raise OSError("tape is full")

    with pytest.raises(PluginError, match="'tiny' failed in import_file: OSError: tape is full"):
        run(import_file, switches=("no:file-import",))
    assert not (tmp_path / "projects").exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Path("/x"), [1]])
def test_the_outcome_file_is_written_if_glean_file_returns_a_value_that_json_lacks(run, value):
    def glean_file():
        return FileMetadata(annotation="kept", extra={"bad": value, "good": 1})

    outcome = run(glean_file)
    assert outcome_file.read(outcome.job.directory / outcome_file.FILE_NAME) == outcome


@pytest.mark.parametrize("bad", [Kpi(key="bad", value=None), Kpi(key=5, value=1), Kpi(key="bad", value=10**400)])
def test_an_invalid_kpi_does_not_affect_the_other_kpis(run, bad):
    def glean_kpi():
        return [bad, Kpi(key="good", value=1)]

    outcome = run(glean_kpi)
    assert outcome.status is JobStatus.FINISHED
    assert [kpi.key for kpi in outcome.kpis] == ["good"]
    assert any("tiny" in str(problem) for problem in outcome.problems)


def test_a_blocking_problem_of_an_imported_file_refuses_the_job(run):
    def check_file(file):
        return [Problem(severity=Severity.BLOCK, message="is a picture of a cat.")]

    with pytest.raises(RefusedError, match=r"Job 1 was refused:\n.*is a picture of a cat\. \[tiny\]"):
        run(check_file)


@pytest.mark.parametrize("way", ["raises", "exits"])
def test_a_job_counts_as_not_recorded_if_job_finished_fails_and_its_outcome_file_is_kept(run, way):
    def job_finished():
        if way == "exits":
            sys.exit(3)
        raise OSError("gone")

    message = (
        r"Job 1 ran .FINISHED., but not everything was recorded.*'tiny'.* Run `ccp4hooks replay 1 --project demo` to"
    )
    with pytest.raises(NotRecordedError, match=message) as caught:
        run(job_finished)
    outcome = caught.value.result.outcome
    assert outcome_file.read(outcome.job.directory / outcome_file.FILE_NAME) == outcome
    assert caught.value.result.recorded is False
