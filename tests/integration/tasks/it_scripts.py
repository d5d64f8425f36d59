"""The script of the test pipeline, which runs ``coordinate_selector`` as sub-jobs."""

import os
import subprocess
import sys
import time
from pathlib import Path

from ccp4i2.core.CCP4PluginScript import CPluginScript
from it_tasks import copy_file, run_in_thread

RAISE = 9


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

    def write_cycle(self, number):
        text = f"<REFMAC><Cycle><number>{number}</number><r_factor>0.3{number}</r_factor></Cycle></REFMAC>"
        Path(self.makeFileName("PROGRAMXML")).write_text(text)

    def mode_progress(self):
        for number in (0, 1):
            self.write_cycle(number)
            self.progressUpdated.emit({"source": "refmac", "xmlLength": 99})
        self.progressUpdated.emit({"source": "refmac", "xmlLength": 99})
        self.progressUpdated.emit({"cycle": 7, "RFree": 0.25, "note": "x", "bad": float("nan"), "flag": True})
        self.progressUpdated.emit("no dictionary")
        child = self.child()
        child.progressUpdated.emit({"cycle": 1})
        child.process()
        self.write_cycle(2)
        return self.finish()

    def wait_for(self, name, limit_s):
        """Wait until a file exists in the job directory."""
        deadline = time.monotonic() + limit_s
        while not (Path(self.workDirectory) / name).exists() and time.monotonic() < deadline:
            time.sleep(0.01)

    def mode_watched(self):
        self.write_cycle(3)
        self.wait_for("seen", 10)
        return self.finish()

    def mode_live(self):
        """Print a line, and go on with a sub-job when the file ``go`` exists."""
        print("before the sub-job", flush=True)  # noqa: T201
        self.write_cycle(3)
        self.wait_for("go", 60)
        self.child().process()
        print("after the sub-job", flush=True)  # noqa: T201
        self.wait_for("end", 60)
        self.container.outputData.FIRST.RFree.set(0.25)
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
        """Report COUNT reasons."""
        for number in range(int(self.container.controlParameters.COUNT)):
            self.add_entry(f"too weak {number}", 2)
        return self.finish(CPluginScript.UNSATISFACTORY)

    def mode_subdirectory(self):
        folder = Path(self.workDirectory) / "deep" / "er"
        folder.mkdir(parents=True)
        copy_file(self.container.inputData.XYZIN, folder / "result.pdb")
        self.container.outputData.XYZOUT.setFullPath(str(folder / "result.pdb"))
        return self.finish()

    def mode_beside(self):
        """Write the output to the directory of the project that NAMES contains."""
        folder = Path(self.workDirectory).parents[1] / str(self.container.controlParameters.NAMES[0])
        folder.mkdir(exist_ok=True)
        copy_file(self.container.inputData.XYZIN, folder / "beside.pdb")
        self.container.outputData.XYZOUT.setFullPath(str(folder / "beside.pdb"))
        return self.finish()

    def with_results(self):
        """Write an output file and set a KPI."""
        target = Path(self.workDirectory) / "result.pdb"
        copy_file(self.container.inputData.XYZIN, target)
        self.container.outputData.XYZOUT.setFullPath(str(target))
        self.container.outputData.FIRST.RFactor.set(0.25)
        return int(self.container.controlParameters.COUNT)

    def mode_code(self):
        """Report and return a finish status by number."""
        return self.finish(self.with_results())

    def mode_report(self):
        """Report a finish status by name, as phaser_pipeline of 3.1 does, and return it by number."""
        self.with_results()
        self.reportStatus("CPluginScript.INTERRUPTED")
        return 4

    def mode_early_code(self):
        """Return a finish status without a report."""
        return self.with_results()

    def mode_dispatch(self):
        """Run a sub-job and leave the rest to another machine, until ``harvest`` exists in the job directory."""
        if (Path(self.workDirectory) / "harvest").exists():
            self.with_results()
            return self.finish()
        self.child().process()
        return self.finish(6)

    def mode_returns(self):
        """Return the file that ``returned`` in the job directory names as the output."""
        self.container.outputData.XYZOUT.setFullPath((Path(self.workDirectory) / "returned").read_text())
        return self.finish()

    def mode_remote_child(self):
        """Run a sub-job whose program runs on another machine, and report COUNT, or raise an exception for 9."""
        made = self.makePluginObject("it_pipeline")
        made.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        made.container.controlParameters.MODE.set("code")
        made.container.controlParameters.COUNT.set(6)
        made.process()
        if int(self.container.controlParameters.COUNT) == RAISE:
            raise RuntimeError("the pipeline blew up")
        return self.finish(int(self.container.controlParameters.COUNT))

    def mode_background_signal(self):
        """Run the task that NAMES contains, in the background."""
        made = self.makePluginObject(str(self.container.controlParameters.NAMES[0]))
        made.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        made.container.controlParameters.COUNT.set(self.container.controlParameters.COUNT)
        made.doAsync = True
        self.signals = Path(self.workDirectory) / "signals"

        def ended(status):
            exists = Path(str(made.container.outputData.XYZOUT)).exists()
            with self.signals.open("a") as stream:
                stream.write(f"{status['finishStatus']} {exists}\n")
            self.finish(status["finishStatus"])

        self.connectSignal(made, "finished", ended)
        made.process()

    def mode_steps(self):
        """Take single steps of a sub-job and never call its ``process()``, as import_merged of 3.0 does."""
        made = self.makePluginObject("it_steps")
        made.container.inputData.XYZIN.set(self.container.inputData.XYZIN)
        made.container.controlParameters.COUNT.set(self.container.controlParameters.COUNT)
        made.checkOutputData()
        made.reportStatus(made.processOutputFiles())
        return self.finish()

    def mode_raises(self):
        raise RuntimeError("the pipeline blew up")

    def mode_contradiction(self):
        self.reportStatus(self.SUCCEEDED)
        return self.FAILED

    def mode_silent(self):
        """Neither report nor return a finish status."""

    def mode_text(self):
        return "done"

    def mode_exit(self):
        os._exit(7)

    def mode_fork(self):
        """Let a child process end itself, and report its exit code."""
        child = os.fork()
        if not child:
            os._exit(3)
        _, status = os.waitpid(child, 0)
        return self.finish(os.waitstatus_to_exitcode(status))

    def mode_errors(self):
        """Report COUNT errors, in an order that is not that of the alphabet, between a warning and a note."""
        self.add_entry("careful", 2)
        for number in range(int(self.container.controlParameters.COUNT), 0, -1):
            self.add_entry(f"fault {number} Traceback (most recent call last): File x", 4)
        self.add_entry("by the way", 1)
        return self.finish(CPluginScript.FAILED)

    def mode_warnings(self):
        """Succeed with COUNT warnings, a note, an error, and a warning that is a traceback."""
        self.add_entry("by the way", 1)
        self.add_entry("left out", 4)
        self.add_entry("Traceback (most recent call last):\n  File x\n    fail()\nKeyError: 'a'", 2)
        for number in range(int(self.container.controlParameters.COUNT)):
            self.add_entry(f"careful {number}", 2)
        self.container.controlParameters.COUNT.set(1)
        return self.mode_plain()

    def mode_many(self):
        for number in range(3000):
            self.add_entry(f"fault {number}", 4)
        return self.finish(CPluginScript.FAILED)

    def add_entry(self, details, severity):
        self.errorReport.append(klass="it_pipeline", code=1, details=details, name="step", severity=severity)

    def mode_program(self):
        """Write what a program that fails writes."""
        lines = [f"Error: number {n} of five" for n in range(1, 6)]
        Path(self.makeFileName("LOG")).write_text("\n".join(["Start", *lines, "End"]))
        Path(self.makeFileName("STDERR")).write_bytes(b"\x1b[31mFATAL:\x1b[0m no\x07 \xff space\n")
        sys.stdout.write("nothing to see here\n")
        return self.finish(CPluginScript.FAILED)


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
    DURATION_S = 0.5

    def makeCommandAndScript(self):  # noqa: N802
        source, target = self.container.inputData.XYZIN, self.container.outputData.XYZOUT
        end = "echo 'fatal: no luck' >&2; exit 1" if self.exit_code() else "exit 0"
        self.appendCommandLine(["-c", f"sleep {self.DURATION_S}; cp '{source}' '{target}'; {end}"])

    def exit_code(self):
        return 1 if int(self.container.controlParameters.COUNT) == 1 else 0

    def processOutputFiles(self):  # noqa: N802
        if not Path(str(self.container.outputData.XYZOUT)).exists():
            raise RuntimeError("the program has written no file")
        if self.container.outputData.FIRST.RFree.isSet():
            raise RuntimeError("the output was read before")
        self.container.outputData.FIRST.RFree.set(0.25)
        return CPluginScript.SUCCEEDED


class it_quick(it_slow):  # noqa: N801
    """Runs a program that ends at once."""

    TASKNAME = "it_quick"
    DURATION_S = 0


class it_mute(it_slow):  # noqa: N801
    """Raises after its program has ended, where CCP4i2 drops the exception."""

    TASKNAME = "it_mute"

    def postProcessCheck(self, *arguments):  # noqa: N802
        checked = super().postProcessCheck(*arguments)
        if Path(str(self.container.outputData.XYZOUT)).exists():
            raise RuntimeError("nobody sees this")
        return checked


class it_steps(CPluginScript):  # noqa: N801
    """Makes its output without a program, in the step ``processOutputFiles``."""

    TASKNAME = "it_steps"

    def processOutputFiles(self):  # noqa: N802
        copy_file(self.container.inputData.XYZIN, self.container.outputData.XYZOUT)
        self.container.outputData.FIRST.RFree.set(0.25)
        return int(self.container.controlParameters.COUNT)


class it_stubborn(CPluginScript):  # noqa: N801
    """Runs a program with a child for a minute. Both ignore signals."""

    TASKNAME = "it_stubborn"
    TASKCOMMAND = "sh"

    def makeCommandAndScript(self):  # noqa: N802
        self.appendCommandLine(["-c", "trap '' TERM INT HUP; sleep 60 & sleep 60; true"])


class it_daemon(CPluginScript):  # noqa: N801
    """Runs for a minute, after a program of its has become a daemon: in a session of its own, without a parent."""

    TASKNAME = "it_daemon"

    def process(self):
        daemon = "import os; os.fork() and os._exit(0); os.setsid(); os.execvp('sleep', ['sleep', '120'])"
        subprocess.run([sys.executable, "-c", daemon], check=True)
        subprocess.run(["sleep", "60"], check=False)  # noqa: S607 - a test
        return CPluginScript.SUCCEEDED
