"""If the database becomes unavailable before any call of a sink, the results are kept and replay records them."""

from pathlib import Path

import ccp4i2
import pytest
from databases_away import ClosedServer, LockedFile, MovedFile, ReadOnlyFile, ReadOnlyServer, StoppedServer
from postgresql_server import running_server

from ccp4hooks import BadInputError, JobStatus, NotRecordedError, Settings, StoreError, hookimpl, open_session
from ccp4hooks_database.connection.url import parse_url
from ccp4hooks_database.settings import DatabaseSettings

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
HERE = Path(__file__).parent

ON_SERVER = (ClosedServer, ReadOnlyServer, StoppedServer)
AFTER_START = ["job_status 1", "open_job 1.1", "job_status 1.1", "job_finished 1.1", "job_finished 1"]


@pytest.fixture(scope="module")
def server():
    with running_server() as started:
        yield started


def on(kind, *more):
    """Return the test parameters for one kind of database."""
    return pytest.param(kind, *more, marks=[pytest.mark.postgresql] if kind in ON_SERVER else [])


@pytest.fixture
def database(request, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(HERE)
    server = request.getfixturevalue("server") if request.param in ON_SERVER else None
    url = server.new() if server else f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return request.param(url, server)


class Saboteur:
    """Makes the database unavailable once, before one call of a sink."""

    def __init__(self, database, step):
        self.database, self.step = database, step

    def at(self, hook, number):
        if f"{hook} {number}" == self.step:
            self.step = ""
            self.database.go()

    @hookimpl(tryfirst=True)
    def open_job(self, request):
        self.at("open_job", f"{request.parent.number}.{request.child_index}" if request.parent else "1")

    @hookimpl(tryfirst=True)
    def import_file(self):
        if self.step.startswith("job_withdrawn"):
            raise BadInputError("There is no such file any more.")

    @hookimpl(tryfirst=True)
    def job_status(self, job):
        self.at("job_status", job.number)

    @hookimpl(tryfirst=True)
    def job_withdrawn(self, job):
        self.at("job_withdrawn", job.number)

    @hookimpl(tryfirst=True)
    def job_finished(self, job):
        self.at("job_finished", job.number)


def session(database, tmp_path, wait_s=0.1, **extra):
    settings = Settings(
        projects_dir=tmp_path / "p",
        database=database.url,
        plugins=("tasks_of_walk",),
        tables={"database": {"wait_s": wait_s}},
    )
    return open_session(settings, extra=extra)


def run(session):
    return session.run("walk_pipeline", [("XYZIN", str(MODEL))], project="p")


def sabotaged(database, tmp_path, step, expected):
    """Run a job with the database unavailable at one step, restore the database, and return the error."""
    session(database, tmp_path, 30.0).init_store()
    saboteur = Saboteur(database, step)
    try:
        with pytest.raises(expected) as error:
            run(session(database, tmp_path, saboteur=saboteur))
    finally:
        assert saboteur.step == "", "it never went away"
        database.come()
    return error.value


EVERY_STEP = [on(kind, step) for kind in (LockedFile, ClosedServer) for step in AFTER_START]
EVERY_KIND = [on(kind, "open_job 1.1") for kind in (MovedFile, ReadOnlyFile, ReadOnlyServer, StoppedServer)]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("database", "step"), EVERY_STEP + EVERY_KIND, indirect=["database"])
def test_results_survive_a_database_failure_after_the_start_and_replay_records_them(database, step, tmp_path):
    error = sabotaged(database, tmp_path, step, NotRecordedError)
    assert error.exit_code == 5
    returned = {one.job.number: one for one in error.result.outcomes}
    assert {number: one.status for number, one in returned.items()} == dict.fromkeys(("1", "1.1"), JobStatus.FINISHED)
    again = session(database, tmp_path, 30.0)
    project = again.project("p")
    assert again.replay(project).problems == ()
    known = again.outcomes(project)
    assert {one.job.number: (one.job.uuid, one.status) for one in known} == {
        number: (one.job.uuid, JobStatus.FINISHED) for number, one in returned.items()
    }
    assert {one.job.number: [file.path for file in one.files] for one in known} == {
        number: [file.path for file in one.files] for number, one in returned.items()
    }
    again.replay(project)
    assert again.outcomes(project) == known
    assert again.recover(project).outcomes == ()


BEFORE = [on(kind) for kind in (LockedFile, ReadOnlyFile, ClosedServer, StoppedServer)]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("database", BEFORE, indirect=True)
def test_a_database_failure_before_the_start_leaves_nothing(database, tmp_path):
    error = sabotaged(database, tmp_path, "open_job 1", StoreError)
    assert parse_url(database.url).label in str(error)
    assert not (tmp_path / "p" / "p").exists()
    assert run(session(database, tmp_path, 30.0)).outcome.job.number == "1"


@pytest.mark.sampled(2)
@pytest.mark.parametrize("database", [on(kind) for kind in (LockedFile, ClosedServer)], indirect=True)
def test_recovery_ends_a_job_that_could_not_be_withdrawn(database, tmp_path):
    sabotaged(database, tmp_path, "job_withdrawn 1", BadInputError)
    # Without its directory, the project would be taken for a moved one.
    assert list((tmp_path / "p" / "p" / "CCP4_JOBS").iterdir()) == []
    from ccp4hooks_database.models import JobOwner

    again = session(database, tmp_path, 30.0)
    assert [one.status for one in again.outcomes(again.project("p"))] == [JobStatus.PENDING]
    JobOwner.objects.update(pid=2**22 + 1)
    assert [one.status for one in again.recover().outcomes] == [JobStatus.INTERRUPTED]
    assert run(again).outcome.job.number == "2"


def test_a_job_that_cannot_start_fails_within_ten_seconds():
    waits = DatabaseSettings(wait_s=30.0)
    assert (waits.wait_s, waits.short_wait_s) == (30.0, 10.0)
    assert DatabaseSettings(wait_s=0.5).short_wait_s == 0.5
    assert parse_url("sqlite:////data/db.sqlite3", waits.wait_s).entry["OPTIONS"]["timeout"] == 10.0
    for asked in ("", "?connect_timeout=60", "?connect_timeout=2", "?connect_timeout=0", "?connect_timeout=1"):
        server = parse_url(f"postgresql://ada@db.example.org/i2{asked}", waits.wait_s).entry["OPTIONS"]
        lock_ms = int(server["options"].removeprefix("-c lock_timeout="))
        # The server accepts the connection slowly and then keeps its table locked.
        assert server["connect_timeout"] * 1000 + lock_ms == 10_000
        assert server["connect_timeout"] >= 2
