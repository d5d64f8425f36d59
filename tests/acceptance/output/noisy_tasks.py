"""A plugin whose import, hooks and task write to standard output in every way."""

import os
import subprocess
import sys
from pathlib import Path

from ccp4hooks import Kpi, TaskDescription, hookimpl


def shout(where):
    """Write to standard output from Python, through the descriptor, and from two programs."""
    print(f"python {where}")
    sys.__stdout__.write(f"original {where}\n")
    os.write(1, f"descriptor {where}\n".encode())
    subprocess.run([sys.executable, "-c", f"print('program {where}')"], check=True)
    os.system(f"echo shell {where}")


def shout_unless_quiet(where):
    if "QUIET_PLUGIN" not in os.environ:
        shout(where)


shout_unless_quiet("at import")


@hookimpl
def register_tasks():
    yield TaskDescription(
        name="noisy",
        title="Ünïcode Δ 😀",
        description="d",
        script="noisy_script:noisy",
        def_file=Path(__file__).with_name("noisy.def.xml"),
        needs_ccp4=False,
    )


@hookimpl
def list_projects():
    shout_unless_quiet("in a hook")


@hookimpl
def glean_kpi(job):
    shout_unless_quiet("in a hook")
    yield Kpi(key="grüße", value="Δ 😀 é", unit="Å")
