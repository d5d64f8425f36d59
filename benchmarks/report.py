"""The table for people, and the numbers for programs."""

import json
import os
import platform
import sys
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from statistics import median

from benchmarks.running import SIDES

TITLES = {
    "ours": "ccp4hooks",
    "theirs": "CCP4i2 as shipped",
    "theirs_immediate": "CCP4i2, IMMEDIATE + WAL",
    "mlflow_batch": "MLflow `log_batch`",
    "bulk": "Django `bulk_create`",
    "floor": "floor: no books, raw sqlite3",
}
PACKAGES = ("ccp4hooks", "ccp4i2", "django", "pluggy", "mlflow", "psycopg")


def machine(database, rounds):
    """Return where and with what it was measured, by what it is."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} processors",
        "load": f"{os.getloadavg()[0]:.2f} at the end, the benchmark's own included",
        "python": sys.version.split()[0],
        "versions": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        "database": database,
        "rounds": str(rounds),
    }


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def as_json(results, facts):
    """Return all numbers as JSON."""
    rows = [
        {"case": case, "side": side, "size": size, "measured": took}
        for (case, side, size), took in results.took.items()
    ]
    errors = [
        {"case": c, "side": side, "size": size, "error": text} for (c, side, size), text in results.errors.items()
    ]
    told = {**facts, "results": rows, "errors": errors, "skipped": results.skipped}
    return json.dumps(told, indent=1)


def as_markdown(results, cases, facts, plot):
    """Return the document."""
    lines = [
        "# What it costs",
        "",
        "Written by `python -m benchmarks`. Medians, with the least and the most in brackets; each side in a process",
        "of its own, all asked in turn. Compare within one table, never across machines. What bounds the targets that",
        "are missed is in [what-bounds-it.md](what-bounds-it.md).",
        "",
        *(f"* {name}: {text}" for name, text in facts.items()),
        *(f"* left out: {TITLES[side]}: {why}" for side, why in results.skipped.items()),
        "",
        "## Targets",
        "",
        "| work | target | reached | |",
        "|---|---|--:|---|",
        *(line for case in cases for line in _targets(case, results, facts["database"])),
        "",
        f"![Cost against size]({plot})",
    ]
    for case in cases:
        lines += ["", *_table(case, results)]
    return "\n".join([*lines, ""])


def _targets(case, results, database):
    medians = results.medians(case.name)
    for target in (one for one in case.targets if one.database in {"", database}):
        reached = target.reached(medians)
        if reached is None:
            told, verdict = "-", "not measured"
        else:
            verdict = "met" if reached <= target.at_most else "missed"
            told = _reached(target, reached, case.unit)
        yield f"| {case.title} | {target.text(case.unit)} | {told} | {verdict} |"


def _text(value):
    """Return a number with three digits, never in exponents."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _reached(target, reached, unit):
    if not target.against:
        return f"{_text(reached)} {unit}"
    return f"{_text(1 / reached)} times faster" if target.at_most < 1 else f"{_text(reached)} times"


def _table(case, results):
    sides = [side for side in SIDES if any(key[:2] == (case.name, side) for key in (*results.took, *results.errors))]
    sizes = sorted({size for name, _, size in (*results.took, *results.errors) if name == case.name})
    if not sides:
        return [f"## {case.title}", "", "Not measured."]
    return [
        f"## {case.title} [{case.unit}]",
        "",
        f"| {case.size_is or 'times'} | {' | '.join(TITLES[side] for side in sides)} |",
        f"|--:|{'--:|' * len(sides)}",
        *(_row(case, size, sides, results) for size in sizes),
    ]


def _row(case, size, sides, results):
    ours = results.took.get((case.name, "ours", size))
    return f"| {size} | {' | '.join(_cell(case, side, size, results, ours) for side in sides)} |"


def _cell(case, side, size, results, ours):
    key = (case.name, side, size)
    if key in results.errors:
        return "failed"
    took = results.took.get(key)
    if not took:
        return "-"
    ratio = f", {_text(median(took) / median(ours))} x ours" if ours and side != "ours" else ""
    return f"{_text(median(took))} ({_text(min(took))}-{_text(max(took))}){ratio}"
