"""Tasks that change the directory or the environment of their process run in a separate process."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ccp4hooks import Ccp4HooksError, JobStatus, Settings, open_session, run_task_async
from ccp4hooks.i2.tasks.isolation import changes_process

PLUGIN = """
from pathlib import Path
from ccp4hooks import TaskDescription, hookimpl

@hookimpl
def register_tasks():
    return [
        TaskDescription(name=name, title=name, script=f"wanderers:{name}", needs_ccp4=False,
                        def_file=Path(__file__).with_name("wanderer.def.xml"))
        for name in ("wanderer", "leader", "homebody", "sleeper")
    ]
"""

SCRIPTS = """
import os, subprocess, sys, time
from ccp4i2.core.CCP4PluginScript import CPluginScript

class wanderer(CPluginScript):
    TASKNAME = "wanderer"

    def process(self):
        os.chdir(self.workDirectory)
        os.environ["WANDERED"] = "yes"
        time.sleep(0.2)
        (self.workDirectory / "where.txt").write_text(f"{os.getcwd()} {os.getpid()}")
        print("text of the task")
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
"""
LEADER = """
from ccp4i2.core.CCP4PluginScript import CPluginScript

class leader(CPluginScript):
    TASKNAME = "leader"

    def process(self):
        return self.makePluginObject("wanderer").process()
"""
DEF = """<?xml version="1.0"?>
<ccp4i2><ccp4i2_header><function>DEF</function><pluginName>wanderer</pluginName></ccp4i2_header>
<ccp4i2_body id="wanderer"><container id="inputData"/><container id="outputData"/></ccp4i2_body></ccp4i2>
"""
SLEEPER = """
import os, subprocess, sys, time
from ccp4i2.core.CCP4PluginScript import CPluginScript

class sleeper(CPluginScript):
    TASKNAME = "sleeper"

    def process(self):
        os.chdir(self.workDirectory)
        program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (self.workDirectory / "pid.txt").write_text(str(program.pid))
        program.wait()
        return self.SUCCEEDED
"""
HOMEBODY = """
from ccp4i2.core.CCP4PluginScript import CPluginScript

class homebody(CPluginScript):
    TASKNAME = "homebody"
"""
MODULES = {"wanderer": SCRIPTS, "leader": LEADER, "homebody": HOMEBODY, "sleeper": SLEEPER}


@pytest.fixture
def session(tmp_path, monkeypatch):
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "wandering.py").write_text(PLUGIN.replace("wanderers:{name}", "of_{name}:{name}"))
    (folder / "wanderer.def.xml").write_text(DEF)
    for name, text in MODULES.items():
        (folder / f"of_{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    made = open_session(Settings(projects_dir=tmp_path / "projects", plugins=("no:database", "wandering")))
    made.tasks()
    changes_process.cache_clear()
    return made


def test_the_source_of_a_task_and_its_sub_jobs_decides_whether_it_needs_a_process(session):
    judged = {name: changes_process(name) for name in ("wanderer", "leader", "homebody", "freerflag", "no_such_task")}
    assert judged == {"wanderer": True, "leader": True, "homebody": False, "freerflag": False, "no_such_task": False}


def test_tasks_in_separate_processes_run_concurrently_without_interference(session):
    here = Path.cwd()

    async def main():
        return await asyncio.gather(*(run_task_async(session, task, project="p") for task in ("wanderer", "leader")))

    results = asyncio.run(main())
    assert {one.status for result in results for one in result.outcomes} == {JobStatus.FINISHED}
    wandered = [result.outcomes[-1].job.directory for result in results]
    said = [(folder / "where.txt").read_text().split() for folder in wandered]
    assert [Path(folder) for folder, _ in said] == wandered
    assert len({pid for _, pid in said} | {str(os.getpid())}) == 3
    assert (Path.cwd(), "WANDERED" in os.environ) == (here, False)


def test_an_invalid_request_raises_the_same_error_from_a_separate_process(session):
    from ccp4hooks import BadInputError

    with pytest.raises(BadInputError, match="NOTHERE") as error:
        asyncio.run(run_task_async(session, "wanderer", {"NOTHERE": "1"}, project="p"))
    assert type(error.value).__module__ == "ccp4hooks.errors"


def test_cancelling_stops_the_process_and_its_program_and_marks_the_job_interrupted(session, tmp_path):
    job = tmp_path / "projects/p/CCP4_JOBS/job_1"

    async def main():
        task = asyncio.ensure_future(run_task_async(session, "sleeper", project="p"))
        while not (job / "pid.txt").exists() or not (job / "pid.txt").read_text():
            done, _ = await asyncio.wait({task}, timeout=0.05)
            assert not done, task.result()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert not psutil.pid_exists(int((job / "pid.txt").read_text()))
    (outcome,) = session.outcomes(session.project("p"))
    assert outcome.status is JobStatus.INTERRUPTED


SWEEP = """
import asyncio, os
from pathlib import Path
from ccp4hooks import RunRequest, Settings, open_session, run_many

async def main():
    settings = Settings(projects_dir=Path(os.environ["PROJECTS"]), plugins=("no:database", "wandering"))
    session = open_session(settings)
    session.tasks()
    request = RunRequest(task="sleeper", project="p", if_changed=True)
    async for answer in run_many(session, [request], limit=1):
        print(answer)

asyncio.run(main())
"""


def waits(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_sweep_leaves_no_process_whose_job_the_same_sweep_would_run_twice(session, tmp_path):
    job = tmp_path / "projects/p/CCP4_JOBS/job_1"
    sweep = subprocess.Popen([sys.executable, "-c", SWEEP], env={**os.environ, "PROJECTS": str(tmp_path / "projects")})
    try:
        waits(lambda: (job / "pid.txt").exists() and (job / "pid.txt").read_text())
        (worker,) = psutil.Process(sweep.pid).children()[:1]
    finally:
        sweep.kill()
        sweep.wait()
    waits(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    assert not psutil.pid_exists(int((job / "pid.txt").read_text()))
    (outcome,) = session.outcomes(session.project("p"))
    assert outcome.status is JobStatus.INTERRUPTED


REFUSER = """
import threading
from ccp4hooks import BadInputError, hookimpl

class LockedError(BadInputError):
    pass

@hookimpl
def open_job():
    error = LockedError("There is no place.")
    error.lock = threading.Lock()
    raise error
"""


def test_an_error_that_cannot_be_pickled_keeps_its_message(session, tmp_path):
    (tmp_path / "modules" / "refuser.py").write_text(REFUSER)
    refusing = open_session(
        Settings(projects_dir=tmp_path / "projects", plugins=("no:database", "wandering", "refuser"))
    )
    with pytest.raises(Ccp4HooksError, match=r"^There is no place\.$"):
        asyncio.run(run_task_async(refusing, "wanderer", project="p"))


def test_the_separate_process_runs_no_file_of_the_working_directory(session, tmp_path, monkeypatch):
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in ("ccp4hooks", "json", "linecache", "pickle"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})")
    monkeypatch.chdir(folder)
    result = asyncio.run(run_task_async(session, "wanderer", project="p"))
    assert (result.outcome.status, (tmp_path / "ran").exists()) == (JobStatus.FINISHED, False)
