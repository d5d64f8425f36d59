"""The task as a CCP4i2 script."""

import shutil
from pathlib import Path

import gemmi
from ccp4i2.core.CCP4PluginScript import CPluginScript


class SiteCount(CPluginScript):
    """Copy a model and count its atoms."""

    TASKNAME = "site_count"

    def process(self):
        """Run the task and return its status."""
        self.checkOutputData()
        source = str(self.container.inputData.XYZIN.fullPath)
        target = Path(self.workDirectory) / "XYZOUT.pdb"
        shutil.copyfile(source, target)
        out = self.container.outputData
        out.XYZOUT.setFullPath(str(target))
        out.PERFORMANCE.nAtoms.set(gemmi.read_structure(source)[0].count_atom_sites())
        self.reportStatus(CPluginScript.SUCCEEDED)
        return CPluginScript.SUCCEEDED
