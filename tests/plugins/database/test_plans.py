"""No statement of a job's life reads more rows the more jobs there are: the plans of the database show it."""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest
from plugins.database.helpers import MOMENT, gleaned, imported, kpi, opened, outcome_of, request_for, use_of

from ccp4hooks import JobStatus, ParameterValue, ResultValue
from ccp4hooks.store import FileQuery

JOBS = 1000
"""Number of jobs in the project, each with a sub-job."""

PER_PROJECT = {"project_id"}
"""A condition on these columns alone finds all jobs of a project."""

OF_CCP4I2 = ("job", "file", "fileimport", "fileuse", "jobfloatvalue", "jobcharvalue")
OWN = ("fileorigin", "useorigin", "valueorigin", "pendinguse", "recordedvalue")
OWN_OF_JOBS = ("jobprovenance", "jobtag", "jobattempt", "jobowner")
GROWING = {*(f"ccp4i2_{name}" for name in OF_CCP4I2), *(f"ccp4hooks_{name}" for name in (*OWN, *OWN_OF_JOBS))}
"""The tables with rows for each job."""


@pytest.fixture(autouse=True)
def _without_snapshots(monkeypatch):
    """CCP4i2 3.1 reads the whole project for a snapshot after each job."""
    monkeypatch.setenv("CCP4I2_DISABLE_PROJECT_SNAPSHOT", "1")


def fill(project):
    """Insert jobs with a sub-job each, and with a row in each of the other tables."""
    from ccp4i2.db import models

    from ccp4hooks_database import models as own

    def added(model, rows):
        return model.objects.bulk_create([model(**row) for row in rows])

    where = models.Project.objects.create(
        uuid=project.uuid, name=project.name, directory=str(project.directory), last_job_number=JOBS
    )
    common = {"project": where, "task_name": "freerflag", "status": int(JobStatus.FINISHED), "finish_time": MOMENT}
    jobs = added(models.Job, [{**common, "number": str(n), "title": "t"} for n in range(1, JOBS + 1)])
    added(models.Job, [{**common, "number": f"{job.number}.1", "parent": job} for job in jobs])
    kind, _ = models.FileType.objects.get_or_create(name="chemical/x-pdb")
    key, _ = models.JobValueKey.objects.get_or_create(name="RFree")
    files = added(
        models.File,
        [{"name": f"{j.number}.pdb", "directory": 2, "type": kind, "job": j, "job_param_name": "XYZIN"} for j in jobs],
    )
    added(models.FileImport, [{"file": f, "name": f"/data/{f.name}", "checksum": f.uuid.hex} for f in files])
    uses = added(models.FileUse, [{"file": f, "job": f.job, "role": 1, "job_param_name": "XYZIN"} for f in files])
    added(models.JobFloatValue, [{"job": job, "key": key, "value": int(job.number)} for job in jobs])
    added(models.JobCharValue, [{"job": job, "key": key, "value": job.number} for job in jobs])
    added(own.FileOrigin, [{"file": f, "parameter": "inputData.XYZIN", "recorded_at": MOMENT} for f in files])
    added(own.UseOrigin, [{"use": use, "parameter": "inputData.XYZIN"} for use in uses])
    added(own.ValueOrigin, [{"job": j, "key": "RFree", "kind": "float", "recorded_at": MOMENT} for j in jobs])
    added(own.PendingUse, [{"job": job, "file_uuid": uuid4(), "parameter": "inputData.HKLIN"} for job in jobs])
    added(
        own.RecordedValue, [{"job": job, "role": "parameter", "name": "P", "kind": "int", "text": "1"} for job in jobs]
    )
    added(own.JobProvenance, [{"job": job, "fingerprint": job.uuid.hex} for job in jobs])
    added(own.JobTag, [{"job": job, "tag": f"t{job.number}"} for job in jobs])
    added(own.JobAttempt, [{"job": j, "number": 1, "engine": "e", "submitted_at": MOMENT} for j in jobs])
    process = {"host": "h", "boot_id": "b", "pid_started_at": MOMENT, "heartbeat_at": MOMENT}
    added(own.JobOwner, [{"job": job, "pid": job.pk, "process": uuid4(), **process} for job in jobs])


@dataclass(frozen=True)
class Step:
    """A step of a plan: a table, the columns by which its rows are found, and the statement."""

    table: str
    columns: frozenset
    sql: str


def sqlite_steps(rows, sql):
    """Return the steps of ``EXPLAIN QUERY PLAN``, with the tables by the names that the statement gives them."""
    aliases = {alias: table for table, alias in re.findall(r'"(\w+)" (\w\d+)\b', sql)}
    for *_, detail in rows:
        found = re.match(r"(?:SCAN|SEARCH) (?:TABLE )?(\w+)(.*)", detail)
        if found and "AUTOMATIC" not in detail:
            name, how = found.groups()
            yield Step(aliases.get(name, name), frozenset(re.findall(r"(\w+)[=<>]", how)), sql)
        elif found:
            # The database would read all of the table for an index of its own.
            yield Step(aliases.get(found[1], found[1]), frozenset(), sql)


def postgresql_steps(node, sql):
    """Yield the steps of ``EXPLAIN (FORMAT JSON)``."""
    table = node.get("Relation Name")
    if table and "Scan" in node["Node Type"]:
        below = node.get("Plans", [])
        conditions = [one.get("Index Cond", "") for one in (node, *below)]
        yield Step(table, frozenset(re.findall(r"\(?(?:\w+\.)?(\w+) [=<>]", " ".join(conditions))), sql)
    for one in node.get("Plans", ()):
        yield from postgresql_steps(one, sql)


@contextmanager
def steps():
    """Collect the steps of the plan of every statement that is sent to a database."""
    from django.db.backends.utils import CursorWrapper

    seen, execute = [], CursorWrapper.execute

    def noted(self, sql, params=None):
        if sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            on_sqlite = self.db.vendor == "sqlite"
            if not on_sqlite:
                # It rightly prefers to read all of a table that is as small as the tables of a test.
                execute(self, "SET enable_seqscan = off")
            execute(self, f"EXPLAIN {'QUERY PLAN' if on_sqlite else '(FORMAT JSON)'} {sql}", params)
            rows = self.fetchall()
            seen.extend(sqlite_steps(rows, sql) if on_sqlite else postgresql_steps(rows[0][0][0]["Plan"], sql))
        return execute(self, sql, params)

    patch = pytest.MonkeyPatch()
    patch.setattr(CursorWrapper, "execute", noted)
    try:
        yield seen
    finally:
        patch.undo()


def growing(seen):
    """Return the steps that read all rows of a table, or all jobs of a project."""
    return sorted(
        {
            f"{step.table} by {', '.join(step.columns) or 'nothing'}: {step.sql}"
            for step in seen
            if step.table in GROWING and not step.columns - PER_PROJECT
        }
    )


def analyse():
    from django.db import connections

    if connections["default"].vendor == "postgresql":
        with connections["default"].cursor() as cursor:
            cursor.execute("ANALYZE")


@pytest.fixture
def large(plugin, project, rows):
    """A project with many jobs."""
    plugin.store().write(lambda: fill(project), create=True)
    rows(analyse)
    return project


def whole(job, **values):
    return outcome_of(
        job,
        started_at=MOMENT,
        kpis=(kpi("RFree", 0.25), kpi("spaceGroup", "P 1")),
        parameters=(ParameterValue(name="P", value=1),),
        results=(ResultValue(name="R", value=1),),
        **values,
    )


def life_of_jobs(plugin, project):
    """Run a pipeline with a sub-job that reads its import, a job that reads the same import, and jobs that wait."""
    job = opened(plugin, project)
    below = opened(plugin, project, parent=job, child_index=1)
    brought, made = imported(job, "model.pdb", "inputData.XYZIN"), gleaned(job)
    plugin.find_import(job, brought.md5, brought.file_type)
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    plugin.job_status(below, JobStatus.RUNNING, (), ())
    plugin.job_finished(below, whole(below, files=(gleaned(below),), uses=(use_of(brought),)))
    plugin.job_finished(job, whole(job, files=(made,), imported=(brought,)))
    # Again, with fewer rows, as after a run that was repeated.
    plugin.job_finished(job, whole(job, imported=(brought,)))
    reader = opened(plugin, project)
    plugin.find_import(reader, brought.md5, brought.file_type)
    plugin.job_status(reader, JobStatus.RUNNING, (use_of(brought),), ())
    plugin.job_finished(reader, whole(reader, uses=(use_of(brought),)))
    plugin.job_withdrawn(opened(plugin, project), False)
    waiting = plugin.open_job(request_for(project, owned=False))
    plugin.claim_job(waiting.uuid, False, None)
    plugin.job_status(waiting, JobStatus.RUNNING_REMOTELY, (), ())
    plugin.cancel_job(waiting.uuid)
    return brought, made


def record_heartbeat():
    from ccp4hooks_database.repository import owners

    owners.record_heartbeat()


def test_no_statement_of_a_job_reads_all_jobs(plugin, large):
    with steps() as seen:
        life_of_jobs(plugin, large)
        plugin.store().write(record_heartbeat)
    assert growing(seen) == []


def test_no_look_at_one_job_or_file_reads_all_jobs(plugin, large):
    brought, made = life_of_jobs(plugin, large)
    missing = large.directory / "CCP4_JOBS" / "job_3" / "job_1" / "no.pdb"
    with steps() as seen:
        for path in (brought.path, made.path, missing, large.directory / "no.pdb"):
            plugin.find_file(FileQuery(project=large, path=path))
        plugin.find_file(FileQuery(project=large, uuid=brought.uuid))
        plugin.find_file(FileQuery(project=large, job_number="5", parameter="XYZIN"))
        plugin.find_project(large.name, None)
        plugin.find_project(None, large.uuid)
        plugin.read_labels([large.uuid])
        plugin.read_outcomes(large, "5")
        plugin.find_unchanged(large, "no")
        plugin.find_attempts(large, "no")
        plugin.find_held(large)
        plugin.find_held(None)
    assert growing(seen) == []
