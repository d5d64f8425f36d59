"""What CCP4i2's tables and its app say of the place where a job runs."""

from dataclasses import replace

import ccp4i2
import pytest
from plugins.database.helpers import MOMENT, opened

from ccp4hooks import Attempt, JobStatus


@pytest.fixture
def job(plugin, project):
    return opened(plugin, project)


def accepted(plugin, job, key="4711"):
    """The attempt of a job that an engine has accepted."""
    attempt = Attempt(job=job, number=1, engine="cluster", submitted_at=MOMENT)
    plugin.save_attempt(attempt)
    plugin.save_attempt(replace(attempt, key=key))
    return replace(attempt, key=key)


def server_jobs(rows):
    from ccp4i2.db.models import ServerJob

    names = ("machine", "mechanism", "server_process_id", "remote_path")
    return rows(lambda: [*ServerJob.objects.values_list(*names)])


def test_ccp4i2s_table_of_server_jobs_has_the_engine_and_the_machine(plugin, job, rows):
    attempt = accepted(plugin, job)
    assert server_jobs(rows) == [("", "cluster", 4711, str(job.directory))]
    plugin.note_running(replace(attempt, host="node7", began_at=MOMENT), 99, 0.0)
    assert server_jobs(rows) == [("node7", "cluster", 4711, str(job.directory))]


def test_the_machine_is_known_if_it_begins_before_its_engine_has_answered(plugin, job, rows):
    attempt = Attempt(job=job, number=1, engine="cluster", submitted_at=MOMENT)
    plugin.save_attempt(attempt)
    plugin.claim_job(job.uuid, False, 1)
    plugin.save_attempt(replace(attempt, key="4711"))
    ((machine, *_),) = server_jobs(rows)
    assert machine == plugin.find_held(None)[0].host


@pytest.mark.parametrize("key", ["job-7", "٤", str(2**31)])
def test_a_key_that_is_no_number_of_a_process_is_left_out(plugin, job, rows, key):
    accepted(plugin, job, key=key)
    assert [one[2] for one in server_jobs(rows)] == [None]


def test_the_server_job_is_deleted_with_its_job_and_restored_with_it(plugin, job, rows):
    accepted(plugin, job)
    before = server_jobs(rows)
    plugin.cancel_job(job.uuid)
    saved = plugin.save_job(job)
    assert plugin.delete_job(job, saved)
    assert server_jobs(rows) == []
    assert plugin.restore_job(job, saved)
    assert server_jobs(rows) == before


def shown(rows, job):
    """The status and the process of a job, as CCP4i2's REST API shows them with our change."""

    def read():
        from ccp4i2.api.serializers import JobSerializer
        from ccp4i2.db.models import Job

        from ccp4hooks_database.server.whereabouts import shown_job

        serializer = JobSerializer()
        data = shown_job(JobSerializer.to_representation)(serializer, Job.objects.get(uuid=job.uuid))
        return JobStatus(data["status"]), data["process_id"]

    return rows(read)


def test_the_app_shows_a_job_of_another_machine_as_running_remotely(plugin, job, rows):
    attempt = accepted(plugin, job)
    assert shown(rows, job) == (JobStatus.QUEUED, None)
    plugin.note_running(replace(attempt, host="node7", began_at=MOMENT), 99, 0.0)
    assert shown(rows, job) == (JobStatus.RUNNING_REMOTELY, None)


def test_the_app_shows_a_job_of_this_machine_as_running(plugin, project, rows):
    here = opened(plugin, project, owned=False)
    plugin.claim_job(here.uuid, False, None)
    status, pid = shown(rows, here)
    assert (status, pid is not None) == (JobStatus.RUNNING, True)


@pytest.mark.skipif(ccp4i2.__version__.startswith("3.0."), reason="CCP4i2 3.0 has no page of a job without results")
def test_the_page_of_a_job_without_results_says_where_it_is(plugin, job, rows):
    def text():
        from ccp4i2.db.models import Job
        from ccp4i2.lib.utils.reporting.i2_report import pending_report

        from ccp4hooks_database.server.whereabouts import located_report

        return located_report(pending_report)(job.task, Job.objects.get(uuid=job.uuid)).findtext("CCP4i2ReportText")

    assert rows(text).startswith("Job 1 ")
    attempt = accepted(plugin, job)
    assert rows(text).startswith("It waits for the engine cluster, as number 4711 there. Job 1 is queued")
    plugin.note_running(replace(attempt, host="node7", began_at=MOMENT), 99, 0.0)
    assert rows(text).startswith("It runs on node7, by the engine cluster, as number 4711 there. Job 1 is running")
