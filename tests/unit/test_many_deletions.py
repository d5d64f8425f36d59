"""The deletion of many jobs asks the database once, and reads each outcome file once."""

import os
import sys
from collections import Counter

import pytest
from unit.reports.samples import recorded
from unit.samples import make_settings

from ccp4hooks import BadInputError, open_session
from ccp4hooks.testing.memory_database import MemoryDatabase

JOBS = 6


class Opened:
    """Counts how often each outcome file is opened; an audit hook cannot be removed, so there is one for all tests."""

    counts = None

    @classmethod
    def watch(cls, event, arguments):
        if event == "open" and cls.counts is not None and not isinstance(arguments[0], int):
            path = os.fsdecode(arguments[0] or "")
            if path.endswith("ccp4hooks_outcome.json"):
                cls.counts[path] += 1


sys.addaudithook(Opened.watch)


@pytest.fixture
def opened():
    Opened.counts = Counter()
    yield Opened.counts
    Opened.counts = None


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The directory of a project of jobs that nobody needs."""
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    for number in range(1, JOBS + 1):
        recorded(tmp_path / "projects/demo", str(number))
    return tmp_path / "projects/demo"


def session_of(folder, *, trace=None, **plugins):
    return open_session(make_settings(folder.parent), extra=plugins, trace=trace)


def test_the_database_is_asked_for_its_jobs_once_for_all_deletions(folder):
    lines = []
    made = session_of(folder, trace=lines.append, memory=MemoryDatabase())
    made.replay("demo")
    lines.clear()
    assert len(made.delete("demo", *map(str, range(1, JOBS)))) == JOBS - 1
    assert sum("query_jobs -> memory" in line for line in lines) == 1


def test_a_job_that_appears_after_the_plan_was_made_is_seen(folder):
    def appear(line):
        if "delete_job <-" in line and not (folder / "CCP4_JOBS/job_7").exists():
            recorded(folder, "7", reads=["1"])

    made = session_of(folder, trace=appear, memory=MemoryDatabase())
    made.replay("demo")
    with pytest.raises(BadInputError, match="Job 1 is not deleted: job 7, which is not recorded"):
        made.delete("demo", "1", "2")
    assert [one.number for one in made.trash("demo")] == ["2"]


def test_without_a_database_each_outcome_file_is_read_once_for_all_deletions(folder, opened):
    made = session_of(folder)
    assert len(made.delete("demo", *map(str, range(1, JOBS)))) == JOBS - 1
    assert opened[str(folder / f"CCP4_JOBS/job_{JOBS}/ccp4hooks_outcome.json")] == 1
