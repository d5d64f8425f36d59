import os
import signal
import subprocess
import sys
import threading
from functools import partial

import pytest
from unit.samples import make_outcome

from ccp4hooks import (
    BadInputError,
    JobStatus,
    Kpi,
    RunRequest,
    Settings,
    UnknownNameError,
    UnknownTaskError,
    hookimpl,
    open_session,
    run_job,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import FileQuery


@pytest.fixture
def given(data):
    return [("F_SIGF", str(data["fsigf"]))]


def test_run_job_runs_one_task_with_the_settings_given(tmp_path, given):
    seen = []
    settings = Settings(projects_dir=tmp_path, plugins=("no:database",))
    result = run_job("freerflag", dict(given), project="demo", title="first", settings=settings, progress=seen.append)
    assert (result.recorded, result.outcome.status, result.outcome.job.title) == (True, JobStatus.FINISHED, "first")
    assert [one.phase for one in seen] == ["importing", "running", "extracting", "finished"]
    assert seen[-1].status is JobStatus.FINISHED


def test_run_job_takes_plugins_the_database_and_a_dry_run_as_arguments(tmp_path, given, monkeypatch):
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", str(tmp_path / "projects"))
    seen = []

    class Site:
        @hookimpl
        def configure(self, settings):
            seen.append((settings.database, settings.dry_run))

        @hookimpl
        def glean_kpi(self):
            yield Kpi(key="site", value=1)

        @hookimpl
        def close_session(self):
            seen.append("closed")

    run = partial(run_job, "freerflag", dict(given), project="demo", extra={"site": Site()})
    outcome = run(database="sqlite:////nowhere/db.sqlite3", plugins=["no:database"], dry_run=True).outcome
    assert seen == [("sqlite:////nowhere/db.sqlite3", True), "closed"]
    assert [one.key for one in outcome.kpis if one.origin.plugin == "site"] == ["site"]
    assert not (tmp_path / "projects").exists()
    with pytest.raises(BadInputError, match="Give either settings, or database, plugins and dry_run"):
        run(settings=Settings(projects_dir=tmp_path), dry_run=True)


def test_values_may_be_a_mapping_wherever_pairs_may_be_given(open_with, given):
    session = open_with()
    values = dict(given)
    first = session.run("freerflag", values, project="demo")
    assert session.run("freerflag", given, project="demo", if_changed=True).unchanged
    assert session.rerun("demo", "1", values, if_changed=True).unchanged
    assert session.value_faults("freerflag", {"FRAC": "x"}) == session.value_faults("freerflag", [("FRAC", "x")])
    request = RunRequest(task="freerflag", values=values, project="demo")
    assert request == RunRequest(task="freerflag", values=given, project="demo")
    assert request.values == tuple(given)
    assert first.outcome.status is JobStatus.FINISHED


@pytest.mark.parametrize("values", ["F_SIGF=a.mtz", 5, None, ["F_SIGF=a.mtz"], [("a", "b", "c")], [(1, 2)], [5]])
def test_values_that_are_no_pairs_are_refused_before_any_job(open_with, tmp_path, values):
    with pytest.raises(BadInputError, match=r"Give a mapping, such as \{'NCYCLES': 5\}, or \(name, value\) pairs\."):
        open_with().run("freerflag", values, project="demo")
    assert not (tmp_path / "projects").exists()


PACKAGE = """
from ccp4hooks import TaskDescription, hookimpl
from ccp4i2.core.CCP4PluginScript import CPluginScript

class Site(CPluginScript):
    TASKNAME = "site_task"

@hookimpl
def register_tasks():
    yield TaskDescription(name="site_task", title="T", script="site_package:Site", def_file=DEF_FILE)
"""


def test_a_script_of_a_package_can_be_made_before_any_session_was_opened(tmp_path, data):
    def_file = data["model"].parents[2] / "coordinate_selector" / "script" / "coordinate_selector.def.xml"
    (tmp_path / "site_package.py").write_text(f"DEF_FILE = {str(def_file)!r}\n{PACKAGE}", encoding="utf-8")
    program = (
        "from ccp4hooks import make_script; made = make_script('site_task'); print(made.container.inputData.XYZIN)"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "CCP4HOOKS_PLUGINS": "site_package"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr


def test_a_session_shows_what_it_is(open_with):
    session = open_with("no:database", "no:kpi", "no:validation", dry_run=True)
    text = f"<Session of {str(session.settings.projects_dir)!r}, database 'default', plugins file-import, dry run>"
    assert repr(session) == text
    secret = Settings(
        projects_dir=session.settings.projects_dir, plugins=("no:database",), database="postgresql://a:s3@h/d"
    )
    assert "s3" not in repr(open_session(secret))


def test_a_session_ends_its_threads_at_the_end_of_a_block_and_can_be_used_again(open_with, given):
    before = set(threading.enumerate())
    session = open_with()
    with session as entered:
        assert entered is session
        session.run("freerflag", given, project="demo")
        (watching,) = {one for one in threading.enumerate() if one.name == "ccp4hooks-slow-calls"} - before
    watching.join(20)
    assert not watching.is_alive()
    assert session.run("freerflag", given, project="demo").outcome.status is JobStatus.FINISHED


def test_a_job_leaves_what_ccp4i2s_gui_reads(open_with, given):
    directory = open_with().run("freerflag", given, project="demo").outcome.job.directory
    names = {path.name for path in directory.iterdir()}
    assert {"input_params.xml", "params.xml", "diagnostic.xml", "ccp4hooks_outcome.json"} <= names


def test_an_output_of_an_earlier_job_is_found_without_a_database(open_with, given):
    session = open_with()
    session.run("freerflag", given, project="demo")
    second = session.run("freerflag", [*given, ("FREERFLAG", "@1.FREEROUT")], project="demo").outcome
    assert (second.job.number, second.status) == ("2", JobStatus.FINISHED)
    known = session.find_file(FileQuery(project=second.job.project, job_number="1", parameter="FREEROUT"))
    assert known.path == second.job.project.jobs_directory / "job_1" / "FREEROUT.mtz"


def test_a_task_that_fails_is_no_error_and_says_so(open_with, data):
    outcome = open_with("no:validation").run("mtzheader", [("HKLIN", str(data["model"]))], project="demo").outcome
    assert outcome.status is JobStatus.FAILED
    assert outcome_file.read(outcome.job.directory / outcome_file.FILE_NAME) == outcome


def test_projects_and_jobs_are_found_by_directory_without_a_database(open_with, tmp_path):
    outcome_file.write(make_outcome(tmp_path / "projects" / "b", "2"))
    outcome_file.write(make_outcome(tmp_path / "projects" / "b", "2.1"))
    outcome_file.write(make_outcome(tmp_path / "projects" / "a", "21"))
    session = open_with()
    assert [project.name for project in session.projects()] == ["a", "b"]
    project = session.project("b")
    assert [one.job.number for one in session.outcomes(project)] == ["2", "2.1"]
    assert [one.job.number for one in session.outcomes(project, "2.1")] == ["2.1"]
    with pytest.raises(UnknownNameError, match="Unknown job '21'"):
        session.outcomes(project, "21")


def test_an_unknown_project_is_told_with_the_nearest_name(open_with, tmp_path):
    outcome_file.write(make_outcome(tmp_path / "projects" / "rnase"))
    with pytest.raises(UnknownNameError, match="did you mean rnase"):
        open_with().project("rnas")


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "nul\0l", "n" * 300])
def test_a_name_that_can_be_no_directory_is_no_project_name(open_with, given, tmp_path, name):
    with pytest.raises(BadInputError):
        open_with().run("freerflag", given, project=name)
    assert list(tmp_path.iterdir()) == []


def test_bad_input_leaves_nothing_behind(open_with, tmp_path):
    session = open_with()
    with pytest.raises(UnknownTaskError, match="did you mean freerflag"):
        session.run("freerflga", project="demo")
    with pytest.raises(BadInputError, match="F_SIGF: is required and was not given"):
        session.run("freerflag", project="demo")
    with pytest.raises(BadInputError, match="does not exist"):
        session.run("freerflag", [("F_SIGF", "missing.mtz")], project="demo")
    assert list(tmp_path.iterdir()) == []


def test_a_projects_directory_that_cannot_be_written_is_bad_input(open_with, given, tmp_path):
    (tmp_path / "projects").write_text("a file")
    with pytest.raises(BadInputError, match="Cannot write to the project directory"):
        open_with().run("freerflag", given, project="demo")
    assert (tmp_path / "projects").read_text() == "a file"


def test_the_order_of_a_hooks_plugins_is_told_and_unknown_hooks_are_not(open_with):
    assert open_with().hook_order("glean_kpi") == ("kpi",)
    with pytest.raises(UnknownNameError, match="did you mean glean_kpi"):
        open_with().hook_order("glean_kpis")


def test_a_job_that_is_interrupted_is_recorded_as_such_and_the_interrupt_passes(open_with, given, tmp_path):
    class Slow:
        def __init__(self):
            self.calls = 0

        @hookimpl
        def post_execute(self):
            self.calls += 1
            if self.calls == 1:
                # The user presses Ctrl-C, and once more, because nothing happens.
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        open_with(slow=Slow()).run("freerflag", given, project="demo")
    (written,) = outcome_file.below(tmp_path / "projects" / "demo" / "CCP4_JOBS")
    assert outcome_file.read(written).status is JobStatus.INTERRUPTED


def test_a_project_may_be_given_by_its_name_or_its_uuid(open_with, given, memory_database):
    session = open_with(memory=memory_database)
    project = session.run("freerflag", given, project="demo").outcome.job.project
    for wanted in (project, "demo", project.uuid):
        assert [one.job.number for one in session.outcomes(wanted)] == ["1"]
        assert [one.job.number for one in session.replay(wanted).outcomes] == ["1"]
        assert [one.job.number for one in session.reglean(wanted, "1").outcomes] == ["1"]
        assert session.recover(wanted).outcomes == session.owned_jobs(wanted) == ()
    with pytest.raises(UnknownNameError, match="Unknown project 'other'"):
        session.recover("other")
