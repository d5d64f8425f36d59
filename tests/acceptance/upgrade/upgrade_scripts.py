"""The scripts of `upgrade_tasks`."""

import shutil
import time
from pathlib import Path

from ccp4i2.core.CCP4PluginScript import CPluginScript


class upgrade_pipeline(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    """Runs ``coordinate_selector`` as a sub-job, and copies its output."""

    TASKNAME = "upgrade_pipeline"

    def process(self):
        child = self.makePluginObject("coordinate_selector")
        child.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        child.process()
        outputs = self.container.outputData
        for own in (outputs.XYZOUT, outputs.A_MODEL_WITH_A_NAME_LONGER_THAN_THE_OLD_COLUMN_OUT):
            shutil.copyfile(str(child.container.outputData.XYZOUT), str(own))
        outputs.PERFORMANCE.nAtoms.set(int(child.container.outputData.NATOMS.nAtoms))
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED


class upgrade_wait(CPluginScript):  # noqa: N801
    """Writes an output, says so, and waits for the file ``go`` in its directory."""

    TASKNAME = "upgrade_wait"

    def process(self):
        directory = Path(self.workDirectory)
        shutil.copyfile(str(self.container.inputData.XYZIN), str(self.container.outputData.XYZOUT))
        (directory / "begun").touch()
        while not (directory / "go").exists():
            time.sleep(0.05)
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
