"""Each hook, called by a session that runs a task of ccp4i2 with a small plugin."""

import json
import os
import zipfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from uuid import uuid4

import pytest
from unit.samples import JOB_UUID, make_job, make_outcome, make_project, make_settings, tiny

from ccp4hooks import (
    BadInputError,
    EngineUnavailableError,
    Fate,
    FileMetadata,
    FinishStatus,
    Handle,
    ImportedFile,
    Job,
    JobStatus,
    JobSummary,
    KnownFile,
    Kpi,
    KpiCondition,
    KpiDescription,
    Labels,
    Needs,
    Problem,
    RefusedError,
    RunTarget,
    Section,
    Severity,
    StoreError,
    TaskDescription,
    Text,
    hookimpl,
    open_session,
)
from ccp4hooks.outcomes import attempt_files, outcome_file
from ccp4hooks.store import FileQuery, FileReader, JobQuery, OwnedJob, ProjectRecord
from ccp4hooks.testing.memory_database import MemoryDatabase


def test_hook_configure(open_with, tmp_path):
    seen = []

    def configure(settings):
        seen.append(settings.projects_dir)

    open_with(tiny=tiny(configure))
    assert seen == [tmp_path / "projects"]


def test_hook_init_store(open_with):
    def init_store():
        return ["made one table", "made another"]

    assert open_with(tiny=tiny(init_store)).init_store() == ("made one table", "made another")


def test_hook_examine(open_with):
    error = StoreError("The store is full. Empty it.")

    def examine():
        yield "the store is open"
        yield error

    assert open_with(tiny=tiny(examine)).examined() == (("tiny", "the store is open"), ("tiny", error))


def test_hook_list_projects(open_with, project):
    def list_projects():
        return [project]

    assert open_with(tiny=tiny(list_projects)).projects() == (project,)


def test_hook_describe_kpis(open_with):
    asked = []

    def describe_kpis():
        asked.append(1)
        yield KpiDescription(key="mine", title="Mine")

    session = open_with(tiny=tiny(describe_kpis))
    assert asked == []
    assert session.kpi_descriptions.titles(["mine"]) == session.kpi_descriptions.titles(["mine"]) == {"mine": "Mine"}
    assert asked == [1]


def test_hook_ccp4i2_server(open_with):
    async def application(scope, receive, send):
        """Answers nothing."""

    def ccp4i2_server():
        return application

    assert open_with(tiny=tiny(ccp4i2_server)).ccp4i2_server() is application
    assert open_with().ccp4i2_server() is None


def test_hook_find_project(run, tmp_path):
    elsewhere = make_project(tmp_path / "elsewhere" / "known")

    def find_project(name, uuid):
        return elsewhere if name == "demo" or uuid == elsewhere.uuid else None

    outcome = run(find_project)
    assert outcome.job.project == elsewhere
    assert outcome.job.directory == elsewhere.jobs_directory / "job_1"
    assert not (tmp_path / "projects").exists()


def test_hook_claim_job(open_with, tmp_path):
    job = make_job(tmp_path / "demo")

    def claim_job(uuid, again):
        if not again:
            raise BadInputError("Job 1 has ended.")
        return job if uuid == job.uuid else None

    session = open_with(tiny=tiny(claim_job))
    with pytest.raises(BadInputError, match=r"Job 1 has ended\."):
        session.run_opened(job.uuid)
    with pytest.raises(BadInputError, match=r"No job with the UUID .* is recorded"):
        session.run_opened(uuid4(), again=True)
    assert session.claim(job.uuid, again=True) == job


def test_hook_cancel_job(open_with, tmp_path):
    known = make_outcome(tmp_path / "demo")
    job, states = known.job, {known.job.uuid: JobStatus.PENDING}

    def read_outcomes(project, number):
        return [replace(known, status=states[job.uuid])]

    def cancel_job(uuid):
        if states[uuid] is not JobStatus.PENDING:
            return None
        states[uuid] = JobStatus.INTERRUPTED
        return job

    session = open_with(reader=tiny(read_outcomes), tiny=tiny(cancel_job))
    assert session.cancel(job.project, "1").status is JobStatus.INTERRUPTED
    with pytest.raises(BadInputError, match="Job 1 is INTERRUPTED and not running"):
        session.cancel(job.project, "1")
    assert "cancelled before it ran" in (job.directory / outcome_file.FILE_NAME).read_text()


def held(job, *, alive):
    return OwnedJob(job=job, status=JobStatus.RUNNING, alive=alive, host="here", pid=7, reachable=False)


def test_hook_find_held(open_with, tmp_path):
    job = make_job(tmp_path / "demo")
    asked = []

    def find_held(project):
        asked.append(project)
        return [held(job, alive=alive) for alive in (True, False)]

    done = open_with(tiny=tiny(find_held)).recover(job.project)
    assert asked == [job.project]
    assert [(one.job, one.status) for one in done.outcomes] == [(job, JobStatus.INTERRUPTED)]
    assert outcome_file.read(job.directory / "ccp4hooks_outcome.json").status is JobStatus.INTERRUPTED


def test_hook_take_over_job(open_with, tmp_path):
    job, asked, cleaned = make_job(tmp_path / "demo"), [], []

    def find_held(project):
        return [held(job, alive=False)]

    def take_over_job(owned):
        asked.append(owned)
        return len(asked) > 1

    def clean_up(project):
        cleaned.append(project)

    session = open_with(tiny=tiny(find_held), other=tiny(take_over_job), cleaner=tiny(clean_up))
    assert session.recover(job.project).outcomes == ()
    assert (asked, cleaned) == ([held(job, alive=False)], [])
    assert not (job.directory / "ccp4hooks_outcome.json").exists()
    assert [one.status for one in session.recover(job.project).outcomes] == [JobStatus.INTERRUPTED]
    assert cleaned == [job.project]


def test_hook_clean_up(open_with, tmp_path):
    job, cleaned = make_job(tmp_path / "demo"), []

    def find_held(project):
        return [held(job, alive=project is None)]

    def clean_up(project):
        cleaned.append(project)

    session = open_with(tiny=tiny(find_held), other=tiny(clean_up))
    session.recover(None)
    assert cleaned == []
    session.recover(job.project)
    assert cleaned == [job.project]


def test_hook_read_outcomes(open_with, project, tmp_path):
    outcome = make_outcome(tmp_path / "p", "3")

    def read_outcomes(project, number):
        return [outcome] if number in (None, "3") else []

    session = open_with(tiny=tiny(read_outcomes))
    assert session.outcomes(project, "3") == (outcome,)
    with pytest.raises(BadInputError, match="Unknown job '4'"):
        session.outcomes(project, "4")


def test_hook_find_file(run, data):
    queries = []

    def find_file(query):
        queries.append(query)
        return KnownFile(uuid=uuid4(), path=data["fsigf"], file_type="application/CCP4-mtz-observed")

    outcome = run(find_file, ("F_SIGF", "@5.HKLOUT"))
    assert outcome.status is JobStatus.FINISHED
    assert (queries[0].job_number, queries[0].parameter) == ("5", "HKLOUT")


def test_hook_register_tasks(run, open_with, data):
    import ccp4i2

    from ccp4hooks.i2.tasks import task_table

    wrapper = Path(ccp4i2.__file__).parent / "wrappers/coordinate_selector/script"

    def register_tasks():
        own = TaskDescription(
            name="site_selector",
            title="Ours",
            script="ccp4i2.wrappers.coordinate_selector.script.coordinate_selector:coordinate_selector",
            def_file=wrapper / "coordinate_selector.def.xml",
            needs_ccp4=False,
        )
        return [own, replace(own, name="refmac")]

    try:
        assert run(register_tasks, ("XYZIN", str(data["model"])), task="site_selector").status is JobStatus.FINISHED
        session = open_with(tiny=tiny(register_tasks))
        assert {task.name: task.plugin for task in session.tasks()}["site_selector"] == "tiny"
        (problem,) = session.problems
        assert "'refmac' of plugin 'tiny' was left out: CCP4i2 has a task of this name" in problem.message
    finally:
        task_table.remove_tasks(["site_selector"])


def test_hook_pre_import(run, tmp_path):
    seen = []

    def pre_import(job, script):
        seen.append((job.number, script.TASKNAME))
        return [Problem(severity=Severity.BLOCK, message="not on a Monday.")]

    with pytest.raises(RefusedError, match=r"not on a Monday\. \[tiny\]") as caught:
        run(pre_import)
    assert seen == [("", "freerflag")]
    assert caught.value.problems[0].hook == "pre_import"
    assert not (tmp_path / "projects").exists()


def test_hook_open_job(run):
    def open_job(request):
        return Job(
            uuid=request.uuid,
            number="7",
            task=request.task,
            title=request.title,
            project=request.project,
            directory=request.project.jobs_directory / "job_7",
            opened_by="tiny",
        )

    outcome = run(open_job)
    assert (outcome.job.number, outcome.job.opened_by) == ("7", "tiny")
    assert (outcome.job.directory / "FREEROUT.mtz").is_file()


def test_hook_find_import(run, data):
    asked = []

    def find_import(job, md5, file_type):
        asked.append((job.number, len(md5), file_type))

    outcome = run(find_import)
    assert asked == [("1", 32, "application/CCP4-mtz-observed")]
    assert outcome.imported[0].reused is False


def test_hook_import_file(run, data):
    def import_file(job, file):
        stat = file.path.stat()
        made = job.project.directory / "CCP4_IMPORTED_FILES" / "mine.mtz"
        made.parent.mkdir()
        made.write_bytes(file.path.read_bytes())
        return ImportedFile(
            uuid=job.file_uuid("in", file.parameter),
            parameter=file.parameter,
            path=made,
            source=file.path,
            md5="0" * 32,
            sha256="",
            size_bytes=stat.st_size,
            modified_at=modification_time(stat),
            file_type=file.file_type,
        )

    outcome = run(import_file, switches=("no:file-import",))
    (imported,) = outcome.imported
    assert (imported.path.name, imported.origin.plugin) == ("mine.mtz", "tiny")
    assert "mine.mtz" in (outcome.job.directory / "input_params.xml").read_text()


def modification_time(stat):
    from datetime import datetime, timezone

    return datetime.fromtimestamp(stat.st_mtime, timezone.utc)


def test_hook_post_execute(run):
    seen = []

    def post_execute(job, script, finish):
        seen.append((job.number, finish, (job.directory / "FREEROUT.mtz").exists()))

    run(post_execute)
    assert seen == [("1", FinishStatus.SUCCEEDED, True)]


def test_hook_glean_file(run):
    def glean_file(file):
        return FileMetadata(annotation=f"{file.path.name} seen", extra={"rings": 3})

    (file,) = run(glean_file).files
    assert (file.annotation, file.extra, file.parameter) == ("FREEROUT.mtz seen", {"rings": 3}, "outputData.FREEROUT")
    assert (file.origins["annotation"].plugin, file.origins["rings"].plugin) == ("tiny", "tiny")


def test_hook_glean_kpi(run):
    def glean_kpi():
        yield Kpi(key="rings", value=3, unit="mm")
        yield Kpi(key="rings", value=4)
        yield Kpi(key="nan", value=float("nan"))
        yield Problem(severity=Severity.INFO, message="ice.")

    outcome = run(glean_kpi)
    assert [(kpi.key, kpi.value, kpi.origin.plugin) for kpi in outcome.kpis] == [("rings", 3, "tiny")]
    assert [problem.message for problem in outcome.problems] == [
        "the KPI 'nan' was left out: nan is not a finite number.",
        "the KPI 'rings' was left out: an earlier KPI of the job has the same key.",
        "ice.",
    ]


def test_hook_check_file(run):
    seen = []

    def check_file(file):
        seen.append(type(file).__name__)
        return [Problem(severity=Severity.WARNING, message=f"{file.parameter} looks odd.")]

    outcome = run(check_file)
    assert seen == ["ImportedFile", "GleanedFile"]
    mine = [problem for problem in outcome.problems if problem.origin.plugin == "tiny"]
    assert [problem.hook for problem in mine] == ["check_file", "check_file"]


def test_hook_job_status(open_with, data):
    seen = []

    def job_status(job, old, new, uses):
        seen.append((job.number, old, new, [(use.file_uuid, use.parameter) for use in uses]))

    session = open_with(tiny=tiny(job_status), memory=MemoryDatabase())
    first, second = (session.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo").outcome for _ in range(2))
    (copied,), (again,) = first.imported, second.imported
    assert (again.uuid, again.reused) == (copied.uuid, True)
    assert seen == [
        ("1", JobStatus.PENDING, JobStatus.RUNNING, []),
        ("2", JobStatus.PENDING, JobStatus.RUNNING, [(copied.uuid, "inputData.F_SIGF")]),
    ]


def test_hook_find_readers(open_with, data):
    reader = Job(
        uuid=uuid4(), number="5", task="t", title="t", project=make_project(Path("/p")), directory=Path("/p/5")
    )
    asked = []

    def find_readers(project, files):
        asked.append((project, set(files)))
        job = replace(reader, project=project)
        return [FileReader(job=job, status=JobStatus.RUNNING, file_uuid=one) for one in files]

    session = open_with(tiny=tiny(find_readers))
    outcome = session.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo").outcome
    (planned,) = session.plan_deletion("demo", "1")
    assert asked == [(outcome.job.project, {outcome.files[0].uuid, outcome.imported[0].uuid})]
    assert (planned.needed_by, planned.imports) == (("5",), ())
    assert [(one.path, one.job) for one in planned.shared] == [(outcome.imported[0].path, "5")]


@pytest.fixture
def keeper(open_with, data):
    """A session with a plugin that keeps records of jobs, what the plugin was asked, and a job that has run."""

    class Keeper:
        answer = True

        def __init__(self):
            self.asked = []

        @hookimpl
        def save_job(self, job):
            return f"all of {job.number}".encode()

        @hookimpl
        def delete_job(self, job, saved):
            self.asked.append(("delete", job.number, saved, job.directory.is_dir()))
            return self.answer

        @hookimpl
        def restore_job(self, job, saved):
            self.asked.append(("restore", job.number, saved, job.directory.is_dir()))
            return self.answer

    plugin = Keeper()
    session = open_with(keeper=plugin)
    return session, plugin, session.run("freerflag", [("F_SIGF", data["fsigf"])], project="demo").outcome


def test_hook_save_job(keeper):
    session, _, outcome = keeper
    session.delete("demo", "1")
    (record,) = outcome.job.project.jobs_directory.glob(".ccp4hooks_trash/*/record.json")
    assert record.read_bytes() == b"all of 1"


@pytest.mark.parametrize(
    ("answer", "error"), [(None, "Unknown job '1'"), (False, "The record of job 1 changes all the time")]
)
def test_hook_delete_job(keeper, answer, error):
    session, plugin, outcome = keeper
    plugin.answer = answer
    with pytest.raises(BadInputError, match=error):
        session.delete("demo", "1")
    assert outcome.job.directory.is_dir()
    assert session.trash("demo") == ()
    plugin.answer, plugin.asked = True, []
    session.delete("demo", "1")
    assert plugin.asked == [("delete", "1", b"all of 1", True)]
    assert not outcome.job.directory.exists()


def test_hook_restore_job(keeper):
    session, plugin, outcome = keeper
    session.delete("demo", "1")
    assert session.restore("demo", "1").problems == ()
    assert plugin.asked[-1] == ("restore", "1", b"all of 1", True)
    session.delete("demo", "1")
    plugin.answer = None
    # Nothing is lost but what the plugin had: the outcome file is there.
    assert session.restore("demo", "1").problems == (
        "job 1: this is not the database from which it was deleted; its note and its tags are lost",
    )
    assert outcome.files[0].path.is_file()


def test_hook_job_finished(run):
    seen = []

    def job_finished(job, outcome):
        seen.append((outcome, outcome_file.read(job.directory / outcome_file.FILE_NAME)))

    outcome = run(job_finished)
    assert seen == [(outcome, outcome)]


def test_hook_job_withdrawn(open_with, data, tmp_path):
    seen = []

    class Withdrawn:
        @hookimpl
        def check_file(self):
            return [Problem(severity=Severity.BLOCK, message="not this file.")]

        @hookimpl
        def job_withdrawn(self, job, new_project):
            seen.append((job.number, new_project, job.directory.exists()))

        @hookimpl
        def job_finished(self):
            seen.append("finished")

    with pytest.raises(RefusedError, match="not this file"):
        open_with(withdrawn=Withdrawn()).run("freerflag", [("F_SIGF", data["fsigf"])], project="demo")
    assert seen == [("1", True, False)]
    assert not (tmp_path / "projects").exists()


def test_a_dry_run_calls_neither_open_job_nor_a_sink(run, tmp_path):
    called = []

    class Writer:
        @hookimpl
        def open_job(self):
            called.append("open_job")

        @hookimpl
        def job_status(self):
            called.append("job_status")

        @hookimpl
        def job_finished(self):
            called.append("job_finished")

    def glean_kpi():
        return [Kpi(key="rings", value=3)]

    outcome = run(glean_kpi, dry_run=True, writer=Writer())
    assert (outcome.status, outcome.kpis[0].key, called) == (JobStatus.FINISHED, "rings", [])
    assert not outcome.job.directory.exists()
    assert not (tmp_path / "projects").exists()


def test_async_hooks_are_awaited(run):
    import asyncio

    async def glean_kpi(job):
        await asyncio.sleep(0)
        return [Kpi(key="waited", value=True)]

    assert [kpi.key for kpi in run(glean_kpi).kpis] == ["waited"]


def test_find_file_returns_none_for_an_unknown_file(open_with, project):
    assert open_with().find_file(FileQuery(project=project, job_number="9", parameter="X")) is None


def test_hook_move_project(open_with, tmp_path):
    job = make_job(tmp_path / "demo")
    outcome_file.write(make_outcome(tmp_path / "demo"))
    new = (tmp_path / "demo").rename(tmp_path / "moved")
    moved = replace(job.project, directory=new)

    def find_project():
        return job.project

    def move_project(project, directory):
        return moved if (project, directory) == (job.project, new) else None

    session = open_with(reader=tiny(find_project), tiny=tiny(move_project))
    assert session.move_project("demo", new) == moved


def test_hook_create_project(open_with, tmp_path):
    seen = []

    def create_project(project):
        seen.append(project.jobs_directory.is_dir())
        return replace(project, uuid=JOB_UUID)

    made = open_with(tiny=tiny(create_project)).create_project("new")
    assert (made.name, made.directory, made.uuid) == ("new", tmp_path / "projects" / "new", JOB_UUID)
    assert seen == [True]


XML = (
    f"<database><ccp4i2_body><projectTable><project projectid='{JOB_UUID}' projectname='demo'/></projectTable>"
    "</ccp4i2_body></database>"
).encode()


def test_hook_export_project(open_with, tmp_path):
    outcome, seen = make_outcome(tmp_path / "demo"), []
    outcome_file.write(outcome)

    def find_project():
        return outcome.job.project

    def read_outcomes():
        return [outcome]

    def export_project(project, numbers):
        seen.append((project, numbers))
        return ProjectRecord(xml=XML, rows={"a": 1})

    session = open_with(finder=tiny(find_project), reader=tiny(read_outcomes), tiny=tiny(export_project))
    done = session.export_project("demo", tmp_path / "whole.zip")
    session.export_project("demo", tmp_path / "part.zip", jobs=["1"])
    assert seen == [(outcome.job.project, None), (outcome.job.project, ("1",))]
    with zipfile.ZipFile(done.path) as found:
        assert found.read("DATABASE.db.xml") == XML
        assert json.loads(found.read("ccp4hooks_project.json"))["rows"] == {"a": 1}


def test_hook_import_project(open_with, tmp_path):
    seen = []

    def import_project(project, record):
        seen.append((project.name, project.directory.is_dir(), record))
        return ["something was changed"]

    def job_finished():
        """Make this a plugin that records jobs."""

    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/DATABASE.db.xml").write_bytes(XML)
    session = open_with(tiny=tiny(import_project), recorder=tiny(job_finished))
    done = session.import_project(tmp_path / "archive", name="new")
    assert seen == [("new", True, ProjectRecord(xml=XML))]
    assert (done.project.uuid, done.problems) == (JOB_UUID, ("something was changed",))
    assert done.project.jobs_directory.is_dir()


def test_hook_change_labels(open_with, tmp_path):
    job = make_job(tmp_path / "demo")

    def change_labels(subject, change):
        return Labels(uuid=subject.uuid, title=change.title, note=change.note, tags=change.add_tags)

    changed = open_with(tiny=tiny(change_labels)).label(job, title="t", note="n", add_tags=["a"])
    assert changed == Labels(uuid=job.uuid, title="t", note="n", tags=("a",))


def test_hook_read_labels(open_with, tmp_path):
    known, unknown = make_job(tmp_path / "demo"), make_project(tmp_path / "other")

    def read_labels(uuids):
        return [Labels(uuid=uuids[0], title="new", tags=("a",))]

    assert open_with(tiny=tiny(read_labels)).labels(known, unknown) == (
        Labels(uuid=known.uuid, title="new", tags=("a",)),
        Labels(uuid=unknown.uuid, title="other"),
    )


def test_hook_query_jobs(open_with, tmp_path):
    job, seen = make_job(tmp_path / "demo"), []
    row = JobSummary(job=job, status=JobStatus.FINISHED, created_at=datetime(2026, 1, 2, tzinfo=timezone.utc))

    def query_jobs(query):
        seen.append(query)
        return [row]

    found = open_with(tiny=tiny(query_jobs)).query(job.project, status="failed", kpis="RFree<0.25", limit=3)
    assert list(found) == [row]
    condition = KpiCondition(key="RFree", operator="<", value=0.25)
    assert seen == [JobQuery(project=job.project, statuses=(JobStatus.FAILED,), conditions=(condition,), limit=3)]


def test_hook_find_unchanged(open_with, tmp_path, data):
    job, seen = make_job(tmp_path / "demo"), []
    outcome = make_outcome(tmp_path / "demo", "1")

    def find_unchanged(project, fingerprint):
        seen.append((project.name, len(fingerprint)))
        return [job]

    def read_outcomes():
        return [outcome]

    session = open_with(tiny=tiny(find_unchanged), other=tiny(read_outcomes))
    result = session.run("coordinate_selector", [("XYZIN", data["model"])], project="demo", if_changed=True)
    assert (result.unchanged, result.outcomes) == (True, (outcome,))
    assert seen == [("demo", 64)]


def test_hook_require_store(open_with):
    def require_store():
        raise StoreError("it is not there")

    session = open_with(tiny=tiny(require_store))
    with pytest.raises(StoreError, match="it is not there"):
        session.require_store()
    open_with().require_store()


def test_hook_report_section(open_with, tmp_path):
    outcome, seen = make_outcome(tmp_path / "projects" / "demo"), []
    outcome_file.write(outcome)

    def report_section(project, outcomes):
        seen.append((project.name, [one.job.number for one in outcomes]))
        yield Section(title="Sizes", table=[{"Job": one.job.number, "Files": len(one.files)} for one in outcomes])
        yield Text(title="Note", markdown="**done**")

    def failing(outcomes):
        raise ValueError("no such table")

    failing.__name__ = "report_section"
    report = open_with(tiny=tiny(report_section), bad=tiny(failing)).report("demo")
    assert seen == [("demo", ["1"])]
    assert [(type(one), one.title, one.origin.plugin) for one in report.sections] == [
        (Section, "Sizes", "tiny"),
        (Text, "Note", "tiny"),
    ]
    assert report.sections[0].table == ({"Job": "1", "Files": 0},)
    assert report.problems == ("plugin 'bad' failed in report_section: ValueError: no such table [bad]",)


# --- engines ------------------------------------------------------------------------------------------------------


class Submitting:
    """A plugin that records jobs and submits them to an engine, and what it was asked."""

    def __init__(self, folder):
        self.job, self.asked, self.attempts = make_job(folder), [], []
        self.fates, self.stops, self.reopens, self.running = {}, True, True, []
        self.is_silent = False

    @hookimpl
    def open_job(self, request):
        self.job = replace(self.job, uuid=request.uuid, task=request.task, project=request.project, opened_by="tiny")
        self.job = replace(self.job, directory=request.project.job_directory("1"))
        return self.job

    @hookimpl
    def save_attempt(self, attempt):
        self.asked.append(attempt.key)
        self.attempts = [*(one for one in self.attempts if one.number != attempt.number), attempt]
        return True

    @hookimpl
    def note_running(self, attempt, pid, silent_s):
        self.running.append((attempt.job.uuid, attempt.host, pid, silent_s < 60))
        return True

    @hookimpl
    def read_attempts(self, uuids):
        return self.attempts if self.job.uuid in uuids else []

    @hookimpl
    def find_attempts(self, project, fingerprint):
        return [one for one in self.attempts if one.end is None and fingerprint in ("", one.fingerprint)]

    @hookimpl
    def submit_job(self, engine, job, command, needs):
        self.asked.append((engine.name, job, command.arguments[-4:], needs.cores))
        return Handle(engine=engine.name, key="4711")

    @hookimpl
    def ask_engine(self, engine, handles, limit_s):
        self.asked.append(limit_s)
        if self.is_silent:
            raise EngineUnavailableError("The scheduler has not answered")
        return {one: self.fates.get(one.key, Fate.UNKNOWN) for one in handles}

    @hookimpl
    def stop_job(self, engine, handle):
        self.asked.append((engine.name, handle.key))
        return self.stops

    @hookimpl
    def read_outcomes(self, project, number):
        return [make_outcome(project.directory, status=JobStatus.QUEUED, job=self.job)]

    @hookimpl
    def cancel_job(self, uuid):
        return self.job

    @hookimpl
    def reopen_job(self, uuid):
        if not self.reopens:
            raise BadInputError("Job 1 is RUNNING.")
        return self.job


@pytest.fixture
def submitting(tmp_path):
    """A session with that plugin and an engine, and the plugin."""
    table = {"plugin": "tiny", "cores": 4, "database": "by-file"}
    settings = make_settings(tmp_path / "projects", engine_tables={"cluster": table})
    plugin = Submitting(tmp_path / "projects/p")
    session = open_session(settings, extra={"tiny": plugin})
    session.portable = True
    return session, plugin


def submit_freerflag(session, data, **needs):
    target = RunTarget(engine="cluster", needs=Needs(**needs))
    return session.submit("freerflag", [("F_SIGF", str(data["fsigf"]))], project="p", target=target)


def test_hook_submit_job(submitting, data):
    session, plugin = submitting
    made = submit_freerflag(session, data)
    assert plugin.asked[1] == ("cluster", made.job, ("--attempt", "1", "--directory", str(made.job.directory)), 4)
    assert made.attempt.handle == Handle(engine="cluster", key="4711")
    submit_freerflag(session, data, cores=8)
    assert plugin.asked[-2][-1] == 8


def test_hook_save_attempt(submitting, data):
    session, plugin = submitting
    made = submit_freerflag(session, data)
    # Before and after the engine was asked.
    assert [plugin.asked[0], plugin.asked[2]] == ["", "4711"]
    assert plugin.attempts == [made.attempt]
    assert (made.attempt.number, made.attempt.engine, len(made.attempt.fingerprint)) == (1, "cluster", 64)


def test_hook_read_attempts(submitting, data):
    session, plugin = submitting
    made = submit_freerflag(session, data)
    assert session.attempts(made.job.project, "1") == (made.attempt,)
    plugin.attempts = []
    assert session.attempts(made.job.project, "1") == ()


def test_hook_find_attempts(submitting, data):
    session, _ = submitting
    made = submit_freerflag(session, data)
    assert session.submitted(made.job.project) == (made.attempt,)


@pytest.mark.parametrize(("fate", "ended"), [(Fate.GONE, 1), (Fate.QUEUED, 0), (Fate.RUNNING, 0), (Fate.UNKNOWN, 0)])
def test_hook_ask_engine(submitting, data, fate, ended):
    session, plugin = submitting
    made = submit_freerflag(session, data)
    plugin.fates = {"4711": fate}
    done = session.recover(made.job.project)
    assert [one.status for one in done.outcomes] == [JobStatus.INTERRUPTED] * ended
    if ended:
        assert "has ended it before it began (number 4711 there)" in str(done.outcomes[0].problems[-1])


def test_an_engine_that_does_not_answer_holds_up_nobody_who_has_not_asked_for_its_jobs(submitting, data):
    session, plugin = submitting
    name = submit_freerflag(session, data).job.project.name
    plugin.is_silent = True
    assert session.recover_quietly(name) == ("The scheduler has not answered",)
    assert plugin.asked[-1] == 5
    assert session.recover_quietly(name, waits=True) == session.recover(name).silent
    assert plugin.asked[-2:] == [None, None]


def test_an_engine_without_jobs_that_have_not_ended_is_not_asked(submitting, data):
    session, plugin = submitting
    name = submit_freerflag(session, data).job.project.name
    plugin.attempts = []
    plugin.asked.clear()
    session.recover_quietly(name)
    session.recover()
    assert plugin.asked == []


def test_hook_stop_job(submitting, data):
    session, plugin = submitting
    made = submit_freerflag(session, data)
    plugin.stops = False
    with pytest.raises(BadInputError, match=r"The engine 'cluster' did not end job 1 \(number 4711 there\)"):
        session.cancel(made.job.project, "1")
    assert plugin.asked[-1] == ("cluster", "4711")


def test_hook_reopen_job(submitting, data):
    session, plugin = submitting
    made = submit_freerflag(session, data)
    again = session.retry(made.job.project, "1", target=RunTarget(engine="cluster", retries=3))
    assert (again.job, again.attempt.number, again.attempt.retries) == (made.job, 2, 3)
    assert again.attempt.fingerprint == made.attempt.fingerprint
    plugin.reopens = False
    with pytest.raises(BadInputError, match=r"Job 1 is RUNNING\."):
        session.retry(made.job.project, "1")


def test_hook_note_running(submitting, data):
    session, plugin = submitting
    made = submit_freerflag(session, data)
    session.follow_engines(made.job.project)
    assert plugin.running == []
    attempt_files.begin(made.job, 1, "node7")
    session.follow_engines(made.job.project)
    assert plugin.running == [(made.job.uuid, "node7", os.getpid(), True)]


def test_hook_close_session(open_with):
    closed = []

    def close_session():
        closed.append(len(closed))

    class Failing:
        @hookimpl
        def close_session(self):
            raise OSError("lost")

    session = open_with(failing=Failing(), tiny=tiny(close_session))
    with session:
        assert closed == []
    assert closed == [0]
    session.close()
    assert closed == [0, 1]
    assert [one.message for one in session.problems] == ["plugin 'failing' failed in close_session: OSError: lost"] * 2
