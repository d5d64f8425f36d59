"""Watching the jobs of a project that wait or run, and those that end meanwhile."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from unit.samples import make_settings

from ccp4hooks import BadInputError, JobStatus, ProgramProgress, hookimpl, open_session
from ccp4hooks.queries.watching import changed
from ccp4hooks.testing import MemoryDatabase

REFMAC = "<REFMAC><Cycle><number>{}</number><r_factor>0.25</r_factor></Cycle></REFMAC>"


@pytest.fixture
def database():
    return MemoryDatabase()


@pytest.fixture
def session(tmp_path, database):
    return open_session(make_settings(tmp_path / "projects"), extra={"memory": database})


def start(session, database, parent=None):
    job = session.open_job("coordinate_selector", project="toxd", parent=parent)
    database.claim_job(job.uuid, False)
    return job


def end(database, job, status=JobStatus.FINISHED):
    (known, *_) = database.read_outcomes(job.project, job.number)
    database.job_finished(job, replace(known, status=status, finished_at=datetime.now(timezone.utc)))


def seen(watch):
    return {state.outcome.job.number: state.outcome.status.name for state in watch.read()}


def test_jobs_are_shown_from_their_opening_to_their_end(session, database):
    end(database, start(session, database))
    watch = session.watch("toxd")
    assert seen(watch) == {}
    waiting = session.open_job("coordinate_selector", project="toxd")
    running = start(session, database)
    assert seen(watch) == {"2": "PENDING", "3": "RUNNING"}
    end(database, running, JobStatus.FAILED)
    database.job_withdrawn(waiting)
    assert seen(watch) == {"3": "FAILED"}
    assert seen(watch) == {"3": "FAILED"}


def test_a_job_that_was_neither_seen_waiting_nor_running_is_shown(session, database):
    session.open_job("coordinate_selector", project="toxd")
    watch = session.watch("toxd")
    end(database, start(session, database))
    assert seen(watch) == {"1": "PENDING", "2": "FINISHED"}


def test_the_sub_jobs_of_a_running_job_are_shown_although_they_ended_before(session, database):
    parent = start(session, database)
    end(database, start(session, database, parent))
    start(session, database, parent)
    watch = session.watch("toxd")
    assert seen(watch) == {"1": "RUNNING", "1.1": "FINISHED", "1.2": "RUNNING"}
    end(database, parent)
    assert seen(watch) == {"1": "FINISHED", "1.1": "FINISHED", "1.2": "RUNNING"}


def test_only_what_has_changed_is_reported_again(session, database):
    first, second = start(session, database), start(session, database)
    watch = session.watch("toxd")
    before = watch.read()
    assert changed((), before) == list(before)
    (first.directory / "program.xml").write_text(REFMAC.format(1))
    (state,) = changed(before, now := watch.read())
    assert (state.outcome.job, state.progress) == (first, ProgramProgress(cycle=1, values={"RFactor": 0.25}))
    assert changed(now, watch.read()) == []
    end(database, second)
    assert [one.outcome.job for one in changed(now, watch.read())] == [second]


def test_hook_read_active(open_with, tmp_path):
    seen = []

    class Quick(MemoryDatabase):
        @hookimpl
        def read_active(self, project, since):
            seen.append((project.name, since <= datetime.now(timezone.utc)))
            return [one for one in self.read_outcomes(project, None) if one.status is JobStatus.RUNNING]

    database = Quick()
    session = open_with(quick=database)
    session.open_job("coordinate_selector", project="toxd")
    start(session, database)
    assert [state.outcome.job.number for state in session.watch("toxd").read()] == ["2"]
    assert seen == [("toxd", True)]


def test_without_a_database_there_is_nothing_to_watch(open_with, tmp_path):
    (tmp_path / "projects" / "toxd" / "CCP4_JOBS").mkdir(parents=True)
    with pytest.raises(BadInputError, match="No plugin records jobs in a database"):
        open_with().watch("toxd")
