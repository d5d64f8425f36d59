"""The scripts of `host_tasks`."""

import subprocess
import sys
from pathlib import Path

from ccp4i2.core.CCP4PluginScript import CPluginScript


class it_prints(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    TASKNAME = "it_prints"

    def process(self):
        sys.stdout.write("said by the script\n")
        self.reportStatus(CPluginScript.SUCCEEDED)
        return CPluginScript.SUCCEEDED


class it_borrows(CPluginScript):  # noqa: N801
    """A pipeline that runs a task of another package."""

    TASKNAME = "it_borrows"

    def process(self):
        child = self.makePluginObject("site_count")
        child.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        status = child.process()
        self.reportStatus(status)
        return status


class it_endless(CPluginScript):  # noqa: N801
    """Waits for a program that does not end. Writes the process id to a file when the program has started."""

    TASKNAME = "it_endless"

    def process(self):
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]) as program:
            begun = Path(self.workDirectory) / "begun"
            begun.with_suffix(".new").write_text(str(program.pid))
            begun.with_suffix(".new").rename(begun)
