"""The file by which a machine without the database begins an attempt, whatever somebody has made of it."""

import json
import os
import time
from datetime import datetime, timedelta, timezone
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest

from ccp4hooks.outcomes import attempt_files

VALID = {"host": "node1", "pid": 4711, "began_at": "2026-01-02T03:04:05+00:00"}


@pytest.fixture
def job(tmp_path):
    return SimpleNamespace(directory=tmp_path)


@pytest.fixture
def path(job):
    found = attempt_files.directory_of(job, 1) / attempt_files.BEGAN
    found.parent.mkdir(parents=True)
    return found


def test_one_of_many_begins(job):
    barrier, found = Barrier(8), []

    def begin(host):
        barrier.wait()
        found.append(attempt_files.begin(job, 1, host))

    threads = [Thread(target=begin, args=(f"node{number}",)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == [False] * 7 + [True]
    assert attempt_files.read(job, 1).host.startswith("node")
    assert [one.name for one in attempt_files.directory_of(job, 1).iterdir()] == [attempt_files.BEGAN]


def test_what_was_withdrawn_once_is_withdrawn_for_all(job):
    assert attempt_files.withdraw(job, 1)
    assert attempt_files.withdraw(job, 1)
    assert not attempt_files.begin(job, 1, "node1")


def test_what_has_begun_is_not_withdrawn(job):
    assert attempt_files.begin(job, 1, "node1")
    assert not attempt_files.withdraw(job, 1)


def test_nothing_has_begun_on_a_full_disk(job, path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        attempt_files.begin(job, 1, "node1")
    monkeypatch.undo()
    assert [*path.parent.iterdir()] == []
    assert attempt_files.begin(job, 1, "node2")


def made(path, kind):
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("nowhere")
    else:
        path.write_text(kind if isinstance(kind, str) else json.dumps(kind))


ODD = [
    "",
    "{",
    "[" * 5000,
    " " * 20_000,
    "null",
    {**VALID, "pid": 10**30},
    {**VALID, "pid": True},
    {**VALID, "host": "\ud800"},
    {**VALID, "host": "a" * 300},
    {**VALID, "host": "a\nb"},
    {**VALID, "began_at": "2026-01-02T03:04:05"},
    {"host": "node1"},
    "pipe",
    "directory",
    "link",
]


@pytest.mark.parametrize("kind", ODD, ids=[str(number) for number in range(len(ODD))])
def test_an_odd_file_has_begun_nothing_and_counts_as_withdrawn_when_it_is_not_new(job, path, kind):
    made(path, kind)
    assert attempt_files.read(job, 1) is None
    assert not attempt_files.withdraw(job, 1)
    long_ago = time.time() - 60
    os.utime(path, (long_ago, long_ago), follow_symlinks=False)
    assert attempt_files.withdraw(job, 1)


def test_a_time_in_the_future_is_no_sign_of_life(job, path):
    made(path, VALID)
    later = (datetime.now(timezone.utc) + timedelta(days=1000)).timestamp()
    os.utime(path, (later, later))
    assert attempt_files.read(job, 1).silent_s > 1e6
