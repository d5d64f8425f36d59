"""Run the same job many times, each time in a process that is killed one step later.

The steps are: before and after each hook call, after each event in the log of the job, before each file gets its final
name, and after each statement that writes to the database. (A SELECT changes nothing.) The program takes the name of a
walk, a database URL, a directory, and N to be killed at every Nth step and at `KEY_STEPS`. After each kill and recovery
it writes the state of the database as a JSON line. The first line describes the run that was not killed.
"""

import json
import os
import re
import shutil
import signal
import sys
import threading
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from uuid import UUID, uuid5

import ccp4i2

from ccp4hooks import BadInputError, RunTarget, Settings, open_session
from ccp4hooks.outcomes import job_log
from ccp4hooks.outcomes.outcome_file import to_json
from ccp4hooks_database.connection.pool import POOL

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"

WRITES = re.compile(r'(INSERT) (?:OR IGNORE )?INTO "(\w+)"|(UPDATE) "(\w+)"|(DELETE) FROM "(\w+)"')

IDENTITY = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")

NAMED = {"os.rename": 1, "os.link": 1}
"""Index of the argument with the new name of a file, by audit event."""

MARKER = ".ccp4hooks_import"
"""The file that marks the directory of an import that has not ended."""

HOOK_CALL = re.compile(r"trace: *(\w+) (->|<-) ([\w-]+)")
"""A line of a trace, written before (->) or after (<-) a hook call."""


class Steps:
    """Records steps, and kills the process at one of them."""

    def __init__(self, fatal=None):
        self.names = []
        self.fatal = fatal

    def __call__(self, name):
        self.names.append(name)
        if len(self.names) == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(steps, more=MappingProxyType({})):
    """Report the steps of this process.

    Args:
        steps: Called with the name of each step.
        more: Index of the argument with the name of a file, by audit event, beside `NAMED`.
    """
    from django.db.backends.utils import CursorWrapper

    # Django's public `connection.execute_wrapper` has no effect on a connection that the pool reuses.
    write, execute = job_log.JobLog.write, CursorWrapper._execute_with_wrappers

    def watched_write(self, event, **details):
        write(self, event, **details)
        if event != "hook_called":  # written for all plugins together at the end of the job
            steps(f"after log {event}")

    def watched_statement(self, sql, params, many, executor):
        done = execute(self, sql, params, many, executor)
        found = WRITES.match(sql)
        if found:
            steps(f"after {' '.join(filter(None, found.groups()))}")
        return done

    def file_named(event, arguments):
        events = {**NAMED, **more}
        if event in events and not isinstance(arguments[events[event]], int):
            name = Path(os.fsdecode(arguments[events[event]])).name
            if event == "open" and name != MARKER:
                return
            steps(f"before {event} to {IDENTITY.sub('UUID', name)}")

    job_log.JobLog.write = watched_write
    CursorWrapper._execute_with_wrappers = watched_statement
    sys.addaudithook(file_named)


def session(url, folder, steps=None):
    """Open a session that reports its hook calls as steps."""

    def trace(line):
        hook, arrow, plugin = HOOK_CALL.match(line).groups()
        steps(f"{'before' if arrow == '->' else 'after'} {hook} of {plugin}")

    # The thread that names slow hooks would not end, and a process with threads cannot be forked.
    settings = Settings(
        projects_dir=folder,
        database=url,
        plugins=("tasks_of_walk",),
        slow_hook_s=0,
        engine_tables={"queue": {"plugin": "tasks_of_walk", "database": "by-file"}},
    )
    return open_session(settings, trace=trace if steps else None)


class RunWalk:
    """Run a pipeline with one sub-job."""

    more = MappingProxyType({})

    def __init__(self, made, folder):
        self.made = made

    def go(self, project):
        self.made.run("walk_pipeline", [("XYZIN", str(MODEL))], project=project)

    def go_again(self, project):
        """Do nothing: a job whose process was killed is not run again."""


class AdoptWalk:
    """Adopt a job of the same pipeline, which ran elsewhere without a database."""

    more = MappingProxyType({})

    def __init__(self, made, folder):
        self.made = made
        self.directory = folder / "elsewhere/q/CCP4_JOBS/job_1"
        switches = ("no:database", "tasks_of_walk")
        elsewhere = Settings(projects_dir=folder / "elsewhere", plugins=switches, slow_hook_s=0)
        open_session(elsewhere).run("walk_pipeline", [("XYZIN", str(MODEL))], project="q")

    def go(self, project):
        self.made.adopt(self.directory, project)

    go_again = go


class SubmitWalk:
    """Submit the same pipeline to an engine, in whose queue it stays."""

    more = MappingProxyType({})

    def __init__(self, made, folder):
        self.made = made

    def go(self, project):
        target = RunTarget(engine="queue")
        values = [("XYZIN", str(MODEL))]
        self.made.submit("walk_pipeline", values, project=project, target=target, if_changed=True)

    go_again = go


class ImportWalk:
    """Import a project with a job of the same pipeline, which was exported from another database."""

    more = MappingProxyType({"os.mkdir": 0, "os.remove": 0, "open": 0})

    def __init__(self, made, folder):
        self.made = made
        self.folder = folder / "archives"
        self.folder.mkdir()
        elsewhere = session(f"sqlite:///{folder / 'elsewhere.sqlite3'}", folder / "elsewhere")
        elsewhere.run("walk_pipeline", [("XYZIN", str(MODEL))], project="q")
        self.archive = elsewhere.export_project("q", folder / "q.zip").path

    def archive_of(self, project):
        """Return the archive with other UUIDs: a project can be imported only once."""
        path = self.folder / f"{project}.zip"
        if not path.exists():
            with zipfile.ZipFile(self.archive) as old, zipfile.ZipFile(path, "w") as new:
                for name in old.namelist():
                    new.writestr(name, IDENTITY_OF_TEXT.sub(lambda found: other(found[0], project), old.read(name)))
        return path

    def go(self, project):
        self.made.import_project(self.archive_of(project), name=project)

    def go_again(self, project):
        """Import the project, unless that was done before the process was killed."""
        with suppress(BadInputError):
            self.go(project)


IDENTITY_OF_TEXT = re.compile(IDENTITY.pattern.encode())


def other(identity, project):
    new = uuid5(UUID(identity.decode()), project)
    return (str(new) if b"-" in identity else new.hex).encode()


class DeleteWalk:
    """Delete the job of the pipeline, which has a title, a note and a tag."""

    more = MappingProxyType({"os.mkdir": 0, "os.remove": 0, "os.rmdir": 0})

    def __init__(self, made, folder):
        self.made = made
        self.before, self.files = {}, {}

    def prepare(self, project):
        """Run the job and return its state before it is deleted."""
        outcome = self.made.run("walk_pipeline", [("XYZIN", str(MODEL))], project=project).outcome
        self.made.label(outcome.job, title="Best", note="one\ntwo", add_tags=["best"])
        self.before[project] = self.shown(project)
        self.files[project] = sum(path.is_file() for path in self.made.project(project).directory.rglob("*"))
        assert self.made.plan_deletion(project, "1")[0].imports

    def shown(self, project):
        """Return everything that `ccp4hooks show --json` shows of the job, and the names of all files."""
        outcomes = self.made.outcomes(project, "1")
        folder = self.made.project(project).directory
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if TRASH not in str(path))
        return json.dumps(to_json([outcomes, self.made.labels(outcomes[0].job), files]), sort_keys=True)

    def go(self, project):
        self.made.delete(project, "1")

    def go_again(self, project):
        """Restore the job if it was deleted."""
        if self.made.trash(project):
            self.made.restore(project, "1")

    def verdict(self, project):
        """Return where the job is, or what is wrong."""
        trash, folder = self.made.trash(project), self.made.project(project).directory
        if not self.made.query(project=project):
            left = [str(path) for name in FOLDERS for path in (folder / name).glob("*") if path.name != TRASH]
            if left or len(trash) != 1:
                return f"deleted, but not in the trash: {trash}, {left}"
            kept = [path for path in folder.rglob("*") if path.is_file() and TRASH in str(path)]
            return "in the trash" if len(kept) == self.files[project] + ADDED else f"in the trash, with {kept}"
        entries = [
            path for name in FOLDERS for path in (folder / name / TRASH).glob("*") if path.name != "last_deleted"
        ]
        if trash or entries:
            return f"recorded, but the trash has {trash}, {entries}"
        shown = self.shown(project)
        return "as before" if shown == self.before[project] else f"{shown} is not {self.before[project]}"


class RestoreWalk(DeleteWalk):
    """Restore that job after it was deleted."""

    def prepare(self, project):
        super().prepare(project)
        self.made.delete(project, "1")

    def go(self, project):
        self.made.restore(project, "1")


class PurgeWalk(RestoreWalk):
    """Remove that job from the trash."""

    def go(self, project):
        self.made.purge(project)

    def verdict(self, project):
        folder = self.made.project(project).directory
        left = [path for name in FOLDERS for path in (folder / name).rglob("*")]
        purged = [path.name for path in left] == [TRASH, "last_deleted"]
        return "purged" if purged and not self.made.trash(project) else super().verdict(project)


TRASH = ".ccp4hooks_trash"
FOLDERS = ("CCP4_JOBS", "CCP4_IMPORTED_FILES")
ADDED = 3
"""Number of files that the trash has beside those of the job: its description, its record, the last number."""

WALKS = {
    "run": RunWalk,
    "adopt": AdoptWalk,
    "submit": SubmitWalk,
    "import": ImportWalk,
    "delete": DeleteWalk,
    "restore": RestoreWalk,
    "purge": PurgeWalk,
}

KEY_STEPS = ("before job_finished of database",)
"""Steps at which a process is killed in every walk."""


def killed(walk, steps, project, fatal):
    """Do the walk in a process that is killed at a step, and return its exit code."""
    child = os.fork()
    if child == 0:
        steps.names, steps.fatal = [], fatal
        with suppress(BaseException):
            walk.go(project)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def alone():
    """Wait until this process has only one thread, so that it can be forked."""
    POOL.close()
    deadline = time.monotonic() + 30
    while others := [one for one in threading.enumerate() if one is not threading.main_thread() and not _is_past(one)]:
        assert time.monotonic() < deadline, others
        time.sleep(0.01)


def _is_past(thread):
    """Return whether a thread has ended, but Python 3.11 still lists it because its name was read while it ended."""
    return isinstance(thread, threading._DummyThread)


def recovered(walk, name):
    """Recover twice, do the walk again, and return the state of the database after each."""
    made = walk.made
    first, second = made.recover(), made.recover()
    again = [*(one.job.number for one in second.outcomes), *second.settled]
    result = {"again": again, "problems": [*first.problems, *second.problems]}
    if isinstance(walk, DeleteWalk):
        found = walk.verdict(name)
        walk.go_again(name)
        return {**result, "verdict": found, "in_the_end": walk.verdict(name)}
    result |= state(made, name)
    walk.go_again(name)
    return {**result, "in_the_end": state(made, name)}


def state(made, name):
    projects = [project for project in made.projects() if project.name == name]
    outcomes = made.outcomes(projects[0]) if projects else ()
    project = made.settings.projects_dir / name
    imports, jobs = project / "CCP4_IMPORTED_FILES", project / "CCP4_JOBS"
    attempts = {one.job.number: made.attempts(name, str(one.job.number)) for one in outcomes}
    return {
        "jobs": {
            one.job.number: {
                "status": one.status.name,
                "submitted": [attempt.key != "" for attempt in attempts[one.job.number]],
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
        "unfinished": sorted(path.name for path in (*project.parent.glob(".*"), *project.parent.glob(f"*/{MARKER}"))),
        "unknown": not projects and project.exists(),
    }


def prepare(walk, project):
    """Do what comes before a walk, and whose steps do not count."""
    if isinstance(walk, DeleteWalk):
        walk.prepare(project)


def main(kind, url, folder, every):
    folder, steps = Path(folder), Steps()
    made = session(url, folder / "projects", steps)
    made.init_store()
    walk = WALKS[kind](made, folder)
    # This walk imports all modules, so that the walks in forked processes need not.
    prepare(walk, "first")
    walk.go("first")
    watch(steps, walk.more)
    prepare(walk, "whole")
    steps.names = []
    walk.go("whole")
    names = tuple(steps.names)
    results = [{"step": "none", "steps": names, **recovered(walk, "whole")}]
    if kind == "import":
        for fatal in range(len(names)):
            walk.archive_of(f"killed_{fatal + 1}")
    for fatal, step in enumerate(names, 1):
        if fatal % int(every) and step not in KEY_STEPS:
            continue
        project = f"killed_{fatal}"
        prepare(walk, project)
        alone()
        code = killed(walk, steps, project, fatal)
        results.append({"step": f"{fatal} {step}", "code": code, **(recovered(walk, project) if code else {})})
        shutil.rmtree(folder / "projects" / project, ignore_errors=True)
    sys.stdout.write("\n".join(json.dumps(one) for one in results))


if __name__ == "__main__":
    main(*sys.argv[1:])
