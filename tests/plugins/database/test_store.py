"""Missing, old, new, locked, damaged and unreachable databases."""

import doctest
import os
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest
from plugins.database.helpers import gleaned, opened, outcome_of, request_for, use

from ccp4hooks import JobStatus, StoreError, StoreUnavailableError
from ccp4hooks.store import FileQuery
from ccp4hooks_database import versions
from ccp4hooks_database.connection import file_lock
from ccp4hooks_database.connection import url as connection_url
from ccp4hooks_database.repository import columns


def read_all(plugin, project):
    from ccp4hooks import Job

    job = Job(uuid=uuid4(), number="1", task="t", title="", project=project, directory=project.directory)
    return [
        plugin.list_projects(),
        plugin.find_project("toxd", None),
        plugin.read_outcomes(project, None),
        plugin.find_file(FileQuery(project=project, uuid=uuid4())),
        plugin.find_import(job, "0" * 32, "chemical/x-pdb"),
    ]


def test_reading_a_missing_database_returns_none_and_creates_nothing(empty_url, tmp_path, project):
    assert read_all(use(empty_url, tmp_path), project) == [None] * 5
    assert list(tmp_path.iterdir()) == []


def test_reading_changes_neither_the_database_file_nor_its_directory(sqlite_file, tmp_path, project):
    plugin = use(f"sqlite:///{sqlite_file}", tmp_path)
    job = opened(plugin, project)
    plugin.job_finished(job, outcome_of(job, files=(gleaned(job),)))
    before = sqlite_file.read_bytes(), sqlite_file.stat().st_mtime_ns, sorted(tmp_path.iterdir())
    assert read_all(plugin, project)[1] == project
    assert (sqlite_file.read_bytes(), sqlite_file.stat().st_mtime_ns, sorted(tmp_path.iterdir())) == before


def test_the_first_job_creates_the_tables_in_an_empty_file(tmp_path, project):
    (tmp_path / "db.sqlite3").touch()
    plugin = use(f"sqlite:///{tmp_path / 'db.sqlite3'}", tmp_path)
    assert plugin.list_projects() is None
    assert plugin.open_job(request_for(project)).number == "1"


def test_init_creates_a_database_once(empty_url, tmp_path):
    plugin = use(empty_url, tmp_path)
    assert "Created" in plugin.init_store()[0]
    assert "up to date" in plugin.init_store()[0]
    assert plugin.list_projects() == []


def test_a_database_made_by_ccp4i2_alone_is_upgraded_by_init_only_after_a_backup(plugin, project, rows, url, tmp_path):
    from django.db import connection

    from ccp4hooks_database import models as own

    plugin.open_job(request_for(project))

    def strip():
        with connection.cursor() as cursor:
            sides = (own.FileOrigin, own.ValueOrigin, own.UseOrigin, own.PendingUse, own.JobOwner)
            for model in (*sides, own.RecordedValue, own.JobProvenance, own.JobTag, own.JobAttempt):
                cursor.execute(f"DROP TABLE {model._meta.db_table}")
            cursor.execute("DELETE FROM django_migrations WHERE app = 'ccp4hooks'")

    rows(strip)
    plugin = use(url, project.directory)
    for attempt in (lambda: plugin.open_job(request_for(project)), plugin.list_projects):
        with pytest.raises(StoreError, match="Run `ccp4hooks init` once"):
            attempt()
    number = len(list(Path(own.__file__).parent.glob("migrations/0*.py")))
    done, backup, *_ = plugin.init_store()
    assert f"{number} migrations applied" in done
    assert plugin.open_job(request_for(project)).number == "2"
    if url.startswith("postgresql"):
        assert backup == "No backup was made of this database. Before an upgrade, make one with `pg_dump`."
        return
    path = Path(backup.removeprefix("The backup from before the upgrade is ").removesuffix("."))
    assert path.parent == tmp_path
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "db.sqlite3").stat().st_mode)
    with pytest.raises(StoreError, match="Run `ccp4hooks init` once"):
        use(f"sqlite:///{path}", project.directory).list_projects()
    with closing(sqlite3.connect(path)) as backed_up:
        assert backed_up.execute("SELECT count(*) FROM ccp4i2_job").fetchone() == (1,)


def test_a_database_that_cannot_be_backed_up_is_not_upgraded(sqlite_file, tmp_path, monkeypatch):
    with closing(sqlite3.connect(sqlite_file)) as connection, connection:
        connection.execute("DROP TABLE ccp4hooks_jobtag")
        connection.execute("DELETE FROM django_migrations WHERE app = 'ccp4hooks' AND name LIKE '%job_tags'")
    before = sqlite_file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match=r"cannot be backed up \(No space left on device\), so it was not upgraded"):
        use(f"sqlite:///{sqlite_file}", tmp_path).init_store()
    assert sqlite_file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "before" in path.name] == []


def test_a_database_of_a_newer_version_is_rejected_for_reading_writing_and_init(plugin, project, rows, url):
    from django.db import connection

    sql = "INSERT INTO django_migrations (app, name, applied) VALUES ('ccp4i2', '0099_later', CURRENT_TIMESTAMP)"
    rows(lambda: connection.cursor().execute(sql))
    plugin = use(url, project.directory)
    for attempt in (lambda: plugin.open_job(request_for(project)), plugin.list_projects, plugin.init_store):
        with pytest.raises(StoreError, match=r"newer version than CCP4i2 .*\(ccp4i2.0099_later\)\. Nothing was"):
            attempt()


def test_a_statement_that_an_upgraded_database_rejects_is_reported_as_the_upgrade(plugin, rows):
    from ccp4i2.db.models import FileType
    from django.db import connection

    later = "INSERT INTO django_migrations (app, name, applied) VALUES ('ccp4i2', '0099_later', CURRENT_TIMESTAMP)"

    def rejected():
        FileType.objects.create(name="a type", description="")
        FileType.objects.create(name="another", description=None)

    def write():
        return plugin.store().write(rejected)

    with pytest.raises(StoreError, match="rejected a statement"):
        write()
    rows(lambda: connection.cursor().execute(later))
    with pytest.raises(StoreError, match="was upgraded while this process ran, which has loaded CCP4i2 "):
        write()
    assert rows(FileType.objects.filter(name="a type").count) == 0


def test_a_database_of_another_program_is_not_touched(tmp_path, project):
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE shopping (item TEXT)")
    connection.close()
    before = path.read_bytes()
    plugin = use(f"sqlite:///{path}", tmp_path)
    for attempt in (lambda: plugin.open_job(request_for(project)), plugin.list_projects, plugin.init_store):
        with pytest.raises(StoreError, match="tables of another program"):
            attempt()
    assert path.read_bytes() == before


def test_a_file_that_is_not_a_database_is_reported(tmp_path, project):
    (tmp_path / "notes.txt").write_text("no database\n" * 100)
    with pytest.raises(StoreError, match="is not a SQLite database"):
        use(f"sqlite:///{tmp_path / 'notes.txt'}", tmp_path).list_projects()


def test_a_locked_database_is_reported_after_a_wait(sqlite_file, tmp_path, project):
    plugin = use(f"sqlite:///{sqlite_file}", tmp_path, wait_s=0.2)
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="is locked by another program"):
        plugin.open_job(request_for(project))
    other.execute("ROLLBACK")
    other.close()
    assert plugin.open_job(request_for(project)).number == "1"


def test_after_one_wait_without_success_each_patient_write_is_tried_once_until_one_succeeds(sqlite_file, tmp_path):
    import psycopg
    from django.db import OperationalError

    store, tried = use(f"sqlite:///{sqlite_file}", tmp_path, wait_s=0.2).store(), []

    def refused():
        tried.append(1)
        raise OperationalError("connection refused") from psycopg.OperationalError("connection refused")

    counts = []
    for work in (refused, refused, lambda: None, refused):
        tried.clear()
        if work is refused:
            with pytest.raises(StoreError, match="cannot be reached"):
                store.write(work, patient=True)
        else:
            store.write(work, patient=True)
        counts.append(len(tried))
    assert counts[1:3] == [1, 0]
    assert min(counts[0], counts[3]) > 1


def test_only_a_job_that_this_process_has_run_waits_for_an_unreachable_database(sqlite_file, tmp_path, project):
    plugin = use(f"sqlite:///{sqlite_file}", tmp_path, wait_s=60)
    ran, other = opened(plugin, project), opened(plugin, project)
    plugin.job_status(ran, JobStatus.RUNNING, (), ())
    away = sqlite_file.rename(tmp_path / "away.sqlite3")
    started_s = time.monotonic()
    with pytest.raises(StoreError, match="does not exist"):
        plugin.job_finished(other, outcome_of(other))
    assert time.monotonic() - started_s < 30
    comes_back = threading.Timer(0.5, away.rename, [sqlite_file])
    comes_back.start()
    plugin.job_finished(ran, outcome_of(ran))
    comes_back.join()
    assert [one.status for one in plugin.read_outcomes(project, None)] == [JobStatus.FINISHED, JobStatus.PENDING]


def test_a_file_that_no_setting_names_may_be_missing_only_until_it_is_used(tmp_path, project):
    path = tmp_path / "db.sqlite3"
    plugin = use(f"sqlite:///{path}", tmp_path)
    store = plugin.store()
    store.require_readable(named=False)
    plugin.open_job(request_for(project))
    away = path.rename(tmp_path / "away.sqlite3")
    with pytest.raises(StoreUnavailableError, match="has disappeared"):
        store.require_readable(named=False)
    away.rename(path)
    store.require_readable(named=False)


def test_a_locked_row_on_a_server_is_reported(server, postgresql_template, tmp_path, project):
    import psycopg

    url = server.new(postgresql_template)
    plugin = use(url, tmp_path, wait_s=0.3)
    plugin.open_job(request_for(project))
    with psycopg.connect(url) as other:
        other.execute("SELECT * FROM ccp4i2_project FOR UPDATE")
        with pytest.raises(StoreError, match="is locked by another program"):
            plugin.open_job(request_for(project))
    assert plugin.open_job(request_for(project)).number == "2"


def test_an_upgrade_on_a_server_waits_at_most_wait_s_for_another_one(server, tmp_path):
    """The statements of a job give up sooner: this one waits until another process has created all tables."""
    import psycopg

    from ccp4hooks_database.connection.migrate import ADVISORY_KEY

    url, held_s = server.new(), 6.0
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_KEY])
        release = threading.Timer(held_s, other.execute, ["SELECT pg_advisory_unlock_all()"])
        release.start()
        assert "Created" in use(url, tmp_path, wait_s=30.0).init_store()[0]
        release.join()
        other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_KEY])
        with pytest.raises(StoreError, match="is locked by another program"):
            use(url, tmp_path, wait_s=0.3).init_store()


def test_a_missing_directory_is_reported(tmp_path, project):
    with pytest.raises(StoreError, match=r"does not exist\. Create it first"):
        use(f"sqlite:///{tmp_path / 'no' / 'db.sqlite3'}", tmp_path).open_job(request_for(project))


def test_a_directory_instead_of_the_file_is_reported(tmp_path, project):
    with pytest.raises(StoreError, match="cannot be opened"):
        use(f"sqlite:///{tmp_path}", tmp_path).open_job(request_for(project))


def test_a_write_protected_database_is_reported(sqlite_file, tmp_path, project):
    plugin = use(f"sqlite:///{sqlite_file}", tmp_path)
    plugin.list_projects()
    # Permissions do not restrict the superuser, as which containers run tests. SQLite's own option restricts everybody.
    store = plugin.store()
    entry = {**store.target.entry, "NAME": store.target.entry["NAME"].replace("mode=rw", "mode=ro")}
    store.chosen = connection_url.Target(entry=entry, label=store.target.label, path=store.target.path)
    with pytest.raises(StoreError, match="cannot be written"):
        plugin.open_job(request_for(project))
    assert plugin.list_projects() == []


def test_the_journal_of_a_lost_database_is_not_applied_to_a_new_one(tmp_path, project):
    (tmp_path / "db.sqlite3-journal").write_bytes(b"x")
    with pytest.raises(StoreError, match="belongs to a database that no longer exists"):
        use(f"sqlite:///{tmp_path / 'db.sqlite3'}", tmp_path).open_job(request_for(project))
    assert [p.name for p in tmp_path.iterdir()] == ["db.sqlite3-journal"]


def test_the_next_process_creates_the_database_after_a_kill(tmp_path, project):
    (tmp_path / ".db.sqlite3.new").write_bytes(b"half")
    (tmp_path / ".db.sqlite3.lock").touch()
    plugin = use(f"sqlite:///{tmp_path / 'db.sqlite3'}", tmp_path)
    assert plugin.open_job(request_for(project)).number == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["db.sqlite3"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://h/x", "it begins with mysql://"),
        ("db.sqlite3", "it has no scheme"),
        ("sqlite://", "absolute path"),
        ("sqlite://relative.db", "absolute path"),
        ("postgresql://u:secret@host:port/x", "host or port is not valid"),
        ("postgresql://u:secret@host", "no database name"),
        ("postgresql://u:secret@host/x?connect_timeout=soon", "whole number"),
    ],
)
def test_an_invalid_url_is_reported_at_first_use(tmp_path, project, url, message):
    plugin = use(url, tmp_path)
    with pytest.raises(StoreError, match=message) as caught:
        plugin.open_job(request_for(project))
    assert "secret" not in str(caught.value)


def test_an_unreachable_server_is_reported_without_the_password(tmp_path, project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    plugin = use(f"postgresql://ada:secret@127.0.0.1:{port}/i2?sslmode=disable", tmp_path)
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        plugin.list_projects()
    assert "secret" not in str(caught.value)


def test_a_database_missing_on_the_server_is_reported(server, tmp_path, project):
    with pytest.raises(StoreError, match="Create the database and its user first"):
        use(server.url("nowhere"), tmp_path).open_job(request_for(project))


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("postgresql://u:secret@/x?host=/tmp/d", "postgresql://u@:5432/x?host=/tmp/d"),
        ("postgres://u@:5433/x?host=/a%20b/D", "postgresql://u@:5433/x?host=/a%20b/D"),
        ("postgresql://u%40site@[::1]/x%3Fy", "postgresql://u%40site@[::1]:5432/x%3Fy"),
        ("postgresql:///x", "postgresql://@:5432/x"),
    ],
)
def test_a_server_is_named_by_a_url_that_can_be_given_and_that_names_the_same_database(url, label):
    from ccp4hooks import without_secrets

    target, again = connection_url.parse_url(url), connection_url.parse_url(label)
    assert target.label == again.label == without_secrets(f"{label}:")[:-1] == label
    assert {**target.entry, "PASSWORD": ""} == again.entry


def test_encryption_is_required_except_through_a_socket():
    assert connection_url.parse_url("postgresql://u@h/x").entry["OPTIONS"]["sslmode"] == "require"
    assert connection_url.parse_url("postgresql://u@/x?host=/run").entry["OPTIONS"]["sslmode"] == "prefer"
    assert connection_url.parse_url("postgresql://u@h/x?connect_timeout=99").entry["OPTIONS"]["connect_timeout"] == 8


def test_write_ahead_logging_is_rejected_on_a_network_file_system(sqlite_file, tmp_path, project, monkeypatch):
    monkeypatch.setattr(file_lock, "NETWORK_FILE_SYSTEMS", {local_kind(tmp_path)})
    with pytest.raises(StoreError, match="network file system"):
        use(f"sqlite:///{sqlite_file}", tmp_path, wal=True).open_job(request_for(project))
    assert sqlite_file.read_bytes()[18] == 1


def local_kind(path):
    import psutil

    mounts = [(m.mountpoint, m.fstype) for m in psutil.disk_partitions(all=True)]
    return file_lock.file_system_type(path.resolve(), mounts)


def test_shortened_parameters_stay_distinct():
    long = "outputData." + "A" * 300
    short = {columns.column_name(f"{long}[{n}]") for n in range(50)}
    assert len(short) == 50
    assert {len(name) for name in short} == {versions.parameter_limit()}


def test_a_lock_has_one_owner_at_a_time_and_its_file_is_removed(tmp_path):
    with (
        file_lock.locked(tmp_path / "lock", 1),
        pytest.raises(StoreError, match="then try again"),
        file_lock.locked(tmp_path / "lock", 0.05),
    ):
        pytest.fail("the lock has two owners")
    with file_lock.locked(tmp_path / "lock", 1):
        assert Path(tmp_path / "lock").exists()
    assert list(tmp_path.iterdir()) == []


def test_one_process_can_use_two_databases_in_turn(tmp_path, sqlite_file, project):
    first = use(f"sqlite:///{sqlite_file}", tmp_path)
    first.open_job(request_for(project))
    second = use(f"sqlite:///{tmp_path / 'second.sqlite3'}", tmp_path)
    assert second.list_projects() is None
    second.init_store()
    assert second.list_projects() == []
    assert len(use(f"sqlite:///{sqlite_file}", tmp_path).list_projects()) == 1


def test_a_process_killed_while_creating_the_database_leaves_none(tmp_path, project):
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    command = [sys.executable, str(Path(__file__).with_name("worker.py")), url, "toxd", str(project.directory), "1"]
    with subprocess.Popen(command) as worker:
        deadline = time.monotonic() + 30
        while not (tmp_path / ".db.sqlite3.new").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        worker.kill()
    assert not (tmp_path / "db.sqlite3").exists()
    assert (tmp_path / ".db.sqlite3.new").exists()
    assert use(url, tmp_path).open_job(request_for(project)).number == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["db.sqlite3"]


SERVE = """
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("makemigrations", "ccp4hooks", check=True, dry_run=True, verbosity=0)
answer = Client(SERVER_NAME="localhost").get("/api/ccp4i2/jobs/")
assert answer.status_code == 200, answer
print(answer.json()[0]["float_values"])
"""


def test_ccp4i2s_server_runs_on_our_settings_and_shows_the_jobs(plugin, project, url):
    from plugins.database.helpers import kpi

    job = opened(plugin, project)
    plugin.job_finished(job, outcome_of(job, kpis=(kpi("RFree", 0.25),)))
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "ccp4hooks_database.django_settings"}
    done = subprocess.run([sys.executable, "-c", SERVE], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["{'RFree': 0.25}"], done.stderr


def test_a_ccp4i2_home_that_cannot_be_created_is_reported_with_advice(tmp_path):
    (tmp_path / "file").touch()
    script = (
        "from ccp4hooks_database import DatabasePlugin; from ccp4hooks import StoreError, Settings\n"
        "from pathlib import Path; p = DatabasePlugin()\n"
        "p.configure(Settings(projects_dir=Path('/'), database='sqlite:////x.db'))\n"
        "try:\n    p.list_projects()\nexcept StoreError as error:\n    print(error)"
    )
    env = {**os.environ, "CCP4I2_HOME": str(tmp_path / "file" / "home")}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert "Set CCP4I2_HOME and CCP4I2_PROJECTS_DIR" in done.stdout, done.stderr


def test_importing_and_configuring_the_plugin_starts_neither_django_nor_ccp4i2(tmp_path):
    script = (
        "import sys; from ccp4hooks_database import DatabasePlugin; from ccp4hooks import Settings\n"
        "from pathlib import Path; p = DatabasePlugin()\n"
        "p.configure(Settings(projects_dir=Path('/')))\n"
        "print([name for name in ('django', 'ccp4i2', 'psutil') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("module", ["repository.columns", "connection.url", "connection.file_lock", "repository.files"])
def test_the_examples_in_docstrings_are_correct(sqlite_file, tmp_path, module):
    use(f"sqlite:///{sqlite_file}", tmp_path).list_projects()
    result = doctest.testmod(import_module(f"ccp4hooks_database.{module}"))
    assert (result.failed, result.attempted > 0) == (0, True)


def test_a_full_disk_leaves_no_incomplete_database(tmp_path):
    script = (
        "import resource, signal; from pathlib import Path\n"
        "from ccp4hooks import Settings, StoreError; from ccp4hooks_database import DatabasePlugin\n"
        f"plugin = DatabasePlugin(); url = 'sqlite:///{tmp_path}/data/db.sqlite3'\n"
        "plugin.configure(Settings(projects_dir=Path('/'), database=url))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try:\n    plugin.init_store()\nexcept StoreError as error:\n    print(error)"
    )
    (tmp_path / "data").mkdir()
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert str(tmp_path / "data/db.sqlite3") in done.stdout, done.stderr
    assert [path.name for path in (tmp_path / "data").iterdir() if not path.name.endswith("lock")] == []
