"""The demo pipeline as a CCP4i2 script.

Imported by CCP4i2 itself, when the task is first used. Method and attribute names in camelCase are CCP4i2's.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

from ccp4i2.core.CCP4PluginScript import CPluginScript


class DemoPipeline(CPluginScript):  # type: ignore[misc]
    """Make a free R set for some data and pick the atoms of a model, each in a sub-job.

    Sub-job 1 is ``freerflag``, sub-job 2 ``coordinate_selector``. Their output files are copied into the pipeline's
    own directory, as CCP4i2's pipelines do, and the atom count becomes the pipeline's own performance indicator.
    """

    TASKNAME = "demo_pipeline"
    PERFORMANCECLASS = "CAtomCountPerformance"
    ERROR_CODES: ClassVar[dict[int, dict[str, str]]] = {
        201: {"description": "A sub-job failed"},
        202: {"description": "A sub-job did not write the file it should have written"},
    }

    def process(self) -> int:
        """Run both sub-jobs and hand on what they give; return how it ended."""
        self.checkOutputData()
        done = self._free_r_set() and self._model()
        return self._end(CPluginScript.SUCCEEDED if done else CPluginScript.FAILED)

    def _end(self, status: int) -> int:
        self.reportStatus(status)
        return status

    def _free_r_set(self) -> bool:
        given, wanted = self.container.inputData, self.container.outputData
        child = self.makePluginObject("freerflag")
        child.container.inputData.F_SIGF.set(given.F_SIGF)
        if not self._finished(child):
            return False
        return self._take(child.container.outputData.FREEROUT, wanted.FREEROUT)

    def _model(self) -> bool:
        given, wanted = self.container.inputData, self.container.outputData
        child = self.makePluginObject("coordinate_selector")
        child.container.inputData.XYZIN.set(given.XYZIN)
        if not self._finished(child):
            return False
        counted = child.container.outputData.NATOMS
        wanted.PERFORMANCE.nAtoms.set(int(counted.nAtoms))
        wanted.PERFORMANCE.nResidues.set(int(counted.nResidues))
        return self._take(child.container.outputData.XYZOUT, wanted.XYZOUT)

    def _finished(self, child: Any) -> bool:
        """Run a sub-job; return whether it succeeded, and note in the error report if not."""
        if child.process() == CPluginScript.SUCCEEDED:
            return True
        self.errorReport.extend(child.errorReport)
        self.appendErrorReport(201, child.TASKNAME)
        return False

    def _take(self, written: Any, own: Any) -> bool:
        """Copy a sub-job's output file, and what is known of it, to an output of the pipeline."""
        source = Path(str(written.fullPath))
        if not source.is_file():
            self.appendErrorReport(202, str(source))
            return False
        target = Path(self.workDirectory) / f"{own.objectName()}{source.suffix}"
        shutil.copyfile(source, target)
        own.setFullPath(str(target))
        own.annotation.set(str(written.annotation))
        for known, copied in ((written.contentFlag, own.contentFlag), (written.subType, own.subType)):
            if known.isSet():
                copied.set(int(known))
        return True
