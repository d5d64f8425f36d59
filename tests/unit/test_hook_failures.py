"""Failures of plugins in the hooks of a real run: the errors reported and the data kept."""

import errno
import sys
from datetime import datetime, timezone
from pathlib import Path
from uuid import UUID

import pytest
from unit.samples import tiny

from ccp4hooks import (
    Ccp4HooksError,
    FileMetadata,
    ImportedFile,
    Job,
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


def test_a_limit_of_the_system_in_a_required_hook_is_not_a_fault_of_the_plugin(run):
    def open_job():
        raise OSError(errno.EMFILE, "Too many open files", "/data/x")

    with pytest.raises(PluginError) as caught:
        run(open_job)
    assert str(caught.value) == (
        "The plugin 'tiny' failed in open_job: OSError: [Errno 24] Too many open files: '/data/x'. "
        "Raise the limit of open files (ulimit -n), and try again."
    )


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


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"uuid": UUID(int=5)}, "it returned a job with the UUID 00000000-0000-0000-0000-000000000005, not "),
        ({"number": "../1"}, "'../1' is not a job number"),
        ({"number": ""}, "'' is not a job number"),
        ({"directory": Path("/elsewhere")}, "the directory of job 7 is "),
    ],
)
def test_a_job_that_has_no_place_of_its_own_is_refused_with_the_plugin(run, tmp_path, change, fault):
    def open_job(request):
        fields = {
            "uuid": request.uuid,
            "number": "7",
            "task": request.task,
            "title": request.title,
            "project": request.project,
            "directory": request.project.jobs_directory / "job_7",
        }
        return Job(**{**fields, **change})

    with pytest.raises(PluginError) as caught:
        run(open_job)
    assert str(caught.value).startswith(f"The plugin 'tiny' failed in open_job: {fault}")
    assert (caught.value.plugin, caught.value.hook) == ("tiny", "open_job")
    assert not (tmp_path / "projects").exists()


def test_a_copy_outside_the_project_is_refused_with_the_plugin(run, tmp_path):
    def import_file(job, file):
        return ImportedFile(
            uuid=job.file_uuid("in", file.parameter),
            parameter=file.parameter,
            path=tmp_path / "mine.mtz",
            source=file.path,
            md5="0" * 32,
            sha256="",
            size_bytes=1,
            modified_at=datetime(2026, 1, 2, tzinfo=timezone.utc),
            file_type=file.file_type,
        )

    message = f"The plugin 'tiny' failed in import_file: its copy {tmp_path / 'mine.mtz'} is outside the project "
    with pytest.raises(PluginError) as caught:
        run(import_file, switches=("no:file-import",))
    assert str(caught.value).startswith(message)
    assert not (tmp_path / "projects").exists()
