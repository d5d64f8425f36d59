"""The commands that follow jobs: `log`, `wait` and `watch`, with jobs of this process and of one that has died."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import ccp4i2
import pytest
from click.testing import CliRunner

from ccp4hooks import Settings, open_session
from ccp4hooks.cli import cli

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
SCRIPT = "ccp4i2.wrappers.coordinate_selector.script.coordinate_selector.coordinate_selector"
OUTPUT = "ccp4hooks_output.txt"
CLAIM = "import sys, uuid, ccp4hooks as c; c.open_session(c.load_settings()).claim(uuid.UUID(sys.argv[1]))"


@pytest.fixture
def session(url, tmp_path):
    return open_session(Settings(projects_dir=tmp_path / "projects", database=url))


@pytest.fixture
def ran(session):
    """Job 1 of the project, which has finished."""
    return session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p").outcome.job


@pytest.fixture
def waiting(session, ran):
    """Job 2 of the project, which waits."""
    return session.open_job("coordinate_selector", project="p")


@pytest.fixture
def call(url, tmp_path):
    def make(*words):
        shared = ["--database", url, "--projects-dir", str(tmp_path / "projects")]
        return CliRunner().invoke(cli, [*shared, *words, "--project", "p"])

    return make


@pytest.fixture
def died(waiting, url, tmp_path):
    """The ID of a process that has claimed job 2 and has ended."""
    environment = {**os.environ, "DATABASE_URL": url, "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects")}
    process = subprocess.Popen([sys.executable, "-c", CLAIM, str(waiting.uuid)], env=environment)
    assert process.wait(60) == 0
    return process.pid


def test_a_job_that_has_ended_is_shown_at_once(ran, call):
    (ran.directory / OUTPUT).write_text("one\ttwo\n\x1b[31mred\nthree\n")
    (ran.directory / "log.txt").write_text("the program")
    shown = call("log", "1")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "one     two\n\\x1b[31mred\nthree\n", "")
    assert call("log", "1", "-f", "-n", "1").stdout == "three\n"
    assert call("log", "1", "--program").stdout == "the program\n"
    waited = call("wait", "1")
    assert (waited.exit_code, waited.stdout) == (0, "p 1 coordinate_selector FINISHED\n")


def test_the_end_of_a_large_log_is_shown_with_the_name_of_the_file(ran, call, monkeypatch):
    monkeypatch.setattr("ccp4hooks.outcomes.output_reader.SHOWN_BYTES", 8)
    path = ran.directory / OUTPUT
    path.write_text("1\n" * 20)
    shown = call("log", "1")
    assert shown.stdout == "1\n" * 3
    assert shown.stderr == f"The first 34 bytes are not shown. The whole log is {path}.\n"


def test_an_empty_log_is_named(ran, call):
    (ran.directory / OUTPUT).write_text("")
    shown = call("log", "1")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert shown.stderr == f"Nothing to show in {ran.directory / OUTPUT}.\n"


def test_json_has_the_text_as_it_is_and_one_line_for_each_event(ran, call):
    path = ran.directory / OUTPUT
    path.write_text("\x1b[31mred\n")
    whole = json.loads(call("log", "1", "--json").stdout)
    assert (whole["job"]["number"], whole["text"], whole["path"]) == ("1", "\x1b[31mred\n", str(path))
    lines = [json.loads(line) for line in call("log", "1", "-f", "--json").stdout.splitlines()]
    assert lines[0] == {"path": str(path), "text": "\x1b[31mred\n"}
    assert (lines[1]["job"]["status"], lines[1]["has_died"]) == ("FINISHED", False)
    waited = json.loads(call("wait", "1", "--json").stdout)
    assert (waited["project"]["name"], waited["job"]["status"], waited["has_died"]) == ("p", "FINISHED", False)


def test_a_waiting_job_has_no_log_and_is_waited_for_no_longer_than_asked(waiting, call):
    shown = call("log", "2")
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert shown.stderr == ("Error: Job 2 is PENDING: it has not begun to run, so it has no log. `-f` waits for it.\n")
    waited = call("wait", "2", "--timeout", "0")
    assert (waited.exit_code, waited.stdout) == (9, "")
    assert waited.stderr == (
        "Error: Job 2 is still PENDING after 0 s. Wait again, or longer. The job is not affected.\n"
    )


def test_the_exit_code_of_an_interrupted_job_is_1(session, waiting, call):
    session.cancel("p", "2")
    waited = call("wait", "2")
    assert (waited.exit_code, waited.stdout) == (1, "p 2 coordinate_selector INTERRUPTED\n")
    shown = call("log", "2", "-f")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == "Job 2 (INTERRUPTED) has no log: its task has not printed anything.\n"
    (waiting.directory / OUTPUT).write_text("so far\n")
    shown = call("log", "2", "-f")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (1, "so far\n", "Job 2 is INTERRUPTED.\n")


def test_the_reason_of_a_job_that_failed_is_told_with_its_status(session, call, monkeypatch):
    monkeypatch.setattr(f"{SCRIPT}.process", lambda script: script.no_such_step())
    session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p")
    waited = call("wait", "1")
    assert waited.exit_code == 1
    said = (
        "p 1 coordinate_selector FAILED: the task raised AttributeError: 'coordinate_selector' object has no attribute "
    )
    assert waited.stdout.startswith(said)


def test_a_job_whose_process_has_died_is_not_waited_for(waiting, died, call):
    said = (
        f"Job 2 is RUNNING, but process {died} on {platform.node()}, which ran it, has died. `ccp4hooks recover p` "
        "marks the job as interrupted and records its output.\n"
    )
    waited = call("wait", "2")
    assert (waited.exit_code, waited.stdout) == (1, "p 2 coordinate_selector RUNNING (its process has died)\n")
    assert waited.stderr == said
    (waiting.directory / OUTPUT).write_text("so far\n")
    shown = call("log", "2", "-f")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (1, "so far\n", said)


@pytest.fixture
def steps(monkeypatch):
    """What happens between two looks of `watch` at the jobs; then the user presses Ctrl-C."""
    left = []

    def step(_):
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    monkeypatch.setattr("ccp4hooks.cli.commands.watch.sleep", step)
    return left


def test_a_watch_writes_a_line_for_each_change_until_ctrl_c(session, waiting, call, steps):
    program = waiting.directory / "program.xml"
    steps += [
        lambda: session.claim(waiting.uuid),
        lambda: program.write_text("<REFMAC><Cycle><number>1</number><r_free>0.25</r_free></Cycle></REFMAC>"),
        lambda: None,
        lambda: session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="p"),
    ]
    done = call("watch")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "p 2 coordinate_selector PENDING",
        "p 2 coordinate_selector RUNNING",
        "p 2 coordinate_selector RUNNING: cycle 1, R-free 0.2500",
        "p 3 coordinate_selector FINISHED",
    ]


def test_a_watch_says_which_process_has_died(waiting, died, call, steps):
    assert call("watch").stdout == "p 2 coordinate_selector RUNNING (its process has died)\n"
    (event,) = map(json.loads, call("watch", "--json").stdout.splitlines())
    assert (event["job"]["number"], event["has_died"], event["progress"]) == ("2", True, None)


def test_a_watch_is_quiet_about_jobs_that_ended_before(session, ran, call, steps):
    steps += [lambda: None]
    assert (call("watch").output, call("watch", "--json").output) == ("", "")
