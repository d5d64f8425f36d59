"""Plugins that misbehave in a hook of a real run: what is told, and what is kept."""

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


def test_hook_init_store_that_raises_is_told_with_its_plugin(open_with):
    def init_store():
        raise RuntimeError("no disk")

    with pytest.raises(Ccp4HooksError, match=r"tiny.*no disk"):
        open_with(tiny=tiny(init_store)).init_store()


def test_hook_pre_import_that_raises_refuses_nothing(run):
    def pre_import():
        raise ValueError("a bug")

    outcome = run(pre_import)
    assert outcome.status is JobStatus.FINISHED
    problem = next(one for one in outcome.problems if one.hook == "pre_import")
    assert "ValueError: a bug" in problem.traceback_file.read_text()


def test_hook_pre_import_with_a_severity_that_is_none_is_told_and_loses_nothing(run):
    def pre_import():
        return [Problem(severity="block", message="no.")]

    outcome = run(pre_import)
    assert (outcome.job.directory / outcome_file.FILE_NAME).is_file()
    assert any("tiny" in problem.message for problem in outcome.problems)


def test_hook_open_job_that_raises_stops_the_job_and_leaves_nothing(run, tmp_path):
    def open_job():
        raise OSError("no database")

    with pytest.raises(PluginError, match="'tiny' failed in open_job: OSError: no database"):
        run(open_job)
    assert not (tmp_path / "projects").exists()


def test_hook_import_file_that_raises_stops_the_job_and_leaves_nothing(run, tmp_path):
    def import_file():
        raise OSError("tape is full")

    with pytest.raises(PluginError, match="'tiny' failed in import_file: OSError: tape is full"):
        run(import_file, switches=("no:file-import",))
    assert not (tmp_path / "projects").exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Path("/x"), [1]])
def test_hook_glean_file_with_a_value_that_json_lacks_costs_no_outcome_file(run, value):
    def glean_file():
        return FileMetadata(annotation="kept", extra={"bad": value, "good": 1})

    outcome = run(glean_file)
    assert outcome_file.read(outcome.job.directory / outcome_file.FILE_NAME) == outcome


@pytest.mark.parametrize("bad", [Kpi(key="bad", value=None), Kpi(key=5, value=1), Kpi(key="bad", value=10**400)])
def test_hook_glean_kpi_with_a_value_of_the_wrong_kind_costs_no_other_value(run, bad):
    def glean_kpi():
        return [bad, Kpi(key="good", value=1)]

    outcome = run(glean_kpi)
    assert outcome.status is JobStatus.FINISHED
    assert [kpi.key for kpi in outcome.kpis] == ["good"]
    assert any("tiny" in str(problem) for problem in outcome.problems)


def test_hook_check_file_that_blocks_an_import_refuses_the_job(run):
    def check_file(file):
        return [Problem(severity=Severity.BLOCK, message="is a picture of a cat.")]

    with pytest.raises(RefusedError, match=r"Job 1 was refused:\n.*is a picture of a cat\. \[tiny\]"):
        run(check_file)


@pytest.mark.parametrize("way", ["raises", "exits"])
def test_hook_job_finished_that_fails_is_not_recorded_and_loses_nothing(run, way):
    def job_finished():
        if way == "exits":
            sys.exit(3)
        raise OSError("gone")

    with pytest.raises(
        NotRecordedError, match=r"Job 1 ran .FINISHED., but not everything was recorded.*'tiny'"
    ) as caught:
        run(job_finished)
    outcome = caught.value.result.outcome
    assert outcome_file.read(outcome.job.directory / outcome_file.FILE_NAME) == outcome
    assert caught.value.result.recorded is False
