"""Deleting and restoring jobs by their outcome files alone, and with the database in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from ccp4hooks import BadInputError, UnknownNameError
from ccp4hooks.cli import cli
from ccp4hooks.outcomes import outcome_file, trash
from ccp4hooks.runtime import sharing
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
    assert session.purge("demo", timedelta(days=1)) == ()
    assert [one.number for one in session.purge("demo")] == ["2"]
    assert (session.trash("demo"), session.purge("demo")) == ((), ())
    assert session.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo").outcome.job.number == "3"
    with pytest.raises(UnknownNameError, match="Job 2 is not in the trash of demo"):
        session.restore("demo", "2")


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


def test_a_damaged_description_is_reported_and_hides_nothing_else(session):
    session.delete("demo", "1", dependants=True)
    (path,) = session.project("demo").jobs_directory.glob(".ccp4hooks_trash/job_1.*/deleted_job.json")
    path.write_text(path.read_text().replace('"number": "1"', '"number": "3"'))
    assert [one.number for one in session.trash("demo")] == ["2"]
    assert "describes another job, or a file outside of the project" in session.unreadable[0]
    with pytest.raises(UnknownNameError, match="Job 1 is not in the trash"):
        session.restore("demo", "1")


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


def call(tmp_path, *words, code=0):
    place = ("-p", "no:database", "--projects-dir", str(tmp_path / "projects"))
    done = CliRunner().invoke(cli, [*words, *place], env={"CCP4HOOKS_PROJECT": "demo", "COLUMNS": "80"})
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.stderr


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
    assert "A time cannot be read" in call(tmp_path, "purge", "--older-than", "often", code=4)
    # Only that project's trash is emptied, unless all are asked for.
    made.run("freerflag", [("F_SIGF", data["fsigf"])], project="other")
    made.delete("other", "1")
    assert call(tmp_path, "purge", "--yes").splitlines()[-1] == "Removed 1 job."
    assert call(tmp_path, "trash").splitlines()[1].split()[:2] == ["other", "1"]
    assert "Give only one of PROJECT and --all." in call(tmp_path, "purge", "demo", "--all", code=2)
    assert call(tmp_path, "purge", "--all", "--yes").splitlines()[-1] == "Removed 1 job."
    assert call(tmp_path, "trash", "--json") == "[]\n"
