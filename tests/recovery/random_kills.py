"""Kill, cancel and recover jobs at random moments, and check that nothing is wrong or left behind afterwards.

    python tests/recovery/random_kills.py --rounds 300

In each round, one to three processes run jobs of one project: pipelines with a sub-job, some with a program that
becomes a daemon, some that hold Python's lock. Some processes run in a pid namespace of their own, as in a container.
At random moments they are killed, terminated, cancelled, or stopped for a while, their watchdogs or heartbeats are
killed or stopped, the clock is stepped (in the record, which is what other processes read), and processes recover the
project, some of which are killed, too. When all have ended, the project is recovered until no job is owned. Then row
and outcome file of each job must agree, no job may run, each job whose process has seen it finish must be FINISHED, as
must each one that nobody has harmed, and no temporary file, no directory without a row, no unknown import and no
process may be left.

The seed and a table are printed; the same seed makes the same choices, though not the same moments.
"""

import argparse
import ctypes
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psutil

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import walker  # noqa: E402 - a module beside this one
from tasks_of_kills import TASKS  # noqa: E402 - the same

from ccp4hooks import Ccp4HooksError, JobStatus, Settings, open_session  # noqa: E402 - needs no path, but reads better here
from ccp4hooks.maintenance import cancel  # noqa: E402 - the same
from ccp4hooks.outcomes import outcome_file  # noqa: E402 - the same
from ccp4hooks.runtime import signals  # noqa: E402 - the same
from ccp4hooks.runtime.subprocesses import MARK  # noqa: E402 - the same

SILENCE_S = 2.0
PATIENCE_S = 60.0
"""Time for a process to end, and for a recovery to find no job any more [s]."""

ROUND = "CCP4HOOKS_RANDOM_KILLS"
CLONE_NEWNS, CLONE_NEWPID, MS_REC, MS_PRIVATE = 0x20000, 0x20000000, 0x4000, 0x40000
ENDED = {JobStatus.FINISHED, JobStatus.INTERRUPTED, JobStatus.FAILED}
SIGNALS = ("KILL", "TERM", "HUP", "USR1", "USR2", "INT")
ON_RUNNER = (*SIGNALS, "cancel", "stop for a while")
ON_HELPERS = ("kill heartbeat", "stop heartbeat", "kill watchdog")
ON_PROJECT = ("recover", "recover and kill", "step clock")
HARMLESS = {"kill heartbeat", "stop heartbeat", "kill watchdog"}


@dataclass(slots=True)
class Child:
    """A forked process, its result, and what was done to it."""

    pid: int
    child: int
    pipe: int
    contained: bool = False
    task: str = ""
    done: list[str] = field(default_factory=list)
    text: bytes = b""
    ended: bool = False

    def poll(self):
        """Return whether it has ended."""
        while not self.ended and select.select([self.pipe], [], [], 0)[0]:
            part = os.read(self.pipe, 65536)
            self.text += part
            if not part:
                os.close(self.pipe)
                os.waitpid(self.child, 0)
                self.ended = True
        return self.ended

    @property
    def result(self):
        return json.loads(self.text) if self.text else None


def contain():
    """Enter a new pid namespace with a ``/proc`` of its own; return False if this process may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    return (
        libc.unshare(CLONE_NEWPID | CLONE_NEWNS) == 0 and libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) == 0
    )


def can_contain():
    child = os.fork()
    if child == 0:
        os._exit(0 if contain() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def forked(work, *, contained=False):
    """Call a function in a forked process, in a pid namespace of its own if asked, and return the process."""
    hear, say = os.pipe()
    pid = os.fork()
    if pid:
        os.close(say)
        return Child(in_namespace(hear) if contained else pid, pid, hear, contained)
    os.close(hear)
    code = 1
    with suppress(BaseException):
        if contained:
            contain()
            inner = os.fork()
            if inner:
                os.write(say, f"{inner}\n".encode())
                os.close(say)
                os.waitpid(inner, 0)
                os._exit(0)
            ctypes.CDLL(None).mount(b"proc", b"/proc", b"proc", 0, None)
        os.write(say, json.dumps(work()).encode())
        code = 0
    os._exit(code)


def in_namespace(hear):
    text = b""
    while not text.endswith(b"\n"):
        part = os.read(hear, 1)
        if not part:
            raise RuntimeError("no process could be started in a pid namespace of its own")
        text += part
    return int(text)


class Rounds:
    """The rounds on one database."""

    def __init__(self, url, folder, *, containers):
        self.folder, self.url, self.containers = folder, url, containers
        self.settings = Settings(
            projects_dir=folder / "projects",
            database=url,
            plugins=("tasks_of_kills",),
            tables={"database": {"silence_s": SILENCE_S}},
            # The thread that names slow hooks would not end, and a process with threads cannot be forked.
            slow_hook_s=0,
        )
        self.session = open_session(self.settings)
        self.session.init_store()
        self.session.run(TASKS[0], [("XYZIN", str(walker.MODEL))], project="warm-up")
        self.session.recover()
        cancel.PATIENCE_S = 1.0
        self.counts, self.faults = Counter(), []

    # --- what the processes do ------------------------------------------------------------------------------------

    def run_job(self, project, task, tmp):
        os.environ[ROUND], os.environ["TMPDIR"] = project, str(tmp)
        tempfile.tempdir = str(tmp)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signals.treat_termination_as_interrupt()
        session = open_session(self.settings)
        try:
            done = session.run(task, [("XYZIN", str(walker.MODEL))], project=project)
        except KeyboardInterrupt:
            return {"ended": "interrupted"}
        except Ccp4HooksError as error:
            return {"ended": "refused", "why": str(error)}
        return {"ended": done.outcome.status.name, "number": done.outcome.job.number}

    def recover(self, project):
        found = next((one for one in self.session.projects() if one.name == project), None)
        return list(self.session.recover(found).problems) if found else []

    def cancel(self, project, pid):
        with suppress(Ccp4HooksError):
            for one in self.session.owned_jobs(project):
                if one.pid == pid and not one.job.number.is_sub_job:
                    self.session.cancel(project, one.job.number, kill=True)

    def step_clock(self, project, step_s):
        from django.db.models import F

        from ccp4hooks_database.models import JobOwner

        def stepped():
            step = timedelta(seconds=step_s)
            own = JobOwner.objects.filter(job__project__name=project)
            own.update(pid_started_at=F("pid_started_at") + step, heartbeat_at=F("heartbeat_at") + step)

        with suppress(Ccp4HooksError):
            self.plugin().store().write(stepped)

    def plugin(self):
        from ccp4hooks_database import DatabasePlugin

        plugin = DatabasePlugin()
        plugin.configure(self.settings)
        return plugin

    def settled(self, project):
        """Recover until no job is owned, and return the state of the record and its faults."""
        deadline, problems = time.monotonic() + PATIENCE_S, []
        while time.monotonic() < deadline:
            problems = self.recover(project)
            found = [one for one in self.session.projects() if one.name == project]
            if not found or not self.session.owned_jobs(found[0]):
                break
            time.sleep(0.2)
        outcomes = self.session.outcomes(found[0]) if found else ()
        faults = [f"recovery: {problem}" for problem in problems]
        for one in outcomes:
            faults += faults_of(one)
        if found:
            faults += debris_of(found[0], outcomes)
        return {"statuses": {one.job.number: one.status.name for one in outcomes}, "faults": faults}

    # --- one round ------------------------------------------------------------------------------------------------

    def round(self, number, choose):
        walker.alone()
        project = f"r{number}"
        tmp = self.folder / "tmp" / project
        runners = []
        for index in range(choose.randint(1, 3)):
            contained = self.containers and choose.random() < 0.3
            mine = tmp / str(index)
            mine.mkdir(parents=True)
            task = choose.choice([*TASKS[:2], *TASKS])
            self.counts["jobs"] += 1
            self.counts["in a pid namespace"] += contained
            runners.append(forked(lambda task=task, mine=mine: self.run_job(project, task, mine), contained=contained))
            runners[-1].task = f"{task}{' in a container' if contained else ''}"
        helpers = self.play(project, self.events(runners, choose))
        faults = [f"process {one.pid} does not end" for one in ended([*runners, *helpers])]
        check = forked(lambda: self.settled(project))
        unchecked = ended([check])
        state = check.result or {"statuses": {}, "faults": [f"the check failed {unchecked}"]}
        faults += state["faults"]
        for one in runners:
            faults += self.faults_of_runner(one, state["statuses"])
        self.counts.update(state["statuses"].values())
        # With a container its temporary files go, too; only the watchdog removes those of a killed process. A process
        # that does not react to `cancel` soon is killed.
        kept = [one.contained or ("kill watchdog" in one.done and was_killed(one)) for one in runners]
        faults += left_behind(project, [tmp / str(n) for n, is_kept in enumerate(kept) if not is_kept])
        done = "; ".join(f"{one.task}: {', '.join(one.done) or 'nothing'}" for one in runners)
        self.faults += [f"round {number}: {fault} [{done}]" for fault in faults]
        shutil.rmtree(self.folder / "projects" / project, ignore_errors=True)
        shutil.rmtree(tmp, ignore_errors=True)

    def faults_of_runner(self, runner, statuses):
        result = runner.result
        harmed = set(runner.done) - HARMLESS
        if result is None and not harmed:
            yield f"a process that nobody has harmed has ended without a result: {runner.done}"
        elif result and result["ended"] == "FINISHED" and statuses.get(result["number"]) != "FINISHED":
            yield f"job {result['number']} finished and is {statuses.get(result['number'])}: {runner.done}"
        elif result and result["ended"] != "FINISHED" and not harmed:
            yield f"a job that nobody has harmed is {result}: {runner.done}"

    def events(self, runners, choose):
        """Return what happens, and when, in the order of the moments [s]."""
        found = []
        for runner in runners:
            if choose.random() < 0.75:
                found.append((choose.uniform(0, 1.5), choose.choice([*ON_RUNNER, "KILL", "KILL"]), runner))
            if choose.random() < 0.3:
                found.append((choose.uniform(0, 1.5), choose.choice(ON_HELPERS), runner))
        found += [(choose.uniform(0, 2), choose.choice(ON_PROJECT), None) for _ in range(choose.randint(0, 3))]
        found = [(at_s, what, runner, choose.random()) for at_s, what, runner in found]
        return sorted(found, key=lambda event: event[0])

    def play(self, project, events):
        """Let the events happen, and return the processes that were started for them."""
        began_s, helpers, resumed = time.monotonic(), [], []
        for at_s, what, runner, chance in events:
            time.sleep(max(0.0, began_s + at_s - time.monotonic()))
            self.counts[what] += 1
            if what == "recover":
                helpers.append(forked(lambda: self.recover(project)))
            elif what == "recover and kill":
                helpers.append(forked(lambda: self.recover(project)))
                time.sleep(chance * 0.1)
                os.kill(helpers[-1].pid, signal.SIGKILL)
            elif what == "step clock":
                step_s = (chance - 0.5) * 7200
                helpers.append(forked(lambda step_s=step_s: self.step_clock(project, step_s)))
            elif not runner.poll():
                resumed += self.strike(project, what, runner, chance, helpers)
        for at_s, pid in sorted(resumed):
            time.sleep(max(0.0, at_s - time.monotonic()))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        return helpers

    def strike(self, project, what, runner, chance, helpers):
        """Do something to a runner; return when to resume which process."""
        runner.done.append(what)
        if what in SIGNALS:
            os.kill(runner.pid, signal.Signals[f"SIG{what}"])
        elif what == "cancel":
            helpers.append(forked(lambda: self.cancel(project, runner.pid)))
        elif what == "stop for a while":
            os.kill(runner.pid, signal.SIGSTOP)
            return [(time.monotonic() + chance * 2 * SILENCE_S, runner.pid)]
        else:
            name = "heartbeat_process.py" if "heartbeat" in what else "trap"
            for one in children_with(runner.pid, name):
                os.kill(one, signal.SIGKILL if what.startswith("kill") else signal.SIGSTOP)
                return [(time.monotonic() + chance * SILENCE_S, one)]
        return []


def children_with(pid, name):
    """Return the children of a process in whose command line a text occurs."""
    with suppress(psutil.Error):
        return [one.pid for one in psutil.Process(pid).children() if any(name in word for word in one.cmdline())]
    return []


def ended(children):
    """Wait for processes to end, and kill and return those that do not."""
    deadline = time.monotonic() + 2 * PATIENCE_S
    while not all(one.poll() for one in children) and time.monotonic() < deadline:
        time.sleep(0.01)
    left = [one for one in children if not one.ended]
    for one in left:
        os.kill(one.pid, signal.SIGKILL)
    return left


def was_killed(runner):
    """Return whether a process was killed: by a signal, or by `cancel` because it did not react."""
    return "KILL" in runner.done or ("cancel" in runner.done and runner.result is None)


def faults_of(outcome):
    """Yield in what the row of a job and its outcome file differ."""
    job, path = outcome.job, outcome.job.directory / outcome_file.FILE_NAME
    if outcome.status not in ENDED or outcome.finished_at is None:
        yield f"job {job.number} is {outcome.status.name}, ended: {outcome.finished_at}"
    if not path.is_file():
        yield f"job {job.number} ({outcome.status.name}) has no outcome file"
        return
    written = outcome_file.read(path)
    for name in ("status", "finished_at"):
        row, file = getattr(outcome, name), getattr(written, name)
        if row != file:
            yield f"job {job.number}: {name} is {row} in its row and {file} in its outcome file"
    for name in ("files", "imported", "kpis"):
        row, file = (
            {getattr(one, "path", None) or one.key for one in getattr(found, name)} for found in (outcome, written)
        )
        if row != file:
            yield f"job {job.number}: {name} are {row} in its rows and {file} in its outcome file"
    yield from (f"job {job.number} has no {one.path}" for one in outcome.files if not one.path.is_file())


def debris_of(project, outcomes):
    """Yield what lies in a project and is not recorded."""
    known = {one.job.directory for one in outcomes}
    imports = {file.path for one in outcomes for file in one.imported}
    for path in project.directory.rglob("*"):
        if path.name.startswith(".") or ".tmp" in path.name:
            yield f"debris: {path}"
        if path.is_dir() and path.name.startswith("job_") and path not in known:
            yield f"debris: directory without a row: {path}"
        if path.parent == project.imports_directory and path.is_file() and path not in imports:
            yield f"debris: unknown import: {path}"


def left_behind(project, folders):
    """Return the processes and temporary files that are left; the watchdog needs some seconds."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        left = [f"debris: {path}" for folder in folders for path in folder.iterdir()]
        left += [f"debris: process {one.pid} {one.info['name']}" for one in processes_of(project)]
        if not left:
            return []
        time.sleep(0.1)
    for one in processes_of(project):
        one.kill()
    return left


def processes_of(project):
    found = []
    for one in psutil.process_iter(["name"]):
        with suppress(psutil.Error, OSError):
            environment = one.environ()
            if environment.get(ROUND) == project or (ROUND in environment and environment.get(MARK) == project):
                found.append(one)
    return found


def walk(database, seed, rounds, containers, folder, server):
    """Do the rounds on one database, and return its counts and faults."""
    url = server.new() if server else f"sqlite:///{folder / 'db.sqlite3'}"
    work = Rounds(url, folder, containers=containers)
    for number in range(1, rounds + 1):
        work.round(number, random.Random(f"{seed} {database} {number}"))  # noqa: S311 - not a secret
        if number % 10 == 0:
            sys.stderr.write(f"{database}: {number} rounds, {len(work.faults)} faults\n")
    return work.counts, work.faults


def table(results):
    names = list(dict.fromkeys(name for counts, _ in results.values() for name in sorted(counts)))
    wrong = {database: [f for f in faults if "debris" not in f] for database, (_, faults) in results.items()}
    rows = [["", *results], *([name, *(str(results[one][0][name]) for one in results)] for name in names)]
    rows.append(["records wrong", *(str(len(wrong[one])) for one in results)])
    rows.append(["debris", *(str(len(results[one][1]) - len(wrong[one])) for one in results)])
    width = max(len(row[0]) for row in rows)
    return "\n".join(row[0].ljust(width) + "".join(cell.rjust(12) for cell in row[1:]) for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=300, help="rounds, shared by the databases")
    parser.add_argument("--seed", default=uuid4().hex[:8])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    chosen = parser.parse_args()
    databases = chosen.database or ["sqlite", "postgresql"]
    containers = sys.platform == "linux" and can_contain()
    results = {}
    for index, database in enumerate(databases):
        rounds = (chosen.rounds + index) // len(databases)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ccp4hooks-kills-")))
            server = None
            if database == "postgresql":
                from postgresql_server import running_server

                server = stack.enter_context(running_server())
            os.environ["CCP4I2_HOME"] = str(folder / "home")
            os.environ["CCP4I2_DISABLE_PROJECT_SNAPSHOT"] = "1"
            results[database] = walk(database, chosen.seed, rounds, containers, folder, server)
    sys.stdout.write(f"seed {chosen.seed}, {chosen.rounds} rounds, pid namespaces: {containers}\n{table(results)}\n")
    faults = [f"{database}, {fault}" for database, (_, found) in results.items() for fault in found]
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
