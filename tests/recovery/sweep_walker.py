"""Run the same sweep many times, each time in a process that is killed one step later, and continue it.

The steps are those of `walker.py`. The program takes a database URL, a directory, and N to be killed at every Nth step.
It writes a JSON line for each kill: what the project has after the recovery, and after the sweep was continued.
"""

import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from walker import MODEL, Steps, alone, killed, session, watch

from ccp4hooks import sweep

ATOMS = ("A/10-12", "A/20-25", "A/30-39")


class SweepWalk:
    """Select three ranges of atoms, in three jobs."""

    def __init__(self, made):
        self.made = made

    def go(self, project):
        values = {"XYZIN": [MODEL], "XYZIN.selection.text": ATOMS}
        return list(sweep(self.made, "coordinate_selector", values, project=project))


def state(made, project):
    """Return (number, status, atoms) of each job of a project."""
    known = any(one.name == project for one in made.projects())
    return [
        (
            str(one.job.number),
            one.status.name,
            next((value.value for value in one.parameters if value.name == "XYZIN.selection.text"), ""),
        )
        for job in (made.outcomes(project) if known else ())
        for one in made.outcomes(project, job.job.number)
    ]


def main(url, folder, every):
    folder, steps = Path(folder), Steps()
    made = session(url, folder / "projects", steps)
    made.init_store()
    walk = SweepWalk(made)
    walk.go("first")
    steps.names = []
    watch(steps)
    walk.go("whole")
    names = tuple(steps.names)
    for fatal, step in enumerate(names, 1):
        if fatal % int(every):
            continue
        alone()
        project = f"killed_{fatal}"
        code = killed(walk, steps, project, fatal)
        problems = list(made.recover().problems)
        left = state(made, project)
        answers = walk.go(project)
        result = {
            "step": f"{fatal}/{len(names)} {step}",
            "code": code,
            "problems": problems,
            "left": left,
            "in_the_end": state(made, project),
            "answers": [(str(one.result.outcome.job.number), one.result.unchanged) for one in answers],
        }
        sys.stdout.write(f"{json.dumps(result)}\n")
        shutil.rmtree(folder / "projects" / project, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
