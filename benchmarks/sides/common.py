"""What the sides share: files to work on, time taken, and the cases that go through a handler."""

import asyncio
import hashlib
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.many import ms_per_whole_job

LINE = "ATOM  {n:5d}  CA  GLY A   1      {n:6d}   2.000   3.000  1.00 10.00           C\n"
SMALL_LINES = 52
"""How many lines make 4 KB."""

JOB_FILES = 10
JOB_KPIS = 20
MEGABYTE = 1024 * 1024

_numbers = itertools.count(os.getpid() * 1000)


def number():
    """Return a number that has not been used."""
    return next(_numbers)


def small_text():
    """Return 4 KB of a model, unlike any other."""
    return LINE.format(n=number() % 99999) * SMALL_LINES + f"REMARK {number()}\nEND\n"


def small_files(folder, count):
    """Write small files, each with a content of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"model{number()}.pdb" for _ in range(count)]
    for path in paths:
        path.write_text(small_text(), encoding="ascii")
    return paths


def large_file(folder, megabytes):
    """Write one large file with a content of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "large.pdb"
    with path.open("wb") as file:
        file.write(f"REMARK {number():64d}\n".encode().ljust(MEGABYTE, b"\n"))
        for _ in range(megabytes - 1):
            file.write(b"REMARK\n" * (MEGABYTE // 7) + b"\n" * (MEGABYTE % 7))
    return path


def settled_s():
    """Return the time, once all that was written before is on the disk: nobody is to wait for what others wrote."""
    os.sync()
    return time.perf_counter()


def timed(work):
    """Return how long it takes [ms]."""
    started_s = settled_s()
    work()
    return (time.perf_counter() - started_s) * 1000


def timed_async(work):
    """Return how long a coroutine takes [ms], the event loop's own start and end not counted."""

    async def measured():
        started_s = settled_s()
        await work()
        return (time.perf_counter() - started_s) * 1000

    return asyncio.run(measured())


def copied(source, directory, *, durable):
    """Read a file once, copy it meanwhile, and return its MD5."""
    digest = hashlib.md5(usedforsecurity=False)
    with source.open("rb") as given, (directory / source.name).open("wb") as taken:
        while chunk := given.read(MEGABYTE):
            digest.update(chunk)
            taken.write(chunk)
        if durable:
            taken.flush()
            os.fsync(taken.fileno())
    return digest.hexdigest()


def fill(items, paths):
    """Make a list of file parameters hold paths."""
    for path in paths:
        item = items.makeItem()
        items.append(item)
        item.setFullPath(str(path))


def native_mtz():
    """Return the reflections that CCP4i2 carries."""
    import ccp4i2

    return Path(ccp4i2.__file__).parent / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"


class Handled:
    """The cases that go through an ``AsyncDatabaseHandler``, ours or CCP4i2's: they have the same methods.

    A side says how to make a project's handler, a job, its script, and what import and run are.

    Attributes:
        name: Of its module.
    """

    name = ""

    def __init__(self, place):
        self.place = place
        self.folder = place.folder
        self.sources = place.folder / "sources"
        self.handlers = {}
        self.whole = []

    def handler(self, project="main"):
        """Return a project's handler; the project is made if it is not there."""
        if project not in self.handlers:
            self.handlers[project] = self.new_handler(project)
        return self.handlers[project]

    def new_job(self, task="bench_task"):
        """Open a job; return its row."""
        return asyncio.run(self.handler().create_job(task_name=task))

    def glean(self, size):
        """Glean and record the output files of a job."""
        job = self.new_job()
        script = self.script(job)
        fill(script.container.outputData.OUT_LIST, small_files(self.directory(job), size))
        outputs = script.container.outputData
        return timed_async(lambda: self.handler().glean_job_files(job.uuid, outputs, plugin=script))

    def kpis(self, size):
        """Record performance values."""
        job = self.new_job()
        values = {f"value{n}": n / 7 for n in range(size)}
        return timed_async(lambda: self.record_kpis(job, values))

    def opening(self, size):
        """Open a job in a project that has jobs."""
        project = f"with{size}"
        if project not in self.handlers:
            asyncio.run(self.handler(project).create_job(task_name="bench_task"))
            if size:
                self.add_jobs(project, size)
        # One before: a process that has waited for the others, and they take seconds, is cold.
        asyncio.run(self.handler(project).create_job(task_name="bench_task"))
        return timed_async(lambda: self.handler(project).create_job(task_name="bench_task"))

    def importing(self, size):
        """Import small files."""
        return self._imported(small_files(self.sources / str(number()), size))

    def importing_large(self, size):
        """Import one large file."""
        path = large_file(self.sources / str(number()), size)
        took = self._imported([path])
        path.unlink()
        return took

    def _imported(self, paths):
        job = self.new_job()
        script = self.script(job)
        fill(script.container.inputData.XYZ_LIST, paths)
        return timed_async(lambda: self.bring_in(job, script))

    def traversal(self, size):
        """Find all files among the nodes of a container; a file has eight."""
        script = self.script(self.new_job())
        fill(script.container.inputData.XYZ_LIST, [self.folder / f"{n}.pdb" for n in range(size // 8)])
        return timed(lambda: self.find_files(script.container.inputData))

    def freerflag(self, _size):
        """Run a whole job that was opened before."""
        job = self.new_job("freerflag")
        script = self.script(job)
        script.container.inputData.F_SIGF.setFullPath(str(native_mtz()))
        script.saveDataToXml(str(self.directory(job) / "input_params.xml"))
        return timed_async(lambda: self.run(job))

    def together(self, size):
        """Run jobs of half a second at once."""
        jobs = [self.new_job() for _ in range(size)]
        for job in jobs:
            script = self.script(job)
            script.container.controlParameters.DURATION.set(0.5)
            script.saveDataToXml(str(self.directory(job) / "input_params.xml"))

        async def all_of_them():
            await asyncio.gather(*(self.run(job) for job in jobs))

        return timed_async(all_of_them)

    def many(self, size):
        """Keep the books of jobs in eight processes at once; the time is that per job that is recorded whole."""
        project = f"many{number()}"
        self.handler(project)
        took_ms, whole = ms_per_whole_job(self, project, size)
        self.whole.append(whole)
        return took_ms

    def whole_of_many(self, _size):
        """Return how many of these jobs were recorded whole, at the least."""
        return min(self.whole)


def job_rows(models, project, first, count):
    """Return rows of jobs that have ended."""
    return [
        models.Job(project=project, number=str(n), title="bench", task_name="bench_task", status=6)
        for n in range(first, first + count)
    ]


def command(*arguments):
    """Run Python and return how long it took [ms], once its files are compiled."""
    words = [sys.executable, *arguments]
    subprocess.run(words, check=True, capture_output=True)
    return timed(lambda: subprocess.run(words, check=True, capture_output=True))


def peak_mb(*arguments):
    """Run one task in a process of its own, and return the most memory that it had [MB]."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.memory", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])
