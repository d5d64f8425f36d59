"""A tracked script is opened, nested, extracted from and recorded with the right status, however it ends."""

import asyncio
import subprocess
import sys
import threading
import time

import psutil
import pytest
from ccp4i2.core.CCP4PluginScript import CPluginScript

from ccp4hooks import (
    BadInputError,
    FinishStatus,
    JobStatus,
    Problem,
    RefusedError,
    Severity,
    execute,
    hookimpl,
    run_task_async,
)
from ccp4hooks.i2 import scripts as i2_scripts
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import in_own_thread


def outcomes(tmp_path):
    """Return the outcomes in the outcome files of the project, by job number."""
    read = [outcome_file.read(path) for path in outcome_file.below(tmp_path / "projects" / "p" / "CCP4_JOBS")]
    return {one.job.number: one for one in read}


def statuses(tmp_path):
    return {number: one.status for number, one in outcomes(tmp_path).items()}


def freerflag(data, tmp_path):
    script = i2_scripts.build_script("freerflag", "mine", tmp_path)
    script.container.inputData.F_SIGF.setFullPath(str(data["fsigf"]))
    return script


def selector(data, tmp_path, parent=None):
    script = i2_scripts.script_class("coordinate_selector")(parent=parent, workDirectory=str(tmp_path), name="sel")
    script.container.inputData.XYZIN.setFullPath(str(data["model"]))
    return script


def pipeline(tmp_path, mode, **controls):
    script = i2_scripts.build_script("it_pipeline", "", tmp_path)
    script.container.controlParameters.MODE.set(mode)
    return script


class Statuses:
    def __init__(self):
        self.seen = []

    @hookimpl
    def job_status(self, job, old, new):
        self.seen.append((job.number, old.name, new.name))


def test_a_tracked_script_is_opened_imported_run_and_recorded(session, data, tmp_path):
    statuses_seen = Statuses()
    script = freerflag(data, tmp_path)
    with session(statuses=statuses_seen).track(script, project="p") as tracked:
        assert tracked.job.number == "1"
        assert statuses_seen.seen == [("1", "PENDING", "RUNNING")]
        assert script.process() == 0
    outcome = outcomes(tmp_path)["1"]
    assert outcome == tracked.outcome
    assert (outcome.status, outcome.finish) == (JobStatus.FINISHED, FinishStatus.SUCCEEDED)
    assert outcome.job.title == "mine"
    assert [file.parameter for file in outcome.imported] == ["inputData.F_SIGF"]
    assert [file.parameter for file in outcome.files] == ["outputData.FREEROUT"]
    assert outcome.files[0].path.parent == outcome.job.directory


def test_a_tracked_script_can_run_on_an_event_loop(session, data, tmp_path):
    class Awaited:
        @hookimpl
        async def post_execute(self, job):
            await asyncio.sleep(0)
            (job.directory / "awaited").touch()

    async def body():
        script = freerflag(data, tmp_path)
        with session(awaited=Awaited()).track(script, project="p") as tracked:
            assert await execute(script) is FinishStatus.SUCCEEDED
        return tracked.outcome

    outcome = asyncio.run(body())
    assert outcome.status is JobStatus.FINISHED
    assert (outcome.job.directory / "awaited").exists()


def test_a_script_with_a_tracked_parent_becomes_its_sub_job(session, data, tmp_path):
    made = session()
    parent = pipeline(tmp_path, "plain")
    with made.track(parent, project="p"):
        for number in ("1.1", "1.2"):
            child = selector(data, tmp_path, parent)
            with made.track(child) as tracked:
                assert tracked.job.number == number
                assert tracked.job.directory == tmp_path / "projects/p/CCP4_JOBS/job_1" / f"job_{number[-1]}"
                child.process()
        made_by_parent = parent.makePluginObject("coordinate_selector")
        made_by_parent.container.inputData.XYZIN.setFullPath(str(data["model"]))
        with made.track(made_by_parent) as tracked:
            made_by_parent.process()
    assert statuses(tmp_path) == dict.fromkeys(("1", "1.1", "1.2", "1.3"), JobStatus.FINISHED)
    assert [len(one.files) for one in outcomes(tmp_path).values()] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (CPluginScript.FAILED, JobStatus.FAILED),
        (CPluginScript.UNSATISFACTORY, JobStatus.UNSATISFACTORY),
        ({"finishStatus": CPluginScript.FAILED}, JobStatus.FAILED),
        (CPluginScript.SUCCEEDED, JobStatus.FINISHED),
        (None, JobStatus.FINISHED),
    ],
)
def test_a_block_that_sets_the_status_of_its_script_ends_the_job_with_it(session, data, tmp_path, status, expected):
    script = freerflag(data, tmp_path)
    with session().track(script, project="p") as tracked:
        script._status = status
    assert tracked.outcome.status is expected


def test_a_block_that_reports_the_status_of_its_script_ends_the_job_with_it(session, data, tmp_path):
    script = freerflag(data, tmp_path)
    with session().track(script, project="p") as tracked:
        script.reportStatus(CPluginScript.UNSATISFACTORY)
    assert tracked.outcome.status is JobStatus.UNSATISFACTORY


@pytest.mark.parametrize("where", ["in_the_body", "in_process"])
def test_an_exception_marks_the_job_failed_and_propagates(session, data, tmp_path, where):
    script = freerflag(data, tmp_path)

    def explode():
        raise RuntimeError("no such luck")

    if where == "in_process":
        i2_scripts.replace_method(script, "processInputFiles", explode)
        i2_scripts.replace_method(script, "process", explode)
    with pytest.raises(RuntimeError, match="no such luck"), session().track(script, project="p"):
        script.process() if where == "in_process" else explode()
    outcome = outcomes(tmp_path)["1"]
    assert outcome.status is JobStatus.FAILED
    assert outcome.finished_at is not None
    assert ["no such luck" in problem.message for problem in outcome.problems].count(True) == 1


def test_ctrl_c_in_the_block_marks_the_job_interrupted_and_propagates(session, data, tmp_path):
    with pytest.raises(KeyboardInterrupt), session().track(freerflag(data, tmp_path), project="p"):
        raise KeyboardInterrupt
    assert statuses(tmp_path) == {"1": JobStatus.INTERRUPTED}


def test_ctrl_c_leaves_no_empty_directory_of_a_sub_job_that_was_not_opened(session, data, tmp_path):
    tracked = session().track(freerflag(data, tmp_path), project="p")

    def interrupted():
        # CCP4i2 makes the directory before the sub-job is opened.
        for name in ("job_1", "job_2", "scratch"):
            (tracked.job.directory / name).mkdir()
        (tracked.job.directory / "job_2" / "notes.txt").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), tracked:
        interrupted()
    assert sorted(path.name for path in tracked.job.directory.iterdir() if path.is_dir()) == ["job_2", "scratch"]


def test_a_script_that_reports_failure_leaves_a_failed_job(session, tmp_path):
    script = i2_scripts.build_script("freerflag", "", tmp_path)
    with session().track(script, project="p"):
        assert script.process() == CPluginScript.FAILED
    assert statuses(tmp_path) == {"1": JobStatus.FAILED}


def test_a_block_that_does_the_work_leaves_a_finished_job(session, tmp_path):
    with session().track(pipeline(tmp_path, "plain"), project="p"):
        pass
    assert statuses(tmp_path) == {"1": JobStatus.FINISHED}


def test_a_refused_script_leaves_no_job(session, data, tmp_path):
    class Veto:
        @hookimpl
        def pre_import(self):
            return [Problem(severity=Severity.BLOCK, message="not today")]

    with (
        pytest.raises(RefusedError, match="not today"),
        session(veto=Veto()).track(freerflag(data, tmp_path), project="p"),
    ):
        pytest.fail("the body of a refused job ran")
    assert not (tmp_path / "projects").exists()


def test_a_missing_input_file_leaves_no_job(session, tmp_path):
    script = freerflag({"fsigf": tmp_path / "gone.mtz"}, tmp_path)
    with pytest.raises((BadInputError, RefusedError), match=r"gone\.mtz"), session().track(script, project="p"):
        pytest.fail("a job without its input file ran")
    assert not (tmp_path / "projects").exists()


def test_a_task_runs_without_an_input_file_that_its_def_file_does_not_require(session, tmp_path):
    """The source of a sequence is the file from which the sequence was read; the task does not read the file."""
    script = i2_scripts.build_script("ProvideAsuContents", "", tmp_path)
    sequences = script.container.inputData.ASU_CONTENT
    sequences.append(sequences.makeItem())
    for name, value in {"sequence": "MKV", "nCopies": 1, "polymerType": "PROTEIN", "name": "one"}.items():
        getattr(sequences[0], name).set(value)
    sequences[0].source.setFullPath(str(tmp_path / "gone.fasta"))
    with session().track(script, project="p"):
        script.process()
    (outcome,) = outcomes(tmp_path).values()
    assert outcome.status is JobStatus.FINISHED
    # The task itself warns of its output, which it reads before it has written it.
    (problem,) = [one for one in outcome.problems if one.hook != "process"]
    assert (problem.severity, problem.path) == (Severity.WARNING, tmp_path / "gone.fasta")
    assert problem.parameter == "inputData.ASU_CONTENT[0].source"
    assert problem.message == "does not exist, and the task does not require it."


def test_a_script_without_a_taskname_is_rejected(session):
    with pytest.raises(BadInputError, match="has no TASKNAME"):
        session().track(CPluginScript(name="nameless"), project="p")


def test_an_object_that_is_not_a_script_is_rejected(session):
    with pytest.raises(BadInputError, match="The script of a job must be a CPluginScript, not a str"):
        session().track("freerflag", project="p")


def test_a_script_whose_job_has_finished_is_rejected(session, data, tmp_path):
    made, script = session(), freerflag(data, tmp_path)
    with made.track(script, project="p"), pytest.raises(BadInputError, match="Job 1 of this script is running"):
        made.track(script, project="p")
    with pytest.raises(BadInputError, match="Job 1 of this script has already ended"):
        made.track(script, project="p")


def test_a_project_must_be_named(session, data, tmp_path):
    with pytest.raises(BadInputError, match="Give the name or UUID of the project"):
        session().track(freerflag(data, tmp_path))


SLEEPER = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
time.sleep(60)
"""


def family(script):
    """Make a script start a program with a child, and return the file with their process ids."""
    started = []

    def process():
        program = subprocess.Popen([sys.executable, "-c", SLEEPER])
        started.append(program)
        program.wait()
        return CPluginScript.SUCCEEDED

    i2_scripts.replace_method(script, "process", process)
    return started


async def appears(condition, *tasks):
    """Wait for a condition that tasks bring about, and fail if one of them has ended before."""
    while not condition():  # nothing tells of another process
        done, _ = await asyncio.wait(tasks, timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
        assert not done, [task.result() for task in done]


def test_cancelling_stops_the_program_and_its_children_and_leaves_an_interrupted_job(session, data, tmp_path):
    script = freerflag(data, tmp_path)
    started = family(script)

    async def body():
        with session().track(script, project="p"):
            await execute(script)

    async def main():
        task = asyncio.ensure_future(body())
        await appears(lambda: started and psutil.Process(started[0].pid).children(), task)
        children = psutil.Process(started[0].pid).children()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return children

    (child,) = asyncio.run(main())
    assert started[0].poll() is not None
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert statuses(tmp_path) == {"1": JobStatus.INTERRUPTED}


def test_cancelling_interrupts_python_code(session, data, tmp_path):
    script, turns = freerflag(data, tmp_path), []

    def process():
        while True:
            turns.append(1)
            time.sleep(0.01)

    i2_scripts.replace_method(script, "process", process)

    async def main():
        with session().track(script, project="p"):
            task = asyncio.ensure_future(execute(script))
            await appears(lambda: turns, task)
            task.cancel()
            await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    ended = len(turns)
    time.sleep(0.1)
    assert len(turns) == ended
    assert statuses(tmp_path) == {"1": JobStatus.INTERRUPTED}


def test_cancelling_one_job_leaves_the_others_alone(session, data, tmp_path):
    made = session()
    scripts = [freerflag(data, tmp_path) for _ in range(2)]
    programs = [family(script) for script in scripts]

    async def job(script):
        with made.track(script, project="p"):
            await execute(script)

    async def main():
        tasks = [asyncio.ensure_future(job(script)) for script in scripts]
        await appears(lambda: all(programs) and all(psutil.Process(one[0].pid).children() for one in programs), *tasks)
        tasks[0].cancel()
        await asyncio.wait({tasks[0]})
        alive = programs[1][0].poll() is None
        tasks[1].cancel()
        await asyncio.wait({tasks[1]})
        return alive

    assert asyncio.run(main())
    assert set(statuses(tmp_path).values()) == {JobStatus.INTERRUPTED}


def test_a_task_of_a_plugin_runs_from_asyncio(session, data, tmp_path):
    made = session()

    async def main():
        return await asyncio.gather(
            *(run_task_async(made, "freerflag", {"F_SIGF": data["fsigf"]}, project="p") for _ in range(3))
        )

    results = asyncio.run(main())
    assert sorted(result.outcomes[0].job.number for result in results) == ["1", "2", "3"]
    assert set(statuses(tmp_path).values()) == {JobStatus.FINISHED}


def test_jobs_run_concurrently(session, data, tmp_path):
    made = session()
    everybody = threading.Barrier(8, timeout=60)

    def process():
        # The barrier opens only when all eight run at the same time.
        everybody.wait()
        return CPluginScript.SUCCEEDED

    async def job():
        script = freerflag(data, tmp_path)
        i2_scripts.replace_method(script, "process", process)
        with made.track(script, project="p"):
            return await execute(script)

    async def main():
        return await asyncio.gather(*(job() for _ in range(8)))

    assert asyncio.run(main()) == [FinishStatus.SUCCEEDED] * 8
    assert set(statuses(tmp_path)) == {str(number) for number in range(1, 9)}


def test_in_own_thread_returns_the_value_and_propagates_exceptions():
    def fail():
        raise LookupError("nothing there")

    assert asyncio.run(in_own_thread(lambda: 3)) == 3
    with pytest.raises(LookupError, match="nothing there"):
        asyncio.run(in_own_thread(fail))


def test_a_job_begins_once(session, data, tmp_path):
    tracked = session().track(freerflag(data, tmp_path), project="p")
    with tracked, pytest.raises(BadInputError, match="Job 1 is running already"):
        tracked.begin()
