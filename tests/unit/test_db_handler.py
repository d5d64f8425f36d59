import asyncio
from uuid import uuid4

import pytest
from ccp4i2.core.CCP4ErrorHandling import CErrorReport
from unit.samples import implementation, make_project

from ccp4hooks import FinishStatus, JobStatus, KnownFile
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.job_tree import JobTree
from ccp4hooks.jobs.opening import open_job
from ccp4hooks.jobs.run_context import RunContext
from ccp4hooks.jobs.scripts.db_handler import JobHandler
from ccp4hooks.model import JobRequest
from ccp4hooks.plugins.dispatcher import Dispatcher, Journal


def new_tree(project, **implementations):
    return JobTree(RunContext(dispatcher=Dispatcher(implementations), project=project))


@pytest.fixture
def tree(project):
    return new_tree(project)


@pytest.fixture
def handler(tree, project):
    return JobHandler(tree, project, Journal())


@pytest.fixture
def parent(tree, project):
    return opened(tree, project)


def opened(tree, project):
    project.jobs_directory.mkdir(parents=True)
    request = JobRequest(uuid=uuid4(), task="demo_pipeline", title="t", project=project, owned=True)
    active = ActiveJob(tree.context, open_job(tree.context, request, Journal()))
    tree.jobs[active.job.uuid] = active
    return active


def test_a_file_of_this_run_is_found_as_long_as_it_is_there(tree, handler, tmp_path):
    uuid, path = uuid4(), tmp_path / "x.mtz"
    path.touch()
    tree.context.remember(KnownFile(uuid=uuid, path=path, file_type=""))
    assert handler.get_file_path_sync(uuid) == str(path)
    path.unlink()
    assert handler.get_file_path_sync(uuid) is None
    assert handler.get_file_path_sync(uuid4()) is None


def test_a_plugin_is_asked_once_for_a_file(project, tmp_path):
    path = tmp_path / "x.mtz"
    path.touch()
    asked = []

    def find_file(query):
        asked.append(query)
        return KnownFile(uuid=query.uuid, path=path, file_type="")

    tree = new_tree(project, find_file=[implementation("find_file", find_file)])
    handler, uuid = JobHandler(tree, project, Journal()), uuid4()
    assert [handler.get_file_path_sync(uuid) for _ in range(3)] == [str(path)] * 3
    assert len(asked) == 1


def test_only_the_runs_own_project_has_a_directory(handler, project, tmp_path):
    assert handler.getProjectDirectory(str(project.uuid)) == str(project.directory)
    assert handler.getProjectDirectory(str(make_project(tmp_path / "other").uuid)) is None


def test_a_sub_job_gets_the_number_of_its_directory(tree, handler, parent):
    uuid = handler.createSubJob(taskName="freerflag", parentJobId=str(parent.job.uuid), jobNumber="3")
    child = next(child.job for key, child in tree.jobs.items() if str(key) == uuid)
    assert (child.number, child.directory) == ("1.3", parent.job.directory / "job_3")
    assert (child.parent_uuid, child.title) == (parent.job.uuid, "freerflag")
    assert child.directory.is_dir()


def test_a_sub_job_is_numbered_by_directory_where_the_plugin_that_opens_jobs_fails(project):
    def open_job(request):
        if request.parent is not None:
            raise OSError("database gone")

    tree = new_tree(project, open_job=[implementation("open_job", open_job)])
    parent = opened(tree, project)
    child = tree.open_child(parent.job.uuid, "freerflag", 1, None)
    assert child.number == "1.1"
    assert "sub-job 1.1 could not be opened" in parent.journal.problems[0].message


def test_only_a_call_with_a_finish_status_reports_an_end(handler, parent):
    handler.updateJobStatus(jobId=str(parent.job.uuid), container=object())
    assert parent.reported is None
    handler.updateJobStatus(jobId=str(parent.job.uuid), finishStatus=3, container=object())
    assert parent.reported.name == "UNSATISFACTORY"
    assert parent.status is JobStatus.PENDING


@pytest.mark.parametrize(
    ("reported", "finish"),
    [
        (4, FinishStatus.INTERRUPTED),
        (5, FinishStatus.MARK_TO_DELETE),
        (6, FinishStatus.DISPATCHED),
        ("CPluginScript.INTERRUPTED", FinishStatus.INTERRUPTED),
        ("UNSATISFACTORY", FinishStatus.UNSATISFACTORY),
        ({"finishStatus": 1, "jobId": None}, FinishStatus.FAILED),
        (CErrorReport(), FinishStatus.SUCCEEDED),
        (99, FinishStatus.FAILED),
        ("nonsense", FinishStatus.FAILED),
    ],
)
def test_an_end_is_reported_by_number_by_name_or_as_ccp4i2s_objects(handler, parent, reported, finish):
    handler.updateJobStatus(jobId=str(parent.job.uuid), finishStatus=reported)
    assert parent.reported is finish


def test_the_end_of_a_job_of_another_run_is_ignored(tree, handler):
    handler.updateJobStatus(jobId=str(uuid4()), finishStatus=0)
    assert tree.jobs == {}


def test_the_extraction_methods_of_ccp4i2_do_nothing(handler):
    assert asyncio.run(handler.glean_job_files(uuid4(), None, plugin=None)) == []
    assert asyncio.run(handler.glean_performance_indicators(uuid4(), None)) == 0


def test_a_project_is_looked_up_again_after_a_failure(project, tmp_path):
    other, calls = make_project(tmp_path / "other"), []

    def find_project(name, uuid):
        calls.append(uuid)
        if len(calls) == 1:
            raise OSError("database gone")
        return other

    tree = new_tree(project, find_project=[implementation("find_project", find_project)])
    handler = JobHandler(tree, project, Journal())
    assert [handler.getProjectDirectory(str(other.uuid)) for _ in range(3)] == [None, *[str(other.directory)] * 2]
    assert len(calls) == 2
