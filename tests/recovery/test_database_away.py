"""If the database becomes unavailable during a job, the results are kept and can be recorded later."""

import threading
from pathlib import Path

import ccp4i2
import pytest
from databases_away import BusyFile, ClosedServer, LockedFile, MovedFile, ReadOnlyServer
from postgresql_server import running_server

from ccp4hooks import JobStatus, NotRecordedError, Settings, StoreError, StoreUnavailableError, hookimpl, open_session

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


@pytest.fixture(scope="module")
def server():
    with running_server() as started:
        yield started


KINDS = [LockedFile, MovedFile, pytest.param(ClosedServer, marks=pytest.mark.postgresql)]


@pytest.fixture(params=KINDS)
def database(request, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    server = request.getfixturevalue("server") if request.param in (ClosedServer, ReadOnlyServer) else None
    return request.param(server.new() if server else f"sqlite:///{tmp_path / 'db.sqlite3'}", server)


class Saboteur:
    """Makes the database unavailable after the task has run."""

    def __init__(self, database, back_after_s=None):
        self.database, self.back_after_s = database, back_after_s

    @hookimpl
    def post_execute(self):
        self.database.go()
        if self.back_after_s is not None:
            threading.Timer(self.back_after_s, self.database.come).start()


def session(database, tmp_path, wait_s, **extra):
    settings = Settings(projects_dir=tmp_path / "p", database=database.url, tables={"database": {"wait_s": wait_s}})
    return open_session(settings, extra=extra)


def run(session):
    return session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="toxd").outcomes[0]


def test_a_database_that_returns_in_time_records_the_job(database, tmp_path):
    run(session(database, tmp_path, 30.0))
    done = run(session(database, tmp_path, 30.0, saboteur=Saboteur(database, back_after_s=1.0)))
    recorded = {one.job.number: one for one in session(database, tmp_path, 30.0).outcomes(done.job.project)}
    assert (recorded["2"].status, len(recorded["2"].files)) == (JobStatus.FINISHED, 1)


def test_results_survive_an_unavailable_database_and_replay_records_them(database, tmp_path):
    run(session(database, tmp_path, 30.0))
    with pytest.raises(NotRecordedError) as error:
        run(session(database, tmp_path, 0.2, saboteur=Saboteur(database)))
    done = error.value.result.outcomes[0]
    assert done.status is JobStatus.FINISHED
    assert done.files[0].path.is_file()
    database.come()
    again = session(database, tmp_path, 30.0)
    assert [one.job.number for one in again.replay(done.job.project).outcomes] == ["1", "2"]
    recorded = {one.job.number: one for one in again.outcomes(done.job.project)}
    assert (recorded["2"].status, len(recorded["2"].files)) == (JobStatus.FINISHED, 1)


# The first job creates a missing database, so a missing file is not an error.
@pytest.mark.parametrize("database", [kind for kind in KINDS if kind is not MovedFile], indirect=True)
def test_an_unavailable_database_before_the_start_leaves_nothing(database, tmp_path):
    first = run(session(database, tmp_path, 30.0))
    database.go()
    try:
        with pytest.raises(StoreError):
            run(session(database, tmp_path, 0.2))
    finally:
        database.come()
    assert [path.name for path in first.job.project.jobs_directory.iterdir()] == ["job_1"]


class Counter:
    """Counts the attempts to take over jobs and to record their ends; each waits for the database."""

    def __init__(self, at_the_end=lambda: None):
        self.taken, self.ended, self.at_the_end = [], [], at_the_end

    @hookimpl(tryfirst=True)
    def take_over_job(self, owned):
        self.taken.append(owned.job.number)

    @hookimpl(tryfirst=True)
    def job_finished(self, job):
        self.ended.append(job.number)
        self.at_the_end()


def lose(job):
    """Change the record of a finished job to that of a job whose process has died."""
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobOwner

    (job.directory / "ccp4hooks_outcome.json").unlink()
    Job.objects.filter(uuid=job.uuid).update(status=int(JobStatus.RUNNING), finish_time=None)
    JobOwner.objects.filter(job__uuid=job.uuid).update(pid=2**22 + 1)


def written(jobs):
    """Return those of the jobs that have an outcome file."""
    return [job for job in jobs if (job.directory / "ccp4hooks_outcome.json").exists()]


WRITABLE_NOT = [BusyFile, pytest.param(ReadOnlyServer, marks=pytest.mark.postgresql)]


@pytest.fixture
def with_lost(database, tmp_path):
    """A project with three lost jobs."""
    jobs = [run(session(database, tmp_path, 30.0)).job for _ in range(3)]
    for job in jobs:
        lose(job)
    return jobs


@pytest.mark.parametrize("database", WRITABLE_NOT, indirect=True)
def test_a_start_with_lost_jobs_waits_for_the_database_only_once(database, with_lost, tmp_path):
    counter = Counter()
    database.go()
    try:
        with pytest.raises(StoreUnavailableError):
            session(database, tmp_path, 0.2, counter=counter).recover_quietly("toxd")
        assert (len(counter.taken), counter.ended) == (1, [])
    finally:
        database.come()
    again = session(database, tmp_path, 30.0)
    again.recover_quietly("toxd")
    assert [one.status for one in again.outcomes(with_lost[0].project)] == [JobStatus.INTERRUPTED] * 3


@pytest.mark.parametrize("database", WRITABLE_NOT, indirect=True)
def test_recovery_stops_at_the_first_job_that_it_cannot_take_over_and_changes_nothing(database, with_lost, tmp_path):
    counter = Counter()
    database.go()
    try:
        with pytest.raises(StoreUnavailableError):
            session(database, tmp_path, 0.2, counter=counter).recover(with_lost[0].project)
        assert (len(counter.taken), counter.ended) == (1, [])
    finally:
        database.come()
    # Another process may recover the jobs meanwhile.
    assert written(with_lost) == []


@pytest.mark.parametrize("database", WRITABLE_NOT, indirect=True)
@pytest.mark.parametrize("care", ["recover", "replay"])
def test_maintenance_stops_at_the_first_job_that_the_database_cannot_record(database, with_lost, tmp_path, care):
    counter = Counter()
    if care == "replay":
        session(database, tmp_path, 30.0).recover(with_lost[0].project)
        database.go()
    else:
        # After it has taken over the jobs.
        counter.at_the_end = database.go
    try:
        with pytest.raises(StoreUnavailableError):
            getattr(session(database, tmp_path, 0.2, counter=counter), care)(with_lost[0].project)
        assert len(counter.ended) == 1
    finally:
        database.come()
    assert len(written(with_lost)) == (1 if care == "recover" else 3)
    again = session(database, tmp_path, 30.0)
    again.recover()
    assert [one.status for one in again.outcomes(with_lost[0].project)] == [JobStatus.INTERRUPTED] * 3


class Mailer:
    """A sink of a site whose server is unavailable."""

    @hookimpl
    def job_finished(self):
        raise ConnectionError


@pytest.mark.parametrize("database", WRITABLE_NOT, indirect=True)
def test_another_failing_sink_does_not_stop_recovery(database, with_lost, tmp_path):
    done = session(database, tmp_path, 30.0, mailer=Mailer()).recover(with_lost[0].project)
    assert len(done.outcomes) == 3
