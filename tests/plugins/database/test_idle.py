"""Connections that are kept between the hooks of a job."""

import multiprocessing
import threading
import time

import pytest
from plugins.database.helpers import opened, outcome_of, use

from ccp4hooks import JobStatus
from ccp4hooks_database.connection import django_setup, pool
from ccp4hooks_database.connection.pool import IDLE, Idle


class Connection:
    """Notes whether it was closed; what is looked at here is who has it and when."""

    closed = False

    def close(self):
        self.closed = True


@pytest.fixture
def made(monkeypatch):
    """The connections that are opened."""
    IDLE.close()
    seen, new = [], django_setup._new

    def noted(target, file):
        seen.append(new(target, file))
        return seen[-1]

    monkeypatch.setattr(django_setup, "_new", noted)
    yield seen
    IDLE.close()


def test_a_whole_job_takes_one_connection(plugin, project, made):
    job = opened(plugin, project)
    plugin.job_status(job, JobStatus.RUNNING)
    plugin.find_import(job, "0" * 32, "chemical/x-pdb")
    plugin.job_finished(job, outcome_of(job))
    assert len(plugin.read_outcomes(project, None)) == 1
    assert len(made) == 1


@pytest.mark.postgresql
def test_one_that_the_server_has_closed_is_replaced(server, tmp_path, project, made):
    plugin = use(server.new(), tmp_path)
    plugin.init_store()
    opened(plugin, project)
    (kept,) = [connection for connection in made if connection.connection]
    backend = kept.connection.info.backend_pid
    server.server.psql(f"SELECT pg_terminate_backend({backend});")
    assert opened(plugin, project).number == "2"
    assert kept.connection.info.backend_pid != backend


def test_a_file_that_takes_the_place_of_another_is_not_written_through_the_old_connection(
    sqlite_file, tmp_path, project
):
    plugin = use(f"sqlite:///{sqlite_file}", tmp_path)
    empty = sqlite_file.read_bytes()
    opened(plugin, project)
    sqlite_file.rename(tmp_path / "old.sqlite3")
    old = (tmp_path / "old.sqlite3").read_bytes()
    sqlite_file.write_bytes(empty)
    assert opened(plugin, project).number == "2"
    assert (tmp_path / "old.sqlite3").read_bytes() == old
    assert sqlite_file.read_bytes() != empty


def _in_fork(plugin, project, numbers):
    numbers.put((opened(plugin, project).number, len(IDLE.inherited)))


def test_a_fork_uses_and_closes_none_of_its_parents(plugin, project, made):
    context = multiprocessing.get_context("fork")
    numbers = context.Queue()
    opened(plugin, project)
    child = context.Process(target=_in_fork, args=(plugin, project, numbers))
    child.start()
    assert numbers.get(timeout=60) == ("2", 1)
    child.join()
    assert opened(plugin, project).number == "3"
    assert len(made) == 1


def test_what_nobody_uses_is_closed_soon_and_the_oldest_if_there_are_many(monkeypatch):
    monkeypatch.setattr(pool, "KEPT_S", 0.05)
    kept, connections = Idle(), [Connection() for _ in range(pool.MOST + 2)]
    for connection in connections:
        kept.give("one", connection)
    assert [connection.closed for connection in connections[:3]] == [True, True, False]
    deadline = time.monotonic() + 30
    while not all(connection.closed for connection in connections) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(connection.closed for connection in connections)
    again = Connection()
    kept.give("one", again)
    assert kept.take("other") is None
    assert kept.take("one") is again
    assert kept.take("one") is None


def test_an_interpreter_that_is_about_to_end_keeps_none(monkeypatch):
    def refused(self):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refused)
    kept, connection = Idle(), Connection()
    kept.give("one", connection)
    assert connection.closed
    assert kept.take("one") is None
