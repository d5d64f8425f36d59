"""Read all rows of the six tables of a side in a form that can be compared with another side.

Read by SQL, and by neither side's own code. Every column is compared but the keys: in the place of a key stands what
its row is called by, job number and parameter; an item of a list is called by its place alone, so that a list's name is
compared, too. Of times only whether they are there is kept, and of a source's modification time whether it is the
source's.
"""

# ruff: noqa: S608 - the queries have no text from outside

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from parity.cases import CCP4I2

from ccp4hooks import JobStatus


def _place(column):
    return f"substr({column}, max(instr({column}, '['), 1))"


FILE = (
    "CASE WHEN file.id IN (SELECT file_id FROM ccp4i2_fileimport) THEN 'import ' ELSE 'output ' END || "
    "owner.number || ' ' || "
    f"{_place('file.job_param_name')}"
)

QUERIES = {
    "Job": """
        SELECT job.number AS row, job.*, project.name AS project, parent.number AS parent
        FROM ccp4i2_job AS job JOIN ccp4i2_project AS project ON project.id = job.project_id
        LEFT JOIN ccp4i2_job AS parent ON parent.id = job.parent_id
    """,
    "File": f"""
        SELECT {FILE} AS row, file.*, owner.number AS job
        FROM ccp4i2_file AS file JOIN ccp4i2_job AS owner ON owner.id = file.job_id
    """,
    "FileUse": f"""
        SELECT CASE role WHEN 1 THEN 'IN ' ELSE 'OUT ' END || job.number || ' ' || {_place("used.job_param_name")}
        AS row, used.*, job.number AS job, {FILE} AS file
        FROM ccp4i2_fileuse AS used JOIN ccp4i2_job AS job ON job.id = used.job_id
        JOIN ccp4i2_file AS file ON file.id = used.file_id JOIN ccp4i2_job AS owner ON owner.id = file.job_id
    """,
    "FileImport": f"""
        SELECT {FILE} AS row, import.*
        FROM ccp4i2_fileimport AS import JOIN ccp4i2_file AS file ON file.id = import.file_id
        JOIN ccp4i2_job AS owner ON owner.id = file.job_id
    """,
    "JobFloatValue": """
        SELECT job.number || ' ' || value.key_id AS row, value.*, job.number AS job
        FROM ccp4i2_jobfloatvalue AS value JOIN ccp4i2_job AS job ON job.id = value.job_id
    """,
    "JobCharValue": """
        SELECT job.number || ' ' || value.key_id AS row, value.*, job.number AS job
        FROM ccp4i2_jobcharvalue AS value JOIN ccp4i2_job AS job ON job.id = value.job_id
    """,
}

KEYS = {"id", "uuid", "project_id", "parent_id", "job_id", "file_id"}
"""Meaning of the row names."""

TIMES = {"creation_time", "finish_time", "time", "process_id"}

# Source: enumerations in ccp4i2.db.models, ccp4i2 3.0.1.
NAMES = {
    ("Job", "status"): {int(status): status.name for status in JobStatus},
    ("Job", "evaluation"): {0: "UNKNOWN", 1: "BEST", 2: "GOOD", 3: "REJECTED"},
    ("File", "directory"): {1: "JOB_DIR", 2: "IMPORT_DIR"},
    ("FileUse", "role"): {0: "OUT", 1: "IN"},
}


def read(database):
    """Return {table: {row: {column: value}}} of a side.

    Args:
        database: A SQLite file.
    """
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return {table: _named(table, connection.execute(query).fetchall()) for table, query in QUERIES.items()}


def _named(table, found):
    twice = [name for name, count in Counter(row["row"] for row in found).items() if count > 1]
    assert not twice, f"{table}: several rows are called {twice}"
    return {row["row"]: _comparable(table, row) for row in found}


def _comparable(table, row):
    return {column: _value(table, column, row) for column in row.keys() if column not in KEYS | {"row"}}  # noqa: SIM118


def _value(table, column, row):
    value = row[column]
    if column in TIMES:
        return "unset" if value is None else "set"
    if column == "last_modified":
        return _whose_time(value, Path(row["name"]))
    if (table, column) in NAMES:
        return NAMES[table, column][value]
    return value.replace(str(CCP4I2), "ccp4i2") if isinstance(value, str) else value


def _whose_time(value, source):
    if value is None:
        return "unset"
    recorded = datetime.fromisoformat(value).replace(tzinfo=timezone.utc)
    modified = datetime.fromtimestamp(source.stat().st_mtime, timezone.utc)
    return "the source's" if abs((recorded - modified).total_seconds()) < 1 else "another"


def count(database):
    """Return the total number of rows in each of the six tables."""
    with closing(sqlite3.connect(database)) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM ccp4i2_{table.lower()}").fetchone()[0] for table in QUERIES
        }
