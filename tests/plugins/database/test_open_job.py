"""Opening and withdrawing jobs: numbers, rows, owners."""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from uuid import uuid4

import pytest
from plugins.database.helpers import opened, request_for, use

from ccp4hooks import Attempt, BadInputError, JobStatus, Project, StoreError


def test_jobs_are_numbered_from_one_and_get_the_directory_of_their_number(plugin, project):
    jobs = [plugin.open_job(request_for(project)) for _ in range(3)]
    assert [job.number for job in jobs] == ["1", "2", "3"]
    assert jobs[2].directory == project.directory / "CCP4_JOBS" / "job_3"
    assert {job.opened_by for job in jobs} == {"database"}


def test_the_row_has_the_values_of_the_request(plugin, project, rows):
    from ccp4i2.db.models import Job

    request = request_for(project, title="Ü" * 300)
    plugin.open_job(request)
    row = rows(lambda: Job.objects.select_related("project").get(uuid=request.uuid))
    assert (row.status, row.task_name, row.title, row.process_id) == (1, "freerflag", "Ü" * 255, None)
    assert (row.project.uuid, row.project.last_job_number) == (project.uuid, 1)


def test_a_recorded_project_keeps_its_uuid(plugin, project):
    plugin.open_job(request_for(project))
    again = plugin.open_job(request_for(replace(project, uuid=uuid4())))
    assert again.project == project


def test_a_project_reached_through_a_symbolic_link_is_the_same(plugin, project):
    project.directory.mkdir()
    plugin.open_job(request_for(project))
    link = project.directory.with_name("link")
    link.symlink_to(project.directory)
    assert plugin.open_job(request_for(replace(project, directory=link))).number == "2"


@pytest.mark.parametrize("other", [{"name": "other"}, {"directory": Path("/elsewhere")}])
def test_a_name_in_another_directory_is_rejected_and_leaves_nothing(plugin, project, rows, other):
    from ccp4i2.db.models import Job

    plugin.open_job(request_for(project))
    with pytest.raises(BadInputError, match="Give the name and the directory of the same project"):
        plugin.open_job(request_for(replace(project, uuid=uuid4(), **other)))
    assert rows(Job.objects.count) == 1


def test_sub_jobs_get_the_number_of_their_index(plugin, project):
    parent = plugin.open_job(request_for(project))
    children = [plugin.open_job(request_for(project, parent=parent, child_index=n)) for n in (1, 2)]
    grandchild = plugin.open_job(request_for(project, parent=children[1], child_index=1))
    assert [job.number for job in (*children, grandchild)] == ["1.1", "1.2", "1.2.1"]
    assert grandchild.directory == project.directory / "CCP4_JOBS" / "job_1" / "job_2" / "job_1"
    assert plugin.open_job(request_for(project)).number == "2"


def test_a_sub_job_that_runs_again_reuses_the_row_of_the_first_run(plugin, project, rows):
    from ccp4i2.db.models import Job

    parent = plugin.open_job(request_for(project))
    first = plugin.open_job(request_for(project, parent=parent, child_index=1))
    key = rows(lambda: Job.objects.get(uuid=first.uuid).pk)
    plugin.job_status(first, JobStatus.RUNNING, (), ())
    again = plugin.open_job(request_for(project, parent=parent, child_index=1))
    row = rows(lambda: Job.objects.get(uuid=again.uuid))
    assert (row.pk, row.number, row.status, row.process_id) == (key, "1.1", 1, None)


def test_a_sub_job_of_an_unknown_parent_is_rejected(plugin, project, url, tmp_path):
    parent = replace(plugin.open_job(request_for(project)), uuid=uuid4())
    with pytest.raises(StoreError, match="parent of a sub-job"):
        plugin.open_job(request_for(project, parent=parent, child_index=1))


def test_numbers_skip_rows_above_the_counter(plugin, project, rows):
    from ccp4i2.db.models import Project as Row

    for _ in range(3):
        plugin.open_job(request_for(project))
    rows(lambda: Row.objects.update(last_job_number=1))
    assert plugin.open_job(request_for(project)).number == "4"


def test_numbers_skip_directories_made_without_a_database(plugin, project):
    for number in (1, 2):
        (project.jobs_directory / f"job_{number}").mkdir(parents=True)
    assert plugin.open_job(request_for(project)).number == "3"


def plan_of(cursor, sql):
    """Return the database's plan for a statement, line by line."""
    cursor.execute(("EXPLAIN QUERY PLAN " if cursor.db.vendor == "sqlite" else "EXPLAIN ") + sql)
    return [str(row[-1]) for row in cursor.fetchall()]


def scans(connection, statements):
    """Return the plans that scan the table of jobs."""
    with connection.cursor() as cursor:
        words = {"SELECT", "UPDATE", "DELETE"}
        plans = [plan_of(cursor, sql) for sql in statements if sql.split()[0] in words]
    everything = ("SCAN ccp4i2_job", "Seq Scan on ccp4i2_job ")
    return [plan for plan in plans if any(word in line for line in plan for word in everything)]


def test_opening_a_job_takes_as_many_statements_with_two_thousand_jobs_as_with_none_and_scans_none(
    plugin, project, rows
):
    from ccp4i2.db.models import Job
    from ccp4i2.db.models import Project as Row
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from ccp4hooks_database.repository import opening

    def statements():
        with CaptureQueriesContext(connection) as queries:
            opening.open_job(request_for(project))
        return [query["sql"] for query in queries]

    plugin.open_job(request_for(project))
    few = plugin.store().write(statements)

    def fill():
        row = Row.objects.get()
        Job.objects.bulk_create(Job(project=row, number=str(n), title="x", task_name="x") for n in range(3, 2003))
        Row.objects.update(last_job_number=2002)
        connection.cursor().execute("ANALYZE")

    rows(fill)
    many = plugin.store().write(statements)
    assert len(many) == len(few) <= 8
    assert rows(lambda: scans(connection, many)) == []
    assert rows(lambda: scans(connection, ["SELECT * FROM ccp4i2_job"])), "the check does not detect scans"


def test_the_process_that_starts_a_job_becomes_its_owner(plugin, project, rows):
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobOwner

    job = plugin.open_job(request_for(project))
    before = rows(JobOwner.objects.get)
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    owner = rows(JobOwner.objects.get)
    assert rows(lambda: Job.objects.values_list("status", "process_id").get()) == (3, os.getpid())
    assert (owner.pid, owner.host, bool(owner.boot_id)) == (os.getpid(), before.host, True)
    assert owner.pid_started_at < before.heartbeat_at < owner.heartbeat_at
    assert before.started_at is None
    assert owner.started_at is not None


def test_the_status_of_an_unknown_job_is_an_error(plugin, project):
    job = replace(plugin.open_job(request_for(project)), uuid=uuid4())
    with pytest.raises(StoreError, match="is not in this database"):
        plugin.job_status(job, JobStatus.RUNNING, (), ())


def test_a_task_name_too_long_for_the_schema_is_rejected(plugin, project):
    with pytest.raises(
        BadInputError,
        match=r"The task name has 101 characters, but the database stores at most 100\. Use a shorter task name: t{60}",
    ):
        plugin.open_job(request_for(project, task="t" * 101))
    assert plugin.list_projects() == []


def test_sixty_jobs_from_threads_get_sixty_numbers_without_a_gap(plugin, project):
    with ThreadPoolExecutor(20) as pool:
        jobs = list(pool.map(lambda _: plugin.open_job(request_for(project)), range(60)))
    assert sorted(int(job.number) for job in jobs) == list(range(1, 61))


OPENER = Path(__file__).with_name("opener.py")
WORKER = Path(__file__).with_name("worker.py")


def test_sixty_processes_at_once_get_sixty_numbers_without_a_gap_and_their_directories(url, project, tmp_path):
    command = [sys.executable, str(OPENER), url, project.name, str(project.directory), "60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    got = dict(json.loads(line) for line in done.stdout.splitlines())
    assert got == {str(n): str(project.jobs_directory / f"job_{n}") for n in range(1, 61)}
    outcomes = use(url, tmp_path).read_outcomes(project, None)
    assert [outcome.job.number for outcome in outcomes] == [str(n) for n in range(1, 61)]


def run_workers(count, jobs, url, project):
    command = [sys.executable, str(WORKER), url, project.name, str(project.directory), str(jobs)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(count)]
    answers = [worker.communicate(timeout=120) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * count, answers
    return [out.decode() for out, _ in answers]


def rows_per_job():
    """Return by number each job's status and its numbers of files, imports, uses, KPIs and rows of side tables."""
    from ccp4i2.db import models as host

    from ccp4hooks_database import models as own

    tables = {host.File: "job", host.FileImport: "file__job", host.FileUse: "job", host.JobFloatValue: "job"}
    tables |= {own.FileOrigin: "file__job", own.ValueOrigin: "job"}
    counted = [Counter(table.objects.values_list(f"{job}__number", flat=True)) for table, job in tables.items()]
    jobs = host.Job.objects.values_list("number", "status")
    return {number: (status, *(count[number] for count in counted)) for number, status in jobs}


def test_eight_processes_create_the_database_once_and_record_all_of_their_jobs(empty_url, tmp_path, project):
    answers = run_workers(8, 25, empty_url, project)
    numbers = sorted(" ".join(answers).split(), key=int)
    assert numbers == [str(n) for n in range(1, 201)]
    assert use(empty_url, tmp_path).store().read(rows_per_job) == dict.fromkeys(numbers, (6, 2, 1, 2, 2, 2, 2))
    assert {path.name for path in project.jobs_directory.iterdir()} == {f"job_{n}" for n in numbers}
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".") or p.name.endswith("-journal")]


def test_the_first_jobs_of_several_projects_at_once_create_each_project_once(plugin, tmp_path):
    projects = [Project(name=f"p{n}", directory=tmp_path / f"p{n}", uuid=uuid4()) for n in range(4)]
    with ThreadPoolExecutor(12) as pool:
        jobs = list(pool.map(lambda n: plugin.open_job(request_for(projects[n % 4])), range(12)))
    assert sorted(job.number for job in jobs) == ["1"] * 4 + ["2"] * 4 + ["3"] * 4
    assert {p.uuid for p in plugin.list_projects()} == {p.uuid for p in projects}


def test_a_job_opened_in_one_thread_is_finished_in_another(plugin, project):
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(opened, plugin, project).result()
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    assert plugin.read_outcomes(job.project, None)[0].status is JobStatus.RUNNING


def test_a_withdrawn_job_leaves_no_row_and_its_number_is_reused(plugin, project, rows):
    from ccp4i2.db.models import Job, Project

    first = opened(plugin, project)
    second = plugin.open_job(request_for(project))
    plugin.job_withdrawn(second, False)
    assert rows(lambda: [job.uuid for job in Job.objects.all()]) == [first.uuid]
    assert plugin.open_job(request_for(project)).number == second.number
    plugin.job_status(first, JobStatus.RUNNING, (), ())
    plugin.job_withdrawn(first, True)
    assert rows(lambda: Job.objects.filter(uuid=first.uuid).count()) == 1, "a running job was withdrawn"
    assert rows(Project.objects.count) == 1


def test_withdrawing_the_job_deletes_a_project_created_for_it(plugin, project, rows):
    from ccp4i2.db.models import Project

    plugin.job_withdrawn(plugin.open_job(request_for(project)), True)
    assert rows(Project.objects.count) == 0


def test_a_job_that_another_process_claims_in_between_is_not_claimed_twice(plugin, project, monkeypatch):
    from ccp4i2.db.models import Job

    from ccp4hooks_database.repository import opening

    job, look = opened(plugin, project), opening.find_job

    def looked_before_the_other(uuid):
        found = look(uuid)
        Job.objects.filter(uuid=uuid).update(status=int(JobStatus.RUNNING))
        return found

    monkeypatch.setattr(opening, "find_job", looked_before_the_other)
    with pytest.raises(BadInputError, match="has just been claimed by another process"):
        plugin.claim_job(job.uuid, again=False, attempt=None)


def test_an_engine_may_begin_a_job_while_its_submission_is_still_recorded(plugin, project, monkeypatch):
    from ccp4i2.db.models import Job

    from ccp4hooks_database.repository import opening

    job, look = opened(plugin, project), opening.find_job
    new = Attempt(job=job, number=1, engine="pool", submitted_at=datetime.now(timezone.utc))
    plugin.save_attempt(new)

    def looked_before_it_was_queued(uuid):
        found = look(uuid)
        Job.objects.filter(uuid=uuid).update(status=int(JobStatus.QUEUED))
        return found

    monkeypatch.setattr(opening, "find_job", looked_before_it_was_queued)
    assert plugin.claim_job(job.uuid, again=False, attempt=1) == job
