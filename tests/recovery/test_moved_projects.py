"""A project directory that was moved is not made a second time, and the database can be told its present place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import ccp4i2
import pytest

from ccp4hooks import BadInputError, JobStatus, NotRecordedError, Settings, hookimpl, open_session
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.testing.memory_database import MemoryDatabase

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


def select(session, project="toxd", model=MODEL):
    return session.run("coordinate_selector", [("XYZIN", str(model))], project=project).outcome


@pytest.fixture
def session(demo_session):
    return demo_session()


@pytest.fixture
def moved(session):
    """The old and the new directory of a project with one job, which was renamed."""
    old = select(session).job.project.directory
    new = old.with_name("renamed")
    old.rename(new)
    return old, new


CURE = (
    "The directory {old} of the project 'toxd' does not exist. If it was moved or renamed, run `ccp4hooks projects "
    "move toxd DIR` with its present place. If it is on a disk that is not mounted, mount the disk. If it was deleted, "
    "restore it, or use another project."
)


@pytest.mark.parametrize(
    "call",
    [
        select,
        lambda session: session.open_job("freerflag", project="toxd"),
        lambda session: session.replay("toxd"),
        lambda session: session.adopt(session.elsewhere, "toxd"),
    ],
    ids=["run", "open_job", "replay", "adopt"],
)
def test_a_known_project_without_its_directory_is_refused_and_not_made_again(demo_session, moved, call):
    old, new = moved
    session = demo_session()
    session.elsewhere = new / "CCP4_JOBS/job_1"
    with pytest.raises(BadInputError) as error:
        call(session)
    assert str(error.value) == CURE.format(old=old)
    assert not old.exists()
    assert [one.job.number for one in session.outcomes("toxd")] == ["1"]


def test_a_renamed_directory_does_not_become_a_second_project(demo_session, moved):
    old, new = moved
    with pytest.raises(BadInputError) as error:
        select(demo_session(), "renamed")
    assert str(error.value) == (
        f"{new} is the directory of the project 'toxd', which is recorded in {old}. Run `ccp4hooks projects move toxd "
        f"{new}`, and then use the project 'toxd'."
    )
    assert [one.name for one in demo_session().projects()] == ["toxd"]
    assert [path.name for path in (new / "CCP4_JOBS").iterdir()] == ["job_1"]


def test_a_moved_project_has_all_its_jobs_and_files_at_the_new_place(demo_session, moved):
    old, new = moved
    session = demo_session()
    project = session.move_project("toxd", new)
    assert (project.name, project.directory) == ("toxd", new)
    assert session.move_project("toxd", new) == project == demo_session().project("toxd")
    session = demo_session()
    (first,) = session.outcomes("toxd", "1")
    assert first.imported[0].path == new / "CCP4_IMPORTED_FILES/1a80_A.pdb"
    assert first.files[0].path == new / "CCP4_JOBS/job_1/XYZOUT.pdb"
    assert all(file.path.is_file() for file in (*first.imported, *first.files))
    assert session.replay("toxd").problems == ()
    assert session.reglean("toxd", "1").problems == ()
    assert session.outcomes("toxd", "1") == (first,)
    (second,) = [select(session, model="@1.XYZOUT")]
    assert (second.job.number, second.job.directory) == ("2", new / "CCP4_JOBS/job_2")
    assert [use.file_uuid for use in second.uses] == [first.files[0].uuid]
    assert not old.exists()


def test_a_moved_project_can_be_used_without_its_database(demo_session, moved):
    old, new = moved
    session = demo_session()
    session.move_project("toxd", new)
    session = demo_session()
    select(session, model="@1.XYZOUT")
    select(session, model="@1.XYZOUT")
    session.delete("toxd", "3")
    last = new.with_name("last")
    new.rename(last)
    demo_session().move_project("toxd", last)
    texts = [path.read_text() for path in last.rglob(outcome_file.FILE_NAME)]
    assert [f"{folder}/" in text for text in texts for folder in (old, new)] == 6 * [False]
    bare = open_session(Settings(projects_dir=last.parent, plugins=("no:database",)))
    first, second = bare.outcomes("last")
    assert second.uses[0].path == first.files[0].path == last / "CCP4_JOBS/job_1/XYZOUT.pdb"
    assert (bare.verify("last").faults, bare.verify("last").foreign, bare.unreadable) == ((), (), ())
    other = open_session(bare.settings, extra={"memory": MemoryDatabase()})
    assert other.replay("last").problems == ()
    assert (
        bare.run("coordinate_selector", (), project="last", saved=bare.saved_parameters("last", "2"))
        .outcome.uses[0]
        .path
        == last / "CCP4_JOBS/job_1/XYZOUT.pdb"
    )


def test_a_move_that_was_killed_is_completed_by_the_same_move(demo_session, moved):
    old, new = moved
    path = new / "CCP4_JOBS/job_1" / outcome_file.FILE_NAME
    before = path.read_bytes()
    demo_session().move_project("toxd", new)
    path.write_bytes(before)
    demo_session().move_project("toxd", new)
    assert outcome_file.read(path).job.project.directory == new
    assert str(old).encode() in before


def test_a_project_can_be_moved_twice_and_back(demo_session, moved, tmp_path):
    old, new = moved
    demo_session().move_project("toxd", new)
    shutil.move(new, tmp_path / "disk")
    demo_session().move_project("toxd", tmp_path / "disk")
    (tmp_path / "disk").rename(old)
    assert demo_session().move_project("toxd", old).directory == old
    assert select(demo_session()).job.directory == old / "CCP4_JOBS/job_2"


def test_the_directory_of_another_project_is_not_called_a_copy(session, tmp_path):
    mine = select(session).job.project
    other = session.run("coordinate_selector", {"XYZIN": MODEL}.items(), project="other").outcome.job.project
    with pytest.raises(BadInputError) as error:
        session.move_project("toxd", other.directory)
    assert str(error.value) == (
        f"{other.directory} is not the directory of the project 'toxd' ({mine.uuid}): it has the jobs of the project "
        f"other ({other.uuid}). Give the directory that was {mine.directory} before it was moved."
    )
    (empty := tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="it has no job of this project"):
        session.move_project("toxd", empty)


def test_a_copy_is_told_from_a_moved_directory(session, tmp_path):
    old = select(session).job.project.directory
    copy = Path(shutil.copytree(old, tmp_path / "copy"))
    with pytest.raises(BadInputError) as error:
        session.move_project("toxd", copy)
    assert str(error.value) == (
        f"{copy} is a copy: the project 'toxd' still has its jobs in {old}. To use the copy as a project of its own, "
        f"run `ccp4hooks replay --from {copy} --project NAME` with a new name. To let the copy replace the original, "
        f"move {old} away first."
    )
    assert session.project("toxd").directory == old
    shutil.rmtree(old)
    assert session.move_project("toxd", copy).directory == copy


def test_a_link_at_the_old_place_is_no_copy(session, tmp_path):
    old = select(session).job.project.directory
    shutil.move(old, tmp_path / "disk")
    old.symlink_to(tmp_path / "disk")
    assert session.move_project("toxd", tmp_path / "disk").directory == tmp_path / "disk"


def test_a_directory_that_is_not_that_of_the_project_is_refused(demo_session, moved, tmp_path):
    old, new = moved
    session = demo_session()
    other = select(session, "other").job.project
    identity = session.project("toxd").uuid
    (tmp_path / "empty").mkdir()
    asked = f"Give the directory that was {old} before it was moved."
    for directory, why in (
        (tmp_path / "empty", "it has no job of this project"),
        (new / "CCP4_JOBS/job_1", "it has no job of this project"),
        (other.directory, f"it has the jobs of the project other ({other.uuid})"),
    ):
        with pytest.raises(BadInputError) as error:
            session.move_project("toxd", directory)
        assert (
            str(error.value) == f"{directory} is not the directory of the project 'toxd' ({identity}): {why}. {asked}"
        )
    for directory in (tmp_path / "nowhere", MODEL):
        with pytest.raises(
            BadInputError, match=r"is not an existing directory\. Move the project directory there first"
        ):
            session.move_project("toxd", directory)
    assert session.project("toxd").directory == old


def test_the_directory_of_another_recorded_project_is_refused_by_the_database(demo_session, moved):
    _, new = moved
    session = demo_session()
    other = select(session, "other").job.project
    session.plugin_object("database").snapshots.wait()
    shutil.rmtree(other.directory)
    new.rename(other.directory)
    with pytest.raises(BadInputError) as error:
        session.move_project("toxd", other.directory)
    assert str(error.value) == f"{other.directory} is recorded as the directory of the project 'other'."


class Mover:
    """Tries to move the project while its job runs."""

    def __init__(self):
        self.said = ""

    @hookimpl
    def post_execute(self, job):
        away = job.project.directory.with_name("away")
        job.project.directory.rename(away)
        with pytest.raises(BadInputError) as error:
            self.session.move_project("toxd", away)
        away.rename(job.project.directory)
        self.said = str(error.value)


def test_a_project_with_a_running_job_is_not_moved(demo_session):
    mover = Mover()
    mover.session = session = demo_session(mover=mover)
    done = select(session)
    assert done.status is JobStatus.FINISHED
    assert mover.said.startswith("Job 1 of the project 'toxd' is RUNNING (process")
    assert mover.said.endswith(f"and writes to {done.job.project.directory}. Wait until it has ended, or cancel it.")


def test_a_job_of_ccp4i2_that_is_running_is_a_reason_to_refuse(demo_session, moved):
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobOwner

    old, new = moved
    session = demo_session()
    session.projects()
    JobOwner.objects.all().delete()
    Job.objects.update(status=int(JobStatus.RUNNING), finish_time=None)
    with pytest.raises(BadInputError, match="Job 1 of the project 'toxd' is RUNNING in a program other than ccp4hooks"):
        session.move_project("toxd", new)
    assert session.project("toxd").directory == old


def lose(outcome):
    """Change the record of a finished job to that of a job whose process has died."""
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobOwner

    (outcome.job.directory / outcome_file.FILE_NAME).unlink()
    Job.objects.filter(uuid=outcome.job.uuid).update(status=int(JobStatus.RUNNING), finish_time=None)
    JobOwner.objects.filter(job__uuid=outcome.job.uuid).update(pid=2**22 + 1)


def test_recovery_makes_no_second_directory_and_recovers_after_the_move(session):
    done = select(session)
    lose(done)
    old = done.job.project.directory
    new = old.with_name("renamed")
    old.rename(new)
    result = session.recover()
    assert (result.outcomes, result.problems) == ((), (f"job 1 of toxd: {CURE.format(old=old)}",))
    assert not old.exists()
    # The project has no outcome file any more, but parameters with the UUID of its job.
    session.move_project("toxd", new)
    (recovered,) = session.recover().outcomes
    assert recovered.status is JobStatus.INTERRUPTED
    assert recovered.imported[0].path == new / "CCP4_IMPORTED_FILES/1a80_A.pdb"
    assert [file.path for file in recovered.files] == [new / "CCP4_JOBS/job_1/XYZOUT.pdb"]


def test_a_waiting_job_in_a_moved_project_is_not_cancelled_into_a_second_directory(session):
    job = session.open_job("freerflag", project="toxd")
    old = job.project.directory
    old.rename(old.with_name("renamed"))
    with pytest.raises(BadInputError) as error:
        session.cancel("toxd", "1")
    assert str(error.value) == CURE.format(old=old)
    assert not old.exists()


def test_a_project_that_no_database_knows_needs_no_record(tmp_path):
    session = open_session(Settings(projects_dir=tmp_path, plugins=("no:database",)))
    directory = select(session).job.project.directory
    with pytest.raises(BadInputError) as error:
        session.move_project("toxd", directory)
    assert str(error.value) == (
        f"No database knows the project 'toxd' in {directory}, so there is no record to change. Its directory can be "
        "moved as it is."
    )


def test_the_command_lists_and_moves(url, moved, tmp_path):
    old, new = moved

    def run(*words):
        environment = {**os.environ, "HOME": str(tmp_path), "DATABASE_URL": url}
        words = [sys.executable, "-m", "ccp4hooks.cli", *words, "--projects-dir", str(old.parent)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
        return done.returncode, done.stdout, done.stderr

    code, said, error = run("run", "coordinate_selector", f"XYZIN={MODEL}", "--project", "toxd")
    assert (code, said, error) == (4, "", f"Error: {CURE.format(old=old)}\n")
    assert run("projects", "move", "toxd", str(new)) == (0, f"The directory of the project toxd is {new}.\n", "")
    assert run("projects", "move", "tox", str(new))[:2] == (4, "")
    assert f'"directory": "{new}"' in run("projects", "move", "toxd", str(new), "--json")[1]
    assert f'"directory": "{new}"' in run("projects", "--json")[1]


def test_a_lost_move_is_no_reason_to_lose_a_job(demo_session, moved):
    """The hook fails in a plugin: nothing is recorded."""

    class Broken:
        @hookimpl(tryfirst=True)
        def move_project(self):
            raise ConnectionError

    old, new = moved
    session = demo_session(broken=Broken())
    with pytest.raises(Exception, match="The plugin 'broken' failed in move_project") as error:
        session.move_project("toxd", new)
    assert not isinstance(error.value, NotRecordedError)
    assert session.project("toxd").directory == old
