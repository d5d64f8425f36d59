"""Walks one job through its life over and over, each time in a process that is killed at the next step of that life.

The steps are every call of a plugin, before and after it, every event of the job's log, every file that gets its name,
and every statement that writes into the database; a SELECT leaves everything as the statement before it did. Started
with the name of a walk, a database URL and a directory, writes what the books say after each kill and recovery as JSON
lines, the undisturbed walk first.
"""

import json
import os
import re
import shutil
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import ccp4i2

from ccp4hooks import Settings, open_session
from ccp4hooks.outcomes import job_log
from ccp4hooks.plugins import dispatcher
from ccp4hooks_database.connection.pool import IDLE

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"

WRITES = re.compile(r'(INSERT) (?:OR IGNORE )?INTO "(\w+)"|(UPDATE) "(\w+)"|(DELETE) FROM "(\w+)"')

IDENTITY = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NAMED = {"os.rename": 1, "os.link": 1}
"""Which argument of what the system is asked for is the name that a file gets."""


class Steps:
    """Notes steps, and kills the process at one of them."""

    def __init__(self, fatal=None):
        self.names = []
        self.fatal = fatal

    def __call__(self, name):
        self.names.append(name)
        if len(self.names) == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(steps):
    from django.db.backends.utils import CursorWrapper

    timed, write, execute = dispatcher._timed, job_log.JobLog.write, CursorWrapper._execute_with_wrappers

    def watched_call(implementation, arguments, journal):
        name = f"{implementation.hook} of {implementation.origin.plugin}"
        steps(f"before {name}")
        value = timed(implementation, arguments, journal)
        steps(f"after {name}")
        return value

    def watched_write(self, event, **details):
        write(self, event, **details)
        if event != "hook_called":  # told of all plugins, one after the other, when all is done
            steps(f"after log {event}")

    def watched_statement(self, sql, params, many, executor):
        done = execute(self, sql, params, many, executor)
        found = WRITES.match(sql)
        if found:
            steps(f"after {' '.join(filter(None, found.groups()))}")
        return done

    def named(event, arguments):
        if event in NAMED:
            name = Path(os.fsdecode(arguments[NAMED[event]])).name
            steps(f"before {event} to {IDENTITY.sub('UUID', name)}")

    dispatcher._timed, job_log.JobLog.write = watched_call, watched_write
    CursorWrapper._execute_with_wrappers = watched_statement
    sys.addaudithook(named)


def session(url, folder):
    return open_session(Settings(projects_dir=folder, database=url, plugins=("tasks_of_walk",)))


class RunWalk:
    """A pipeline with one sub-job, run."""

    def __init__(self, made, folder):
        self.made = made

    def go(self, project):
        self.made.run("walk_pipeline", [("XYZIN", str(MODEL))], project=project)

    def go_again(self, project):
        """Nothing: a job that was killed is not run again."""


class AdoptWalk:
    """The same pipeline, run elsewhere without a database, adopted."""

    def __init__(self, made, folder):
        self.made = made
        self.directory = folder / "elsewhere/q/CCP4_JOBS/job_1"
        elsewhere = Settings(projects_dir=folder / "elsewhere", plugins=("no:database", "tasks_of_walk"))
        open_session(elsewhere).run("walk_pipeline", [("XYZIN", str(MODEL))], project="q")

    def go(self, project):
        self.made.adopt(self.directory, project)

    go_again = go


WALKS = {"run": RunWalk, "adopt": AdoptWalk}


def killed(walk, steps, project, fatal):
    """Go the way in a process that is killed at a step; return how it ended."""
    child = os.fork()
    if child == 0:
        steps.names, steps.fatal = [], fatal
        with suppress(BaseException):
            walk.go(project)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def alone():
    """Wait until no thread is left, so that a fork has all that there is."""
    IDLE.close()
    deadline = time.monotonic() + 30
    while others := [one for one in threading.enumerate() if one is not threading.main_thread() and not _is_past(one)]:
        assert time.monotonic() < deadline, others
        time.sleep(0.01)


def _is_past(thread):
    """Return whether a thread is only remembered: Python 3.11 keeps one that was asked for its name as it ended."""
    return isinstance(thread, threading._DummyThread)


def recovered(walk, name):
    """Recover, twice, and go the way once more; tell what the books say."""
    made = walk.made
    first, second = made.recover(), made.recover()
    told = {"again": [one.job.number for one in second.outcomes], "problems": [*first.problems, *second.problems]}
    told |= state(made, name)
    walk.go_again(name)
    return {**told, "in_the_end": state(made, name)}


def state(made, name):
    projects = [project for project in made.projects() if project.name == name]
    outcomes = made.outcomes(projects[0]) if projects else ()
    project = made.settings.projects_dir / name
    imports, jobs = project / "CCP4_IMPORTED_FILES", project / "CCP4_JOBS"
    return {
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
        "odd": sorted(path.name for path in jobs.iterdir() if path.name != "job_1") if jobs.is_dir() else [],
    }


def main(kind, url, folder):
    folder, steps = Path(folder), Steps()
    made = session(url, folder / "projects")
    made.init_store()
    walk = WALKS[kind](made, folder)
    # Here, so that the others need not import anything.
    walk.go("first")
    watch(steps)
    walk.go("whole")
    names = tuple(steps.names)
    told = [{"step": "none", "steps": names, **recovered(walk, "whole")}]
    for fatal, step in enumerate(names, 1):
        alone()
        project = f"killed_{fatal}"
        code = killed(walk, steps, project, fatal)
        told.append({"step": f"{fatal} {step}", "code": code, **(recovered(walk, project) if code else {})})
        shutil.rmtree(folder / "projects" / project, ignore_errors=True)
    sys.stdout.write("\n".join(json.dumps(one) for one in told))


if __name__ == "__main__":
    main(*sys.argv[1:])
