"""How many SQL statements a job takes: a number that does not depend on how much there is to record."""

from contextlib import contextmanager

import pytest
from plugins.database.helpers import gleaned, imported, kpi, opened, outcome_of

from ccp4hooks import JobStatus

WRITES = ("INSERT", "UPDATE", "DELETE")

OPENING = 3
"""The project's counter, which locks it; the job, its owner."""

RUNNING = 2
"""The job's status, and its owner, who may be another process than the one that opened it."""

RECORDING = 9
"""File types, files, imports, their origins, uses; names of values, values, their origins; the job's end."""


@contextmanager
def statements():
    """Note every statement that goes to a database."""
    from django.db.backends.utils import CursorWrapper

    seen, execute = [], CursorWrapper.execute

    def noted(self, sql, params=None):
        seen.append(sql)
        return execute(self, sql, params)

    patch = pytest.MonkeyPatch()
    patch.setattr(CursorWrapper, "execute", noted)
    try:
        yield seen
    finally:
        patch.undo()


def writes(seen):
    return [sql for sql in seen if sql.startswith(WRITES)]


def recorded(plugin, project, count):
    """Record a job with so many files in, files out and values; return the statements that took."""
    job = opened(plugin, project)
    plugin.job_status(job, JobStatus.RUNNING)
    name = f"{job.number}_{count}"
    outcome = outcome_of(
        job,
        imported=tuple(imported(job, f"{name}_{n}.mtz", f"inputData.IN[{n}]") for n in range(count)),
        files=tuple(gleaned(job, f"{n}.mtz", f"outputData.OUT[{n}]") for n in range(count)),
        kpis=tuple(kpi(f"value{name}_{n}", float(n)) for n in range(count)),
    )
    with statements() as seen:
        plugin.job_finished(job, outcome)
    return seen, job, outcome


def test_opening_a_job_takes_three_writes_however_many_there_are(plugin, project):
    opened(plugin, project)
    for _ in range(3):
        with statements() as seen:
            opened(plugin, project)
        assert len(writes(seen)) == OPENING, writes(seen)


def test_a_change_of_status_takes_two_writes(plugin, project):
    job = opened(plugin, project)
    with statements() as seen:
        plugin.job_status(job, JobStatus.RUNNING)
    assert len(writes(seen)) == RUNNING, writes(seen)


def test_recording_takes_as_many_statements_for_one_file_as_for_thirty(plugin, project):
    recorded(plugin, project, 2)
    few, many = recorded(plugin, project, 1)[0], recorded(plugin, project, 30)[0]
    assert len(few) == len(many), "\n".join(many)
    # The file type is known by now.
    assert len(writes(many)) == RECORDING - 1, writes(many)


def test_a_job_that_has_no_rows_yet_is_not_asked_for_them_table_by_table(plugin, project):
    recorded(plugin, project, 1)
    seen, _, _ = recorded(plugin, project, 1)
    tables = ("ccp4i2_fileimport", "ccp4hooks_fileorigin", "ccp4hooks_useorigin", "ccp4i2_jobfloatvalue")
    asked = [sql for sql in seen if sql.startswith("SELECT") and any(f'FROM "{table}"' in sql for table in tables)]
    assert len(asked) == 1, asked
    assert "EXISTS" in asked[0]


def test_recording_again_writes_only_the_job_itself(plugin, project):
    _, job, outcome = recorded(plugin, project, 5)
    with statements() as seen:
        plugin.job_finished(job, outcome)
    assert len(writes(seen)) == 1, writes(seen)
