"""Measure the start-up cost of installed plugins, with distributions that contain one tiny plugin each."""

import compileall
import os
import resource
import subprocess
import sys

PLUGIN = '''"""Gives one value."""

from ccp4hooks import Kpi, hookimpl


@hookimpl
def glean_kpi(job, script):
    yield Kpi(key="dummy{n}", value=1)
'''

START = "import sys, ccp4hooks; ccp4hooks.open_session(ccp4hooks.load_settings(autoload=sys.argv[1] == 'on'))"
TIMES = 10


def installed(folder, count):
    """Install `count` compiled distributions into a directory, as pip does, and return the directory."""
    place = folder / f"dummies{count}"
    if place.is_dir():
        return place
    for n in range(count):
        info = place / f"dummy_{n}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dummy-{n}\nVersion: 1.0\n\nText.\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[ccp4hooks]\ndummy-{n} = dummy_{n}\n", "utf-8")
        (place / f"dummy_{n}.py").write_text(PLUGIN.format(n=n), "utf-8")
    compileall.compile_dir(place, quiet=1)
    return place


def started_ms(autoload, folder=None):
    """Return the CPU time of a process that opens a session with the plugins in a directory [ms]."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    paths = [os.environ.get("PYTHONPATH", ""), str(folder or "")]
    environment = {**clean, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", START, autoload], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def added_ms(folder, count, autoload="on"):
    """Return the CPU time that installed plugins add to a start [ms], from the minima of several starts.

    Args:
        folder: Directory for the plugins.
        count: Number of plugins.
        autoload: ``"on"`` or ``"off"``.
    """
    place = installed(folder, count)
    pairs = [(started_ms(autoload), started_ms(autoload, place)) for _ in range(TIMES)]
    without, with_them = (min(some) for some in zip(*pairs, strict=True))
    return with_them - without
