"""Job directories from elsewhere are adopted on real databases, and inconsistent ones are rejected."""

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import ccp4i2
import jsonschema
import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, open_session
from ccp4hooks.outcomes import outcome_file

CCP4I2 = Path(ccp4i2.__file__).parent
MODEL = CCP4I2 / "wrappers/chainsaw/test_data/1a80_A.pdb"
DATA = CCP4I2 / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The job directory of a pipeline with two sub-jobs, which ran without a database and was moved."""
    there = tmp_path_factory.mktemp("there")
    settings = Settings(projects_dir=there, plugins=("no:database", "ccp4hooks_demo"))
    session = open_session(settings)
    session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="q")
    session.run("demo_pipeline", [("F_SIGF", str(DATA)), ("XYZIN", str(MODEL))], project="q")
    elsewhere = tmp_path_factory.mktemp("copied") / "q"
    shutil.move(there / "q", elsewhere)
    return elsewhere


@pytest.fixture
def foreign(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "foreign"))


@pytest.fixture
def session(demo_session):
    return demo_session()


@pytest.fixture
def on_sqlite(sqlite_template, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'db.sqlite3')}"
    return open_session(Settings(projects_dir=tmp_path / "projects", database=url, plugins=("ccp4hooks_demo",)))


def content(directory):
    found = (path for path in directory.rglob("*") if path.is_file())
    # CCP4i2 3.1 writes a snapshot with the time of its writing.
    return {path.relative_to(directory): path.read_bytes() for path in found if "DATABASE.db.xml" not in path.name}


def test_an_adopted_pipeline_becomes_the_next_job_with_all_its_files_and_kpis(session, foreign):
    session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p")
    before = content(foreign)
    done = session.adopt(foreign / "CCP4_JOBS/job_2", "p")
    assert done.problems == ()
    assert [one.job.number for one in done.outcomes] == ["2", "2.1", "2.2"]
    assert content(foreign) == before
    project = session.project("p")
    recorded = session.outcomes(project)
    assert [(one.job.number, one.status) for one in recorded] == [
        (number, JobStatus.FINISHED) for number in ("1", "2", "2.1", "2.2")
    ]
    assert [len(one.files) for one in recorded] == [1, 2, 1, 1]
    paths = [file.path for one in recorded for file in (*one.files, *one.imported)]
    assert all(path.is_file() and path.is_relative_to(project.directory) for path in paths)
    # The project already had the model, but not the reflections.
    assert sorted(path.name for path in project.imports_directory.iterdir()) == [MODEL.name, DATA.name]
    assert {file.parameter: file.reused for file in recorded[1].imported} == {
        "inputData.F_SIGF": False,
        "inputData.XYZIN": True,
    }
    assert [use.parameter for use in recorded[2].uses + recorded[3].uses] == ["inputData.F_SIGF", "inputData.XYZIN"]
    assert {(kpi.key, kpi.value, kpi.origin.plugin) for kpi in recorded[1].kpis} == {
        ("nAtoms", 2122, "kpi"),
        ("nResidues", 277, "kpi"),
    }


def test_adopting_a_job_again_changes_nothing(session, foreign):
    first = session.adopt(foreign / "CCP4_JOBS/job_2", "p")
    project = session.project("p")
    files, recorded = content(project.directory), session.outcomes(project)
    again = session.adopt(foreign / "CCP4_JOBS/job_2", "p")
    assert set(again.unchanged) == {one.job.uuid for one in first.outcomes}
    assert replace(again, unchanged=()) == first
    assert content(project.directory) == files
    assert session.outcomes(project) == recorded
    assert replace(session.replay(project), unchanged=()) == first
    assert session.outcomes(project) == recorded


def test_the_parameters_of_an_adopted_job_contain_no_old_paths(on_sqlite, foreign):
    said = (foreign / "CCP4_JOBS/job_2/ccp4hooks_outcome.json").read_text()
    old = json.loads(said)["job"]
    on_sqlite.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p")
    on_sqlite.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p")
    (top, *_) = on_sqlite.adopt(foreign / "CCP4_JOBS/job_2", "p").outcomes
    assert top.job.number == "3"
    parameters = (top.job.directory / "params.xml").read_text()
    assert not any(word in parameters for word in (old["uuid"], old["project"]["uuid"], "job_2", ">q<"))
    assert str(top.job.uuid) in parameters
    assert "<jobNumber>3</jobNumber>" in parameters
    # The next job can use its output.
    after = on_sqlite.run("coordinate_selector", [("XYZIN", "@3.XYZOUT")], project="p").outcome
    assert after.status is JobStatus.FINISHED
    assert [use.file_uuid for use in after.uses] == [file.uuid for file in top.files if "XYZOUT" in file.parameter]


def test_a_missing_or_changed_import_of_an_adopted_job_is_reported_and_not_recorded(on_sqlite, foreign):
    imports = foreign / "CCP4_IMPORTED_FILES"
    (imports / MODEL.name).unlink()
    with (imports / DATA.name).open("ab") as stream:
        stream.write(b"x")
    (top, *_) = on_sqlite.adopt(foreign / "CCP4_JOBS/job_2", "p").outcomes
    assert top.imported == ()
    messages = {problem.parameter: problem.message for problem in top.problems if problem.parameter}
    assert messages == {
        "inputData.F_SIGF": "has another checksum than in its own project.",
        "inputData.XYZIN": "was not copied with the job.",
    }
    assert not any(path.is_file() for path in top.job.project.imports_directory.glob("*"))


def test_an_import_that_is_a_symbolic_link_is_not_followed(on_sqlite, foreign, tmp_path):
    (tmp_path / "secret").write_bytes(MODEL.read_bytes())
    (foreign / "CCP4_IMPORTED_FILES" / MODEL.name).unlink()
    (foreign / "CCP4_IMPORTED_FILES" / MODEL.name).symlink_to(tmp_path / "secret")
    (done,) = on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p").outcomes
    assert done.imported == ()


def restrict(directory, group):
    """Hide a directory from everyone but its owner and a group, which can read it."""
    for path in (directory, *directory.rglob("*")):
        os.chown(path, -1, group, follow_symlinks=False)
        path.chmod(0o750 if path.is_dir() else 0o640)


def access(directory):
    """Return the different permissions and groups of the directories and of the files below a directory."""
    found = {True: set(), False: set()}
    for path in (directory, *directory.rglob("*")):
        info = path.stat()
        found[path.is_dir()].add((oct(stat.S_IMODE(info.st_mode)), info.st_gid))
    return found[True], found[False]


GROUP, OTHER_GROUP = 4242, 4343


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group")
@pytest.mark.parametrize(
    ("mode", "group", "folders", "files"),
    [
        (0o2755, OTHER_GROUP, {("0o2700", OTHER_GROUP)}, {("0o600", OTHER_GROUP)}),
        (0o2755, GROUP, {("0o2750", GROUP)}, {("0o640", GROUP)}),
        (0o2775, OTHER_GROUP, {("0o2770", OTHER_GROUP)}, {("0o640", OTHER_GROUP)}),
    ],
)
def test_an_adopted_job_gives_no_more_access_than_its_source_unless_a_group_shares_the_project(
    on_sqlite, foreign, tmp_path, mode, group, folders, files
):
    restrict(foreign / "CCP4_JOBS/job_2", GROUP)
    (tmp_path / "projects").mkdir()
    os.chown(tmp_path / "projects", -1, group)
    (tmp_path / "projects").chmod(mode)
    before = os.umask(0o002 if mode == 0o2775 else 0o022)
    try:
        done = on_sqlite.adopt(foreign / "CCP4_JOBS/job_2", "p").outcomes[0]
    finally:
        os.umask(before)
    assert access(done.job.directory) == (folders, files)


def edit(directory, change):
    path = directory / outcome_file.FILE_NAME
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(table))


INCONSISTENT = {
    "a file outside": (lambda t: t["files"][0].update(path="/etc/passwd"), r"files\[0\]\.path: /etc/passwd is not in"),
    "a way out": (
        lambda t: t["files"][0].update(path=t["job"]["directory"] + "/../../../../etc/passwd"),
        r"files\[0\]\.path",
    ),
    "an import outside": (lambda t: t["imported"][0].update(path="/etc/passwd"), r"imported\[0\]\.path"),
    "another directory": (lambda t: t["job"].update(directory="/etc"), "job.directory"),
    "a parent": (lambda t: t["job"].update(parent_uuid=t["job"]["uuid"]), "job.parent_uuid"),
    "another layout": (lambda t: t.update(schema_version=3), "schema version 3"),
}


@pytest.mark.parametrize(("change", "message"), INCONSISTENT.values(), ids=INCONSISTENT)
def test_an_inconsistent_job_directory_is_rejected_and_leaves_nothing(on_sqlite, foreign, change, message):
    edit(foreign / "CCP4_JOBS/job_1", change)
    with pytest.raises(BadInputError, match=message):
        on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p")
    assert not on_sqlite.settings.projects_dir.exists()
    assert on_sqlite.projects() == ()


def test_a_sub_job_with_a_duplicate_uuid_is_rejected(on_sqlite, foreign):
    top = json.loads((foreign / "CCP4_JOBS/job_2" / outcome_file.FILE_NAME).read_text())["job"]["uuid"]
    edit(foreign / "CCP4_JOBS/job_2/job_1", lambda t: t["job"].update(uuid=top) or t.update(files=[]))
    with pytest.raises(BadInputError, match=r"job\.uuid: .* is the UUID of another job"):
        on_sqlite.adopt(foreign / "CCP4_JOBS/job_2", "p")


def test_an_outcome_file_of_another_job_is_invalid(on_sqlite):
    first, second = (on_sqlite.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p") for _ in range(2))
    edit(
        second.outcome.job.directory, lambda t: t["job"].update(uuid=str(first.outcome.job.uuid)) or t.update(files=[])
    )
    done = on_sqlite.replay(first.outcome.job.project)
    assert [one.job.number for one in done.outcomes] == ["1"]
    assert done.problems == (
        "job 2: its outcome file contains the UUID of job 1, so the directory seems to be a copy. Remove one of them.",
    )
    assert [len(one.files) for one in on_sqlite.outcomes(first.outcome.job.project)] == [1, 1]


def test_real_outcome_files_match_the_published_schema(made):
    published = Path(__file__).parents[2] / "docs" / "reference" / "outcome.schema.json"
    validator = jsonschema.Draft202012Validator(json.loads(published.read_text(encoding="utf-8")))
    paths = list(outcome_file.below(made / "CCP4_JOBS"))
    assert len(paths) == 4
    for path in paths:
        validator.validate(json.loads(path.read_text(encoding="utf-8")))


def test_a_link_out_of_the_job_directory_is_rejected(on_sqlite, foreign, tmp_path):
    for name, target in (("file", MODEL), ("folder", tmp_path), ("lost", tmp_path / "none")):
        link = foreign / "CCP4_JOBS/job_1" / name
        link.symlink_to(target)
        with pytest.raises(BadInputError, match=rf"{name} is a link that leads out of the job directory, .* Remove it"):
            on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p")
        link.unlink()
    assert on_sqlite.projects() == ()


def test_parameters_with_entities_withdraw_the_adopted_job(on_sqlite, foreign):
    parameters = foreign / "CCP4_JOBS/job_1/params.xml"
    parameters.write_text('<!DOCTYPE a [<!ENTITY e SYSTEM "/etc/passwd">]><a>&e;</a>')
    with pytest.raises(BadInputError, match="declares a document type"):
        on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p")
    assert not [path for path in on_sqlite.settings.projects_dir.rglob("*") if path.is_file()]
    assert on_sqlite.projects() == ()


@pytest.mark.parametrize("name", ["program.xml", "diagnostic.xml"])
def test_xml_files_for_the_gui_are_copied_without_parsing(on_sqlite, foreign, name):
    said = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hosts">]><a>&e;</a>'
    (foreign / "CCP4_JOBS/job_1" / name).write_bytes(said)
    (done,) = on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p").outcomes
    on_sqlite.reglean(done.job.project, done.job.number)
    assert (done.job.directory / name).read_bytes() == said


def test_a_directory_that_cannot_be_adopted_is_an_error(on_sqlite, foreign, tmp_path):
    with pytest.raises(BadInputError) as error:
        on_sqlite.adopt(tmp_path, "p")
    assert str(error.value) == (
        f"{tmp_path} is not a job directory that can be adopted: it has no ccp4hooks_outcome.json. Give the directory "
        "of a job that has ended, CCP4_JOBS/job_1 for instance, or that of a project with such jobs."
    )
    with pytest.raises(BadInputError, match=r"belongs to sub-job 2\.1. Adopt the job that contains it"):
        on_sqlite.adopt(foreign / "CCP4_JOBS/job_2/job_1", "p")
    (done,) = on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p").outcomes
    with pytest.raises(BadInputError, match="belongs to the project 'p' already"):
        on_sqlite.adopt(done.job.directory, "p")


def test_an_adoption_that_was_killed_is_resumed(on_sqlite, foreign, monkeypatch):
    """The process dies after the job was opened, which leaves a row, an empty directory and a copy."""
    from ccp4hooks.exchange.adoption import Adoption
    from ccp4hooks.jobs import lifecycle

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Adoption, "_rewrite", killed)
        patch.setattr(lifecycle, "withdraw", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p")
    with pytest.raises(BadInputError, match=r"is being adopted by another process\. Wait until"):
        on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p")
    from ccp4hooks_database.models import JobOwner

    JobOwner.objects.update(pid=2**22 + 1)
    assert [one.status for one in on_sqlite.recover().outcomes] == [JobStatus.INTERRUPTED]
    (done,) = on_sqlite.adopt(foreign / "CCP4_JOBS/job_1", "p").outcomes
    assert (done.job.number, done.status) == ("1", JobStatus.FINISHED)
    assert [(one.status, len(one.files)) for one in on_sqlite.outcomes(done.job.project)] == [(JobStatus.FINISHED, 1)]


@pytest.fixture
def command(tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
    environment = {
        **clean,
        "CCP4I2_HOME": str(tmp_path / "home"),
        "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "CCP4HOOKS_PROJECT": "p",
    }

    def run_command(*words):
        line = [sys.executable, "-m", "ccp4hooks.cli", *map(str, words)]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)

    return run_command


def test_a_kept_dry_run_can_be_adopted(command, tmp_path):
    assert command("run", "coordinate_selector", f"XYZIN={MODEL}").returncode == 0
    kept = tmp_path / "kept"
    dry = command("run", "coordinate_selector", "XYZIN=@1.XYZOUT", "--dry-run", "--keep", kept)
    assert dry.returncode == 0, dry.stderr
    assert f"the job was kept only in {kept}" in dry.stdout
    assert len(json.loads(command("jobs", "--json").stdout)["jobs"]) == 1
    for suffix in ("", " (recorded before)"):
        done = command("replay", "--from", kept / "CCP4_JOBS/job_2")
        assert (done.stdout, done.returncode) == (f"p 2 coordinate_selector FINISHED{suffix}\n", 0), done.stderr
    (shown,) = json.loads(command("show", "2", "--json").stdout)["outcomes"]
    assert [use["parameter"] for use in shown["uses"]] == ["inputData.XYZIN"]
    assert (shown["job"]["dry_run"], len(shown["files"]), len(shown["kpis"])) == (False, 1, 2)
    refused = command("run", "coordinate_selector", f"XYZIN={MODEL}", "--dry-run", "--keep", kept)
    assert (refused.returncode, "not an empty directory" in refused.stderr) == (4, True)
    assert command("run", "coordinate_selector", f"XYZIN={MODEL}", "--keep", kept).returncode == 2


@pytest.mark.slow
def test_a_kept_dry_run_with_an_input_of_the_project_can_be_adopted(command, tmp_path):
    assert command("run", "coordinate_selector", f"XYZIN={MODEL}").returncode == 0
    kept = tmp_path / "kept"
    dry = command("run", "coordinate_selector", f"XYZIN={MODEL}", "--dry-run", "--keep", kept)
    assert dry.returncode == 0, dry.stderr
    assert list(kept.rglob(MODEL.name)) == []
    for suffix in ("", " (recorded before)"):
        done = command("replay", "--from", kept)
        assert (done.stdout, done.returncode) == (f"p 2 coordinate_selector FINISHED{suffix}\n", 0), done.stderr
    first, second = shown(command, "1", "2")
    assert [file["reused"] for file in second["imported"]] == [True]
    assert second["imported"][0]["path"] == first["imported"][0]["path"]


def shown(command, *numbers):
    return [json.loads(command("show", number, "--json").stdout)["outcomes"][0] for number in numbers]


def test_a_kept_dry_run_reports_inputs_of_another_project_as_missing(command, tmp_path):
    assert command("run", "coordinate_selector", f"XYZIN={MODEL}").returncode == 0
    kept = tmp_path / "kept"
    assert command("run", "coordinate_selector", f"XYZIN={MODEL}", "--dry-run", "--keep", kept).returncode == 0
    assert command("replay", "--from", kept, "--project", "q").returncode == 0
    (path,) = (tmp_path / "projects/q/CCP4_JOBS/job_1").glob(outcome_file.FILE_NAME)
    adopted = outcome_file.read(path)
    assert adopted.imported == ()
    assert any(problem.message.startswith("was not copied with the job") for problem in adopted.problems)


def test_an_import_without_a_checksum_is_not_taken_for_a_copy(session, foreign):
    path = foreign / "CCP4_JOBS/job_1" / outcome_file.FILE_NAME
    table = json.loads(path.read_text())
    table["imported"][0] |= {"reused": True, "md5": "", "sha256": ""}
    path.write_text(json.dumps(table))
    shutil.rmtree(foreign / "CCP4_IMPORTED_FILES")
    registered = session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p").outcome.imported[0]
    forget_checksum(session, registered)
    done = session.adopt(foreign / "CCP4_JOBS/job_1", "p")
    assert done.outcomes[0].imported == ()


def forget_checksum(session, file):
    """Change an import into one that was registered without a checksum."""
    from ccp4hooks_database import AsyncDatabaseHandler

    store = AsyncDatabaseHandler(session.project("p").uuid, session=session).operations.store

    def forget():
        from ccp4i2.db.models import FileImport

        assert FileImport.objects.filter(file__uuid=file.uuid).update(checksum="") == 1

    store.write(forget)


def test_a_job_of_a_project_that_cannot_be_adopted_is_a_problem_and_the_others_are_adopted(session, foreign):
    path = foreign / "CCP4_JOBS/job_1" / outcome_file.FILE_NAME
    path.write_bytes(path.read_bytes()[:300])
    done = session.adopt(foreign, "p")
    assert [(one.job.number, one.job.task) for one in done.outcomes] == [
        ("1", "demo_pipeline"), ("1.1", "freerflag"), ("1.2", "coordinate_selector"),
    ]  # fmt: skip
    (problem,) = done.problems
    assert problem.startswith(f"{path.parent}: Cannot read the outcome file {path}: JSONDecodeError")


def test_an_adopted_job_keeps_the_times_of_its_run(session, foreign):
    there = outcome_file.read(foreign / "CCP4_JOBS/job_2" / outcome_file.FILE_NAME)
    session.adopt(foreign / "CCP4_JOBS/job_2", "p")
    top, *below = session.outcomes(session.project("p"))
    assert (top.created_at, top.started_at, top.finished_at) == (
        there.created_at, there.started_at, there.finished_at,
    )  # fmt: skip
    assert all(one.created_at <= one.started_at <= one.finished_at for one in below)


def test_replay_all_includes_unrecorded_projects(command):
    assert command("run", "coordinate_selector", f"XYZIN={MODEL}").returncode == 0
    other = command("-p", "no:database", "run", "coordinate_selector", f"XYZIN={MODEL}", "--project", "unknown")
    assert other.returncode == 0, other.stderr
    both = ["p", "unknown"]
    before = " (recorded before)"
    for suffix in ("", before):
        done = command("replay", "--all")
        assert sorted(done.stdout.splitlines()) == [
            f"p 1 coordinate_selector FINISHED{before}",
            f"unknown 1 coordinate_selector FINISHED{suffix}",
        ]
    assert [one["name"] for one in json.loads(command("projects", "--json").stdout)] == both
    assert command("replay", "1", "--all").returncode == 2


def test_replay_all_records_the_other_projects_if_one_cannot_be_read(command, tmp_path):
    for name in ("a", "b"):
        words = ("-p", "no:database", "run", "coordinate_selector", f"XYZIN={MODEL}", "--project", name)
        assert command(*words).returncode == 0
    (broken,) = tmp_path.rglob(f"a/CCP4_JOBS/job_1/{outcome_file.FILE_NAME}")
    broken.write_bytes(broken.read_bytes()[:300])
    done = command("replay", "--all")
    assert done.stdout.splitlines() == ["b 1 coordinate_selector FINISHED"]
    assert f"Cannot read the outcome file {broken}: JSONDecodeError" in done.stderr
    assert done.returncode == 4
