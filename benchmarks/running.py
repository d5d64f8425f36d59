"""Run the sides in turn (A B A B), so that other load on the machine affects all of them equally."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from statistics import median

SIDES = (
    "ours",
    "theirs",
    "theirs_immediate",
    "theirs_newest",
    "theirs_newest_snapshots",
    "mlflow_batch",
    "mlflow_files",
    "mlflow_flushed",
    "bulk",
    "fair",
    "floor",
)
OURS = ("CCP4HOOKS_", "CCP4I2_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE")


@dataclass(slots=True)
class Worker:
    """The process of one side."""

    process: subprocess.Popen
    cases: tuple[str, ...] = ()
    skipped: str = ""

    def ask(self, case, size):
        """Run one case and return the answer of the process."""
        print(json.dumps({"case": case, "size": size}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "the process has died"}


@dataclass(slots=True)
class Results:
    """The results of all cases.

    Attributes:
        took: Measurements by case, side and size.
        errors: Tracebacks by case, side and size.
        skipped: Reasons by skipped side.
    """

    took: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)
    skipped: dict = field(default_factory=dict)

    def medians(self, case):
        """Return the medians of one case by side and size."""
        return {(side, size): median(took) for (name, side, size), took in self.took.items() if name == case}


def started(side, folder, url, source, newest=""):
    """Start the process of a side.

    Args:
        side: The side.
        folder: Its directory.
        url: Its database.
        source: The directory of this package.
        newest: The Python of the sides with the newest CCP4i2; empty to skip them.
    """
    if side.startswith("theirs_newest") and not newest:
        return Worker(None, skipped="--newest names no Python with a pre-release of CCP4i2")
    folder.mkdir(parents=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {**clean, "HOME": str(folder), "CCP4I2_HOME": str(folder / "home"), "PYTHONPATH": str(source)}
    # Compiled files, as in an installation, but outside the source tree.
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [
                newest if side.startswith("theirs_newest") else sys.executable,
                "-W",
                "ignore",
                "-m",
                "benchmarks.worker",
                side,
                str(folder),
                url,
            ],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    line = process.stdout.readline()
    said = json.loads(line) if line else {"skip": f"it did not start: {(folder / 'log.txt').read_text()[-300:]}"}
    return Worker(process, tuple(said.get("cases", ())), said.get("skip", ""))


def measure(workers, cases, *, quick, rounds, budget_s, show):
    """Run the cases and return the results.

    Args:
        workers: Workers by side.
        cases: Cases to run.
        quick: Whether to use the small sizes.
        rounds: Number of measurements.
        budget_s: Time limit for all measurements of one case, side and size [s].
        show: Function that shows a line of progress.
    """
    results = Results(skipped={side: worker.skipped for side, worker in workers.items() if worker.skipped})
    for case in cases:
        for size in case.quick if quick else case.sizes:
            _measure_one(workers, case, size, results, rounds, budget_s)
            show(_line(case, size, results))
    return results


def _measure_one(workers, case, size, results, rounds, budget_s):
    able = [side for side, worker in workers.items() if case.name in worker.cases]
    for _ in range(rounds):
        for side in able:
            key = (case.name, side, size)
            took = results.took.get(key, [])
            if key in results.errors or sum(took) > budget_s * 1000:
                continue
            answer = workers[side].ask(case.name, size)
            if "took" in answer:
                results.took[key] = [*took, answer["took"]]
            else:
                results.errors[key] = answer.get("error") or answer.get("skip")


def _line(case, size, results):
    medians = results.medians(case.name)
    numbers = [f"{side} {medians[side, size]:.4g}" for side in SIDES if (side, size) in medians]
    broken = [f"{side} FAILED" for (name, side, at) in results.errors if (name, at) == (case.name, size)]
    return f"{case.name} {size}: {', '.join(numbers + broken)} {case.unit}"
