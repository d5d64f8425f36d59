"""Fixtures that play the scenes once per test session: CCP4i2 in one process, ccp4hooks in another."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from postgresql_server import running_server

# Imported by the plugin manager and by CCP4i2, not by pytest.
collect_ignore_glob = ["tasks/*"]
HERE = Path(__file__).parent
OURS = ("CCP4HOOKS_", "CCP4I2_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
SIDES = ("theirs", "ours")


def start(side, folder, database=""):
    """Start the process of a side."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {
        **clean,
        "HOME": str(folder),
        "CCP4I2_HOME": str(folder / "home"),
        "CCP4I2_PROJECTS_DIR": str(folder / "projects"),
        "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE / "tasks")]),
    }
    log = (folder / "driver.log").open("w")
    command = [sys.executable, "-W", "ignore", "-m", "faults.driver", side, str(folder), database]
    with log:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)


def seen_by(folders, databases):
    """Play the scenes on both sides at the same time, and return the observations by side."""
    running = [start(side, folders[side], databases.get(side, "")) for side in SIDES]
    try:
        for side, process in zip(SIDES, running, strict=True):
            code = process.wait(300)
            assert code == 0, (folders[side] / "driver.log").read_text(errors="replace")[-4000:]
    finally:
        for process in running:
            process.kill()
            process.wait()
    return {side: json.loads((folders[side] / "seen.json").read_text(encoding="utf-8")) for side in SIDES}


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory):
    return seen_by({side: tmp_path_factory.mktemp(side) for side in SIDES}, {})


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        folders = {side: tmp_path_factory.mktemp(f"{side}_postgresql") for side in SIDES}
        return seen_by(folders, {side: server.new() for side in SIDES})
