"""After a process is killed at any step of a job, `recover` corrects the record."""

import json
import os
import subprocess
import sys
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STEPS = json.loads((HERE / "steps_of_walk.json").read_text(encoding="utf-8"))
NO_SNAPSHOT = "CCP4I2_DISABLE_PROJECT_SNAPSHOT"
TRUE_ENDS = {"FINISHED", "INTERRUPTED", "QUEUED"}


SAMPLE = 12
"""A walk of the usual tests is killed at one of this many steps."""


@pytest.fixture(
    scope="module",
    params=[
        ("sqlite", SAMPLE),
        pytest.param(("sqlite", 1), marks=pytest.mark.slow),
        pytest.param(("postgresql", 1), marks=[pytest.mark.postgresql, pytest.mark.slow]),
    ],
    ids=["sample", "sqlite", "postgresql"],
)
def walked(request, tmp_path_factory):
    """Return the state of the database after each kill and recovery, by the step of the kill."""
    known = {}
    database, every = request.param

    def walk(kind):
        if kind not in known:
            folder = tmp_path_factory.mktemp("walk")
            on_server = database == "postgresql"
            url = request.getfixturevalue("server").new() if on_server else f"sqlite:///{folder / 'db.sqlite3'}"
            # A job must run before each kill of the other walks.
            known[kind] = walk_all(kind, url, folder, every if every == 1 or kind in RUNS else 2 * every)
        return known[kind]

    return walk


def walk_all(kind, url, folder, every):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
    done = subprocess.run(
        [sys.executable, str(HERE / "walker.py"), kind, url, str(folder), str(every)],
        # The thread that writes a snapshot would make steps at no fixed place.
        env=clean | {"PYTHONPATH": str(HERE), "CCP4I2_HOME": str(folder / "home"), NO_SNAPSHOT: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {one.pop("step"): one for one in results}


NEW_TABLES = ("ccp4i2_campaignevent", "ccp4i2_jobinteractivesession")
"""Tables of CCP4i2 3.1 whose rows are deleted with a job."""

REMOVALS = ("before os.remove", "before os.rmdir")

RUNS = ("run", "adopt", "import", "submit")
"""The walks that end with a job; the others delete or restore one."""

PLACES = {
    "delete": {"as before", "in the trash"},
    "restore": {"as before", "in the trash"},
    "purge": {"in the trash", "purged"},
}
"""Where the job may be after a kill and recovery."""


@pytest.mark.parametrize("kind", STEPS)
def test_recovery_repairs_the_record_after_a_kill_at_any_step(walked, kind):
    found = dict(walked(kind))
    whole = found.pop("none")
    # Check each new or missing step, and then add it to the list or remove it.
    assert in_order([step for step in whole["steps"] if not step.endswith(NEW_TABLES)]) == in_order(STEPS[kind])
    faulty = partial(faults_of if kind in RUNS else faults_of_deletion, kind)
    wrong = {step: faults for step, one in found.items() if (faults := list(faulty(one, whole)))}
    sys.stdout.write(f"{kind}: {len(found)} steps walked, {len(wrong)} jobs wrong after recovery\n")
    assert wrong == {}
    assert found
    for step in found:
        number, _, name = step.partition(" ")
        assert name in whole["steps"] if name.startswith(REMOVALS) else name == whole["steps"][int(number) - 1]


def in_order(steps):
    """Sort the steps that remove files one after another: the file system determines their order."""
    groups = groupby(steps, lambda step: step.startswith(REMOVALS))
    return [step for removes, group in groups for step in (sorted(group) if removes else group)]


def faults_of(kind, found, whole):
    """Yield the errors in the record after a recovery."""
    if found["code"] != -9:
        yield f"the process was not killed: {found['code']}"
        return
    if found["problems"]:
        yield f"recovery failed: {found['problems']}"
    if found["again"]:
        yield f"a second recovery found something: {found['again']}"
    yield from faults_in(found, whole)
    yield from faults_in(found["in_the_end"], whole)
    jobs = found["in_the_end"]["jobs"]
    if kind == "submit" and [(one["status"], one["submitted"][-1]) for one in jobs.values()] != [("QUEUED", True)]:
        yield f"the same request has not submitted one job: {jobs}"


def faults_of_deletion(kind, found, whole):
    """Yield the errors after a recovery: the job is neither as before nor in the trash."""
    if found["code"] != -9:
        yield f"the process was not killed: {found['code']}"
        return
    if found["problems"] or found["again"]:
        yield f"recovery failed, or was not complete: {found['problems']}, {found['again']}"
    if found["verdict"] not in PLACES[kind]:
        yield found["verdict"]
    if found["in_the_end"] not in ("as before", "purged"):
        yield f"in the end: {found['in_the_end']}"
    if whole["verdict"] not in PLACES[kind]:
        yield f"without a kill: {whole['verdict']}"


def faults_in(state, whole):
    for number, job in state["jobs"].items():
        if job["status"] not in TRUE_ENDS or job["ended"] is (job["status"] == "QUEUED"):
            yield f"{number} is {job['status']}, ended: {job['ended']}"
        if job["missing"]:
            yield f"{number} has rows without a file: {job['missing']}"
        if job["status"] == "FINISHED" and job != whole["jobs"][number]:
            yield f"{number} is FINISHED but not as an undisturbed one: {job}"
    top = state["jobs"].get("1")
    if top and top["status"] == "FINISHED" and state["jobs"].keys() != whole["jobs"].keys():
        yield f"FINISHED, but not with all of its sub-jobs: {sorted(state['jobs'])}"
    unknown = set(state["on_disk"]) - {name for job in state["jobs"].values() for name in job["imported"]}
    if unknown:
        yield f"files that nobody knows: {unknown}"
    if state["odd"]:
        yield f"left among the jobs: {state['odd']}"
    if state["unfinished"]:
        yield f"left of an import: {state['unfinished']}"
    if state["jobs"] and not top:
        yield f"numbers: {sorted(state['jobs'])}"


def test_an_adoption_that_was_killed_is_complete_when_it_is_repeated(walked):
    found = dict(walked("adopt"))
    whole = found.pop("none")["jobs"]
    assert [step for step, one in found.items() if one["in_the_end"]["jobs"] != whole] == []


def test_an_import_that_was_killed_has_imported_the_project_or_nothing_and_can_be_repeated(walked):
    found = dict(walked("import"))
    whole = found.pop("none")["jobs"]
    assert [step for step, one in found.items() if one["jobs"] not in ({}, whole) or one["unknown"]] == []
    assert [step for step, one in found.items() if one["in_the_end"]["jobs"] != whole] == []


@pytest.mark.parametrize("kind", [kind for kind in RUNS if kind != "submit"])
def test_the_run_that_is_not_killed_is_complete(walked, kind):
    jobs = walked(kind)["none"]["jobs"]
    assert {number: job["status"] for number, job in jobs.items()} == {"1": "FINISHED", "1.1": "FINISHED"}
    assert jobs["1.1"]["kpis"] == ["nAtoms", "nResidues"]
    assert jobs["1"]["imported"] == ["1a80_A.pdb"]


def test_a_job_that_was_running_keeps_its_imports_and_outputs(walked):
    found = walked("run")
    at_the_end = [one for step, one in found.items() if step.endswith("before job_finished of database")]
    assert at_the_end[-1]["jobs"] == found["none"]["jobs"]
    assert at_the_end[0]["jobs"]["1"]["imported"] == ["1a80_A.pdb"]
