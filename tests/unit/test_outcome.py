import json
import os
import stat
from datetime import datetime, timezone
from uuid import uuid4

import pytest
from unit.samples import make_outcome

from ccp4hooks import BadInputError, FinishStatus, GleanedFile, ImportedFile, JobStatus, Kpi, Problem, Severity
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import FileUse, Origin, Timing


@pytest.fixture
def full(tmp_path):
    """An outcome with something in every field."""
    origin = Origin(plugin="kpi", version="1")
    path = tmp_path / "a b é.mtz"
    at = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=timezone.utc)
    return make_outcome(
        tmp_path / "p",
        status=JobStatus.UNSATISFACTORY,
        finish=FinishStatus.UNSATISFACTORY,
        started_at=at,
        uses=(FileUse(file_uuid=uuid4(), parameter="inputData.A", path=path),),
        imported=(
            ImportedFile(
                uuid=uuid4(),
                parameter="inputData.F_SIGF",
                path=path,
                source=path,
                md5="0" * 32,
                sha256="1" * 64,
                size_bytes=7,
                modified_at=at,
                file_type="application/CCP4-mtz-observed",
                columns=(("F", "SIGF"), ("I", "SIGI")),
                origin=origin,
            ),
        ),
        files=(
            GleanedFile(
                uuid=uuid4(),
                parameter="outputData.X",
                path=path,
                size_bytes=0,
                file_type="Unknown",
                extra={"whole": 1, "real": 1.0, "no": False, "text": "1"},
                origins={"file": origin},
            ),
        ),
        kpis=tuple(
            Kpi(key=f"k{n}", value=value, origin=origin) for n, value in enumerate((0, 0.0, False, "0", -1e300))
        ),
        problems=(Problem(severity=Severity.BLOCK, message="m", path=path, origin=origin, traceback_file=path),),
        timings=(Timing(hook="glean_kpi", origin=origin, calls=2, duration_s=0.25),),
        software={"python": "3.12"},
    )


def test_an_outcome_is_read_back_as_it_was_written(full):
    path = outcome_file.write(full)
    assert path == full.job.directory / "ccp4hooks_outcome.json"
    assert outcome_file.read(path) == full


def test_numbers_truth_values_and_texts_keep_their_type(full):
    read = outcome_file.read(outcome_file.write(full))
    assert [type(kpi.value) for kpi in read.kpis] == [int, float, bool, str, float]
    assert [type(value) for value in read.files[0].extra.values()] == [int, float, bool, str]


def test_the_file_is_plain_json_with_names_for_states(full):
    table = json.loads(outcome_file.write(full).read_text(encoding="utf-8"))
    assert table["schema_version"] == 1
    assert (table["status"], table["finish"]) == ("UNSATISFACTORY", "UNSATISFACTORY")
    assert table["problems"][0]["severity"] == "block"
    assert table["started_at"] == "2026-05-06T07:08:09.123456+00:00"


def test_writing_again_replaces_the_file_and_leaves_no_other(full):
    outcome_file.write(make_outcome(full.job.project.directory))
    outcome_file.write(full)
    assert [path.name for path in full.job.directory.iterdir()] == [outcome_file.FILE_NAME]
    assert outcome_file.read(full.job.directory / outcome_file.FILE_NAME) == full


def test_a_write_that_fails_leaves_the_earlier_file_whole(full):
    path = outcome_file.write(full)
    before = path.read_bytes()
    path.unlink()
    path.mkdir()  # a directory cannot be replaced by a file, for root neither
    with pytest.raises(OSError, match="directory"):
        outcome_file.write(full)
    assert [one.name for one in full.job.directory.iterdir()] == [outcome_file.FILE_NAME]
    path.rmdir()
    assert outcome_file.write(full).read_bytes() == before


def test_a_job_directory_that_is_gone_is_an_os_error(full):
    full.job.directory.rmdir()
    with pytest.raises(OSError, match="No such file"):
        outcome_file.write(full)


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_others_may_read_the_file_where_they_may_read_its_directory(full):
    path = outcome_file.write(full)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "schema version None"),
        ('{"schema_version": 99}', "schema version 99; this ccp4hooks reads 1"),
        ('{"schema_version": 1}', "is not a valid one"),
    ],
)
def test_a_file_that_is_no_outcome_is_bad_input_that_names_it(tmp_path, text, says):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(BadInputError, match=says) as caught:
        outcome_file.read(path)
    assert str(path) in str(caught.value)


def test_an_outcome_file_that_is_not_there_is_bad_input(tmp_path):
    with pytest.raises(BadInputError, match="No such file"):
        outcome_file.read(tmp_path / "none.json")


@pytest.mark.parametrize("change", [{"status": "DONE"}, {"surprise": 1}, {"kpis": [{"key": "k", "value": [1]}]}])
def test_a_field_that_does_not_fit_is_bad_input(full, change):
    path = outcome_file.write(full)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadInputError, match="is not a valid one"):
        outcome_file.read(path)


def test_outcome_files_come_in_the_order_of_job_numbers(tmp_path):
    project = tmp_path / "p"
    numbers = ["10", "2", "2.10", "2.9", "2.9.1", "1"]
    for number in numbers:
        outcome_file.write(make_outcome(project, number))
    (project / "CCP4_JOBS" / "job_x").mkdir()
    (project / "CCP4_JOBS" / "job_11").mkdir()
    found = [outcome_file.read(path).job.number for path in outcome_file.below(project / "CCP4_JOBS")]
    assert found == ["1", "2", "2.9", "2.9.1", "2.10", "10"]


def test_a_project_without_jobs_has_no_outcome_files(tmp_path):
    assert list(outcome_file.below(tmp_path / "nowhere")) == []
