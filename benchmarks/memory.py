"""Print the peak memory of a freerflag job: memory.py ours PROJECTS MTZ DATABASE, or memory.py bare FOLDER MTZ."""

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def ours(projects, mtz, database):
    """Run the task through ccp4hooks."""
    from ccp4hooks import load_settings, open_session

    session = open_session(load_settings(projects_dir=Path(projects), database=database))
    session.run("freerflag", [("F_SIGF", mtz)], project="memory")


def bare(folder, mtz):
    """Run the script alone."""
    from benchmarks.sides.floor import bare_freerflag

    bare_freerflag(Path(folder), mtz).process()


def peak_mb():
    """Return the peak memory of this process [MB]. On Linux, getrusage would include that of the parent process."""
    if STATUS.exists():
        return int(STATUS.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    {"ours": ours, "bare": bare}[sys.argv[1]](*sys.argv[2:])
    print(peak_mb())
