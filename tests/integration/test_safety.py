"""No name, path or parameter can make a job write outside its project."""

import asyncio

import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, execute, make_script, open_session
from ccp4hooks.i2 import scripts

BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'


@pytest.fixture
def books(tmp_path, monkeypatch):
    """A session with a database and a waiting job."""
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    session = open_session(
        Settings(projects_dir=tmp_path / "projects", database=f"sqlite:///{tmp_path / 'db.sqlite3'}")
    )
    job = session.open_job("coordinate_selector", project="p")
    job.directory.mkdir(parents=True, exist_ok=True)
    return session, job


def elsewhere(tmp_path):
    """Return the files outside the projects directory and the database."""
    own = {tmp_path / "projects", tmp_path / "home", tmp_path / "db.sqlite3"}
    return [path for path in tmp_path.rglob("*") if not any(path == one or one in path.parents for one in own)]


def write_parameters(job, model, **output):
    script = make_script("coordinate_selector")
    script.container.inputData.XYZIN.setFullPath(str(model))
    script.container.outputData.XYZOUT.set(output)
    scripts.save_parameters(script, job.directory / "input_params.xml")


UP = "../../../../evil"


@pytest.mark.parametrize(
    "output",
    [
        {"baseName": f"{UP}/XYZOUT.pdb", "relPath": "CCP4_JOBS/job_1"},
        {"baseName": "XYZOUT.pdb", "relPath": f"CCP4_JOBS/job_1/{UP}"},
        {"baseName": "XYZOUT.pdb", "relPath": "{tmp}/evil"},
    ],
)
def test_parameters_that_point_outside_the_project_stop_the_job_before_it_runs(books, data, tmp_path, output):
    session, job = books
    (tmp_path / "evil").mkdir()
    write_parameters(job, data["model"], **{name: text.format(tmp=tmp_path) for name, text in output.items()})
    with pytest.raises(BadInputError, match="is outside the project 'p'"):
        session.run_opened(job.uuid)
    assert elsewhere(tmp_path) == [tmp_path / "evil"]
    assert session.outcomes(job.project)[0].status is JobStatus.FAILED


def test_a_relative_output_name_refers_to_the_job_directory(books, data, tmp_path, monkeypatch):
    session, job = books
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write_parameters(job, data["model"], baseName="XYZOUT.pdb")
    result = session.run_opened(job.uuid)
    assert [file.path for file in result.outcome.files] == [job.directory / "XYZOUT.pdb"]
    assert elsewhere(tmp_path) == [tmp_path / "here"]


def selector(data, output=None):
    script = make_script("coordinate_selector")
    script.container.inputData.XYZIN.setFullPath(str(data["model"]))
    if output:
        script.container.outputData.XYZOUT.set(output)
    return script


async def tracked(session, data, output):
    from ccp4hooks_database import AsyncDatabaseHandler

    async with AsyncDatabaseHandler(session.project("p").uuid).track_job(selector(data, output)) as script:
        await execute(script)


def with_sub_job(session, data, output):
    with session.track(make_script("coordinate_selector"), project="p") as job:
        inner = job.sub_job(selector(data, output))
        with pytest.raises(BadInputError, match="is outside the project 'p'"), inner:
            inner.process()
        raise BadInputError(inner.outcome.problems[0].message)


WAYS = {
    "track": lambda session, data, output: session.track(selector(data, output), project="p").begin(),
    "track_job": lambda session, data, output: asyncio.run(tracked(session, data, output)),
    "a sub-job": with_sub_job,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_tracked_script_cannot_write_outside_its_project(books, data, tmp_path, monkeypatch, way):
    session, job = books
    (tmp_path / "evil").mkdir()
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", str(tmp_path / "projects"))
    monkeypatch.setenv("DATABASE_URL", session.settings.database)
    for output in (
        {"baseName": f"{UP}/XYZOUT.pdb"},
        {"baseName": "XYZOUT.pdb", "relPath": str(tmp_path / "evil")},
        {"baseName": "XYZOUT.pdb", "relPath": "../../evil"},
    ):
        with pytest.raises(BadInputError, match="is outside the project 'p'"):
            way(session, data, output)
    assert elsewhere(tmp_path) == [tmp_path / "evil"]
    assert [file for one in session.outcomes(job.project) for file in one.files] == []


def test_an_output_with_an_absolute_path_must_lie_in_the_project(books, data, tmp_path):
    session, _ = books
    script = selector(data)
    script.container.outputData.XYZOUT.setFullPath(str(tmp_path / "evil.pdb"))
    with (
        pytest.raises(BadInputError, match=r"evil\.pdb is outside the project 'p'"),
        session.track(script, project="p"),
    ):
        pytest.fail("the job ran")
    assert elsewhere(tmp_path) == []


def test_entities_in_the_parameters_of_a_waiting_job_stop_it_before_it_runs(books, tmp_path):
    session, job = books
    (job.directory / "input_params.xml").write_text(BOMB)
    with pytest.raises(BadInputError, match="declares a document type"):
        session.run_opened(job.uuid)
    assert session.outcomes(job.project)[0].status is JobStatus.FAILED


def test_entities_in_asymmetric_unit_files_are_rejected_before_ccp4i2_reads_them(books, tmp_path):
    session, _ = books
    evil = tmp_path / "evil.asu.xml"
    evil.write_text(BOMB)
    with pytest.raises(BadInputError, match="declares a document type"):
        session.run("matthews", [("ASUIN", str(evil))], project="p")
    assert [one.job.number for one in session.outcomes(session.project("p"))] == ["1"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", ["../evil", "/evil", "..", "a/b", "a\nb", ""])
def test_a_project_name_cannot_leave_the_projects_directory(books, data, tmp_path, name):
    session, _ = books
    with pytest.raises(BadInputError):
        session.run("coordinate_selector", [("XYZIN", str(data["model"]))], project=name)
    assert elsewhere(tmp_path) == []


def test_a_title_is_never_a_path(books, data, tmp_path):
    session, _ = books
    title = f"../{UP}/\n{tmp_path}/evil"
    result = session.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p", title=title)
    assert result.outcome.status is JobStatus.FINISHED
    assert elsewhere(tmp_path) == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize("switch", [(), ("no:database",)])
@pytest.mark.parametrize("number", ["../../evil", "1/../../../evil", "0", "-1", "x", ""])
def test_a_job_number_is_never_a_path(books, tmp_path, number, switch):
    settings = Settings(projects_dir=tmp_path / "projects", database=books[0].settings.database, plugins=switch)
    with pytest.raises(BadInputError, match="number"):
        open_session(settings).open_job("coordinate_selector", project="p", number=number)
    assert elsewhere(tmp_path) == []
