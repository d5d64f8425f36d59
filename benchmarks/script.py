"""The task that all sides run: it sleeps for as long as it is told."""

import time

from ccp4i2.core.CCP4PluginScript import CPluginScript


class bench_task(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    """Sleep, and say that all is well."""

    TASKNAME = "bench_task"

    def process(self):
        """Sleep, and say that all is well."""
        time.sleep(float(self.container.controlParameters.DURATION))
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
