"""Tests like those of CCP4i2's developers; Django's test runner runs them in one process."""

import json
import tempfile
from pathlib import Path

import ccp4i2
from asgiref.sync import async_to_sync
from ccp4i2.core.tasks import get_plugin_class
from ccp4i2.db.async_db_handler import AsyncDatabaseHandler
from ccp4i2.db.models import File, Job, Project
from ccp4i2.lib.async_run_job import run_job_async
from ccp4i2.lib.utils.jobs.create import create_job
from django.test import Client, TestCase, TransactionTestCase

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


def post(page, **body):
    client = Client(SERVER_NAME="localhost")
    answer = client.post(f"/api/ccp4i2/{page}", json.dumps(body), content_type="application/json")
    assert answer.status_code < 300, answer.content[:500]
    return answer.json()


class Steps:
    """Steps of a job, by the REST API, by CCP4i2's runner, and by its handler."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.project = Project.objects.create(name="toxd", directory=folder.name)

    def test_a_job_runs_and_is_copied(self):
        page = f"projects/{self.project.pk}/create_task/"
        job = post(page, task_name="coordinate_selector", auto_context=False)["data"]["new_job"]
        post(f"jobs/{job['id']}/set_parameter/", object_path="coordinate_selector.inputData.XYZIN", value=str(MODEL))
        async_to_sync(run_job_async)(job["uuid"])
        row = Job.objects.get(uuid=job["uuid"])
        assert (row.number, row.status) == ("1", Job.Status.FINISHED)
        files = File.objects.filter(job=row).order_by("job_param_name")
        assert [file.job_param_name for file in files] == ["XYZIN", "XYZOUT"]
        assert post(f"jobs/{job['id']}/clone/")["number"] == "2"

    def test_a_script_is_tracked(self):
        create_job(projectId=str(self.project.uuid), taskName="mtzheader")
        script = get_plugin_class("coordinate_selector")(name="tracked")
        script.container.inputData.XYZIN.setFullPath(str(MODEL))

        async def track():
            async with AsyncDatabaseHandler(self.project.uuid).track_job(script) as tracked:
                tracked.process()

        async_to_sync(track)()
        row = Job.objects.get(number="2")
        assert (row.title, row.status) == ("tracked", Job.Status.FINISHED)


class InATransaction(Steps, TestCase):
    pass


class Committed(Steps, TransactionTestCase):
    pass
