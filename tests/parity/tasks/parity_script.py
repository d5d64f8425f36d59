"""The script of a pipeline with two sub-jobs, output files, and KPIs of every type."""

import shutil
from pathlib import Path

import gemmi
from ccp4i2.core.CCP4PluginScript import CPluginScript


class ParityPipeline(CPluginScript):
    TASKNAME = "parity_pipeline"
    PERFORMANCECLASS = "CDataReductionPerformance"

    def process(self):
        self.checkOutputData()
        given, wanted = self.container.inputData, self.container.outputData
        done = self.sub_job("freerflag", F_SIGF=given.F_SIGF) and self.sub_job("coordinate_selector", XYZIN=given.XYZIN)
        if done:
            # Like CCP4i2's refinement pipelines: the name was set before the format was known.
            structure = gemmi.read_structure(str(wanted.XYZOUT.fullPath))
            structure.make_mmcif_document().write_file(str(wanted.CIFFILE.fullPath))
            self.write_beside(structure)
            content = given.F_SIGF.fileContent
            wanted.PERFORMANCE.highResLimit.set(float(content.resolutionRange.high))
            wanted.PERFORMANCE.spaceGroup.set(str(content.spaceGroup))
        status = CPluginScript.SUCCEEDED if done else CPluginScript.FAILED
        self.reportStatus(status)
        return status

    def write_beside(self, structure):
        """Write outputs to other directories of the project."""
        project = Path(self.workDirectory).parents[1]
        for name, folder in (("NOTES", "CCP4_PROJECT_FILES"), ("PLACED", "CCP4_IMPORTED_FILES")):
            (project / folder).mkdir(exist_ok=True)
            path = project / folder / f"{name.lower()}.pdb"
            structure.write_pdb(str(path))
            getattr(self.container.outputData, name).setFullPath(str(path))

    def sub_job(self, task, **inputs):
        child = self.makePluginObject(task)
        for name, file in inputs.items():
            getattr(child.container.inputData, name).set(file)
        succeeded = child.process() == CPluginScript.SUCCEEDED
        if succeeded:
            self.take(child)
        return succeeded

    def take(self, child):
        for name in ("FREEROUT", "XYZOUT"):
            if name in child.container.outputData.dataOrder():
                written, own = (getattr(script.container.outputData, name) for script in (child, self))
                shutil.copyfile(str(written.fullPath), str(own.fullPath))
                own.annotation.set(str(written.annotation))
