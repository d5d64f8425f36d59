"""``ccp4hooks demo``: three jobs on real data that the installed CCP4i2 carries."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import start_session, takes_choices
from ccp4hooks.cli.progress import progress_shown
from ccp4hooks.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Outcome, RunResult
    from ccp4hooks.session import Session

PLUGIN = "ccp4hooks_demo"
PROJECT = "demo"

DATA = {
    "observed": "wrappers/freerflag/test_data/rnase25_fsigf.mtz",
    "model": "wrappers/chainsaw/test_data/1a80_A.pdb",
}
"""Real data inside the package ccp4i2.

Source: ccp4i2 3.0.1; RNase at 2.5 A, and chain A of PDB entry 1A80.
"""


SETTINGS = """\
# Settings of the demo, read by every ccp4hooks command that is given in this directory.
database = {database}
projects_dir = {projects_dir}
project = {project}
use = {use}
autoload = {autoload}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One job of the demo.

    Attributes:
        task: TASKNAME.
        title: Of the job.
        values: Names and values, as on the command line.
    """

    task: str
    title: str
    values: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        """The step as a command for the shell."""
        values = [f"{name}={value}" for name, value in self.values]
        words = ["ccp4hooks", "run", self.task, *values, "--title", self.title]
        return shlex.join(words)


@click.command("demo", short_help="Run three jobs on real data in a directory of their own.")
@click.argument("directory", metavar="[DIR]", default="ccp4hooks-demo", type=click.Path(path_type=Path))
@takes_choices
def command(choices: Choices, *, directory: Path) -> None:
    """Run three jobs on real data, in DIR with a database and a project of their own.

    DIR is ./ccp4hooks-demo if it is not given; a demo that is there already is continued with three more jobs. The
    data come with CCP4i2. Shows the jobs, files and KPIs, and the commands to do the same by hand.
    """
    if choices.database or choices.projects_dir:
        raise click.UsageError("The demo has a database and a projects directory of its own, in DIR.")
    home = prepare(directory, use=(PLUGIN, *choices.plugins), autoload=choices.autoload is not False)
    own = replace(
        choices,
        plugins=(PLUGIN, *choices.plugins),
        database=database_url(home),
        projects_dir=home / "projects",
    )
    session = start_session(own.settings())
    steps: list[Step] = []
    results: list[RunResult] = []
    data = locate()
    for number in range(3):
        steps.append(step(number, data, [result.outcome for result in results]))
        results.append(_run(session, steps[-1]))
        if not results[-1].outcome.status.is_success:
            break
    _write([outcome for result in results for outcome in result.outcomes])
    _write_commands(home, steps, results[-1].outcome.job.number)
    if not results[-1].outcome.status.is_success:
        raise SystemExit(1)


def prepare(directory: Path, *, use: Sequence[str], autoload: bool) -> Path:
    """Make the demo's directory with its settings file; return its absolute path.

    Raises:
        BadInputError: It is not a directory, cannot be made, or holds something else.
    """
    home = directory.expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        strange = any(home.iterdir()) and not (home / "ccp4hooks.toml").is_file()
    except OSError as error:
        raise BadInputError(f"The demo cannot use {home}: {error.strerror}. Name another directory.") from error
    if strange:
        raise BadInputError(
            f"{home} is not empty and not a demo. Name a new directory, or an earlier demo to continue."
        )
    values = {
        "database": database_url(home),
        "projects_dir": str(home / "projects"),
        "project": PROJECT,
        "use": list(use),
        "autoload": autoload,
    }
    # JSON's strings, lists of them and truth values are TOML's, too.
    quoted = {name: json.dumps(value) for name, value in values.items()}
    (home / "ccp4hooks.toml").write_text(SETTINGS.format(**quoted), encoding="utf-8")
    return home


def locate() -> dict[str, Path]:
    """Return where the installed CCP4i2 keeps the demo's data, without importing it.

    Raises:
        BadInputError: CCP4i2 or a file is not there.
    """
    spec = find_spec("ccp4i2")
    if spec is None or spec.origin is None:
        raise BadInputError("CCP4i2 is not installed here: pip install ccp4i2")
    found = {name: Path(spec.origin).parent / path for name, path in DATA.items()}
    missing = [str(path) for path in found.values() if not path.is_file()]
    if missing:
        raise BadInputError(f"The installed CCP4i2 lacks data of the demo: {', '.join(missing)}")
    return found


def step(number: int, data: dict[str, Path], earlier: Sequence[Outcome]) -> Step:
    """Return the first, second or third job of the demo.

    Args:
        number: 0, 1 or 2.
        data: From `locate`.
        earlier: The jobs already run; the third takes a file of the second.
    """
    if number == 0:
        return Step(task="freerflag", title="Free R set", values=(("F_SIGF", str(data["observed"])),))
    if number == 1:
        return Step(task="coordinate_selector", title="Atoms of 1A80", values=(("XYZIN", str(data["model"])),))
    model = f"@{earlier[1].job.number}.XYZOUT"
    values = (("F_SIGF", str(data["observed"])), ("XYZIN", model))
    return Step(task="demo_pipeline", title="Both in a pipeline", values=values)


def database_url(home: Path) -> str:
    """Return the URL of the demo's database.

    >>> database_url(Path("/data/demo"))
    'sqlite:////data/demo/ccp4hooks.sqlite3'
    """
    return f"sqlite:///{_database(home).as_posix()}"


def _database(home: Path) -> Path:
    return home / "ccp4hooks.sqlite3"


def _run(session: Session, job: Step) -> RunResult:
    with progress_shown() as progress:
        return session.run(job.task, job.values, project=PROJECT, title=job.title, progress=progress)


def _write(outcomes: Sequence[Outcome]) -> None:
    from ccp4hooks.cli.render import report, show

    show(f"Project {PROJECT} in {outcomes[0].job.project.directory}", *report(outcomes))


def _write_commands(home: Path, steps: Sequence[Step], last: str) -> None:
    from ccp4hooks.cli.render import show

    overriding = [name for name in ("DATABASE_URL", "CCP4I2_PROJECTS_DIR", "CCP4HOOKS_PROJECT") if name in os.environ]
    unset = [f"unset {' '.join(overriding)}"] if overriding else []
    further = (f"ccp4hooks show {last}", "ccp4hooks jobs", "ccp4hooks describe freerflag")
    show("", "The same by hand:", shlex.join(["cd", str(home)]), *unset, *(job.line for job in steps))
    show("", "And on from here:", *further)
