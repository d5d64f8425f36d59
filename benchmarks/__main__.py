"""The command: ``python -m benchmarks [--quick] [--only NAME] [--database sqlite|postgresql] [--output FOLDER]``."""

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
    """Measure, and write the document, the numbers and the plot."""
    asked = parsed()
    chosen = [case for case in CASES if not asked.only or case.name in asked.only]
    sides = [side for side in SIDES if not asked.side or side in asked.side]
    rounds = asked.rounds or (2 if asked.quick else 5)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ccp4hooks-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        urls = urls_for(asked.database, sides, folder, stack)
        workers = {side: started(side, folder / side, urls[side], ROOT) for side in sides}
        stack.callback(lambda: [worker.process.kill() for worker in workers.values()])
        told = lambda line: print(line, file=sys.stderr, flush=True)  # noqa: E731 - a word for a long call
        results = measure(workers, chosen, quick=asked.quick, rounds=rounds, budget_s=asked.budget, told=told)
    facts = report.machine(asked.database, rounds)
    write(asked.output, asked.database, results, chosen, facts)
    for key, text in results.errors.items():
        print(*key, text, file=sys.stderr)


def parsed():
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, two rounds")
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES], help="this case; repeatable")
    parser.add_argument("--side", action="append", choices=SIDES, help="this side; repeatable")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, help="how often each case is measured")
    parser.add_argument("--budget", type=float, default=20.0, help="seconds for one side's rounds of one size")
    parser.add_argument("--output", type=Path, default=ROOT / "docs", help="where to write benchmarks.md and the rest")
    return parser.parse_args()


def urls_for(database, sides, folder, stack):
    """Return a database for each side; those of PostgreSQL are on one server, which is started for it."""
    if database == "sqlite":
        return {side: f"sqlite:///{folder / side / 'db.sqlite3'}" for side in sides}
    sys.path.insert(0, str(ROOT / "tests"))
    from postgresql_server import running_server

    server = stack.enter_context(running_server())
    return {side: server.new() for side in sides}


def write(folder, database, results, cases, facts):
    """Write what was measured, and print the document."""
    name = "benchmarks" if database == "sqlite" else f"benchmarks-{database}"
    folder.mkdir(parents=True, exist_ok=True)
    text = report.as_markdown(results, cases, facts, f"{name}.svg")
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / f"{name}.json").write_text(report.as_json(results, facts), encoding="utf-8")
    (folder / f"{name}.svg").write_text(plot.as_svg(results, cases), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
