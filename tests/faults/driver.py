"""Play scenes on one side: driver.py theirs|ours FOLDER DATABASE; write the observations to FOLDER/seen.json.

With a PostgreSQL database those scenes are played that need one, with none all others, on SQLite.
"""

import contextlib
import importlib
import io
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
from faults import observe
from faults.scenes import POSTGRESQL_SCENES, SCENES, SIZE_LIMIT_BYTES, TOO_MANY_ATOMS, Stage, largest_file

FORK = multiprocessing.get_context("fork")
PATIENCE_S = 5.0
"""Time that a program may take to end after the end of its job [s]."""

WORKERS = 4
JOBS_EACH = 4


def main(which, folder, url):
    folder = Path(folder)
    (folder / "stage").mkdir()
    play = importlib.import_module(f"faults.{which}")
    place = Place(folder, url or f"sqlite://{folder / 'db.sqlite3'}")
    play.prepare(place)
    # Connections do not survive a fork, so the processes come before this one opens any.
    in_process(play.init_store, place)
    seen = {} if url else in_processes_of_their_own(play, place)
    side = play.Side(place)
    for name, scene in (POSTGRESQL_SCENES if url else SCENES).items():
        seen[name] = played(side, scene, name, place)
    if not url:
        seen["infinite"]["answers"] = rest_answers(place)
    (folder / "seen.json").write_text(json.dumps(seen, indent=1, default=str), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Place:
    """The directory and the database of a side."""

    folder: Path
    url: str

    @property
    def database(self):
        return observe.database(self.url)

    def stage(self, name):
        return Stage(self.folder / "stage" / name, Path(find_spec("ccp4i2").origin).parent / "wrappers", self.database)


def in_processes_of_their_own(play, place):
    return {
        "finished_at_once": finished_at_once(play, place),
        "ctrl_c": signalled(play, place, "ctrl_c", "INT"),
        "terminated": signalled(play, place, "terminated", "TERM"),
        "killed": signalled(play, place, "killed", "KILL"),
        "cancelled": cancelled(play, place, "cancelled"),
        "killed_while_copying": killed(play, place, "killed_while_copying"),
    }


def played(side, scene, name, place):
    """Play a scene and return its observations and the records; if the scene fails, its traceback."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), observe.witnessed(place.database, name) as history:
            observed = scene(side, place.stage(name))
    except Exception:  # noqa: BLE001 - the test of this scene is to fail, not all
        return {"broken": traceback.format_exc()}
    return {**place.database.facts(name), "history": history, "printed": printed.getvalue(), **observed}


def in_process(work, *arguments):
    """Call a function in a new process, and return the process after its end."""
    process = FORK.Process(target=quietly, args=(work, *arguments))
    process.start()
    process.join(120)
    return process


def quietly(work, *arguments):
    """Call a function without its standard output and standard error."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    work(*arguments)


def rest_answers(place):
    """Return the status of CCP4i2's REST server for a request of a project's jobs, by project."""
    ccp4i2 = {"DJANGO_SETTINGS_MODULE": "ccp4i2.config.settings", "DATABASE_URL": place.url}
    environment = {**os.environ, **ccp4i2}
    command = [sys.executable, "-m", "faults.rest", "kinds", "infinite"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def finished_at_once(play, place):
    """Run jobs in several processes, each in its own project, that finish at about the same time."""
    start = FORK.Barrier(WORKERS)
    workers = [FORK.Process(target=quietly, args=(work, play, place, start, f"worker{n}")) for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    facts = [place.database.facts(f"worker{number}") for number in range(WORKERS)]
    return {
        "jobs_run": WORKERS * JOBS_EACH,
        "jobs": sum(len(one["jobs"]) for one in facts),
        "files": sum(row["kind"] == 1 for one in facts for row in one["files"]),
        "kpis": sum(len(values) for one in facts for values in one["kpis"].values()),
    }


def work(play, place, start, name):
    side = play.Side(place)
    start.wait(60)
    for _ in range(JOBS_EACH):
        side.run("fault_outputs", name)


def signalled(play, place, name, number):
    """Run a job whose program sends a signal to the process that runs the job."""
    process = in_process(interrupted, play, place, name, number)
    runs = stopped(program_of(place, name))
    in_process(recovered, play, place)
    return {**place.database.facts(name), "exit_code": process.exitcode, "program_runs": runs}


def recovered(play, place):
    play.Side(place).recover()


def cancelled(play, place, name):
    """Cancel a job from another process than the one that runs it."""
    process = FORK.Process(target=quietly, args=(interrupted, play, place, name, "0"))
    process.start()
    program = program_of(place, name)
    in_process(cancel, play, place, name)
    runs = stopped(program)
    process.join(120)
    return {**place.database.facts(name), "program_runs": runs}


def cancel(play, place, name):
    play.Side(place).cancel(name)


def program_of(place, name):
    """Wait for the start of a job's program and return its process ID."""
    path = place.folder / "projects" / name / "CCP4_JOBS/job_1/program.pid"
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text(encoding="ascii").strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return int(path.read_text(encoding="ascii"))


def interrupted(play, place, name, number):
    play.Side(place).run_interrupted("fault_program", name, [("MODE", number)])


def killed(play, place, name):
    """Run an import whose process is killed during the copy."""
    process = in_process(copying, play, place, name)
    if process.exitcode != -signal.SIGXFSZ:
        return {"broken": f"the process was not killed while it copied, but ended with {process.exitcode}"}
    folder = place.folder / "projects" / name / "CCP4_IMPORTED_FILES"
    return {"left": sorted(path.name for path in folder.glob("*.pdb"))}


def copying(play, place, name):
    side = play.Side(place)
    source = place.stage(name).write("large.pdb", atoms=TOO_MANY_ATOMS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with largest_file(SIZE_LIMIT_BYTES, signal.SIG_DFL):
        side.run("fault_pipeline", name, [("XYZIN", source), ("MODE", "nothing")])


def stopped(pid):
    """Wait for the end of a program, stop it if it does not end, and return whether it had to be stopped."""
    deadline = time.monotonic() + PATIENCE_S
    try:
        program = psutil.Process(pid)
        while time.monotonic() < deadline:
            if program.status() == psutil.STATUS_ZOMBIE:
                return False
            time.sleep(0.05)
        program.kill()
    except psutil.NoSuchProcess:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
