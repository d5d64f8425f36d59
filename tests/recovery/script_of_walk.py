"""The script of the pipeline, which runs ``coordinate_selector`` as a sub-job."""

import shutil

from ccp4i2.core.CCP4PluginScript import CPluginScript


class walk_pipeline(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    TASKNAME = "walk_pipeline"

    def process(self):
        child = self.makePluginObject("coordinate_selector")
        child.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        child.process()
        shutil.copyfile(str(child.container.outputData.XYZOUT), str(self.container.outputData.XYZOUT))
        self.reportStatus(self.SUCCEEDED)
        return self.SUCCEEDED
