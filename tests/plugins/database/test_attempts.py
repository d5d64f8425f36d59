"""Attempts to run jobs on engines: rows, statuses, and who owns the job meanwhile."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from plugins.database.helpers import MOMENT, gleaned, imported, opened, outcome_of, recorded, request_for, use, use_of

from ccp4hooks import Attempt, BadInputError, JobStatus


def attempt_of(job, number=1, **values):
    return Attempt(**{"job": job, "number": number, "engine": "cluster", "submitted_at": MOMENT, **values})


def submitted(plugin, project, **values):
    """A job that an engine has accepted."""
    job = opened(plugin, project)
    attempt = attempt_of(job, **values)
    assert plugin.save_attempt(attempt)
    assert plugin.save_attempt(replace(attempt, key="4711"))
    return job, replace(attempt, key="4711")


def status_of(rows, job):
    from ccp4i2.db.models import Job

    return JobStatus(rows(lambda: Job.objects.get(uuid=job.uuid).status))


def owners(rows, job):
    from ccp4hooks_database.models import JobOwner

    return rows(lambda: [*JobOwner.objects.filter(job__uuid=job.uuid).values_list("host", "pid")])


def test_a_job_is_owned_until_its_engine_has_accepted_it(plugin, project, rows):
    job = opened(plugin, project)
    new = attempt_of(job, retries=2, fingerprint="ab" * 32)
    assert plugin.save_attempt(new)
    assert (status_of(rows, job), len(owners(rows, job))) == (JobStatus.PENDING, 1)
    assert plugin.save_attempt(replace(new, key="4711"))
    assert (status_of(rows, job), owners(rows, job)) == (JobStatus.QUEUED, [])
    assert plugin.read_attempts([job.uuid]) == [replace(new, key="4711")]
    assert plugin.find_held(project) == []


def test_an_attempt_that_was_refused_is_deleted(plugin, project, rows):
    job, first = submitted(plugin, project)
    plugin.cancel_job(job.uuid)
    plugin.reopen_job(job.uuid)
    second = attempt_of(job, 2)
    plugin.save_attempt(second)
    assert plugin.save_attempt(replace(second, ended_at=MOMENT))
    assert [one.number for one in plugin.read_attempts([job.uuid])] == [first.number]
    assert status_of(rows, job) is JobStatus.PENDING


def test_a_job_that_is_not_recorded_has_no_attempts(plugin, project):
    job = opened(plugin, project)
    unknown = replace(job, uuid=uuid4())
    assert plugin.save_attempt(attempt_of(unknown)) is None
    assert plugin.note_running(attempt_of(unknown, host="a", began_at=MOMENT), 1, 0.0) is None
    assert plugin.reopen_job(unknown.uuid) is None
    assert plugin.read_attempts([unknown.uuid, job.uuid]) == []


def test_the_machine_of_the_engine_may_begin_before_the_key_is_recorded(plugin, project, rows):
    job = opened(plugin, project)
    new = attempt_of(job)
    plugin.save_attempt(new)
    assert plugin.claim_job(job.uuid, False, 1) == job
    plugin.save_attempt(replace(new, key="4711"))
    (found,) = plugin.read_attempts([job.uuid])
    assert (found.key, found.began_at is not None, found.host != "") == ("4711", True, True)
    assert (status_of(rows, job), len(owners(rows, job))) == (JobStatus.RUNNING, 1)


@pytest.mark.parametrize("number", [2, 3])
def test_only_the_latest_attempt_begins_and_only_once(plugin, project, rows, number):
    job, _ = submitted(plugin, project)
    with pytest.raises(BadInputError, match="waits for another attempt"):
        plugin.claim_job(job.uuid, False, number)
    assert status_of(rows, job) is JobStatus.QUEUED
    plugin.claim_job(job.uuid, False, 1)
    with pytest.raises(BadInputError, match="is RUNNING in another process"):
        plugin.claim_job(job.uuid, False, 1)


def test_an_earlier_attempt_does_not_begin_after_a_later_one_was_submitted(plugin, project):
    job, first = submitted(plugin, project)
    plugin.cancel_job(job.uuid)
    with pytest.raises(BadInputError, match="already ended"):
        plugin.claim_job(job.uuid, False, 1)
    plugin.reopen_job(job.uuid)
    plugin.save_attempt(attempt_of(job, 2))
    plugin.save_attempt(attempt_of(job, 2, key="4712"))
    with pytest.raises(BadInputError, match="another attempt"):
        plugin.claim_job(job.uuid, False, 1)
    assert plugin.claim_job(job.uuid, False, 2) == job
    assert [(one.number, one.key, one.end) for one in plugin.read_attempts([job.uuid])] == [
        (1, "4711", JobStatus.INTERRUPTED),
        (2, "4712", None),
    ]
    assert first.end is None


def test_the_end_of_the_job_is_that_of_its_latest_attempt(plugin, project):
    job, _ = submitted(plugin, project)
    plugin.claim_job(job.uuid, False, 1)
    recorded(plugin, job)
    (found,) = plugin.read_attempts([job.uuid])
    assert (found.end, found.ended_at) == (JobStatus.FINISHED, MOMENT)
    with pytest.raises(BadInputError, match="Only a job that is FAILED or INTERRUPTED can be submitted again"):
        plugin.reopen_job(job.uuid)


def test_a_job_that_is_opened_again_belongs_to_this_process_and_keeps_the_end_of_its_attempt(plugin, project, rows):
    job, _ = submitted(plugin, project)
    plugin.claim_job(job.uuid, False, 1)
    recorded(plugin, job, status=JobStatus.FAILED)
    assert plugin.reopen_job(job.uuid) == job
    assert (status_of(rows, job), len(owners(rows, job))) == (JobStatus.PENDING, 1)
    (found,) = plugin.read_attempts([job.uuid])
    assert (found.end, found.ended_at) == (JobStatus.FAILED, MOMENT)
    with pytest.raises(BadInputError, match="is PENDING"):
        plugin.reopen_job(job.uuid)


def test_of_several_processes_that_submit_a_job_opened_for_later_one_succeeds(plugin, project, rows):
    job = plugin.open_job(request_for(project, owned=False))
    assert plugin.reopen_job(job.uuid) == job
    assert (status_of(rows, job), len(owners(rows, job))) == (JobStatus.PENDING, 1)
    with pytest.raises(BadInputError, match="another process is about to run or to submit it"):
        plugin.reopen_job(job.uuid)
    assert plugin.save_attempt(attempt_of(job))
    assert plugin.save_attempt(attempt_of(job, key="4711"))
    with pytest.raises(BadInputError, match="is QUEUED"):
        plugin.reopen_job(job.uuid)


def test_an_attempt_whose_program_has_ended_elsewhere_ends_when_the_next_one_is_submitted(plugin, project, rows):
    from ccp4i2.db.models import Job

    job, _ = submitted(plugin, project)
    plugin.claim_job(job.uuid, False, 1)
    plugin.job_status(job, JobStatus.RUNNING_REMOTELY, (), ())
    # As `reconcile_dispatch` of CCP4i2 3.1 does.
    rows(lambda: Job.objects.filter(uuid=job.uuid).update(status=JobStatus.PENDING))
    plugin.reopen_job(job.uuid)
    assert [one.end for one in plugin.read_attempts([job.uuid])] == [JobStatus.RUNNING_REMOTELY]


def test_a_sub_job_is_not_opened_again(plugin, project):
    parent = opened(plugin, project)
    child = opened(plugin, project, parent=parent, child_index=1)
    recorded(plugin, child, status=JobStatus.FAILED)
    with pytest.raises(BadInputError, match="is a sub-job"):
        plugin.reopen_job(child.uuid)


def test_a_job_does_not_run_again_while_an_engine_runs_a_sub_job_of_its_earlier_run(plugin, project):
    parent = opened(plugin, project)
    child = opened(plugin, project, parent=parent, child_index=1)
    plugin.save_attempt(attempt_of(child))
    plugin.save_attempt(attempt_of(child, key="4711"))
    recorded(plugin, parent, status=JobStatus.INTERRUPTED)
    for again in (lambda: plugin.reopen_job(parent.uuid), lambda: plugin.claim_job(parent.uuid, True, None)):
        with pytest.raises(BadInputError, match=r"Sub-job 1\.1 of an earlier run of job 1 has not ended on its engine"):
            again()
    plugin.cancel_job(child.uuid)
    assert plugin.reopen_job(parent.uuid) == parent


def test_attempts_are_found_until_their_job_has_ended_or_by_their_fingerprint(plugin, project, tmp_path):
    other = replace(project, name="other", directory=tmp_path / "other", uuid=uuid4())
    first, _ = submitted(plugin, project, fingerprint="f" * 64)
    second, _ = submitted(plugin, project, submitted_at=MOMENT + timedelta(seconds=1), fingerprint="f" * 64)
    third, _ = submitted(plugin, other)
    plugin.cancel_job(first.uuid)
    assert [one.job for one in plugin.find_attempts(project, "")] == [second]
    assert {one.job.uuid for one in plugin.find_attempts(None, "")} == {second.uuid, third.uuid}
    assert [(one.job, one.end) for one in plugin.find_attempts(project, "f" * 64)] == [
        (second, None),
        (first, JobStatus.INTERRUPTED),
    ]
    assert plugin.find_attempts(project, "0" * 64) == []


def test_files_of_a_waiting_job_are_recorded_once(plugin, project, rows):
    from ccp4i2.db.models import File, FileUse

    made = recorded(plugin, job := opened(plugin, project), files=(gleaned(job),))
    waiting, _ = submitted(plugin, project)
    file, uses = imported(waiting), (use_of(made.files[0]),)
    plugin.job_status(waiting, JobStatus.QUEUED, uses, (file,))
    assert plugin.find_import(waiting, file.md5, file.file_type).uuid == file.uuid
    assert [one.job for one in plugin.find_readers(project, [made.files[0].uuid])] == [waiting]
    plugin.claim_job(waiting.uuid, False, 1)
    recorded(plugin, waiting, uses=uses, imported=(file,))
    assert rows(lambda: File.objects.filter(job__uuid=waiting.uuid).count()) == 1
    # The use of the recorded file, and that of the import.
    assert rows(lambda: FileUse.objects.filter(job__uuid=waiting.uuid).count()) == 2


def test_files_of_a_job_that_has_begun_are_left_to_the_process_that_runs_it(plugin, project, rows):
    from ccp4i2.db.models import File

    job, _ = submitted(plugin, project)
    plugin.claim_job(job.uuid, False, 1)
    plugin.job_status(job, JobStatus.QUEUED, (), (imported(job),))
    assert rows(lambda: File.objects.filter(job__uuid=job.uuid).count()) == 0


def test_a_machine_without_the_database_is_the_owner_and_its_signs_of_life_count(plugin, project, rows):
    job, attempt = submitted(plugin, project)
    running = replace(attempt, host="node7", began_at=MOMENT)
    assert plugin.note_running(running, 99, 5.0)
    assert (status_of(rows, job), owners(rows, job)) == (JobStatus.RUNNING, [("node7", 99)])
    assert plugin.read_attempts([job.uuid]) == [running]
    (held,) = plugin.find_held(project)
    assert (held.alive, held.reachable, held.missed) == (True, False, 0)
    plugin.note_running(running, 99, 10_000.0)
    (held,) = plugin.find_held(project)
    assert (held.alive, held.missed) == (False, 500)
    assert plugin.take_over_job(held)
    # From now on, it does not come back to life.
    assert plugin.note_running(running, 99, 0.0)
    assert owners(rows, job) != [("node7", 99)]
    plugin.job_finished(job, outcome_of(job, status=JobStatus.INTERRUPTED))
    plugin.note_running(running, 99, 0.0)
    assert status_of(rows, job) is JobStatus.INTERRUPTED


def test_a_process_that_died_while_it_submitted_leaves_a_job_that_is_recovered(url, project, tmp_path, rows, plugin):
    from ccp4hooks_database.models import JobOwner

    job = opened(plugin, project)
    plugin.save_attempt(attempt_of(job))
    rows(lambda: JobOwner.objects.update(pid=2**22 + 1, process=uuid4()))
    (held,) = use(url, tmp_path).find_held(project)
    assert (held.job, held.alive) == (job, False)


def test_an_owned_request_is_not_needed_for_an_attempt(plugin, project, rows):
    job = plugin.open_job(request_for(project, owned=False))
    job.directory.mkdir(parents=True)
    plugin.save_attempt(attempt_of(job))
    plugin.save_attempt(attempt_of(job, key="1"))
    # Nobody owned it, so nobody gives it up: the command of the engine claims it nevertheless.
    assert plugin.claim_job(job.uuid, False, 1) == job
    assert status_of(rows, job) is JobStatus.RUNNING
