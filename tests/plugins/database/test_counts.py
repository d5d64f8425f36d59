"""The number of SQL statements per job, which does not depend on the number of files and KPIs."""

from contextlib import contextmanager

import pytest
from plugins.database.helpers import gleaned, imported, kpi, opened, outcome_of

from ccp4hooks import JobStatus, ParameterValue, ResultValue
from ccp4hooks.store import FileUse

WRITES = ("INSERT", "UPDATE", "DELETE")

OPENING = 3
"""The project's counter, which locks the project; the job; its owner."""

RUNNING = 2
"""The job's status, and its owner, which may differ from the process that opened it."""

USES_AGAIN = 4
"""Further queries of a job that reads recorded files: these files, its uses, its pending uses, and their origins."""

RECORDING = 11
"""File types, files, imports, their origins, uses; names of KPIs, KPIs, their origins; the job's status.

Parameters and results, in one statement; how the job was started.
"""


@pytest.fixture(autouse=True)
def _without_snapshots(monkeypatch):
    """CCP4i2 3.1 reads the whole project for a snapshot after each job, in a thread and with statements of its own."""
    monkeypatch.setenv("CCP4I2_DISABLE_PROJECT_SNAPSHOT", "1")


@contextmanager
def statements():
    """Collect every statement that is sent to a database."""
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
    """Record a job with that number of imports, outputs and KPIs; return the statements, the job and its outcome."""
    job = opened(plugin, project)
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    name = f"{job.number}_{count}"
    outcome = outcome_of(
        job,
        imported=tuple(imported(job, f"{name}_{n}.mtz", f"inputData.IN[{n}]") for n in range(count)),
        files=tuple(gleaned(job, f"{n}.mtz", f"outputData.OUT[{n}]") for n in range(count)),
        kpis=tuple(kpi(f"value{name}_{n}", float(n)) for n in range(count)),
        parameters=tuple(ParameterValue(name=f"P{n}", value=n) for n in range(count)),
        results=tuple(ResultValue(name=f"R{n}", value=n) for n in range(count)),
    )
    with statements() as seen:
        plugin.job_finished(job, outcome)
    return seen, job, outcome


def test_opening_a_job_takes_three_writes_for_any_number_of_jobs(plugin, project):
    opened(plugin, project)
    for _ in range(3):
        with statements() as seen:
            opened(plugin, project)
        assert len(writes(seen)) == OPENING, writes(seen)


def test_changing_a_status_takes_two_writes(plugin, project):
    job = opened(plugin, project)
    with statements() as seen:
        plugin.job_status(job, JobStatus.RUNNING, (), ())
    assert len(writes(seen)) == RUNNING, writes(seen)


def test_recording_thirty_files_takes_as_many_statements_as_recording_one(plugin, project):
    recorded(plugin, project, 2)
    few, many = recorded(plugin, project, 1)[0], recorded(plugin, project, 30)[0]
    assert len(few) == len(many), "\n".join(many)
    # The file type is recorded already.
    assert len(writes(many)) == RECORDING - 1, writes(many)


def test_one_query_finds_that_a_new_job_has_no_rows(plugin, project):
    recorded(plugin, project, 1)
    seen, _, _ = recorded(plugin, project, 1)
    tables = ("ccp4i2_fileimport", "ccp4hooks_fileorigin", "ccp4hooks_useorigin", "ccp4i2_jobfloatvalue")
    asked = [sql for sql in seen if sql.startswith("SELECT") and any(f'FROM "{table}"' in sql for table in tables)]
    assert len(asked) == 1, asked
    assert "EXISTS" in asked[0]


def test_recording_an_outcome_again_writes_only_the_row_of_the_job(plugin, project):
    _, job, outcome = recorded(plugin, project, 5)
    with statements() as seen:
        plugin.job_finished(job, outcome)
    assert len(writes(seen)) == 1, writes(seen)


def test_the_uses_of_a_job_are_written_when_it_begins_and_not_again_at_its_end(plugin, project):
    (file,) = recorded(plugin, project, 1)[2].files
    uses = (FileUse(file_uuid=file.uuid, parameter="inputData.XYZIN", path=file.path),)
    begun, ended = {}, {}
    for known in ((), uses):
        job = opened(plugin, project)
        with statements() as begun[known]:
            plugin.job_status(job, JobStatus.RUNNING, known, ())
        with statements() as ended[known]:
            plugin.job_finished(job, outcome_of(job, uses=uses))
    assert len(writes(begun[uses])) == RUNNING + 1
    assert len(writes(ended[uses])) == len(writes(ended[()])) - 1
    assert len(begun[uses]) + len(ended[uses]) - len(begun[()]) - len(ended[()]) == USES_AGAIN
