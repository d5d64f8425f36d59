"""Run jobs in separate processes that stop at a step until they are continued or killed.

The program takes a database URL and a directory. It runs one job to import all modules, and then reads requests as JSON
lines.
"""

import json
import os
import signal
import sys
from pathlib import Path

from walker import MODEL, session, watch


class Pause:
    """Stops the process at the nth occurrence of a step and waits for a byte."""

    def __init__(self, step, times, say, control):
        self.step, self.left, self.say, self.control = step, times, say, control

    def __call__(self, name):
        if name == self.step:
            self.left -= 1
            if self.left == 0:
                os.write(self.say, b"paused\n")
                os.read(self.control, 1)


class Actors:
    """The running processes."""

    def __init__(self):
        self.running = {}

    def run(self, url, folder, step, times, opened):
        """Run a job in a new process until it pauses or ends."""
        (hear, say), (control, tell) = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.close(hear)
            os.close(tell)
            try:
                act(url, folder, opened, Pause(step, times, say, control))
                os.write(say, b"done\n")
            finally:
                os._exit(0)
        os.close(say)
        os.close(control)
        self.running[child] = (os.fdopen(hear), tell)
        return self.heard(child)

    def heard(self, child):
        said = self.running[child][0].readline().strip()
        if said != "paused":
            self.forget(child)
        return {"pid": child, "said": said}

    def go(self, pid):
        """Continue a process until the end of its job."""
        os.write(self.running[pid][1], b"g")
        return self.heard(pid)

    def kill(self, pid):
        """Kill a process."""
        os.kill(pid, signal.SIGKILL)
        self.forget(pid)
        return {"pid": pid, "said": "killed"}

    def forget(self, child):
        stream, tell = self.running.pop(child)
        stream.close()
        os.close(tell)
        os.waitpid(child, 0)


def act(url, folder, opened, pause):
    made = session(url, Path(folder), pause)
    watch(pause)
    if opened:
        from uuid import UUID

        made.run_opened(UUID(opened))
    else:
        made.run("walk_pipeline", [("XYZIN", str(MODEL))], project="p")


def main(url, folder):
    answer = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    made = session(url, Path(folder))
    made.init_store()
    made.run("walk_pipeline", [("XYZIN", str(MODEL))], project="warm-up")
    actors = Actors()
    answer.write("{}\n")
    for line in sys.stdin:
        request = json.loads(line)
        answer.write(json.dumps(getattr(actors, request.pop("do"))(**request)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
