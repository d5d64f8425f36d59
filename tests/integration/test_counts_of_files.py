"""The number of system calls per file is constant. Counts are reproducible, unlike times."""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from integration.bench_job import bench_session, fill

from ccp4hooks import make_script
from ccp4hooks_database import AsyncDatabaseHandler

LOOKS_AT_OUTPUT = 6
"""Calls per output file: exists, is a link, size. CCP4i2 adds calls when it detects the format."""

LOOKS_AT_SOURCE = 4
"""Calls per source of an import: exists (ccp4hooks and CCP4i2), is a link."""

LOOKS_AT_COPY = 1
"""Calls per copy: is a link."""

LOOKS_PER_IMPORT = 17
"""Calls for all imports together, in the directories of the sources, the import directory and the database."""


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    return bench_session(tmp_path)


@pytest.fixture
def handler(session):
    return AsyncDatabaseHandler(session.project("p").uuid, session=session)


class Looks:
    """Counts the stat and open calls per path."""

    watching = None

    def __init__(self):
        self.asked, self.opened = Counter(), Counter()

    def __enter__(self):
        self.patch = pytest.MonkeyPatch()
        for name in ("stat", "lstat", "readlink"):
            self.patch.setattr(os, name, self.counted(getattr(os, name)))
        Looks.watching = self
        return self

    def __exit__(self, *_):
        Looks.watching = None
        self.patch.undo()

    def counted(self, original):
        def call(path, *arguments, **options):
            if not isinstance(path, int):
                self.asked[os.fsdecode(path)] += 1
            return original(path, *arguments, **options)

        return call

    def most(self, folder):
        """Return the maximum number of stat calls and of open calls for any file in a directory."""
        return tuple(
            max((count for path, count in counts.items() if Path(path).parent == folder), default=0)
            for counts in (self.asked, self.opened)
        )


def noted(event, arguments):
    if Looks.watching and event == "open" and isinstance(arguments[0], (str, bytes)):
        Looks.watching.opened[os.fsdecode(arguments[0])] += 1


sys.addaudithook(noted)


def gleaned(session, count):
    job = session.open_job("bench_task", project="p")
    script = make_script("bench_task")
    fill(script.container.outputData.OUT_LIST, job.directory, count)
    with Looks() as looks:
        found = session.glean_files(job, script)
    assert len(found.files) == count
    return looks, job.directory


def brought_in(handler, tmp_path, count):
    job = handler.create_job_sync("bench_task")
    script = make_script("bench_task")
    sources = tmp_path / f"sources{count}"
    fill(script.container.inputData.XYZ_LIST, sources, count)
    with Looks() as looks:
        assert handler.bring_in_sync(job.uuid, script) == count
    return looks, sources, handler.session.project("p").imports_directory


def test_the_system_calls_per_output_file_are_constant(session):
    looks, folder = gleaned(session, 20)
    asked, opened = looks.most(folder)
    assert asked <= LOOKS_AT_OUTPUT
    # CCP4i2 reads the start of a model to detect its format.
    assert opened <= 1


def test_directories_are_not_resolved_again_for_each_file(session):
    few, many = (gleaned(session, count)[0] for count in (10, 30))
    per_file = (many.asked.total() - few.asked.total()) / 20
    assert per_file <= LOOKS_AT_OUTPUT


def test_a_source_and_its_copy_are_opened_once_and_the_system_calls_are_constant(handler, tmp_path):
    looks, sources, imports = brought_in(handler, tmp_path, 20)
    asked, opened = looks.most(sources)
    assert (asked <= LOOKS_AT_SOURCE, opened) == (True, 1)
    asked, opened = looks.most(imports)
    assert (asked <= LOOKS_AT_COPY, opened) == (True, 1)


def test_system_calls_are_not_repeated_for_each_import(handler, tmp_path):
    few, many = (brought_in(handler, tmp_path, count)[0] for count in (10, 30))
    assert (many.asked.total() - few.asked.total()) / 20 <= LOOKS_PER_IMPORT


def test_directory_entries_of_imports_are_flushed_once_before_they_are_recorded(handler, tmp_path, monkeypatch):
    flushed, original = [], os.fsync

    def noted_flush(descriptor):
        flushed.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", noted_flush)
    imports = str(brought_in(handler, tmp_path, 20)[2])
    assert flushed[-1] == imports
    assert flushed.count(imports) == 1
    assert len(flushed) == 21
