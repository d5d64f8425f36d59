"""The parameters and results of a job are recorded, and how it was started."""

import getpass
import hashlib
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from weakref import WeakValueDictionary

import pytest
from click.testing import CliRunner

from ccp4hooks import JobStatus, ParameterSource, ParameterValue, load_settings, make_script, open_session
from ccp4hooks.cli import cli
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import usage

USER, JOB, TASK = ParameterSource.USER, ParameterSource.JOB, ParameterSource.TASK
TASKS = Path(__file__).parent / "tasks"
SECRETS = ("hunter2", "swordfish", "opensesame")


@pytest.fixture
def session(session):
    yield lambda *switches, **extra: session("param_tasks", *switches, **extra)
    for name in ("param_tasks", "param_scripts"):
        sys.modules.pop(name, None)


def values_of(outcome):
    return {one.name: (one.value, one.source) for one in outcome.parameters}


def test_what_the_user_has_given_and_the_task_has_changed_is_recorded(session):
    values = [
        ("WEIGHT", 0.5),
        ("CUTOFF", 0.0),
        ("TITLE", "a"),
        ("controlParameters.TITLE", "b"),
        ("group.TOGGLE", True),
    ]
    outcome = session().run("param_task", values, project="p").outcome
    assert outcome.parameters == (
        ParameterValue(name="TITLE", value="a", class_name="CString"),
        ParameterValue(name="controlParameters.TITLE", value="b", class_name="CString"),
        ParameterValue(name="CYCLES", value=110, default=10, class_name="CInt", source=TASK),
        ParameterValue(name="WEIGHT", value=0.5, default=0.5, class_name="CFloat"),
        ParameterValue(name="CUTOFF", value=0.0, class_name="CFloat"),
        ParameterValue(name="group.TOGGLE", value=True, default=False, class_name="CBoolean"),
    )


def test_a_value_that_the_task_replaces_is_recorded_with_the_one_before(session):
    outcome = session().run("param_task", {"CYCLES": 4}.items(), project="p").outcome
    (one,) = outcome.parameters
    assert (one.name, one.value, one.default, one.source, one.replaced) == ("CYCLES", 104, 10, TASK, 4)


def test_results_that_are_neither_files_nor_kpis_are_recorded(session):
    outcome = session().run("param_task", [], project="p").outcome
    assert {(one.place, one.name): one.value for one in outcome.results} == {
        ("outputData", "CELL.a"): 64.9,
        ("outputData", "COUNT"): 7262,
        ("outputData", "NOTE"): "see http://***@example.org/x",
        ("program.xml", "cellVolume"): 197218.4,
        ("program.xml", "summary.solventContent"): 45.4,
        ("program.xml", "summary.word"): "likely",
        ("program.xml", "summary.accessToken"): "***",
        ("program.xml", "compositions.composition[0].nMolecules"): 1,
        ("program.xml", "compositions.composition[0].matthewsCoeff"): 4.51,
        ("program.xml", "compositions.composition[1].nMolecules"): 2,
        ("program.xml", "compositions.composition[1].matthewsCoeff"): 2.25,
    }


def test_the_parameters_of_a_sub_job_come_from_its_parent(session, data):
    values = [("XYZIN", data["model"]), ("MODE", "plain"), ("COUNT", "1")]
    parent, child = session().run("it_pipeline", values, project="p").outcomes
    assert values_of(parent)["MODE"] == ("plain", USER)
    (model,) = [one for one in child.parameters if one.name == "XYZIN"]
    assert (model.value, model.source, model.job) == ("CCP4_IMPORTED_FILES/1a80_A.pdb", JOB, "1")


def test_a_file_of_another_job_names_that_job(session, data):
    made = session()
    made.run("coordinate_selector", {"XYZIN": data["model"]}.items(), project="p")
    outcome = made.run("coordinate_selector", {"XYZIN": "@1.XYZOUT"}.items(), project="p").outcome
    (model,) = [one for one in outcome.parameters if one.is_file]
    assert (model.name, model.value, model.source, model.job) == ("XYZIN", "CCP4_JOBS/job_1/XYZOUT.pdb", JOB, "1")


def test_the_parameters_of_a_tracked_script_come_from_the_user(session):
    made = session()
    script = make_script("param_task")
    script.container.controlParameters.CYCLES.set(20)
    with made.track(script, project="p") as job:
        script.container.controlParameters.WEIGHT.set(0.75)
    assert values_of(job.outcome) == {"CYCLES": (20, USER), "WEIGHT": (0.75, TASK)}
    assert job.outcome.provenance.command.startswith("Session.track('param_task', project='p') in ")


def test_a_list_of_ten_thousand_items_and_a_text_of_megabytes_are_cut_with_a_checksum(session):
    made = session()
    script, text = make_script("param_task"), "é" * 3_000_000
    control = script.container.controlParameters
    control.SOURCE.set(text)
    for number in range(10_000):
        item = control.NUMBERS.makeItem()
        item.set(number)
        control.NUMBERS.append(item)
    with made.track(script, project="p") as job:
        pass
    found = {one.name: one for one in job.outcome.parameters}
    assert (len(found["SOURCE"].value), found["SOURCE"].value[-3:], found["SOURCE"].size) == (1000, "...", 3_000_000)
    assert found["SOURCE"].sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (found["NUMBERS"].value, found["NUMBERS"].size, len(found["NUMBERS"].sha256)) == ("10000 items", 10_000, 64)
    assert [name for name in found if name.startswith("NUMBERS[")] == [f"NUMBERS[{n}]" for n in range(100)]
    assert (job.job.directory / outcome_file.FILE_NAME).stat().st_size < 60_000


def test_a_parameter_that_cannot_be_read_costs_neither_the_job_nor_the_others(session):
    outcome = session().run("param_task", {"CYCLES": 1, "WEIGHT": 0.75}.items(), project="p").outcome
    assert outcome.status is JobStatus.FINISHED
    assert values_of(outcome) == {"CYCLES": (101, TASK), "WEIGHT": (0.75, USER)}
    assert "WEIGHT could not be read: ZeroDivisionError: spoiled" in [one.message for one in outcome.problems]


def test_a_damaged_program_xml_costs_neither_the_job_nor_the_other_results(session):
    outcome = session().run("param_task", {"TITLE": "damaged"}.items(), project="p").outcome
    assert outcome.status is JobStatus.FINISHED
    assert [one.name for one in outcome.results] == ["CELL.a", "COUNT", "NOTE"]
    assert any("program.xml is not XML" in one.message for one in outcome.problems)


def test_no_secret_is_in_the_outcome_nor_in_the_log(session, tmp_path):
    values = [
        ("FTP_PASSWORD", SECRETS[1]),
        ("KEY", SECRETS[2]),
        ("SOURCE", f"ftp://ada:{SECRETS[0]}@example.org/data"),
    ]
    outcome = session().run("param_task", values, project="p").outcome
    assert values_of(outcome) == {
        "FTP_PASSWORD": ("***", USER),
        "KEY": ("***", USER),
        "SOURCE": ("ftp://***@example.org/data", USER),
        "CYCLES": (110, TASK),
    }
    written = [path.read_text() for path in outcome.job.directory.glob("ccp4hooks_*")]
    assert not [secret for secret in SECRETS for text in written if secret in text]
    assert "('KEY', '***')" in outcome.provenance.command


def test_a_job_names_its_user_its_machine_and_its_software(session, monkeypatch):
    # Other tests may have left jobs that never end.
    monkeypatch.setattr(usage, "_running", WeakValueDictionary())
    outcome = session().run("param_task", {"CYCLES": 3}.items(), project="p").outcome
    how = outcome.provenance
    assert (how.user, how.host, how.task_version) == (getpass.getuser(), platform.node(), "1.5")
    assert how.command.startswith("Session.run('param_task', [('CYCLES', '3')], project='p') in ")
    assert how.programs == {"Wash": "2.8.3"}
    assert how.cpu_s > 0
    assert outcome.software["ccp4hooks"] == version("ccp4hooks")
    # The plugin is a module that belongs to no distribution.
    assert how.distribution == ""


def test_the_memory_of_a_job_and_its_programs_is_recorded(tmp_path):
    # In a process of its own: where an earlier program of a process was larger than those of the job, nothing is known.
    words = ["-p", "no:database", "-p", "param_tasks", "--projects-dir", str(tmp_path)]
    run = [sys.executable, "-m", "ccp4hooks", *words, "run", "param_task", "CYCLES=3", "--project", "p"]
    subprocess.run(run, check=True, cwd=TASKS, env=os.environ | {"PYTHONPATH": str(TASKS)}, capture_output=True)
    outcome = outcome_file.read(tmp_path / "p/CCP4_JOBS/job_1" / outcome_file.FILE_NAME)
    assert 10**7 < outcome.provenance.peak_memory_bytes < 10**10


def test_the_command_line_is_recorded_without_secrets_and_found_in_both_records(session, tmp_path, monkeypatch):
    session()
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/db.sqlite3"
    words = ["--database", url, "--projects-dir", str(tmp_path), "-p", "param_tasks"]
    run = [*words, "run", "param_task", f"KEY={SECRETS[0]}", "CYCLES=3", "--project", "p"]
    assert CliRunner().invoke(cli, run, prog_name="ccp4hooks").exit_code == 0
    made = open_session(load_settings(projects_dir=tmp_path, database=url, plugins=("param_tasks",)))
    project = made.project("p")
    path = project.job_directory("1") / outcome_file.FILE_NAME
    from_file = outcome_file.read(path)
    recorded = made.plugin_object("database").read_outcomes(project, "1")
    expected = (
        f"--database {url} --projects-dir {tmp_path} -p param_tasks run param_task 'KEY=***' CYCLES=3 --project p"
    )
    for outcome in (from_file, *recorded):
        assert outcome.provenance.command == f"ccp4hooks {expected}"
        assert values_of(outcome) == {"KEY": ("***", USER), "CYCLES": (103, TASK)}
    assert (recorded[0].results, recorded[0].software) == (from_file.results, from_file.software)
    path.unlink()
    made.replay("p")
    again = outcome_file.read(path)
    assert (again.parameters, again.results) == (from_file.parameters, from_file.results)
    assert (again.provenance, again.software) == (from_file.provenance, from_file.software)


def test_an_adopted_job_names_its_files_and_the_other_jobs_by_their_new_place(data, tmp_path):
    made = open_session(load_settings(projects_dir=tmp_path, database=f"sqlite:///{tmp_path}/db.sqlite3"))
    made.run("coordinate_selector", {"XYZIN": data["model"]}.items(), project="p")
    second = made.run("coordinate_selector", {"XYZIN": "@1.XYZOUT"}.items(), project="p").outcome
    made.run("coordinate_selector", {"XYZIN": data["model"]}.items(), project="q")
    jobs = made.project("p").jobs_directory
    for number in (1, 2):
        (adopted,) = made.adopt(jobs / f"job_{number}", "q").outcomes
    (file,) = [one for one in adopted.parameters if one.is_file]
    assert [one.value for one in second.parameters if one.is_file] == ["CCP4_JOBS/job_1/XYZOUT.pdb"]
    assert (file.name, file.value, file.source, file.job) == ("XYZIN", "CCP4_JOBS/job_2/XYZOUT.pdb", JOB, "2")


def test_reglean_reads_the_parameters_of_a_job_that_an_earlier_version_has_recorded(session):
    made = session()
    outcome = made.run("param_task", {"WEIGHT": 0.75}.items(), project="p").outcome
    path = outcome.job.directory / outcome_file.FILE_NAME
    table = json.loads(path.read_text())
    for name in ("parameters", "results", "provenance"):
        del table[name]
    path.write_text(json.dumps(table | {"schema_version": 1}))
    (again,) = made.reglean("p", "1").outcomes
    assert values_of(again)["WEIGHT"] == (0.75, USER)
    assert [one.name for one in again.results] == [one.name for one in outcome.results]
    assert outcome_file.read(path) == again
