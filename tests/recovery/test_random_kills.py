"""A few rounds of `random_kills.py`; `.ci/long` runs many."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "random_kills.py"


@pytest.mark.skipif(sys.platform == "win32", reason="ccp4hooks stops no programs of a killed process on Windows")
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_nothing_is_wrong_or_left_behind_after_random_kills(database):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
    words = [sys.executable, str(PROGRAM), "--rounds", "4", "--seed", "suite", "--database", database]
    done = subprocess.run(words, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split() for line in done.stdout.splitlines()[-2:]] == [["records", "wrong", "0"], ["debris", "0"]]
