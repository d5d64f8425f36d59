"""The database in memory behaves like the real one."""

import os
from uuid import uuid4

import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, open_session
from ccp4hooks.store import FileQuery
from ccp4hooks.testing import MemoryDatabase, sample


@pytest.fixture(params=["memory", "sqlite"])
def opened(request):
    """Opens sessions with file import and with either the database in memory or the real one, in a directory."""

    def make(folder):
        plugins, extra = ("file-import", "kpi"), {}
        if request.param == "memory":
            extra = {"memory": MemoryDatabase()}
        else:
            plugins += ("database",)
        settings = Settings(
            projects_dir=folder / "projects",
            database=f"sqlite:///{(folder / 'db.sqlite3').as_posix()}",
            plugins=plugins,
            autoload=False,
        )
        return open_session(settings, extra=extra)

    return make


@pytest.fixture
def session(opened, tmp_path):
    return opened(tmp_path)


def select(session):
    return session.run("coordinate_selector", [("XYZIN", sample("pdb"))], project="toxd").outcome


def test_a_new_database_has_no_projects(session):
    assert not session.projects()


def test_jobs_are_numbered_and_recorded_in_order(session):
    ran = [select(session), select(session)]
    (project,) = session.projects()
    assert (project.name, [one.job.number for one in ran]) == ("toxd", ["1", "2"])
    assert session.project("toxd") == session.project(project.uuid) == project
    recorded = session.outcomes(project)
    assert [(one.job.number, one.job.uuid, one.status) for one in recorded] == [
        (one.job.number, one.job.uuid, JobStatus.FINISHED) for one in ran
    ]
    (second,) = session.outcomes(project, "2")
    assert {kpi.key: kpi.value for kpi in second.kpis} == {kpi.key: kpi.value for kpi in ran[1].kpis}
    assert [(file.uuid, file.path) for file in second.files] == [(file.uuid, file.path) for file in ran[1].files]
    with pytest.raises(BadInputError, match="Unknown job '3'"):
        session.outcomes(project, "3")


def test_a_repeated_import_is_reused_and_files_can_be_found(session):
    first, second = select(session), select(session)
    assert [one.imported[0].reused for one in (first, second)] == [False, True]
    assert first.imported[0].uuid == second.imported[0].uuid
    project, written = first.job.project, first.files[0]
    queries = ({"job_number": "1", "parameter": "XYZOUT"}, {"uuid": written.uuid}, {"path": written.path})
    for query in queries:
        found = session.find_file(FileQuery(project=project, **query))
        assert (found.uuid, found.path, found.parameter) == (written.uuid, written.path, "XYZOUT")
    assert session.find_file(FileQuery(project=project, uuid=uuid4())) is None
    assert session.find_file(FileQuery(project=project, job_number="7", parameter="XYZOUT")) is None


def test_a_requested_job_number_is_used_and_not_given_again(session):
    job = session.open_job("freerflag", project="toxd", number="5")
    assert job.number == "5"
    with pytest.raises(BadInputError, match="5"):
        session.open_job("freerflag", project="toxd", number="5")
    assert session.open_job("freerflag", project="toxd").number == "6"


def test_a_waiting_job_can_be_claimed_only_once(session):
    job = session.open_job("coordinate_selector", project="toxd")
    assert session.owned_jobs(job.project) == ()
    assert session.claim(job.uuid) == job
    (owned,) = session.owned_jobs(job.project)
    assert (owned.job.uuid, owned.status, owned.alive, owned.pid) == (job.uuid, JobStatus.RUNNING, True, os.getpid())
    with pytest.raises(BadInputError, match="RUNNING"):
        session.claim(job.uuid)
    with pytest.raises(BadInputError, match="No job with the UUID"):
        session.claim(uuid4())


def test_a_waiting_job_can_be_cancelled_without_a_process(session):
    job = session.open_job("coordinate_selector", project="toxd")
    assert [one.status for one in session.outcomes(job.project)] == [JobStatus.PENDING]
    assert session.cancel(job.project, job.number).status is JobStatus.INTERRUPTED
    assert [one.status for one in session.outcomes(job.project)] == [JobStatus.INTERRUPTED]


def test_an_ended_job_can_be_claimed_only_to_run_again(session):
    job = select(session).job
    assert session.owned_jobs(job.project) == ()
    with pytest.raises(BadInputError, match="FINISHED"):
        session.claim(job.uuid)
    assert session.claim(job.uuid, again=True).uuid == job.uuid
    assert [one.job.uuid for one in session.owned_jobs(job.project)] == [job.uuid]


def test_a_job_that_waits_to_be_run_has_no_owner(session):
    made = select(session).job
    opened = session.open_job("freerflag", project=made.project.uuid)
    assert session.owned_jobs() == ()
    session.claim(opened.uuid)
    assert [one.job.uuid for one in session.owned_jobs()] == [opened.uuid]


def test_the_database_can_be_initialized_and_examined(session):
    assert session.init_store()
    select(session)
    said = session.examined()
    assert {plugin for plugin, _ in said} < {"memory", "database"}
    assert all(str(one) for _, one in said)


def test_the_fixture_returns_a_new_empty_database(memory_database, run_task):
    outcome = run_task(memory_database)
    assert memory_database.recorded == {outcome.job.uuid: outcome}
    assert memory_database.statuses == {outcome.job.uuid: JobStatus.FINISHED}
    assert outcome.job.opened_by == "MemoryDatabase"


def test_titles_notes_and_tags_survive_a_replay(session):
    job = select(session).job
    made = session.create_project("empty")
    changed = session.label(job, title="Best", note="n", add_tags=["b", "a"])
    assert (changed.title, changed.note, changed.tags) == ("Best", "n", ("a", "b"))
    session.replay("toxd")
    assert session.outcomes("toxd", "1")[0].job.title == "Best"
    assert session.label(job, remove_tags=["b"]).tags == ("a",)
    with pytest.raises(BadInputError, match=r"has no tag 'b'|Unknown tag 'b'"):
        session.label(job, remove_tags=["b"])
    assert session.label(made, title="full").title == "full"
    assert [one.name for one in session.projects()] in (["toxd", "full"], ["full", "toxd"])
    assert session.project("full").directory == made.directory
    assert [one.title for one in session.labels(job, made)] == ["Best", "full"]


def test_an_exported_project_is_imported_into_another_database(session, opened, tmp_path):
    job = select(session).job
    session.label(job, title="Best", add_tags=["a"])
    archive = session.export_project("toxd", tmp_path / "toxd.zip").path
    with pytest.raises(BadInputError, match="has this project already"):
        session.import_project(archive, name="new")
    (tmp_path / "other").mkdir()
    other = opened(tmp_path / "other")
    done = other.import_project(archive, name="new")
    assert (done.project.uuid, done.jobs) == (job.project.uuid, 1)
    (imported,) = other.outcomes(done.project)
    assert (imported.job.number, imported.job.title, imported.status) == ("1", "Best", JobStatus.FINISHED)
    assert imported.files[0].path.is_relative_to(tmp_path / "other")
    assert other.labels(job)[0].tags == ("a",)
    assert select(other).job.project.name == "toxd"


def test_a_query_finds_jobs_by_their_tags_and_kpis(session):
    jobs = [select(session).job for _ in range(3)]
    session.label(jobs[1], add_tags=["best"])
    assert [row.job.number for row in session.query("toxd")] == ["3", "2", "1"]
    assert [row.job.number for row in session.query("toxd", sort="created", limit=2)] == ["1", "2"]
    (best,) = session.query(tags="best", kpis=["nAtoms>2000", "nResidues = 277"], keys="nAtoms")
    assert (best.job.number, best.tags, best.kpi_values) == ("2", ("best",), {"nAtoms": 2122})
    assert best.duration_s > 0
    assert not session.query("toxd", status=JobStatus.FAILED)
    with pytest.raises(BadInputError, match="must not be negative"):
        session.query("toxd", limit=-1)
