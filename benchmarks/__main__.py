"""Run the benchmarks: ``python -m benchmarks [--quick] [--only NAME] [--database sqlite|postgresql]``."""

import argparse
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import plot, report
from benchmarks.cases import CASES
from benchmarks.running import SIDES, measure, started

ROOT = Path(__file__).parents[1]


def main():
    """Run the benchmarks and write the report, the numbers and the plot."""
    asked = parsed()
    chosen = [case for case in CASES if not asked.only or case.name in asked.only]
    sides = [side for side in SIDES if not asked.side or side in asked.side]
    rounds = asked.rounds or (2 if asked.quick else 5)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ccp4hooks-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        urls = urls_for(asked.database, sides, folder, stack)
        workers = {side: started(side, folder / side, urls[side], ROOT, asked.newest) for side in sides}
        stack.callback(lambda: [worker.process.kill() for worker in workers.values() if worker.process])
        results = measure(workers, chosen, quick=asked.quick, rounds=rounds, budget_s=asked.budget, show=show)
    facts = report.machine(asked.database, rounds)
    write(asked.output, asked.database, results, chosen, facts)
    for key, text in results.errors.items():
        print(*key, text, file=sys.stderr)


def show(line):
    """Show a line of progress."""
    print(line, file=sys.stderr, flush=True)


def parsed():
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, two rounds")
    parser.add_argument(
        "--only", action="append", choices=[case.name for case in CASES], help="run only this case; can be repeated"
    )
    parser.add_argument("--side", action="append", choices=SIDES, help="run only this side; can be repeated")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--newest", default="", help="Python with ccp4hooks and the newest pre-release of CCP4i2")
    parser.add_argument("--rounds", type=int, help="number of measurements per case")
    parser.add_argument("--budget", type=float, default=20.0, help="time limit for all rounds of one side and size [s]")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "explanation", help="directory for the report")
    return parser.parse_args()


def urls_for(database, sides, folder, stack):
    """Return a database URL for each side. For PostgreSQL, start one server for all sides."""
    if database == "sqlite":
        return {side: f"sqlite:///{folder / side / 'db.sqlite3'}" for side in sides}
    sys.path.insert(0, str(ROOT / "tests"))
    from postgresql_server import running_server

    server = stack.enter_context(running_server())
    return {side: server.new() for side in sides}


def write(folder, database, results, cases, facts):
    """Write the results and print the report."""
    name = "benchmarks" if database == "sqlite" else f"benchmarks-{database}"
    folder.mkdir(parents=True, exist_ok=True)
    text = report.as_markdown(results, cases, facts, f"{name}.svg")
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / f"{name}.json").write_text(report.as_json(results, facts), encoding="utf-8")
    (folder / f"{name}.svg").write_text(plot.as_svg(results, cases), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
