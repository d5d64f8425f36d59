"""Deleting jobs by recorded outcome files: what is asked for, and who has an import afterwards."""

import os
import sys
from collections import Counter
from dataclasses import replace

import pytest
from unit.reports.samples import recorded
from unit.samples import make_settings

from ccp4hooks import BadInputError, open_session
from ccp4hooks.store import FileUse
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


@pytest.mark.parametrize("uses", [False, True], ids=["reused import", "use"])
def test_without_a_database_the_first_reader_gets_the_import_and_gives_it_back(tmp_path, monkeypatch, uses):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    folder = tmp_path / "projects/demo"
    (native,) = recorded(folder, "1", imports=["native.mtz"]).imported
    native.path.parent.mkdir()
    native.path.touch()
    fields = {"uses": (FileUse(file_uuid=native.uuid, parameter="inputData.HKLIN_2", path=native.path),)}
    for number in "23":
        recorded(folder, number, **(fields if uses else {"imported": (replace(native, reused=True),)}))
    made = session_of(folder)
    before = made.outcomes("demo")
    made.delete("demo", "1")
    own = replace(native, parameter="inputData.HKLIN_2") if uses else native
    second, third = made.outcomes("demo")
    assert (second.imported, second.uses, third) == ((own,), (), before[2])
    # The last job that reads the import takes it into the trash.
    made.delete("demo", "2")
    made.delete("demo", "3")
    assert not native.path.exists()
    assert made.restore("demo", "1", "2", "3").problems == ()
    assert made.outcomes("demo") == before
    assert native.path.exists()
