"""``ccp4hooks demo``: run three jobs on real data from the installed CCP4i2."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import PATH, start_session, takes_choices
from ccp4hooks.cli.progress import progress_shown
from ccp4hooks.errors import BadInputError
from ccp4hooks.runtime import os_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Outcome, RunResult
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions
    from ccp4hooks.session import Session

PLUGIN = "ccp4hooks_demo"
PROJECT = "demo"

REPORT = "report.html"
"""The report on the project, in the directory of the demo."""

DATA = {
    "observed": "wrappers/freerflag/test_data/rnase25_fsigf.mtz",
    "model": "wrappers/chainsaw/test_data/1a80_A.pdb",
}
"""Data files inside the package ccp4i2, by name.

Source: ccp4i2 3.0.1. RNase at 2.5 A, and chain A of PDB entry 1A80.
"""


SETTINGS = """\
# Settings of the demo. Each ccp4hooks command that runs in this directory reads them.
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
        title: Title of the job.
        values: Names and values of the parameters, as on the command line.
    """

    task: str
    title: str
    values: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        """The step as a shell command."""
        values = [f"{name}={value}" for name, value in self.values]
        words = ["ccp4hooks", "run", self.task, *values, "--title", self.title]
        return shlex.join(words)


@click.command("demo", short_help="Run three jobs on real data.")
@click.argument("directory", metavar="[DIR]", default="ccp4hooks-demo", type=PATH)
@takes_choices
def command(choices: Choices, *, directory: Path) -> None:
    """Run three jobs on data that comes with CCP4i2, with a separate database and project in DIR.

    The default DIR is ./ccp4hooks-demo. If DIR already contains a demo, three more jobs are added to it. The output
    shows the jobs, files and KPIs, and the commands to run the same jobs manually. At the end, a report on all jobs is
    written to report.html in DIR.
    """
    if choices.database or choices.projects_dir:
        raise click.UsageError("The demo uses its own database and projects directory in DIR. Omit these options.")
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
    _write([outcome for result in results for outcome in result.outcomes], session.kpi_descriptions)
    _write_commands(home, steps, results[-1].outcome.job.number)
    _write_report(session, home)
    if not results[-1].outcome.status.is_success:
        raise SystemExit(1)


def prepare(directory: Path, *, use: Sequence[str], autoload: bool) -> Path:
    """Create the directory of the demo with its settings file and return its absolute path.

    Args:
        directory: The directory to create, or an earlier demo.
        use: Plugins to enable.
        autoload: Whether to use the installed plugins as well.

    Raises:
        BadInputError: The path is not a directory, cannot be created, or contains other files.
    """
    home = directory.expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        strange = any(home.iterdir()) and not (home / "ccp4hooks.toml").is_file()
    except OSError as error:
        why = os_errors.explained(error, elsewhere="give another directory")
        raise BadInputError(f"The demo cannot use {home}: {why}") from error
    if strange:
        raise BadInputError(f"{home} is not empty and not a demo. Give a new directory, or an earlier demo.")
    values = {
        "database": database_url(home),
        "projects_dir": str(home / "projects"),
        "project": PROJECT,
        "use": list(use),
        "autoload": autoload,
    }
    # Strings, lists of strings and Booleans are written the same in JSON and TOML.
    quoted = {name: json.dumps(value) for name, value in values.items()}
    (home / "ccp4hooks.toml").write_text(SETTINGS.format(**quoted), encoding="utf-8")
    return home


def locate() -> dict[str, Path]:
    """Return the paths of the demo's data files in the installed CCP4i2, without importing it.

    Raises:
        BadInputError: CCP4i2 is not installed, or a file is missing.
    """
    spec = find_spec("ccp4i2")
    if spec is None or spec.origin is None:
        raise BadInputError("CCP4i2 is not installed. Install it with `pip install ccp4i2`.")
    found = {name: Path(spec.origin).parent / path for name, path in DATA.items()}
    missing = [str(path) for path in found.values() if not path.is_file()]
    if missing:
        raise BadInputError(
            f"The installed CCP4i2 lacks data files of the demo: {', '.join(missing)}. Install a complete CCP4i2."
        )
    return found


def step(number: int, data: dict[str, Path], earlier: Sequence[Outcome]) -> Step:
    """Return the first, second or third job of the demo.

    Args:
        number: 0, 1 or 2.
        data: Data files, see `locate`.
        earlier: Outcomes of the steps before this one. The third step uses an output file of the second.
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
    with progress_shown(session.kpi_descriptions) as progress:
        return session.run(job.task, job.values, project=PROJECT, title=job.title, progress=progress)


def _write(outcomes: Sequence[Outcome], names: KpiDescriptions) -> None:
    from ccp4hooks.cli.job_report import results
    from ccp4hooks.cli.render import show

    show(f"Project {PROJECT} in {outcomes[0].job.project.directory}", *results(outcomes, names))


def _write_commands(home: Path, steps: Sequence[Step], last: str) -> None:
    from ccp4hooks.cli.render import show

    overriding = [name for name in ("DATABASE_URL", "CCP4I2_PROJECTS_DIR", "CCP4HOOKS_PROJECT") if name in os.environ]
    unset = [f"unset {' '.join(overriding)}"] if overriding else []
    further = (f"ccp4hooks show {last}", "ccp4hooks jobs", "ccp4hooks describe freerflag")
    show("", "To run the same jobs manually:", shlex.join(["cd", str(home)]), *unset, *(job.line for job in steps))
    show("", "Next commands to try:", *further)


def _write_report(session: Session, home: Path) -> None:
    from ccp4hooks.cli.render import show

    path = home / REPORT
    session.write_report(session.report(PROJECT), path)
    show("", f"Report in {path}", "To show it, or all projects and jobs while they run, in the browser:")
    show(f"ccp4hooks report {PROJECT} --open", "ccp4hooks serve --open")
