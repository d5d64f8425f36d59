"""Jobs with values that no database holds, and with plugins that fail in every way, on both databases."""

import asyncio
import json
import shutil
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from ccp4hooks import (
    BadInputError,
    FileMetadata,
    JobStatus,
    Kpi,
    NotRecordedError,
    PluginError,
    Problem,
    Settings,
    Severity,
    hookimpl,
    make_script,
    open_session,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime.signals import treat_termination_as_interrupt


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request, tmp_path):
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        path = tmp_path / "db.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    return request.getfixturevalue("server").new(request.getfixturevalue("postgresql_template"))


@pytest.fixture
def made(url, tmp_path, monkeypatch):
    """Opens sessions on the database, with one more plugin."""
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))

    def make(plugin=None):
        settings = Settings(projects_dir=tmp_path / "projects", database=url)
        return open_session(settings, extra={"site": plugin} if plugin else None)

    return make


def run(session, data, **options):
    return session.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p", **options).outcome


def recorded(session):
    (outcome,) = session.outcomes("p")
    return outcome


class Values:
    """Returns numbers of numpy, and texts that no database holds."""

    @hookimpl
    def glean_kpi(self):
        return [
            Kpi(key="mean", value=np.float64(1.5), unit="A\0"),
            Kpi(key="count", value=np.int64(3), description="caf\udce9"),
            Kpi(key="good", value=np.bool_(True)),
            Kpi(key="name\0", value=np.str_("caf\udce9")),
            Kpi(key="large", value=2**53 + 1),
            Kpi(key="exact", value=2**53),
        ]

    @hookimpl
    def glean_file(self):
        return FileMetadata(annotation="caf\udce9\0", sub_type=np.int64(1), extra={"a\0": np.float32(0.5)})

    @hookimpl
    def check_file(self):
        return [Problem(severity=Severity.INFO, message="caf\udce9\0", parameter="\0")]


DIGITS = f"it has too many digits for the database, which keeps whole numbers up to {2**53}"
KPIS = {"mean": 1.5, "count": 3, "good": True, "name": "caf\\udce9", "exact": 2**53}


def kpis(outcome):
    return {kpi.key: kpi.value for kpi in outcome.kpis if kpi.origin.plugin == "site"}


def test_values_that_no_database_holds_are_taken_or_left_out_and_the_job_can_be_read_again(made, data):
    session = made(Values())
    done = run(session, data, title="caf\udce9\0")
    assert (done.status, done.job.title) == (JobStatus.FINISHED, "caf\\udce9")
    assert outcome_file.read(done.job.directory / outcome_file.FILE_NAME) == done
    for found in (done, recorded(session), *session.replay("p").outcomes, *session.reglean("p", "1").outcomes):
        assert kpis(found) == KPIS
        assert {type(value) for value in kpis(found).values()} == {float, int, bool, str}
        assert (found.files[0].annotation, found.files[0].sub_type) == ("caf\\udce9", 1)
    assert done.files[0].extra == {"a": 0.5}
    by_site = [one.message for one in done.problems if one.origin.plugin == "site"]
    assert sum("was left out: it has too many digits" in message for message in by_site) == 1
    assert "caf\\udce9" in by_site
    assert session.recover("p").outcomes == ()


def test_an_outcome_file_that_an_earlier_version_has_written_is_recorded(made, data):
    session = made()
    done = run(session, data)
    path = done.job.directory / outcome_file.FILE_NAME
    table = json.loads(path.read_text())
    kpi = {**table["kpis"][0], "origin": {"plugin": "site", "version": ""}}
    for key, value in (("name\0", "caf\udce9"), ("large", 10**30), ("unit", 1)):
        table["kpis"].append({**kpi, "key": key, "value": value, "unit": "\0A"})
    table["problems"].append({"severity": "info", "message": "caf\udce9\0"})
    table["files"][0]["annotation"] = "caf\udce9\0"
    path.write_text(json.dumps(table))
    result = session.replay("p")
    assert (len(result.outcomes), result.problems) == (1, ())
    assert kpis(recorded(session)) == {"name": "caf\\udce9", "unit": 1}
    assert recorded(session).files[0].annotation == "caf\\udce9"
    (shown,) = session.outcomes("p", "1")
    assert [one.message for one in shown.problems][-3:] == [
        "caf\\udce9",
        "the outcome file had characters that cannot be recorded; they were removed or escaped.",
        f"the KPI 'large' was left out: {DIGITS}.",
    ]


def test_a_type_of_a_value_that_this_version_does_not_know_is_read(made, data, url):
    from ccp4hooks_database import DatabasePlugin
    from ccp4hooks_database.models import ValueOrigin

    session = made(Values())
    run(session, data)
    plugin = session.plugin_object("database")
    assert isinstance(plugin, DatabasePlugin)
    # SQLite stored the full name of numpy's type; the column of PostgreSQL has five characters.
    kind = "float64" if url.startswith("sqlite") else "other"
    assert plugin.store().write(lambda: ValueOrigin.objects.update(kind=kind)) >= len(KPIS)
    again = made()
    assert kpis(recorded(again)) == {**KPIS, "count": 3.0, "good": 1.0, "exact": 2.0**53}
    assert len(again.reglean("p", "1").outcomes) == len(again.replay("p").outcomes) == 1


class OwnError(BaseException):
    """An exception that is no `Exception`."""


class UnprintableError(Exception):
    def __str__(self):
        raise OwnError

    __repr__ = __str__


ERRORS = [
    SystemExit(3),
    GeneratorExit(),
    asyncio.CancelledError(),
    OwnError(),
    UnprintableError(),
    ValueError("caf\udce9\0"),
]


def failing(hook, error):
    def implementation():
        raise error

    implementation.__name__ = hook
    return type("Failing", (), {hook: staticmethod(hookimpl(implementation))})()


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: type(one).__name__)
def test_no_exception_of_a_plugin_costs_a_job(made, data, error):
    for number, hook in enumerate(
        ("pre_import", "post_execute", "glean_file", "glean_kpi", "check_file", "job_status")
    ):
        session = made(failing(hook, error))
        done = run(session, data)
        assert done.status is JobStatus.FINISHED
        assert any(f"plugin 'site' failed in {hook}: " in one.message for one in done.problems), hook
        assert [one.status for one in session.outcomes("p")] == [JobStatus.FINISHED] * (number + 1)
        assert session.owned_jobs() == ()


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: type(one).__name__)
def test_an_exception_of_a_sink_leaves_a_job_that_can_be_replayed(made, data, error):
    with pytest.raises(NotRecordedError, match="plugin 'site' failed in job_finished") as caught:
        run(made(failing("job_finished", error)), data)
    assert caught.value.exit_code == 5
    # The database is a sink of its own.
    assert recorded(made()).status is JobStatus.FINISHED
    assert made().replay("p").problems == ()


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("hook", ["open_job", "import_file"])
def test_an_exception_before_a_job_leaves_nothing(made, data, hook, error, tmp_path):
    def implementation():
        raise error

    implementation.__name__ = hook
    early = type("Failing", (), {hook: staticmethod(hookimpl(tryfirst=True)(implementation))})()
    with pytest.raises(PluginError, match=f"The plugin 'site' failed in {hook}: "):
        run(made(early), data)
    assert not (tmp_path / "projects" / "p").exists()
    assert made().projects() == ()


def test_a_keyboard_interrupt_that_a_plugin_raises_after_the_task_does_not_cost_the_job(made, data):
    session = made(failing("glean_kpi", KeyboardInterrupt()))
    done = run(session, data)
    assert done.status is recorded(session).status is JobStatus.FINISHED
    assert "plugin 'site' failed in glean_kpi: KeyboardInterrupt" in [one.message for one in done.problems]


def test_a_value_of_numpy_is_recorded_by_every_way(tmp_path, data, monkeypatch, sqlite_template):
    shutil.copy(sqlite_template, tmp_path / "db.sqlite3")
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    session = open_session(Settings(projects_dir=tmp_path / "projects", database=f"sqlite:///{tmp_path}/db.sqlite3"))
    job = run(session, data).job
    outcome = recorded(session)
    given = replace(outcome, kpis=(Kpi(key="mean", value=np.float64(2.5)),))
    from ccp4hooks_database import AsyncDatabaseHandler, JobValue

    plugin = session.plugin_object("database")
    plugin.job_finished(job, given)
    handler = AsyncDatabaseHandler(job.project.uuid, session=session)
    handler.register_job_values_sync(job.uuid, [JobValue(key="count", value=np.int64(3), unit="\0")])
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as rows:
        kinds = dict(rows.execute("SELECT key, kind FROM ccp4hooks_valueorigin WHERE key IN ('mean', 'count')"))
    assert kinds == {"mean": "float", "count": "int"}


DAMAGED = {
    "schema_version: Expected the number 2, got true": lambda table: {**table, "schema_version": True},
    "software['ccp4hooks']: Expected `str`, got `int`": lambda table: {**table, "software": {"ccp4hooks": 5}},
    r"status: Invalid enum value 'caf\\udce9'": lambda table: {**table, "status": "caf\udce9"},
}


@pytest.mark.parametrize(("fault", "change"), DAMAGED.items(), ids=["version", "mapping", "surrogate"])
def test_the_message_on_a_damaged_outcome_file_names_the_file_the_field_and_the_cure(made, data, fault, change):
    session = made()
    path = run(session, data).job.directory / outcome_file.FILE_NAME
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    message = (
        f"Invalid outcome file {path}: {fault}. Restore it from a backup. The database knows the job: without a "
        "backup, delete the file and run `ccp4hooks recover p`, which writes it again."
    )
    for work in (lambda: session.replay("p", "1"), lambda: session.reglean("p", "1")):
        with pytest.raises(BadInputError) as caught:
            work()
        assert str(caught.value).endswith(message)
        assert caught.value.exit_code == 4


def test_a_status_that_this_version_does_not_know_is_read(made, data):
    from ccp4i2.db.models import Job

    session = made()
    run(session, data)
    session.plugin_object("database").store().write(lambda: Job.objects.update(status=99))
    assert recorded(session).status is JobStatus.UNKNOWN


def tracked(session, data, process):
    """Track a script whose `process()` is the given function, and run it."""
    script = make_script("coordinate_selector")
    script.container.inputData.XYZIN.setFullPath(str(data["model"]))
    object.__setattr__(script, "process", process)
    with session.track(script, project="p") as job:
        job.process()


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: type(one).__name__)
def test_every_exception_of_a_task_ends_its_job_as_failed(made, data, error):
    def process():
        raise error

    session = made()
    with pytest.raises(type(error)):
        tracked(session, data, process)
    assert recorded(session).status is JobStatus.FAILED
    (outcome,) = session.outcomes("p", "1")
    reason = {UnprintableError: "UnprintableError (it cannot be printed)", ValueError: r"ValueError: caf\udce9"}
    expected = reason.get(type(error), type(error).__name__ + (": 3" if isinstance(error, SystemExit) else ""))
    assert f"the task raised {expected}." in [one.message for one in outcome.problems]


def test_a_keyboard_interrupt_of_a_task_is_a_failure_where_ctrl_c_is_told_apart(made, data):
    def process():
        raise KeyboardInterrupt

    treat_termination_as_interrupt()
    session = made()
    with pytest.raises(KeyboardInterrupt):
        tracked(session, data, process)
    assert recorded(session).status is JobStatus.FAILED


@pytest.mark.parametrize("handled", [False, True])
def test_ctrl_c_during_a_task_ends_its_job_as_interrupted(made, data, handled):
    if handled:
        treat_termination_as_interrupt()
    session = made()
    with pytest.raises(KeyboardInterrupt):
        tracked(session, data, lambda: signal.raise_signal(signal.SIGINT))
    assert recorded(session).status is JobStatus.INTERRUPTED
