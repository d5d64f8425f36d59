"""The guards of functions of CCP4i2."""

from plugins.database.helpers import request_for

from ccp4hooks import JobStatus


def test_a_job_whose_process_cannot_be_started_waits_as_before_and_can_be_started_again(plugin, project, rows):
    job = plugin.open_job(request_for(project, owned=False))

    def start_twice():
        from ccp4i2.db.models import Job

        from ccp4hooks_database.server import guards

        seen = []

        def fails(row, synchronous):
            row.status = JobStatus.QUEUED
            row.save()
            seen.append(synchronous)
            return {"success": False, "error": "no Python", "status": 500}

        start = guards.guarded_start(fails)
        answers = [start(Job.objects.get(uuid=job.uuid))["error"] for _ in range(2)]
        return seen, answers, Job.objects.get(uuid=job.uuid).status

    assert rows(start_twice) == ([False, False], ["no Python", "no Python"], JobStatus.PENDING)
