"""Kill a process at each step of taking in a result, and let another one take it in; print the number of steps.

The argument is an empty directory.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from unit.carried import FILES, run_there, send_back, submitted_job

from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.carried_results import take_in

STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}
"""Events at which the process is killed, before what they announce."""


def kill_at(wanted):
    seen = 0

    def count(event, _):
        nonlocal seen
        if event not in STEPS:
            return
        seen += 1
        if seen == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def killed(job, step):
    """Return whether a process was killed at a step while it took in the result of a job."""
    child = os.fork()
    if not child:
        kill_at(step)
        take_in(job, 1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def is_whole(job):
    found = {name: (job.directory / name) for name in FILES}
    return all(path.is_file() and path.read_text() == FILES[name] for name, path in found.items())


def main(folder):
    job = submitted_job(folder / "p")
    archives = send_back(run_there(job, folder / "scratch"), job, folder)
    shutil.copytree(folder / "p", folder / "before")
    step = 1
    while killed(job, step):
        assert is_whole(job) or not (job.directory / outcome_file.FILE_NAME).exists(), step
        take_in(job, 1)
        assert is_whole(job), step
        assert outcome_file.read(job.directory / outcome_file.FILE_NAME).job == job, step
        assert not list(archives.glob(".*")), (step, list(archives.glob(".*")))
        shutil.rmtree(folder / "p")
        shutil.copytree(folder / "before", folder / "p")
        step += 1
    sys.stdout.write(f"{step - 1}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
