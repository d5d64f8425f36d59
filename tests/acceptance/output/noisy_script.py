import ctypes
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

from ccp4i2.core.CCP4PluginScript import CPluginScript
from noisy_tasks import shout


class noisy(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    TASKNAME = "noisy"

    def process(self):
        shout("in the task")
        ctypes.CDLL(None).puts(b"C library in the task")
        thread = threading.Thread(target=subprocess.run, args=(["/bin/echo", "program of a thread in the task"],))
        thread.start()
        thread.join()
        self.use_as_file()
        self.reportStatus(CPluginScript.SUCCEEDED)
        return CPluginScript.SUCCEEDED

    def use_as_file(self):
        """Use standard output in each way in which a file can be used, and note what it answers."""
        out = sys.stdout
        out.buffer.write(b"bytes in the task\n")
        out.writelines(["line in the task\n"])
        out.reconfigure(line_buffering=True)
        for binary in (out.buffer, out.detach()):
            wrapped = io.TextIOWrapper(binary, encoding="utf-8")
            print("wrapped in the task", file=wrapped)
            wrapped.close()
        with open(out.fileno(), "w", closefd=False) as opened:
            opened.write("opened in the task\n")
        subprocess.run(["/bin/echo", "given in the task"], stdout=out, stderr=sys.stderr, check=True)
        answers = [out.name, out.mode, out.encoding, out.errors, out.isatty(), out.closed, out.writable()]
        Path(self.workDirectory, "answers.json").write_text(json.dumps(answers))
        out.close()
        print("after closing in the task")
        print("error in the task", file=sys.stderr)
