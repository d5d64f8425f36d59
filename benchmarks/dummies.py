"""What installed plugins add to the start of a session: distributions that bring one tiny plugin each."""

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
    """Install so many distributions into a folder, as pip does, compiled; return the folder."""
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
    """Return what a process costs that opens a session [ms of CPU time], with a folder's plugins installed."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    paths = [os.environ.get("PYTHONPATH", ""), str(folder or "")]
    environment = {**clean, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", START, autoload], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def added_ms(folder, count, autoload="on"):
    """Return what so many installed plugins add [ms of CPU time], by the least of several starts with and without.

    Args:
        folder: Where to install them.
        count: How many.
        autoload: ``"on"`` or ``"off"``.
    """
    place = installed(folder, count)
    pairs = [(started_ms(autoload), started_ms(autoload, place)) for _ in range(TIMES)]
    without, with_them = (min(some) for some in zip(*pairs, strict=True))
    return with_them - without
