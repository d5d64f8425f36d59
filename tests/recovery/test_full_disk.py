"""A disk that becomes full while a job runs. ``full_disk.py`` tries many more amounts of space."""

import errno
import json
import shutil

import pytest
from recovery import full_disk

from ccp4hooks import BadInputError, Settings, hookimpl, open_session
from ccp4hooks.model import Job, JobNumber, Project, project_uuid
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import FILE_NAME, JobLog
from ccp4hooks.outcomes.job_traces import read_traces

SPACES = {
    "tmpfs": {"project": (16, 36, 52, 72, 200), "database": (8, 32, 44, 200), "both": (40, 72, 104, 136, 400)},
    "limit": {"project": (1, 15, 17, 25, 200), "database": (20, 360, 380, 600), "both": (16, 360, 600)},
}
"""Free space, or the largest size of a file, by place [KiB]."""

WAYS = ["limit", *["tmpfs"] * full_disk.can_mount()]
"""A limit on the size of files exists everywhere; a disk of its own only where the tests may mount one."""


@pytest.fixture(scope="module")
def template(tmp_path_factory, sqlite_template):
    copy = tmp_path_factory.mktemp("full") / "db.sqlite3"
    shutil.copy(sqlite_template, copy)
    full_disk.warm_up(copy)
    return copy


@pytest.mark.parametrize("place", full_disk.PLACES)
@pytest.mark.parametrize("way", WAYS)
def test_exit_code_outcome_file_and_row_agree_on_a_full_disk(template, way, place):
    spaces = [full_disk.KIB * space for space in SPACES[way][place]]
    results = list(full_disk.sweep(way, [place], lambda _: spaces, template))
    assert [one.line() for one in results if one.wrong] == []
    # The smallest is too small to begin, the largest is enough.
    assert (results[0].code in full_disk.NOTHING_LEFT, results[-1].code) == (True, 0)


def job_at(folder):
    project = Project(name="p", directory=folder / "p", uuid=project_uuid(folder / "p"))
    number = JobNumber("1")
    job = Job(
        uuid=project_uuid(folder / "j"),
        number=number,
        task="t",
        title="t",
        project=project,
        directory=project.job_directory(number),
    )
    job.directory.mkdir(parents=True)
    return job


def test_a_log_without_its_directory_raises_nothing(tmp_path):
    job = job_at(tmp_path)
    job.directory.rmdir()
    log = JobLog(job)
    log.write("job_opened")
    log.close()
    assert log.error.errno == errno.ENOENT
    assert not job.directory.exists()


def test_an_event_that_could_not_be_written_does_not_spoil_the_next_one(tmp_path):
    job = job_at(tmp_path)
    (job.directory / FILE_NAME).write_text('{"event": "ccp4hooks.job_op')
    log = JobLog(job)
    log._file.error = OSError(errno.ENOSPC, "No space left on device")
    log.write("status_changed", new="RUNNING")
    log.close()
    lines = (job.directory / FILE_NAME).read_text().splitlines()
    assert json.loads(lines[1])["event"] == "ccp4hooks.status_changed"
    assert read_traces(job).started_at is not None


@pytest.fixture
def session(tmp_path, monkeypatch, sqlite_template):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    shutil.copy(sqlite_template, tmp_path / "db.sqlite3")
    return open_session(Settings(projects_dir=tmp_path, database=f"sqlite:///{tmp_path / 'db.sqlite3'}"))


@pytest.mark.parametrize("operation", ["recover", "replay"])
def test_a_missing_outcome_file_is_written_from_the_database(session, operation):
    model = full_disk.model()
    ended = session.run("coordinate_selector", [("XYZIN", model)], project="p", title="T").outcome
    path = ended.job.directory / outcome_file.FILE_NAME
    path.unlink()
    done = getattr(session, operation)("p")
    assert [one.job.uuid for one in done.outcomes] == [ended.job.uuid]
    written = outcome_file.read(path)
    assert (written.status, written.job, written.finished_at) == (ended.status, ended.job, ended.finished_at)
    assert [(kpi.key, kpi.value) for kpi in written.kpis] == [(kpi.key, kpi.value) for kpi in ended.kpis]
    assert [file.path for file in written.files] == [file.path for file in ended.files]
    # The second time, nothing is missing.
    before = path.stat().st_mtime_ns
    assert session.recover("p").outcomes == ()
    assert path.stat().st_mtime_ns == before


def test_no_outcome_file_is_written_where_the_directory_was_removed(session):
    ended = session.run("coordinate_selector", [("XYZIN", full_disk.model())], project="p").outcome
    shutil.rmtree(ended.job.directory)
    assert session.recover("p").outcomes == ()
    assert not ended.job.directory.exists()


def test_the_reserve_is_gone_when_the_job_has_ended(session):
    ended = session.run("coordinate_selector", [("XYZIN", full_disk.model())], project="p").outcome
    assert [path.name for path in ended.job.directory.glob(".*")] == []


def test_a_progress_that_cannot_be_shown_does_not_affect_the_job(session):
    seen = []

    def show(progress):
        seen.append(progress.phase)
        raise OSError(errno.EPIPE, "Broken pipe")

    done = session.run("coordinate_selector", [("XYZIN", full_disk.model())], project="p", progress=show).outcome
    assert done.status.name == "FINISHED"
    assert seen == ["importing"]
    message = "its progress could not be reported: BrokenPipeError: [Errno 32] Broken pipe"
    assert [one.message for one in done.problems] == [message]


class Opener:
    """Opens jobs, and puts a file where their directory would be."""

    def __init__(self):
        self.withdrawn = []

    @hookimpl
    def open_job(self, request):
        directory = request.project.job_directory(JobNumber("1"))
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.touch()
        return Job(
            uuid=request.uuid,
            number=JobNumber("1"),
            task=request.task,
            title=request.title,
            project=request.project,
            directory=directory,
            opened_by="opener",
        )

    @hookimpl
    def job_withdrawn(self, job):
        self.withdrawn.append(job.number)


def test_an_opened_job_whose_directory_cannot_be_created_is_withdrawn(tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    plugin = Opener()
    session = open_session(Settings(projects_dir=tmp_path, plugins=("no:database",)), extra={"opener": plugin})
    with pytest.raises(BadInputError, match="Cannot create the job directory"):
        session.run("coordinate_selector", [("XYZIN", full_disk.model())], project="p")
    assert plugin.withdrawn == ["1"]
