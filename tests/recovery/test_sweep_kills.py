"""After a process is killed at any step of a sweep, the same sweep makes exactly the jobs that are missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ATOMS = ["A/10-12", "A/20-25", "A/30-39"]
SAMPLE = 60
"""A sweep of the usual tests is killed at one of this many steps."""


@pytest.mark.parametrize(
    ("database", "every"),
    [
        ("sqlite", SAMPLE),
        pytest.param("sqlite", 1, marks=pytest.mark.slow),
        pytest.param("postgresql", 1, marks=[pytest.mark.postgresql, pytest.mark.slow]),
    ],
)
def test_a_sweep_that_was_killed_is_continued(request, tmp_path, database, every):
    url = request.getfixturevalue("server").new() if database == "postgresql" else f"sqlite:///{tmp_path}/db.sqlite3"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
    done = subprocess.run(
        [sys.executable, str(HERE / "sweep_walker.py"), url, str(tmp_path), str(every)],
        # The thread that writes a snapshot would make steps at no fixed place.
        env=clean
        | {"PYTHONPATH": str(HERE), "CCP4I2_HOME": str(tmp_path / "home"), "CCP4I2_DISABLE_PROJECT_SNAPSHOT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert found
    wrong = {one["step"]: faults for one in found if (faults := list(faults_of(one)))}
    sys.stdout.write(f"{len(found)} kills, {len(wrong)} wrong\n")
    assert wrong == {}


def faults_of(one):
    """Yield what is wrong with the record after a kill, or after the sweep was continued."""
    left, after = one["left"], one["in_the_end"]
    finished = [job for job in left if job[1] == "FINISHED"]
    others = [job for job in left if job[1] != "FINISHED"]
    if one["code"] != -9:
        yield f"the process was not killed: {one['code']}"
    if one["problems"]:
        yield f"the recovery failed: {one['problems']}"
    if [job for job in others if job[1] != "INTERRUPTED"] or len(others) > 1:
        yield f"untrue after the recovery: {others}"
    if after[: len(left)] != left:
        yield f"changed by the sweep: {left}, {after}"
    if sorted(job[2] for job in after if job[1] == "FINISHED") != ATOMS:
        yield f"not each job once: {after}"
    if len(after) - len(left) != len(ATOMS) - len(finished):
        yield f"more or fewer jobs than are missing: {left}, {after}"
    if [number for number, unchanged in one["answers"] if unchanged] != [job[0] for job in finished]:
        yield f"the answers are others: {one['answers']}"
