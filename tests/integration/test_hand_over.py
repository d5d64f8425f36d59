"""Projects are exported and imported elsewhere, with everything that was recorded, and nothing half done."""

import csv
import io
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from uuid import uuid4

import pytest
from click.testing import CliRunner

from ccp4hooks import BadInputError, ExportFormat, Kpi, Settings, UnknownNameError, hookimpl, open_session
from ccp4hooks.cli import cli
from ccp4hooks.exchange import unfinished
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import zip_source

RECORD, DATABASE = "ccp4hooks_project.json", "DATABASE.db.xml"


class ByHand:
    """Returns KPIs of all types, one of them with a unit."""

    @hookimpl
    def glean_kpi(self, job):
        if job.number == "2":
            yield Kpi(key="diskUse", value=0.1 + 0.2, unit="MB", description="size of the directory")
            yield Kpi(key="isGood", value=True)
            yield Kpi(key="RFree", value=0.25)
            yield Kpi(key="spaceGroup", value="P 1")


def opened(folder, url, **extra):
    settings = Settings(projects_dir=folder / "projects", database=url, plugins=("ccp4hooks_demo",))
    return open_session(settings, extra=extra)


@pytest.fixture(scope="module")
def made(sqlite_template, data, tmp_path_factory):
    """The settings of a project with three jobs, of which one waits, and its archive."""
    folder = tmp_path_factory.mktemp("made")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'db.sqlite3')}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCP4I2_HOME", str(folder / "home"))
        session = opened(folder, url, by_hand=ByHand())
        session.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="toxd", title="Räume")
        session.run("demo_pipeline", [("F_SIGF", str(data["fsigf"])), ("XYZIN", "@1.XYZOUT")], project="toxd")
        session.open_job("freerflag", project="toxd")
        project = session.project("toxd")
        first, *_ = session.outcomes(project, "1")
        session.label(first.job, title="Best", note="one\ntwo\x07"[:7], add_tags=["best", "a b"])
        session.label(project, note="for Ada", add_tags=["lab"])
        done = session.export_project(project, folder / "toxd.zip")
    assert (done.jobs, done.added, done.left_out) == (("1", "2", "3"), (), ())
    return folder, url, done.path


@pytest.fixture
def session(made):
    folder, url, _ = made
    return opened(folder, url)


@pytest.fixture
def archive(made):
    return made[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def elsewhere(request, tmp_path, monkeypatch):
    """A session on another machine: another home, another database, another directory of projects."""
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    if request.param == "postgresql":
        server, template = (request.getfixturevalue(name) for name in ("server", "postgresql_template"))
        return opened(tmp_path, server.new(template))
    path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "db.sqlite3")
    return opened(tmp_path, f"sqlite:///{path}")


@pytest.fixture
def there(sqlite_template, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    return opened(tmp_path, f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'db.sqlite3')}")


def whole(session, name="toxd"):
    """Return everything that is shown of a project, but for the path of its directory."""
    project = session.project(name)
    outcomes = [session.outcomes(project, number) for number in ("1", "2", "3")]
    labels = session.labels(project, *(one.job for several in outcomes for one in several))
    jobs = session.query(project=project, sub_jobs=True)
    shown = outcome_file.to_json([outcomes, session.outcomes(project), labels, [*jobs]])
    return json.dumps(shown, indent=1, sort_keys=True).replace(str(project.directory), "PROJECT").splitlines()


def rewritten(archive, path, change):
    """Write an archive with changed members.

    Args:
        archive: The archive.
        path: The new archive.
        change: Returns the new content of a member by its name and content, or None to leave it out.
    """
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = change(info.filename, old.read(info))
            if content is not None:
                new.writestr(info, content)
    return path


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def nothing_there(session):
    projects = session.settings.projects_dir
    return session.projects() == () and not (projects.exists() and names_in(projects))


# --- there and back ---------------------------------------------------------------------------------------------


def test_an_imported_project_is_shown_line_by_line_as_the_original(session, archive, elsewhere, tmp_path):
    done = elsewhere.import_project(archive)
    assert (done.jobs, done.problems, done.project.directory) == (5, (), tmp_path / "projects/toxd")
    assert whole(elsewhere) == whole(session)
    paths = [file.path for one in elsewhere.outcomes(done.project) for file in (*one.files, *one.imported)]
    assert all(path.is_file() and path.is_relative_to(tmp_path) for path in paths)
    # It is exported again, and imported into a third database under another name.
    again = elsewhere.export_project(done.project, tmp_path / "again.zip")
    third = opened(tmp_path / "third", f"sqlite:///{tmp_path}/third.sqlite3")
    third.import_project(again.path, name="new")
    renamed = [
        line.replace('"name": "new"', '"name": "toxd"').replace('"title": "new"', '"title": "toxd"')
        for line in whole(third, "new")
    ]
    assert renamed == whole(session)


def test_work_goes_on_in_an_imported_project(archive, there, data):
    there.import_project(archive)
    assert there.replay("toxd").problems == ()
    opened_before = there.outcomes(there.project("toxd"), "3")[0]
    assert opened_before.status.name == "PENDING"
    after = there.run("coordinate_selector", [("XYZIN", "@2.XYZOUT")], project="toxd").outcome
    assert (after.job.number, after.status.name) == ("4", "FINISHED")
    assert [use.path.is_file() for use in after.uses] == [True]
    # The model was imported before.
    known = there.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="toxd").outcome
    assert [file.reused for file in known.imported] == [True]
    assert there.reglean("toxd", "2").problems == ()


def test_the_outcome_files_of_an_imported_project_are_those_of_its_jobs(session, archive, there, tmp_path):
    there.import_project(archive, name="new")
    project = there.project("new")
    for number in ("1", "2", "2.1", "2.2"):
        old, new = (one.job_directory(number) / outcome_file.FILE_NAME for one in (session.project("toxd"), project))
        written = outcome_file.read(new)
        moved = outcome_file.in_directory(outcome_file.read(old), project.directory)
        assert written == outcome_file.in_project_named(moved, "new")
        assert (written.job.directory, written.job.project) == (new.parent, project)
    # They are recorded in another database, and without one.
    for name, switches in (("second", ()), ("none", ("no:database",))):
        settings = replace(there.settings, database=f"sqlite:///{tmp_path}/{name}.sqlite3", plugins=switches)
        other = open_session(settings)
        if not switches:
            assert [one.job.number for one in other.replay("new").outcomes] == ["1", "2", "2.1", "2.2"]
            assert other.replay("new").problems == ()
            assert [one.uuid for one in other.projects()] == [project.uuid]
        assert {row.job.number: row.status.name for row in other.query("new")} == dict.fromkeys(
            ("1", "2", "2.1", "2.2"), "FINISHED"
        )
        assert other.unreadable == ()


def test_an_invalid_outcome_file_in_an_archive_is_imported_as_it_is(archive, there, tmp_path):
    def change(name, content):
        return b'{"schema_version": 2}' if name.endswith("job_1/ccp4hooks_outcome.json") else content

    project = there.import_project(rewritten(archive, tmp_path / "bad.zip", change)).project
    assert (project.job_directory("1") / outcome_file.FILE_NAME).read_bytes() == b'{"schema_version": 2}'
    assert outcome_file.read(project.job_directory("2") / outcome_file.FILE_NAME).job.project == project


def test_chosen_jobs_bring_the_jobs_whose_files_they_read(session, there, tmp_path):
    done = session.export_project("toxd", tmp_path / "two.zip", jobs=["2.1"])
    assert (done.jobs, done.added, done.left_out) == (("1", "2"), ("1",), ())
    project = there.import_project(done.path).project
    assert [one.job.number for one in there.outcomes(project)] == ["1", "2", "2.1", "2.2"]
    assert there.outcomes(project, "2")[0].kpis == session.outcomes(session.project("toxd"), "2")[0].kpis
    assert there.run("coordinate_selector", [("XYZIN", "@2.XYZOUT")], project="toxd").outcome.job.number == "4"
    alone = session.export_project("toxd", tmp_path / "one.zip", jobs=["1"])
    assert (alone.jobs, alone.added) == (("1",), ())
    with zipfile.ZipFile(alone.path) as found:
        names = {name for name in found.namelist() if "CCP4_JOBS" not in name and not name.endswith("/")}
    assert names == {DATABASE, RECORD, "CCP4_IMPORTED_FILES/1a80_A.pdb"}


def test_an_archive_in_a_directory_is_imported_too(archive, there, tmp_path):
    for folder in ("", "nested/toxd/"):
        with zipfile.ZipFile(archive) as found:
            found.extractall(tmp_path / f"unpacked/{folder}")
    shutil.make_archive(str(tmp_path / "outer"), "zip", tmp_path / "unpacked/nested")
    assert there.import_project(tmp_path / "unpacked", name="a").jobs == 5
    with pytest.raises(BadInputError, match="has the same UUID"):
        there.import_project(tmp_path / "outer.zip", name="b")
    # CCP4i2 3.1 writes a snapshot after an import.
    there.plugin_object("database").snapshots.wait()
    shutil.rmtree(tmp_path / "projects")
    third = opened(tmp_path / "third", f"sqlite:///{tmp_path}/third.sqlite3")
    assert third.import_project(tmp_path / "outer.zip").jobs == 5


# --- CCP4i2 alone -----------------------------------------------------------------------------------------------

ALONE = """
import sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from ccp4i2.db.models import Project
if sys.argv[1] == "import":
    from ccp4i2.db.import_i2xml import import_ccp4_project_zip
    import_ccp4_project_zip(Path(sys.argv[2]), relocate_path=Path(sys.argv[3]))
else:
    from ccp4i2.db.export_project import export_project_to_zip
    export_project_to_zip(Project.objects.get(), Path(sys.argv[2]))
"""


def by_ccp4i2(folder, *words):
    """Import or export by CCP4i2 alone, without the hooks, in another time zone."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
    environment = clean | {
        "CCP4I2_HOME": str(folder / "home"),
        "CCP4I2_PROJECTS_DIR": str(folder / "projects"),
        "CCP4I2_DB_FILE": str(folder / "db.sqlite3"),
        "DJANGO_SETTINGS_MODULE": "ccp4i2.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TZ": "Asia/Tokyo",
    }
    folder.joinpath("projects").mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *map(str, words)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_ccp4i2_alone_imports_our_archive_and_we_import_the_one_that_it_makes_then(session, archive, there, tmp_path):
    alone = tmp_path / "alone"
    by_ccp4i2(alone, "import", archive, alone / "projects")
    by_ccp4i2(alone, "export", alone / "by_ccp4i2.zip")
    with zipfile.ZipFile(alone / "by_ccp4i2.zip") as found:
        assert RECORD not in found.namelist()
    done = there.import_project(alone / "by_ccp4i2.zip")
    assert (done.jobs, done.problems) == (5, ())
    ours, theirs = session.outcomes(session.project("toxd")), there.outcomes(done.project)
    for before, after in zip(ours, theirs, strict=True):
        path = before.job.directory / outcome_file.FILE_NAME
        # What was recorded of an ended job is in its outcome file; CCP4i2 keeps whole seconds of one that waits.
        written = (
            outcome_file.read(path)
            if path.exists()
            else replace(before, created_at=before.created_at.replace(microsecond=0))
        )
        assert (after.created_at, after.started_at) == (written.created_at, written.started_at)
        assert (after.status, after.finished_at, after.kpis) == (before.status, before.finished_at, before.kpis)
        assert after.job.title == before.job.title
        relative = {file.uuid: file.path.relative_to(before.job.project.directory) for file in before.files}
        assert {file.uuid: file.path.relative_to(done.project.directory) for file in after.files} == relative
        assert [(file.parameter, file.sha256) for file in after.imported] == [
            (file.parameter, file.sha256) for file in before.imported
        ]
    assert there.labels(done.project)[0].tags == ("lab",)


def test_jobs_that_ccp4i2_ran_without_us_are_imported_with_the_times_of_their_zone(archive, there, tmp_path):
    def only_ccp4i2(name, content):
        if name == DATABASE:
            return content.replace(b'status="1"', b'status="3"').replace(b'projectname="toxd"', b'projectname="t x"')
        return None if "ccp4hooks" in name else content

    done = there.import_project(rewritten(archive, tmp_path / "classic.zip", only_ccp4i2))
    assert done.problems == ("job 3 was RUNNING and is INTERRUPTED now",)
    assert done.project.name == "t x"
    outcomes = there.outcomes(done.project)
    assert [(one.job.number, one.status.name) for one in outcomes] == [
        ("1", "FINISHED"),
        ("2", "FINISHED"),
        ("2.1", "FINISHED"),
        ("2.2", "FINISHED"),
        ("3", "INTERRUPTED"),
    ]
    assert {kpi.key: kpi.value for kpi in outcomes[1].kpis} == {
        "RFree": 0.25,
        "spaceGroup": "P 1",
        "nAtoms": 2122.0,
        "nResidues": 277.0,
    }
    now = outcomes[0].finished_at
    assert now is not None
    assert abs((now - there.outcomes(done.project, "2")[0].created_at).total_seconds()) < 3600
    with zipfile.ZipFile(archive) as found:
        rows = json.loads(found.read(RECORD))["rows"]["Job"]
    assert now.isoformat()[:19] == rows[0]["finish_time"][:19]


def test_files_kpis_and_parameters_of_a_job_that_ccp4i2_ran_without_us_are_extracted(session, archive, there, tmp_path):
    made = session.outcomes(session.project("toxd"), "1")[0].files[0].uuid
    own = uuid4()

    def only_ccp4i2(name, content):
        content = content.replace(str(made).encode(), str(own).encode()).replace(made.hex.encode(), own.hex.encode())
        return None if "ccp4hooks" in name else content

    there.import_project(rewritten(archive, tmp_path / "classic.zip", only_ccp4i2))
    (before,) = there.outcomes(there.project("toxd"), "1")
    assert (before.parameters, before.kpis[0].origin, before.files[0].uuid) == ((), None, own)
    assert there.reglean("toxd", "1").problems == ()
    (after,) = there.outcomes(there.project("toxd"), "1")
    assert [(one.name, one.value) for one in after.parameters] == [("XYZIN", "CCP4_IMPORTED_FILES/1a80_A.pdb")]
    assert {kpi.key: (kpi.value, kpi.origin.plugin) for kpi in after.kpis} == {
        "nAtoms": (2122, "kpi"),
        "nResidues": (277, "kpi"),
    }
    assert [(file.uuid, file.origins["file"].plugin) for file in after.files] == [(own, "core")]
    assert after.results
    # The jobs that read the file still do.
    assert own in [use.file_uuid for use in there.outcomes(there.project("toxd"), "2")[0].uses]
    there.reglean("toxd", "1")
    assert there.outcomes(there.project("toxd"), "1") == (after,)


# --- other formats ----------------------------------------------------------------------------------------------


def test_the_tables_have_the_jobs_their_files_and_their_kpis(session, tmp_path):
    done = session.export_project("toxd", tmp_path / "tables", kind=ExportFormat.CSV)
    assert done.files == 3
    rows = {path.stem: list(csv.DictReader(io.StringIO(path.read_text()))) for path in done.path.iterdir()}
    assert [(row["number"], row["title"], row["tags"]) for row in rows["jobs"]] == [
        ("1", "Best", "a b, best"),
        ("2", "demo_pipeline", ""),
        ("2.1", "freerflag", ""),
        ("2.2", "coordinate_selector", ""),
        ("3", "freerflag", ""),
    ]
    kpis = {row["key"]: (row["job"], row["value"], row["unit"], row["plugin"]) for row in rows["kpis"]}
    assert kpis["diskUse"] == ("2", "0.30000000000000004", "MB", "by_hand")
    assert [(row["job"], row["role"], row["path"]) for row in rows["files"]][:3] == [
        ("1", "import", "CCP4_IMPORTED_FILES/1a80_A.pdb"),
        ("1", "out", "CCP4_JOBS/job_1/XYZOUT.pdb"),
        ("2", "import", "CCP4_IMPORTED_FILES/rnase25_fsigf.mtz"),
    ]


def test_an_ro_crate_names_the_files_that_each_job_has_read_and_made_and_is_imported(session, there, tmp_path):
    done = session.export_project("toxd", tmp_path / "crate", kind=ExportFormat.RO_CRATE, licence="CC0")
    graph = {one["@id"]: one for one in json.loads((done.path / "ro-crate-metadata.json").read_text())["@graph"]}
    action = graph["#job-2"]
    assert action["@type"] == "CreateAction"
    assert action["instrument"] == [{"@id": "#task-demo_pipeline"}]
    assert {"@id": "CCP4_JOBS/job_1/XYZOUT.pdb"} in action["object"]
    made = [one["@id"] for one in action["result"] if not one["@id"].startswith("#")]
    assert made == ["CCP4_JOBS/job_2/FREEROUT.mtz", "CCP4_JOBS/job_2/XYZOUT.pdb"]
    kpi = next(one for one in graph.values() if one.get("name") == "diskUse")
    assert (kpi["value"], kpi["unitText"]) == (0.1 + 0.2, "MB")
    assert graph["./"]["license"] == "CC0"
    assert all((done.path / name).is_file() for name, one in graph.items() if one["@type"] == "File")
    assert there.import_project(done.path).jobs == 5
    assert whole(there) == whole(session)


@pytest.mark.parametrize(("year", "noted"), [(1950, (1980, 1, 1)), (2200, (2107, 12, 31))])
def test_a_time_that_a_zip_file_cannot_note_is_the_nearest_one(session, tmp_path, year, noted):
    path = session.project("toxd").directory / "CCP4_JOBS/job_1/XYZOUT.pdb"
    seconds = datetime(year, 6, 1, tzinfo=timezone.utc).timestamp()
    os.utime(path, (seconds, seconds))
    done = session.export_project("toxd", tmp_path / "x.zip")
    with zipfile.ZipFile(done.path) as found:
        assert found.getinfo("CCP4_JOBS/job_1/XYZOUT.pdb").date_time[:3] == noted


def test_a_job_of_an_imported_project_is_the_answer_of_the_same_request(archive, there, data, tmp_path):
    with zipfile.ZipFile(archive) as found:
        written = found.getinfo("CCP4_JOBS/job_1/XYZOUT.pdb").date_time
    there.import_project(archive)
    path = tmp_path / "projects/toxd/CCP4_JOBS/job_1/XYZOUT.pdb"
    assert time.localtime(path.stat().st_mtime)[:6] == written
    result = there.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="toxd", if_changed=True)
    assert (result.unchanged, result.outcome.job.number) == (True, "1")


# --- what is refused --------------------------------------------------------------------------------------------


def test_a_project_that_exists_is_refused_with_what_to_do(session, archive, there, tmp_path):
    with pytest.raises(BadInputError, match=r"has this project already, as 'toxd'.*replay --from DIR --project NEW"):
        session.import_project(archive, name="copy")
    there.create_project("toxd")
    for name in ("toxd", "TOXD"):
        with pytest.raises(BadInputError, match=r"another project 'toxd'.*--name NEW"):
            there.import_project(archive, name=name)
    (tmp_path / "projects/taken").mkdir()
    with pytest.raises(BadInputError, match="taken exists already"):
        there.import_project(archive, name="taken")
    assert there.import_project(archive, name="other").project.name == "other"
    assert names_in(tmp_path / "projects") == ["other", "taken", "toxd"]


def with_uuid_of_other(name, content):
    return content.replace(b'"format": 1', b'"format": 2') if name == RECORD else content


def edited(change):
    def changed(name, content):
        if name != RECORD:
            return content
        record = json.loads(content)
        change(record["rows"])
        return json.dumps(record).encode()

    return changed


def renamed_file(rows):
    rows["File"][0]["name"] = "../../../../../etc/passwd"


def lost_job(rows):
    rows["Job"].pop(0)


def numbered(rows, number):
    return next(row for row in rows["Job"] if row["number"] == number)


def wrong_number(rows):
    numbered(rows, "3")["number"] = "2/../1"


def number_of_another(rows):
    numbered(rows, "2.1")["number"] = "1.1"


def no_rows(rows):
    rows["Job"] = {"uuid": 1}


def wrong_status(rows):
    rows["Job"][0]["status"] = 3


def large_number(rows):
    rows["Job"][0]["evaluation"] = 10**30


def no_time(rows):
    rows["Job"][0]["creation_time"] = "yesterday"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_uuid_of_other, "in the format 2. This version reads formats up to 1"),
        (lambda name, content: None if name == DATABASE else content, "has no project: it lacks DATABASE.db.xml"),
        (lambda name, content: b"<a/>" if name == DATABASE else content, "has 0 projects instead of one"),
        (lambda name, content: b"<a" if name == DATABASE else content, "is not XML"),
        (
            lambda name, content: b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>" if name == DATABASE else content,
            "declares a document type",
        ),
        (lambda name, content: b"{" if name == RECORD else content, "is not JSON"),
        (edited(renamed_file), "is not in the project"),
        (edited(lost_job), "refers to"),
        (edited(wrong_number), "is not the number of a job below the project"),
        (edited(number_of_another), "'1.1' is not the number of a job below 2"),
        (edited(no_rows), "is not a list of rows"),
        (edited(wrong_status), "the status of job 1 is 3"),
        (edited(large_number), "Job.evaluation is '1000000"),
        (edited(no_time), "Job.creation_time is 'yesterday'"),
    ],
)
def test_a_record_that_is_wrong_is_refused_and_nothing_is_left(archive, there, tmp_path, change, said):
    with pytest.raises(BadInputError) as caught:
        there.import_project(rewritten(archive, tmp_path / "wrong.zip", change))
    assert said in str(caught.value)
    assert str(tmp_path / "home") not in str(caught.value)
    assert nothing_there(there)


@pytest.mark.parametrize("name", ["../evil", "CCP4_JOBS/../../evil", "/evil", "CCP4_JOBS/a\\b", "CCP4_JOBS//a"])
def test_an_archive_with_a_name_that_leads_out_of_it_is_refused(archive, there, tmp_path, name):
    bad = shutil.copy(archive, tmp_path / "bad.zip")
    with zipfile.ZipFile(bad, "a") as found:
        found.writestr(name, "x")
    with pytest.raises(BadInputError, match="a name that is not a plain path"):
        there.import_project(bad)
    assert nothing_there(there)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_an_archive_with_a_link_or_a_device_file_is_refused(archive, there, tmp_path, kind):
    bad = shutil.copy(archive, tmp_path / "bad.zip")
    info = zipfile.ZipInfo("CCP4_JOBS/job_1/link")
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(bad, "a") as found:
        found.writestr(info, "/etc/passwd")
    with pytest.raises(BadInputError, match="a link or a special file"):
        there.import_project(bad)
    assert nothing_there(there)


def test_a_directory_with_a_link_is_refused(archive, there, tmp_path):
    with zipfile.ZipFile(archive) as found:
        found.extractall(tmp_path / "unpacked")
    (tmp_path / "unpacked/CCP4_JOBS/job_1/link").symlink_to("/etc")
    with pytest.raises(BadInputError, match="job_1/link', a link or a special file"):
        there.import_project(tmp_path / "unpacked")
    assert nothing_there(there)


def test_names_that_no_file_system_can_have_are_refused(archive, there, tmp_path):
    for name, why in (("CCP4_JOBS/job_1/params.xml/a", "both a file"), (f"CCP4_JOBS/job_1/{'x' * 300}", "too long")):
        bad = shutil.copy(archive, tmp_path / "bad.zip")
        with zipfile.ZipFile(bad, "a") as found:
            found.writestr(name, "x")
        with pytest.raises(BadInputError, match=f"bad.zip is refused: .*{why}"):
            there.import_project(bad)
    assert nothing_there(there)


def test_a_name_that_occurs_twice_is_refused(archive, there, tmp_path):
    bad = shutil.copy(archive, tmp_path / "bad.zip")
    with zipfile.ZipFile(bad, "a") as found, pytest.warns(UserWarning, match="Duplicate"):
        found.writestr("CCP4_IMPORTED_FILES/1a80_A.pdb", "x")
    with pytest.raises(BadInputError, match="occurs twice"):
        there.import_project(bad)


def test_an_archive_that_grows_too_much_or_has_too_many_files_is_refused(archive, there, tmp_path, monkeypatch):
    monkeypatch.setattr(zip_source, "SMALL", 2**20)
    bomb = shutil.copy(archive, tmp_path / "bomb.zip")
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as found:
        found.writestr("CCP4_JOBS/job_1/zeros", bytes(100 * 2**20))
    with pytest.raises(BadInputError, match="unpack it yourself"):
        there.import_project(bomb)
    monkeypatch.setattr(zip_source, "MOST_FILES", 5)
    with pytest.raises(BadInputError, match="the limit is 5"):
        there.import_project(archive)
    monkeypatch.setattr(zip_source.shutil, "disk_usage", lambda _: type("Free", (), {"free": 9})())
    monkeypatch.setattr(zip_source, "MOST_FILES", 500)
    with pytest.raises(BadInputError, match="has only 9 bytes left"):
        there.import_project(archive)
    assert nothing_there(there)


def test_a_damaged_archive_is_refused_and_nothing_is_left(archive, there, tmp_path):
    content = archive.read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.zip").write_text("not a zip file")
    (tmp_path / "empty.zip").write_bytes(b"")
    with zipfile.ZipFile(archive) as found:
        info = found.getinfo("CCP4_JOBS/job_1/XYZOUT.pdb")
    # Change the data of a file, which its checksum tells.
    start = info.header_offset + 26
    lengths = struct.unpack("<HH", content[start : start + 4])
    at = start + 4 + sum(lengths) + info.compress_size // 2
    (tmp_path / "changed.zip").write_bytes(content[:at] + bytes(64) + content[at + 64 :])
    for name in ("cut.zip", "text.zip", "empty.zip", "changed.zip"):
        with pytest.raises(BadInputError, match=f"{name} is not a whole zip file"):
            there.import_project(tmp_path / name)
    assert nothing_there(there)


def test_the_trash_in_an_archive_is_not_imported(archive, there, tmp_path):
    path = rewritten(archive, tmp_path / "trash.zip", lambda _, content: content)
    with zipfile.ZipFile(path, "a") as added:
        for name in ("CCP4_JOBS/.ccp4hooks_trash/job_4.x/deleted_job.json", "CCP4_JOBS/.ccp4hooks_trash/last_deleted"):
            added.writestr(name, "{}")
        added.writestr("CCP4_JOBS/.adopting-x/a", "")
        added.writestr("CCP4_IMPORTED_FILES/.ccp4hooks_trash/job_4.x/m.pdb", "")
    done = there.import_project(path)
    assert done.jobs == 5
    assert all(name.startswith("job_") for name in names_in(done.project.jobs_directory))
    assert ".ccp4hooks_trash" not in names_in(done.project.imports_directory)


def test_rows_of_another_project_are_never_changed(archive, there, tmp_path):
    there.import_project(archive)
    before = whole(there)
    other = str(uuid4())

    def another_project(name, content):
        old = there.project("toxd").uuid
        for was, now in ((str(old), other), (old.hex, other.replace("-", ""))):
            content = content.replace(was.encode(), now.encode())
        return content if name in (DATABASE, RECORD) else None

    thief = rewritten(archive, tmp_path / "thief.zip", another_project)
    with pytest.raises(BadInputError, match=r"has the job .* already, in the project 'toxd'"):
        there.import_project(thief, name="thief")
    without = rewritten(thief, tmp_path / "xml.zip", lambda name, content: None if name == RECORD else content)
    with pytest.raises(BadInputError, match=r"has the job .* already, in the project 'toxd'"):
        there.import_project(without, name="thief")
    assert whole(there) == before
    assert names_in(tmp_path / "projects") == ["toxd"]


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "", "x" * 101, "a\x1bb"])
def test_a_name_that_no_project_can_have_is_refused(archive, there, name):
    with pytest.raises(BadInputError, match="name"):
        there.import_project(archive, name=name)
    assert nothing_there(there)


# --- exporting --------------------------------------------------------------------------------------------------


def test_a_running_job_is_not_exported_and_other_faults_are_told(session, tmp_path):
    project = session.project("toxd")
    with pytest.raises(UnknownNameError, match="Unknown job '9'"):
        session.export_project(project, tmp_path / "x.zip", jobs=["9"])
    with pytest.raises(BadInputError, match=r"ends in \.zip"):
        session.export_project(project, tmp_path / "x")
    (tmp_path / "x.zip").touch()
    with pytest.raises(BadInputError, match="exists already"):
        session.export_project(project, tmp_path / "x.zip")
    with pytest.raises(BadInputError, match="is not an existing directory"):
        session.export_project(project, tmp_path / "no/x.zip")
    with pytest.raises(BadInputError, match="a directory that is exported"):
        session.export_project(project, project.jobs_directory / "x.zip")
    assert names_in(tmp_path) == ["x.zip"]


def test_a_project_with_a_running_job_is_refused(archive, there, tmp_path):
    project = there.import_project(archive).project
    job = there.claim(there.outcomes(project, "3")[0].job.uuid)
    with pytest.raises(BadInputError, match=r"Job 3 .* is RUNNING, so it cannot be exported\. Run `ccp4hooks wait 3"):
        there.export_project(project, tmp_path / "x.zip")
    assert there.export_project(project, tmp_path / "x.zip", jobs=["2"]).jobs == ("1", "2")
    assert job.number == "3"


def test_links_out_of_the_project_are_left_out_and_named(archive, there, tmp_path):
    project = there.import_project(archive).project
    (tmp_path / "secret").write_text("secret")
    folder = project.job_directory("1")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "dir").symlink_to(tmp_path)
    (folder / "in").symlink_to("XYZOUT.pdb")
    os.mkfifo(folder / "fifo")
    (project.directory / "notes.txt").touch()
    done = there.export_project(project, tmp_path / "x.zip")
    why = "is a link out of the project, to a directory or to nothing, or a special file"
    assert done.left_out == (
        "notes.txt is no part of a project of CCP4i2",
        *(f"CCP4_JOBS/job_1/{name} {why}" for name in ("dir", "fifo", "out")),
    )
    with zipfile.ZipFile(done.path) as found:
        assert found.read("CCP4_JOBS/job_1/in") == found.read("CCP4_JOBS/job_1/XYZOUT.pdb")
        assert b"secret" not in [found.read(name) for name in found.namelist()]


@pytest.mark.parametrize("kind", ["ccp4i2", "ro-crate", "csv"])
def test_nothing_is_left_of_an_export_to_a_full_disk(session, tmp_path, monkeypatch, kind):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    path = tmp_path / ("x.zip" if kind == "ccp4i2" else "x")
    with pytest.raises(BadInputError, match=r"No space left on device\. Free some space\. Nothing is left of it."):
        session.export_project("toxd", path, kind=ExportFormat(kind))
    assert names_in(tmp_path) == []


# --- unfinished imports -----------------------------------------------------------------------------------------


def test_an_import_that_fails_on_a_full_disk_leaves_nothing(archive, there, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadInputError, match="No space left"):
        there.import_project(archive)
    monkeypatch.undo()
    assert nothing_there(there)


def test_what_a_dead_import_has_left_is_removed_by_recover_and_by_the_next_import(archive, there, tmp_path):
    projects = tmp_path / "projects"

    def left(name):
        shutil.copytree(projects / "toxd", projects / name)
        text = json.dumps({"project": str(uuid4()), "database": unfinished._digest(there.settings.database)})
        (projects / name / ".ccp4hooks_import").write_text(text)

    there.import_project(archive)

    def import_again():
        with pytest.raises(BadInputError, match="already"):
            there.import_project(archive)

    for clean in (there.recover, import_again):
        left(".ccp4hooks_import.1")
        left("dead")
        (projects / ".ccp4hooks_import.2").mkdir()
        assert [one.name for one in there.projects()] == ["toxd"]
        clean()
        assert names_in(projects) == ["toxd"]
    # A finished one whose marker was left, and one into another database, are not removed.
    text = {"project": str(there.project("toxd").uuid), "database": unfinished._digest(there.settings.database)}
    (projects / "toxd/.ccp4hooks_import").write_text(json.dumps(text))
    left("other")
    (projects / "other/.ccp4hooks_import").write_text(json.dumps(text | {"database": "x"}))
    there.recover()
    assert names_in(projects) == ["other", "toxd"]
    assert not (projects / "toxd/.ccp4hooks_import").exists()
    # A project in which a living process imports is left alone.
    with unfinished.begun(there._queries, replace(there.project("toxd"), uuid=uuid4()), there.settings.database) as at:
        there.recover()
        assert at.directory.is_dir()
    assert not at.directory.exists()


def test_of_two_imports_at_once_exactly_one_succeeds(archive, elsewhere):
    elsewhere.projects()
    start = threading.Barrier(2)

    def import_it(name):
        start.wait()
        try:
            return elsewhere.import_project(archive, name=name).project.name
        except BadInputError as error:
            return error

    for names in (("a", "a"), ("a", "b")):
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(import_it, names))
        if names == ("a", "a"):
            assert sum(isinstance(one, str) for one in done) == 1
        assert [one.name for one in elsewhere.projects()] == ["a"]
        assert names_in(elsewhere.settings.projects_dir) == ["a"]
    assert all("has this project already" in str(one) for one in done)


# --- the commands -----------------------------------------------------------------------------------------------


def test_the_commands_export_and_import_a_project(made, tmp_path, monkeypatch):
    folder, url, _ = made
    monkeypatch.chdir(tmp_path)

    def call(*words, code=0):
        done = CliRunner().invoke(cli, words, env={"CCP4I2_HOME": str(tmp_path / "home")})
        assert done.exit_code == code, done.output
        return done

    here = ("--database", url, "--projects-dir", str(folder / "projects"))
    said = call("export", "2", "--project", "toxd", *here)
    assert said.stdout.startswith("Exported 2 jobs and 2 sub-jobs of the project toxd (")
    assert f"to\n{tmp_path}/toxd.ccp4_project.zip\n" in said.stdout
    assert said.stderr == "Also exported, because their files are read: 1\n"
    other = ("--database", f"sqlite:///{tmp_path}/o.sqlite3", "--projects-dir", str(tmp_path / "p"))
    said = call("import", "toxd.ccp4_project.zip", *other).stdout
    assert said.startswith("Imported 2 jobs and 2 sub-jobs of the project toxd (")
    assert said.endswith(f" files) into\n{tmp_path}/p/toxd\n")
    done = json.loads(call("export", "toxd", "--csv", "t.zip", "--json", *here).stdout)
    assert (done["jobs"], done["sub_jobs"], done["files"]) == (["1", "2", "3"], 2, 3)
    assert "Give only one of" in call("export", "toxd", "--csv", "a", "--ro-crate", "b", code=2).stderr
    assert "Give a PROJECT" in call("export", code=2).stderr
    assert "Give one PROJECT" in call("export", "toxd", "2", code=2).stderr
    assert "has this project already" in call("import", "toxd.ccp4_project.zip", *other, code=4).stderr
    # The archive exists, but that a job does not is what is wrong first.
    assert "Unknown job '99'" in call("export", "99", "--project", "toxd", *here, code=4).stderr
    assert "Unknown job '2.9'" in call("export", "2.9", "--project", "toxd", *here, code=4).stderr


def test_a_project_whose_name_is_a_number_is_named_by_an_option(archive, there, tmp_path):
    shared = ("--database", there.settings.database, "--projects-dir", str(there.settings.projects_dir))

    def call(*words):
        done = CliRunner().invoke(cli, [*words, *shared], env={"CCP4I2_HOME": str(tmp_path / "home")})
        assert done.exit_code == 0, done.output
        return done

    how = (
        "The name 12 looks like the number of a job. Name the project by `--project 12`; `note` and `tag` take "
        "--is-project.\n"
    )
    assert call("import", str(archive), "--name", "12").stderr.startswith(how)
    assert call("projects", "rename", "12", "13").stderr == how.replace("12", "13")
    assert call("projects", "create", "14").stderr == how.replace("12", "14")
    assert call("projects", "create", "a14").stderr == ""
    assert (
        "3 jobs and 2 sub-jobs of the project 13"
        in call("export", "--project", "13", "--csv", str(tmp_path / "t")).stdout
    )
    assert call("verify", "--project", "13", "--json").stdout.startswith("{")
