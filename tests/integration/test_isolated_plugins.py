"""A plugin in a process of its own costs its answers, and not the job, whatever it does."""

import importlib
import os
import subprocess
import sys
import time

import psutil
import pytest

from ccp4hooks import BadInputError, load_settings, open_session
from ccp4hooks.testing import sample

PATIENCE_S = 60.0

PLUGIN = """
import ctypes
import os
import time
from dataclasses import dataclass

from ccp4hooks import FileMetadata, Kpi, Problem, Severity, hookimpl


@dataclass
class Options:
    fault: str = ""


def fail(job, fault):
    if fault == "segfault":
        ctypes.string_at(0)
    if fault == "exit":
        os._exit(3)
    if fault == "hang":
        (job.directory / "asleep").touch()
        time.sleep(1000)
    if fault == "hang in C":
        ctypes.PyDLL(None).sleep(1000)  # It keeps Python's lock.
    if fault == "memory":
        bytearray(20_000_000_000)
    if fault == "raises":
        raise LookupError("no such thing")
    if fault == "raises its own":
        class Own(Exception):
            def __init__(self, one, two):
                super().__init__(f"{one} and {two}")
        raise Own("this", "that")
    if fault == "wrong":
        return 7
    if fault == "prints":
        print("x" * 1_000_000, flush=True)
    return None


class Plugin:
    ccp4hooks_settings = Options

    def __init__(self, options):
        self.fault = options.fault

    @hookimpl.glean_file
    def metadata(self, script, file):
        size = os.path.getsize(script.container.outputData.XYZOUT.fullPath.__str__())
        return FileMetadata(extra={"size": size, "process": os.getpid(), "exists": file.path.is_file()})

    @hookimpl.glean_kpi
    def kpis(self, job, script):
        fail(job, self.fault)
        (job.directory / "seen").touch()
        yield Kpi(key="process", value=os.getpid())
        yield Kpi(key="task", value=script.TASKNAME)
        yield Kpi(key="place", value=str(script.workDirectory))
        yield Kpi(key="endless", value=float("inf"))
        if job.project.tags:
            yield Kpi(key="tags", value=" ".join(job.project.tags))

    @hookimpl.check_file
    def check(self, file):
        if file.path.suffix == ".pdb":
            yield Problem(severity=Severity.INFO, message=f"seen by {os.getpid()}")

    @hookimpl
    def describe_kpis(self):
        return []


plugin = Plugin
"""


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Return a function that opens a session with the plugin."""
    (tmp_path / "hostile_reader.py").write_text(f"{PLUGIN}\n", encoding="utf-8")
    info = tmp_path / "hostile_reader-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile-reader\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[ccp4hooks]\nhostile = hostile_reader:Plugin\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    sessions = []

    def session(fault="", extra=None, **limits):
        values = {"fault": f'"{fault}"', "isolate": "true", **limits}
        lines = [f"{name} = {value}" for name, value in values.items()]
        config = tmp_path / f"settings{len(sessions)}.toml"
        text = "\n".join(["[plugins]", 'allow = ["hostile", "file-import"]', "[plugins.hostile]", *lines])
        config.write_text(f"{text}\n", encoding="utf-8")
        sessions.append(open_session(load_settings(config=config, projects_dir=tmp_path / "projects"), extra=extra))
        return sessions[-1]

    yield session
    for one in sessions:
        one.close()
    sys.modules.pop("hostile_reader", None)


def run(session):
    return session.run("coordinate_selector", {"XYZIN": str(sample("pdb"))}, project="p").outcome


def kpis(outcome):
    return {kpi.key: kpi.value for kpi in outcome.kpis}


def test_the_answers_of_another_process_are_those_of_this_one(opened):
    here, there = run(opened(isolate="false")), run(opened())
    first, second = kpis(here), kpis(there)
    assert first.pop("process") == os.getpid()
    process = second.pop("process")
    assert process != os.getpid()
    assert second.pop("place") == str(there.job.directory)
    assert first.pop("place") == str(here.job.directory)
    assert second == first == {"task": "coordinate_selector"}
    assert there.files[0].extra == {"size": there.files[0].path.stat().st_size, "process": process, "exists": True}
    assert [origin.plugin for origin in there.files[0].origins.values()].count("hostile") == 3
    said = [problem.message for problem in there.problems]
    assert f"seen by {process}" in said
    assert [one for one in said if "endless" in one] == [
        one for one in (problem.message for problem in here.problems) if "endless" in one
    ]


def test_the_tags_of_a_project_are_known_in_the_process_as_they_are_now(opened, memory_database):
    session = opened(extra={"memory": memory_database})
    project = session.create_project("p")
    found = []
    for tags in ((), ("proposal-1",), ("cryo",)):
        session.label(project, add_tags=tags)
        found.append(kpis(run(session)).get("tags"))
    assert found == [None, "proposal-1", "cryo proposal-1"]


def test_a_plugin_may_implement_a_hook_by_several_functions(opened, tmp_path):
    session = opened()
    session.close()
    more = "    @hookimpl.glean_kpi\n    def second(self):\n        return [Kpi(key='second', value=2)]\n\n"
    text = PLUGIN.replace("    @hookimpl.check_file\n", f"{more}    @hookimpl.check_file\n")
    (tmp_path / "hostile_reader.py").write_text(text, encoding="utf-8")
    sys.modules.pop("hostile_reader")
    importlib.invalidate_caches()
    found = kpis(run(opened()))
    assert (found["task"], found["second"]) == ("coordinate_selector", 2)
    assert found["process"] != os.getpid()


def test_one_process_serves_all_calls_and_ends_with_the_session(opened):
    session = opened()
    first, second = run(session), run(session)
    process = kpis(first)["process"]
    assert kpis(second)["process"] == process
    assert psutil.pid_exists(process)
    session.close()
    assert not psutil.pid_exists(process)
    assert kpis(run(session))["process"] != process


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_has_a_process_of_its_own(opened, tmp_path):
    session = opened()
    process = kpis(run(session))["process"]
    code = (
        "import os, sys; from pathlib import Path; from ccp4hooks import load_settings, open_session\n"
        "session = open_session(load_settings(config=Path(sys.argv[1]), projects_dir=Path(sys.argv[2])))\n"
        "def run(): return session.run('coordinate_selector', {'XYZIN': sys.argv[3]}, project='p').outcome\n"
        "def process(): return next(kpi.value for kpi in run().kpis if kpi.key == 'process')\n"
        "print(process(), flush=True)\n"
        "if os.fork(): os.wait()\n"
        "print(process(), flush=True)\n"
    )
    words = [sys.executable, "-W", "ignore", "-c", code, session.settings.source, tmp_path / "forked", sample("pdb")]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [str(word) for word in words], env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    before, of_child, after = map(int, done.stdout.split())
    assert before == after
    assert len({process, before, of_child}) == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("segfault", "its process was ended by SIGSEGV and returned no answer"),
        ("exit", "its process ended with exit code 3 and returned no answer"),
        ("hang", "it took longer than 2 s, so its process was stopped"),
        ("hang in C", "it took longer than 2 s, so its process was stopped"),
        ("memory", "MemoryError"),
        ("raises", "LookupError: no such thing"),
        ("raises its own", "Own: this and that"),
    ],
)
def test_a_fault_of_the_plugin_costs_its_answer_and_names_it(opened, fault, reason):
    session = opened(fault, hook_limit_s=2.0)
    outcome = run(session)
    assert outcome.status.name == "FINISHED"
    assert kpis(outcome) == {}
    (problem,) = [problem for problem in outcome.problems if problem.hook == "glean_kpi"]
    assert problem.message == f"plugin 'hostile' failed in glean_kpi: {reason}"
    assert problem.origin.plugin == "hostile"
    # The other hooks of the plugin are called, before and after, in this job and the next.
    assert outcome.files[0].extra["exists"] is True
    assert any(problem.message.startswith("seen by") for problem in outcome.problems)
    assert run(session).files[0].extra["exists"] is True


def test_what_the_plugin_prints_does_not_disturb_its_answers(opened):
    assert kpis(run(opened("prints")))["task"] == "coordinate_selector"


def test_the_memory_limit_can_be_changed(opened):
    outcome = run(opened(memory_limit_gb=0.05))
    assert outcome.status.name == "FINISHED"
    assert kpis(outcome) == {}
    assert {problem.origin.plugin for problem in outcome.problems if problem.origin} == {"hostile"}


def test_the_process_ends_with_a_process_that_is_killed(opened, tmp_path):
    session = opened("hang", hook_limit_s=0.0)
    code = (
        "import sys; from pathlib import Path; from ccp4hooks import load_settings, open_session\n"
        "session = open_session(load_settings(config=Path(sys.argv[1]), projects_dir=Path(sys.argv[2])))\n"
        "session.run('coordinate_selector', {'XYZIN': sys.argv[3]}, project='p')"
    )
    words = [sys.executable, "-c", code, session.settings.source, tmp_path / "projects", sample("pdb")]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen([str(word) for word in words], env=environment, stdout=subprocess.DEVNULL) as started:
        seen = until(lambda: [one for one in psutil.Process(started.pid).children() if "plugin_worker" in command(one)])
        until(lambda: list(tmp_path.rglob("asleep")))
        started.kill()
    until(lambda: not seen[0].is_running())


def until(condition):
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def command(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def test_a_plugin_that_is_an_object_cannot_have_a_process(tmp_path):
    config = tmp_path / "settings.toml"
    config.write_text("autoload = false\n[plugins.mine]\nisolate = true\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="'mine' was given as an object, so it cannot run in a process of its own"):
        open_session(load_settings(config=config), extra={"mine": sys.modules[__name__]})
