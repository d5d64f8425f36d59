"""The CCP4i2 script of the demo pipeline.

CCP4i2 imports this module when the task is first used. Names in camelCase belong to CCP4i2.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

from ccp4i2.core.CCP4PluginScript import CPluginScript


class DemoPipeline(CPluginScript):  # type: ignore[misc]
    """Create a free R set for reflections and select atoms of a model, each in a sub-job.

    Sub-job 1 runs ``freerflag``, sub-job 2 ``coordinate_selector``. The pipeline copies their output files into its own
    directory, as the pipelines of CCP4i2 do, and reports the atom count as its own performance indicator.
    """

    TASKNAME = "demo_pipeline"
    ERROR_CODES: ClassVar[dict[int, dict[str, str]]] = {
        201: {"description": "A sub-job failed"},
        202: {"description": "A sub-job did not write its output file"},
    }

    def process(self) -> int:
        """Run both sub-jobs, copy their results and return the finish status."""
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
        """Run a sub-job and return whether it succeeded. Add a failure to the error report."""
        if child.process() == CPluginScript.SUCCEEDED:
            return True
        self.errorReport.extend(child.errorReport)
        self.appendErrorReport(201, child.TASKNAME)
        return False

    def _take(self, written: Any, own: Any) -> bool:
        """Copy an output file of a sub-job, with its metadata, to an output of the pipeline."""
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
