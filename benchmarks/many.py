"""Record many jobs from several processes at once.

Each process runs ``python -m benchmarks.many SIDE FOLDER URL PROJECT COUNT``. Each job is recorded as opened, running
and ended, with one imported file, two output files and two KPIs. No task is run and no file is copied.
"""

import importlib
import os
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path

from benchmarks.worker import Place

PROCESSES = 8
OUTPUTS = ("XYZOUT", "HKLOUT")
VALUES = {"RFactor": 0.21, "RFree": 0.25}
FINISHED = 6


def ms_per_whole_job(side, project, count, processes=PROCESSES):
    """Record jobs and return the time per completely recorded job [ms] and the number of these jobs."""
    folder, url = side.place.folder, side.place.url
    words = [sys.executable, "-m", "benchmarks.many", side.name, str(folder), url, project, str(count // processes)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    running = [subprocess.Popen(words, **pipes) for _ in range(processes)]
    for process in running:
        process.stdout.readline()
    os.sync()
    started_s = time.perf_counter()
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        process.communicate()
    took_ms = (time.perf_counter() - started_s) * 1000
    whole = side.whole_jobs(project)
    if side.name == "ours" and whole < count:
        raise AssertionError(f"{count - whole} of {count} jobs are not completely recorded")
    return took_ms / max(whole, 1), whole


def whole_jobs(models, project):
    """Return the number of completely recorded jobs of a project."""
    from django.db.models import Count

    jobs = models.Job.objects.filter(project__name=project, status=FINISHED)
    counted = jobs.annotate(n_files=Count("files", distinct=True), n_values=Count("float_values", distinct=True))
    return counted.filter(n_files=len(OUTPUTS) + 1, n_values=len(VALUES)).count()


def main(name, folder, url, project, count):
    """Record jobs after a line on standard input, ignoring jobs that cannot be recorded."""
    warnings.simplefilter("ignore")
    output = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    place = Place(Path(folder), url)
    module = importlib.import_module(f"benchmarks.sides.{name}")
    module.connect(place)
    record = module.Side(place).recorder(project)
    print("ready", file=output)
    sys.stdin.readline()
    for _ in range(int(count)):
        # Missing jobs are counted in the database afterwards.
        with suppress(Exception):
            record()


if __name__ == "__main__":
    main(*sys.argv[1:])
