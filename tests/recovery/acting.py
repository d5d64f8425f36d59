"""The other end of `actor.py`."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


class Actor:
    """The process that starts the processes that run jobs."""

    def __init__(self, url, folder):
        clean = {name: text for name, text in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "actor.py"), url, str(folder / "projects")],
            env={**clean, "PYTHONPATH": str(HERE), "CCP4I2_HOME": str(folder / "home")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "{}\n"

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
