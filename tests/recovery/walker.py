"""Runs one job over and over, each time in a process that is killed at the next step of the job's life.

The steps are every call of a plugin, before and after it, and every event of the job's log. Started with a database URL
and a directory, writes what the books say after each kill and recovery as JSON lines.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import ccp4i2

from ccp4hooks import Settings, dispatch, log, open_session

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


class Steps:
    """Counts steps, and kills the process at one of them."""

    def __init__(self, fatal=None):
        self.names = []
        self.fatal = fatal

    def __call__(self, name):
        self.names.append(name)
        if len(self.names) == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(steps):
    timed, write = dispatch._timed, log.JobLog.write

    def watched_call(implementation, arguments, journal):
        name = f"{implementation.hook} of {implementation.origin.plugin}"
        steps(f"before {name}")
        value = timed(implementation, arguments, journal)
        steps(f"after {name}")
        return value

    def watched_write(self, event, **details):
        write(self, event, **details)
        steps(f"after log {event}")

    dispatch._timed, log.JobLog.write = watched_call, watched_write


def session(url, folder):
    settings = Settings(projects_dir=folder, database=url, plugins=("tasks_of_walk",))
    return open_session(settings)


def run_killed(url, folder, fatal):
    """Run the job in a process of its own that ends at a step; return the names of the steps if none was fatal."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        steps = Steps(fatal)
        made = session(url, folder)
        watch(steps)
        made.run("walk_pipeline", [("XYZIN", str(MODEL))], project="p")
        os.write(writer, json.dumps(steps.names).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if said else [], os.waitstatus_to_exitcode(status)


def in_own_process(function, *arguments):
    """Return what a function returns, called in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            os.write(writer, json.dumps(function(*arguments)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return json.loads(said)


def recover(url, folder):
    """Recover, twice, and tell what the books say."""
    made = session(url, folder)
    first, second = made.recover(), made.recover()
    projects = [project for project in made.projects() if project.name == "p"]
    outcomes = made.outcomes(projects[0]) if projects else ()
    imports = Path(folder) / "p" / "CCP4_IMPORTED_FILES"
    return {
        "recovered": [one.job.number for one in first.outcomes],
        "again": [one.job.number for one in second.outcomes],
        "problems": [*first.problems, *second.problems],
        "jobs": {
            one.job.number: {
                "status": one.status.name,
                "ended": one.finished_at is not None,
                "files": sorted(file.parameter for file in one.files),
                "missing": [str(file.path) for file in (*one.files, *one.imported) if not file.path.is_file()],
                "imported": sorted(file.path.name for file in one.imported),
                "kpis": sorted(kpi.key for kpi in one.kpis),
            }
            for one in outcomes
        },
        "on_disk": sorted(path.name for path in imports.iterdir()) if imports.is_dir() else [],
    }


def main(url, folder):
    folder = Path(folder)
    session(url, folder).init_store()
    steps, _ = run_killed(url, folder / "whole", None)
    told = [{"step": "none", **in_own_process(recover, url, str(folder / "whole"))}]
    for fatal, name in enumerate(steps, 1):
        where = folder / f"killed_{fatal}"
        _, code = run_killed(url, where, fatal)
        found = in_own_process(recover, url, str(where)) if code == -signal.SIGKILL else {"code": code}
        told.append({"step": f"{fatal} {name}", **found})
        forget(url, where)
    sys.stdout.write("\n".join(json.dumps(one) for one in told))


def forget(url, where):
    """Make room for the next walk, in which a project of the same name lies elsewhere."""
    in_own_process(_forget, url, str(where))
    shutil.rmtree(where, ignore_errors=True)


def _forget(url, where):
    made = session(url, where)
    made.projects()
    from ccp4i2.db.models import Project

    return Project.objects.filter(name="p").delete()[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
