"""A process killed at every step of a job's life: afterwards `recover` leaves the books true."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from postgresql_server import running_server

HERE = Path(__file__).parent
TRUE_ENDS = {"FINISHED", "INTERRUPTED"}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def walked(request, tmp_path_factory):
    """What the books say after each kill and recovery, by the step at which the process was killed."""
    folder = tmp_path_factory.mktemp("walk")
    if request.param == "sqlite":
        yield walk(f"sqlite:///{folder / 'db.sqlite3'}", folder)
    else:
        with running_server() as server:
            yield walk(server.new(), folder)


def walk(url, folder):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
    done = subprocess.run(
        [sys.executable, str(HERE / "walker.py"), url, str(folder / "projects")],
        env={**clean, "PYTHONPATH": str(HERE), "CCP4I2_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {one.pop("step"): one for one in told}


def test_every_step_was_fatal_once_and_no_job_is_wrong_afterwards(walked):
    wrong = {step: faults for step, found in walked.items() if (faults := list(faults_of(found, walked["none"])))}
    sys.stdout.write(f"{len(walked) - 1} steps walked, {len(wrong)} jobs wrong after recovery\n")
    assert wrong == {}
    assert len(walked) > 40


def faults_of(found, whole):
    """Yield what is wrong with the books after a recovery."""
    if "code" in found:
        yield f"the process was not killed: {found['code']}"
        return
    if found["problems"]:
        yield f"recovery failed: {found['problems']}"
    if found["again"]:
        yield f"a second recovery found something: {found['again']}"
    for number, job in found["jobs"].items():
        if job["status"] not in TRUE_ENDS or not job["ended"]:
            yield f"{number} is {job['status']}, ended: {job['ended']}"
        if job["missing"]:
            yield f"{number} has rows without a file: {job['missing']}"
        if job["status"] == "FINISHED" and job != whole["jobs"][number]:
            yield f"{number} is FINISHED but not as an undisturbed one: {job}"
    unknown = set(found["on_disk"]) - {name for job in found["jobs"].values() for name in job["imported"]}
    if unknown:
        yield f"files that nobody knows: {unknown}"
    if found["jobs"] and "1" not in found["jobs"]:
        yield f"numbers: {sorted(found['jobs'])}"


def test_the_undisturbed_run_is_what_the_others_are_compared_with(walked):
    jobs = walked["none"]["jobs"]
    assert {number: job["status"] for number, job in jobs.items()} == {"1": "FINISHED", "1.1": "FINISHED"}
    assert jobs["1.1"]["kpis"] == ["nAtoms", "nResidues"]
    assert jobs["1"]["imported"] == ["1a80_A.pdb"]


def test_a_job_that_was_running_keeps_its_imports_and_outputs(walked):
    step = next(step for step in walked if step.endswith("before job_finished of database"))
    at_the_end = [found for step, found in walked.items() if step.endswith("before job_finished of database")]
    assert at_the_end[-1]["jobs"] == walked["none"]["jobs"]
    assert walked[step]["jobs"]["1"]["imported"] == ["1a80_A.pdb"]
