"""The script of the test pipeline, which runs ``coordinate_selector`` as sub-jobs."""

from pathlib import Path

from ccp4i2.core.CCP4PluginScript import CPluginScript
from it_tasks import copy_file, run_in_thread


class it_pipeline(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    TASKNAME = "it_pipeline"

    def process(self):
        mode = str(self.container.controlParameters.MODE)
        return getattr(self, f"mode_{mode}")()

    def child(self, **options):
        made = self.makePluginObject("coordinate_selector", **options)
        made.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        return made

    def finish(self, status=CPluginScript.SUCCEEDED):
        self.reportStatus(status)
        return status

    def mode_plain(self):
        for _ in range(int(self.container.controlParameters.COUNT)):
            last = self.child()
            last.process()
        copy_file(last.container.outputData.XYZOUT, self.container.outputData.XYZOUT)
        self.container.outputData.FIRST.RFactor.set(0.0)
        self.container.outputData.FIRST.RFree.set(0.25)
        self.container.outputData.SECOND.RFree.set(float("inf"))
        self.container.outputData.SECOND.RFactor.set(0.2)
        return self.finish()

    def mode_zeros(self):
        outputs = self.container.outputData
        outputs.LATE = type(outputs.FIRST)(name="LATE", parent=outputs)
        outputs.LATE.RFree.set(0.0)
        made = self.child()
        made.container.outputData.NATOMS.value.set(0.0)
        made.process()
        return self.finish()

    def mode_titles(self):
        for options in ({"name": "Chain A"}, {"pluginTitle": "Chain B", "name": "b"}, {}):
            self.child(**options).process()
        return self.finish()

    def mode_signal(self):
        self.statuses = []
        first, second = self.child(), None

        def after_first(status):
            self.statuses.append(status)
            nonlocal second
            second = self.child()
            second.process()

        self.connectSignal(first, "finished", after_first)
        first.process()
        return self.finish()

    def mode_child_fails(self):
        made = self.makePluginObject("coordinate_selector")  # without its required input
        status = made.process()
        return self.finish(status)

    def mode_child_raises(self):
        made = self.child()

        def explode():
            raise RuntimeError("the sub-job blew up")

        object.__setattr__(made, "startProcess", explode)
        object.__setattr__(made, "reportStatus", lambda status: explode())
        made.process()
        return self.finish()

    def mode_hidden(self):
        self.child(reportToDatabase=False).process()
        self.child().process()
        return self.finish()

    def mode_unused(self):
        self.child()
        return self.finish()

    def mode_interrupt(self):
        made = self.child()

        def press():
            raise KeyboardInterrupt

        object.__setattr__(made, "startProcess", press)
        made.process()

    def mode_early(self):
        def later():
            self.child().process()
            self.finish()

        run_in_thread(later)

    def mode_background(self):
        made = self.makePluginObject("it_slow")
        made.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        made.doAsync = True
        made.process()
        return self.finish()

    def mode_nested(self):
        inner = self.makePluginObject("it_pipeline")
        inner.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        inner.container.controlParameters.MODE.set("plain")
        inner.process()
        return self.finish()

    def mode_endless(self):
        made = self.makePluginObject("it_endless")
        made.process()
        return self.finish()

    def mode_unsatisfactory(self):
        return self.finish(CPluginScript.UNSATISFACTORY)

    def mode_subdirectory(self):
        folder = Path(self.workDirectory) / "deep" / "er"
        folder.mkdir(parents=True)
        copy_file(self.container.inputData.XYZIN, folder / "result.pdb")
        self.container.outputData.XYZOUT.setFullPath(str(folder / "result.pdb"))
        return self.finish()

    def mode_raises(self):
        raise RuntimeError("the pipeline blew up")


class it_output(CPluginScript):  # noqa: N801
    """Runs no program, and fails while it reads its output."""

    TASKNAME = "it_output"

    def startProcess(self):  # noqa: N802 - CCP4i2's name
        return CPluginScript.SUCCEEDED

    def processOutputFiles(self):  # noqa: N802
        raise RuntimeError("there is no log file")


class it_long(CPluginScript):  # noqa: N801
    """Runs a program for a minute."""

    TASKNAME = "it_long"
    TASKCOMMAND = "sleep"

    def makeCommandAndScript(self):  # noqa: N802
        self.appendCommandLine(["60"])


class it_slow(CPluginScript):  # noqa: N801
    """Runs a slow program, optionally in the background."""

    TASKNAME = "it_slow"
    TASKCOMMAND = "sh"

    def makeCommandAndScript(self):  # noqa: N802
        source, target = self.container.inputData.XYZIN, self.container.outputData.XYZOUT
        self.appendCommandLine(["-c", f"sleep 0.5; cp '{source}' '{target}'"])


class it_stubborn(CPluginScript):  # noqa: N801
    """Runs a program with a child for a minute. Both ignore signals."""

    TASKNAME = "it_stubborn"
    TASKCOMMAND = "sh"

    def makeCommandAndScript(self):  # noqa: N802
        self.appendCommandLine(["-c", "trap '' TERM INT HUP; sleep 60 & sleep 60; true"])
