"""A probe of an engine: what becomes of its job, and how its answer is told."""

from dataclasses import replace
from pathlib import Path

import pytest
from unit.samples import make_settings

from ccp4hooks import BadInputError, Fate, Handle, hookimpl, open_session
from ccp4hooks.cli.probing import probe_findings
from ccp4hooks.engines import probe
from ccp4hooks.engines.probe import Probe, ProbeAnswer, find_versions
from ccp4hooks.failures import UserInterrupt
from ccp4hooks.model import Engine, RecordsBy


class Machine:
    """An engine whose machine does what a test says."""

    def __init__(self, acts):
        self.acts, self.fate, self.commands, self.stopped = acts, Fate.RUNNING, [], []

    @hookimpl
    def submit_job(self, engine, job, command):
        self.commands.append(command)
        command.directory.mkdir()
        self.acts(self, command)
        return Handle(engine=engine.name, key="4711")

    @hookimpl
    def ask_engine(self, engine, handles):
        if self.fate is None:
            raise UserInterrupt
        return dict.fromkeys(handles, self.fate)

    @hookimpl
    def stop_job(self, engine, handle):
        self.stopped.append(handle.key)
        return True


@pytest.fixture
def probed(tmp_path, monkeypatch):
    """Probes an engine whose machine acts like this, and returns the probe and the machine."""
    monkeypatch.setattr(probe, "POLL_S", 0.01)
    monkeypatch.setattr(probe, "ASK_S", 0.0)
    monkeypatch.setattr(probe, "LATE_S", 0.02)

    def make(acts, timeout_s=60):
        machine = Machine(acts)
        table = {"plugin": "tiny", "database": "by-file", "python": "/opt/bin/python"}
        settings = make_settings(tmp_path / "projects", engine_tables={"cluster": table})
        session = open_session(settings, extra={"tiny": machine})
        session.portable = True
        try:
            return session.probe_engine("cluster", timeout_s), machine
        finally:
            assert list((tmp_path / "projects").iterdir()) == []

    return make


def test_the_machine_answers_by_the_command_of_the_probe(probed, tmp_path):
    def acts(machine, command):
        session = open_session(make_settings(tmp_path / "projects"))
        session.answer_probe(command.probe)

    found, machine = probed(acts)
    (command,) = machine.commands
    assert (command.arguments[0], command.arguments[-3:]) == (
        "/opt/bin/python",
        ("doctor", "--answer", str(command.probe)),
    )
    assert found.answer.versions == find_versions()
    assert found.ahead_s[0] <= 0 <= found.ahead_s[1] + 1
    assert machine.stopped == []


def test_a_machine_on_which_the_file_of_the_probe_is_missing_says_so(tmp_path):
    session = open_session(make_settings(tmp_path / "projects"))
    with pytest.raises(BadInputError, match=r"answer\.json cannot be written on .*: No such file or directory"):
        session.answer_probe(tmp_path / "answer.json")


def test_a_job_that_ends_without_an_answer_is_told_with_what_it_has_printed(probed):
    def acts(machine, command):
        (command.directory / "output.txt").write_text("No module named 'ccp4hooks'\n")
        command.probe.write_text('{"host": ')
        machine.fate = Fate.GONE

    found, machine = probed(acts)
    (finding,) = probe_findings(found, Path("/projects"))
    assert finding.exit_code == 4
    assert "has ended without an answer. It has printed \"No module named 'ccp4hooks'\"." in finding.text
    assert machine.stopped == []


def test_a_job_that_does_not_answer_in_time_is_stopped(probed):
    def acts(machine, command):
        machine.fate = Fate.QUEUED

    found, machine = probed(acts, timeout_s=0.1)
    (finding,) = probe_findings(found, Path("/projects"))
    assert finding.exit_code == 9
    assert "(number 4711) has not answered within 0 s; the engine says QUEUED. The job was stopped." in finding.text
    assert machine.stopped == ["4711"]


def test_a_user_who_interrupts_leaves_no_job(probed):
    machines = []

    def acts(machine, command):
        machines.append(machine)
        machine.fate = None

    with pytest.raises(UserInterrupt):
        probed(acts)
    assert machines[0].stopped == ["4711"]


def test_what_the_engine_refuses_leaves_nothing(probed):
    def acts(machine, command):
        raise BadInputError("The queue does not exist.")

    with pytest.raises(BadInputError, match="The queue does not exist"):
        probed(acts)


ANSWER = ProbeAnswer(
    host="node7",
    python="3.12.1",
    executable="/opt/bin/python",
    versions={"ccp4hooks": "0.0.9"},
    ccp4="/opt/ccp4",
    program="/opt/ccp4/bin/refmac5",
    database_fault="connection refused",
    took_s=2.0,
)
FOUND = Probe(
    engine=Engine(name="cluster", plugin="batch"), key="4711", waited_s=5.0, answer=ANSWER, ahead_s=(29.8, 30.0)
)


def told(found, about):
    (finding,) = [one for one in probe_findings(found, Path("/projects")) if one.about == about]
    return finding.text, finding.exit_code


def test_each_answer_is_told_in_a_line_and_differences_are_warnings():
    assert told(FOUND, "engine") == ("cluster: a job has run, after 3.0 s in the queue", 0)
    assert told(FOUND, "machine") == ("node7", 0)
    assert told(FOUND, "Python") == ("3.12.1, /opt/bin/python", 0)
    assert told(FOUND, "ccp4hooks")[0].startswith("Warning: 0.0.9 there, ")
    assert told(FOUND, "ccp4i2")[0].startswith("Warning: not installed there, ")
    assert told(FOUND, "CCP4") == ("$CCP4 is /opt/ccp4; /opt/ccp4/bin/refmac5", 0)
    assert told(FOUND, "projects")[0].startswith("/projects can be written there")
    assert told(FOUND, "database") == ("cannot be used there: connection refused", 7)
    assert told(FOUND, "clock")[0].startswith("Warning: 30.0 s ahead of the clock here. ")


@pytest.mark.parametrize(
    ("ahead_s", "text"),
    [((-0.1, 0.2), "the same as here, within 0.2 s"), ((-3.0, -2.9), "3.0 s behind the clock here")],
)
def test_a_small_difference_of_clocks_is_no_warning(ahead_s, text):
    assert told(replace(FOUND, ahead_s=ahead_s), "clock") == (text, 0)


def test_an_installation_without_ccp4_or_of_machines_without_the_database_is_told(monkeypatch, tmp_path):
    bare = replace(ANSWER, ccp4="", program="", database_fault="")
    monkeypatch.delenv("CCP4", raising=False)
    assert told(replace(FOUND, answer=bare), "CCP4")[0].startswith("$CCP4 is not set there")
    monkeypatch.setenv("CCP4", str(tmp_path))
    assert told(replace(FOUND, answer=bare), "CCP4")[0].startswith("Warning: $CCP4 is not set there")
    assert told(replace(FOUND, answer=bare), "database") == ("can be used there", 0)
    engine = replace(FOUND.engine, records=RecordsBy.BY_FILE)
    assert told(replace(FOUND, engine=engine), "database")[0].startswith("not needed there")
