"""Recovery removes what a killed process has left, and nothing else; sub-jobs without a number are refused."""

import os
import time
from pathlib import Path
from uuid import uuid4

import ccp4i2
import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, hookimpl, make_script, open_session
from ccp4hooks.maintenance.debris import SETTLED_S
from ccp4hooks.outcomes import outcome_file

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


def select(session, project="toxd"):
    return session.run("coordinate_selector", [("XYZIN", str(MODEL))], project=project).outcome


def lose(outcome):
    """Change the record of a finished job to that of a job whose process has died."""
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobOwner

    (outcome.job.directory / outcome_file.FILE_NAME).unlink()
    Job.objects.filter(uuid=outcome.job.uuid).update(status=int(JobStatus.RUNNING), finish_time=None)
    JobOwner.objects.filter(job__uuid=outcome.job.uuid).update(pid=2**22 + 1)


def old(*paths):
    at = time.time() - SETTLED_S - 1
    for path in paths:
        os.utime(path, (at, at))


def temporary(folder):
    path = folder / f".{outcome_file.FILE_NAME}.{uuid4().hex}"
    path.write_text('{"schema_version": 1, ')
    return path


def empty(*folders):
    for folder in folders:
        folder.mkdir(parents=True)
    return folders


@pytest.fixture
def session(demo_session):
    return demo_session()


@pytest.mark.parametrize("quietly", [False, True])
def test_the_debris_of_a_killed_job_is_removed_at_once(session, quietly):
    done = select(session)
    lose(done)
    folder = done.job.directory
    debris = [temporary(folder), *empty(folder / "job_1", folder / "job_2/job_1"), temporary(folder / "job_2")]
    if quietly:
        session.recover_quietly("toxd")
    else:
        session.recover()
    assert session.outcomes("toxd")[0].status is JobStatus.INTERRUPTED
    assert not any(path.exists() for path in debris)
    # The second one contained the first two.
    assert [path for path in folder.iterdir() if path.is_dir()] == (
        [folder / "job_2"] if (folder / "job_2").exists() else []
    )


def test_old_debris_of_jobs_that_have_ended_is_removed_and_young_stays(session):
    folder = select(session).job.directory
    young = [temporary(folder), *empty(folder / "job_1")]
    before = [temporary(folder), *empty(folder / "job_2")]
    old(*before)
    session.recover_quietly("toxd")
    assert all(path.exists() for path in (*young, *before))
    session.recover("toxd")
    assert [path.exists() for path in (*young, *before)] == [True, True, False, False]


USERS = {
    "another name": lambda folder: (folder / f".{outcome_file.FILE_NAME}.backup").write_text("x"),
    "a copy of the outcome file": lambda folder: (folder / f"{outcome_file.FILE_NAME}.{uuid4().hex}").write_text("x"),
    "a link": lambda folder: (folder / f".{outcome_file.FILE_NAME}.{uuid4().hex}").symlink_to(MODEL),
    "a file in a directory of a sub-job": lambda folder: [
        empty(folder / "job_1"),
        (folder / "job_1/x").write_text("x"),
    ],
    "an empty directory of another name": lambda folder: empty(folder / "results"),
    "a link to a directory": lambda folder: (folder / "job_1").symlink_to(MODEL.parent),
    "an empty top-level job": lambda folder: empty(folder.with_name("job_7")),
}


@pytest.mark.parametrize("kind", USERS)
def test_what_may_be_a_users_stays(session, kind):
    done = select(session)
    lose(done)
    USERS[kind](done.job.directory)
    project = done.job.project.directory
    before = set(project.rglob("*"))
    old(*(path for path in before if not path.is_symlink()))
    session.recover()
    assert before <= set(project.rglob("*"))


def test_an_empty_directory_of_a_recorded_sub_job_stays(session):
    parent = session.open_job("demo_pipeline", project="toxd", owned=True)
    below = session.open_job("freerflag", project="toxd", parent=parent, child_index=1, owned=True)
    session.projects()
    from ccp4i2.db.models import Job

    Job.objects.update(status=int(JobStatus.FAILED))
    unrecorded = parent.directory / "job_2"
    unrecorded.mkdir()
    old(below.directory, unrecorded)
    from ccp4hooks_database.models import JobOwner

    JobOwner.objects.all().delete()
    session.recover()
    assert (below.directory.is_dir(), unrecorded.exists()) == (True, False)


class Sweeper:
    """Recovers while a job is running."""

    def __init__(self):
        self.left = []

    @hookimpl
    def post_execute(self, job):
        paths = [temporary(job.directory), *empty(job.directory / "job_9")]
        old(*paths)
        self.session.recover()
        self.left += [path.exists() for path in paths]
        paths[0].unlink()


def test_what_a_live_job_writes_stays(demo_session):
    sweeper = Sweeper()
    sweeper.session = session = demo_session(sweeper=sweeper)
    select(session)
    assert sweeper.left == [True, True]


def test_an_empty_directory_of_a_project_that_is_not_recorded_is_removed(session, tmp_path):
    done = select(session)
    projects = done.job.project.directory.parent
    empty(projects / "young/CCP4_JOBS", projects / "gone/CCP4_JOBS", projects / "gone/CCP4_IMPORTED_FILES")
    empty(projects / "used/CCP4_JOBS", projects / "empty", projects / "jobs/CCP4_JOBS/job_1")
    (projects / "used/notes.txt").write_text("x")
    old(*(projects / name / "CCP4_JOBS" for name in ("gone", "used", "jobs")))
    session.recover()
    assert sorted(path.name for path in projects.iterdir()) == ["empty", "jobs", "toxd", "used", "young"]
    assert (projects / "used/CCP4_JOBS").is_dir()


# --- numbers that are too long -----------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["database", "no:database"])
def test_a_sub_job_that_is_nested_too_deeply_is_refused_when_it_is_made(url, tmp_path, switch):
    settings = Settings(
        projects_dir=tmp_path / "projects", database=url, plugins=() if switch == "database" else (switch,)
    )
    session = open_session(settings)
    tracked = session.track(make_script("coordinate_selector"), project="toxd")
    stack = [tracked]
    tracked.begin()
    number = tracked.job.number
    while len(number) + 2 <= 50:
        below = stack[-1].sub_job(make_script("coordinate_selector"))
        below.begin()
        number = below.job.number
        stack.append(below)
    assert len(stack) == 25
    with pytest.raises(BadInputError) as error:
        stack[-1].sub_job(make_script("coordinate_selector"))
    assert str(error.value) == (
        f"A sub-job coordinate_selector of job {number} cannot be made: the number of a job has at most 50 characters, "
        "and this job is at level 26. Check whether the task calls itself."
    )
    assert not [path for path in stack[-1].job.directory.iterdir() if path.is_dir()]
    for one in reversed(stack):
        one.end(RuntimeError("enough"))
    assert [one.status for one in session.outcomes("toxd")] == [JobStatus.FAILED] * 25


RECURSIVE = """
from ccp4i2.core.CCP4PluginScript import CPluginScript


class it_endless(CPluginScript):
    TASKNAME = "it_endless"

    def process(self):
        self.makePluginObject("it_endless").process()
        self.reportStatus(CPluginScript.SUCCEEDED)
        return CPluginScript.SUCCEEDED
"""

TASK = """
from ccp4hooks import TaskDescription, hookimpl


@hookimpl
def register_tasks():
    yield TaskDescription(
        name="it_endless", title="t", description="d", script="endless_script:it_endless", def_file={def_file!r},
        needs_ccp4=False,
    )
"""


def test_a_task_that_calls_itself_without_end_fails_and_says_why(url, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    there = Path(__file__).parents[1] / "integration/tasks/it_pipeline.def.xml"
    (tmp_path / "endless.def.xml").write_text(there.read_text().replace("it_pipeline", "it_endless"))
    (tmp_path / "endless_script.py").write_text(RECURSIVE)
    (tmp_path / "endless_tasks.py").write_text(TASK.format(def_file=str(tmp_path / "endless.def.xml")))
    settings = Settings(projects_dir=tmp_path / "projects", database=url, plugins=("endless_tasks",))
    session = open_session(settings)
    done = session.run("it_endless", [("XYZIN", str(MODEL))], project="toxd")
    assert [one.status for one in done.outcomes] == [JobStatus.FAILED] * 25
    assert max(len(one.job.number) for one in done.outcomes) == 49
    (deepest,) = [one for one in done.outcomes if len(one.job.number) == 49]
    assert any("cannot be made: the number of a job has at most 50 characters" in str(one) for one in deepest.problems)
    assert [one.status for one in session.outcomes("toxd")] == [JobStatus.FAILED] * 25
