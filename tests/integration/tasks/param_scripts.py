"""The script of a task that changes a parameter, assigns results, and may spoil its own parameters."""

import subprocess
import sys
from pathlib import Path

from ccp4i2.core.CCP4PluginScript import CPluginScript

XML = """<Analysis>
  <cellVolume>197218.4</cellVolume>
  <compositions>
    <composition><nMolecules>1</nMolecules><matthewsCoeff>4.51</matthewsCoeff></composition>
    <composition><nMolecules>2</nMolecules><matthewsCoeff>2.25</matthewsCoeff></composition>
  </compositions>
  <summary><solventContent>45.4</solventContent><word>likely</word><accessToken>abc</accessToken></summary>
  <rows>{rows}</rows>
</Analysis>
""".format(rows="<row>1.5</row>" * 11)


class Spoiled(float):
    def __float__(self):
        raise ZeroDivisionError("spoiled")


class param_task(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    TASKNAME = "param_task"
    TASKVERSION = 1.5

    def process(self):
        control, outputs = self.container.controlParameters, self.container.outputData
        if control.CYCLES.value == 1:
            object.__setattr__(control.WEIGHT, "_value", Spoiled(1))
        if control.CYCLES.value == 2:
            self.makePluginObject("param_task").process()
        if control.CYCLES.value == 3:
            subprocess.run([sys.executable, "-c", "print('# Wash version 2.8.3'); sum(range(10**6))"], check=True)
        control.CYCLES.set(control.CYCLES.value + 100)
        outputs.CELL.a.set(64.9)
        outputs.COUNT.set(7262)
        outputs.NOTE.set("see http://ada:hunter2@example.org/x")
        Path(self.getWorkDirectory(), "program.xml").write_text(
            XML[:90] if self.container.inputData.TITLE == "damaged" else XML
        )
        self.reportStatus(CPluginScript.SUCCEEDED)
        return CPluginScript.SUCCEEDED
