"""Read a database with CCP4i2's schema by plain SQL, without any handler, in the same way for both sides."""

import hashlib
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

STATUS = {1: "PENDING", 3: "RUNNING", 4: "INTERRUPTED", 5: "FAILED", 6: "FINISHED", 10: "UNSATISFACTORY"}
"""Names of the statuses that occur in the scenes (``Job.Status``, ccp4i2 3.0.1)."""

TOGETHER = 10
"""How many transactions wait for the lock of a project before it is released."""

HELD_S = 5.0
"""Time after which the lock is released in any case; ccp4hooks waits longer for a lock [s]."""

WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

FILE = """
    select file.id as id, file.name as name, file.directory as kind, file.type_id as type, file.content as content,
        file.sub_type as sub_type, file.annotation as annotation, file.job_param_name as parameter,
        maker.number as job, place.directory as project, place.name as project_name
    from ccp4i2_file as file join ccp4i2_job as maker on maker.id = file.job_id
    join ccp4i2_project as place on place.id = maker.project_id
"""


def database(url):
    """Return the database at a URL."""
    return PostgreSQL(url) if url.startswith("postgresql:") else SQLite(url.removeprefix("sqlite://"))


class Database:
    """A database that another process writes."""

    def facts(self, project):
        """Return all records of a project."""
        return {
            "jobs": self.jobs(project),
            "files": [located(row) for row in self.rows(f"{FILE} where place.name = ? order by file.id", project)],
            "uses": self.uses(project),
            "imports": self.imports(project),
            "kpis": self.kpis(project),
        }

    def jobs(self, project):
        found = self.rows(
            "select job.number, job.status, job.finish_time from ccp4i2_job as job "
            "join ccp4i2_project as place on place.id = job.project_id where place.name = ?",
            project,
        )
        return {row["number"]: {"status": STATUS[row["status"]], "finish_time": row["finish_time"]} for row in found}

    def uses(self, project):
        return [
            {**located(row), "role": "IN" if row["role"] else "OUT"}
            for row in self.rows(
                f'select found.*, used.role as role, used.job_param_name as used_as, reader.number as "user" '  # noqa: S608
                f"from ccp4i2_fileuse as used join ({FILE}) as found on found.id = used.file_id "
                "join ccp4i2_job as reader on reader.id = used.job_id "
                "join ccp4i2_project as home on home.id = reader.project_id where home.name = ? order by used.id",
                project,
            )
        ]

    def imports(self, project):
        return [
            located(row)
            for row in self.rows(
                f"select found.*, brought.name as source, brought.checksum as checksum, "  # noqa: S608
                f"brought.last_modified as last_modified from ccp4i2_fileimport as brought "
                f"join ({FILE}) as found on found.id = brought.file_id where found.project_name = ? order by found.id",
                project,
            )
        ]

    def kpis(self, project):
        found = {}
        for table in ("jobfloatvalue", "jobcharvalue"):
            for row in self.rows(
                f"select job.number, kpi.key_id as name, kpi.value from ccp4i2_{table} as kpi "  # noqa: S608
                "join ccp4i2_job as job on job.id = kpi.job_id "
                "join ccp4i2_project as place on place.id = job.project_id where place.name = ?",
                project,
            ):
                found.setdefault(row["number"], {})[row["name"]] = row["value"]
        return found

    @contextmanager
    def project_held(self, project):
        """Do nothing: SQLite has no locks of rows."""
        yield


class SQLite(Database):
    def __init__(self, path):
        self.path = path

    def rows(self, statement, *values):
        with closing(sqlite3.connect(self.path, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]

    def change(self, script):
        with closing(sqlite3.connect(self.path, timeout=30)) as connection:
            connection.executescript(script)


class PostgreSQL(Database):
    def __init__(self, url):
        self.url = url

    def rows(self, statement, *values):
        import psycopg

        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(statement.replace("?", "%s"), values).fetchall()

    @contextmanager
    def project_held(self, project):
        """Lock the row of a project until several transactions wait for it, so that they all have begun."""
        import psycopg

        with psycopg.connect(self.url) as connection, ThreadPoolExecutor(1) as pool:
            connection.execute("select id from ccp4i2_project where name = %s for update", [project])
            released = pool.submit(self._release, connection)
            yield
            released.result()

    def _release(self, connection):
        deadline = time.monotonic() + HELD_S
        while self.rows(WAITING)[0]["count"] < TOGETHER and time.monotonic() < deadline:
            time.sleep(0.05)
        connection.commit()


def located(row):
    """Return the row of a file with its path, as ``File.path`` of ccp4i2 3.0.1 builds it, and the file at that path."""
    folder = Path(row["project"])
    if row["kind"] == 1:
        path = folder.joinpath("CCP4_JOBS", *(f"job_{part}" for part in row["job"].split(".")), row["name"])
    else:
        path = folder / "CCP4_IMPORTED_FILES" / row["name"]
    return {**row, "path": str(path), "md5": md5(path)}


def md5(path):
    """Return the checksum of a file, or None if the file does not exist."""
    path = Path(path)
    return hashlib.md5(path.read_bytes()).hexdigest() if path.is_file() else None  # noqa: S324 - the schema's


@contextmanager
def witnessed(database, project):
    """Record the committed status and number of output files of a project's jobs after each commit of this process."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    seen, original = {}, BaseDatabaseWrapper._commit

    def commit(self):
        original(self)
        for row in database.rows(
            "select job.number, job.status, count(file.id) as files from ccp4i2_job as job "
            "join ccp4i2_project as place on place.id = job.project_id "
            "left join ccp4i2_file as file on file.job_id = job.id and file.directory = 1 "
            "where place.name = ? group by job.id, job.number, job.status",
            project,
        ):
            states, state = seen.setdefault(row["number"], []), [STATUS[row["status"]], row["files"]]
            if states[-1:] != [state]:
                states.append(state)

    BaseDatabaseWrapper._commit = commit
    try:
        yield seen
    finally:
        BaseDatabaseWrapper._commit = original


COUNT_WRITES = """
    create table if not exists fault_written (file integer);
    create trigger if not exists fault_insert after insert on ccp4i2_file
        begin insert into fault_written values (new.id); end;
    create trigger if not exists fault_update after update on ccp4i2_file
        begin insert into fault_written values (new.id); end;
"""
"""Triggers that count in the database how often the row of a file is written."""
