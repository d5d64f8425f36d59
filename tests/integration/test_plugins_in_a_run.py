"""Plugins in a run of a real task, enabled and disabled, and failing in each hook."""

import asyncio
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ccp4hooks import (
    BadInputError,
    FileMetadata,
    JobStatus,
    Kpi,
    NotRecordedError,
    PluginError,
    Problem,
    RefusedError,
    Severity,
    hookimpl,
    load_settings,
    open_session,
)

PLUGINS = ("database", "file-import", "kpi", "validation")
COMBINATIONS = [set(some) for count in range(5) for some in itertools.combinations(PLUGINS, count)]

SCENARIO = """
import json, sys
from pathlib import Path
from ccp4hooks import load_settings, open_session
folder, model, switches = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
settings = load_settings(
    projects_dir=folder / "projects", database=f"sqlite:///{folder}/db.sqlite3", plugins=switches
)
result = open_session(settings).run("coordinate_selector", [("XYZIN", model)], project="p")
outcome = result.outcome
print(json.dumps({
    "status": outcome.status.name,
    "files": [file.path.name for file in outcome.files],
    "kpis": sorted(kpi.key for kpi in outcome.kpis),
    "imported": [str(file.path.relative_to(outcome.job.project.directory)) for file in outcome.imported],
    "opened_by": outcome.job.opened_by,
    "called": sorted({timing.origin.plugin for timing in outcome.timings}),
    "database": (folder / "db.sqlite3").exists(),
}))
"""


@pytest.mark.sampled(3)
@pytest.mark.parametrize("on", COMBINATIONS, ids=lambda on: "+".join(sorted(on)) or "none")
def test_any_combination_of_the_four_plugins_runs(on, tmp_path, data):
    import json

    switches = [name if name in on else f"no:{name}" for name in PLUGINS]
    finished = subprocess.run(
        [sys.executable, "-c", SCENARIO, str(tmp_path), str(data["model"]), *switches],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CCP4I2_HOME": str(tmp_path / "home")},
    )
    assert finished.returncode == 0, finished.stderr
    seen = json.loads(finished.stdout)
    assert seen["status"] == "FINISHED"
    assert seen["files"] == ["XYZOUT.pdb"]
    assert seen["kpis"] == (["nAtoms", "nResidues"] if "kpi" in on else [])
    assert seen["imported"] == (["CCP4_IMPORTED_FILES/1a80_A.pdb"] if "file-import" in on else [])
    assert seen["opened_by"] == ("database" if "database" in on else None)
    assert seen["database"] is ("database" in on)
    assert ("validation" in seen["called"]) is ("validation" in on)


def _broken(hook, reaction):
    """Return a plugin whose only hook implementation calls `reaction`."""

    def implementation(self):
        return reaction()

    implementation.__name__ = hook
    return type("Broken", (), {hook: hookimpl(implementation)})()


def _raise():
    raise RuntimeError("a bug of the plugin's")


def _exit():
    sys.exit(3)


COLLECTED = ("pre_import", "post_execute", "glean_file", "glean_kpi", "check_file", "find_import")


@pytest.mark.parametrize("reaction", [_raise, _exit])
@pytest.mark.parametrize("hook", COLLECTED)
def test_a_failing_plugin_loses_only_its_own_results_and_is_named(hook, reaction, session, data):
    outcome = (
        session(broken=_broken(hook, reaction))
        .run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p")
        .outcome
    )
    assert outcome.status is JobStatus.FINISHED
    assert [file.path.name for file in outcome.files] == ["XYZOUT.pdb"]
    assert {kpi.key for kpi in outcome.kpis} == {"nAtoms", "nResidues"}
    assert len(outcome.imported) == 1
    problems = [problem for problem in outcome.problems if problem.origin and problem.origin.plugin == "broken"]
    assert {problem.hook for problem in problems} == {hook}
    assert all(problem.traceback_file and problem.traceback_file.is_file() for problem in problems)


@pytest.mark.parametrize("reaction", [_raise, _exit])
def test_a_failing_sink_leaves_the_outcome_file_and_raises_not_recorded(reaction, session, data):
    made = session(broken=_broken("job_finished", reaction))
    with pytest.raises(NotRecordedError, match="'broken' failed in job_finished") as caught:
        made.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p")
    outcome = caught.value.result.outcome
    assert outcome.status is JobStatus.FINISHED
    (read,) = made.outcomes(made.project("p"))
    assert [file.uuid for file in read.files] == [file.uuid for file in outcome.files]


def test_a_failing_status_sink_does_not_stop_the_job(session, data):
    outcome = (
        session(broken=_broken("job_status", _raise))
        .run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p")
        .outcome
    )
    assert outcome.status is JobStatus.FINISHED
    assert any("failed in job_status" in problem.message for problem in outcome.problems)


def test_a_plugin_that_fails_to_open_the_job_stops_it_and_leaves_nothing(session, data, tmp_path):
    with pytest.raises(PluginError, match=r"'broken' failed in open_job.*a bug of the plugin's"):
        session(broken=_broken("open_job", _raise)).run(
            "coordinate_selector", [("XYZIN", str(data["model"]))], project="p"
        )
    assert not (tmp_path / "projects").exists()


def test_a_plugin_that_fails_to_import_stops_the_job_and_leaves_nothing(session, data, tmp_path):
    made = session("no:file-import", broken=_broken("import_file", _raise))
    with pytest.raises(PluginError, match="'broken' failed in import_file"):
        made.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p")
    assert not (tmp_path / "projects").exists()


def test_a_plugin_that_fails_to_register_tasks_does_not_affect_others(session):
    made = session(broken=_broken("register_tasks", _raise))
    assert "it_pipeline" in {task.name for task in made.tasks()}
    assert any("failed in register_tasks" in problem.message for problem in made.problems)


def test_a_plugin_that_fails_to_find_a_file_is_named_and_the_file_is_still_used(session, data):
    session().run("coordinate_selector", [("XYZIN", data["model"])], project="p")
    made = session(broken=_broken("find_file", _raise))
    outcome = made.run("coordinate_selector", [("XYZIN", "@1.XYZOUT")], project="p").outcome
    assert [use.parameter for use in outcome.uses] == ["inputData.XYZIN"]
    assert any("'broken' failed in find_file" in problem.message for problem in made.problems)


def test_a_dry_run_shows_the_next_job_number_and_uses_files_of_the_project(session, data):
    session().run("coordinate_selector", [("XYZIN", data["model"])], project="p")
    outcome = session(dry_run=True).run("coordinate_selector", [("XYZIN", "@1.XYZOUT")], project="p").outcome
    assert (outcome.job.number, outcome.imported) == ("2", ())
    assert [use.parameter for use in outcome.uses] == ["inputData.XYZIN"]


def test_the_same_content_given_twice_is_copied_once(session, data, tmp_path):
    values = [("XYZIN", data["model"]), ("XYZ_LIST", data["model"]), ("XYZ_LIST", data["model"]), ("COUNT", 0)]
    outcome = session().run("it_output", values, project="p").outcome
    assert [file.reused for file in outcome.imported] == [False, True, True]
    assert [path.name for path in (tmp_path / "projects/p/CCP4_IMPORTED_FILES").iterdir()] == ["1a80_A.pdb"]


def test_a_job_can_be_run_from_a_coroutine(session, data):
    async def inside_a_loop():
        return session().run("coordinate_selector", [("XYZIN", data["model"])], project="p")

    assert asyncio.run(inside_a_loop()).outcome.status is JobStatus.FINISHED


def test_a_linked_job_directory_belongs_to_the_project(session, data, tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "projects/p").mkdir(parents=True)
    (tmp_path / "projects/p/CCP4_JOBS").symlink_to(tmp_path / "scratch")
    outcome = session().run("coordinate_selector", [("XYZIN", data["model"])], project="p").outcome
    assert [file.parameter for file in outcome.files] == ["outputData.XYZOUT"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_rejected_without_blocking(session, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInputError, match="is a pipe or a device"):
        session().run("coordinate_selector", [("XYZIN", tmp_path / "pipe")], project="p")


def test_a_refused_job_leaves_no_files(session, data, tmp_path):
    class Veto:
        @hookimpl
        def pre_import(self, job):
            return [Problem(severity=Severity.BLOCK, message="the beam is off.", cure="Come back tomorrow.")]

    with pytest.raises(RefusedError, match=r"the beam is off\. Come back tomorrow\. \[veto\]"):
        session(veto=Veto()).run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p")
    assert not (tmp_path / "projects").exists()


def test_a_later_plugin_replaces_fields_and_every_field_keeps_its_origin(session, data):
    class First:
        @hookimpl
        def glean_file(self, file):
            return FileMetadata(annotation="first", extra={"chains": 1})

    class Second:
        @hookimpl
        async def glean_file(self, file):
            return FileMetadata(annotation="second", sub_type=2)

    used = session(a_first=First(), b_second=Second())
    outcome = used.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p").outcome
    (file,) = outcome.files
    # With recorded values, and with values that the tables cannot store.
    ((recorded,),) = (one.files for one in used.outcomes(outcome.job.project, "1"))
    assert recorded == file
    assert (file.annotation, file.sub_type, file.extra) == ("second", 2, {"chains": 1})
    assert {name: origin.plugin for name, origin in file.origins.items()} == {
        "file": "core",
        "file_type": "core",
        "content_flag": "core",
        "annotation": "b-second",
        "sub_type": "b-second",
        "chains": "a-first",
    }


def test_invalid_kpis_become_problems_and_other_kpis_are_kept(session, data):
    class Site:
        @hookimpl
        def glean_kpi(self, job):
            yield Kpi(key="k" * 51, value=1.0)
            yield Kpi(key="text", value="t" * 256)
            yield Kpi(key="nan", value=float("nan"))
            yield Kpi(key="nAtoms", value=-1)
            yield Kpi(key="beamline", value="I04", unit="")

    outcome = session(site=Site()).run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p").outcome
    assert {kpi.key: kpi.value for kpi in outcome.kpis} == {"nAtoms": 2122, "nResidues": 277, "beamline": "I04"}
    assert len([problem for problem in outcome.problems if "was left out" in problem.message]) == 4


def test_a_dry_run_writes_no_project_and_calls_no_sink(session, data, tmp_path):
    called = []

    class Sink:
        @hookimpl
        def open_job(self, request):
            called.append("open_job")

        @hookimpl
        def job_status(self, job):
            called.append("job_status")

        @hookimpl
        def job_finished(self, job):
            called.append("job_finished")

    values = [("XYZIN", str(data["model"]))]
    dry = session(dry_run=True, sink=Sink()).run("coordinate_selector", values, project="p").outcome
    assert called == []
    assert not (tmp_path / "projects").exists()
    wet = session().run("coordinate_selector", values, project="p").outcome
    names = [[file.path.relative_to(one.job.project.directory) for file in one.files] for one in (dry, wet)]
    assert names[0] == names[1]
    assert (dry.job.number, dry.job.directory) == (wet.job.number, wet.job.directory)


def test_the_output_of_a_task_is_written_to_a_file_in_the_job_directory(session, data, capsys):
    outcome = session().run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p").outcome
    assert capsys.readouterr() == ("", "")
    assert "Set NATOMS" in Path(outcome.job.directory / "ccp4hooks_output.txt").read_text()


def test_jobs_of_a_project_without_database_are_read_from_their_outcome_files(session, data):
    made = session()
    made.run("coordinate_selector", [("XYZIN", str(data["model"]))], project="p")
    made.run("coordinate_selector", [("XYZIN", "@1.XYZOUT")], project="p")
    assert [one.job.number for one in made.outcomes(made.project("p"))] == ["1", "2"]
    assert [project.name for project in made.projects()] == ["p"]


def test_settings_come_from_arguments_before_environment_before_file(tmp_path, monkeypatch):
    (tmp_path / "ccp4hooks.toml").write_text('database = "sqlite:////file"\nuse = ["no:kpi"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert load_settings().database == "sqlite:////file"
    monkeypatch.setenv("DATABASE_URL", "sqlite:////environment")
    assert load_settings().database == "sqlite:////environment"
    assert load_settings(database="sqlite:////argument").database == "sqlite:////argument"
    states = {record.name: record.state.value for record in open_session(load_settings()).plugins}
    assert states["kpi"] == "disabled"
