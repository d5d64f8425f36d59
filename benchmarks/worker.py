"""One side's process: worker.py SIDE FOLDER DATABASE; reads a case per line, writes what it took per line."""

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
    """Where a side has its files and its database."""

    folder: Path
    url: str


def main(name, folder, url):
    """Answer until there are no more questions."""
    warnings.simplefilter("ignore")
    # What tasks and CCP4i2 print must not come between the answers.
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
    print(json.dumps({"ready": True, "cases": [case for case in dir(side) if not case.startswith("_")]}), file=answers)
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(answer(side, question["case"], question["size"])), file=answers)


def answer(side, case, size):
    """Return what a case took, or why there is nothing to say."""
    method = getattr(side, case, None)
    if method is None:
        return {"skip": ""}
    try:
        return {"took": method(size)}
    except Exception:  # noqa: BLE001 - the other cases are to be measured
        return {"error": traceback.format_exc()}


if __name__ == "__main__":
    main(*sys.argv[1:])
