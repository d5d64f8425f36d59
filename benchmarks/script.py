"""The task that all sides run. It sleeps for a given time."""

import time

from ccp4i2.core.CCP4PluginScript import CPluginScript


class bench_task(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    """Sleep and succeed."""

    TASKNAME = "bench_task"

    def process(self):
        """Sleep and succeed."""
        time.sleep(float(self.container.controlParameters.DURATION))
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
