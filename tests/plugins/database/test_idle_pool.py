"""The pool of idle connections: reuse between the hooks of a job, forks, expiry, shutdown."""

import multiprocessing
import subprocess
import sys
import threading
import time

import psutil
import pytest
from plugins.database.helpers import opened, outcome_of, use

from ccp4hooks import JobStatus
from ccp4hooks_database.connection import pool
from ccp4hooks_database.connection.pool import POOL, IdlePool


@pytest.fixture(autouse=True)
def _without_snapshots(monkeypatch):
    """CCP4i2 3.1 reads the whole project for a snapshot after each job, in a thread and with statements of its own."""
    monkeypatch.setenv("CCP4I2_DISABLE_PROJECT_SNAPSHOT", "1")


class Connection:
    """Remembers whether it was closed; these tests look at who uses a connection, and when."""

    closed = False

    def close(self):
        self.closed = True


@pytest.fixture
def connections():
    """The connections that Django makes to a database, from an empty pool on."""
    from django.db.backends.signals import connection_created

    POOL.close()
    seen = []

    def note(connection, **_):
        if connection not in seen:
            seen.append(connection)

    connection_created.connect(note)
    yield seen
    connection_created.disconnect(note)
    POOL.close()


def test_all_hooks_of_a_job_use_one_connection(plugin, project, connections):
    job = opened(plugin, project)
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    plugin.find_import(job, "0" * 32, "chemical/x-pdb")
    plugin.job_finished(job, outcome_of(job))
    assert len(plugin.read_outcomes(project, None)) == 1
    assert len(connections) == 1


def test_a_closed_session_keeps_no_connection_and_no_process_and_others_keep_theirs(
    tmp_path, project, connections, monkeypatch
):
    monkeypatch.setattr(pool, "MAX_IDLE_S", 600.0)
    closing, other = (use(f"sqlite:///{tmp_path / name}", tmp_path) for name in ("one.sqlite3", "other.sqlite3"))
    for plugin in (closing, other):
        plugin.init_store()
        job = opened(plugin, project)
        plugin.job_status(job, JobStatus.RUNNING, (), ())
        plugin.job_finished(job, outcome_of(job))
    before = psutil.Process().children()
    open_before = [one for one in connections if one.connection]
    closing.close_session()
    left = [one for one in connections if one.connection]
    assert len(open_before) == 2
    assert ["other.sqlite3" in str(one.settings_dict["NAME"]) for one in left] == [True]
    assert len(before) - len(psutil.Process().children()) == 1
    assert opened(closing, project).number == "3"


@pytest.mark.postgresql
def test_a_connection_that_the_server_has_closed_is_replaced(server, tmp_path, project, connections):
    plugin = use(server.new(), tmp_path)
    plugin.init_store()
    opened(plugin, project)
    (idle,) = [connection for connection in connections if connection.connection]
    backend = idle.connection.info.backend_pid
    server.server.psql(f"SELECT pg_terminate_backend({backend});")
    assert opened(plugin, project).number == "2"
    assert idle.connection.info.backend_pid != backend


@pytest.mark.postgresql
def test_two_databases_in_one_process_have_connections_of_their_own(server, postgresql_template, tmp_path, project):
    first, second = (use(server.new(postgresql_template), tmp_path) for _ in range(2))
    for expected in ("1", "2"):
        assert [opened_number(plugin, project) for plugin in (first, second)] == [expected, expected]


def opened_number(plugin, project):
    from plugins.database.helpers import request_for

    return plugin.open_job(request_for(project)).number


def test_a_file_that_replaces_another_is_not_written_through_the_old_connection(sqlite_file, tmp_path, project):
    plugin = use(f"sqlite:///{sqlite_file}", tmp_path)
    empty = sqlite_file.read_bytes()
    opened(plugin, project)
    sqlite_file.rename(tmp_path / "old.sqlite3")
    old = (tmp_path / "old.sqlite3").read_bytes()
    sqlite_file.write_bytes(empty)
    assert opened(plugin, project).number == "2"
    assert (tmp_path / "old.sqlite3").read_bytes() == old
    assert sqlite_file.read_bytes() != empty


def _open_in_fork(plugin, project, numbers):
    numbers.put((opened(plugin, project).number, len(POOL.inherited)))


def test_a_forked_process_neither_uses_nor_closes_its_parents_connections(plugin, project, connections):
    context = multiprocessing.get_context("fork")
    numbers = context.Queue()
    opened(plugin, project)
    child = context.Process(target=_open_in_fork, args=(plugin, project, numbers))
    child.start()
    assert numbers.get(timeout=60) == ("2", 1)
    child.join()
    assert opened(plugin, project).number == "3"
    assert len(connections) == 1


def test_expired_connections_are_closed_and_the_oldest_one_if_the_pool_is_full(monkeypatch):
    monkeypatch.setattr(pool, "MAX_IDLE_S", 0.05)
    idle, made = IdlePool(), [Connection() for _ in range(pool.MAX_IDLE + 2)]
    for connection in made:
        idle.give("one", connection)
    assert [connection.closed for connection in made[:3]] == [True, True, False]
    deadline = time.monotonic() + 30
    while not all(connection.closed for connection in made) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(connection.closed for connection in made)
    again = Connection()
    idle.give("one", again)
    assert idle.take("other") is None
    assert idle.take("one") is again
    assert idle.take("one") is None


@pytest.mark.postgresql
def test_a_process_that_only_waits_occupies_no_connection(server, tmp_path, project, monkeypatch):
    monkeypatch.setattr(pool, "MAX_IDLE_S", 0.1)
    url = server.new()
    plugin = use(url, tmp_path)
    plugin.init_store()
    opened(plugin, project)
    assert until_disconnected(server, url)


@pytest.mark.postgresql
def test_the_end_of_the_interpreter_closes_the_connections(server, postgresql_template, tmp_path):
    url = server.new(postgresql_template)
    script = (
        "import sys; from pathlib import Path; from ccp4hooks import Settings\n"
        "from ccp4hooks_database import DatabasePlugin\n"
        "plugin = DatabasePlugin(); plugin.configure(Settings(projects_dir=Path('/'), database=sys.argv[1]))\n"
        "plugin.list_projects()\n"
    )
    command = [sys.executable, "-W", "error", "-c", script, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert until_disconnected(server, url)


def until_disconnected(server, url):
    """Wait until the server has no connection to a database, and return whether that happened."""
    import psycopg

    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    deadline = time.monotonic() + 30
    with psycopg.connect(server.url("postgres"), autocommit=True) as observer:
        while observer.execute(query, [server.name_of(url)]).fetchone()[0]:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
    return True


def test_an_interpreter_that_is_shutting_down_keeps_no_connection(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    idle, connection = IdlePool(), Connection()
    idle.give("one", connection)
    assert connection.closed
    assert idle.take("one") is None
