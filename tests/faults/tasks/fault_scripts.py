"""Tasks that behave like real tasks whose records go wrong. They do not depend on the tracking."""

from pathlib import Path

from ccp4i2.core.CCP4PluginScript import CPluginScript

MODEL = "ATOM      1  CA  GLY A   1      {x:6.3f}   2.000   3.000  1.00 10.00           C\nEND\n"
MMCIF = """data_test
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_seq_id
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.occupancy
_atom_site.B_iso_or_equiv
ATOM 1 C CA GLY A 1 1.000 2.000 3.000 1.00 10.00
"""
PRECIOUS = "a file of the task's own\n"


def write(obj, x=1.0, text=MODEL):
    Path(str(obj)).write_text(text.format(x=x), encoding="ascii")


class Scripted(CPluginScript):
    """Runs the method ``mode_MODE`` in ``process()``."""

    def process(self):
        status = getattr(self, f"mode_{self.container.controlParameters.MODE}")()
        self.reportStatus(status)
        return status

    @property
    def inputs(self):
        return self.container.inputData

    @property
    def outputs(self):
        return self.container.outputData


class fault_pipeline(Scripted):  # noqa: N801 - CCP4i2 names a class like its task
    TASKNAME = "fault_pipeline"

    def selector(self):
        made = self.makePluginObject("coordinate_selector")
        made.container.inputData.XYZIN.set(self.inputs.XYZIN)
        return made

    def child(self, mode, **options):
        made = self.makePluginObject("fault_child", **options)
        made.container.controlParameters.MODE.set(mode)
        return made

    def mode_plain(self):
        self.selector().process()
        self.selector().process()
        return self.SUCCEEDED

    def mode_nothing(self):
        return self.SUCCEEDED

    def mode_unsatisfactory(self):
        return self.UNSATISFACTORY

    def mode_late_failure(self):
        write(self.outputs.XYZOUT)
        self.outputs.PERFORMANCE.RFactor.set(0.25)
        return self.FAILED

    def mode_child_raises(self):
        try:
            self.child("raises").process()
        except RuntimeError:
            self.appendErrorReport(code=999, details="the sub-job blew up; the pipeline goes on without it")
        return self.SUCCEEDED

    def mode_child_reports(self):
        self.child("reports").process()
        return self.SUCCEEDED

    def mode_child_fails(self):
        self.child("fails").process()
        return self.SUCCEEDED

    def mode_hidden_fails(self):
        self.child("fails", reportToDatabase=False).process()
        return self.SUCCEEDED

    def mode_hidden_finishes(self):
        self.child("nothing", reportToDatabase=False).process()
        return self.FAILED

    def mode_drift(self):
        self.child("nothing", reportToDatabase=False).process()
        self.selector().process()
        return self.SUCCEEDED

    def mode_subdirectory(self):
        folder = Path(self.workDirectory) / "deep"
        folder.mkdir()
        target = folder / "result.pdb"
        target.write_text(MODEL.format(x=4.0), encoding="ascii")
        self.outputs.XYZOUT.setFullPath(str(target))
        return self.SUCCEEDED

    def mode_relative_subdirectory(self):
        folder = Path(self.workDirectory) / "deep"
        folder.mkdir()
        (folder / "result.pdb").write_text(MODEL.format(x=4.0), encoding="ascii")
        self.outputs.XYZOUT.relPath.set(f"{self.outputs.XYZOUT.relPath}/deep")
        self.outputs.XYZOUT.baseName.set("result.pdb")
        return self.SUCCEEDED

    def mode_outside(self):
        target = Path(self.workDirectory).parents[2] / "elsewhere.pdb"
        target.write_text(MODEL.format(x=4.0), encoding="ascii")
        self.outputs.XYZOUT.setFullPath(str(target))
        return self.SUCCEEDED

    def mode_mmcif(self):
        path = Path(str(self.outputs.XYZOUT)).with_suffix(".pdb")
        self.outputs.XYZOUT.setFullPath(str(path))
        path.write_text(MMCIF, encoding="ascii")
        path.with_suffix(".cif").write_text(PRECIOUS, encoding="ascii")
        return self.SUCCEEDED

    def mode_wrapped(self):
        for _ in range(6):
            self.makePluginObject("fault_wrapped").process()
        return self.SUCCEEDED


class fault_child(Scripted):  # noqa: N801
    """A sub-job that overrides ``process()``."""

    TASKNAME = "fault_child"

    def mode_raises(self):
        raise RuntimeError("the sub-job blew up")

    def mode_fails(self):
        return self.FAILED

    def mode_nothing(self):
        return self.SUCCEEDED

    def mode_reports(self):
        self.outputs.PERFORMANCE.RFactor.set(0.25)
        return self.SUCCEEDED


class fault_output(CPluginScript):  # noqa: N801
    """Runs no program, and raises an exception when it reads its output."""

    TASKNAME = "fault_output"

    def startProcess(self):  # noqa: N802 - CCP4i2's name
        return self.SUCCEEDED

    def processOutputFiles(self):  # noqa: N802
        raise RuntimeError("there is no log file")


class fault_once(CPluginScript):  # noqa: N801
    """Writes a file in its first run, and removes it in the second."""

    TASKNAME = "fault_once"

    def startProcess(self):  # noqa: N802
        marker = Path(self.workDirectory) / "has_run"
        if marker.exists():
            Path(str(self.container.outputData.XYZOUT)).unlink(missing_ok=True)
        else:
            write(self.container.outputData.XYZOUT)
        marker.touch()
        return self.SUCCEEDED


class fault_program(CPluginScript):  # noqa: N801
    """Runs a program that sends a signal to its parent process and continues."""

    TASKNAME = "fault_program"
    TASKCOMMAND = "sh"

    def makeCommandAndScript(self):  # noqa: N802
        signal = str(self.container.controlParameters.MODE)
        program = Path(self.workDirectory) / "program.pid"
        self.appendCommandLine(["-c", f"echo $$ > '{program}'; sleep 0.5; kill -{signal} $PPID; exec sleep 60"])
