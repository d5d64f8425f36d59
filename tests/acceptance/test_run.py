"""``ccp4hooks run`` with jobs that finish, fail, are refused or are interrupted."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import textwrap
import time
from pathlib import Path

import pytest

PLUGINS = {
    "refuses": """
        from ccp4hooks import Problem, Severity, hookimpl

        @hookimpl
        def pre_import(job):
            return [Problem(severity=Severity.BLOCK, message="not on a Sunday.", cure="Come back tomorrow.")]
    """,
    "exits": """
        import sys
        from ccp4hooks import hookimpl

        @hookimpl
        def glean_kpi(job):
            sys.exit("gone")
    """,
    "breaks_import": """
        from ccp4hooks import hookimpl

        @hookimpl
        def import_file(job, file):
            raise RuntimeError("tape jammed")
    """,
    "breaks_sink": """
        from ccp4hooks import hookimpl

        @hookimpl
        def job_finished(job, outcome):
            raise RuntimeError("logbook closed")
    """,
    "waits": """
        import pathlib
        import time
        from ccp4hooks import hookimpl

        @hookimpl
        def pre_import(job):
            pathlib.Path("waiting").touch()
            time.sleep(60)
    """,
    "interrupts": """
        import os
        import signal
        from ccp4hooks import hookimpl

        @hookimpl
        def job_status(new):
            if new.name == "RUNNING":
                os.kill(os.getpid(), signal.SIGINT)
    """,
    "needs_no_ccp4": """
        from ccp4hooks import TaskDescription, hookimpl

        @hookimpl
        def register_tasks():
            yield TaskDescription(
                name="needs_nothing",
                title="Needs nothing of CCP4",
                script="its_script:needs_nothing",
                def_file="FOLDER/needs_nothing.def.xml",
                needs_ccp4=False,
            )
    """,
    "its_script": """
        from ccp4i2.core.CCP4PluginScript import CPluginScript

        class needs_nothing(CPluginScript):
            TASKNAME = "needs_nothing"
            TASKCOMMAND = "no-such-program"
    """,
    "broken_module": "raise ValueError('half written')\n",
    "exits_on_import": "import sys\nsys.exit('not here')\n",
    "unknown_hook": """
        from ccp4hooks import hookimpl

        @hookimpl
        def glean_kip(job):
            return []
    """,
}

EMPTY_DEF_FILE = """<?xml version="1.0"?>
<ccp4i2>
  <ccp4i2_body id="needs_nothing">
    <container id="inputData"/>
    <container id="outputData"/>
    <container id="controlParameters"/>
  </ccp4i2_body>
</ccp4i2>
"""


@pytest.fixture
def with_plugin(command, demo, tmp_path):
    """The command with the plugins of this file on its path, and with an existing database to save time."""
    shutil.copy(demo.home / "ccp4hooks.sqlite3", tmp_path / "db.sqlite3")
    folder = tmp_path / "plugins"
    folder.mkdir()
    for name, text in PLUGINS.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    command.variables["PYTHONPATH"] = str(folder)
    command.variables["PYTHONDONTWRITEBYTECODE"] = "1"
    return command


def test_a_job_goes_to_the_default_project_and_standard_output_is_pure_json(command, reflections, tmp_path):
    done = command("run", "freerflag", f"F_SIGF={reflections}", "FRAC=0.1", "--json")
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    (outcome,) = read["outcomes"]
    assert read["recorded"] is True
    assert outcome["status"] == "FINISHED"
    assert outcome["job"]["project"]["name"] == "ccp4hooks"
    assert outcome["job"]["directory"] == str(tmp_path / "projects" / "ccp4hooks" / "CCP4_JOBS" / "job_1")


def test_a_task_that_fails_without_ccp4_shows_how_to_set_it_up(command, data, monkeypatch):
    monkeypatch.delenv("CCP4", raising=False)
    # Remove a CCP4 installation from the path.
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    done = command("run", "pdbset_ui", f"XYZIN={data / 'chainsaw' / 'test_data' / '1a80_A.pdb'}")
    assert done.returncode == 1
    program, cure = done.stderr.splitlines()[-2:]
    assert program == "pdbset, which the task pdbset_ui needs, was not found."
    assert cure == (
        "CCP4 is not set up: $CCP4 is not set. Source the CCP4 setup script first. "
        "`ccp4hooks tasks --no-ccp4` lists the tasks that are not known to need CCP4."
    )
    monkeypatch.setenv("CCP4", str(data))
    done = command("run", "pdbset_ui", f"XYZIN={data / 'chainsaw' / 'test_data' / '1a80_A.pdb'}")
    assert done.stderr.splitlines()[-1] == f"$CCP4 is {data}. Install what is missing, or add its directory to $PATH."


def test_a_missing_program_of_a_task_without_ccp4_is_not_sought_in_ccp4(with_plugin, tmp_path, monkeypatch):
    monkeypatch.delenv("CCP4", raising=False)
    (tmp_path / "plugins" / "its_task.py").write_text(
        textwrap.dedent(PLUGINS["needs_no_ccp4"].replace("FOLDER", str(tmp_path))), encoding="utf-8"
    )
    (tmp_path / "needs_nothing.def.xml").write_text(EMPTY_DEF_FILE, encoding="utf-8")
    done = with_plugin("-p", "its_task", "run", "needs_nothing")
    assert done.returncode == 1
    program, cure = done.stderr.splitlines()[-2:]
    assert program == "no-such-program, which the task needs_nothing needs, was not found."
    assert cure == "Install what is missing, or add its directory to $PATH."
    # A console script of a package, of a Python that is started by its path.
    program = Path(sysconfig.get_path("scripts")) / "no-such-program"
    program.touch()
    try:
        done = with_plugin("-p", "its_task", "run", "needs_nothing")
    finally:
        program.unlink()
    found = f" It is in {program.parent}, beside this Python. Add that directory to $PATH."
    assert done.stderr.splitlines()[-1] == f"no-such-program, which the task needs_nothing needs, was not found.{found}"


def test_a_task_that_fails_and_needs_no_program_says_nothing_of_ccp4(command, monkeypatch):
    monkeypatch.delenv("CCP4", raising=False)
    done = command("run", "mtzheader")
    assert done.returncode == 1
    assert "CCP4 is not set up" not in done.stderr
    assert done.stderr.splitlines()[-1] == "1 mtzheader: FAILED"


def test_a_refused_job_exits_with_3_names_the_plugin_and_leaves_nothing(with_plugin, reflections, tmp_path):
    done = with_plugin("run", "-p", "refuses", "freerflag", f"F_SIGF={reflections}")
    assert done.returncode == 3
    assert "not on a Sunday. Come back tomorrow. [refuses]" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "projects" / "ccp4hooks" / "CCP4_JOBS").exists()


def test_sys_exit_in_a_hook_does_not_end_the_run(with_plugin, reflections):
    done = with_plugin("run", "-p", "exits", "freerflag", f"F_SIGF={reflections}")
    assert done.returncode == 0, done.stderr
    assert "1 freerflag FINISHED" in done.stdout
    (problem,) = [line for line in done.stdout.splitlines() if "gone" in line]
    assert problem.endswith("exits")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_plugin_that_fails_with_a_required_result_exits_with_6(with_plugin, reflections, tmp_path):
    done = with_plugin("run", "-p", "no:file-import", "-p", "breaks_import", "freerflag", f"F_SIGF={reflections}")
    assert done.returncode == 6
    assert "breaks_import" in done.stderr
    assert "tape jammed" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("FREEROUT.mtz"))


def test_a_failing_sink_exits_with_5_after_the_result_is_shown(with_plugin, reflections):
    done = with_plugin("run", "-p", "breaks_sink", "freerflag", f"F_SIGF={reflections}")
    assert done.returncode == 5
    assert "1 freerflag FINISHED" in done.stdout
    assert "CCP4_JOBS/job_1/FREEROUT.mtz" in done.stdout
    assert "breaks_sink" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_termination_exits_with_130_and_one_line(with_plugin, reflections, tmp_path, number):
    # The tests may run as a background job of a shell, whose processes ignore Ctrl-C.
    start = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from ccp4hooks.cli import main; main()"
    )
    words = [sys.executable, "-c", start, "run", "-p", "waits", "freerflag", f"F_SIGF={reflections}"]
    environment = {**os.environ, **with_plugin.variables, "HOME": str(tmp_path)}
    with subprocess.Popen(
        words, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline_s = time.monotonic() + 30
        while not (tmp_path / "waiting").exists() and time.monotonic() < deadline_s:
            time.sleep(0.05)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout, stderr) == (130, "", "Interrupted.\n")


@pytest.mark.parametrize(("project", "words"), [("ccp4hooks", ""), ("my data", " --project 'my data'")])
def test_ctrl_c_names_the_job_that_was_recorded(with_plugin, reflections, project, words):
    done = with_plugin("run", "-p", "interrupts", "freerflag", f"F_SIGF={reflections}", "--project", project, "--json")
    said = f"Interrupted. Job 1 is INTERRUPTED; see `ccp4hooks show 1{words}`."
    assert (done.returncode, done.stderr.splitlines()[-1]) == (130, said)
    assert json.loads(done.stdout)["error"] == {
        "type": "UserInterrupt",
        "message": said,
        "cure": f"See `ccp4hooks show 1{words}`.",
        "exit_code": 130,
        "problems": [],
    }


@pytest.mark.parametrize(
    ("plugin", "said"), [("broken_module", "half written"), ("exits_on_import", "not here")], ids=["raises", "exits"]
)
def test_a_module_that_cannot_be_imported_is_an_error_that_names_it(with_plugin, plugin, said):
    done = with_plugin("-p", plugin, "plugins")
    assert done.returncode == 4
    assert plugin in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plugin_with_an_unknown_hook_is_not_used(with_plugin, reflections):
    done = with_plugin("-p", "unknown_hook", "run", "freerflag", f"F_SIGF={reflections}", "--dry-run")
    assert done.returncode == 0, done.stderr
    (warning,) = [line for line in done.stderr.splitlines() if line.startswith("Warning:")]
    assert "unknown_hook" in warning
    assert "did you mean glean_kpi" in warning


def test_the_plugins_command_shows_why_a_plugin_is_not_used(with_plugin):
    done = with_plugin("-p", "unknown_hook", "-p", "no:kpi", "plugins", "--json")
    states = {record["name"]: (record["state"], record["why"]) for record in json.loads(done.stdout)}
    assert states["unknown_hook"][0] == "rejected"
    assert states["kpi"] == ("disabled", "switched off by no:kpi (option -p)")
    assert states["database"] == ("loaded", "")


def test_the_plugins_of_a_hook_are_listed_in_calling_order(with_plugin):
    done = with_plugin("plugins", "-p", "exits", "--hook", "glean_kpi", "--json")
    assert [record["name"] for record in json.loads(done.stdout)] == ["kpi", "exits"]


def test_options_can_be_given_before_and_after_the_subcommand(with_plugin, reflections):
    before = with_plugin("-p", "exits", "-p", "no:kpi", "plugins", "--json")
    after = with_plugin("plugins", "--json", "-p", "exits", "-p", "no:kpi")
    mixed = with_plugin("-p", "exits", "plugins", "-p", "no:kpi", "--json")
    states = [
        [(record["name"], record["state"]) for record in json.loads(done.stdout)] for done in (before, after, mixed)
    ]
    assert states[0] == states[1] == states[2]
    assert ("exits", "loaded") in states[0]


def test_trace_shows_each_hook_call_on_standard_error_and_timing_shows_a_table(command, reflections, tmp_path):
    done = command("run", "freerflag", "--trace", "--timing", f"F_SIGF={reflections}")
    lines = done.stderr.splitlines()
    (asked,) = [at for at, line in enumerate(lines) if line.startswith("trace: import_file -> file-import(job=Job 1")]
    assert lines[asked + 1].startswith("trace:   find_import -> database(")
    assert any(line.startswith("trace: job_finished <- database: nothing, ") for line in lines)
    assert "trace:" not in done.stdout
    table = done.stdout.partition("\nTiming\n")[2]
    assert {"import_file", "glean_kpi", "job_status"} <= set(table.split())
    (last,) = [line.split() for line in table.splitlines() if "job_finished" in line]
    assert (last[:4], float(last[4]) > 0) == (["1", "database", "job_finished", "1"], True)
    assert command("show", "1", "--timing").stdout.partition("\nTiming\n")[2] == table
    log = (tmp_path / "projects/ccp4hooks/CCP4_JOBS/job_1/ccp4hooks_log.jsonl").read_text().splitlines()
    by_plugin = [(entry.get("plugin"), entry["event"]) for entry in map(json.loads, log)]
    assert ("file-import", "ccp4hooks.file_imported") in by_plugin
    assert ("database", "ccp4hooks.hook_called") in by_plugin
