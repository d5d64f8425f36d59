import json
import re
import subprocess
import sys
from datetime import datetime, timezone

import pytest
from unit.samples import make_job, make_outcome, make_project

from ccp4hooks import BadInputError, GleanedFile, ImportedFile, Kpi
from ccp4hooks.outcomes import checks, outcome_file


@pytest.fixture
def outcome(tmp_path):
    """An outcome with an imported file, an output file and a KPI; the files exist."""
    project = make_project(tmp_path / "p")
    copy, written = project.imports_directory / "a.mtz", project.jobs_directory / "job_1" / "out.pdb"
    for path in (copy, written):
        path.parent.mkdir(parents=True)
        path.write_text("x")
    job = make_job(tmp_path / "p")
    imported = ImportedFile(
        uuid=job.file_uuid("in", "inputData.A"),
        parameter="inputData.A",
        path=copy,
        source=tmp_path / "elsewhere" / "a.mtz",
        md5="0" * 32,
        sha256="1" * 64,
        size_bytes=1,
        modified_at=datetime(2026, 1, 2, tzinfo=timezone.utc),
        file_type="t",
    )
    gleaned = GleanedFile(
        uuid=job.file_uuid("out", "outputData.X"),
        parameter="outputData.X",
        path=written,
        size_bytes=1,
        file_type="t",
    )
    return make_outcome(tmp_path / "p", imported=(imported,), files=(gleaned,), kpis=(Kpi(key="k", value=1.5),))


def changed(outcome, change):
    """Write the outcome with the text of its file changed as JSON, and return the file."""
    path = outcome_file.write(outcome)
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(table))
    return path


def test_a_valid_file_is_read(outcome):
    assert checks.read_in_project(outcome_file.write(outcome), outcome.job.project) == outcome


INVALID = {
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
    "status": [lambda t: t.update(status="RUNNING"), lambda t: t.update(status="RUNNING_REMOTELY")],
    "finished_at": [lambda t: t.update(finished_at=None)],
    "files[0].uuid": [lambda t: t["files"][0].update(uuid=t["job"]["uuid"])],
    "provenance.variation_of": [lambda t: t["provenance"].update(variation_of="1/2")],
    "provenance.fingerprint": [lambda t: t["provenance"].update(fingerprint="0" * 63)],
    "created_at": [lambda t: t.update(created_at="2026-01-02T03:04:05")],
}


@pytest.mark.parametrize(("field", "change"), [(field, one) for field, many in INVALID.items() for one in many])
def test_the_error_for_an_invalid_value_names_the_file_and_the_field(outcome, field, change):
    path = changed(outcome, change)
    with pytest.raises(BadInputError, match=f"^Invalid outcome file .*: {re.escape(field)}: ") as caught:
        checks.read_in_project(path, outcome.job.project)
    assert str(path) in str(caught.value)


def test_an_output_file_that_links_out_of_the_project_is_invalid(outcome, tmp_path):
    (tmp_path / "secret").write_text("x")
    outcome.files[0].path.unlink()
    outcome.files[0].path.symlink_to(tmp_path / "secret")
    with pytest.raises(BadInputError, match=r"files\[0\]\.path: .* is not in the project"):
        checks.read_in_project(outcome_file.write(outcome), outcome.job.project)


def test_the_outcome_file_of_a_job_in_another_directory_is_rejected(outcome):
    other = outcome.job.directory.with_name("job_2")
    other.mkdir()
    path = outcome_file.write(outcome).rename(other / outcome_file.FILE_NAME)
    with pytest.raises(BadInputError, match=r"it belongs to a job in .*job_1.*replay --from"):
        checks.read_in_project(path, outcome.job.project)


def test_an_outcome_file_of_another_project_is_rejected_behind_a_link(outcome, tmp_path):
    path = outcome_file.write(outcome)
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "CCP4_JOBS").symlink_to(outcome.job.project.jobs_directory)
    with pytest.raises(BadInputError, match="it belongs to a job in"):
        checks.read_in_project(path, make_project(tmp_path / "q"))


def test_an_outcome_file_on_another_disk_behind_a_link_is_read(outcome, tmp_path):
    jobs = outcome.job.project.jobs_directory
    outcome_file.write(outcome)
    jobs.rename(tmp_path / "disk")
    jobs.symlink_to(tmp_path / "disk")
    assert checks.read_in_project(outcome.job.directory / outcome_file.FILE_NAME, outcome.job.project) == outcome


MIB = 2**20
HOSTILE = {
    "22 MB of empty lists": ("[" + "[]," * (22 * MIB // 3) + "[]]", "objects and lists; at most 2000000 are allowed"),
    "22 MB of empty objects": ("[" + "{}," * (22 * MIB // 3) + "{}]", "objects and lists; at most 2000000 are allowed"),
    "brackets without commas": ("[]" * (11 * MIB), "objects and lists; at most 2000000 are allowed"),
    "short texts": ("[" + '"ab",' * (9 * MIB) + "1]", "values; at most 8000000 are allowed"),
    "deep lists": ("[" * 1_000_000, "it has too many objects and lists inside each other"),
    "deep objects": ('{"a":' * 1_000_000, "it has too many objects and lists inside each other"),
    "a key twice": ('{"schema_version": 1, "schema_version": 1}', "an object has the key 'schema_version' twice"),
    "an inner key twice": ('{"job": {"uuid": 1, "uuid": 2}}', "an object has the key 'uuid' twice"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_outcome_file_is_refused_before_it_takes_memory(tmp_path, case):
    text, reason = HOSTILE[case]
    path = tmp_path / outcome_file.FILE_NAME
    path.write_text(text)
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom ccp4hooks import BadInputError\n"
        "from ccp4hooks.outcomes import checks\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    checks.read_from_elsewhere(Path(sys.argv[1]))\n"
        "except BadInputError as error:\n    print(error)\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(used // (1024 if sys.platform == 'linux' else 1024**2))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    message, used_mib = done.stdout.splitlines()
    assert message.startswith(f"Cannot read the outcome file {path}: ValueError: ")
    assert message.endswith(f"{reason}. Restore it from a backup.")
    assert int(used_mib) < 100 + 2 * len(text) // MIB


@pytest.mark.parametrize("field", ["created_at", "started_at", "finished_at"])
@pytest.mark.parametrize("year", ["0001", "1969", "2201", "9999"])
def test_a_job_in_an_impossible_year_is_refused(outcome, field, year):
    path = changed(outcome, lambda table: table.update({field: f"{year}-01-01T00:00:00+14:00"}))
    with pytest.raises(BadInputError) as caught:
        checks.read_in_project(path, outcome.job.project)
    assert str(caught.value) == (
        f"Invalid outcome file {path}: {field}: the year {int(year)} is not between 1970 and 2200."
    )


@pytest.mark.parametrize(("year", "valid"), [("0001", False), ("0002", True), ("1904", True), ("9999", False)])
def test_an_import_may_have_any_time_that_every_time_zone_can_show(outcome, year, valid):
    path = changed(outcome, lambda table: table["imported"][0].update(modified_at=f"{year}-06-01T00:00:00+00:00"))
    if valid:
        assert checks.read_in_project(path, outcome.job.project).imported[0].modified_at.year == int(year)
        return
    with pytest.raises(BadInputError, match=rf"imported\[0\]\.modified_at: the year {int(year)} is not between 2 and"):
        checks.read_in_project(path, outcome.job.project)
