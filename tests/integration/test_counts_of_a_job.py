"""What one tracked job costs: 10 files in, 10 out, 20 KPIs. Counts are reproducible, unlike times.

The first job of a session is not counted: it connects to the database and imports modules.
"""

import asyncio
import os
from collections import Counter

import pytest
from django.db.backends.utils import CursorWrapper
from integration.bench_job import bench_session, fill

from ccp4hooks import make_script
from ccp4hooks_database import AsyncDatabaseHandler

FILES = 10

STATEMENTS = 39
"""Three transactions, each with its begin; ten of the statements look for imports of the same content."""

FLUSHES = FILES + 3
"""Each import before it gets its name; their directory; the outcome file and its directory.

SQLite flushes by itself, four times for each transaction.
"""

LOOKS = 295
"""Calls that ask for the status of a file or resolve a link; about seven for each file."""

LOOKING = ("stat", "lstat", "readlink", "access")


@pytest.fixture
def handler(tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CCP4I2_DISABLE_PROJECT_SNAPSHOT", "1")
    session = bench_session(tmp_path)
    return AsyncDatabaseHandler(session.project("p").uuid, session=session)


@pytest.fixture
def counts(monkeypatch):
    """Counts the calls while it is switched on."""
    found = Counter()
    found.on = False

    def counted(owner, name, what):
        original = getattr(owner, name)

        def call(*arguments, **options):
            found[what] += found.on
            return original(*arguments, **options)

        monkeypatch.setattr(owner, name, call)

    counted(CursorWrapper, "execute", "statements")
    counted(os, "fsync", "flushes")
    for name in LOOKING:
        counted(os, name, "looks")
    return found


def track(handler, folder, counts):
    script = make_script("bench_task")
    fill(script.container.inputData.XYZ_LIST, folder, FILES)
    script.container.controlParameters.KPIS.set(20)

    async def body():
        counts.on = True
        async with handler.track_job(script):
            counts.on = False
            fill(script.container.outputData.OUT_LIST, script.workDirectory, FILES)
            counts.on = True
        counts.on = False

    asyncio.run(body())


def test_a_tracked_job_takes_so_many_statements_flushes_and_looks_at_files(handler, tmp_path, counts):
    for name in ("first", "second"):
        counts.clear()
        track(handler, tmp_path / name, counts)
    assert counts["statements"] <= STATEMENTS
    assert counts["flushes"] == FLUSHES
    assert counts["looks"] <= LOOKS, counts["looks"]
    (job,) = handler.session.outcomes(handler.session.project("p"), "3")
    assert (len(job.imported), len(job.files), len(job.kpis)) == (FILES, FILES, 20)
