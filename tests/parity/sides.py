"""The sides to compare. Each runs in its own process, with its own database and project."""

import os
import subprocess
import sys
from pathlib import Path

from parity.cases import SEARCH_PATH

HERE = Path(__file__).parent

THEIRS = "ccp4i2"
OURS = "ccp4hooks"
ON_HOOKS = "ccp4i2 on the hooks"
SIDES = (THEIRS, OURS, ON_HOOKS)

SETTINGS = {THEIRS: "ccp4i2.config.settings", ON_HOOKS: "ccp4hooks_database.django_settings"}
"""Settings modules of the sides of CCP4i2, which differ in nothing else."""

STRANGE = ("DJANGO_SETTINGS_MODULE", "CCP4HOOKS_PROJECT", "CCP4HOOKS_AUTOLOAD", "CCP4I2_DB_FILE")
"""Environment variables that the user who runs the tests may have set."""


def run(side, folder):
    """Run all cases on a side in `folder` and return the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "parity.driver", side],
        cwd=folder,
        env=_environment(side, folder),
        capture_output=True,
        text=True,
        check=False,
    )


def _environment(side, folder):
    inherited = {name: value for name, value in os.environ.items() if name not in STRANGE}
    settings = {"DJANGO_SETTINGS_MODULE": SETTINGS[side]} if side in SETTINGS else {}
    return {
        **inherited,
        **settings,
        "PATH": SEARCH_PATH,
        "PYTHONPATH": os.pathsep.join((str(HERE.parent), str(HERE / "tasks"))),
        "CCP4I2_HOME": str(folder / "home"),
        "CCP4I2_PROJECTS_DIR": str(folder / "projects"),
        "DATABASE_URL": f"sqlite:///{database(folder)}",
        "CCP4HOOKS_PLUGINS": "parity_tasks",
    }


def database(folder):
    """Return the SQLite file of the side that ran in `folder`."""
    return folder / "db.sqlite3"
