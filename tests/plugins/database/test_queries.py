"""Queries in SQL find the same jobs, in the same order, as the query itself finds among all jobs in memory."""

import random
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from plugins.database.helpers import MOMENT, kpi, opened, outcome_of, request_for

from ccp4hooks import JobStatus, JobSummary, KpiCondition, Project
from ccp4hooks.model.queries import ORDERS
from ccp4hooks.store import JobQuery, LabelChange

TASKS = ("freerflag", "servalcat", "coot")
ENDS = (JobStatus.FINISHED, JobStatus.FAILED, JobStatus.UNSATISFACTORY)


def fill(plugin, project, number=12):
    """Record jobs with random values and return what a query of all jobs should return, oldest first."""
    chance = random.Random(project.name)  # noqa: S311 - not a secret
    made = []
    for index in range(number):
        parent = made[-1].job if index % 4 == 3 else None
        values = {"task": chance.choice(TASKS), "title": f"title {chance.randrange(5)}", "parent": parent}
        at = MOMENT + timedelta(minutes=index)
        job = opened(plugin, project, created_at=at, started_at=at + timedelta(seconds=1), **values)
        kpis = [kpi("RFree", round(chance.random(), 1)), kpi("cycles", chance.randrange(3), unit="1")]
        kpis += [kpi("group", chance.choice(["P 1", "C 2"])), kpi("ok", chance.random() < 0.5)]
        kpis = tuple(chance.sample(kpis, chance.randrange(5)))
        seconds = chance.randrange(100)
        outcome = outcome_of(
            job,
            status=chance.choice(ENDS),
            created_at=at,
            started_at=at + timedelta(seconds=1),
            finished_at=at + timedelta(seconds=2 + seconds),
            kpis=kpis,
        )
        plugin.job_finished(job, outcome)
        tags = tuple(sorted(chance.sample(["best", "old", "a b"], chance.randrange(4))))
        labels = plugin.change_labels(job, LabelChange(note=f"note {index}", add_tags=tags))
        summary = JobSummary(
            job=job,
            status=outcome.status,
            created_at=at,
            started_at=outcome.started_at,
            finished_at=outcome.finished_at,
            note=labels.note,
            tags=tags,
            kpis=kpis,
        )
        made.append(summary)
    waiting = plugin.open_job(request_for(project, owned=False, created_at=MOMENT + timedelta(hours=9)))
    return [*made, JobSummary(job=waiting, status=JobStatus.PENDING, created_at=MOMENT + timedelta(hours=9))]


def in_order(rows):
    """The jobs, with their KPIs by key and without descriptions: CCP4i2 describes some keys, and has two tables."""

    def plain(row):
        return tuple(replace(one, description="") for one in sorted(row.kpis, key=lambda one: one.key))

    return [replace(row, kpis=plain(row)) for row in rows]


def conditions(*texts):
    return tuple(KpiCondition(key=key, operator=sign, value=value) for key, sign, value in texts)


QUERIES = [
    {},
    {"limit": 3},
    {"limit": 0},
    {"descending": False, "sub_jobs": False},
    {"statuses": (JobStatus.FAILED, JobStatus.PENDING)},
    {"statuses": (JobStatus.QUEUED,)},
    {"tasks": ("coot", "servalcat")},
    {"since": MOMENT + timedelta(minutes=5)},
    {"tags": ("best",)},
    {"tags": ("best", "a b")},
    {"tags": ("none",)},
    {"keys": ("RFree", "none")},
    {"keys": ("ok",), "only_with_kpis": True},
    {"only_with_kpis": True, "keys": None},
    {"only_with_kpis": True, "keys": ()},
    *({"conditions": conditions(("RFree", sign, 0.5))} for sign in ("<", "<=", ">", ">=", "=", "==", "!=")),
    {"conditions": conditions(("RFree", "<", 0.7), ("cycles", ">", 0))},
    {"conditions": conditions(("ok", "=", True))},
    {"conditions": conditions(("ok", "!=", True))},
    {"conditions": conditions(("group", "=", "P 1"))},
    {"conditions": conditions(("group", "!=", "P 1"))},
    {"conditions": conditions(("RFree", "=", "0.5"))},
    {"conditions": conditions(("group", "<", 3.0))},
    {"conditions": conditions(("RFree", "<", 0.9)), "tags": ("old",), "tasks": ("coot",), "limit": 2},
    *({"order": order, "descending": down} for order in ("created", "finished", "duration") for down in (True, False)),
    {"order": "RFree"},
    {"order": "RFree", "descending": False, "limit": 4},
    {"order": "group"},
    {"order": "none"},
]


@pytest.mark.parametrize("few", [2000, 1])
def test_every_query_finds_what_it_asks_for(plugin, project, tmp_path, monkeypatch, few):
    plugin.list_projects()
    from ccp4hooks_database.repository import queries

    monkeypatch.setattr(queries, "FEW", few)
    other = Project(name="other", directory=tmp_path / "other", uuid=uuid4())
    mine, others = fill(plugin, project), fill(plugin, other)
    for given in QUERIES:
        query = JobQuery(project=project, **given)
        expected = query.select(mine)
        found = plugin.query_jobs(query)
        if query.order in ("RFree", "group", "duration", "finished"):
            # Jobs with equal values may be in any order.
            value = ORDERS.get(query.order, lambda row, key=query.order: row.kpi_values.get(key))
            assert [value(one) for one in found] == [value(one) for one in expected], given
        else:
            assert [one.job.number for one in found] == [one.job.number for one in expected], given
            assert in_order(found) == in_order(expected), given
    every = plugin.query_jobs(JobQuery(project=None, descending=False))
    assert sorted(one.job.uuid for one in every) == sorted(one.job.uuid for one in (*mine, *others))


def test_the_sub_jobs_of_jobs_are_found(plugin, project):
    made = fill(plugin, project)
    parents = tuple(one.job.uuid for one in made)
    found = plugin.query_jobs(JobQuery(project=project, parents=parents, descending=False))
    assert in_order(found) == in_order(one for one in made if one.job.number.is_sub_job)
    assert plugin.query_jobs(JobQuery(project=project, parents=())) == []


def test_an_unknown_project_is_left_to_others(plugin, project):
    plugin.list_projects()
    assert plugin.query_jobs(JobQuery(project=project)) is None


def test_a_status_of_a_later_version_is_unknown(plugin, project, rows):
    from ccp4i2.db.models import Job

    opened(plugin, project)
    rows(lambda: Job.objects.update(status=99))
    (found,) = plugin.query_jobs(JobQuery(project=project))
    assert found.status is JobStatus.UNKNOWN


def test_a_page_needs_the_same_statements_for_any_number_of_jobs(plugin, project, rows):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from ccp4hooks_database.repository import queries

    def counted():
        with CaptureQueriesContext(connection) as captured:
            queries.query_jobs(JobQuery(project=project, tags=("best",), limit=10))
        return len(captured)

    fill(plugin, project, 4)
    first = rows(counted)
    fill(plugin, project, 30)
    assert rows(counted) == first < 9
