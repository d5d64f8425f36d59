"""Run a job on a disk that becomes full, for many amounts of free space, and check what is left behind.

Usage: python tests/recovery/full_disk.py [--sizes 40] [--way tmpfs|limit] [--place project|database|both]

For each amount of space: run a pipeline with one sub-job, look at the exit code, the outcome files and the rows; then
free the space, run `recover`, and look again. With `tmpfs`, a file system of its own is filled; it needs root, or a
kernel that lets users make namespaces. With `limit`, no file may become larger than a limit (RLIMIT_FSIZE), which works
everywhere but on Windows. The limit holds for the database as well, so that the place `project` then has no database,
no rows and no recovery. The program prints a table, and exits with 1 if one line is wrong.
"""

import argparse
import importlib
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

KIB = 1024
PAGE = 4 * KIB
"""Unit in which a tmpfs gives space [byte]."""

PLACES = ("project", "database", "both")
WAYS = ("tmpfs", "limit")
OVER = {5: "FAILED", 6: "FINISHED", 9: "INTERRUPTED"}
NOTHING_LEFT = {3, 4, 7}
"""Exit codes that promise that the job has left nothing behind."""


@dataclass
class Result:
    """What one run has left behind.

    Attributes:
        place: What was on the full disk.
        space: Free space, or the largest size of a file [byte].
        code: Exit code of `run`.
        before: Status of each job in (row, outcome file), before the recovery.
        after: The same after it.
        said: What `run` wrote to standard error.
        wrong: What is wrong, empty if nothing is.
    """

    place: str
    space: int
    code: int
    before: dict
    after: dict
    said: str
    wrong: str = ""

    def line(self):
        before, after = (
            " ".join(f"{number}={row}/{file}" for number, (row, file) in one.items()) or "-"
            for one in (self.before, self.after)
        )
        return f"{self.place:9}{self.space:>8}{self.code:>5}  {before:46}  {after:46}  {self.wrong or 'ok'}"


class Disk:
    """A directory for what is on the full disk, and one for the rest."""

    def __init__(self, way, full, rest):
        self.way, self.full, self.rest = way, full, rest

    def clear(self):
        for folder in (self.full, self.rest):
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def fill(self, space):
        """Leave some space free."""
        if self.way != "tmpfs":
            return
        free = os.statvfs(self.full)
        with (self.full / "filler").open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(free.f_bavail * free.f_frsize - space, 1))

    def free(self):
        (self.full / "filler").unlink(missing_ok=True)


@contextmanager
def disk(way):
    """Yield the directories; on a tmpfs, the first is a file system of its own."""
    with ExitStack() as stack:
        full, rest = (Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="full-disk-"))) for _ in range(2))
        if way == "tmpfs":
            subprocess.run(
                ["/bin/mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", full], check=True, capture_output=True
            )
            stack.callback(subprocess.run, ["/bin/umount", full], check=True)
        yield Disk(way, full, rest)


def can_mount():
    """Return whether this process may mount a tmpfs."""
    try:
        with disk("tmpfs"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def command(words, environment, limit=None):
    """Run the command in a child of this process, which has imported everything already; return (exit code, stderr)."""
    with tempfile.TemporaryFile() as said, Path(os.devnull).open("wb") as null:
        child = os.fork()
        if child == 0:
            os.dup2(null.fileno(), 1)
            os.dup2(said.fileno(), 2)
            os.environ.update(environment)
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            code = 70
            try:
                sys.argv = ["ccp4hooks", *words]
                sys.stderr = os.fdopen(os.dup(2), "w")
                from ccp4hooks.cli import main

                main()
            except SystemExit as end:
                code = end.code or 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        said.seek(0)
        return os.waitstatus_to_exitcode(status), said.read().decode(errors="replace")


def states(database, project):
    """Return (status in the row, status in the outcome file) of each job by number, None for what does not exist.

    Without a database, the row counts as equal to the file.
    """
    found = {}
    if database is not None:
        with closing(sqlite3.connect(database)) as connection:
            for number, status in connection.execute("SELECT number, status FROM ccp4i2_job"):
                found[number] = OVER.get(status, status)
    directories = {}
    for path in sorted(project.rglob("job_*")):
        if path.is_dir():
            file = path / "ccp4hooks_outcome.json"
            number = ".".join(part[4:] for part in path.relative_to(project / "CCP4_JOBS").parts)
            directories[number] = json.loads(file.read_text())["status"] if file.exists() else None
            if database is None:
                found[number] = directories[number]
    return {number: (found.get(number), directories.get(number)) for number in sorted({*found, *directories})}


def fault(result):  # noqa: PLR0911 - one for each fault
    """Return what is wrong, or an empty text."""
    whole = [row == file and row in OVER.values() for row, file in result.before.values()]
    if "Traceback" in result.said:
        return "a traceback"
    if result.code in NOTHING_LEFT:
        return "something was left behind" if result.before else ""
    if result.code not in (0, 1, 5):
        return "an exit code that does not fit"
    if result.code != 5 and not all(whole):
        return "not everything was recorded, which was not said"
    if not result.before:
        return "no job was left behind"
    # A sub-job that could be recorded nowhere is only said.
    nowhere = {number for number, found in result.after.items() if found == (None, None) and number != "1"}
    ended = [found for number, found in result.after.items() if number not in nowhere]
    if any(f"job {number}" not in result.said for number in nowhere):
        return "a job is missing, which was not said"
    if any(row != file or row not in OVER.values() for row, file in ended):
        return "row and outcome file do not agree"
    status = result.after["1"][0]
    said = re.search(r"Job 1 ran \((\w+)\)", result.said)
    expected = {0: "FINISHED", 1: "FAILED"}.get(result.code) or (said and said[1])
    return "" if status == expected else f"the status that was said is {expected}"


def run_on(one, template, model, place, space):
    """Run the job once with an amount of free space, and return what it leaves behind."""
    one.clear()
    folder = {"project": one.rest, "database": one.full, "both": one.full}[place]
    database = folder / "db.sqlite3"
    shutil.copy(template, database)
    projects = (one.rest if place == "database" else one.full) / "projects"
    projects.mkdir()
    environment = {
        "DATABASE_URL": f"sqlite:///{database}",
        "CCP4I2_PROJECTS_DIR": str(projects),
        "HOME": str(one.rest),
        "CCP4I2_HOME": str(one.rest / "home"),
    }
    one.fill(space)
    limit = space if one.way == "limit" else None
    words = ["-p", "tasks_of_walk", "run", "walk_pipeline", "--project", "p", f"XYZIN={model}"]
    if limit is not None and place == "project":
        words, database = ["-p", "no:database", *words], None
    code, said = command(words, environment, limit)
    before = states(database, projects / "p")
    one.free()
    recovered, why = 0, ""
    if before and database is not None:
        recovered, why = command(["-p", "tasks_of_walk", "recover", "p"], environment)
    result = Result(place, space, code, before, states(database, projects / "p"), said)
    result.wrong = fault(result) or (f"recover ended with {recovered}: {why}" if recovered else "")
    return result


def model():
    return Path(find_spec("ccp4i2").origin).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


def sweep(way, places, spaces, template):
    """Yield the result for each place and amount of space."""
    small = Path(template).with_name("small.pdb")
    small.write_text("".join(model().read_text().splitlines(keepends=True)[:300]))
    with disk(way) as one:
        for place in places:
            for space in spaces(place):
                yield run_on(one, template, small, place, space)


def warm_up(template):
    """Create the database, and import what a job needs, so that each child of this process starts at once."""
    sys.path.insert(0, str(Path(__file__).parent))
    environment = {"DATABASE_URL": f"sqlite:///{template}", "CCP4I2_HOME": str(template.parent / "home")}
    code, said = command(["init"], environment)
    assert code == 0, said
    for name in ("ccp4i2.core.CCP4PluginScript", "rich.table", "structlog", "ccp4hooks.session"):
        importlib.import_module(name)


def spaces_of(way, count):
    """Return a function that gives amounts of free space by place [byte]."""
    if way == "tmpfs":
        return lambda place: [PAGE * (2 if place == "both" else 1) * n for n in range(count)]
    # The database has about 400 kB before the first job.
    first = {"project": 0, "database": 330 * KIB, "both": 330 * KIB}
    return lambda place: [first[place] + (KIB if place == "project" else 4 * KIB) * n for n in range(count)]


def chosen_way():
    """Return the best way that this process has; a user who may make namespaces gets one, with this program in it."""
    if can_mount():
        return "tmpfs"
    inside = ["unshare", "--user", "--map-root-user", "--mount"]
    may = (
        shutil.which("unshare") and subprocess.run([*inside, "true"], check=False, capture_output=True).returncode == 0
    )
    if may and "FULL_DISK_NAMESPACE" not in os.environ:
        os.environ["FULL_DISK_NAMESPACE"] = "1"
        os.execvp("unshare", [*inside, sys.executable, *sys.argv])  # noqa: S606, S607 - the tool of the system
    return "limit"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, default=40)
    parser.add_argument("--way", choices=WAYS, help="Default: tmpfs where it can be mounted, else limit.")
    parser.add_argument("--place", choices=PLACES, action="append")
    options = parser.parse_args()
    options.way = options.way or chosen_way()
    print(
        f"{options.way}\n{'place':9}{'space':>8}{'code':>5}  {'row/file after run':46}  {'after recover':46}  verdict"
    )
    verdicts, codes = Counter(), Counter()
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "db.sqlite3"
        warm_up(template)
        for result in sweep(options.way, options.place or PLACES, spaces_of(options.way, options.sizes), template):
            print(result.line(), flush=True)
            if result.wrong:
                print("   ", result.said.strip().replace("\n", "\n    "))
            verdicts[bool(result.wrong)] += 1
            codes[result.code] += 1
    print(f"{verdicts.total()} runs, {verdicts[True]} wrong; exit codes {dict(sorted(codes.items()))}")
    return int(bool(verdicts[True]))


if __name__ == "__main__":
    sys.exit(main())
