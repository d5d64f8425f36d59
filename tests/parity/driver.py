"""Run every case on one side: ``python -m parity.driver SIDE``, in the environment that `sides` gives it."""

import subprocess
import sys

from parity.cases import CASES, PROJECT, RNASE
from parity.sides import ON_HOOKS, OURS, SETTINGS, THEIRS
from parity.sources import write_tree


def main(side):
    write_tree(RNASE)
    if side == OURS:
        from parity.own_side import run_all
    else:
        _make_database(side)
        from parity.ccp4i2_side import run_all
    run_all(CASES, PROJECT)


def _make_database(side):
    """Create the tables with CCP4i2's migrations, and add those of ccp4hooks if required."""
    python = (sys.executable, "-m")
    subprocess.run([*python, "django", "migrate", "--settings", SETTINGS[THEIRS], "--verbosity", "0"], check=True)
    if side == ON_HOOKS:
        subprocess.run([*python, "ccp4hooks.cli", "init"], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
