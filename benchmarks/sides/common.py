"""Code that the sides share: test files, timing, and the cases that use a handler."""

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
"""Number of lines in 4 KB."""

JOB_FILES = 10
JOB_KPIS = 20
MEGABYTE = 1024 * 1024

_numbers = itertools.count(os.getpid() * 1000)


def number():
    """Return a unique number."""
    return next(_numbers)


def small_text():
    """Return 4 KB of a unique model."""
    return LINE.format(n=number() % 99999) * SMALL_LINES + f"REMARK {number()}\nEND\n"


def small_files(folder, count):
    """Write small files with unique contents."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"model{number()}.pdb" for _ in range(count)]
    for path in paths:
        path.write_text(small_text(), encoding="ascii")
    return paths


def large_file(folder, megabytes):
    """Write one large file with unique content."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "large.pdb"
    with path.open("wb") as file:
        file.write(f"REMARK {number():64d}\n".encode().ljust(MEGABYTE, b"\n"))
        for _ in range(megabytes - 1):
            file.write(b"REMARK\n" * (MEGABYTE // 7) + b"\n" * (MEGABYTE % 7))
    return path


def settled_s():
    """Flush all disks and return the time, so that a measurement does not include earlier writes."""
    os.sync()
    return time.perf_counter()


def timed(work):
    """Return the duration of a call [ms]."""
    started_s = settled_s()
    work()
    return (time.perf_counter() - started_s) * 1000


def timed_async(work):
    """Return the duration of a coroutine [ms], excluding the start and the end of the event loop."""

    async def measured():
        started_s = settled_s()
        await work()
        return (time.perf_counter() - started_s) * 1000

    return asyncio.run(measured())


def copied(source, directory, *, durable):
    """Copy a file and return its MD5, reading it only once."""
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
    """Set a list of file parameters to paths."""
    for path in paths:
        item = items.makeItem()
        items.append(item)
        item.setFullPath(str(path))


def native_mtz():
    """Return the path of the reflection file in CCP4i2."""
    import ccp4i2

    return Path(ccp4i2.__file__).parent / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"


class Handled:
    """The cases that use an ``AsyncDatabaseHandler``; that of ccp4hooks and that of CCP4i2 have the same methods.

    A subclass defines how to create handlers, jobs and scripts, and how to import files and run jobs.

    Attributes:
        name: Name of the module of the side.
    """

    name = ""

    def __init__(self, place):
        self.place = place
        self.folder = place.folder
        self.sources = place.folder / "sources"
        self.handlers = {}
        self.whole = []

    def handler(self, project="main"):
        """Return the handler of a project, which is created if it does not exist."""
        if project not in self.handlers:
            self.handlers[project] = self.new_handler(project)
        return self.handlers[project]

    def new_job(self, task="bench_task"):
        """Open a job and return its row."""
        return asyncio.run(self.handler().create_job(task_name=task))

    def glean(self, size):
        """Extract and record the output files of a job."""
        job = self.new_job()
        script = self.script(job)
        fill(script.container.outputData.OUT_LIST, small_files(self.directory(job), size))
        outputs = script.container.outputData
        return timed_async(lambda: self.handler().glean_job_files(job.uuid, outputs, plugin=script))

    def kpis(self, size):
        """Record KPIs."""
        job = self.new_job()
        values = {f"value{n}": n / 7 for n in range(size)}
        return timed_async(lambda: self.record_kpis(job, values))

    def opening(self, size):
        """Open a job in a project with existing jobs."""
        project = f"with{size}"
        if project not in self.handlers:
            asyncio.run(self.handler(project).create_job(task_name="bench_task"))
            if size:
                self.add_jobs(project, size)
        # Warm up first: the process was idle while the other sides ran for seconds.
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
        return timed_async(lambda: self.import_files(job, script))

    def traversal(self, size):
        """Find all files in a container. A file has eight nodes."""
        script = self.script(self.new_job())
        fill(script.container.inputData.XYZ_LIST, [self.folder / f"{n}.pdb" for n in range(size // 8)])
        return timed(lambda: self.find_files(script.container.inputData))

    def freerflag(self, _size):
        """Run a complete job that was opened before."""
        job = self.new_job("freerflag")
        script = self.script(job)
        script.container.inputData.F_SIGF.setFullPath(str(native_mtz()))
        script.saveDataToXml(str(self.directory(job) / "input_params.xml"))
        return timed_async(lambda: self.run(job))

    def together(self, size):
        """Run jobs of 0.5 s concurrently."""
        jobs = [self.new_job() for _ in range(size)]
        for job in jobs:
            script = self.script(job)
            script.container.controlParameters.DURATION.set(0.5)
            script.saveDataToXml(str(self.directory(job) / "input_params.xml"))

        async def all_of_them():
            await asyncio.gather(*(self.run(job) for job in jobs))

        return timed_async(all_of_them)

    def many(self, size):
        """Record jobs from eight processes at once and return the time per completely recorded job [ms]."""
        project = f"many{number()}"
        self.handler(project)
        took_ms, whole = ms_per_whole_job(self, project, size)
        self.whole.append(whole)
        return took_ms

    def processes(self, size):
        """Record 25 jobs from each of some processes at once, and return the completely recorded jobs per second."""
        project = f"processes{number()}"
        self.handler(project)
        took_ms, _ = ms_per_whole_job(self, project, 25 * size, size)
        return 1000 / took_ms

    def whole_of_many(self, _size):
        """Return the minimum number of these jobs that were recorded completely."""
        return min(self.whole)


def job_rows(models, project, first, count):
    """Return rows of ended jobs."""
    return [
        models.Job(project=project, number=str(n), title="bench", task_name="bench_task", status=6)
        for n in range(first, first + count)
    ]


def command(*arguments):
    """Run Python with compiled files and return the duration [ms]."""
    words = [sys.executable, *arguments]
    subprocess.run(words, check=True, capture_output=True)
    return timed(lambda: subprocess.run(words, check=True, capture_output=True))


def peak_mb(*arguments):
    """Run one task in a new process and return its peak memory [MB]."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.memory", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])
