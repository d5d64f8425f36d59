"""Deleting and restoring jobs by their outcome files alone, and with the database in memory."""

import json
import os
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from ccp4hooks import BadInputError, Settings, UnknownNameError, open_session
from ccp4hooks.cli import cli
from ccp4hooks.outcomes import outcome_file, trash
from ccp4hooks.runtime import paths, sharing
from ccp4hooks.testing.memory_database import MemoryDatabase


@pytest.fixture(params=[False, True], ids=["outcome files", "memory"])
def session(request, open_with, data):
    """A session with a project of two jobs, the second of which reads the output of the first."""
    made = open_with(**{"memory": MemoryDatabase()} if request.param else {})
    made.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo")
    made.run("freerflag", [("F_SIGF", data["fsigf"]), ("FREERFLAG", "@1.FREEROUT")], project="demo")
    return made


def files_of(session):
    folder = session.project("demo").directory
    return {path.relative_to(folder): path.stat().st_ino for path in folder.rglob("*") if "trash" not in str(path)}


def test_a_job_that_is_needed_is_deleted_with_the_one_that_needs_it_and_restored_alone(session):
    before, outcomes = files_of(session), session.outcomes("demo")
    with pytest.raises(BadInputError, match=r"Job 1 is not deleted: job 2 reads its output\. Delete it, too, or"):
        session.delete("demo", "1")
    deleted = session.delete("demo", "1", dependants=True)
    assert [(one.job.number, one.read_by) for one in deleted] == [("2", ()), ("1", ("2",))]
    assert [path.name for one in deleted for path in one.imports] == ["rnase25_fsigf.mtz"]
    assert session.outcomes("demo") == ()
    assert [(one.number, one.status.name) for one in session.trash("demo")] == [("1", "FINISHED"), ("2", "FINISHED")]
    with pytest.raises(BadInputError, match="Job 2 reads a file of job 1, which is in the trash, too"):
        session.restore("demo", "2")
    session.restore("demo", "1", "2")
    assert (files_of(session), session.outcomes("demo")) == (before, outcomes)


def test_the_number_of_a_deleted_job_is_not_given_again_even_if_it_was_purged(session, data):
    session.delete("demo", "2")
    assert session.purge("demo", older_than=timedelta(days=1)) == ()
    assert [one.number for one in session.purge("demo")] == ["2"]
    assert (session.trash("demo"), session.purge("demo")) == ((), ())
    assert session.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo").outcome.job.number == "3"
    with pytest.raises(UnknownNameError, match="Job 2 is not in the trash of demo"):
        session.restore("demo", "2")


@pytest.mark.parametrize("free", [[("FREERFLAG", "@1.FREEROUT")], []], ids=["output", "import"])
def test_a_job_whose_files_an_unrecorded_job_reads_stays_until_that_job_is_recorded(open_with, data, free):
    made, other = open_with(memory=MemoryDatabase()), open_with()
    made.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo")
    other.run("freerflag", [("F_SIGF", data["fsigf"]), *free], project="demo")
    for dependants in (False, True):
        with pytest.raises(BadInputError) as caught:
            made.delete("demo", "1", dependants=dependants)
        assert str(caught.value) == (
            "Job 1 is not deleted: job 2, which is not recorded in the database, reads one of its files. Run "
            "`ccp4hooks replay 2 --project demo` first, which records it."
        )
    assert [one.job.number for one in other.delete("demo", "2")] == ["2"]
    assert [one.job.number for one in made.delete("demo", "1")] == ["1"]


def test_only_the_named_jobs_are_purged(session):
    session.delete("demo", "1", dependants=True)
    assert [one.number for one in session.purge("demo", "2", dry_run=True)] == ["2"]
    for number in ("3", "2.1", "x"):
        with pytest.raises(UnknownNameError, match=f"Job {number} is not in the trash of demo"):
            session.purge("demo", "1", number)
    assert [one.number for one in session.trash("demo")] == ["1", "2"]
    assert session.purge("demo", "1", older_than=timedelta(days=1)) == ()
    assert [one.number for one in session.purge("demo", "1", "1")] == ["1"]
    assert [one.number for one in session.trash("demo")] == ["2"]


def test_links_are_moved_and_purged_and_never_what_they_denote(session, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    job = session.outcomes("demo", "2")[0].job
    (job.directory / "link").symlink_to(outside)
    (job.directory / "file").symlink_to(outside / "precious")
    session.delete("demo", "2")
    session.purge("demo")
    assert (outside / "precious").read_text() == "x"
    if not session.hook_order("save_job"):
        return  # An outcome file outside of the project is not read.
    first = session.outcomes("demo", "1")[0].job
    first.directory.rename(outside / "job")
    first.directory.symlink_to(outside / "job")
    session.delete("demo", "1")
    session.purge("demo")
    assert (outside / "job" / outcome_file.FILE_NAME).is_file()


@pytest.mark.parametrize("folder", ["jobs_directory", "imports_directory"])
def test_a_trash_that_is_a_link_is_refused(session, tmp_path, folder):
    (tmp_path / "outside").mkdir()
    parent = getattr(session.project("demo"), folder)
    parent.mkdir(exist_ok=True)
    (parent / ".ccp4hooks_trash").symlink_to(tmp_path / "outside")
    with pytest.raises(BadInputError, match="is a link, and may lead out of the project"):
        session.delete("demo", "2")
    assert not list((tmp_path / "outside").iterdir())


def test_what_another_process_deletes_is_left_to_it(session):
    outcome = session.outcomes("demo", "2")[0]
    folder = trash.begin(outcome.job)
    with trash.locked(folder):
        with pytest.raises(BadInputError, match="Job 2 is being deleted by another process"):
            session.delete("demo", "2")
        assert session.recover().settled == ()
        assert folder.is_dir()
    assert session.recover().settled == ()
    assert not folder.exists()
    session.delete("demo", "2")


def test_an_interrupted_deletion_is_completed_or_undone(session):
    session.delete("demo", "2")
    project = session.project("demo")
    ((entry,), _) = trash.entries(project)
    trash.with_state(entry, trash.State.DELETING)
    assert session.recover(project).settled == ("job 2 of demo: its deletion was completed",)
    assert session.recover(project).settled == ()
    trash.with_state(entry, trash.State.RESTORING)
    assert session.recover(project).settled == ("job 2 of demo: its restoration was completed",)
    assert [one.job.number for one in session.outcomes(project)] == ["1", "2"]
    assert session.recover(project).settled == ()


def test_a_job_that_is_to_read_a_file_of_a_job_that_is_being_deleted_is_refused(open_with, data):
    made = open_with()
    outcome = made.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo").outcome
    made.delete("demo", "1")
    ((entry,), _) = trash.entries(outcome.job.project)
    trash.move_back(entry)
    trash.with_state(replace(entry, trashed=replace(entry.trashed, recorded=True)), trash.State.DELETING)
    with pytest.raises(BadInputError, match="is a file of job 1, which is being deleted"):
        made.run("freerflag", [("F_SIGF", data["fsigf"]), ("FREERFLAG", outcome.files[0].path)], project="demo")
    assert [one.job.number for one in made.outcomes("demo")] == ["1"]


def test_a_place_that_is_taken_is_named(session):
    job = session.outcomes("demo", "2")[0].job
    session.delete("demo", "2")
    job.directory.mkdir()
    with pytest.raises(BadInputError, match=rf"Job 2 cannot be restored: {job.directory} exists\. Move it away first"):
        session.restore("demo", "2")
    job.directory.rmdir()
    session.restore("demo", "2")


# --- hostile entries ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def deleted_project(tmp_path_factory, data):
    """The directory of a project with two jobs, both in the trash, of which the first has an import."""
    folder = tmp_path_factory.mktemp("deleted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCP4I2_HOME", str(folder / "home"))
        made = open_session(Settings(projects_dir=folder, plugins=("no:database",)))
        made.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo")
        made.run("coordinate_selector", [("XYZIN", data["model"])], project="demo")
        made.delete("demo", "1", "2")
    return folder / "demo"


@pytest.fixture
def deleted(deleted_project, tmp_path, monkeypatch):
    """A session with a copy of that project, and the directory of the entry of job 1 in its trash."""
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    shutil.copytree(deleted_project, tmp_path / "projects/demo", symlinks=True)
    (folder,) = (tmp_path / "projects/demo/CCP4_JOBS/.ccp4hooks_trash").glob("job_1.*")
    return open_session(Settings(projects_dir=tmp_path / "projects", plugins=("no:database",))), folder


WRONG = (None, True, -1, 10**400, -(10**400), 1.5, "", "x", "\0", "\ud800", [], [[]], [1], {}, {"a": 1}, "9" * 5000)
"""Values of all types, each of which most fields cannot have."""

HOSTILE = {
    "number": (*WRONG, "2", "0", "01", "1.1", "1/../../x", "٣", 1),
    "uuid": (*WRONG, "00000000-0000-0000-0000-000000000000", "{demo}", "../../../x"),
    "task": tuple(value for value in WRONG if not isinstance(value, str)),
    "title": tuple(value for value in WRONG if not isinstance(value, str)),
    "deleted_by": tuple(value for value in WRONG if not isinstance(value, str)),
    "status": (*WRONG, "finished", 6, "NONSENSE"),
    "deleted_at": (
        *WRONG,
        "9999-12-31T23:59:59.999999+00:00",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "1969-12-31T00:00:00+00:00",
        "2026-11-28T00:00:00",
        "2026-13-01T00:00:00+00:00",
        "yesterday",
    ),
    "sub_jobs": (*(value for value in WRONG if value != []), ["2.1"], ["1"], ["1.0"], ["../1.1"], ["1.1", 2]),
    "files": (*WRONG, 2**63, 2**64),
    "size_bytes": (*WRONG, 2**63, 2**64),
    "imports": (
        *(value for value in WRONG if value != []),
        *([name] for name in ("", ".", "..", "/", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/.", "a/")),
        *([name] for name in ("a/..", "a\0b", ".ccp4hooks_trash/x", ".ccp4hooks_trash", "link/precious")),
        ["a", "a"],
    ),
    "shared": (*(value for value in WRONG if value != []), [".."], ["/etc/passwd"], ["a/../../x"]),
    "owns": (*(value for value in WRONG if value != []), ["x"], ["../x"]),
    "needs": (*(value for value in WRONG if value != []), ["x"], ["../x"]),
    "had_directory": (*(value for value in WRONG if value is not True), "true", 1),
    "recorded": (*(value for value in WRONG if value is not True), "true", 1),
    "nonsense": (1,),
}
"""Hostile values of each field of the description of a deleted job."""

TEXTS = {
    "empty": "",
    "not JSON": "{",
    "a list": "[]",
    "a number": "1",
    "not UTF-8": b"\xff\xfe",
    "nested lists": "[" * 100_000,
    "nested objects": '{"job":' * 100_000,
    "not finite": '{"version": NaN}',
    "too large": '{"version": 1e999}',
    "a key twice": '{"version": 1, "version": 1}',
    "no version": '{"state": "deleted"}',
    "another version": '{"version": 2}',
    "a version that is a truth value": '{"version": true}',
    "a version with many digits": '{"version": %s}' % ("9" * 400),
    "no state": '{"version": 1}',
    "an unknown state": '{"version": 1, "state": "gone"}',
    "a state that is a list": '{"version": 1, "state": ["deleted"]}',
    "no job": '{"version": 1, "state": "deleted"}',
}
"""Texts that are no description."""


def outside_of(folder):
    """Return everything beside the trash, which no command may change if an entry is hostile."""
    paths = [path for path in folder.parents[4].rglob("*") if ".ccp4hooks_trash" not in path.parts]
    return {path: None if path.is_dir() else path.lstat().st_mtime_ns for path in paths}


def require_harmless(session, folder):
    """Check that all operations name the entry, go on with the other one, and touch nothing else."""
    (folder.parents[4] / "outside").mkdir(exist_ok=True)
    (folder.parents[4] / "outside/precious").write_text("x")
    before = outside_of(folder)
    assert [one.number for one in session.trash("demo")] == ["2"]
    (said,) = session.unreadable
    assert said.startswith(f"{folder}/deleted_job.json is damaged: "), said
    assert said.endswith("Restore it from a backup; if nobody needs the job, " + PURGE_1), said
    assert len(said) < 1000
    with pytest.raises(BadInputError, match=r"^Job 1 in the trash cannot be used: .*deleted_job\.json is damaged: "):
        session.restore("demo", "1")
    recovered = session.recover("demo")
    assert (recovered.settled, recovered.unreadable) == ((), (said,))
    words = ["--projects-dir", str(session.settings.projects_dir), "-p", "no:database"]
    done = CliRunner().invoke(cli, ["trash", "demo", *words])
    assert (done.exit_code, "is damaged" in done.stderr, "Traceback" in done.output) == (4, True, False), done.output
    assert outside_of(folder) == before
    done = CliRunner().invoke(cli, ["purge", "demo", "--yes", *words])
    assert (done.exit_code, "Removed 1 job." in done.stdout) == (4, True), done.output
    assert session.trash("demo") == ()
    assert (folder / "job").is_dir()
    assert outside_of(folder) == before
    done = CliRunner().invoke(cli, ["purge", "demo", "1", "--yes", *words])
    assert (done.exit_code, "Removed 1 job." in done.stdout, os.path.lexists(folder)) == (0, True, False), done.output
    assert not (folder.parents[2] / "CCP4_IMPORTED_FILES/.ccp4hooks_trash").exists()
    assert outside_of(folder) == before


PURGE_1 = "`ccp4hooks purge 1 --project demo` removes what is left of it."


@pytest.mark.parametrize("field", HOSTILE)
def test_hostile_values_of_a_description_are_named_and_lead_nowhere(deleted, field):
    session, folder = deleted
    path = folder / "deleted_job.json"
    whole = json.loads(path.read_text())
    (folder.parents[2] / "CCP4_IMPORTED_FILES/link").symlink_to(folder.parents[4])
    for value in HOSTILE[field]:
        path.write_text(json.dumps({**whole, "job": {**whole["job"], field: value}}))
        found, faults = trash.entries(session.project("demo"))
        assert ([one.trashed.number for one in found], [*faults]) == (["2"], [folder]), value
        (said,) = faults.values()
        assert len(said) < 1000, value
        assert field in said or "another job" in said, said
    require_harmless(session, folder)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_is_no_description_is_named(deleted, text):
    session, folder = deleted
    (folder / "deleted_job.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    found, faults = trash.entries(session.project("demo"))
    assert ([one.trashed.number for one in found], [*faults]) == (["2"], [folder])
    assert str(folder / "deleted_job.json") in faults[folder]


@pytest.mark.parametrize("kind", ["pipe", "link", "broken link", "directory", "nothing"])
def test_what_is_no_file_in_the_place_of_a_description_is_named(deleted, kind, tmp_path):
    session, folder = deleted
    path = folder / "deleted_job.json"
    path.rename(tmp_path / "moved.json")
    {
        "pipe": lambda: os.mkfifo(path),
        "link": lambda: path.symlink_to(tmp_path / "moved.json"),
        "broken link": lambda: path.symlink_to("nowhere"),
        "directory": path.mkdir,
        "nothing": lambda: None,
    }[kind]()
    require_harmless(session, folder)


def test_an_entry_that_is_a_link_is_named(deleted, tmp_path):
    session, folder = deleted
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    require_harmless(session, folder)


def test_imports_in_the_trash_that_are_below_a_link_stay_where_they_are(deleted, tmp_path):
    session, folder = deleted
    imports = folder.parents[2] / "CCP4_IMPORTED_FILES/.ccp4hooks_trash" / folder.name
    imports.rename(tmp_path / "moved")
    imports.symlink_to(tmp_path / "moved")
    require_harmless(session, folder)


def test_a_description_of_another_job_hides_nothing_else(session):
    session.delete("demo", "1", dependants=True)
    (path,) = session.project("demo").jobs_directory.glob(".ccp4hooks_trash/job_1.*/deleted_job.json")
    path.write_text(path.read_text().replace('"number": "1"', '"number": "3"'))
    assert [one.number for one in session.trash("demo")] == ["2"]
    assert "it describes another job" in session.unreadable[0]
    with pytest.raises(BadInputError, match=r"Job 1 in the trash cannot be used: .* it describes another job"):
        session.restore("demo", "1")
    with pytest.raises(UnknownNameError, match="Job 3 is not in the trash"):
        session.restore("demo", "3")


def test_a_number_of_the_last_deleted_job_that_is_none_counts_as_none(deleted):
    _, folder = deleted
    assert paths.last_deleted(folder.parents[1]) == 2
    for text in ("", "x", "-5", "1.5", "9" * 10, "9" * 5000, "1e9", "٣", "\0"):
        (folder.parent / "last_deleted").write_text(text)
        assert paths.last_deleted(folder.parents[1]) == 0
    (folder.parent / "last_deleted").unlink()
    os.mkfifo(folder.parent / "last_deleted")
    assert paths.last_deleted(folder.parents[1]) == 0


def test_a_directory_that_this_user_cannot_write_is_named(session, monkeypatch):
    monkeypatch.setattr(sharing, "is_writable", lambda folder: folder.name != "job_2")  # root may write everywhere
    with pytest.raises(BadInputError, match=r"Job 2 cannot be deleted: .*/job_2 belongs to .*, and you cannot write"):
        session.delete("demo", "2")
    assert session.trash("demo") == ()


def test_what_is_missing_in_the_trash_is_told_and_what_is_added_is_not_removed(open_with, data):
    session = open_with()
    job = session.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo").outcome.job
    session.delete("demo", "1")
    (folder,) = (job.project.imports_directory / ".ccp4hooks_trash").glob("job_1.*")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(BadInputError, match=r"notes\.txt is not in the description of the job, and would be lost"):
        session.restore("demo", "1")
    (folder / "notes.txt").unlink()
    (folder / "rnase25_fsigf.mtz").unlink()
    lost = job.project.imports_directory / "rnase25_fsigf.mtz"
    assert session.restore("demo", "1").problems == (f"job 1: {lost} was missing in the trash, and is lost",)


def test_imports_whose_job_somebody_has_removed_from_the_trash_are_named_and_can_be_purged(open_with, data):
    session = open_with()
    for _ in range(3):
        project = session.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo").outcome.job.project
    session.delete("demo", "1", "2", "3")
    (folder,) = (project.imports_directory / ".ccp4hooks_trash").iterdir()
    number = str(trash.number_of(folder))
    entry = project.jobs_directory / ".ccp4hooks_trash" / folder.name
    shutil.rmtree(entry)
    ((found, fault),) = trash.entries(project)[1].items()
    assert found == folder
    assert fault == (
        f"{folder} has imports of job {number} (rnase25_fsigf.mtz), but {entry} does not exist. Restore that directory "
        f"from a backup, or move what is needed into {project.imports_directory}; if nobody needs the job, `ccp4hooks "
        f"purge {number} --project demo` removes what is left of it."
    )
    assert session.recover("demo").unreadable == (fault,)
    assert [one.number for one in session.trash("demo")] == [one for one in "123" if one != number]
    assert session.unreadable == (fault,)
    home = project.imports_directory / "rnase25_fsigf.mtz"
    missing = f"{home}, which it reads, does not exist. It is now {folder / home.name}: move it back."
    others = [one for one in "123" if one != number]
    assert session.restore("demo", *others).problems == tuple(f"job {one}: {missing}" for one in others)
    with pytest.raises(BadInputError, match=f"Job {number} in the trash cannot be used: .* does not exist"):
        session.restore("demo", number)
    for dry_run in (True, False):
        assert [(one.number, one.files) for one in session.purge("demo", number, dry_run=dry_run)] == [(number, 1)]
    assert not os.path.lexists(folder.parent)
    with pytest.raises(UnknownNameError, match=f"Job {number} is not in the trash"):
        session.purge("demo", number)


def test_a_job_without_a_directory_is_restored_without_a_problem(session):
    job = session.outcomes("demo", "2")[0].job
    if not session.hook_order("save_job"):
        return  # Nothing is left of such a job.
    shutil.rmtree(job.directory)
    session.delete("demo", "2")
    session.delete("demo", "1")
    assert [one.had_directory for one in session.trash("demo")] == [True, False]
    assert session.restore("demo", "1", "2").problems == ()
    assert [one.job.number for one in session.outcomes("demo")] == ["1", "2"]
    session.delete("demo", "2")
    assert [one.number for one in session.purge("demo")] == ["2"]


def call(tmp_path, *words, code=0):
    place = ("-p", "no:database", "--projects-dir", str(tmp_path / "projects"))
    done = CliRunner().invoke(cli, [*words, *place], env={"CCP4HOOKS_PROJECT": "demo", "COLUMNS": "80"})
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.stderr


def test_a_job_in_the_trash_is_said_to_be_there_wherever_it_is_named(open_with, data, tmp_path):
    made = open_with()
    for _ in range(2):
        made.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo")
    made.run("freerflag", [("F_SIGF", data["fsigf"]), ("FREERFLAG", "@2.FREEROUT")], project="demo")
    shown = call(tmp_path, "delete", "2", "3", "--dry-run").splitlines()
    assert [line.split()[0] for line in shown[2:4]] == ["2", "3"]
    call(tmp_path, "delete", "2", "3", "--yes")
    said = "Error: Job 2 is in the trash. `ccp4hooks restore 2 --project demo` brings it back.\n"
    for words in (("show", "2"), ("log", "2"), ("rerun", "2"), ("wait", "2"), ("save-params", "2"), ("delete", "2")):
        assert call(tmp_path, *words, code=4) == said
    assert call(tmp_path, "show", "2.1", code=4) == said
    for number in ("4", "2x"):
        assert call(tmp_path, "show", number, code=4).startswith(
            f"Error: Unknown job '{number}'. `ccp4hooks jobs demo`"
        )
    values = (f"F_SIGF={data['fsigf']}", "FREERFLAG=@2.FREEROUT")
    assert call(tmp_path, "run", "freerflag", *values, code=4) == (
        "Error: inputData.FREERFLAG=@2.FREEROUT: job 2 of project 'demo' does not exist. Job 2 is in the trash. "
        "`ccp4hooks restore 2 --project demo` brings it back.\n"
    )
    call(tmp_path, "purge", "--yes")
    assert call(tmp_path, "show", "2", code=4) == "Error: Unknown job '2'. `ccp4hooks jobs demo` lists the jobs.\n"


def test_the_commands_show_the_plan_and_ask(open_with, data, tmp_path):
    made = open_with()
    made.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo", title="\x1b[31mred")
    shown = call(tmp_path, "delete", "1", "--dry-run").splitlines()
    assert shown[0] == "Would delete from the project demo:"
    assert shown[1].split() == ["Job", "Task", "Status", "Files", "Size", "Title"]
    assert shown[2].split()[:3] == ["1", "freerflag", "FINISHED"]
    assert shown[2].endswith("\\x1b[31mred")
    assert shown[3] == "Import of job 1, which no other job reads: rnase25_fsigf.mtz"
    assert "Nobody can be asked whether to go on. Give --yes" in call(tmp_path, "delete", "1", code=2)
    assert '"number": "1"' in call(tmp_path, "delete", "1", "--yes", "--json")
    assert call(tmp_path, "trash").splitlines()[1].split()[:4] == ["demo", "1", "freerflag", "FINISHED"]
    assert call(tmp_path, "restore", "1") == "demo 1 freerflag FINISHED\n"
    call(tmp_path, "delete", "1", "--yes")
    assert call(tmp_path, "purge", "--older-than", "1d", "--yes") == ""
    assert "Job 2 is not in the trash of demo" in call(tmp_path, "purge", "2", "--yes", code=4)
    shown = call(tmp_path, "purge", "demo", "1", "--dry-run").splitlines()
    assert shown[0] == "Would remove from the trash for good:"
    assert shown[2].split()[:2] == ["demo", "1"]
    assert "A time cannot be read" in call(tmp_path, "purge", "--older-than", "often", code=4)
    # Only that project's trash is emptied, unless all are asked for.
    made.run("freerflag", [("F_SIGF", data["fsigf"])], project="other")
    made.delete("other", "1")
    shown = call(tmp_path, "purge", "--yes").splitlines()
    assert (shown[0], shown[-1]) == ("Remove from the trash for good:", "Removed 1 job.")
    assert call(tmp_path, "trash").splitlines()[1].split()[:2] == ["other", "1"]
    assert "With --all, give neither PROJECT nor JOB." in call(tmp_path, "purge", "demo", "--all", code=2)
    assert call(tmp_path, "purge", "--all", "--yes").splitlines()[-1] == "Removed 1 job."
    assert call(tmp_path, "trash", "--json") == "[]\n"
