"""Tasks that write many files, or performance values of each type. See `fault_scripts`."""

from pathlib import Path

from ccp4i2.core.base_object.class_metadata import AttributeType, attribute, cdata_class
from ccp4i2.core.CCP4Container import CContainer
from ccp4i2.core.CCP4ModelData import CPdbDataFile
from ccp4i2.core.CCP4PerformanceData import CAtomCountPerformance, CPerformanceIndicator
from ccp4i2.core.CCP4PluginScript import CPluginScript
from fault_scripts import MODEL, Scripted, write

OUTPUTS = ("DELTA", "ALPHA", "HOTEL", "CHARLIE", "GOLF", "BRAVO", "FOXTROT", "ECHO")
WRAPPERS = tuple(f"wrapper{number}" for number in range(1, 7))
LONG_KEY = "a_name_that_is_longer_than_the_fifty_characters_of_the_table"
GOOD = tuple(f"good{number}" for number in range(1, 13))
INDICATORS = ("RFactor", "RFree", "RMSBond", "RMSAngle")


class CSiteModelFile(CPdbDataFile):
    """A site's own class of coordinate files."""


@cdata_class(
    attributes={
        "cycles": attribute(AttributeType.INT),
        "converged": attribute(AttributeType.BOOLEAN),
        "wilsonB": attribute(AttributeType.FLOAT),
        "shift": attribute(AttributeType.FLOAT),
        "remark": attribute(AttributeType.STRING),
        LONG_KEY: attribute(AttributeType.FLOAT),
        **{name: attribute(AttributeType.FLOAT) for name in GOOD},
    }
)
class CFaultPerformance(CPerformanceIndicator):
    """An indicator with a value of each type."""


class fault_outputs(CPluginScript):  # noqa: N801
    """Writes eight files, which are not declared in alphabetical order, one of a site's own class, and four KPIs."""

    TASKNAME = "fault_outputs"

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in OUTPUTS:
            self.container.outputData.addObject(CPdbDataFile(name=name), name=name)
        self.container.outputData.addObject(CSiteModelFile(name="SITE"), name="SITE")

    def startProcess(self):  # noqa: N802
        for number, name in enumerate((*OUTPUTS, "SITE")):
            write(self.container.outputData.find(name), float(number))
        for number, name in enumerate(INDICATORS, start=1):
            self.container.outputData.PERFORMANCE.find(name).set(float(number))
        return self.SUCCEEDED


class fault_wrapped(CPluginScript):  # noqa: N801
    """Has six embedded wrappers. Each has an output with the same name as an output of the task."""

    TASKNAME = "fault_wrapped"

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in WRAPPERS:
            wrapper, outputs = CContainer(name=name), CContainer(name="outputData")
            self.container.addObject(wrapper, name=name)
            wrapper.addObject(outputs, name="outputData")
            outputs.addObject(CPdbDataFile(name="XYZOUT"), name="XYZOUT")

    def startProcess(self):  # noqa: N802
        write(self.container.outputData.XYZOUT)
        for name in WRAPPERS:
            path = Path(self.workDirectory) / f"{name}.pdb"
            path.write_text(MODEL.format(x=9.0), encoding="ascii")
            self.container.find(name).outputData.XYZOUT.setFullPath(str(path))
        return self.SUCCEEDED


class fault_kpis(Scripted):  # noqa: N801
    """Sets one indicator to values of each type and two other indicators, or sets a value that cannot be recorded."""

    TASKNAME = "fault_kpis"

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.container.outputData.deleteObject("PERFORMANCE")
        for name, kind in (
            ("PERFORMANCE", CFaultPerformance),
            ("NATOMS", CAtomCountPerformance),
            ("SECOND", CFaultPerformance),
        ):
            self.container.outputData.addObject(kind(name=name), name=name)

    def mode_kinds(self):
        indicator = self.outputs.PERFORMANCE
        indicator.cycles.set(3)
        indicator.converged.set(True)
        indicator.shift.set(0.0)
        indicator.wilsonB.set(20.5)
        self.outputs.NATOMS.nAtoms.set(7)
        self.outputs.SECOND.remark.set("the second indicator")
        return self.SUCCEEDED

    def spoil(self, name, value):
        """Set one value that cannot be recorded and twelve valid ones."""
        indicator = self.outputs.PERFORMANCE
        indicator.find(name).set(value)
        for number, good in enumerate(GOOD, start=1):
            indicator.find(good).set(float(number))
        return self.SUCCEEDED

    def mode_nan(self):
        return self.spoil("wilsonB", float("nan"))

    def mode_infinite(self):
        return self.spoil("wilsonB", float("inf"))

    def mode_long_key(self):
        return self.spoil(LONG_KEY, 1.0)

    def mode_long_text(self):
        return self.spoil("remark", "x" * 300)
