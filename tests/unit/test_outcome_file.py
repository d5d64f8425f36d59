import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from uuid import UUID

import pytest
from unit.samples import make_outcome, make_project

from ccp4hooks import BadInputError, Job, Outcome, Problem, Severity
from ccp4hooks.model import (
    FileUse,
    FinishStatus,
    GleanedFile,
    ImportedFile,
    JobNumber,
    JobStatus,
    Kpi,
    Origin,
    ParameterSource,
    ParameterValue,
    Provenance,
    ResultValue,
    Timing,
)
from ccp4hooks.outcomes import outcome_file

EXAMPLE = Path(__file__).with_name("outcome_version_2.json")

VERSION_1 = Path(__file__).with_name("outcome_version_1.json")
"""What the first version of ccp4hooks wrote."""


@pytest.fixture
def full(tmp_path):
    """An outcome with a value in every field, whose job directory exists."""
    outcome = full_outcome(tmp_path / "p")
    outcome.job.directory.mkdir(parents=True)
    return outcome


def full_outcome(directory):
    origin = Origin(plugin="kpi", version="1")
    path = directory / "a b é.mtz"
    at = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=timezone.utc)
    uuid = UUID("22222222-3333-4444-5555-666666666666")
    project = make_project(directory)
    job = Job(
        uuid=UUID("11111111-2222-3333-4444-555555555555"),
        number="12.1",
        task="freerflag",
        title='"Free" R flag, 1 Å',
        project=project,
        directory=project.job_directory("12.1"),
        parent_uuid=uuid,
        opened_by="database",
        dry_run=True,
    )
    metadata = {"class_name": "CObsDataFile", "content_flag": 1, "sub_type": 2, "annotation": "Observed data"}
    columns = (("F", "SIGF"), ("I", "SIGI"))
    return Outcome(
        job=job,
        status=JobStatus.UNSATISFACTORY,
        finish=FinishStatus.UNSATISFACTORY,
        created_at=at,
        started_at=at.replace(microsecond=0),
        finished_at=at,
        uses=(FileUse(file_uuid=uuid, parameter="inputData.A", path=path),),
        imported=(
            ImportedFile(
                uuid=uuid,
                parameter="inputData.F_SIGF",
                path=path,
                source=path,
                md5="0" * 32,
                sha256="1" * 64,
                size_bytes=7,
                modified_at=at,
                file_type="application/CCP4-mtz-observed",
                reused=True,
                columns=columns,
                origin=origin,
                **metadata,
            ),
        ),
        files=(
            GleanedFile(
                uuid=uuid,
                parameter="outputData.X",
                path=path,
                size_bytes=0,
                file_type="Unknown",
                columns=columns,
                extra={"whole": 1, "real": 1.0, "no": False, "text": "1"},
                origins={"file": origin},
                **metadata,
            ),
        ),
        kpis=(
            *(Kpi(key=f"k{n}", value=value, origin=origin) for n, value in enumerate((0, 0.0, False, "0", -1e300))),
            Kpi(key="RFree", value=0.25, unit="%", description="Free R", indicator="outputData.PERFORMANCE"),
        ),
        problems=(
            Problem(
                severity=Severity.BLOCK,
                message="The file is empty.",
                parameter="inputData.F_SIGF",
                path=path,
                cure="Give another one.",
                hook="check_file",
                origin=origin,
                traceback_file=path,
            ),
            Problem(severity=Severity.WARNING, message="m"),
        ),
        timings=(Timing(hook="glean_kpi", origin=origin, calls=2, duration_s=0.25),),
        software={"python": "3.12"},
        parameters=(
            ParameterValue(
                name="F_SIGF",
                value="CCP4_JOBS/job_1/F.mtz",
                class_name="CObsDataFile",
                source=ParameterSource.JOB,
                job="1",
                is_file=True,
            ),
            ParameterValue(name="FRAC", value=0.1, default=0.05, source=ParameterSource.USER),
            ParameterValue(name="CYCLES", value=5, default=10, replaced=3, source=ParameterSource.TASK),
            ParameterValue(name="LIST", value="10000 items", class_name="CList", size=10000, sha256="2" * 64),
        ),
        results=(
            ResultValue(name="cell.a", value=64.9),
            ResultValue(name="summary.solventContent", value=47.1, place="program.xml"),
        ),
        provenance=Provenance(
            command="ccp4hooks run freerflag FRAC=0.1",
            user="ada",
            host="lab",
            distribution="ccp4i2",
            task_version="0.1",
            programs={"MTZDUMP": "8.0.019"},
            cpu_s=1.5,
            peak_memory_bytes=2**30,
            variation_of="1",
            variation_uuid=UUID("6f2c3a52-8f0f-4a53-9c7e-0d3d1c6d7f11"),
            fingerprint="0123456789abcdef" * 4,
        ),
    )


def test_the_text_of_an_outcome_file_is_that_of_the_example(tmp_path):
    path = outcome_file.write(full_outcome(Path("/data/toxd")), tmp_path)
    assert path.read_text(encoding="utf-8") == EXAMPLE.read_text(encoding="utf-8")


def test_the_example_file_is_read(tmp_path):
    assert outcome_file.read(EXAMPLE) == full_outcome(Path("/data/toxd"))


def test_a_file_of_version_1_is_read_without_parameters_results_and_provenance():
    known = full_outcome(Path("/data/toxd"))
    assert outcome_file.read(VERSION_1) == replace(known, parameters=(), results=(), provenance=Provenance())


def test_an_outcome_file_is_read_by_a_python_without_docstrings():
    read = "import pathlib, sys; from ccp4hooks.outcomes import outcome_file as f; f.read(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-OO", "-c", read, EXAMPLE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_fields_with_a_default_may_be_missing(tmp_path):
    table = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    old = {key: table[key] for key in ("schema_version", "status", "created_at")}
    job = {key: table["job"][key] for key in ("uuid", "number", "task", "title", "project", "directory")}
    path = tmp_path / outcome_file.FILE_NAME
    path.write_text(json.dumps(old | {"job": job, "kpis": [{"key": "k", "value": 1}]}))
    outcome = outcome_file.read(path)
    assert (outcome.finish, outcome.files, outcome.software, outcome.job.dry_run) == (None, (), {}, False)
    assert outcome.kpis == (Kpi(key="k", value=1),)


def test_a_path_that_is_not_utf_8_is_read_back(full):
    source = Path(os.fsdecode(b"/data/\xff.mtz"))
    outcome = replace(full, imported=(replace(full.imported[0], source=source),))
    assert outcome_file.read(outcome_file.write(outcome)) == outcome


def test_a_job_number_is_read_as_a_job_number(full):
    assert type(outcome_file.read(outcome_file.write(full)).job.number) is JobNumber


def test_an_outcome_is_read_back_as_it_was_written(full):
    path = outcome_file.write(full)
    assert path == full.job.directory / "ccp4hooks_outcome.json"
    assert outcome_file.read(path) == full


def test_numbers_bools_and_texts_keep_their_type(full):
    read = outcome_file.read(outcome_file.write(full))
    assert [type(kpi.value) for kpi in read.kpis] == [int, float, bool, str, float, float]
    assert [type(value) for value in read.files[0].extra.values()] == [int, float, bool, str]


def test_the_file_is_json_with_statuses_by_name(full):
    table = json.loads(outcome_file.write(full).read_text(encoding="utf-8"))
    assert table["schema_version"] == 2
    assert (table["status"], table["finish"]) == ("UNSATISFACTORY", "UNSATISFACTORY")
    assert table["problems"][0]["severity"] == "block"
    assert table["created_at"] == "2026-05-06T07:08:09.123456+00:00"


def test_writing_again_replaces_the_file_and_leaves_no_other(full):
    outcome_file.write(replace(full, status=JobStatus.FAILED))
    outcome_file.write(full)
    assert [path.name for path in full.job.directory.iterdir()] == [outcome_file.FILE_NAME]
    assert outcome_file.read(full.job.directory / outcome_file.FILE_NAME) == full


def test_a_write_that_fails_leaves_no_temporary_file(full):
    path = outcome_file.write(full)
    before = path.read_bytes()
    path.unlink()
    path.mkdir()  # not even root can replace a directory by a file
    with pytest.raises(OSError, match="directory"):
        outcome_file.write(full)
    assert [one.name for one in full.job.directory.iterdir()] == [outcome_file.FILE_NAME]
    path.rmdir()
    assert outcome_file.write(full).read_bytes() == before


def test_writing_to_a_missing_directory_raises_an_os_error(full):
    full.job.directory.rmdir()
    with pytest.raises(OSError, match="No such file"):
        outcome_file.write(full)


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
@pytest.mark.parametrize(
    ("mode", "shared", "expected"), [(0o640, False, 0o640), (0o600, False, 0o600), (0o600, True, 0o640)]
)
def test_an_outcome_file_that_is_written_again_keeps_its_mode(full, mode, shared, expected):
    """In a directory that a group shares, the group can read it."""
    path = outcome_file.write(full)
    path.chmod(mode)
    path.parent.chmod(0o2770 if shared else 0o755)
    before = os.umask(0o022)
    try:
        outcome_file.write(full)
    finally:
        os.umask(before)
    assert oct(stat.S_IMODE(path.stat().st_mode)) == oct(expected)


def test_the_file_has_the_permissions_of_an_ordinary_file(full):
    path = outcome_file.write(full)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Cannot read the outcome file .*Restore it from a backup"),
        ("{", "Cannot read the outcome file .*Restore it from a backup"),
        ("[]", "schema_version: Expected the number 2, got nothing"),
        ("{}", "schema_version: Expected the number 2, got nothing"),
        (
            '{"schema_version": 99}',
            r"has schema version 99, but this ccp4hooks reads the versions 1 and 2 only\. Upgrade ccp4hooks",
        ),
        (
            '{"schema_version": 0}',
            r"has schema version 0, but this ccp4hooks reads the versions 1 and 2 only\. Restore it from a backup",
        ),
        ('{"schema_version": "1"}', 'schema_version: Expected the number 2, got "1"'),
        ('{"schema_version": true}', r"schema_version: Expected the number 2, got true\. Restore it from a backup\."),
        ('{"schema_version": 1.0}', r"schema_version: Expected the number 2, got 1\.0\."),
        ('{"schema_version": 1}', "Invalid outcome file .*: Object missing required field `job`"),
    ],
)
def test_a_file_that_is_not_an_outcome_file_is_rejected_by_its_path(tmp_path, text, message):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(BadInputError, match=message) as caught:
        outcome_file.read(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_rejected(tmp_path):
    with pytest.raises(BadInputError, match="No such file"):
        outcome_file.read(tmp_path / "none.json")


INVALID = {
    "status: Invalid enum value 'DONE'": lambda t: t.update(status="DONE"),
    "status: Expected `str`, got `int`": lambda t: t.update(status=6),
    "Object contains unknown field `surprise`": lambda t: t.update(surprise=1),
    "job.project: Object contains unknown field `surprise`": lambda t: t["job"]["project"].update(surprise=1),
    "kpis[0]: Object missing required field `value`": lambda t: t["kpis"][0].pop("value"),
    "kpis[0].value: Expected": lambda t: t["kpis"][0].update(value=[1]),
    "files[0].extra['whole']: Expected": lambda t: t["files"][0]["extra"].update(whole=None),
    "files[0].size_bytes: Expected `int`, got `str`": lambda t: t["files"][0].update(size_bytes="1"),
    "files[0].columns: Expected `array`, got `str`": lambda t: t["files"][0].update(columns="FP"),
    "files[0].path: Expected a normalized `str`": lambda t: t["files"][0].update(path="/data//a"),
    "imported[0].size_bytes: Expected `int`, got `float`": lambda t: t["imported"][0].update(size_bytes=1.5),
    "imported[0].reused: Expected `bool`, got `int`": lambda t: t["imported"][0].update(reused=0),
    "job.number: Expected a normalized `str`, got '1'": lambda t: t["job"].update(number=1),
    "job.title: Expected `str`, got `int`": lambda t: t["job"].update(title=7),
    "files[0].origins['file'].plugin: Expected `str`, got `int`": lambda t: t["files"][0]["origins"].update(
        file={"plugin": 5}
    ),
    "job.uuid: Expected a UUID with hyphens, got 'x'": lambda t: t["job"].update(uuid="x"),
    "job.uuid: Expected a UUID with hyphens, got '5'": lambda t: t["job"].update(uuid=5),
    f"job.uuid: Expected a UUID with hyphens, got '{'1' * 32}'": lambda t: t["job"].update(uuid="1" * 32),
    "job.uuid: Expected a UUID with hyphens, got 'caf\\\\udce9'": lambda t: t["job"].update(uuid="caf\udce9"),
    "status: Invalid enum value 'caf\\\\udce9'": lambda t: t.update(status="caf\udce9"),
    "created_at: Invalid RFC3339 encoded datetime. Restore": lambda t: t.update(created_at="caf\udce9"),
    "job: Object contains unknown field `caf\\udce9`": lambda t: t["job"].update({"caf\udce9": 1}),
    "files[0].path: Expected a normalized `str`, got '/data/a": lambda t: t["files"][0].update(path="/data/a\0"),
    "software['ccp4hooks']: Expected `str`, got `int`": lambda t: t["software"].update(ccp4hooks=1),
    "created_at: Invalid RFC3339 encoded datetime": lambda t: t.update(created_at="yesterday"),
    "created_at: Expected `datetime` with a timezone": lambda t: t.update(created_at="2026-01-02T03:04:05"),
    "timings[0].duration_s: Expected `float`, got `str`": lambda t: t["timings"][0].update(duration_s="1"),
    "problems[0].severity: Invalid enum value 'BLOCK'": lambda t: t["problems"][0].update(severity="BLOCK"),
}


@pytest.mark.parametrize(("message", "change"), INVALID.items())
def test_a_value_that_does_not_fit_is_rejected_and_never_converted(tmp_path, message, change):
    table = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    change(table)
    path = tmp_path / outcome_file.FILE_NAME
    path.write_text(json.dumps(table))
    with pytest.raises(BadInputError, match=re.escape(f"Invalid outcome file {path}: {message}")):
        outcome_file.read(path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_rejected(tmp_path, number):
    path = tmp_path / outcome_file.FILE_NAME
    path.write_text(EXAMPLE.read_text(encoding="utf-8").replace('"value": 0.25', f'"value": {number}'))
    with pytest.raises(BadInputError, match=f"Cannot read the outcome file .*: .*{number} is not a finite number"):
        outcome_file.read(path)


def test_a_file_that_is_too_large_is_not_read(full):
    path = outcome_file.write(full)
    with path.open("r+b") as stream:
        stream.truncate(outcome_file.LARGEST_FILE + 1)
    with pytest.raises(BadInputError, match=r"bytes; at most .* are allowed"):
        outcome_file.read(path)


def test_a_value_is_read_back_from_json_data(full):
    data = json.loads(json.dumps(outcome_file.to_json(full.imported[0])))
    assert outcome_file.from_json(data, ImportedFile) == full.imported[0]
    assert outcome_file.from_json(data, FileUse) is None
    assert outcome_file.from_json(None, FileUse) is None


def test_a_relocated_outcome_names_the_new_project_everywhere(tmp_path):
    old, new = make_project(Path("/scratch/toxd")), make_project(Path("/data/toxd"))
    outcome = replace(
        full_outcome(old.directory),
        problems=(Problem(severity=Severity.INFO, message="See /scratch/toxd/x.", path=Path("/scratch/toxd/x")),),
    )
    moved = outcome_file.relocated(outcome, old, new)
    assert moved == replace(
        full_outcome(new.directory),
        problems=(Problem(severity=Severity.INFO, message="See /data/toxd/x.", path=Path("/data/toxd/x")),),
    )
    assert [type(kpi.value) for kpi in moved.kpis] == [type(kpi.value) for kpi in outcome.kpis]


def test_outcome_files_are_listed_in_the_order_of_job_numbers(tmp_path):
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
