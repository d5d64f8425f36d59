"""Databases and outcome files of earlier versions stay readable.

``samples`` has the database, as SQL, and the outcome file of a job of `coordinate_selector`, as each version with
another schema has written them, with CCP4i2 3.0.1. Only paths and the names of the user and the machine were changed.
"""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ccp4hooks import JobStatus, Settings, StoreError, open_session
from ccp4hooks.outcomes import outcome_file

SAMPLES = Path(__file__).parent / "samples"
SCHEMAS = (1, 2, 3, 4, 5, 7)
"""Numbers of the last migrations of earlier versions. No version ended with migration 6."""


@pytest.fixture(params=SCHEMAS)
def earlier(request, tmp_path):
    """A session with the database and the project that an earlier version has left, before the upgrade."""
    name = f"migration_{request.param}"
    sql = gzip.decompress((SAMPLES / f"{name}.sql.gz").read_bytes()).decode()
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as connection:
        connection.executescript(sql.replace("/sample/", f"{tmp_path}/"))
    job = tmp_path / "toxd/CCP4_JOBS/job_1"
    job.mkdir(parents=True)
    text = (SAMPLES / f"{name}.json").read_text(encoding="utf-8")
    (job / outcome_file.FILE_NAME).write_text(text.replace("/sample/", f"{tmp_path}/"), encoding="utf-8")
    return open_session(Settings(projects_dir=tmp_path, database=f"sqlite:///{tmp_path / 'db.sqlite3'}"))


def test_a_database_of_an_earlier_version_is_upgraded_with_a_backup_and_has_the_same_job(earlier, tmp_path):
    with pytest.raises(StoreError, match="Run `ccp4hooks init` once"):
        earlier.projects()
    before = (tmp_path / "db.sqlite3").read_bytes()
    done, backup, *_ = earlier.init_store()
    assert "migrations applied" in done
    path = Path(backup.removeprefix("The backup from before the upgrade is ").removesuffix("."))
    (tmp_path / "original").write_bytes(before)
    with closing(sqlite3.connect(path)) as copy, closing(sqlite3.connect(tmp_path / "original")) as original:
        assert list(copy.iterdump()) == list(original.iterdump())
    (project,) = earlier.projects()
    (job,) = earlier.outcomes(project, "1")
    assert (job.job.task, job.status, job.job.directory) == (
        "coordinate_selector",
        JobStatus.FINISHED,
        tmp_path / "toxd/CCP4_JOBS/job_1",
    )
    assert {kpi.key: (kpi.value, kpi.origin.plugin) for kpi in job.kpis} == {
        "nAtoms": (2122, "kpi"),
        "nResidues": (277, "kpi"),
    }
    assert [(file.parameter, file.path.name, file.file_type) for file in job.files] == [
        ("outputData.XYZOUT", "XYZOUT.pdb", "chemical/x-pdb")
    ]
    (imported,) = job.imported
    assert (imported.parameter, str(imported.source), imported.path.name) == (
        "inputData.XYZIN",
        "/data/1a80_A.pdb",
        "1a80_A.pdb",
    )
    assert (len(imported.md5), len(imported.sha256)) == (32, 64)


def test_the_outcome_file_of_an_earlier_version_is_read_and_recording_it_changes_nothing(earlier):
    earlier.init_store()
    (recorded,) = earlier.outcomes(earlier.project("toxd"), "1")
    written = outcome_file.read(recorded.job.directory / outcome_file.FILE_NAME)
    assert (written.job.uuid, written.finished_at) == (recorded.job.uuid, recorded.finished_at)
    assert [(kpi.key, kpi.value, kpi.origin) for kpi in written.kpis] == [
        (kpi.key, kpi.value, kpi.origin) for kpi in recorded.kpis
    ]
    done = earlier.replay("toxd")
    assert (done.problems, done.unreadable, done.unchanged) == ((), (), (recorded.job.uuid,))
    assert earlier.outcomes(earlier.project("toxd"), "1") == (recorded,)
