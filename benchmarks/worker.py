"""The process of one side: worker.py SIDE FOLDER DATABASE. Reads one case and writes one measurement per line."""

import importlib
import json
import os
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """The directory and the database of a side."""

    folder: Path
    url: str


def main(name, folder, url):
    """Run cases until standard input ends."""
    warnings.simplefilter("ignore")
    # The output of tasks and CCP4i2 must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    place = Place(Path(folder), url)
    try:
        module = importlib.import_module(f"benchmarks.sides.{name}")
        module.prepare(place)
        side = module.Side(place)
    except NotImplementedError as error:
        print(json.dumps({"skip": str(error)}), file=answers)
        return
    cases = [case for case in dir(side) if not case.startswith("_") and callable(getattr(side, case))]
    print(json.dumps({"ready": True, "cases": cases}), file=answers)
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(answer(side, question["case"], question["size"])), file=answers)


def answer(side, case, size):
    """Return the measurement of a case, or the reason for a failure."""
    method = getattr(side, case, None)
    if method is None:
        return {"skip": ""}
    try:
        return {"took": method(size)}
    except Exception:  # noqa: BLE001 - the other cases must still run
        return {"error": traceback.format_exc()}


if __name__ == "__main__":
    main(*sys.argv[1:])
