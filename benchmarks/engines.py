"""Measure what an engine adds to a job, and how many jobs a pool runs: ``python -m benchmarks.engines [--jobs N]``.

Prints a table and asserts nothing. All rows are measured in one run, the first three in turn. The task,
`coordinate_selector`, cuts two residues out of a model with gemmi, which takes a few milliseconds.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import ccp4i2

from ccp4hooks import RunTarget, load_settings, open_session, sweep

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
TASK = "coordinate_selector"
WORKERS = (1, 2, 4)
ENGINES = "".join(f'[engines.pool-{count}]\nplugin = "dask"\nworkers = {count}\n' for count in WORKERS)


class Place:
    """A database, a directory for projects, and pools of workers.

    Args:
        folder: An empty directory.
    """

    def __init__(self, folder):
        self.folder = folder
        self.url = f"sqlite:///{folder / 'db.sqlite3'}"
        config = folder / "site.toml"
        config.write_text(ENGINES, encoding="utf-8")
        settings = load_settings(config=config, projects_dir=folder / "projects", database=self.url)
        self.session = open_session(settings)
        self.session.init_store()
        self.next = 10

    def atoms(self):
        """Return a value that no job has had."""
        self.next += 1
        return f"A/{self.next % 200 + 10}-{self.next % 200 + 11 + self.next // 200}"

    def values(self):
        """Return the values of one more job."""
        return [("XYZIN", str(MODEL)), ("XYZIN.selection.text", self.atoms())]

    def command(self):
        """Run the task by a command."""
        words = ["run", TASK, *(f"{name}={value}" for name, value in self.values()), "--project", "commands"]
        environment = {
            **os.environ,
            "DATABASE_URL": self.url,
            "CCP4I2_PROJECTS_DIR": str(self.folder / "projects"),
            "CCP4I2_HOME": str(self.folder / "home"),
        }
        code = "from ccp4hooks.cli import main; main()"
        subprocess.run([sys.executable, "-c", code, *words], env=environment, check=True, capture_output=True)

    def here(self):
        """Run the task in this process."""
        self.session.run(TASK, self.values(), project="here")

    def pooled(self):
        """Run the task on a worker that has run another job before."""
        target = RunTarget(engine="pool-1")
        made = self.session.submit(TASK, self.values(), project="pooled", target=target, waits=True)
        while self.session.job_state("pooled", str(made.job.number)).is_active:
            time.sleep(0.002)

    def jobs_per_s(self, workers, jobs):
        """Return how many jobs a second a sweep runs on a pool whose workers have started."""
        target, project = RunTarget(engine=f"pool-{workers}"), f"sweep-{workers}"

        def run(count):
            values = {"XYZIN": [str(MODEL)], "XYZIN.selection.text": [self.atoms() for _ in range(count)]}
            rows = sweep(self.session, TASK, values, project=project, limit=2 * workers, target=target)
            for one in rows:
                if one.error is not None:
                    raise one.error

        run(2 * workers)
        started_s = time.perf_counter()
        run(jobs)
        return jobs / (time.perf_counter() - started_s)


@contextmanager
def place():
    """Yield a new place, and remove it."""
    with tempfile.TemporaryDirectory(prefix="ccp4hooks-bench-") as folder:
        made = Place(Path(folder))
        try:
            yield made
        finally:
            made.session.close()


def main():
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=40, metavar="N", help="Jobs of each sweep. Default: 40.")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="Rounds of single jobs. Default: 9.")
    given = parser.parse_args()
    lines = []
    with place() as found, redirect_stdout(StringIO()):
        sides = {"`ccp4hooks run`, a process": found.command, "a running session": found.here, "a pool": found.pooled}
        for side in sides.values():
            side()
        took_ms = {name: [] for name in sides}
        for _ in range(given.rounds):
            for name, side in sides.items():
                started_s = time.perf_counter()
                side()
                took_ms[name].append((time.perf_counter() - started_s) * 1000)
        whole = statistics.median(took_ms["`ccp4hooks run`, a process"])
        for name, each in took_ms.items():
            middle = statistics.median(each)
            lines.append(f"| {name} | {middle:.0f} ({min(each):.0f}-{max(each):.0f}) | {middle / whole:.2f} |")
        speeds = [(workers, found.jobs_per_s(workers, given.jobs)) for workers in WORKERS]
    sys.stdout.write("| one job | ms | of a command |\n|---|--:|--:|\n" + "\n".join(lines) + "\n\n")
    sys.stdout.write("| workers | jobs a second | of one worker |\n|--:|--:|--:|\n")
    for workers, speed in speeds:
        sys.stdout.write(f"| {workers} | {speed:.1f} | {speed / speeds[0][1]:.2f} |\n")


if __name__ == "__main__":
    main()
