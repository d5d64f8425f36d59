"""What is recorded of a job is deleted and restored as a whole."""

import json
import os
import shutil
import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from plugins.database.helpers import WRONG, gleaned, imported, opened, outcome_of, recorded, request_for, use, use_of

from ccp4hooks import (
    BadInputError,
    JobStatus,
    ResultValue,
    Settings,
    UnknownNameError,
    open_session,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import LabelChange


@pytest.fixture
def session(plugin, url, tmp_path):
    return open_session(Settings(projects_dir=tmp_path, database=url))


def listed(project):
    every = project.directory.rglob("*")
    return sorted(str(path.relative_to(project.directory)) for path in every if "trash" not in str(path))


def test_a_deleted_job_comes_back_with_every_row_and_file(session, project, made, dump):
    rows, files = dump(), listed(project)
    (deletion,) = session.delete(project, "3")
    assert (deletion.job.number, deletion.files, deletion.imports, deletion.read_by) == ("3", 1, (), ())
    assert dump() != rows
    assert session.restore(project, "3").problems == ()
    assert (dump(), listed(project)) == (rows, files)
    deleted = session.delete(project, "1", dependants=True)
    assert [(one.job.number, one.read_by) for one in deleted] == [("2", ()), ("1", ("2",))]
    assert [job.number for job in deleted[1].sub_jobs] == ["1.1"]
    assert [path.name for path in deleted[1].imports] == ["model.pdb"]
    assert [(one.path.name, one.job) for one in deleted[1].shared] == [("native.mtz", "3")]
    assert listed(project) == [
        name for name in files if "job_1" not in name and "job_2" not in name and "model" not in name
    ]
    assert [one.number for one in session.trash(project)] == ["1", "2"]
    session.restore(project, "2", "1")
    assert (dump(), listed(project)) == (rows, files)
    assert session.trash(project) == ()


def test_a_job_that_stays_keeps_the_import_of_a_deleted_one_and_gives_it_back(session, plugin, project, made, dump):
    whole, _, _, sharer = made
    rows = dump()
    session.delete(project, "1", dependants=True)
    (kept,) = session.outcomes(project, "3")[0].imported
    assert (kept.uuid, kept.parameter, kept.path, kept.reused) == (
        whole.imported[0].uuid,
        "inputData.HKLIN",
        whole.imported[0].path,
        False,
    )
    # Recording the outcome file again, which has the import as one of another job, does not lose it.
    assert session.replay(project, "3").problems == ()
    assert [file.uuid for file in session.outcomes(project, "3")[0].imported] == [kept.uuid]
    assert kept.path.is_file()
    session.restore(project, "1")
    session.replay(project, "3")
    session.restore(project, "2")
    assert dump() == rows
    assert session.outcomes(project, "3")[0].imported[0] == replace(sharer.imported[0], sha256=kept.sha256)


def files_and_owners(project, number):
    """Return what the outcome file of a job says of its inputs."""
    written = outcome_file.read(project.job_directory(number) / outcome_file.FILE_NAME)
    return written.imported, written.uses


def with_outcome_files(plugin, project, made):
    """Add a job that reads an import as a recorded file, and write the outcome files of all jobs; return the import."""
    whole, *others = made
    (native, model) = whole.imported
    reader = recorded(plugin, opened(plugin, project), uses=(use_of(model, "inputData.XYZIN_LIST[0]"),))
    for one in (whole, *others, reader):
        one.job.directory.mkdir(parents=True, exist_ok=True)
        outcome_file.write(one)
    return native, model


def test_an_outcome_file_says_that_its_job_has_got_an_import_or_given_it_back(
    session, plugin, project, made, tmp_path, sqlite_template
):
    native, model = with_outcome_files(plugin, project, made)
    shared, used = files_and_owners(project, "3"), files_and_owners(project, "4")
    session.delete(project, "1", dependants=True)
    assert files_and_owners(project, "3") == ((replace(native, parameter="inputData.HKLIN"),), ())
    assert files_and_owners(project, "4") == ((replace(model, parameter="inputData.XYZIN_LIST[0]"),), ())
    # Another database, and none, know the files.
    elsewhere = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'other.sqlite3')}"
    for settings in (
        Settings(projects_dir=tmp_path, database=elsewhere),
        Settings(projects_dir=tmp_path, plugins=("no:database",)),
    ):
        other = open_session(settings)
        if settings.database:
            assert other.replay(project).problems == ()
        assert [file.uuid for one in other.outcomes(project) for file in one.imported] == [native.uuid, model.uuid]
        assert other.verify(project).foreign == ()
    session.restore(project, "1", "2")
    assert (files_and_owners(project, "3"), files_and_owners(project, "4")) == (shared, used)
    session.delete(project, "1", dependants=True)
    again = session.replay(project)
    assert (again.problems, [one.job.number for one in again.outcomes]) == ((), ["3", "4"])
    assert again.unchanged == tuple(one.job.uuid for one in again.outcomes)
    session.restore(project, "1", "2")
    assert (files_and_owners(project, "3"), files_and_owners(project, "4")) == (shared, used)
    # What the trash has noted was damaged: what the database has recorded meanwhile counts.
    session.delete(project, "1", dependants=True)
    session.replay(project)
    (noted,) = project.jobs_directory.glob(".ccp4hooks_trash/job_1.*/inputs_of_others.json")
    noted.write_text(noted.read_text().replace("native.mtz", "other.mtz"))
    session.restore(project, "1", "2")
    assert files_and_owners(project, "3") == ((), (use_of(native, "inputData.HKLIN"),))
    assert files_and_owners(project, "4") == used


@pytest.mark.parametrize("step", ["delete", "restore"])
def test_a_deletion_that_was_killed_before_the_outcome_files_were_written_is_completed(
    session, plugin, project, made, monkeypatch, step
):
    native, _ = with_outcome_files(plugin, project, made)
    kept = ((replace(native, parameter="inputData.HKLIN"),), ())
    shared = files_and_owners(project, "3")
    session.delete(project, "2")
    if step == "restore":
        session.delete(project, "1")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ccp4hooks.storage.kept_imports.write_owners", killed)
        with pytest.raises(KeyboardInterrupt):
            getattr(session, step)(project, "1")
    assert files_and_owners(project, "3") == (shared if step == "delete" else kept)
    ended = {"delete": "deletion", "restore": "restoration"}[step]
    assert session.recover().settled == (f"job 1 of {project.name}: its {ended} was completed",)
    assert files_and_owners(project, "3") == (kept if step == "delete" else shared)


def test_an_outcome_file_that_cannot_be_written_is_named_and_the_job_is_deleted(
    session, plugin, project, made, monkeypatch
):
    with_outcome_files(plugin, project, made)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ccp4hooks.storage.kept_imports.outcome_file.write", full)
        session.delete(project, "1", dependants=True)
    assert [one.number for one in session.trash(project)] == ["1", "2"]
    said = [one.message for one in session.problems]
    assert [text.partition(":")[0] for text in said] == ["Job 3", "Job 4"]
    assert said[0].startswith(
        "Job 3: its outcome file cannot be written, and names the wrong job as the one that has an imported file: No "
    )


def test_an_import_that_its_last_reader_took_into_the_trash_comes_back_with_that_job(session, project, made, dump):
    rows, files = dump(), listed(project)
    session.delete(project, "1", "2")
    session.delete(project, "3")
    with pytest.raises(BadInputError, match=r"Job 1 reads a file of job 3, .* Restore both: `ccp4hooks restore 1 3 "):
        session.restore(project, "1")
    assert session.restore(project, "1", "2", "3").problems == ()
    assert (dump(), listed(project)) == (rows, files)


def test_an_import_that_somebody_has_removed_with_its_last_reader_is_named(session, plugin, project, made):
    with_outcome_files(plugin, project, made)
    session.delete(project, "1", dependants=True)
    session.delete(project, "3")
    (last,) = [one for one in session.trash(project) if one.number == "3"]
    name = f".ccp4hooks_trash/job_3.{last.uuid}"
    shutil.rmtree(project.jobs_directory / name)
    found, home = (project.imports_directory / folder / "native.mtz" for folder in (name, "."))
    (problem,) = session.restore(project, "1").problems
    assert problem == f"job 1: {home}, which it reads, does not exist. It is now {found}: move it back."
    session.delete(project, "1")
    assert [one.files for one in session.purge(project, "3")] == [1]
    (problem,) = session.restore(project, "1").problems
    assert problem == f"job 1: {home}, which it reads, does not exist. It is lost: restore it from a backup."


def test_a_job_whose_input_was_purged_is_restored_without_it(session, plugin, project, made):
    session.delete(project, "2")
    session.delete(project, "1")
    assert [one.number for one in session.purge(project, older_than=timedelta(0), dry_run=True)] == ["1", "2"]
    (first,) = [one for one in session.trash(project) if one.number == "1"]
    session.restore(project, "1")
    assert session.outcomes(project, "1")[0].job.uuid == first.uuid
    session.delete(project, "1")
    (reader, only) = (next(one for one in session.trash(project) if one.number == number) for number in "21")
    assert only.deleted_at > reader.deleted_at
    time.sleep(0.01)
    shutil.rmtree(project.jobs_directory / f".ccp4hooks_trash/job_1.{only.uuid}")
    session.restore(project, "2")
    assert session.outcomes(project, "2")[0].uses == ()


def test_a_number_is_not_used_again(session, plugin, project, made, rows):
    from ccp4i2.db.models import Project

    session.delete(project, "3")
    rows(lambda: Project.objects.update(last_job_number=1))
    session.restore(project, "3")
    session.delete(project, "3")
    assert opened(plugin, project).number == "4"
    session.purge(project)
    assert opened(plugin, project).number == "5"
    assert [one.number for one in session.trash(project)] == []


def test_a_job_that_another_one_needs_is_refused_and_nothing_changes(session, project, made, dump):
    rows, files = dump(), listed(project)
    with pytest.raises(BadInputError, match=r"Job 1 is not deleted: job 2 reads its output\. Delete it, too, or give"):
        session.delete(project, "1")
    with pytest.raises(BadInputError, match=r"1\.1 is a sub-job, and is deleted with its job\. Delete job 1\."):
        session.delete(project, "1.1")
    with pytest.raises(UnknownNameError, match="Unknown job '9'"):
        session.delete(project, "3", "9")
    assert (dump(), listed(project)) == (rows, files)


@pytest.mark.parametrize("status", [JobStatus.RUNNING, JobStatus.QUEUED, JobStatus.RUNNING_REMOTELY])
def test_a_job_that_runs_anywhere_is_refused(session, plugin, rows, project, made, status):
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobOwner

    rows(lambda: JobOwner.objects.all().delete())
    saved = plugin.save_job(made[0].job)
    cancel = "ccp4hooks cancel 1 --project toxd"
    rows(lambda: Job.objects.filter(number="1.1").update(status=int(status)))
    with pytest.raises(
        BadInputError, match=rf"Job 1\.1 is {status.name}\. Wait until it has ended, or run `{cancel}`\."
    ):
        session.delete(project, "1", dependants=True)
    # It may have begun after the plan was made.
    with pytest.raises(BadInputError, match=rf"Job 1\.1 is {status.name}\. Wait until it has ended"):
        plugin.delete_job(made[0].job, saved)


def test_a_running_job_of_this_process_is_refused_and_so_are_the_jobs_that_it_reads(session, plugin, project, made):
    whole = made[0]
    job = opened(plugin, project)
    plugin.job_status(job, JobStatus.RUNNING, (use_of(whole.files[1]),), ())
    with pytest.raises(BadInputError, match=rf"Job 4 is RUNNING \(process {os.getpid()} on "):
        session.delete(project, "4")
    with pytest.raises(BadInputError, match="Job 4 is RUNNING"):
        session.delete(project, "1", dependants=True)
    with pytest.raises(BadInputError, match="Job 1 is not deleted: the jobs 2, 4 read its outputs"):
        session.delete(project, "1")


def test_nothing_is_deleted_while_a_job_is_prepared_which_may_have_found_a_file(session, plugin, project, made):
    prepared = opened(plugin, project)
    with pytest.raises(BadInputError, match=r"Job 4 .* is being prepared .* Try again in a moment"):
        session.delete(project, "3")
    assert session.trash(project) == ()
    assert not list((project.jobs_directory / ".ccp4hooks_trash").glob("job_*"))
    plugin.job_withdrawn(prepared, new_project=False)
    # One that waits until a user runs it does not count.
    plugin.open_job(request_for(project, owned=False))
    session.delete(project, "3")


def test_a_change_between_the_two_steps_is_noticed(plugin, project, made):
    job = made[3].job
    saved = plugin.save_job(job)
    plugin.change_labels(job, LabelChange(note="wait"))
    assert plugin.delete_job(job, saved) is False
    saved = plugin.save_job(job)
    assert json.loads(saved)["version"] == 1
    assert plugin.delete_job(job, saved) is True
    assert (plugin.save_job(job), plugin.delete_job(job, saved)) == (None, None)
    assert [plugin.restore_job(job, saved) for _ in range(2)] == [True, True]
    assert plugin.save_job(job) == saved


def test_a_job_with_many_results_is_deleted_and_restored(session, plugin, project):
    job = opened(plugin, project)
    results = tuple(ResultValue(name=f"row[{number}]", value="x" * 90) for number in range(2000))
    plugin.job_finished(job, outcome_of(job, results=results))
    before = plugin.save_job(job)
    assert len(before) > 400_000
    session.delete(project, job.number)
    assert plugin.save_job(job) is None
    session.restore(project, job.number)
    assert plugin.save_job(job) == before


def test_a_job_that_is_read_after_it_was_planned_is_not_deleted(plugin, project, made):
    whole, _, reader, _ = made
    saved = plugin.save_job(reader.job)
    plugin.delete_job(reader.job, saved)
    first = plugin.save_job(whole.job)
    late = opened(plugin, project)
    plugin.job_status(late, JobStatus.RUNNING, (use_of(whole.files[0]),), ())
    with pytest.raises(BadInputError, match="Job 4 has begun to read a file of job 1, which is not deleted"):
        plugin.delete_job(whole.job, first)


def test_a_job_of_another_project_that_reads_a_file_is_in_the_way(session, plugin, project, made, tmp_path):
    other = session.create_project("other", tmp_path / "other")
    recorded(plugin, opened(plugin, other), uses=(use_of(made[3].imported[0]), use_of(made[0].files[0], "inputData.B")))
    with pytest.raises(BadInputError, match="job 1 of the project 'other' reads one of its files"):
        session.delete(project, "1", dependants=True)


def test_an_output_in_the_directory_of_another_job_is_a_reason_to_keep_that_job(session, plugin, project, made):
    whole = made[0]
    job = opened(plugin, project)
    beside = replace(gleaned(job, "x.pdb", "outputData.X"), path=whole.files[1].path)
    recorded(plugin, job, files=(beside,))
    with pytest.raises(BadInputError, match="Job 1 is not deleted: the jobs 2, 4 read its outputs"):
        session.delete(project, "1")
    session.delete(project, "4")
    assert whole.files[1].path.is_file()


def test_another_database_records_the_outcome_files_of_a_restored_job(
    session, project, made, tmp_path, sqlite_template
):
    session.label(made[3].job, note="mine")
    session.delete(project, "3")
    elsewhere = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'other.sqlite3')}"
    fresh = use(elsewhere, tmp_path)
    recorded(fresh, opened(fresh, replace(project, name="a", directory=tmp_path / "a", uuid=uuid4())))
    copy = open_session(Settings(projects_dir=tmp_path, database=elsewhere))
    copy.replay(project)
    done = copy.restore(project, "3")
    assert [(one.job.uuid, one.status) for one in done.outcomes] == [(made[3].job.uuid, JobStatus.FINISHED)]
    assert done.problems == (
        "job 3: this is not the database from which it was deleted; its note and its tags are lost",
    )
    assert [file.uuid for file in copy.outcomes(project, "3")[0].imported] == [made[0].imported[0].uuid]
    assert copy.trash(project) == ()


def of_another_job(text, key):
    content = json.loads(text)
    for row in content["rows"]:
        if row["model"] in ("ccp4i2.file", "ccp4i2.fileuse", "ccp4i2.jobfloatvalue", "ccp4i2.jobcharvalue"):
            row["fields"]["job"] = key
    return json.dumps(content)


def test_rows_of_another_job_in_the_trash_are_refused_and_never_recorded(session, project, made, dump, rows):
    from ccp4i2.db.models import Job

    other = rows(lambda: Job.objects.get(number="2").pk)
    session.delete(project, "3")
    before = dump()
    (record,) = project.jobs_directory.glob(".ccp4hooks_trash/*/record.json")
    whole = record.read_text()
    record.write_text(of_another_job(whole, other))
    with pytest.raises(BadInputError, match=r"What the trash contains of the record of job 3 is damaged"):
        session.restore(project, "3")
    assert dump() == before
    record.write_text(whole)
    session.restore(project, "3")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:100],
        lambda text: text.replace('"version": 1', '"version": 9'),
        lambda text: text.replace("ccp4i2.job", "auth.user"),
        lambda text: "[]",
        lambda text: text.replace('"rows"', '"rows_"'),
    ],
)
def test_a_damaged_record_in_the_trash_is_refused_and_the_job_stays_there(session, project, made, dump, damage):
    session.delete(project, "3")
    rows, files = dump(), listed(project)
    (record,) = project.jobs_directory.glob(".ccp4hooks_trash/*/record.json")
    record.write_text(damage(record.read_text()))
    with pytest.raises(BadInputError, match=r"What the trash contains of the record of job 3 is damaged"):
        session.restore(project, "3")
    assert (dump(), listed(project)) == (rows, files)
    assert [one.number for one in session.trash(project)] == ["3"]


def places(content):
    """Yield where a record has its values: the object and the key; of each table, the first row only."""
    yield from ((content, key) for key in content)
    for part in ("rows", "kept"):
        first = {row["model"]: row for row in reversed(content[part])}
        for row in first.values():
            yield from ((row, key) for key in row)
            yield from ((row["fields"], key) for key in row["fields"])


def tried(plugin, job, saved):
    """Return what `restore_job` returns, or the message with which it refuses."""
    try:
        return plugin.restore_job(job, saved)
    except BadInputError as error:
        return str(error)


@pytest.mark.sampled(30)
@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:12])
def test_a_hostile_value_of_a_record_is_refused_or_harmless(session, project, made, dump, plugin, value):
    """A record that is taken can be read, and deleted again: a hostile one never hides the jobs of the project."""
    session.delete(project, "2")
    session.delete(project, "1")
    before = dump()
    (record,) = project.jobs_directory.glob(".ccp4hooks_trash/job_1.*/record.json")
    content, job, answers = json.loads(record.read_text()), made[0].job, []
    for container, key in list(places(content)):
        old, container[key] = container[key], value
        answers.append(tried(plugin, job, json.dumps(content).encode()))
        container[key] = old
        if answers[-1] is True:
            json.dumps(outcome_file.to_json([*plugin.read_outcomes(project, "1"), *session.outcomes(project)]))
            assert plugin.delete_job(job, plugin.save_job(job)), key
        assert dump().keys() == before.keys()
        assert {name: len(some) for name, some in dump().items()} == {name: len(some) for name, some in before.items()}
    said = {one for one in answers if isinstance(one, str)}
    assert all(one.startswith("What the trash contains of the record of job 1 is damaged.") for one in said), said
    assert max(map(len, said)) < 500
    session.restore(project, "1")


def test_another_job_with_the_number_is_in_the_way_of_a_restoration(session, plugin, project, made, rows):
    from ccp4i2.db.models import Job

    session.delete(project, "3")
    other = opened(plugin, project)
    rows(lambda: Job.objects.filter(uuid=other.uuid).update(number="3"))
    with pytest.raises(BadInputError, match=r"Job 3 cannot be restored: the project 'toxd' has another job 3"):
        session.restore(project, "3")
    assert [one.number for one in session.trash(project)] == ["3"]
    assert not project.job_directory("3").exists()


def test_two_jobs_that_have_recorded_the_same_import_lose_it_with_the_last(session, plugin, project):
    first, second = (opened(plugin, project) for _ in range(2))
    brought = recorded(plugin, first, imported=(imported(first),)).imported[0]
    again = replace(brought, uuid=second.file_uuid("in", brought.parameter))
    recorded(plugin, second, imported=(again,))
    assert [(one.path, one.job) for one in session.delete(project, "1")[0].shared] == [(brought.path, "2")]
    assert session.delete(project, "2")[0].imports == (brought.path,)
    with pytest.raises(BadInputError, match=r"Job 1 reads a file of job 2, which is in the trash, too"):
        session.restore(project, "1")
    session.restore(project, "1", "2")
    assert [one.imported[0].path.is_file() for one in session.outcomes(project)] == [True, True]


def test_recorded_files_are_verified(session, project, made):
    # Of an import that is used again, the file of the job that copied it is checked.
    found = session.verify(project)
    assert (found.checked, found.by_checksum, found.is_well, found.foreign) == (5, 2, True, ())
    path = made[0].imported[0].path
    path.write_bytes(path.read_bytes().upper())
    (fault,) = session.verify(project, "3").faults
    assert (fault.path, fault.fault, fault.reason) == (path, "changed", "its SHA256 checksum differs")
