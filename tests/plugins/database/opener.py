"""Start processes that open one job each at the same time: opener.py URL PROJECT DIRECTORY COUNT; print JSON lines."""

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from uuid import uuid4

from ccp4hooks import Project


def main(url, name, directory, count):
    from helpers import request_for, use

    from ccp4hooks_database.connection.pool import POOL

    # Imports are done once before the fork. No connection stays open, nor a thread that would close it.
    use(url, Path(directory).parent).list_projects()
    POOL.close()
    while threading.active_count() > 1:
        time.sleep(0.01)
    project = Project(name=name, directory=Path(directory), uuid=uuid4())
    gate = os.pipe()
    children = [
        os.fork() or one(gate, lambda: use(url, project.directory.parent).open_job(request_for(project)))
        for _ in range(int(count))
    ]
    os.close(gate[1])
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(any(codes))


def one(gate, open_job):
    """Wait until all processes have started, open a job, and end the process."""
    os.close(gate[1])
    os.read(gate[0], 1)
    code = 1
    try:
        job = open_job()
        os.write(1, (json.dumps([job.number, str(job.directory)]) + "\n").encode())
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
