import json
import re

import pytest
from unit.samples import make_outcome, make_project

from ccp4hooks import BadInputError, GleanedFile, ImportedFile, Kpi
from ccp4hooks.outcomes import checks, outcome_file


@pytest.fixture
def told(tmp_path):
    """An outcome with an import, a file and a value, and the files it names."""
    project = make_project(tmp_path / "p")
    copy, written = project.imports_directory / "a.mtz", project.jobs_directory / "job_1" / "out.pdb"
    for path in (copy, written):
        path.parent.mkdir(parents=True)
        path.write_text("x")
    outcome = make_outcome(tmp_path / "p")
    imported = ImportedFile(
        uuid=outcome.job.file_uuid("in", "inputData.A"),
        parameter="inputData.A",
        path=copy,
        source=tmp_path / "elsewhere" / "a.mtz",
        md5="0" * 32,
        sha256="1" * 64,
        size_bytes=1,
        modified_at=outcome.created_at,
        file_type="t",
    )
    gleaned = GleanedFile(
        uuid=outcome.job.file_uuid("out", "outputData.X"),
        parameter="outputData.X",
        path=written,
        size_bytes=1,
        file_type="t",
    )
    return make_outcome(tmp_path / "p", imported=(imported,), files=(gleaned,), kpis=(Kpi(key="k", value=1.5),))


def changed(told, change):
    """Write the outcome with the text of its file changed as JSON, and return the file."""
    path = outcome_file.write(told)
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(table))
    return path


def test_an_outcome_that_lies_where_it_says_is_believed(told):
    assert checks.believed(outcome_file.write(told), told.job.project) == told


ESCAPES = {
    "files[0].path": [
        lambda t: t["files"][0].update(path="/etc/passwd"),
        lambda t: t["files"][0].update(path=t["job"]["directory"] + "/../../../out.pdb"),
        lambda t: t["files"][0].update(path="out.pdb"),
    ],
    "imported[0].path": [lambda t: t["imported"][0].update(path="/etc/passwd")],
    "job.directory": [lambda t: t["job"].update(directory="/etc"), lambda t: t["job"].update(number="2")],
    "job.project.directory": [lambda t: t["job"]["project"].update(directory="p/../p")],
    "job.number": [
        lambda t: t["job"].update(number=""),
        lambda t: t["job"].update(number="0"),
        lambda t: t["job"].update(number="../1"),
        lambda t: t["job"].update(number="1\n"),
        lambda t: t["job"].update(number="9" * 10),
    ],
    "imported[0].md5": [lambda t: t["imported"][0].update(md5="0")],
    "imported[0].sha256": [lambda t: t["imported"][0].update(sha256="g" * 64)],
    "imported[0].size_bytes": [lambda t: t["imported"][0].update(size_bytes=-1)],
    "files[0].size_bytes": [lambda t: t["files"][0].update(size_bytes=2**63)],
    "files[0].content_flag": [lambda t: t["files"][0].update(content_flag=2**31)],
    "files[0].sub_type": [lambda t: t["files"][0].update(sub_type=-(2**40))],
    "kpis[0]": [
        lambda t: t["kpis"][0].update(value=2**2000),
        lambda t: t["kpis"][0].update(value="x" * 256),
        lambda t: t["kpis"][0].update(key="k" * 51),
    ],
    "kpis[1]": [lambda t: t["kpis"].append(t["kpis"][0])],
    "status": [lambda t: t.update(status="RUNNING"), lambda t: t.update(status="TO_DELETE")],
    "finished_at": [lambda t: t.update(finished_at=None)],
    "files[0].uuid": [lambda t: t["files"][0].update(uuid=t["job"]["uuid"])],
    "created_at": [lambda t: t.update(created_at="2026-01-02T03:04:05")],
}


@pytest.mark.parametrize(("field", "change"), [(field, one) for field, many in ESCAPES.items() for one in many])
def test_what_cannot_be_is_refused_with_file_and_field(told, field, change):
    path = changed(told, change)
    with pytest.raises(BadInputError, match=f" is not believed: {re.escape(field)}: ") as caught:
        checks.believed(path, told.job.project)
    assert str(path) in str(caught.value)


MISREADS = {
    "outcome.files[0].size_bytes": lambda t: t["files"][0].update(size_bytes="1"),
    "outcome.imported[0].size_bytes": lambda t: t["imported"][0].update(size_bytes=1.5),
    "outcome.files[0].columns": lambda t: t["files"][0].update(columns="FP"),
    "outcome.imported[0].reused": lambda t: t["imported"][0].update(reused=0),
    "outcome.job.title": lambda t: t["job"].update(title=7),
    "outcome.software.ccp4hooks": lambda t: t["software"].update(ccp4hooks=1),
    "outcome.job.uuid": lambda t: t["job"].update(uuid="x"),
}


@pytest.mark.parametrize(("field", "change"), MISREADS.items())
def test_a_value_of_another_kind_is_not_turned_into_the_right_one(told, field, change):
    path = changed(told, change)
    with pytest.raises(BadInputError, match=f"is not a valid one: .* @ {re.escape(field)}") as caught:
        checks.believed(path, told.job.project)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_refused(told, number):
    path = outcome_file.write(told)
    path.write_text(path.read_text().replace('"value": 1.5', f'"value": {number}'))
    with pytest.raises(BadInputError, match=f"{number} is not a finite number"):
        checks.believed(path, told.job.project)


def test_a_file_that_is_a_link_out_of_the_project_is_refused(told, tmp_path):
    (tmp_path / "secret").write_text("x")
    told.files[0].path.unlink()
    told.files[0].path.symlink_to(tmp_path / "secret")
    with pytest.raises(BadInputError, match=r"files\[0\]\.path: .* is not in the project"):
        checks.believed(outcome_file.write(told), told.job.project)


def test_an_outcome_of_another_directory_is_refused(told):
    other = told.job.directory.with_name("job_2")
    other.mkdir()
    path = outcome_file.write(told).rename(other / outcome_file.FILE_NAME)
    with pytest.raises(BadInputError, match=r"it is of a job in .*job_1.*replay --from"):
        checks.believed(path, told.job.project)


def test_a_project_whose_jobs_are_a_link_to_those_of_another_is_another(told, tmp_path):
    path = outcome_file.write(told)
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "CCP4_JOBS").symlink_to(told.job.project.jobs_directory)
    with pytest.raises(BadInputError, match="it is of a job in"):
        checks.believed(path, make_project(tmp_path / "q"))


def test_a_file_that_is_too_large_is_not_read(told):
    path = outcome_file.write(told)
    with path.open("r+b") as stream:
        stream.truncate(outcome_file.LARGEST_FILE + 1)
    with pytest.raises(BadInputError, match=r"bytes, of .* allowed"):
        checks.believed(path, told.job.project)


def test_jobs_on_another_disk_behind_a_link_are_believed(told, tmp_path):
    jobs = told.job.project.jobs_directory
    outcome_file.write(told)
    jobs.rename(tmp_path / "disk")
    jobs.symlink_to(tmp_path / "disk")
    assert checks.believed(told.job.directory / outcome_file.FILE_NAME, told.job.project) == told
