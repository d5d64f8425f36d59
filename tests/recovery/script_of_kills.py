"""The scripts of the tasks of `random_kills.py`."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys

from ccp4i2.core.CCP4PluginScript import CPluginScript
from tasks_of_kills import TASKS

HELD_S = 3
"""How long a task holds Python's lock [s], longer than the time of silence of the processes that watch it."""

DAEMON = """
import os
if os.fork():
    os._exit(0)
os.setsid()
if pid := os.fork():
    print(pid, flush=True)
    os._exit(0)
os.close(1)
os.execvp("sleep", ["sleep", "600"])
"""


class kills_pipeline(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    """Runs a sub-job, then what its subclass does, and copies the output of the sub-job."""

    TASKNAME = TASKS[0]

    def process(self):
        child = self.makePluginObject("coordinate_selector")
        child.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        child.process()
        self.then()
        shutil.copyfile(str(child.container.outputData.XYZOUT), str(self.container.outputData.XYZOUT))
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED

    def then(self):
        """Do nothing."""


class kills_daemon(kills_pipeline):  # noqa: N801
    """Runs a program beside a daemon, which it ends."""

    TASKNAME = TASKS[1]

    def then(self):
        words, quiet = [sys.executable, "-S", "-c", DAEMON], subprocess.DEVNULL
        said = subprocess.run(words, stdout=subprocess.PIPE, stderr=quiet, text=True, check=False).stdout
        subprocess.run(["sleep", "0.5"], check=False)  # noqa: S607 - a test
        os.kill(int(said), signal.SIGKILL)


class kills_holder(kills_pipeline):  # noqa: N801
    """Holds Python's lock in a call of C."""

    TASKNAME = TASKS[2]

    def then(self):
        ctypes.PyDLL(None).sleep(HELD_S)
