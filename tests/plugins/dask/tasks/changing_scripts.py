"""The script of a task that changes the environment and the directory of its process, and fails in a changed one."""

import os

from ccp4i2.core.CCP4PluginScript import CPluginScript


class changing(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    TASKNAME = "changing"

    def process(self):
        status = CPluginScript.FAILED if "CHANGED" in os.environ else CPluginScript.SUCCEEDED
        os.environ["CHANGED"] = "yes"
        os.chdir("/")
        self.reportStatus(status)
        return status
