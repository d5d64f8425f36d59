"""Each difference between CCP4i2 3.0 and 3.1 that `ccp4hooks_database.versions` names, in the installed version."""

import json
from threading import Event
from xml.etree import ElementTree as ET

import ccp4i2
import pytest
from plugins.database.helpers import gleaned, imported, kpi, opened, outcome_of, use

from ccp4hooks import JobStatus, StoreError
from ccp4hooks.i2 import scripts
from ccp4hooks.store import FileQuery
from ccp4hooks_database import versions
from ccp4hooks_database.snapshots import Snapshots

IS_3_0 = ccp4i2.__version__.startswith("3.0.")
LONG = "outputData.PERFORMANCE_OF_A_VERY_LONG_LIST_OF_FILES[12].XYZOUT"


@pytest.fixture
def job(plugin, project):
    return opened(plugin, project)


def test_the_columns_are_those_of_the_version(rows):
    assert rows(versions.parameter_limit) == (32 if IS_3_0 else 255)
    assert rows(versions.has_source_checksum) is not IS_3_0
    assert rows(versions.has_interactive_sessions) is not IS_3_0


def test_the_checksum_of_a_source_is_recorded_and_read_by_3_1_only(plugin, project, job, rows):
    from ccp4i2.db.models import FileImport

    whole = imported(job)
    selected = imported(job, "columns.mtz", "inputData.LIST[0]", source_md5="5" * 32)
    plugin.job_finished(job, outcome_of(job, imported=(whole, selected)))
    (read,) = plugin.read_outcomes(project, "1")
    assert [one.source_md5 for one in read.imported] == ["", "" if IS_3_0 else "5" * 32]
    if not IS_3_0:
        stored = rows(lambda: dict(FileImport.objects.values_list("checksum", "source_checksum")))
        assert stored == {whole.md5: whole.md5, selected.md5: "5" * 32}


def test_a_long_parameter_is_found_in_a_row_of_any_version(plugin, project, job, rows):
    """A database of 3.0 keeps the names that were shortened for it when its column grows."""
    from ccp4i2.db.models import File

    from ccp4hooks_database.repository import columns

    file = gleaned(job, "a.pdb", LONG, file_type="chemical/x-pdb")
    plugin.job_finished(job, outcome_of(job, files=(file,)))
    query = FileQuery(project=project, job_number="1", parameter=LONG)
    assert plugin.find_file(query).uuid == file.uuid
    short = columns.column_names(LONG)[1]
    assert len(short) == 32
    rows(lambda: File.objects.update(job_param_name=short))
    assert plugin.find_file(query).uuid == file.uuid


def snapshot(project):
    return project.directory / "DATABASE.db.xml"


def recorded(path):
    """Return (status, files) of the jobs in a snapshot."""
    body = ET.parse(path).getroot().find("ccp4i2_body")  # noqa: S314 - CCP4i2 has written it
    states = [int(job.get("status")) for job in body.iter("job")]
    return states, len(list(body.iter("file")))


def test_3_1_writes_a_snapshot_of_the_project_after_a_job(plugin, project, job):
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    assert not snapshot(project).exists()
    plugin.job_finished(job, outcome_of(job, files=(gleaned(job),), kpis=(kpi("RFree", 0.2),)))
    plugin.snapshots.wait()
    assert snapshot(project).exists() is not IS_3_0
    if not IS_3_0:
        states, files = recorded(snapshot(project))
        assert files == 1
        assert len(states) == 1


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o2775])
def test_a_snapshot_can_be_read_by_all_who_can_read_the_project(plugin, project, job, mode):
    project.directory.mkdir(parents=True, exist_ok=True)
    project.directory.chmod(mode)
    plugin.job_finished(job, outcome_of(job))
    plugin.snapshots.wait()
    found = [oct(path.stat().st_mode & 0o777) for path in project.directory.glob("DATABASE.db.xml")]
    assert found == ([] if IS_3_0 else [oct(mode & 0o666)])


def test_the_snapshot_is_written_once_for_a_job_and_its_sub_jobs(plugin, project, job, monkeypatch):
    written = []
    monkeypatch.setattr(versions, "writes_snapshots", lambda: True)
    monkeypatch.setattr(versions, "write_snapshot", lambda one, **_: written.append(one))
    child = opened(plugin, project, parent=job)
    plugin.job_finished(child, outcome_of(child))
    assert written == []
    plugin.job_finished(job, outcome_of(job))
    plugin.snapshots.wait()
    assert written == [project.uuid]


def test_no_snapshot_is_written_if_ccp4i2_is_told_to_write_none(plugin, project, job, monkeypatch):
    monkeypatch.setenv("CCP4I2_DISABLE_PROJECT_SNAPSHOT", "1")
    plugin.job_finished(job, outcome_of(job))
    plugin.snapshots.wait()
    assert not snapshot(project).exists()


@pytest.mark.parametrize("own", [True, False])
def test_only_the_database_of_ccp4i2_itself_changes_its_list_of_projects(url, tmp_path, project, monkeypatch, own):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", url if own else f"sqlite:///{tmp_path / 'other.sqlite3'}")
    plugin = use(url, tmp_path)
    job = opened(plugin, project)
    plugin.job_finished(job, outcome_of(job))
    plugin.snapshots.wait()
    listed = tmp_path / "home" / "project_directories.json"
    assert listed.exists() is (own and not IS_3_0)
    if listed.exists():
        assert [one["name"] for one in json.loads(listed.read_text())["projects"]] == ["toxd"]


def test_requests_for_one_project_are_carried_out_together():
    begun, go, written = Event(), Event(), []

    def write(project):
        begun.set()
        go.wait(60)
        written.append(project)

    snapshots = Snapshots(write)
    snapshots.request("a")
    begun.wait(60)
    for _ in range(5):
        snapshots.request("a")
        snapshots.request("b")
    go.set()
    snapshots.wait()
    assert written == ["a", "a", "b"]


def test_a_snapshot_that_cannot_be_written_is_logged_and_the_next_one_is_written(caplog):
    written = []

    def write(project):
        if not written:
            written.append(project)
            raise StoreError("no connection")
        written.append(project)

    snapshots = Snapshots(write)
    snapshots.request("a")
    snapshots.wait()
    snapshots.request("a")
    snapshots.wait()
    assert written == ["a", "a"]
    assert "The snapshot of the project a could not be written: no connection" in caplog.text


def test_the_function_that_starts_a_job_is_where_ccp4i2_calls_it(rows):
    name = "ccp4i2.lib.utils.jobs.context_run" if IS_3_0 else "ccp4i2.lib.dispatch.local"
    assert rows(versions.job_starter).__name__ == name


def test_3_1_restores_a_deleted_import_before_a_job(plugin, project, job, tmp_path):
    source = tmp_path / "source.mtz"
    file = imported(job, source=source)
    source.write_bytes(file.path.read_bytes())
    plugin.job_finished(job, outcome_of(job, imported=(file,)))
    again = opened(plugin, project)
    script = scripts.build_script("freerflag", "", tmp_path)
    obj = script.container.inputData.F_SIGF
    obj.setFullPath(str(file.path))
    obj.dbFileId.set(str(file.uuid))
    file.path.unlink()
    assert list(plugin.pre_import(again, script)) == []
    assert file.path.exists() is not IS_3_0
    if not IS_3_0:
        assert file.path.read_bytes() == source.read_bytes()
        file.path.unlink()
        source.unlink()
        (problem,) = plugin.pre_import(again, script)
        assert "import the file again" in problem.message


def test_a_snapshot_that_cannot_be_written_causes_one_message_of_ours(plugin, project, job, caplog):
    (project.directory / "DATABASE.db.xml").mkdir(parents=True)
    plugin.job_finished(job, outcome_of(job))
    plugin.snapshots.wait()
    messages = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(messages) == (0 if IS_3_0 else 1)
    for message in messages:
        assert message.startswith(f"The snapshot of the project {project.uuid} could not be written: ")
        assert message.endswith(". The records are in the database.")
